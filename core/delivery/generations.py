"""Generations on disk, by digest, so that finishing runs again without sampling.

What an engine made of a frame is stored as one half-float EXR, and what a model made of it as a second one of the
model's size. Finishing always works from the *stored* form (`quantised`), so that a second finishing from disk equals
the first bit by bit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from pai_studio.core.delivery.model_pictures import read_model, write_model
from pai_studio.core.media.exr import read_channels, read_header, write_exr, write_file
from pai_studio.core.media.frame import Array, Box, Generated, Image, Screen
from pai_studio.core.media.repairs import HALF_MAX, clean_pixels
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import BadInput, UnreadableImage
from pai_studio.core.shot.frames import FramePattern
from pai_studio.core.shot.inputs import inputs_by_key

_PLANES = ("matte", "shadow", "rebuilt", "confidence")
_COLORS = ("background", "gain")
_RGB = ("R", "G", "B")
_HAS_MODEL = "pai/has_model"
_REMEDY = "remove that file and render the shot again"


def digest(
    shot: Shot,
    inputs: Mapping[str, str],
    *,
    engine: str,
    engine_version: str,
    config: str,
    context: Mapping[str, str],
) -> str:
    """Name a generation by all that decides its pictures: the inputs' contents, the engine, the colour config.

    `inputs` has the SHA-256 of each file of `shot.inputs.input_files` by its path; `config` is the colour config's
    digest, `context` its variables. Finishing, delivery and the files' places do not enter.
    """
    asked = shot.model_dump(mode="json", by_alias=True, exclude={"name", "finish", "delivery", "ocio"})
    asked["plate"].pop("files")
    # "auto" makes the same pictures as the engine that it chose; a model's digest is in its engine's version.
    asked["engine"].pop("name")
    asked["engine"].pop("model")
    for part in (*asked["mattes"].values(), *asked["references"]):
        part.pop("files", None)
        part.pop("file", None)
    for part in asked["mattes"].values():
        # Without shapes the digest is that of documents from before there were any.
        if shapes := part.pop("shapes", None):
            part["shapes"] = [{**shape, "name": ""} for shape in shapes]
    # Contents under the keys that read them, not by their names: a moved plate is the same plate.
    contents = {key: [inputs[str(path)] for path in paths] for key, paths in inputs_by_key(shot).items()}
    contents.pop("ocio.config", None)  # its digest covers its LUTs too
    made_by = {"engine": engine, "version": engine_version, "config": config, "context": dict(context)}
    text = json.dumps({"shot": asked, "inputs": contents, **made_by}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def quantised(made: Generated) -> Generated:
    """The same generation as it comes back from disk: half-float values, without NaN and Inf."""

    fields: dict[str, Any] = {
        name: _half(plane) for name in (*_PLANES, *_COLORS) if (plane := getattr(made, name)) is not None
    }
    if made.screen is not None:
        fields["screen"] = replace(made.screen, color=_half(np.asarray(made.screen.color, np.float32)))
    if made.model is not None:
        composite, conditioning = _half(made.model.composite), _half(made.model.conditioning)
        fields["model"] = replace(made.model, composite=composite, conditioning=conditioning)
    return replace(made, **fields)


def _half(plane: Array) -> Array:
    kept, _ = clean_pixels(plane)
    return np.clip(kept, -HALF_MAX, HALF_MAX).astype(np.float16).astype(np.float32)


class GenerationStore:
    """One generation's frames in a folder named by its digest."""

    def __init__(self, root: Path, key: str) -> None:
        self.folder = root / key
        self._pattern = FramePattern(str(self.folder / "gen.####.exr"))
        self._models = FramePattern(str(self.folder / "model.####.exr"))

    @property
    def state(self) -> Path:
        """The engine's own folder, for what is dear to make."""
        return self.folder / "state"

    def path(self, number: int) -> Path:
        """The file of one frame's generation."""
        return self._pattern.path(number)

    def model_path(self, number: int) -> Path:
        """The file of what a model made of one frame, where a model made it."""
        return self._models.path(number)

    def made_at(self) -> str:
        """When this generation was begun, as EXR's `DateTime` has it: the same for every finishing of it."""
        path = self.folder / "made_at"
        if not path.is_file():
            write_file(path, datetime.now(UTC).strftime("%Y:%m:%d %H:%M:%S").encode())
        return path.read_text(encoding="ascii")

    def keep_notes(self, notes: Mapping[str, Any]) -> None:
        """Keep what the engine has found, for the provenance of every later finishing."""
        write_file(self.folder / "notes.json", json.dumps(notes).encode())

    def notes(self) -> dict[str, Any]:
        """What the engine found when it made this generation; empty where no run of it has ended."""
        path = self.folder / "notes.json"
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}

    def has(self, number: int) -> bool:
        """Whether that frame's generation is stored whole. Raises UnreadableImage when its header is damaged."""
        path = self.path(number)
        if not path.is_file():
            return False
        try:
            with_model = _HAS_MODEL in read_header(path).parts[0].attributes
        except UnreadableImage as error:
            error.hint = _REMEDY
            raise
        return not with_model or self.model_path(number).is_file()

    def write(self, made: Generated, canvas: Box) -> None:
        """Store one frame atomically. `made` must be `quantised` already, or it would not come back equal."""
        planes: list[Array] = []
        names: list[str] = []
        for name in _PLANES:
            plane = getattr(made, name)
            if plane is not None:
                planes.append(plane[..., None])
                names.append(name)
        colors = {name: getattr(made, name) for name in _COLORS}
        facts: dict[str, Any] = {}
        if made.screen is not None:
            facts["pai/screen_channel"] = made.screen.channel
            if made.screen.color.ndim == 3:
                colors["screen"] = made.screen.color
            else:
                facts["pai/screen"] = ",".join(repr(float(v)) for v in made.screen.color)
        for name, color in colors.items():
            if color is not None:
                planes.append(color)
                names.extend(f"{name}.{letter}" for letter in _RGB)
        pixels = np.concatenate(planes, axis=2)
        if made.model is not None:
            # First, so that a generation that tells of a model's picture has one beside it.
            write_model(self.model_path(made.number), made.model)
            facts[_HAS_MODEL] = 1
        image = Image(pixels, tuple(names), "", canvas, canvas, file_types=("half",) * len(names))
        write_exr(self.path(made.number), image, compression="zips", metadata=facts)

    def read(self, number: int) -> Generated:
        """Bring one frame back. Raises BadInput when it was never stored, UnreadableImage when it is damaged."""
        if not self.has(number):
            raise BadInput(
                f"no generation is stored for frame {number}",
                hint="render the shot once; refinishing starts from what that has stored",
            )
        try:
            image = read_channels(self.path(number))
            if "matte" not in image.channels:
                raise UnreadableImage("is no stored generation", where=str(self.path(number)))
            model = read_model(self.model_path(number)) if _HAS_MODEL in image.metadata else None
        except UnreadableImage as error:
            error.hint = _REMEDY
            raise
        found = {name: index for index, name in enumerate(image.channels)}

        def plane(name: str) -> Array | None:
            return np.ascontiguousarray(image.pixels[..., found[name]]) if name in found else None

        def color(name: str) -> Array | None:
            if f"{name}.R" not in found:
                return None
            return np.ascontiguousarray(image.pixels[..., [found[f"{name}.{c}"] for c in _RGB]])

        matte = plane("matte")
        assert matte is not None
        return Generated(
            number=number,
            matte=matte,
            background=color("background"),
            gain=color("gain"),
            shadow=plane("shadow"),
            rebuilt=plane("rebuilt"),
            confidence=plane("confidence"),
            screen=self._screen(image, color("screen")),
            model=model,
        )

    @staticmethod
    def _screen(image: Image, color: Array | None) -> Screen | None:
        channel = image.metadata.get("pai/screen_channel")
        if channel is None:
            return None
        if color is None:
            text = str(image.metadata["pai/screen"])
            color = np.array([float(v) for v in text.split(",")], np.float32)
        return Screen(color, int(channel))
