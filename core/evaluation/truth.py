"""The truth of a clip as it lies on disk, read frame by frame."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pai_studio.core.evaluation.naive import Matrix
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.exr import on_box, read_plane
from pai_studio.core.media.frame import Array
from pai_studio.core.media.still import read_still
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import FramePattern, FrameRange, ranges_text

NEEDED = ("composite", "matte")
"""The passes without which nothing can be judged."""

_CAMERAS, _IGNORE = "cameras.json", "ignore.exr"
_PATTERN = "{}.####.exr"
_OVERSHOOT = 0.25
"""How far sharpening filters may leave 0..1."""


@dataclass(frozen=True)
class Truth:
    """A `truth` folder. Pictures are in the space that their headers name, else in `colorspace`."""

    folder: Path
    colorspace: str = ""

    def require(self, frames: FrameRange) -> None:
        """Raise BadInput, naming the file, unless composite and matte are there for exactly these frames.

        Cameras, where there are any, have to be there for each of them too.
        """
        if not self.folder.is_dir():
            raise BadInput(
                "has no truth, and the set is of the type restore",
                where=str(self.folder),
                hint=f'add {" and ".join(map(_PATTERN.format, NEEDED))}, or make the set "replace"',
            )
        for name in NEEDED:
            pattern = self._pattern(name)
            pattern.require(frames)
            beyond = [frame for frame in pattern.on_disk() if frame not in frames]
            if beyond:
                say = f"holds {len(pattern.on_disk())} frames, the shot {len(frames)}"
                hint = f"{ranges_text(beyond)[:80]} lie outside the shot's {frames}"
                raise BadInput(say, where=pattern.text, hint=hint)
        cameras = self.cameras()
        absent = [] if cameras is None else [frame for frame in frames if frame not in cameras]
        if absent:
            say = f"lacks the cameras of {len(absent)} of {len(frames)} frames ({ranges_text(absent)[:80]})"
            raise BadInput(say, where=str(self.folder / _CAMERAS), hint="write one for each frame, or none")

    def files(self) -> list[Path]:
        """Everything that lies in the folder, in order."""
        return sorted(path for path in self.folder.iterdir() if path.is_file())

    def composite(self, frame: int, config: ColorConfig) -> Array:
        """The true composite (H, W, 3) in the working space."""
        return self._picture("composite", frame, config)

    def matte(self, frame: int) -> Array:
        """The true matte (H, W)."""
        return _plane(self._pattern("matte").path(frame))

    def background(self, frame: int, config: ColorConfig) -> Array | None:
        """The true background without the subject, (H, W, 3) in the working space, where the truth has one."""
        there = self._pattern("background").path(frame).is_file()
        return self._picture("background", frame, config) if there else None

    def rebuilt(self, frame: int) -> Array | None:
        """1 where the subject is missing from the plate (H, W), where the truth tells."""
        path = self._pattern("rebuilt").path(frame)
        return _plane(path) if path.is_file() else None

    def counted(self, frame: int) -> Array | None:
        """1 where the truth is known, 0 where `ignore` says that it is not; None where it is known everywhere."""
        for path in (self._pattern("ignore").path(frame), self.folder / _IGNORE):
            if path.is_file():
                return np.asarray(1 - _plane(path), np.float32)
        return None

    def cameras(self) -> dict[int, Matrix] | None:
        """Per frame, the 3x3 from the first frame's pixels to its own of the background's far plane; None without.

        Raises BadInput where `cameras.json` is there and cannot be used.
        """
        path = self.folder / _CAMERAS
        if not path.is_file():
            return None
        try:
            listed = json.loads(path.read_text(encoding="utf-8"))["cameras"]
            found = {int(c["frame"]): np.array(c["background_homography"], np.float64) for c in listed}
        except (OSError, ValueError, KeyError, TypeError) as error:
            hint = "see docs/benchmark-sets.md"
            raise BadInput(f"holds no cameras of a truth ({error})", where=str(path), hint=hint) from None
        if any(matrix.shape != (3, 3) for matrix in found.values()):
            raise BadInput("background_homography is no 3x3", where=str(path), hint="write nine numbers")
        return found

    def _pattern(self, name: str) -> FramePattern:
        return FramePattern(str(self.folder / _PATTERN.format(name)))

    def _picture(self, name: str, frame: int, config: ColorConfig) -> Array:
        path = self._pattern(name).path(frame)
        try:
            return read_still(path, self.colorspace, config)[0]
        except BadInput as error:
            if "colour space" in error.what:
                error.hint = 'name it in clip.json as "truth_colorspace"'
            raise


def _plane(path: Path) -> Array:
    """The one channel of a file, (H, W) in 0..1, over its display window; what filters overshoot by is cut off.

    Raises BadInput where it holds something else than shares.
    """
    image, _ = read_plane(path, "Y")
    plane = on_box(image.pixels, image.data_window, image.display_window)[..., 0]
    low, high = float(plane.min()), float(plane.max())
    if not (low >= -_OVERSHOOT and high <= 1 + _OVERSHOOT):  # NaN is neither
        hint = "write values from 0 to 1"
        raise BadInput(f"holds values from {low:g} to {high:g}", where=str(path), hint=hint)
    return np.clip(np.ascontiguousarray(plane), 0, 1)
