"""How much memory pictures may take."""

from __future__ import annotations

import os


def share_of_memory(part: int, most_bytes: int) -> int:
    """One `part`-th of the machine's memory in bytes, but not more than `most_bytes`."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return most_bytes
    return min(memory // part, most_bytes)
