"""The library's times, floats all, as exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import parse_rate

_FINEST = 100_000
MAX_FRAME = 2**53
"""Beyond it a float holds no whole frames."""


def exact(value: float) -> Fraction:
    """A count of frames. Raises BadInput for what counts none."""
    if not math.isfinite(value) or abs(value) > MAX_FRAME:
        raise BadInput(f"{value!r} counts no frames", hint="export it again")
    return Fraction(value).limit_denominator(_FINEST)


def rate_of(value: float) -> Fraction:
    """A rate, NTSC's from its decimals. Raises BadInput."""
    if not math.isfinite(value):
        raise BadInput(f"{value!r} is no frame rate", hint="export it again")
    try:
        return parse_rate(value)
    except ValueError as error:
        raise BadInput(str(error)) from None


def frames_of(time: Any, rate: Fraction) -> Fraction:
    """A time of the library in frames of `rate`. A time of nothing at no rate is nothing."""
    count = exact(time.value)
    return count * rate / rate_of(time.rate) if count else count
