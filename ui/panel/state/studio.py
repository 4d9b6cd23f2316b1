"""Everything that is so in one panel: what every widget is given."""

from __future__ import annotations

from PySide6.QtCore import QObject

from pai_studio.core.shot.errors import PaiError
from pai_studio.ui.panel.pictures.cache import Pictures
from pai_studio.ui.panel.pictures.converted import Converted
from pai_studio.ui.panel.pictures.sources import plate_of, still_of
from pai_studio.ui.panel.state.faults import Faults
from pai_studio.ui.panel.state.jobs import JobsState
from pai_studio.ui.panel.state.memory import Memory
from pai_studio.ui.panel.state.player import Player
from pai_studio.ui.panel.state.project import ProjectState
from pai_studio.ui.panel.state.restoring import Restoring
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.standing import Standing
from pai_studio.ui.panel.state.versions import VersionsState
from pai_studio.ui.panel.state.view import ViewState
from pai_studio.ui.panel.state.watch import Watch
from pai_studio.ui.panel.work import Work


class Studio(QObject):
    """Made once, in the window's thread, before any widget."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.is_closed = False
        self.work = Work(self)
        self.faults = Faults(self)
        self.memory = Memory(self.work, self)
        self.project = ProjectState(self.work, self)
        self.project.told.connect(self.faults.add)
        self.project.moved.connect(self._has_moved)
        self.restoring = Restoring(self.work, self.project, self.faults, self)
        self.watch = Watch(self.work, self.project, self)
        self.watch.files_changed.connect(self._look_at_files)
        self.player = Player(self.project, self)
        self.view = ViewState(self)
        self.jobs = JobsState(self.work, self.faults, self)
        self.versions = VersionsState(self.work, self.project, self)
        self.standing = Standing(self.work, self.project, self.jobs, self)
        self.jobs.ended.connect(self._look_for_versions)
        self.pictures = Pictures(self.work, self)
        self.converted = Converted(self.work, self)
        self.converted.follow(self.pictures)
        self.work.broken.connect(self._tell_of_a_bug)
        self.converted.broken.connect(self.work.broken)
        self.pictures.broken.connect(self.work.broken)

    def begin(self) -> None:
        """The window is there: offer what could not be saved, and look at what others do to the open files."""
        self.restoring.begin()
        self.watch.begin()

    def forget_pictures(self, state: ShotState) -> None:
        """The files of a shot's plate and stills may be others now: read them anew."""
        stills = (still_of(one, state.shot.ocio) for one in state.shot.references)
        for source in (plate_of(state.shot), *stills):
            self.pictures.forget(source.key)

    def close(self) -> None:
        """Save what waits and hear no more of what is under way; jobs on a server go on."""
        self.is_closed = True
        self.watch.stop()
        for state in self.project.shots:
            state.saving.now()
        for state in self.project.findChildren(ShotState):
            state.undo.clear()  # an edit and its shot know one another: taken down together they crash the end
        self.player.stop()
        self.jobs.close()
        self.pictures.close()
        self.converted.close()
        self.work.close()

    def _has_moved(self, state: ShotState) -> None:
        """Its results lie beside its document."""
        self.memory.opened(state.path)
        self.standing.look_again(state)
        self.versions.refresh()

    def _look_at_files(self, state: ShotState, is_disk: bool) -> None:
        if is_disk:  # gone, or back
            self.forget_pictures(state)
        self.standing.look_again(state)

    def _look_for_versions(self, _item: object) -> None:
        self.versions.refresh()

    def _tell_of_a_bug(self, error: Exception) -> None:
        if isinstance(error, PaiError):
            self.faults.tell(error)
        else:
            self.faults.tell(f"an error of PAI-Studio itself: {type(error).__name__}: {error}")
