"""Every edit of a shot as a function from one document to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pai_studio.core.shot import document
from pai_studio.core.shot.document import Fit, Reference, Shot
from pai_studio.core.shot.frames import FrameRange


def with_references(shot: Shot, references: Sequence[Reference]) -> Shot:
    """The shot with these references, in the order of their anchors."""
    return shot.model_copy(update={"references": sorted(references, key=lambda r: r.frame)})


def add_references(shot: Shot, files: Sequence[str], frames: Sequence[int]) -> Shot:
    """Stills at frames, one each."""
    added = [Reference(file=file, frame=frame) for file, frame in zip(files, frames, strict=True)]
    return with_references(shot, [*shot.references, *added])


def spread(span: FrameRange, count: int) -> list[int]:
    """The frames at which several stills that are dropped at once are anchored: begin, middle, end, or evenly.

    One alone lies at the beginning. Frames are those of the range, whatever its step.
    """
    frames = list(span) if span.step > 1 else range(span.first, span.last + 1)
    last = len(frames) - 1
    return [frames[round(i * last / max(count - 1, 1))] for i in range(count)]


def change_reference(shot: Shot, reference: Reference, **changed: Any) -> tuple[Shot, Reference]:
    """One reference changed; the new shot and the new reference."""
    new = reference.model_copy(update=changed)
    at = _index(shot, reference)
    return with_references(shot, [*shot.references[:at], new, *shot.references[at + 1 :]]), new


def move_reference(shot: Shot, reference: Reference, frame: int) -> tuple[Shot, Reference]:
    """One reference anchored at another frame, held inside the shot."""
    span = shot.all_frames
    return change_reference(shot, reference, frame=min(max(frame, span.first), span.last))


def frame_reference(shot: Shot, reference: Reference, fit: Fit) -> tuple[Shot, Reference]:
    """One reference placed over the plate."""
    return change_reference(shot, reference, fit=fit)


def remove_reference(shot: Shot, reference: Reference) -> Shot:
    """The shot without one reference."""
    at = _index(shot, reference)
    return with_references(shot, [*shot.references[:at], *shot.references[at + 1 :]])


def change(shot: Shot, part: str, **changed: Any) -> Shot:
    """Some keys of a part (`prompt`, `engine`, `finish`, `plate`, `delivery`, ...), checked by its model.

    Raises pydantic's ValidationError for a value that the document does not take.
    """
    old = getattr(shot, part)
    new = type(old).model_validate(old.model_dump() | changed)
    return shot.model_copy(update={part: new})


def set_keys(shot: Shot, part: str = "", **values: Any) -> Shot:
    """Some keys of a part, or of the shot itself, checked together with all the rest of the document.

    It may be unfinished. Raises BadInput naming key, fault and remedy, as reading the document would.
    """
    changed = {part: getattr(shot, part).model_copy(update=values)} if part else values
    read = document.parse(shot.model_copy(update=changed).to_json(), unfinished=True)
    return shot.model_copy(update={key: getattr(read, key) for key in changed})


def set_matte(shot: Shot, name: str, **values: Any) -> Shot:
    """Some keys of one matte: `alpha`, `garbage` or `core`."""
    return set_keys(shot, "mattes", **{name: getattr(shot.mattes, name).model_copy(update=values)})


def _index(shot: Shot, reference: Reference) -> int:
    """Where a very reference stands: two equal ones are told apart by identity."""
    return next(i for i, one in enumerate(shot.references) if one is reference)
