"""Pictures made of others: the difference of two, the layers of a version put together anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.frame import Array
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import FrameRange
from pai_studio.ui.panel.pictures.shown import PictureSource, Proxy

DIFFERENCE_GAIN = 8
"""How much a difference is amplified, so that an eighth of white is white."""


@dataclass(frozen=True)
class Difference:
    """How far two pictures are apart in luminance, in the working space, amplified: data, grey."""

    one: PictureSource
    other: PictureSource
    config: ColorConfig

    @property
    def key(self) -> str:
        """Of both."""
        return f"difference({self.one.key};{self.other.key})"

    @property
    def frames(self) -> FrameRange | None:
        """The frames of whichever has some."""
        return self.one.frames or self.other.frames

    def read(self, frame: int, scale: int) -> Proxy:
        """Both, and what lies between them. Raises BadInput where they are of different sizes."""
        one, other = self.one.read(frame, scale), self.other.read(frame, scale)
        if one.pixels.shape != other.pixels.shape:
            sizes = " and ".join(f"{p.display.width}x{p.display.height}" for p in (one, other))
            raise BadInput(f"the two pictures are of different sizes ({sizes})", hint="compare them by wipe")
        apart = np.abs(self._luminance(one) - self._luminance(other)) * DIFFERENCE_GAIN
        grey = np.repeat(np.minimum(apart, 1)[..., None], 4, axis=2).astype(np.float16)
        grey[..., 3] = 1
        return Proxy(grey, "", one.display, one.pixel_aspect, scale)

    def _luminance(self, picture: Proxy) -> Array:
        rgb = np.asarray(picture.pixels[..., :3], np.float32)
        if picture.space:
            rgb = self.config.convert(rgb, picture.space, self.config.working)
        return np.asarray(rgb @ self.config.luminance_weights, np.float32)
