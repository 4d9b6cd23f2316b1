"""Timecode without drop frames."""

from __future__ import annotations

import re


def base(rate: float) -> int:
    """Frames that a timecode counts in a second: 24 for 23.976."""
    return round(rate)


def frames_of(timecode: str, rate: float) -> int | None:
    """The frame number of a timecode; None for what is none."""
    match = re.fullmatch(r"(\d\d):(\d\d):(\d\d):(\d\d)", timecode)
    if match is None:
        return None
    hours, minutes, seconds, frames = map(int, match.groups())
    if frames >= base(rate) or minutes > 59 or seconds > 59:
        return None
    return ((hours * 60 + minutes) * 60 + seconds) * base(rate) + frames


def timecode_of(frame: int, rate: float) -> str:
    """The timecode of a frame number."""
    seconds, frames = divmod(frame, base(rate))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}:{frames:02d}"
