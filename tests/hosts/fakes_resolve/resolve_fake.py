"""A strict stand-in for DaVinci Resolve, driven by the surface tables: real EXR files go in and come out of it.

`FakeResolve` is the session that a test steers; `globals()` is what Resolve puts before a script of its menu.

What the behaviour rests on.
Official (Blackmagic's documents; each row of the tables tells): names, signatures, keys and words, versions; a codec
is set by its id; takes and tracks are numbered from 1; markers lie at offsets; jobs are told of by words of status.
Observed (others' working code and reports): any name that Resolve has not is answered with a made-up call that gives
None; calls fail by False, None or an empty list, never by an exception; AppendToTimeline's `endFrame` is the frame
after the last one, its `recordFrame` counts as the timeline does, its items may be nowhere; ImportMedia brings into
the bin that is open; CreateEmptyTimeline opens what it makes; SetRenderSettings shows the Deliver page; words of
status and type are in the language of the interface; source frames count from the clip's `Start`; with automatic
colour management colour spaces are said to be set and are not; `Input Color Space` is set in managed projects alone;
another Start TC takes a clip away from its items; stills are exported while the gallery is open; StepLoop comes back
at once; a Loader's new clip resets where it lies.
Assumed, on the strict side: calls take no words; two objects of one thing are not equal; settings are texts; a
timeline's settings are its own only after `useCustomSettings`; a rate is settled by the first clip; a take that is
shorter than its item is not selected; items do not overlap; what has quit gives None for every name; AddTool of a
Loader asks for a file in a comp that is not locked.
Renders: the clip's file through OpenColorIO as the colour management says, graded by a plain gain; what tone mapping
does is ours. A render gets on while it is asked about.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.hosts.fakes_resolve import pictures
from tests.hosts.fakes_resolve.errors import REFUSALS
from tests.hosts.fakes_resolve.fusion import Bmd, Composition, Fusion
from tests.hosts.fakes_resolve.fusion_model import CompModel
from tests.hosts.fakes_resolve.gallery import Gallery, GalleryModel, GalleryStill, GalleryStillAlbum
from tests.hosts.fakes_resolve.grading import ColorGroup, Graph
from tests.hosts.fakes_resolve.guard import Face, thread_error
from tests.hosts.fakes_resolve.items import TimelineItem
from tests.hosts.fakes_resolve.media import Folder, MediaPool, MediaPoolItem, MediaStorage
from tests.hosts.fakes_resolve.model import Item, Media, ProjectModel, TimelineModel, Track
from tests.hosts.fakes_resolve.projects import Project, ProjectManager, Resolve
from tests.hosts.fakes_resolve.rendering import Queue
from tests.hosts.fakes_resolve.screen import Screen, Widget
from tests.hosts.fakes_resolve.settings import DEFAULTS, PRESETS
from tests.hosts.fakes_resolve.table import Surface
from tests.hosts.fakes_resolve.timelines import Timeline
from tests.hosts.fakes_resolve.traps import Traps
from tests.hosts.fakes_resolve.ui import Element

FACES: dict[str, type[Face]] = {
    one._kind: one
    for one in (
        *(Resolve, ProjectManager, Project, MediaStorage, MediaPool, Folder, MediaPoolItem),
        *(Timeline, TimelineItem, Graph, ColorGroup, Gallery, GalleryStillAlbum, GalleryStill),
    )
}
CONSTANTS = {"EXPORT_OTIO": 14.0, "EXPORT_NONE": 0.0}


class FakeResolve:
    """One running Resolve; the thread that makes it is the script's."""

    def __init__(
        self,
        colour: str = "unmanaged",
        *,
        version: str = "21.1",
        rate: float = 24.0,
        project: ProjectModel | None = None,
        traps: Traps | None = None,
    ) -> None:
        self.version, self.surface = version, Surface(version)
        self.traps = traps or Traps()
        self.is_studio, self.is_alone, self.has_windows = True, False, True
        """`is_alone`: Fusion Studio without Resolve; no windows: started with `-nogui`, which has no UI manager."""

        self.project = project or ProjectModel(
            "Show", {**DEFAULTS, **PRESETS[colour], "timelineFrameRate": rate}
        )
        self.page: str | None = "edit"
        self.saved = 0
        self.has_quit = False
        self.refused: list[BaseException] = []
        self.deleted: set[str] = set()
        self.selected_media: list[Media] = []
        self.queue, self.gallery, self.screen = Queue(self), GalleryModel(self), Screen(self)
        self.hooks: dict[str, list[Callable[[], Any]]] = {}
        """What happens when a call of this name is made, once for each call in the list: `Project.AddRenderJob`."""

        self.calls: list[str] = []
        self._thread = threading.get_ident()
        self.fusion = Fusion(self)
        self.resolve = Resolve(self, self)
        self.comp_open: CompModel | None = None

    # What tests do
    def globals(self) -> dict[str, Any]:
        """The names that stand ready in a script of the menu; `__file__` is none of them."""
        found: dict[str, Any] = {"__name__": "__main__", "resolve": self.resolve, "fusion": self.fusion}
        if self.is_alone:
            del found["resolve"]
        found.update(fu=self.fusion, app=self.fusion, bmd=Bmd(self))
        if self.comp_open is not None:
            found["comp"] = Composition(self, self.comp_open)
        return found

    def run(self, script: Path) -> dict[str, Any]:
        """Run a script as the menu does; the names that it leaves."""
        names = self.globals()
        exec(compile(script.read_text(encoding="utf-8"), script.name, "exec"), names)
        return names

    def add_media(self, pattern: str | Path, first: int, last: int, **facts: Any) -> Media:
        """A clip of files that are there, into the pool's first bin."""
        name = facts.pop("name", Path(pattern).name)
        media = Media(name, str(pattern), first, last, **{"rate": self.project.rate(), **facts})
        if media.pattern and media.file(first).is_file():
            media.size = pictures.size(media.file(first))
        self.project.root.clips.append(media)
        return media

    def add_timeline(
        self, name: str = "Edit", *, start_tc: str = "01:00:00:00", tracks: int = 1
    ) -> TimelineModel:
        """A timeline, open."""
        timeline = TimelineModel(name, self.project.rate(), start_tc)
        timeline.tracks = [Track("video", f"Video {n}") for n in range(1, tracks + 1)] + [
            Track("audio", "Audio 1")
        ]
        self.project.timelines.append(timeline)
        self.project.timeline = timeline
        kind = Media(name, "", 0, 0, timeline.rate, start_tc, kind="Timeline", timeline=timeline)
        self.project.root.clips.append(kind)
        return timeline

    def add_item(
        self, media: Media | None, first: int, last: int, *, at: int = 0, track: int = 1, **facts: Any
    ) -> Item:
        """An item `at` frames from the start of the timeline that is open."""
        timeline = self.project.timeline
        assert timeline is not None
        duration = facts.pop("duration", last - first + 1)
        name = facts.pop("name", media.name if media else "Generator")
        item = Item(name, media, first, last, timeline.start + at, duration, **facts)
        timeline.of("video")[track - 1].items.append(item)
        return item

    def quit(self) -> None:
        """Resolve is closed: from here on every name gives None."""
        self.has_quit = True

    def reopened(self) -> FakeResolve:
        """Resolve anew, with the project as it was left; the render queue has stopped."""
        self.queue.stop()
        return FakeResolve(version=self.version, project=self.project, traps=self.traps)

    def taken(self) -> list[BaseException]:
        """What was refused, taken off the list."""
        found, self.refused = self.refused, []
        return found

    def check(self) -> None:
        """Raises AssertionError for anything refused, even when the plugin caught it, and for what it left open."""
        if self.refused:
            raise AssertionError(f"the plugin did what the host has not: {self.refused}") from self.refused[0]
        if self.has_quit:
            return
        if self.screen.open():
            raise AssertionError(f"windows left open: {self.screen.all_texts()}")
        if self.queue.running:
            raise AssertionError("a render was left running")
        for comp in self.comps():
            if comp.locks or comp.undo:
                raise AssertionError(f"{comp.name}: locked {comp.locks} times, undo {comp.undo} left open")

    def comps(self) -> Iterator[CompModel]:
        """Every composition."""
        if self.comp_open is not None:
            yield self.comp_open
        for timeline in self.project.timelines:
            for item in timeline.items():
                yield from item.comps.values()

    # What the faces ask
    def face(self, kind: str, model: Any) -> Any:
        """A new object for a plugin."""
        return FACES[kind](self, model)

    def element(self, widget: Widget) -> Any:
        """An element of the UI manager, of the class that the table has for it."""
        made = Element(self, widget)
        kinds = {"DoubleSpinBox": "SpinBox", "VGroup": "Element", "HGroup": "Element"}
        kind = kinds.get(widget.kind, widget.kind)
        object.__setattr__(made, "_kind", kind if kind not in ("HGap", "VGap") else "Element")
        return made

    def composition(self, comp: CompModel) -> Any:
        """A composition for a plugin."""
        return Composition(self, comp)

    def comp(self, item: Item, name: str) -> Any:
        """A composition of an item."""
        return Composition(self, item.comps[name])

    def new_comp(self, item: Item, name: str) -> Any:
        """A composition of its own for an item: MediaIn to MediaOut."""
        item.comps[name] = CompModel.of_item(name, item)
        return self.comp(item, name)

    def constant(self, name: str) -> float:
        """The value of one of Resolve's constants; scripts must not know it."""
        return CONSTANTS[name]

    def refuse(self, error: BaseException) -> BaseException:
        """Note a refusal."""
        if error not in self.refused:
            self.refused.append(error)
        return error

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Note refusals as they pass."""
        try:
            yield
        except REFUSALS as error:
            self.refuse(error)
            raise

    def check_thread(self, name: str) -> None:
        """Raises FakeThreadError outside the script's own thread."""
        if threading.get_ident() != self._thread:
            raise self.refuse(thread_error(name))

    def called(self, name: str) -> None:
        """A call was made: what a test has in store for it happens."""
        self.calls.append(name)
        if self.hooks.get(name):
            self.hooks[name].pop(0)()
