"""Kinds of knobs: what each may hold, and how a script writes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.hosts.fakes.errors import FakeGap


@dataclass(frozen=True)
class Kind:
    """One kind. `accept` checks a value that Python sets, `parse` reads a script's."""

    empty: Any
    accept: Callable[[Any], Any]
    parse: Callable[[str], Any]
    stored: bool = True
    """Whether a script keeps a value of it."""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a string is needed, not {type(value).__name__}")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"a number is needed, not {type(value).__name__}")
    return value


def _whole(value: Any) -> int:
    return int(_number(value))


def _bool(value: Any) -> bool:
    if not isinstance(value, bool | int | float):
        raise TypeError(f"a bool or a number is needed, not {type(value).__name__}")
    return bool(value)


def _parse_bool(text: str) -> bool:
    if text not in ("true", "false", "1", "0"):
        raise ValueError(f"{text!r} is no bool")
    return text in ("true", "1")


def _parse_whole(text: str) -> int:
    return int(text, 16) if text.startswith("0x") else int(float(text))


def _array(value: Any) -> tuple[float, ...]:
    values = value if isinstance(value, list | tuple) else (value,)
    return tuple(float(_number(v)) for v in values)


def _parse_array(text: str) -> tuple[float, ...]:
    return tuple(float(word) for word in text.strip("{}").split())


KINDS: dict[str, Kind] = {
    "text": Kind("", _text, str),
    "whole": Kind(0, _whole, _parse_whole),
    "number": Kind(0.0, _number, float),
    "bool": Kind(False, _bool, _parse_bool),
    "enum": Kind("", _text, str),
    "array": Kind((0.0,), _array, _parse_array),
    "none": Kind("", _text, str, stored=False),
}

_HOLDS = {
    "text": "String EvalString Multiline File Channel ChannelMask Format PyScript Script Link",
    "whole": "Int",
    "number": "Double",
    "bool": "Bool Disable",
    "enum": "Enum Radio",
    "array": "AColor Color XY BBox Array",
    "none": "Tab Text",
}


def kind_of(type_name: str) -> str:
    """The kind of a knob type of the surface table. Raises FakeGap for one that the fake does not know."""
    for kind, names in _HOLDS.items():
        if type_name in names.split():
            return kind
    raise FakeGap(f"the fake has no knob of type {type_name!r}")


_BARE = re.compile(r"[A-Za-z0-9_./:#%@*+,=~-]+")


def quoted(text: str) -> str:
    """A value as one word of a script."""
    if _BARE.fullmatch(text) and not text.startswith("#"):
        return text
    escaped = re.sub(r'([\\"\[\]{}$])', r"\\\1", text)
    return '"' + escaped.replace("\n", "\\n").replace("\t", "\\t") + '"'


def written(kind: str, value: Any) -> str:
    """A knob's value as a script has it."""
    if kind == "bool":
        return "true" if value else "false"
    if kind == "array":
        return value_text(value[0]) if len(value) == 1 else "{" + " ".join(map(value_text, value)) + "}"
    return quoted(value_text(value))


def value_text(value: Any) -> str:
    """A value as text, numbers as short as can be."""
    return f"{value:.10g}" if isinstance(value, float) else str(value)
