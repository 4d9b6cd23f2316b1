"""What can be shown, and what comes of reading it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from pai_studio.core.media.frame import Box
from pai_studio.core.shot.frames import FrameRange

_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class Proxy:
    """One picture at 1/`scale` of its pixels, over the display window.

    `pixels` is (h, w, 4) float16, RGBA: scene-referred in `space`, or data where `space` is empty. Alpha is 1 where
    the file has none.
    """

    pixels: npt.NDArray[np.float16]
    space: str
    display: Box
    pixel_aspect: float
    scale: int
    number: int = field(default_factory=_numbers.__next__, compare=False)
    """No other proxy of this process has it."""


class PictureSource(Protocol):
    """A plate, a pass of a version, a still. The same `key` is the same pictures."""

    @property
    def key(self) -> str:
        """Files, layer and space in one text, for caches."""

    @property
    def frames(self) -> FrameRange | None:
        """The frames there are; None for a still, which is the same at every frame."""

    def read(self, frame: int, scale: int) -> Proxy:
        """Decode one, in whatever thread. Raises PaiError."""
