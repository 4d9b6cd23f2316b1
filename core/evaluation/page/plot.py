"""Dot and whisker: a difference in each clip, their mean, and its 95% interval, as inline SVG."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pai_studio.core.evaluation.page import words
from pai_studio.core.evaluation.page.html import Markup, el, joined
from pai_studio.core.evaluation.page.reading import Difference

WIDTH, HEIGHT = 340, 38
_INSET, _MIDDLE, _AXIS = 8, 13, 25
_KINDS = {1: "better", 0: "unsure", -1: "worse"}


@dataclass(frozen=True)
class Scale:
    """From a value to the horizontal coordinate of a strip."""

    low: float
    high: float

    @classmethod
    def over(cls, values: list[float], least: float = 0.0) -> Scale:
        """Room for all values and 0, with a little air; at least `least` to the side where they lie."""
        low, high = min([*values, 0.0]), max([*values, 0.0])
        if high - low < least:
            low, high = (-least, high) if -low > high else (low, least)
        air = 0.06 * (high - low) or 1.0
        return cls(low - air, high + air)

    def x(self, value: float) -> float:
        """In the strip's own units, 0 to `WIDTH`."""
        return round(_INSET + (WIDTH - 2 * _INSET) * (value - self.low) / (self.high - self.low), 2)

    def ticks(self) -> list[float]:
        """Round values with 0 among them: the largest step of 1, 2 or 5 times a power of ten that gives at least 3.

        After Heckbert, Nice Numbers for Graph Labels, in Graphics Gems, 1990.
        """
        most = (self.high - self.low) / 2.5
        power = 10.0 ** math.floor(math.log10(most))
        step = max(m * power for m in (1, 2, 5) if m * power <= most)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [n * step for n in range(first, last + 1)]


def strip(difference: Difference, title: str) -> Markup | None:
    """The strip of one difference, `WIDTH` x `HEIGHT`; None where it is not defined.

    The better side of 0 is shaded. The mean's dot is filled where the interval keeps clear of 0 and hollow where it
    does not, so that nothing rests on colour alone.
    """
    figure = difference.figure
    if figure.mean is None:
        return None
    ends = [v for v in (figure.low, figure.high) if v is not None]
    least = 5 * 10.0**-difference.metric.mean_digits  # a scale of less would show what the digits do not
    scale = Scale.over([figure.mean, *ends, *difference.clips], least)
    marks = joined(
        _side(difference, scale),
        _axis(scale),
        *(_dot(scale.x(value), "clip", 2.5) for value in difference.clips),
        _whisker(scale.x(ends[0]), scale.x(ends[1])) if len(ends) == 2 else None,
        _dot(scale.x(figure.mean), "mean", 4.5),
    )
    kind = _KINDS[difference.verdict]
    return el(
        "svg", el("title", title), marks, viewBox=f"0 0 {WIDTH} {HEIGHT}", width=WIDTH, height=HEIGHT, role="img",
        cls=f"strip {kind}",
    )  # fmt: skip


def _side(difference: Difference, scale: Scale) -> Markup:
    zero = scale.x(0)
    left, right = (zero, WIDTH) if difference.metric.better == "higher" else (0, zero)
    return el("rect", x=left, y=0, width=round(right - left, 2), height=_AXIS, cls="good")


def _axis(scale: Scale) -> Markup:
    ticks = scale.ticks()
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    marks = []
    for value in ticks:
        x = scale.x(value)
        zero = abs(value) < step / 2
        marks.append(
            el("line", x1=x, x2=x, y1=0 if zero else _AXIS - 3, y2=_AXIS, cls="zero" if zero else "tick")
        )
        anchor = "start" if x < 16 else "end" if x > WIDTH - 16 else "middle"
        marks.append(el("text", words.number(value, digits), x=x, y=HEIGHT - 2, text_anchor=anchor))
    return joined(el("line", x1=0, x2=WIDTH, y1=_AXIS, y2=_AXIS, cls="tick"), *marks)


def _whisker(low: float, high: float) -> Markup:
    path = f"M{low} {_MIDDLE - 4}v8M{low} {_MIDDLE}H{high}M{high} {_MIDDLE - 4}v8"
    return el("path", d=path, cls="whisker")


def _dot(x: float, kind: str, radius: float) -> Markup:
    return el("circle", cx=x, cy=_MIDDLE, r=radius, cls=kind)
