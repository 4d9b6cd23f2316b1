"""The pictures that travel through the house, each with its colour space, windows and frame number.

Shapes are (H, W, C) or (H, W), float32, scene-linear in the working space unless a name says otherwise.
Row 0 is the top. A `Box` places an array in the plate's pixel coordinates, as EXR windows do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from pai_studio.core.media.geometry import ModelFrame

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of whole pixels: its top left corner and its size."""

    x: int
    y: int
    width: int
    height: int

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width), as an array has it."""
        return self.height, self.width

    def union(self, other: Box) -> Box:
        """The smallest box that holds both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        right = max(self.x + self.width, other.x + other.width)
        bottom = max(self.y + self.height, other.y + other.height)
        return Box(x, y, right - x, bottom - y)

    def slices_in(self, outer: Box) -> tuple[slice, slice]:
        """Where this box lies in an array that covers `outer`, which must hold it."""
        y, x = self.y - outer.y, self.x - outer.x
        if x < 0 or y < 0 or x + self.width > outer.width or y + self.height > outer.height:
            raise ValueError(f"{self} does not lie in {outer}")
        return slice(y, y + self.height), slice(x, x + self.width)


@dataclass(frozen=True)
class Image:
    """One decoded picture, over its data window, in the space that it names.

    `pixels` is (H, W, C) float32 with C == len(channels). `file_types` gives each channel's type in the file
    (`half`, `float`, `uint8`, ...), so that an untouched channel can be written back as it came.
    """

    pixels: Array
    channels: tuple[str, ...]
    colorspace: str
    data_window: Box
    display_window: Box
    pixel_aspect: float = 1.0
    metadata: Mapping[str, Any] = field(default_factory=dict)
    file_types: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlateFrame:
    """One frame of the shot as an engine sees it, over `canvas` = display window joined with data window.

    `rgb` is (H, W, 3) in the working space, as photographed (or as rendered): unpremultiplied only if the plate is.
    `alpha` is the given matte, (H, W) in 0..1, or None when the engine has to key. Where `premultiplied`, `rgb`
    is already times `alpha`. `garbage` is 1 where the picture must be thrown away, `core` is 1 where it is
    foreground for certain; either may be None. `inside` is False where the file holds no pixels. `keyed` tells
    that no screen is left in `rgb` (a render, or a keyed plate): such a plate needs neither key nor despill.
    """

    number: int
    rgb: Array
    canvas: Box
    display: Box
    pixel_aspect: float = 1.0
    alpha: Array | None = None
    premultiplied: bool = False
    keyed: bool = False
    garbage: Array | None = None
    core: Array | None = None
    inside: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Still:
    """One background reference: (h, w, 3) in the working space, anchored at a frame of the shot.

    `placement` is the 3x3 homography from the still's pixel centres (x, y, 1) to the plate's pixel coordinates
    (those of the windows) at the anchor frame.
    """

    rgb: Array
    frame: int
    placement: npt.NDArray[np.float64]
    name: str = ""


@dataclass(frozen=True)
class Screen:
    """What is known of the screen behind the subject: `color` is (3,) or (H, W, 3), working space.

    `channel` is the index of the screen's own primary: 1 green, 2 blue.
    """

    color: Array
    channel: int


@dataclass(frozen=True)
class ModelPicture:
    """What a model made of one frame, at its own resolution: the raw material of the layers.

    `composite` is its picture of the subject in the new place; `conditioning` the plate as it saw it (on a screen,
    through its own codec, so that the codec's error is in both). Both are (h, w, 3), scene-linear in the working
    space, over the whole of `frame`. `white` is the most light that its picture space holds.
    """

    composite: Array
    conditioning: Array
    frame: ModelFrame
    white: float = 16.0


@dataclass(frozen=True)
class Generated:
    """What an engine makes of one frame, before any finishing control is applied.

    All arrays cover the frame's canvas. `matte`, `shadow`, `rebuilt` and `confidence` are (H, W) in 0..1, `gain` is
    (H, W, 3) above 0, in working primaries. A model gives `model`, of which finishing makes background, gain and
    confidence. `background` and `model` are None when the engine leaves the plate as it is.
    """

    number: int
    matte: Array
    background: Array | None
    gain: Array | None = None
    shadow: Array | None = None
    rebuilt: Array | None = None
    confidence: Array | None = None
    screen: Screen | None = None
    model: ModelPicture | None = None


@dataclass(frozen=True)
class Layers:
    """The passes of one finished frame over `canvas`, half-rounded, scene-linear in the working space.

    `beauty = foreground * gain + background * shadow * (1 - matte) + wrap`, in float32 from the rounded passes.
    `foreground` is premultiplied, despilled and not yet relit. `background`, `foreground`, `gain` and `wrap` are
    (H, W, 3), the others (H, W). `shift_px` is how far a model's picture lay beside the plate's, in the model's pixels;
    None where no model made it.
    """

    number: int
    canvas: Box
    beauty: Array
    background: Array
    foreground: Array
    matte: Array
    gain: Array
    shadow: Array
    wrap: Array
    rebuilt: Array
    confidence: Array
    shift_px: float | None = None

    def passes(self) -> dict[str, Array]:
        """Every pass by its name in a shot document's `delivery.passes`."""
        names = (
            "beauty",
            "background",
            "foreground",
            "matte",
            "gain",
            "shadow",
            "wrap",
            "rebuilt",
            "confidence",
        )
        return {name: getattr(self, name) for name in names}


DATA_PASSES = frozenset({"matte", "gain", "shadow", "rebuilt", "confidence"})
"""Passes that hold numbers, not light: stored as float, never colour-converted."""
