"""What the hand has taken hold of on the timeline."""

from __future__ import annotations

from dataclasses import dataclass

from pai_studio.core.shot.document import Reference
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.timeline.layout import Span

_DRAG_PX = 4
_FINE = 0.1


@dataclass
class StillDrag:
    """A still on its way. It keeps its distance to the mouse, and is one undo however long the way is."""

    state: ShotState
    reference: Reference
    x: float
    at: float
    """Where it would be without whole frames."""

    undo_index: int
    is_moving: bool = False

    @classmethod
    def begin(cls, state: ShotState, reference: Reference, x: float) -> StillDrag:
        """Take hold of one. One outside the shot comes in from its edge."""
        span = state.shot.all_frames
        at = min(max(reference.frame, span.first), span.last)
        return cls(state, reference, x, at + 0.5, state.undo.index())

    def to(self, x: float, span: Span, *, fine: bool = False) -> None:
        """The mouse has come to `x`; `fine` follows it by a tenth."""
        if not self.is_moving and abs(x - self.x) <= _DRAG_PX:
            return
        self.is_moving = True
        self.at += (x - self.x) / span.frame_px * (_FINE if fine else 1.0)
        self.x = x
        self.reference = move(self.state, self.reference, span.snapped(self.at))

    def cancel(self) -> None:
        """Back to where it was, if it has moved at all."""
        if self.state.undo.index() > self.undo_index:
            self.state.undo.undo()
        self.state.end_gesture()


@dataclass
class MarkDrag:
    """In or out on its way."""

    state: ShotState
    is_in: bool

    def to(self, x: float, span: Span) -> None:
        """The mouse has come to `x`; the edge of a frame goes there."""
        marks = self.state.marks
        if self.is_in:
            self.state.mark(first=min(span.frame_at(x + span.frame_px / 2), marks.last))
        else:
            self.state.mark(last=max(span.frame_at(x - span.frame_px / 2), marks.first))


def mark_at(state: ShotState, x: float, span: Span) -> MarkDrag | None:
    """The mark that can be taken hold of at `x`."""
    if not state.has_marks:
        return None
    edges = ((span.x(state.marks.first), True), (span.x(state.marks.last + 1), False))
    distance, is_in = min((abs(edge - x), is_in) for edge, is_in in edges)
    return MarkDrag(state, is_in) if distance <= _DRAG_PX else None


def move(state: ShotState, reference: Reference, frame: int) -> Reference:
    """A still to another frame, in the gesture that is under way; the still as it is then, which is selected."""
    shot, moved = edits.move_reference(state.shot, reference, frame)
    state.edit("Move a still", shot, merge="move a still")
    now = next((one for one in state.shot.references if one is moved), reference)
    state.select(now)
    return now
