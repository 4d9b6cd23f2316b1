"""How frames are counted on the timeline: as numbers, as timecode, as drop-frame timecode; and typed back."""

from __future__ import annotations

import re
from enum import StrEnum
from fractions import Fraction

from pai_studio.core.shot.timeline import timecode
from pai_studio.ui.panel.timeline.layout import typed_frame

_TIMECODE = re.compile(r"(\d+)[:;](\d+)[:;](\d+)[:;.](\d+)")
_DROPPING = (Fraction(30000, 1001), Fraction(60000, 1001))


class Count(StrEnum):
    """What the ruler and the frame field show."""

    FRAMES = "Frames"
    TIMECODE = "TC"
    DROP = "TC drop"


def counts(rate: Fraction) -> list[Count]:
    """What a rate can be counted in: drop-frame is for 29.97 and 59.94 alone."""
    return [Count.FRAMES, Count.TIMECODE, *([Count.DROP] if rate in _DROPPING else [])]


def shown(frame: int, rate: Fraction, count: Count) -> str:
    """A frame as it is counted."""
    return str(frame) if count is Count.FRAMES else timecode(frame, rate, is_drop=count is Count.DROP)


def typed(text: str, now: int, rate: Fraction, count: Count) -> int:
    """The frame that was typed: a timecode, or what `typed_frame` takes. Raises ValueError for anything else."""
    found = _TIMECODE.fullmatch(text.strip())
    if found is None:
        return typed_frame(text, now)
    hours, minutes, seconds, frames = map(int, found.groups())
    nominal = max(round(rate), 1)
    minutes += hours * 60
    left_out = (nominal // 15) * (minutes - minutes // 10) if count is Count.DROP else 0
    return (minutes * 60 + seconds) * nominal + frames - left_out
