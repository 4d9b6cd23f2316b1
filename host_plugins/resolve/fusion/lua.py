"""Writes data as the Lua tables that Fusion's files are made of. Standard library, Python 3.9: may run in the host."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Union

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEYWORDS = frozenset(
    ("and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local")
) | frozenset(("nil", "not", "or", "repeat", "return", "then", "true", "until", "while"))
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ONE_LINE = 100


@dataclass(frozen=True)
class Made:
    """A table with its constructor: `Loader { ... }`, or `ordered() { ... }`, which keeps the order of its items."""

    by: str
    items: Mapping[str, Value] | Sequence[Value]


Value = Union[str, int, float, bool, Made, "Mapping[str, Value]", "Sequence[Value]"]

ORDERED = "ordered()"


def identifier(text: str) -> Made:
    """A choice's name as Fusion saves it."""
    return Made("FuID", [text])


def written(value: Value) -> str:
    """The text of a file that holds this table. Raises ValueError for what a table of Fusion's cannot hold."""
    return "\n".join(_lines(value, "")) + "\n"


def quoted(text: str) -> str:
    """A text as a Lua string, in UTF-8. Raises ValueError for control characters other than tab and line ends."""
    escaped = "".join(_ESCAPES.get(char, char) for char in text)
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in escaped):
        raise ValueError(f"{text!r} holds a character that a setting cannot")
    return f'"{escaped}"'


def _lines(value: Value, indent: str) -> Iterator[str]:
    """A value in lines; the first goes behind its key."""
    short = _short(value)
    is_table = isinstance(value, (Made, Mapping, list, tuple))
    if not is_table or (len(indent) + len(short) <= _ONE_LINE and not _is_deep(value)):
        yield short
        return
    made = value if isinstance(value, Made) else Made("", value)  # type: ignore[arg-type]
    yield f"{made.by} {{".lstrip()
    inner = indent + "\t"
    for key, item in _items(made.items):
        first, *rest = _lines(item, inner)
        lines = [f"{inner}{key}{first}", *rest]
        lines[-1] += ","
        yield from lines
    yield indent + "}"


def _is_deep(value: Value) -> bool:
    """Whether a table holds tables that hold tables: those get lines of their own."""
    return any(
        isinstance(part, (Made, Mapping, list, tuple)) for item in _parts(value) for part in _parts(item)
    )


def _parts(value: Value) -> list[Value]:
    items = value.items if isinstance(value, Made) else value
    if isinstance(items, Mapping):
        return list(items.values())
    return list(items) if isinstance(items, (list, tuple)) else []


def _items(items: Mapping[str, Value] | Sequence[Value]) -> Iterator[tuple[str, Value]]:
    if isinstance(items, Mapping):
        for key, value in items.items():
            plain = _NAME.fullmatch(key) and key not in _KEYWORDS
            yield (f"{key} = " if plain else f"[{quoted(key)}] = "), value
    else:
        for value in items:
            yield "", value


def _short(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        if not math.isfinite(value):
            raise ValueError(f"{value} is no number of a setting")
        return str(value) if isinstance(value, int) else f"{value:.15g}"
    if isinstance(value, str):
        return quoted(value)
    made = value if isinstance(value, Made) else Made("", value)
    inside = "".join(f"{key}{_short(item)}, " for key, item in _items(made.items))
    return f"{made.by} {{ {inside}}}".lstrip()
