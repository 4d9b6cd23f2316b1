"""Numbers as they are typed: frames and counts with arithmetic, as the timeline takes them, and plain ones."""

from __future__ import annotations

from fractions import Fraction

from pai_studio.core.shot.frames import parse_rate
from pai_studio.ui.panel.timeline.layout import typed_frame


def whole(text: str, now: int) -> int:
    """What somebody means by `1001`, `+20`, `*2`, `1001+48` where `now` is. Raises ValueError, in words."""
    try:
        return typed_frame(text, now)
    except ValueError:
        raise ValueError("write a whole number, or a step such as +20") from None


def number(text: str, now: float) -> float:  # noqa: ARG001 - a sign is the number's own, and no step from `now`
    """A number with a point or a comma. Raises ValueError, in words."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise ValueError("write a number such as 0.5") from None


def rate(text: str) -> Fraction:
    """A frame rate as it is written: `24000/1001`, `25`, `23.976 fps`. Raises ValueError."""
    return parse_rate(text.lower().removesuffix("fps").strip())


def rate_text(value: Fraction) -> str:
    """A frame rate as one says it, where that means the same: `23.976`, `25`, `15/2`."""
    short = f"{float(value):.3f}".rstrip("0").rstrip(".")
    try:
        return short if rate(short) == value else str(value)
    except ValueError:
        return str(value)
