"""Which files a shot reads, in a fixed order: what a client uploads and what a generation's digest covers."""

from __future__ import annotations

from pathlib import Path

from pai_studio.core.shot.document import Mattes, Shot
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import FramePattern

MOVIES = frozenset({".mov", ".mp4", ".m4v", ".mxf", ".mkv", ".webm", ".avi"})


def is_movie(path: str | Path) -> bool:
    """Whether a file's suffix is that of a movie."""
    return Path(path).suffix.lower() in MOVIES


def inputs_by_key(shot: Shot) -> dict[str, list[Path]]:
    """The files behind each key that names some (`plate.files`, `references[0].file`), whether they are there or not.

    A sequence has one for every frame with handles. One file may stand behind several keys.
    """
    found = {"plate.files": _paths(shot, shot.plate.files)}
    for name in Mattes.model_fields:
        if files := getattr(shot.mattes, name).files:
            found[f"mattes.{name}.files"] = _paths(shot, files)
    for index, reference in enumerate(shot.references):
        found[f"references[{index}].file"] = [Path(reference.file)]
    if shot.ocio.config and not shot.ocio.config.startswith("ocio://"):
        found["ocio.config"] = [Path(shot.ocio.config)]
    return found


def input_files(shot: Shot) -> list[Path]:
    """Every file the shot reads: plate, mattes, references, colour config; each once.

    Raises MissingFrames or BadInput naming the key, so that nothing is spent on a shot that lacks a file.
    """
    plate = FramePattern(shot.plate.files)
    if not is_movie(plate.text) and not plate.has_padding and len(shot.all_frames) > 1:
        raise BadInput(
            "names one picture, the shot has many frames",
            where=f"plate.files {plate.text}",
            hint="write the frame number as ####",
        )
    found = inputs_by_key(shot)
    _require(plate, shot, "plate.files")
    for name in Mattes.model_fields:
        if files := getattr(shot.mattes, name).files:
            _require(FramePattern(files), shot, f"mattes.{name}.files")
    for key, paths in found.items():
        for path in paths:
            if not path.is_file():
                raise BadInput("there is no such file", where=f"{key} {path}", hint="check the path")
    return list(dict.fromkeys(path for paths in found.values() for path in paths))


def _paths(shot: Shot, files: str) -> list[Path]:
    pattern = FramePattern(files)
    if is_movie(files) or not pattern.has_padding:
        return [Path(files)]
    return [pattern.path(frame) for frame in shot.all_frames]


def _require(pattern: FramePattern, shot: Shot, key: str) -> None:
    """Name all the frames that a sequence lacks at once."""
    if pattern.has_padding and not is_movie(pattern.text):
        pattern.require(shot.all_frames, where=f"{key} {pattern.text}")
