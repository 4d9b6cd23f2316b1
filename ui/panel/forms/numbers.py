"""Numbers as they are typed: plain ones, and arithmetic on the one that is there."""

from __future__ import annotations

import math
import re
from fractions import Fraction

from pai_studio.core.shot.frames import parse_rate

_NUMBER = r"(\d+(?:[.,]\d*)?|[.,]\d+)"
_STEP = re.compile(rf"\s*([-+*/])\s*{_NUMBER}\s*")
_SUM = re.compile(rf"\s*(-?{_NUMBER})\s*([-+*/])\s*{_NUMBER}\s*")
_PLAIN = re.compile(rf"\s*=?\s*(-?{_NUMBER})\s*")


def parse(text: str, now: float, *, is_signed: bool = False) -> float:
    """What somebody means by `1001`, `+20`, `-20`, `*2`, `/2`, `1001+48`; `=-5` is below zero and no step back.

    With `is_signed` a leading sign is the number's own, as of exposures. Raises ValueError, in words.
    """
    if is_signed and (found := re.fullmatch(rf"\s*\+?\s*(-?\s*{_NUMBER})\s*", text)):
        return _number(found[1])
    if (found := _PLAIN.fullmatch(text)) and ("=" in text or not text.strip().startswith("-")):
        return _number(found[1])
    if found := _STEP.fullmatch(text):
        return _counted(now, found[1], _number(found[2]))
    if found := _SUM.fullmatch(text):
        return _counted(_number(found[1]), found[3], _number(found[4]))
    raise ValueError("write a number, or a step as +20")


def parse_whole(text: str, now: int) -> int:
    """As `parse`, for frames and other whole numbers."""
    value = parse(text, now)
    if value != round(value):
        raise ValueError("write a whole number")
    return round(value)


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


def _number(text: str) -> float:
    return float(text.replace(",", ".").replace(" ", ""))


def _counted(left: float, sign: str, right: float) -> float:
    if sign == "/" and right == 0:
        raise ValueError("nothing is divided by 0")
    value = {"+": left + right, "-": left - right, "*": left * right, "/": left / (right or 1)}[sign]
    if not math.isfinite(value):
        raise ValueError("that is no number")
    return value
