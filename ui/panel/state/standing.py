"""How every shot stands, for the list: what it lacks, what is wrong with its files, what the queue and the disk say."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from pai_studio.core.media import pictures
from pai_studio.core.media.exr_header import read_header
from pai_studio.core.media.exr_layers import find_layer
from pai_studio.core.media.pictures import kind_of
from pai_studio.core.shot.document import Reference, Shot
from pai_studio.core.shot.errors import PaiError
from pai_studio.core.shot.frames import FramePattern, ranges_text
from pai_studio.core.shot.inputs import is_movie
from pai_studio.ui.panel.state.job_store import Item
from pai_studio.ui.panel.state.jobs import JobsState
from pai_studio.ui.panel.state.project import ProjectState
from pai_studio.ui.panel.state.shot import ShotState, Status, is_note
from pai_studio.ui.panel.state.versions import Version, changes, found
from pai_studio.ui.panel.work import Work

_PAUSE_MS = 250
_ASPECT_APART = 0.02


class Standing(QObject):
    """Looks at a shot again whenever it was edited, and at all of them when a render has ended."""

    def __init__(
        self, work: Work, project: ProjectState, jobs: JobsState, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._work, self._project, self._jobs = work, project, jobs
        self._known: dict[ShotState, tuple[tuple[str, ...], bool, tuple[Version, ...]]] = {}
        self._asked: dict[ShotState, object] = {}
        self._dirty: set[ShotState] = set()
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._look)
        project.shots_changed.connect(self._follow)
        jobs.changed.connect(self._stand_all)
        jobs.ended.connect(self._look_at_item)

    def look_again(self, state: ShotState) -> None:
        """Its files may have changed."""
        self._dirty.add(state)
        self._timer.start()
        self._stand(state)

    def _follow(self) -> None:
        there = self._project.shots
        for state in there:
            if state not in self._known:
                self._known[state] = ((), False, ())
                state.shot_changed.connect(self._edited)
                self.look_again(state)
        for gone in [state for state in self._known if state not in there]:
            del self._known[gone]
            self._asked.pop(gone, None)
            self._dirty.discard(gone)

    def _edited(self) -> None:
        state = self.sender()
        if isinstance(state, ShotState):
            self.look_again(state)

    def _look_at_item(self, item: Item) -> None:
        for state in self._known:
            if str(state.path.absolute()) == item.document:
                self.look_again(state)

    def _look(self) -> None:
        dirty, self._dirty = self._dirty, set()
        for state in dirty:
            asked = self._asked[state] = object()
            self._work.run(
                partial(_looked_at, state.shot, state.path.parent), partial(self._take, state, asked)
            )

    def _take(
        self, state: ShotState, asked: object, seen: tuple[tuple[str, ...], bool, tuple[Version, ...]]
    ) -> None:
        if self._asked.get(state) is asked:  # an older answer may come after a newer one
            self._known[state] = seen
            self._stand(state)

    def _stand_all(self) -> None:
        for state in self._known:
            self._stand(state)

    def _stand(self, state: ShotState) -> None:
        problems, is_offline, versions = self._known.get(state, ((), False, ()))
        said = tuple(sorted((*own_problems(state.shot), *problems), key=is_note))  # what must be mended first
        state.stand(self._status(state, said, is_offline, versions), said)

    def _status(
        self, state: ShotState, problems: tuple[str, ...], is_offline: bool, versions: tuple[Version, ...]
    ) -> Status:
        items = self._jobs.of(state.path)
        if any(not one.has_ended and not one.is_waiting for one in items):
            return Status.RENDERING
        if any(one.is_waiting for one in items):
            return Status.QUEUED
        if is_offline:
            return Status.OFFLINE
        if not state.shot.references:
            return Status.EMPTY
        if not all(map(is_note, problems)):
            return Status.FAULTY
        if items and items[-1].state == "FAILED":
            return Status.FAILED
        whole = [one for one in versions if one.is_whole]
        if not whole:
            return Status.READY
        return Status.STALE if changes(state.shot, whole[-1]) else Status.DONE


def own_problems(shot: Shot) -> tuple[str, ...]:
    """What the document alone tells."""
    span = shot.all_frames
    said = [
        f"the still {Path(one.file).name} at {one.frame} lies outside {span.first}-{span.last}: "
        "move it, or widen the range"
        for one in shot.references
        if not span.first <= one.frame <= span.last
    ]
    if len(shot.references) > 3:
        said.append(f"note: {len(shot.references)} stills; the method knows of one to three")
    return tuple(said)


def file_problems(shot: Shot) -> tuple[tuple[str, ...], bool]:
    """What is wrong with a shot's files, and whether nothing of its plate is there. Looks at the disk."""
    plate, is_offline = _plate_problems(shot)
    size = None
    if not plate:
        try:
            size = _size(_first_file(shot))
        except PaiError as error:
            plate = (f"the plate's first frame {error.what}",)
    return (*plate, *(say for one in shot.references for say in _still_problems(one, size))), is_offline


def _plate_problems(shot: Shot) -> tuple[tuple[str, ...], bool]:
    if is_movie(shot.plate.files) or not FramePattern(shot.plate.files).has_padding:
        there = Path(shot.plate.files).is_file()
        return (() if there else (f"the plate is not there: {shot.plate.files}",)), not there
    present = set(FramePattern(shot.plate.files).on_disk())
    absent = [frame for frame in shot.all_frames if frame not in present]
    if len(absent) == len(shot.all_frames):
        return (f"the plate is not there: {shot.plate.files}",), True
    if absent:
        return (f"frames of the plate are missing: {ranges_text(absent)[:120]}",), False
    return (), False


def _first_file(shot: Shot) -> Path:
    return FramePattern(shot.plate.files).path(shot.all_frames.first)


def _still_problems(still: Reference, plate: tuple[float, float] | None) -> list[str]:
    name = Path(still.file).name
    if not Path(still.file).is_file():
        return [f"the still {name} is not there: {still.file}"]
    try:
        size = _size(Path(still.file))
    except PaiError as error:
        return [f"the still {name} {error.what}"]
    if plate is None or size is None or isinstance(still.fit, tuple):
        return []
    apart = (size[0] / size[1]) / (plate[0] / plate[1]) - 1
    if abs(apart) <= _ASPECT_APART:
        return []
    shape = "wider" if apart > 0 else "taller"
    does = "its edges are cut off" if still.fit == "fill" else "bars stay beside it"
    return [f"note: the still {name} is {shape} than the plate: {does} ({still.fit}); frame it to choose"]


def _size(path: Path) -> tuple[float, float] | None:
    """A picture's shown size; None for a movie. Raises UnreadableImage."""
    if is_movie(path):
        return None
    if kind_of(path) != "openexr":
        facts = pictures.look(path)
        return facts.width * facts.pixel_aspect, facts.height
    part = find_layer(read_header(path), "rgba").part
    return part.display_window.width * part.pixel_aspect, part.display_window.height


def _looked_at(shot: Shot, folder: Path) -> tuple[tuple[str, ...], bool, tuple[Version, ...]]:
    return *file_problems(shot), _versions(shot, folder)


def _versions(shot: Shot, folder: Path) -> tuple[Version, ...]:
    try:
        return found(shot, folder)
    except PaiError:  # a delivery that cannot be placed: told by the form, where it is written
        return ()
