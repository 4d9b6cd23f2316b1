"""The files that a shot reads, and the same shot with them moved under short relative names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pai_studio.core.shot.document import Mattes, Ocio, Shot
from pai_studio.core.shot.frames import FramePattern
from pai_studio.core.shot.inputs import input_files
from pai_studio.core.shot.locked import locked_files

LOCK_FOLDER = "lock"
"""Where the files of a locked version lie among the inputs."""

MATTES = tuple(Mattes.model_fields)


@dataclass(frozen=True)
class InputFile:
    """One file: `path` as the moved shot names it, `source` where it lies."""

    path: str
    source: Path


def has_config_file(ocio: Ocio) -> bool:
    """Whether a shot's colour config is a file and not a built-in."""
    return bool(ocio.config) and not ocio.config.startswith("ocio://")


def named_inputs(shot: Shot) -> Iterator[tuple[str, str, bool]]:
    """(key, text, is a pattern) of everything that a shot reads, as written there."""
    yield "plate.files", shot.plate.files, True
    for name in MATTES:
        if text := getattr(shot.mattes, name).files:
            yield f"mattes.{name}.files", text, True
    for index, reference in enumerate(shot.references):
        yield f"references[{index}].file", reference.file, False
    if has_config_file(shot.ocio):
        yield "ocio.config", shot.ocio.config, False


def paths_of(shot: Shot, text: str, *, is_pattern: bool) -> list[Path]:
    """The files that one of `named_inputs` stands for, whether they are there or not."""
    pattern = FramePattern(text)
    if is_pattern and pattern.has_padding:
        return [pattern.path(frame) for frame in shot.all_frames]
    return [Path(text)]


def gathered(shot: Shot) -> tuple[Shot, list[InputFile]]:
    """The shot with short relative names (`plate/SH010.####.exr`), and the files behind them, each once.

    Raises MissingFrames or BadInput naming the key when a file is not there.
    """
    input_files(shot)  # raises
    files: dict[str, InputFile] = {}
    names: dict[str, str] = {}
    for key, text, is_pattern in named_inputs(shot):
        folder = _folder_of(key)
        names[key] = f"{folder}/{Path(text).name}"
        for source in paths_of(shot, text, is_pattern=is_pattern):
            path = f"{folder}/{source.name}"
            files[path] = InputFile(path, source)
    return moved(shot, names), list(files.values())


def locked_inputs(pattern: str, frames: Iterable[int]) -> tuple[str, list[InputFile]]:
    """The short relative pattern of a version whose background is locked, and the files behind it, each once.

    Raises MissingFrames naming the frames that the version lacks.
    """
    found = locked_files(pattern, frames)
    sources = dict.fromkeys(path for files in found.values() for path in files.values())
    short = f"{LOCK_FOLDER}/{Path(pattern).name}"
    return short, [InputFile(f"{LOCK_FOLDER}/{source.name}", source) for source in sources]


def _folder_of(key: str) -> str:
    """`mattes.alpha.files` -> `mattes/alpha`, `references[2].file` -> `references/2`."""
    return key.rpartition(".")[0].replace(".", "/").replace("[", "/").replace("]", "")


def source_folders(shot: Shot) -> dict[str, str]:
    """Where `gathered` took each short folder from: `{"plate": "/shows/a/plate", ...}`."""
    return {_folder_of(key): str(Path(text).parent) for key, text, _ in named_inputs(shot)}


def moved(shot: Shot, names: dict[str, str]) -> Shot:
    """The shot with each key of `named_inputs` renamed as `names` says."""
    mattes = {}
    for name in MATTES:
        matte = getattr(shot.mattes, name)
        mattes[name] = matte.model_copy(update={"files": names.get(f"mattes.{name}.files", "")})
    references = [
        reference.model_copy(update={"file": names[f"references[{index}].file"]})
        for index, reference in enumerate(shot.references)
    ]
    ocio = shot.ocio.model_copy(update={"config": names.get("ocio.config", shot.ocio.config)})
    plate = shot.plate.model_copy(update={"files": names["plate.files"]})
    return shot.model_copy(
        update={"plate": plate, "mattes": Mattes(**mattes), "references": references, "ocio": ocio}
    )
