"""The viewer: the picture between its two bars, and what the hand does on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from pai_studio.core.shot.document import Reference
from pai_studio.ui.panel.opening import is_still
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.viewer.bars import LookBar, SourceBar
from pai_studio.ui.panel.viewer.canvas import Canvas
from pai_studio.ui.panel.viewer.feed import Feed, Side
from pai_studio.ui.panel.viewer.foot import ErrorCard
from pai_studio.ui.panel.viewer.framing_mode import FramingMode
from pai_studio.ui.panel.viewer.garbage import GarbageMode
from pai_studio.ui.panel.viewer.gl import GlSurface, Lit, why_not
from pai_studio.ui.panel.viewer.inspector import Inspector
from pai_studio.ui.panel.viewer.marks import Marks, Wipe
from pai_studio.ui.panel.viewer.raster import Painted, RasterSurface
from pai_studio.ui.panel.viewer.wanted import MIX, needs_refinish, result_of

_FRAMING_SHARE = 0.75
"""While a still is framed: one that covers the plate has its handles around it."""


class Viewer(QWidget):
    """Shows the current shot at its playhead through `studio.view`."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.feed = Feed(studio, self)
        self.source_bar = SourceBar(studio.view, self)
        self.look_bar = LookBar(studio.view, self)
        self.canvas = Canvas(self)
        self.surface = self._use_surface(why_not())
        self.marks = Marks(self)
        self.wipe = Wipe(self._share, self._move_wipe, self)
        self.canvas.add_tool(self.marks)
        self.canvas.add_tool(self.wipe)
        self.card = ErrorCard(self.canvas, self.feed.forget)
        self.inspector = Inspector(studio, self.feed, self.canvas, self.marks, self.wipe)
        self._mode: FramingMode | GarbageMode | None = None
        self.setFocusProxy(self.canvas)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.source_bar)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.inspector.line)
        column.addWidget(self.look_bar)
        self.setAcceptDrops(True)
        self._connect()
        self._show()

    def _connect(self) -> None:
        self._studio.project.current_changed.connect(self._change_shot)
        self.feed.changed.connect(self._show)
        self.canvas.sight_changed.connect(self._sight_changed)
        self.look_bar.zoom_wanted.connect(self._zoom_to)

    # What the window asks

    def fit(self) -> None:
        """Show the whole picture."""
        self.canvas.look_from(self.canvas.sight.fitted())

    def one_to_one(self) -> None:
        """One pixel of the screen for one of the picture."""
        self._zoom_to(1.0)

    def zoom_in(self) -> None:
        """The next power of two."""
        self.canvas.look_from(self.canvas.sight.stepped(1, self._mouse()))

    def zoom_out(self) -> None:
        """The power of two before."""
        self.canvas.look_from(self.canvas.sight.stepped(-1, self._mouse()))

    def frame_still(self, reference: Reference) -> None:
        """Frame a still over the plate at its anchor."""
        state = self.feed.state
        if state is not None:
            self._begin(FramingMode(self._studio, state, reference, self.canvas))
            self.canvas.look_from(self.canvas.sight.set_back(_FRAMING_SHARE))

    def draw_garbage(self) -> None:
        """Draw garbage mattes over the plate, or leave off."""
        state = self.feed.state
        if isinstance(self._mode, GarbageMode):
            self._mode.end()
        elif state is not None:
            self._begin(GarbageMode(self._studio, state, self.canvas))

    @property
    def mode(self) -> FramingMode | GarbageMode | None:
        """What is in hand, besides looking."""
        return self._mode

    def _begin(self, mode: FramingMode | GarbageMode) -> None:
        if self._mode is not None:
            self._mode.end()
        self._mode = mode
        self.canvas.add_tool(mode.tool)
        mode.ended.connect(self._end_mode)
        mode.changed.connect(self.canvas.refresh)
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show()

    def _end_mode(self) -> None:
        self.canvas.look_from(self.canvas.sight.set_back(1.0))
        mode, self._mode = self._mode, None
        if mode is not None:
            self.canvas.remove_tool(mode.tool)
            mode.deleteLater()

    def _change_shot(self) -> None:
        """What was in hand belongs to the shot before."""
        if self._mode is not None:
            self._mode.end()

    # What is shown

    def _show(self) -> None:
        """Take over what the feed has."""
        sides = self.feed.sides
        self.source_bar.setVisible(self.feed.state is not None)
        self.source_bar.set_results(self.feed.results)
        self.look_bar.set_screen(self.feed.screen)
        first = next((side.proxy for side in sides if side.proxy is not None), None)
        if first is not None:
            self.canvas.show_window(first.display, first.pixel_aspect)
            if isinstance(self._mode, FramingMode):
                self._mode.over(first.display, first.pixel_aspect, self.feed.look, self.feed.scale)
        self.marks.is_empty = first is None
        self._show_pictures(sides)
        self._show_words(sides)
        self.canvas.refresh()
        self.inspector.refresh()

    def _show_pictures(self, sides: Sequence[Side]) -> None:
        self.card.show_fault(self.feed.fault)
        if isinstance(self.surface, GlSurface):
            self._shown_lit(self.surface, sides)
            return
        shown = [
            Painted(side.image, side.image_of.display)
            for side in sides
            if side.image is not None and side.image_of is not None and side.fault is None
        ]
        self.surface.show_pictures(shown, self._share())

    def _shown_lit(self, surface: GlSurface, sides: Sequence[Side]) -> None:
        lit = [
            Lit(side.proxy, side.shader)
            for side in sides
            if side.proxy is not None and side.shader is not None and side.fault is None
        ]
        if len(lit) == len(sides) or self.feed.fault is not None:  # else the last ones stay
            surface.show_pictures(lit, self._share())

    def _use_surface(self, reason: str) -> RasterSurface | GlSurface:
        """Draw by the GPU, or by the CPU for a reason."""
        surface: RasterSurface | GlSurface
        if reason:
            surface = RasterSurface(self.canvas)
        else:
            surface = GlSurface(self.canvas)
            surface.broken.connect(self._use_cpu, Qt.ConnectionType.QueuedConnection)
        self.canvas.put_under(surface)
        surface.painted.connect(self._painted)
        surface.look_from(self.canvas.sight)
        self.feed.makes_images = bool(reason)
        self.look_bar.show_path(reason)
        return surface

    def _use_cpu(self, reason: str) -> None:
        """The GPU has failed on the way: it shows in a tooltip, and the picture comes the other way."""
        self.surface = self._use_surface(reason)
        self.feed.update()

    def _painted(self) -> None:
        """The player counts what is really seen."""
        if self.feed.state is not None and not self.feed.is_late:
            self._studio.player.painted(self.feed.state.frame)

    def _show_words(self, sides: Sequence[Side]) -> None:
        state, view = self.feed.state, self._studio.view.now
        self.wipe.is_on = len(sides) == 2
        is_compared = len(sides) == 2 or view.compare == "difference"
        self.marks.left = sides[0].wanted.label if sides and is_compared else ""
        self.marks.right = sides[1].wanted.label if len(sides) == 2 else ""
        self.marks.word = self._word()
        if state is None or not sides:
            self.canvas.setAccessibleDescription("No shot is open")
            return
        labels = " and ".join(side.wanted.label for side in sides)
        space = sides[0].proxy.space if sides[0].proxy is not None else ""
        self.source_bar.show_source(f"{state.shot.name}  {labels}", space or "data" if sides[0].proxy else "")
        words = f"Shot {state.shot.name}, frame {state.frame}, {labels}"
        self.canvas.setAccessibleName("Picture")
        self.canvas.setAccessibleDescription(f"{words}, {self.feed.fault}" if self.feed.fault else words)

    def _word(self) -> str:
        state, view = self.feed.state, self._studio.view.now
        if state is None or self.feed.fault is not None:
            return ""
        if self.feed.is_late:
            return "Reading"
        if not self.feed.results:
            wants_result = view.compare != "none" or not view.shows_plate
            return "Nothing has been rendered yet" if wants_result else ""
        result = result_of(view.version, self.feed.results)
        return needs_refinish(state.shot, result) if result is not None and view.layer == MIX else ""

    def _share(self) -> float:
        return self._studio.view.now.wipe

    def _move_wipe(self, share: float) -> None:
        self._studio.view.set(wipe=share)

    # Where it is looked from

    def _sight_changed(self) -> None:
        sight = self.canvas.sight
        self.look_bar.show_zoom(sight.zoom, is_fitted=sight.is_fitted)
        self.feed.set_zoom(sight.zoom)
        self.card.place()

    def _zoom_to(self, zoom: float) -> None:
        sight = self.canvas.sight
        self.canvas.look_from(sight.zoomed(zoom) if zoom else sight.fitted())

    def _mouse(self) -> QPointF | None:
        point = self.canvas.mapFromGlobal(self.canvas.cursor().pos())
        return QPointF(point) if self.canvas.underMouse() and self.canvas.rect().contains(point) else None

    # What is dropped on it

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's
        """Stills are taken, and shown where they will be anchored; all else is the window's."""
        files = _stills(event)
        state = self.feed.state
        if not files or state is None:
            event.ignore()
            return
        event.acceptProposedAction()
        many = f"{len(files)} stills over the shot" if len(files) > 1 else f"still at frame {state.frame}"
        self.marks.ghost = f"Put {many}"
        self.canvas.refresh()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802 - Qt's
        """Nothing will be dropped."""
        super().dragLeaveEvent(event)
        self._end_drop()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's
        """One still at the playhead, several spread over the shot."""
        files, state = _stills(event), self.feed.state
        self._end_drop()
        if not files or state is None:
            return
        event.acceptProposedAction()
        frames = [state.frame] if len(files) == 1 else edits.spread(state.shot.all_frames, len(files))
        text = "Add a still" if len(files) == 1 else f"Add {len(files)} stills"
        state.edit(text, edits.add_references(state.shot, [str(one) for one in files], frames))

    def _end_drop(self) -> None:
        self.marks.ghost = ""
        self.canvas.refresh()


def _stills(event: QDropEvent) -> list[Path]:
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return paths if paths and all(is_still(path) for path in paths) else []
