"""Frames that a sub-range leaves as they were, taken over from the version before."""

from __future__ import annotations

import shutil
from pathlib import Path

from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.frames import FramePattern, FrameRange
from pai_studio.core.shot.naming import pass_pattern


def carry_over(base: Path, before: str, shot: Shot, rendered: FrameRange) -> list[Path]:
    """Copy the frames that were not rendered from the version before, bit by bit, so that the new one is whole."""
    kept = []
    for name in ["beauty", *shot.delivery.passes]:
        old = FramePattern(pass_pattern(str(base / before), name))
        new = FramePattern(pass_pattern(str(base / shot.delivery_files), name))
        for number in shot.all_frames:
            if number in rendered or not old.path(number).is_file() or new.path(number).is_file():
                continue
            partial = new.path(number).with_name(f".pai-{new.path(number).name}")
            shutil.copy2(old.path(number), partial)
            partial.replace(new.path(number))
            kept.append(new.path(number))
    return kept
