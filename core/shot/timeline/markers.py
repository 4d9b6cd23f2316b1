"""Markers: those that name a background still, and the words of the others."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pai_studio.core.shot.timeline.media import local

_NAMED = re.compile(r"ref\b[:\s]*(.*)", re.IGNORECASE | re.DOTALL)
_PICTURE = re.compile(r"\S.*\.(?:exr|hdr|tiff?|png|jpe?g|dpx|cin)", re.IGNORECASE)
_TEXT_KEYS = ("note", "comment")


@dataclass(frozen=True)
class Marked:
    """What a marker says: a reference (its file may be empty), or words; neither where it is a record of our own."""

    is_reference: bool
    file: str = ""
    colorspace: str = ""
    words: str = ""


def read_marker(marker: Any, folder: Path) -> Marked:
    """A marker is a reference when it is called `ref`, names a picture, or is one of the Resolve plugin's."""
    texts = list(_texts(marker))
    for text in texts:
        said = _ours(text)
        if said is not None:
            file = str(said.get("reference", ""))
            return Marked("reference" in said, _path(file, folder), str(said.get("space", "")))
    asked = marker.metadata.get("pai_studio")
    if hasattr(asked, "get") and asked.get("file"):
        return Marked(True, _path(str(asked["file"]), folder), str(asked.get("colorspace", "")))
    name = _NAMED.fullmatch(str(marker.name or "").strip())
    pictures = [text for text in ([name[1].strip()] if name else []) + texts if _PICTURE.fullmatch(text)]
    if name or pictures:
        return Marked(True, _path(pictures[0], folder) if pictures else "")
    words = " - ".join(dict.fromkeys(text for text in (str(marker.name or "").strip(), *texts) if text))
    return Marked(False, words=words or "without words")


def _texts(marker: Any) -> list[str]:
    """The marker's comment and what editors keep of it in their own keys, each once."""
    found = [str(getattr(marker, "comment", "") or "")]
    for said in marker.metadata.values():
        if hasattr(said, "items"):
            found += [
                str(value)
                for key, value in said.items()
                if str(key).lower() in _TEXT_KEYS and isinstance(value, str)
            ]
    return list(dict.fromkeys(text.strip() for text in found if text.strip()))


def _ours(text: str) -> dict[str, Any] | None:
    """The note that our Resolve plugin writes into a marker, or None."""
    try:
        said = json.loads(text) if text.startswith("{") else None
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) and said.get("pai") == 1 else None


def _path(file: str, folder: Path) -> str:
    return local(file, folder)[0]
