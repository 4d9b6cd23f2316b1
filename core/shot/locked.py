"""What of an earlier version stays while the rest is rendered anew: `--lock background:v003`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from pai_studio.core.shot.errors import BadInput, MissingFrames
from pai_studio.core.shot.frames import FramePattern, ranges_text
from pai_studio.core.shot.naming import pass_pattern, version_of, versions_on_disk, with_version

LOCKED = ("background", "shadow", "confidence")
"""The passes that a locked background is made of: what is seen of the place, and how sure it is."""


def locked_version(text: str) -> int:
    """The version in `background:v003`. Raises BadInput for anything else, since nothing else can be locked."""
    found = re.fullmatch(r"background:v(\d+)", text)
    if not found:
        raise BadInput(f"{text!r} names nothing that can be locked", hint="write it as background:v003")
    return int(found[1])


def locked_pattern(base: Path, pattern: str, version: int) -> Path:
    """The beauty's pattern, below `base`, of a version to lock for a delivery of the relative `pattern`.

    Raises BadInput where that is the version to be rendered, or none that is on disk.
    """
    named = f"v{version:03d}"
    if version_of(pattern) == version:
        raise BadInput(
            f"{named} is the version to be rendered: it cannot keep its own background",
            where=pattern,
            hint="add --new-version, or lock another one",
        )
    there = versions_on_disk(base, pattern)
    if version not in there:
        listed = ", ".join(f"v{n:03d}" for n in there)
        raise BadInput(
            f"{named} of this delivery is not on disk: its background cannot be locked",
            where=str(base / pattern),
            hint=f"there are {listed}" if there else "there is no version of it",
        )
    return base / with_version(pattern, version)


def locked_files(
    pattern: str, frames: Iterable[int], is_there: Callable[[Path], bool] = Path.is_file
) -> dict[int, dict[str, Path]]:
    """For each frame the files of its `LOCKED` passes: one for each pass, or the beauty's with all of them as layers.

    Raises MissingFrames naming the frames that the version lacks.
    """
    numbers = list(frames)
    alone = {name: FramePattern(pass_pattern(pattern, name)) for name in LOCKED}
    is_apart = any(is_there(alone["background"].path(n)) for n in numbers)
    patterns = alone if is_apart else dict.fromkeys(LOCKED, FramePattern(pattern))
    found = {n: {name: one.path(n) for name, one in patterns.items()} for n in numbers}
    for name, one in patterns.items():
        absent = [n for n in numbers if not is_there(found[n][name])]
        if absent:
            raise MissingFrames(
                f"the locked version lacks {len(absent)} of the {len(numbers)} frames"
                f" ({ranges_text(absent)[:120]}){f' of its {name} pass' if is_apart else ''}",
                where=one.text,
                hint="lock a version that has the same frames, or render fewer (--frames)",
            )
    return found
