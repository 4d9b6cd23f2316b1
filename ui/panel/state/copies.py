"""The copy of a document that a render is made of, and the version that it becomes."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from pathlib import Path

from pai_studio.core.media.files import write_file
from pai_studio.core.shot import document, naming
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import NotFound


def write_copy(copy: Path, shot: Shot, folder: Path) -> None:
    """The document as it is, with absolute paths, also the one of its delivery."""
    whole = str((folder / shot.delivery_files).absolute())
    delivery = shot.delivery.model_copy(update={"files": whole})
    write_file(copy, shot.model_copy(update={"delivery": delivery}).to_json().encode())


class Promises:
    """The versions that renders under way have been given: none of them may have a frame on disk yet.

    For the threads of the renders. A disk that hangs holds up the others that want a version, too.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._given: dict[Hashable, str] = {}

    def give(self, to: Hashable, copy: Path, *, keep: bool, taken: frozenset[str] = frozenset()) -> str:
        """The pattern that a copy delivers: raised to the next version that is neither on disk nor promised, nor one
        of `taken`, and written into the copy. `keep` goes on with the one that it has.

        Raises NotFound where the copy has gone, BadInput for a document that cannot be rendered.
        """
        with self._lock:
            if not copy.is_file():
                hint = "take it off the list, and render the shot anew"
                raise NotFound("the queue's copy of the document is gone", where=str(copy), hint=hint)
            shot = document.load(copy)
            pattern = shot.delivery_files
            if not keep and naming.version_of(pattern) is not None:
                shot = _raised(shot, copy.parent, {*self._given.values(), *taken})
                write_file(copy, shot.to_json().encode())
                pattern = shot.delivery_files
            self._given[to] = pattern
            return pattern

    def end(self, of: Hashable) -> None:
        """Its frames are on disk, or there will be none."""
        with self._lock:
            self._given.pop(of, None)


def _raised(shot: Shot, folder: Path, promised: set[str]) -> Shot:
    base, placed = naming.based(shot, folder)
    free = naming.next_free(base, placed.delivery_files)
    while str(base / free) in promised:
        free = naming.with_version(free, (naming.version_of(free) or 0) + 1)
    return naming.delivered_as(placed, str(base / free))
