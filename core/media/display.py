"""How a picture looks on a screen: OpenColorIO's display and view, with a viewer's exposure, gamma and channels.

Exposure acts on scene-linear light before the view, gamma on the screen's values after it, a channel alone is taken
before the view, as OpenColorIO's own viewers do. Data are shown as they are, 0 black and 1 white.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import PyOpenColorIO as ocio

from pai_studio.core.media.color import ColorConfig, in_blocks
from pai_studio.core.shot.errors import BadInput

Channel = Literal["rgb", "R", "G", "B", "A", "luminance"]
Bytes = npt.NDArray[np.uint8]
_HOT: dict[str, list[int]] = {
    "R": [1, 0, 0, 0],
    "G": [0, 1, 0, 0],
    "B": [0, 0, 1, 0],
    "luminance": [1, 1, 1, 0],
}
_KEPT = 16


@dataclass(frozen=True, slots=True)
class Look:
    """What a person has chosen to look through. Empty `display` and `view` are the config's default ones."""

    display: str = ""
    view: str = ""
    exposure_stops: float = 0.0
    gamma: float = 1.0
    channel: Channel = "rgb"


class Screen:
    """The displays and views of a config, and how pictures become bytes through them. For several threads at once."""

    def __init__(self, config: ColorConfig) -> None:
        self._config = config
        self._ocio = config.raw
        self._made = lru_cache(_KEPT)(self._make)

    @property
    def config(self) -> ColorConfig:
        """The config that it shows by."""
        return self._config

    @property
    def displays(self) -> list[str]:
        """The displays, in the config's order."""
        return list(self._ocio.getDisplays())

    def views(self, display: str) -> list[str]:
        """The views of a display."""
        return list(self._ocio.getViews(display or self._ocio.getDefaultDisplay()))

    def settled(self, look: Look) -> Look:
        """The look with its display and view named; what the config does not have becomes its default."""
        display = look.display if look.display in self.displays else self._ocio.getDefaultDisplay()
        view = look.view if look.view in self.views(display) else self._ocio.getDefaultView(display)
        return replace(look, display=display, view=view)

    def shown(self, pixels: npt.NDArray[np.float16], space: str, look: Look, *, fast: bool = False) -> Bytes:
        """(h, w, 4) half RGBA in `space` (empty: data) as (h, w, 4) bytes for the screen, opaque.

        `fast` samples the view into a table of 65 steps an axis: for what moves. Else the config's own mathematics.
        Raises UnknownColorSpace, or BadInput for a view that does not work.
        """
        if look.channel == "A":
            return _grey(np.asarray(pixels[..., 3], np.float32))
        look = self.settled(look)
        if not space or self._config.is_data(space) or self._is_raw(look):
            return _data(np.asarray(pixels[..., :3], np.float32), look)
        processor = self._made(self._config.require(space), look, fast)
        source = np.ascontiguousarray(pixels, np.float16)
        out = np.empty(source.shape, np.uint8)

        def rows(first: int, last: int) -> None:
            processor.apply(
                _described(source[first:last], ocio.BIT_DEPTH_F16),
                _described(out[first:last], ocio.BIT_DEPTH_UINT8),
            )

        in_blocks(rows, *source.shape[:2])
        out[..., 3] = 255
        return out

    def _is_raw(self, look: Look) -> bool:
        """Whether a view shows the file's own numbers."""
        space = self._ocio.getDisplayViewColorSpaceName(look.display, look.view)
        found = self._ocio.getColorSpace(space) if space else None
        return bool(found is not None and found.isData())

    def _make(self, space: str, look: Look, fast: bool) -> ocio.CPUProcessor:
        parts = self._before(space, look)
        view = ocio.DisplayViewTransform(src=self._config.working, display=look.display, view=look.view)
        parts += self._config.sampled(view) if fast else [view]
        if look.gamma != 1.0:
            parts.append(ocio.ExponentTransform(value=[1 / look.gamma] * 3 + [1.0]))
        try:
            processor = self._ocio.getProcessor(
                self._config.raw_context, ocio.GroupTransform(parts), ocio.TRANSFORM_DIR_FORWARD
            )
            return processor.getOptimizedCPUProcessor(
                ocio.BIT_DEPTH_F16, ocio.BIT_DEPTH_UINT8, ocio.OPTIMIZATION_DEFAULT
            )
        except ocio.Exception as error:
            where = f"config {self._config.name}, {look.display} / {look.view}"
            raise BadInput(
                f"cannot show {space!r} ({error})", where=where, hint="choose another view"
            ) from None

    def _before(self, space: str, look: Look) -> list[ocio.Transform]:
        """What happens to light before the view."""
        parts: list[ocio.Transform] = [ocio.ColorSpaceTransform(src=space, dst=self._config.working)]
        if look.exposure_stops:
            gain = 2.0**look.exposure_stops
            parts.append(ocio.MatrixTransform.Scale([gain, gain, gain, 1.0]))
        if look.channel in _HOT:
            weights = [float(w) for w in self._config.luminance_weights]
            parts.append(ocio.MatrixTransform.View(_HOT[look.channel], weights))
        return parts


def _described(rows: npt.NDArray[Any], depth: ocio.BitDepth) -> ocio.PackedImageDesc:
    height, width, channels = rows.shape
    size = rows.itemsize
    return ocio.PackedImageDesc(
        rows, width, height, channels, depth, size, channels * size, width * channels * size
    )


def _grey(plane: npt.NDArray[np.float32]) -> Bytes:
    return _data(np.repeat(plane[..., None], 3, axis=2), Look())


def _data(rgb: npt.NDArray[np.float32], look: Look) -> Bytes:
    """Numbers as they are: exposure multiplies them, gamma bends them."""
    if look.channel in ("R", "G", "B"):
        rgb = np.repeat(rgb[..., "RGB".index(look.channel), None], 3, axis=2)
    elif look.channel == "luminance":
        rgb = np.repeat(rgb.mean(axis=2, keepdims=True), 3, axis=2)
    value = np.clip(np.nan_to_num(rgb * np.float32(2.0**look.exposure_stops)), 0, 1)
    if look.gamma != 1.0:
        value = value ** np.float32(1 / look.gamma)
    out = np.full((*rgb.shape[:2], 4), 255, np.uint8)
    out[..., :3] = (value * 255 + 0.5).astype(np.uint8)
    return out
