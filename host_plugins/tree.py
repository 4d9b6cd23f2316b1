"""The plugin's folder as a whole: what is in it, and how a new one takes the place of an old one.

Runs in our own environment, for `install.py`. Standard library, Python 3.9.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

LEFT = "uninstalled.txt"
"""Beside what an uninstall leaves: it says that the folder is ours, so that the next install takes the rest along."""


def names_in(folder: Path) -> Iterator[str]:
    """Every file and link below a folder; what Python compiled is not told of."""
    for base, folders, files in os.walk(str(folder)):
        folders[:] = [name for name in folders if name != "__pycache__"]
        links = [name for name in folders if (Path(base) / name).is_symlink()]
        for name in (*files, *links):
            yield (Path(base) / name).relative_to(folder).as_posix()


def digest(path: Path) -> str:
    """SHA-256 of a file; empty where there is none, and of a link what no file of ours has."""
    if path.is_symlink():
        return "link"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def there(path: Path) -> bool:
    """Whether anything has that name, be it a link to nothing."""
    return path.exists() or path.is_symlink()


def beside(folder: Path, what: str) -> Path:
    """Where the `new` folder is made, and the `old` one waits, on the same disk."""
    return folder.parent / f".{folder.name}.{what}"


def swap(folder: Path) -> None:
    """Put the new folder in the old one's place."""
    new, old = beside(folder, "new"), beside(folder, "old")
    if not folder.exists():
        new.rename(folder)
        return
    folder.rename(old)
    try:
        new.rename(folder)
    except BaseException:
        old.rename(folder)
        raise
    shutil.rmtree(old)


def recover(folder: Path) -> None:
    """Clear away what an install that was killed has left, and bring back what it had moved aside."""
    new, old = beside(folder, "new"), beside(folder, "old")
    if old.is_dir() and not folder.exists():
        old.rename(folder)
    for rest in (new, old):
        if there(rest):
            shutil.rmtree(rest)


def drop_empty(folder: Path) -> None:
    """Remove what Python compiled from files that are gone, then every folder that is empty."""
    for base, _, files in os.walk(str(folder), topdown=False):
        here = Path(base)
        if here.name == "__pycache__":
            for name in files:
                if not (here.parent / f"{name.split('.')[0]}.py").exists():
                    (here / name).unlink()
        if not any(here.iterdir()):
            here.rmdir()


def leave(folder: Path, last: str) -> list[str]:
    """Take the record `last` away and mark what stays, so that the folder is never without either; its names."""
    left = sorted(name for name in names_in(folder) if name not in (last, LEFT))
    if left:
        text = "PAI-Studio was uninstalled. These files were changed or added, and stay:\n"
        (folder / LEFT).write_text(text + "".join(f"{name}\n" for name in left), encoding="utf-8")
    (folder / last).unlink()
    drop_empty(folder)
    return left


def is_left(folder: Path, last: str) -> bool:
    """Whether a folder holds only what an uninstall has left: the mark, and no record `last`."""
    return (folder / LEFT).is_file() and not (folder / last).exists() and not folder.is_symlink()
