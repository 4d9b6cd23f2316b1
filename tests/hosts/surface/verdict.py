"""What a self-test's dump can say of a row of a surface table."""

from __future__ import annotations

from dataclasses import dataclass

CONFIRMED, CONTRADICTED, UNTOLD = "confirmed", "contradicted", "not told"

Outcome = tuple[str, str]
"""One of the three, and why."""


@dataclass(frozen=True)
class Verdict:
    """What a dump says of one row."""

    row: str
    outcome: str
    why: str = ""
