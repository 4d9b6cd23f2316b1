"""Names for the shots of a cut: from the clips' own, valid, and each once."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import count

from pai_studio.core.shot.timeline.cut import CutShot

_LONGEST = 100
_FILE_ENDING = re.compile(r"\.(?:\[?[\d-]+\]?|#+)?\.?(?:[A-Za-z]\w{2,3}|mp4|r3d)$")


def plain(clip: str) -> str:
    """A clip's name without the ending of its file, in the letters that a shot's name may have."""
    stem = _FILE_ENDING.sub("", clip.strip())
    kept = re.sub(r"[^A-Za-z0-9._-]+", "_", stem)
    return kept.lstrip("._-").rstrip("._-")[:_LONGEST].rstrip("._-") or "shot"


def named(shots: list[CutShot]) -> list[CutShot]:
    """The shots with names that differ even where case does not.

    A name that several clips have gets each one's first media frame, so that it stays when the cut is changed
    elsewhere; what still is the same (one clip twice) its record frame, and a number at last.
    """
    names = [plain(shot.clip) for shot in shots]
    for endings in ([shot.source.first for shot in shots], [shot.record.first for shot in shots]):
        often = Counter(name.lower() for name in names)
        names = [
            f"{name}_{str(ending).replace('-', 'm')}" if often[name.lower()] > 1 else name
            for name, ending in zip(names, endings, strict=True)
        ]
    taken: set[str] = set()
    made = []
    for name, shot in zip(names, shots, strict=True):
        free = next(one for n in count(1) if (one := name if n == 1 else f"{name}_{n}").lower() not in taken)
        taken.add(free.lower())
        made.append(replace(shot, name=free))
    return made
