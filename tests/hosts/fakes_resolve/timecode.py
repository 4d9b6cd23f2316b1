"""Timecode; `;` before the frames says that numbers are dropped, which there is at 29.97 and 59.94 alone."""

from __future__ import annotations

import re


def base(rate: float) -> int:
    """Frames that a timecode counts in a second: 24 for 23.976."""
    return round(rate)


def has_drop(rate: float) -> bool:
    """Whether a rate has drop frame timecode."""
    return base(rate) in (30, 60) and rate != base(rate)


def _left_out(minute: int, rate: float) -> int:
    """Numbers that are left out before a minute begins."""
    return sum(base(rate) // 15 for one in range(1, minute + 1) if one % 10)


def frames_of(timecode: str, rate: float) -> int | None:
    """The frame number of a timecode; None for what is none."""
    match = re.fullmatch(r"(\d\d):(\d\d):(\d\d)([:;])(\d\d)", timecode)
    if match is None:
        return None
    hours, minutes, seconds, frames = (int(match[part]) for part in (1, 2, 3, 5))
    if frames >= base(rate) or minutes > 59 or seconds > 59:
        return None
    found = ((hours * 60 + minutes) * 60 + seconds) * base(rate) + frames
    return found - _left_out(hours * 60 + minutes, rate) if match[4] == ";" and has_drop(rate) else found


def timecode_of(frame: int, rate: float, *, drop: bool = False) -> str:
    """The timecode of a frame number."""
    if drop and has_drop(rate):
        shown = frame
        while (found := frames_of(_text(shown, rate, ";"), rate)) is not None and found < frame:
            shown += frame - found
        return _text(shown, rate, ";")
    return _text(frame, rate, ":")


def _text(frame: int, rate: float, sign: str) -> str:
    seconds, frames = divmod(frame, base(rate))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{sign}{frames:02d}"
