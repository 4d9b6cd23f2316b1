"""Copies of what could not be saved: they lie in the state folder until it was saved after all, restored or discarded.

Every call looks at disks: never in the window's thread.
"""

from __future__ import annotations

import json
import os
import platform
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pai_studio.core import config
from pai_studio.core.media.files import write_file
from pai_studio.core.shot import document
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import PaiError
from pai_studio.core.shot.saving import text_apart

_DOCUMENT = ".shot.json"
_ABOUT = ".about.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """One copy, and the document that it belongs to; `shot` has its delivery as the document has it."""

    copy: Path
    document: Path
    shot: Shot
    when_s: float
    why: str


def new_copy(path: Path) -> Path:
    """Where the copy of a document is going to lie. Looks at no disk."""
    name = f"{path.name.removesuffix(_DOCUMENT)}-{secrets.token_hex(4)}{_DOCUMENT}"
    return config.state_dir() / "panel" / "unsaved" / name


def keep(copy: Path, shot: Shot, path: Path, why: str) -> None:
    """Write a copy of a shot whose document at `path` cannot be written. Raises what `write_file` raises."""
    about = {
        "document": str(path.absolute()),
        "delivery": shot.delivery.files,
        "when_s": time.time(),
        "why": why,
        "machine": platform.node(),
        "process": os.getpid(),
    }
    try:
        write_file(_about(copy), json.dumps(about, indent=1).encode())
        write_file(copy, text_apart(shot, path.parent).encode())
    except PaiError:
        if not copy.is_file():
            _about(copy).unlink(missing_ok=True)
        raise


def drop(copy: Path) -> None:
    """Remove a copy, unless its disk lets nobody: one that is saved is not offered, and removed when it can be."""
    with suppress(OSError):
        copy.unlink(missing_ok=True)
        _about(copy).unlink(missing_ok=True)


def found() -> list[Kept]:
    """The copies of panels that run no more, the oldest first; what has been saved since is removed."""
    folder = config.state_dir() / "panel" / "unsaved"
    copies = sorted(folder.glob(f"*{_DOCUMENT}")) if folder.is_dir() else []
    left = []
    for kept in filter(None, map(_read, copies)):
        if _is_saved(kept):
            drop(kept.copy)
        else:
            left.append(kept)
    return sorted(left, key=lambda kept: kept.when_s)


def _about(copy: Path) -> Path:
    return copy.with_name(copy.name.removesuffix(_DOCUMENT) + _ABOUT)


def _read(copy: Path) -> Kept | None:
    """None for what another panel still works on, and for what cannot be read."""
    try:
        about: dict[str, Any] = json.loads(_about(copy).read_text(encoding="utf-8"))
        shot = document.load(copy, unfinished=True)
        if about["machine"] == platform.node() and _is_anothers(int(about["process"])):
            return None
        delivery = shot.delivery.model_copy(update={"files": str(about["delivery"])})
        whole = shot.model_copy(update={"delivery": delivery})
        return Kept(copy, Path(about["document"]), whole, float(about["when_s"]), str(about["why"]))
    except (OSError, ValueError, KeyError, TypeError, PaiError):
        return None


def _is_saved(kept: Kept) -> bool:
    try:
        return document.load(kept.document, unfinished=True) == kept.shot
    except PaiError:
        return False


def _is_anothers(process: int) -> bool:
    """Whether another process of this number runs. Where that cannot be asked, none does."""
    if process == os.getpid() or process <= 0 or os.name == "nt":
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
