"""How a picture looks on a screen: OpenColorIO's display and view, with a viewer's exposure, gamma and channels.

Exposure acts on scene-linear light before the view, gamma on the screen's values after it, a channel alone is taken
before the view, as OpenColorIO's own viewers do. Data and alpha are shown as they are, 0 black and 1 white, by
exposure and gamma alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import PyOpenColorIO as ocio

from pai_studio.core.media.color import ColorConfig, in_blocks
from pai_studio.core.media.shader import Language, Shader, shader_of
from pai_studio.core.shot.errors import BadInput

Channel = Literal["rgb", "R", "G", "B", "A", "luminance"]
Bytes = npt.NDArray[np.uint8]
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
        self.config = config
        self._ocio = config.raw
        self._made = lru_cache(_KEPT)(self._make)

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

    def shown(
        self,
        pixels: npt.NDArray[np.float16],
        space: str,
        look: Look,
        *,
        fast: bool = False,
        into: Bytes | None = None,
    ) -> Bytes:
        """(h, w, 4) half RGBA in `space` (empty: data) as (h, w, 4) bytes for the screen, opaque.

        The bytes are RGBA; written `into` an array of that shape they are BGRA, as window systems paint them fastest,
        and their last one says nothing.

        `fast` samples a view that is slow to compute into a table of 65 steps an axis, for what moves: a tenth of a
        step of a byte off in the mean, two for 1% of colours, twenty and more for those at the edge of the gamut;
        light beyond 2^7 and below 0 is clipped. Else the config's own mathematics.
        Raises UnknownColorSpace, or BadInput for a view that does not work.
        """
        look = self.settled(look)
        processor = self._made(self._space(space, look), look, fast)
        source = np.ascontiguousarray(pixels, np.float16)
        rgba, bgra = ocio.CHANNEL_ORDERING_RGBA, ocio.CHANNEL_ORDERING_BGRA
        out, order = (np.empty(source.shape, np.uint8), rgba) if into is None else (into, bgra)

        def rows(first: int, last: int) -> None:
            processor.apply(
                _described(source[first:last], rgba, ocio.BIT_DEPTH_F16),
                _described(out[first:last], order, ocio.BIT_DEPTH_UINT8),
            )

        if source.size:
            in_blocks(rows, *source.shape[:2])
        if into is None:
            out[..., 3] = 255  # a sampled view leaves the picture's own alpha
        return out

    def shader(self, space: str, look: Look, language: Language = "glsl 1.30") -> Shader:
        """The same for a GPU, by the config's own mathematics. Raises as `shown`."""
        look = self.settled(look)
        space = self._space(space, look)
        linear = self._processor([self._linear(space)], space, look) if space else None
        view = self._processor([self._view(look)], space, look) if space else None
        matrix = tuple(self._matrix(look, is_data=not space).ravel().tolist())
        return shader_of(linear, view, matrix, 1 / look.gamma, language)

    def _space(self, space: str, look: Look) -> str:
        """The config's name of a space; empty where nothing is converted: data, alpha, a view that is data."""
        if not space or look.channel == "A" or self.config.is_data(space):
            return ""
        name = self._ocio.getDisplayViewColorSpaceName(look.display, look.view)
        found = self._ocio.getColorSpace(name) if name else None
        return "" if found is not None and found.isData() else self.config.require(space)

    def _make(self, space: str, look: Look, fast: bool) -> ocio.CPUProcessor:
        level = ocio.MatrixTransform(
            matrix=self._matrix(look, is_data=not space).ravel().tolist(), offset=[0.0, 0.0, 0.0, 1.0]
        )
        parts: list[ocio.Transform] = [level]
        if space:
            view = self._view(look)
            is_sampled = fast and self._is_slow(view, space, look)
            parts = [self._linear(space), level, *(self.config.sampled(view) if is_sampled else [view])]
        if look.gamma != 1.0:
            parts.append(ocio.ExponentTransform(value=[1 / look.gamma] * 3 + [1.0]))
        return self._processor(parts, space, look).getOptimizedCPUProcessor(
            ocio.BIT_DEPTH_F16, ocio.BIT_DEPTH_UINT8, ocio.OPTIMIZATION_DEFAULT
        )

    def _linear(self, space: str) -> ocio.ColorSpaceTransform:
        return ocio.ColorSpaceTransform(src=space, dst=self.config.working)

    def _view(self, look: Look) -> ocio.DisplayViewTransform:
        return ocio.DisplayViewTransform(src=self.config.working, display=look.display, view=look.view)

    def _is_slow(self, view: ocio.Transform, space: str, look: Look) -> bool:
        """Whether a view computes with more than curves, matrices and tables, as those of ACES 2.0 do."""
        steps = self._processor([view], space, look).createGroupTransform()
        return any(isinstance(step, ocio.FixedFunctionTransform) for step in steps)

    def _processor(self, parts: list[ocio.Transform], space: str, look: Look) -> ocio.Processor:
        try:
            return self._ocio.getProcessor(
                self.config.raw_context, ocio.GroupTransform(parts), ocio.TRANSFORM_DIR_FORWARD
            )
        except ocio.Exception as error:
            where = f"config {self.config.name}, {look.display} / {look.view}"
            raise BadInput(
                f"cannot show {space!r} ({error})", where=where, hint="choose another view"
            ) from None

    def _matrix(self, look: Look, *, is_data: bool) -> npt.NDArray[np.float64]:
        """(4, 4), what comes out by what goes in: exposure, and the channel that is shown grey.

        Alpha comes out as 0 and is made opaque after it: a screen shows what is there.
        """
        light = np.full(3, 1 / 3) if is_data else self.config.luminance_weights
        found = np.zeros((4, 4))
        if look.channel == "rgb":
            found[:3, :3] = np.eye(3)
        elif look.channel == "luminance":
            found[:3, :3] = light
        else:
            found[:3, "RGBA".index(look.channel)] = 1
        found *= 2.0**look.exposure_stops
        return found


def _described(
    rows: npt.NDArray[Any], order: ocio.ChannelOrdering, depth: ocio.BitDepth
) -> ocio.PackedImageDesc:
    height, width, channels = rows.shape
    size = rows.itemsize
    return ocio.PackedImageDesc(
        rows,
        width,
        height,
        chanOrder=order,  # by name: an order passes for a number of channels, too
        bitDepth=depth,
        chanStrideBytes=size,
        xStrideBytes=channels * size,
        yStrideBytes=width * channels * size,
    )
