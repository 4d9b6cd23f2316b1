"""Finishing and the delivery's passes, as the window asks for them and the shot document has them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from ..host import Record

FINISHES = {
    "despill": "Despill",
    "gain_mix": "Relight",
    "wrap": "Light wrap",
    "shadow": "Shadow",
    "grain": "Grain",
}
"""Controls in percent: named as in the shot document, with what the window calls them."""

LAYERS = ("background", "foreground", "matte", "gain", "shadow", "wrap", "rebuilt", "confidence")
"""The passes beside the beauty, which is always delivered."""


@dataclass(frozen=True)
class Finish:
    """How a result is finished; each in percent."""

    despill: int = 100
    gain_mix: int = 100
    wrap: int = 50
    shadow: int = 100
    grain: int = 100
    layers: str = " ".join(LAYERS)
    """Names of passes."""


def asked_of(wishes: Finish, files: str) -> Record:
    """The document's `finish`, each control 0 to 1, and its `delivery` to a pattern."""
    passes = ["beauty", *(name for name in LAYERS if name in wishes.layers.split())]
    finish = {name: getattr(wishes, name) / 100 for name in FINISHES}
    return {"finish": finish, "delivery": {"files": files, "passes": passes}}


def parted(document: Record) -> tuple[Record, Record]:
    """What of a document decides about the pictures that are made, and what about their finishing."""
    made = {key: value for key, value in document.items() if key not in ("name", "finish", "delivery")}
    return made, {"finish": document["finish"], "passes": document["delivery"]["passes"]}


def digest(data: Any) -> str:
    """A short digest of plain JSON data."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:32]
