"""What the metrics are given: the facts of a clip once, then one frame after another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.frame import Array

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a clip before its first frame. Homographies take the first frame's pixels to each frame's."""

    config: ColorConfig
    screen: str = "green"
    """`green` or `blue`: the channel that spill is looked for in."""

    references: Mapping[int, Array] = field(default_factory=dict)
    """The stills as they lie over the plate at their anchors, (H, W, 3) in the working space."""

    camera: Mapping[int, Matrix] | None = None
    """The true motion of the background's far plane, per frame; None where it is not known."""

    plate_camera: Mapping[int, Matrix] | None = None
    """The plate's own motion as it was tracked on the screen, per frame; None where it could not be."""

    seams: tuple[int, ...] = ()
    """Frames that begin a new window of the engine."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One frame under judgement. Pictures are (H, W, 3) in the config's working space, planes (H, W) in 0..1."""

    number: int
    result: Array
    matte: Array
    """The truth's matte; without a truth the plate's key, made without the engine that is judged."""

    source: Array
    """The plate's despilled foreground, premultiplied by `matte`, before any relight."""

    truth: Array | None = None
    """The true composite."""

    background: Array | None = None
    """The true background without the subject."""

    counted: Array | None = None
    """1 where the truth holds, 0 where nobody knows it; None where it holds everywhere."""

    rebuilt: Array | None = None
    """1 where the subject had been missing from the plate and had to be made anew; None where that is not known."""
