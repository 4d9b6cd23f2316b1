"""Exported frames measured by the sidecar, a few at a time: the window goes on meanwhile, and can be cancelled."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, Callable

from ..host import Fault, Record, cancelled

if TYPE_CHECKING:
    from .export import Step

AT_A_TIME = 8
_TURN_S = 0.05


def measured(ask: Callable[..., Record], files: str, span: tuple[int, int], step: Step) -> Record:
    """What the sidecar's `inspect` says of all frames together. Raises Fault; `cancelled()` when it was stopped."""
    parts, (first, last) = [], span
    count = last - first + 1
    with ThreadPoolExecutor(1) as beside:
        for start in range(first, last + 1, AT_A_TIME):
            end = min(start + AT_A_TIME - 1, last)
            asked = beside.submit(ask, "inspect", files=files, first=start, last=end)
            while True:
                if step((start - first) / count, "looking at the exported frames"):
                    raise cancelled()
                if wait([asked], _TURN_S).done:
                    break
            parts.append((asked.result(), end - start + 1))
    return _together(parts, files)


def _together(parts: list[tuple[Record, int]], files: str) -> Record:
    sizes = {tuple(seen["size"]) for seen, _ in parts}
    if len(sizes) != 1:
        raise Fault(f"its frames have {len(sizes)} different sizes", where=files, hint="render again")
    shares: Any = [(seen["at_one_share"], count) for seen, count in parts]
    return {
        **parts[-1][0],
        "max": max(seen["max"] for seen, _ in parts),
        "at_one_share": sum(share * count for share, count in shares) / sum(count for _, count in shares),
    }
