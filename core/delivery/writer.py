"""Layers into EXR files: one multilayer file a frame, or one file a pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.exr import write_exr
from pai_studio.core.media.frame import DATA_PASSES, Array, Box, Image, Layers
from pai_studio.core.shot.document import PASSES, Shot
from pai_studio.core.shot.frames import FramePattern
from pai_studio.core.shot.naming import pass_pattern, sidecar

_RGB = ("R", "G", "B")
_RGBA = (*_RGB, "A")


@dataclass(frozen=True)
class Writer:
    """Writes the frames of one delivery under `base`. Safe to call from several threads."""

    shot: Shot
    base: Path
    config: ColorConfig
    fills_background: bool = True
    """False for an engine that returns the plate: then the beauty is all there is to write."""

    convert_plate: bool = False
    """Whether such a plate goes through the working space although its space is the delivery's."""

    @property
    def passes(self) -> list[str]:
        """The passes of this delivery, beauty last: a frame is done when that is there."""
        wanted = [name for name in self.shot.delivery.passes if name != "beauty"]
        return [*(wanted if self.fills_background else []), "beauty"]

    @property
    def pattern(self) -> str:
        """The delivery's pattern under `base`."""
        return str(self.base / self.shot.delivery_files)

    def files_of(self, number: int) -> list[Path]:
        """All files of a frame; the beauty, written last, comes last."""
        names = ["beauty"] if self.shot.delivery.layout == "multilayer" else self.passes
        return [FramePattern(pass_pattern(self.pattern, name)).path(number) for name in names]

    def is_ours(self, name: str) -> bool:
        """Whether a file of that name belongs to this delivery: a frame of any pass, or what lies beside them."""
        patterns = (FramePattern(pass_pattern(self.pattern, one)) for one in PASSES)
        beside = Path(sidecar(self.pattern, "")).name
        return name.startswith(beside) or any(one.frame_of(name) is not None for one in patterns)

    def is_done(self, number: int) -> bool:
        """Whether every file of that frame is there (each was put in place whole)."""
        return all(path.is_file() for path in self.files_of(number))

    def picture(self, layers: Layers, plate: Image) -> Image:
        """The beauty as it is delivered, R, G, B first; without a new background the plate as it came.

        Such a plate keeps its windows and every channel in its own type; without a change of space (and unless
        `convert_plate`), its values are not touched at all.
        """
        space = self.shot.delivery_colorspace
        if not self.fills_background:
            same = self.config.require(self.shot.plate.colorspace) == self.config.require(space)
            return self._converted(plate, space) if self.convert_plate or not same else plate
        beauty = self.config.convert(layers.beauty, self.config.working, space)
        alpha = np.ones((*beauty.shape[:2], 1), np.float32)
        return self._image(np.concatenate([beauty, alpha], axis=2), _RGBA, layers.canvas, plate)

    def write(self, picture: Image, layers: Layers, plate: Image, facts: Mapping[str, Any]) -> list[Path]:
        """Write one frame: its `picture` and passes; `plate` gives metadata, windows and channels to carry through."""
        if not self.fills_background:
            self._save([picture], layers.number, "beauty", facts)
            return self.files_of(layers.number)
        carried = [other] if (other := _carried(plate, self.shot.plate.layer)) else []
        wanted = self.passes[:-1]
        passes = {name: layers.passes()[name] for name in wanted}
        if self.shot.delivery.layout == "multilayer":
            parts = [picture, *(self._layer(name, passes[name], layers, plate) for name in wanted), *carried]
            self._save(parts, layers.number, "beauty", facts)
        else:
            for name in wanted:
                alone = self._image(passes[name], _alone(passes[name]), layers.canvas, plate, data=name)
                self._save([alone], layers.number, name, facts)
            self._save([picture, *carried], layers.number, "beauty", facts)
        return self.files_of(layers.number)

    def _converted(self, plate: Image, space: str) -> Image:
        """The plate with its picture in another space by way of the working space; other channels as they are."""
        own, working = self.shot.plate.colorspace, self.config.working
        picture = plate.pixels[..., :3].copy()
        alpha = plate.pixels[..., 3:4] if self.shot.plate.alpha == "premultiplied" else None
        if alpha is not None:
            # A curve holds for the light itself, not for what is multiplied already.
            picture /= np.where(alpha > 0, alpha, 1)
        picture = self.config.convert(self.config.convert(picture, own, working), working, space)
        pixels = plate.pixels.copy()
        pixels[..., :3] = picture if alpha is None else picture * alpha
        return replace(plate, pixels=pixels, colorspace=space)

    def _save(self, images: list[Image], number: int, name: str, facts: Mapping[str, Any]) -> None:
        """Write one file; its colour attributes tell of the first image's space, and of nothing for data."""
        path = FramePattern(pass_pattern(self.pattern, name)).path(number)
        space = images[0].colorspace
        write_exr(
            path,
            images,
            compression=self.shot.delivery.compression,
            metadata={**images[0].metadata, **facts, "framesPerSecond": self.shot.rate},
            color=self.config.attributes(space) if space else {},
        )

    def _image(
        self, pixels: Array, channels: tuple[str, ...], canvas: Box, plate: Image, data: str = ""
    ) -> Image:
        """A picture in the plate's windows; `data` names the pass when it holds numbers rather than the beauty."""
        planes = pixels if pixels.ndim == 3 else pixels[..., None]
        kind = "float" if data in DATA_PASSES else self.shot.delivery.type
        space = self.config.working if data else self.shot.delivery_colorspace
        return Image(
            pixels=planes,
            channels=channels,
            colorspace="" if data in DATA_PASSES else space,
            data_window=canvas,
            display_window=plate.display_window,
            pixel_aspect=plate.pixel_aspect,
            metadata=plate.metadata,
            file_types=(kind,) * planes.shape[2],
        )

    def _layer(self, name: str, pixels: Array, layers: Layers, plate: Image) -> Image:
        # Nuke shows `matte.A` as the alpha of a layer "matte"; a lone `matte` would land in "other".
        letters = ("A",) if pixels.ndim == 2 else _RGB
        channels = tuple(f"{name}.{letter}" for letter in letters)
        return self._image(pixels, channels, layers.canvas, plate, data=name)


def _alone(pixels: Array) -> tuple[str, ...]:
    # A single-plane pass in a file of its own is shown by every viewer as Y (luminance).
    return ("Y",) if pixels.ndim == 2 else _RGB


def _carried(plate: Image, layer: str) -> Image | None:
    """The plate's other channels in their own types, so that nothing the artist had is lost."""
    prefix = "" if layer == "rgba" else f"{layer}."
    # A plate that is itself one of our deliveries brings passes of the same names: ours take their place.
    ours = {f"{name}.{letter}" for name in PASSES for letter in _RGBA}
    replaced = {prefix + letter for letter in _RGBA} | set(_RGBA) | ours
    keep = [i for i, name in enumerate(plate.channels) if name not in replaced]
    if not keep:
        return None
    return replace(
        plate,
        pixels=plate.pixels[..., keep],
        channels=tuple(plate.channels[i] for i in keep),
        file_types=tuple(plate.file_types[i] for i in keep),
    )
