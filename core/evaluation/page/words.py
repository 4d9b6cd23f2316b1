"""How numbers are written: a real minus, a dash for what is not defined, as many digits as a metric deserves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pai_studio.core.evaluation.metrics import Metric
from pai_studio.core.evaluation.page.reading import Figure

DASH = "–"
LEARNED_DIGITS = 3
"""Of what learned judges say, whatever the judge."""

_GROUPS = {
    "references": "References",
    "markers": "Screen markers",
    "move": "Camera move",
    "place": "Place",
    "light": "Light",
}
_ARROWS = {"higher": "↑", "lower": "↓", "zero": "→0"}
_BETTER = {"higher": "higher is better", "lower": "lower is better", "zero": "nearer to 0 is better"}


def number(value: float | None, digits: int, *, signed: bool = False) -> str:
    """A number, or a dash for None. Nothing is ever written as minus zero."""
    if value is None:
        return DASH
    text = f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("+-")
    return text.replace("-", "−")


def interval(figure: Figure, digits: int, *, signed: bool = False) -> str:
    """`low to high`, or nothing where there is none: a single clip tells nothing of how sure it is."""
    if figure.low is None or figure.high is None or figure.clips == 1:
        return ""
    return f"{number(figure.low, digits, signed=signed)} to {number(figure.high, digits, signed=signed)}"


def learned(figure: Figure, most: int) -> tuple[str, list[str]]:
    """A learned judge's mean, and what stands below it."""
    small = [interval(figure, LEARNED_DIGITS), fewer(figure, most)]
    return number(figure.mean, LEARNED_DIGITS), [part for part in small if part]


def fewer(figure: Figure, most: int) -> str:
    """`7 clips` where fewer than `most` have a value: such a mean is not one of the same clips."""
    return counted(figure.clips, "clip") if 0 < figure.clips < most else ""


def wins(count: int | None, clips: int) -> str:
    """`6 of 8`, or a dash where nothing could be won."""
    return DASH if count is None or not clips else f"{count} of {clips}"


def value_of(metric: Metric, value: Any) -> str:
    """A clip's value, or each of its values where there are several."""
    if isinstance(value, list):
        return ", ".join(number(v, metric.digits, signed=metric.better == "zero") for v in value) or DASH
    return number(value, metric.digits)


def arrow(metric: Metric) -> str:
    """The direction of better."""
    return _ARROWS[metric.better]


def better(metric: Metric) -> str:
    """The same in words."""
    return _BETTER[metric.better]


def tags(told: Mapping[str, Any] | None) -> list[str]:
    """A clip's tags in words: `3 references`, `markers`, `pan`, `street`; what it has none of is not told."""
    found = []
    for key, value in (told or {}).items():
        name = key.replace("_", " ")
        if key == "references":
            found.append(counted(value, "reference"))
        elif isinstance(value, bool):
            found.append(name if value else f"no {name}")
        elif value is not None and value != "none":
            found.append(f"{name} {value}" if isinstance(value, int | float) else f"{value}")
    return found


def counted(count: int, noun: str) -> str:
    """`1 clip`, `8 clips`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def group_name(kind: str) -> str:
    """What the clips were parted by."""
    return _GROUPS.get(kind, kind.replace("_", " ").capitalize())


def natural(part: str) -> tuple[int, float, str]:
    """The order of a group's parts: numbers by their value, before words."""
    return (0, float(part), "") if part.replace(".", "", 1).isdecimal() else (1, 0.0, part)


def slug(name: str) -> str:
    """A name as part of a file name."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "set"


def note(value: Any) -> str:
    """What an engine notes, in words: of parts of a clip what was done from which frame to which."""
    if isinstance(value, list):
        return "; ".join(note(part) for part in value)
    if not isinstance(value, Mapping):
        return str(value)
    rest = dict(value)
    span = f"{rest.pop('first')} to {rest.pop('last')}" if {"first", "last"} <= rest.keys() else ""
    return " ".join(part for part in (span, ", ".join(str(v) for v in rest.values())) if part)
