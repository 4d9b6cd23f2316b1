"""What `pai-studio install` wrote down beside the plugin: which PAI-Studio it belongs to, and where its Python is.

Standard library, Python 3.9: this file runs inside the host.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .host import Fault

NAME = "installed.json"
NOT_INSTALLED = "NOT_INSTALLED"
"""Code of a fault that only another installation mends."""

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Installed:
    """What was installed."""

    version: str
    """PAI-Studio's version."""

    python: str
    """The interpreter that has it."""

    files: dict[str, str] = field(default_factory=dict)
    """SHA-256 of every installed file by its relative path."""

    entries: dict[str, str] = field(default_factory=dict)
    """SHA-256 of every file of ours in the host's own folders, by its path beside the plugin's folder."""

    folders: list[str] = field(default_factory=list)
    """The folders that were made for those."""


def remedy(host: str) -> str:
    """What to do about an installation that does not work."""
    return f"run `pai-studio install {host}` again"


def read(folder: Path = HERE, host: str = "nuke") -> Installed:
    """The record in a plugin's folder. Raises Fault where it is missing or damaged."""
    path = folder / NAME
    try:
        return _checked(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        what = "the plugin does not know where PAI-Studio is: its record is missing"
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = f"the plugin's record cannot be used ({error!r})"
    raise Fault(what, where=str(path), hint=remedy(host), code=NOT_INSTALLED)


def _checked(said: Any) -> Installed:
    version, python, files = said["version"], said["python"], said.get("files", {})
    entries, folders = said.get("entries", {}), said.get("folders", [])
    if not (isinstance(version, str) and isinstance(python, str)):
        raise ValueError("version and python must be texts")
    if not (isinstance(files, dict) and isinstance(entries, dict) and isinstance(folders, list)):
        raise ValueError("files and entries must be objects, folders a list")
    return Installed(version, python, files, entries, folders)
