"""Values of number knobs in saved Nuke scripts: plain numbers, expressions and animation curves."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.hosts.tcl import NkError, Word, split_list

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Expression:
    """A component of a knob that is reckoned."""

    text: str


@dataclass(frozen=True)
class Curve:
    """A component of a knob that is animated; `expression` where the curve is used in one."""

    keys: str
    expression: str = ""

    def points(self) -> list[tuple[float, float]]:
        """(frame, value) of every key. Raises NkError where a key says more than that."""
        points: list[tuple[float, float]] = []
        frame = None
        for token in self.keys.split():
            if token.startswith("x") and _NUMBER.fullmatch(token[1:]):
                frame = float(token[1:])
            elif frame is not None and _NUMBER.fullmatch(token):
                points.append((frame, float(token)))
                frame += 1
            else:
                raise NkError(f"the key {token!r} of a curve is not understood", 0)
        return points


def animation(value: str, line: int = 0) -> list[str | Expression | Curve]:
    """The components of a number knob's value: plain words, expressions and curves. Raises NkError."""
    return [_component(word) for word in split_list(value, line)]


def _component(word: Word) -> str | Expression | Curve:
    if word.kind != "braced":
        return word.text
    curve = re.fullmatch(r"\s*curve(\(.*\))?(?:\s+(.*))?", word.raw, re.DOTALL)
    if curve:
        return Curve(curve[2] or "", (curve[1] or "")[1:-1])
    parts = split_list(word.raw, word.line)
    if not parts:
        raise NkError("an expression is empty", word.line)
    # `{{parent.size i}}`: what follows an expression belongs to it.
    return Expression(parts[0].text if len(parts) == 1 else word.raw)
