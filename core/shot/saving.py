"""A shot's document as it is written to disk: the paths below its folder relative to it, all others absolute."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pai_studio.core.shot.document import Mattes, Shot


def text_beside(shot: Shot, folder: Path) -> str:
    """The document of a shot with absolute paths, as it stands in `folder`; `load` brings the same shot back.

    What was read as `../refs/a.exr` is written so again: its path still begins with the folder, or with what the
    folder is a link to.
    """
    bases = (folder, folder.resolve())

    def written(path: str) -> str:
        base = next((base for base in bases if path and Path(path).is_relative_to(base)), None)
        return path if base is None else Path(path).relative_to(base).as_posix()

    def part(of: Any, key: str) -> Any:
        return of.model_copy(update={key: written(getattr(of, key))})

    mattes = Mattes(**{name: part(getattr(shot.mattes, name), "files") for name in Mattes.model_fields})
    update = {
        "plate": part(shot.plate, "files"),
        "mattes": mattes,
        "references": [part(reference, "file") for reference in shot.references],
        "ocio": part(shot.ocio, "config"),
    }
    return shot.model_copy(update=update).to_json()


def text_apart(shot: Shot, home: Path) -> str:
    """The same document for any other folder than its `home`: every path is absolute, also the delivery's."""
    files = str((home / shot.delivery_files).absolute())
    return shot.model_copy(update={"delivery": shot.delivery.model_copy(update={"files": files})}).to_json()
