"""What the program says of a document's keys, in the words of who sees its form: `Still 2 (lake.exr): ...`."""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath

_KEY = re.compile(
    r"\b(?P<part>references\[(?P<index>\d+)\]|mattes\.(?P<matte>alpha|garbage|core)|plate|delivery|ocio|engine|prompt"
    r"|finish)(?:\.(?P<key>\w+))?(?: (?P<path>(?:[A-Za-z]:)?[/\\][^:;]*))?(?=:)"
)
_PARTS = {"plate": "Plate", "delivery": "Delivery", "ocio": "Colour", "engine": "Engine", "prompt": "Prompt"}
_KEYS = {"colorspace": "colour space", "frame": "anchor", "fit": "framing", "config": "config"}
_THE_PART_ITSELF = ("file", "files", "name", None)


def in_words(text: str) -> str:
    """A line of an error or a note as an artist is told it: its keys by the names of the form, its files by theirs.

    >>> in_words("references[1] /shots/lake.exr: cannot be read; check it")
    'Still 2 (lake.exr): cannot be read; check it'
    """
    return _KEY.sub(_said, text)


def _said(found: re.Match[str]) -> str:
    index, matte, key, path = found["index"], found["matte"], found["key"], found["path"]
    if index is not None:
        said = f"Still {int(index) + 1}"
    elif matte is not None:
        said = f"{matte.capitalize()} matte"
    elif key is None:
        return found[0]  # the word itself, and no key
    else:
        said = _PARTS.get(found["part"], found["part"].capitalize())
    if key not in _THE_PART_ITSELF:
        said += f", {_KEYS.get(key, key.replace('_', ' '))}"
    return f"{said} ({_name(path)})" if path else said


def _name(path: str) -> str:
    return PureWindowsPath(path).name if "\\" in path else PurePosixPath(path).name
