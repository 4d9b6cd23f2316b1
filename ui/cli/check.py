"""One row of `pai-studio doctor`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """What was looked at, whether it is well, what was found, and what to do if not."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""
