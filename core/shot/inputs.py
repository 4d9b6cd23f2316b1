"""Which files a shot reads, in a fixed order: what a client uploads and what a generation's digest covers."""

from __future__ import annotations

from pathlib import Path

from pai_studio.core.shot.document import Mattes, Shot
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import FramePattern

MOVIES = frozenset({".mov", ".mp4", ".m4v", ".mkv", ".mxf", ".avi"})


def is_movie(path: str) -> bool:
    """Whether a plate's file name is a movie's."""
    return Path(path).suffix.lower() in MOVIES


def plate_files(shot: Shot) -> list[Path]:
    """The plate's files for every frame with handles, or the movie. Raises MissingFrames."""
    return _sequence(shot.plate.files, shot, where=f"plate.files {shot.plate.files}")


def input_files(shot: Shot) -> list[Path]:
    """Every file the shot reads: plate, mattes, references, colour config; each once.

    Raises MissingFrames or BadInput naming the key, so that nothing is spent on a shot that lacks a file.
    """
    files = plate_files(shot)
    for name in Mattes.model_fields:
        matte = getattr(shot.mattes, name)
        if matte.files:
            files += _sequence(matte.files, shot, where=f"mattes.{name}.files {matte.files}")
    for index, reference in enumerate(shot.references):
        files.append(_one(reference.file, f"references[{index}].file"))
    if shot.ocio.config and not shot.ocio.config.startswith("ocio://"):
        files.append(_one(shot.ocio.config, "ocio.config"))
    return list(dict.fromkeys(files))


def _sequence(files: str, shot: Shot, *, where: str) -> list[Path]:
    pattern = FramePattern(files)
    if is_movie(files):
        return [_one(files, where)]
    if not pattern.has_padding and len(shot.all_frames) > 1:
        raise BadInput(
            "names one picture, the shot has many frames", where=where, hint="write the frame number as ####"
        )
    return pattern.require(shot.all_frames, where=where)


def _one(file: str, where: str) -> Path:
    path = Path(file)
    if not path.is_file():
        raise BadInput("there is no such file", where=f"{where} {file}", hint="check the path")
    return path
