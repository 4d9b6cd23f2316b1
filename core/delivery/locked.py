"""The background of an earlier delivery, read from its files to stand behind a new render's subject."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pai_studio.core.delivery.finished import GENERATION
from pai_studio.core.media.exr import read_header, read_image, read_plane
from pai_studio.core.media.frame import Array, Box, Image, PlateFrame
from pai_studio.core.media.limits import Limits
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.locked import LOCKED, locked_files
from pai_studio.core.shot.naming import version_of

_HINT = "lock another version, or none"


@dataclass(frozen=True)
class LockedBackground:
    """Background, shadow and confidence of one version, frame by frame. Safe to read from several threads.

    `files` has for each frame the file of each of these passes, `digests` the SHA-256 of each file.
    """

    pattern: str
    files: Mapping[int, Mapping[str, Path]]
    digests: Mapping[Path, str]
    limits: Limits

    @classmethod
    def of(
        cls,
        pattern: str,
        numbers: list[int],
        hashed: Callable[[list[Path]], Mapping[str, str]],
        limits: Limits,
    ) -> LockedBackground:
        """The background of those frames of a version; `hashed` gives the SHA-256 of files by their paths.

        Raises MissingFrames naming the frames that the version lacks.
        """
        files = locked_files(pattern, numbers)
        every = list(dict.fromkeys(path for passes in files.values() for path in passes.values()))
        return cls(pattern, files, {Path(path): digest for path, digest in hashed(every).items()}, limits)

    def check(self, display: Box, working: str) -> None:
        """Look at every file's header before anything is made.

        Raises BadInput where one was not delivered with these passes, at another size, or in another working space.
        """
        for number, files in self.files.items():
            for name, path in files.items():
                part = read_header(path, self.limits).parts[0]
                say = ""
                if GENERATION not in part.attributes:
                    say = "is no frame of a delivery"
                elif _channel(name, is_alone=len(set(files.values())) > 1) not in part.channels:
                    say = f"was delivered without its {name} pass"
                elif part.display_window != display:
                    here, there = display, part.display_window
                    say = f"is {there.width}x{there.height}, the plate {here.width}x{here.height}"
                    if here.shape == there.shape:
                        say = f"lies at {there.x},{there.y}, the plate at {here.x},{here.y}"
                elif (space := part.attributes.get("pai/passes_colorspace")) != working:
                    say = f"has its passes in {space!r}, this shot works in {working!r}"
                if say:
                    raise self._refused(path, number, say)

    def passes(self, plate: PlateFrame) -> dict[str, Array]:
        """The `LOCKED` passes of a frame over its plate's canvas, as they were delivered.

        Raises BadInput where they cover another window.
        """
        files = self.files[plate.number]
        is_alone = len(set(files.values())) > 1
        found = {}
        for name, path in files.items():
            if name == "background":
                layer = "rgba" if is_alone else name
                light = read_image(path, layer=layer, limits=self.limits)
                found[name] = self._fitting(light, plate)[..., :3]
            else:
                plane, _ = read_plane(path, _channel(name, is_alone=is_alone), self.limits)
                found[name] = self._fitting(plane, plate)[..., 0]
        return {name: np.ascontiguousarray(pixels) for name, pixels in found.items()}

    def mark(self, number: int) -> str:
        """What tells in a frame's header which background it was given."""
        files = sorted(set(self.files[number].values()))
        return hashlib.sha256("".join(self.digests[path] for path in files).encode()).hexdigest()

    def provenance(self) -> dict[str, Any]:
        """Which version, which passes of it, and the SHA-256 of every file, by its name."""
        names = {path.name: self.digests[path] for files in self.files.values() for path in files.values()}
        return {"background": {"version": version_of(self.pattern), "passes": list(LOCKED), "files": names}}

    def _fitting(self, image: Image, plate: PlateFrame) -> Array:
        if image.data_window != plate.canvas:
            there, here = image.data_window, plate.canvas
            say = (
                f"covers {there.width}x{there.height} from {there.x},{there.y}, the plate"
                f" {here.width}x{here.height} from {here.x},{here.y}"
            )
            raise self._refused(self.files[plate.number]["background"], plate.number, say)
        return image.pixels

    def _refused(self, path: Path, number: int, say: str) -> BadInput:
        return BadInput(f"cannot be locked: frame {number} {say}", where=str(path), hint=_HINT)


def _channel(name: str, *, is_alone: bool) -> str:
    """A channel that tells of a pass: in a file of its own, or as a layer."""
    if name == "background":
        return "R" if is_alone else "background.R"
    return "Y" if is_alone else f"{name}.A"
