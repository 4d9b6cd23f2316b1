"""What the Utility script does: asks, renders the chosen clips together, and tells how it went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

from .. import record
from ..bridge import Bridge, Call
from ..flow import REFINISH, RENDER, Flow
from ..host import Fault, Record, frames_text
from . import colour, dialog, export, handover, memory, references, selftest
from .app import App
from .clips import fps_of, frames_of
from .console import Console
from .memory import ProjectMemory
from .running import Runs
from .session import ResolveHost, Session
from .target import ClipTarget, Wishes

if TYPE_CHECKING:
    from .api import TimelineItem

MODES = {dialog.RENDER: RENDER, dialog.REFINISH: REFINISH}
"""What the buttons that make a version do."""


def main(names: Mapping[str, Any]) -> int:
    """The script of the menu; every error becomes one message. Gives 0, or 1 where something went wrong."""
    app: App | None = None
    try:
        app = App.of(names)
        app.require_version()
        return Menu(app).run()
    except Fault as fault:
        show(app, str(fault))
    except Exception as error:  # noqa: BLE001 - an error in a menu script is a message, not a silent end
        show(app, f"an error of PAI-Studio itself ({type(error).__name__}: {error}); please report it")
    return 1


def show(app: App | None, text: str) -> None:
    """One message, in a window where there are any."""
    if app is None or not app.is_there() or not has_windows(app):
        Console().say(text)
    else:
        dialog.tell(app.fusion, app.bmd, text)


def has_windows(app: App) -> bool:
    """Whether this host has the UI manager; a Resolve without windows has none."""
    return app.fusion is not None and app.fusion.UIManager is not None


class Menu:
    """One run of the script."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._memory = ProjectMemory(str(app.project().GetUniqueId()))
        self._wishes = dialog.wishes_of(self._memory.read().get("wishes", {}), default_folder(app))
        self._note = "what an earlier run had left was put away" if export.recover(app, self._memory) else ""

    def run(self) -> int:
        """Ask and do until the window is closed or something was rendered."""
        if not has_windows(self._app):
            return self._render(self._unasked(), RENDER)
        setup = dialog.Setup(self._app.fusion, self._app.bmd)
        while True:
            items = self._app.chosen()
            asks = colour.is_asked(self._app.project())
            labels = [str(item.GetName()) for item in items]
            kept = memory.record(items[0]).get("mattes", {}) if len(items) == 1 else None
            answer = setup.ask(labels, self._wishes, asks_camera=asks, note=self._note, mattes=kept)
            self._wishes = answer.wishes
            self._memory.write(wishes=asdict(answer.wishes))
            if kept is not None and answer.mattes != kept:
                memory.write_record(items[0], {"mattes": answer.mattes or None})
            if answer.press in MODES:
                return self._render(items, MODES[answer.press])
            if answer.press not in self._others:
                return 0
            self._try(partial(self._others[answer.press], self, items[0]))

    def _unasked(self) -> list[TimelineItem]:
        """The clips, where no window can ask: what it would show is told, and where it can be changed."""
        self._memory.write(wishes=asdict(self._wishes))
        wishes, say = self._wishes, Console().say
        what = f"{wishes.engine}, {wishes.quality}, {wishes.handles} handles, {dialog.PLACES[wishes.place]}"
        say(f"{what}, into {wishes.folder}; to change it edit {self._memory.path}")
        if self._note:
            say(self._note)
        return self._app.chosen()

    def _try(self, call: Callable[[], str]) -> None:
        """What a button tells stands in the window that opens again."""
        try:
            self._note = call()
        except Fault as fault:
            self._note = str(fault)

    def _render(self, items: list[TimelineItem], mode: str) -> int:
        app, labels = self._app, [str(item.GetName()) for item in items]
        windows = Runs(app.fusion, app.bmd, labels) if has_windows(app) else None
        session = Session(app, windows or Console(labels))
        bridge = Bridge(record.read(host="resolve"), "resolve")
        runs = [Run(session, bridge, item, self._wishes, n, mode=mode) for n, item in enumerate(items)]
        try:
            session.run(runs)
            if windows is not None:
                windows.wait()
        finally:
            bridge.close()
            if windows is not None and app.is_there():
                windows.hide()
        return 0 if all(run.is_done for run in runs) else 1

    # Other buttons

    def _reference(self, item: TimelineItem) -> str:
        selected = self._app.pool().GetSelectedClips() or []
        if len(selected) != 1:
            raise Fault("no one clip is selected in the media pool", hint="select the still there")
        offset = playhead(self._app, item)
        references.add(item, offset, selected[0])
        return f"{selected[0].GetName()} is a reference at the playhead"

    def _still(self, item: TimelineItem) -> str:
        offset = playhead(self._app, item)
        path = Path(self._wishes.folder) / "references" / f"still_{item.GetUniqueId()}_{offset}.png"
        told = references.grab(self._app.project(), path)
        references.add_file(item, offset, str(path))
        return f"reference at the playhead: {told}"

    def _panel(self, _item: TimelineItem) -> str:
        bridge = Bridge(record.read(host="resolve"), "resolve")
        try:
            return handover.open_panel(self._app, Path(self._wishes.folder), bridge)
        finally:
            bridge.close()

    def _bring(self, _item: TimelineItem) -> str:
        return handover.bring(self._app, self._wishes)

    def _selftest(self, _item: TimelineItem) -> str:
        return selftest.run(self._app)

    _others: Mapping[str, Callable[[Menu, TimelineItem], str]] = {
        dialog.REFERENCE: _reference,
        dialog.STILL: _still,
        dialog.PANEL: _panel,
        dialog.BRING: _bring,
        dialog.SELFTEST: _selftest,
    }


class Run:
    """One clip's render, in a worker."""

    def __init__(
        self,
        session: Session,
        bridge: Bridge,
        item: TimelineItem,
        wishes: Wishes,
        index: int,
        *,
        mode: str,
    ) -> None:
        self._session, self._mode = session, mode
        self._sidecar = _Announcing(bridge, partial(session.sent, index))
        self._host = ResolveHost(session, index)
        self._index = index
        self._target = ClipTarget(
            session.app,
            item,
            wishes,
            sidecar=bridge,
            step=partial(session.step, index),
            tell=self._host.tell,
        )
        self.is_done = False

    def __call__(self) -> None:
        """Render, and show what came of it."""
        try:
            made = Flow(self._host, self._sidecar).render(self._target, self._mode)
            frames = frames_text(list(range(made.first, made.last + 1)))
            self._session.show(self._index, 1.0, f"v{made.version:03d} is placed, frames {frames}")
            for note in made.notes:
                self._host.tell(f"{self._target.label}: {note}")
            self.is_done = True
        except Fault as fault:
            self._host.warn(fault)
        except Exception as error:  # noqa: BLE001 - a thread's error would be seen by nobody
            what = f"an error of PAI-Studio itself ({type(error).__name__}: {error})"
            self._host.warn(Fault(what, where=self._target.label, hint="please report it"))


class _Announcing:
    """The sidecar of one render, which tells when that was sent to the server."""

    def __init__(self, bridge: Bridge, sent: Callable[[], None]) -> None:
        self._bridge, self._sent = bridge, sent

    def ask(self, do: str, **keys: Any) -> Record:
        """Ask, and wait for the answer. Raises Fault."""
        return self._bridge.ask(do, **keys)

    def begin(self, do: str, **keys: Any) -> Call:
        """Ask, and go on; of a render only once its pictures are there."""
        self._sent()
        return self._bridge.begin(do, **keys)


def playhead(app: App, item: TimelineItem) -> int:
    """Where the playhead is in an item, as an offset. Raises Fault."""
    timeline = app.timeline()
    fps = fps_of(timeline.GetSetting("timelineFrameRate"))
    start = frames_of(str(timeline.GetStartTimecode()), fps)
    at = frames_of(str(timeline.GetCurrentTimecode()), fps) - start + int(timeline.GetStartFrame())
    offset = at - int(item.GetStart(False))
    if not 0 <= offset < int(item.GetDuration(False)):
        raise Fault("the playhead is not over it", where=str(item.GetName()), hint="move it there")
    return offset


def default_folder(app: App) -> str:
    """Where results go until somebody says otherwise: the project's folder in the user's home."""
    name = "".join(c if c.isalnum() or c in "._- " else "_" for c in str(app.project().GetName()))
    return (Path.home() / "PAI-Studio" / name.strip(". ")).as_posix()
