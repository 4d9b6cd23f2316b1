"""The shots of the cut: find one, see how each stands, go to it, render several."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from pai_studio.ui.panel import shortcuts, style
from pai_studio.ui.panel.forms.choices import CalmCombo
from pai_studio.ui.panel.shots.delegate import ShotDelegate
from pai_studio.ui.panel.shots.model import STATE, ShotFilter, ShotModel
from pai_studio.ui.panel.shots.savestrip import SaveStrip
from pai_studio.ui.panel.shots.thumbs import Thumbs
from pai_studio.ui.panel.shots.view import ShotView
from pai_studio.ui.panel.state.shot import ShotState, Status
from pai_studio.ui.panel.state.studio import Studio

_RENDERABLE = (Status.READY, Status.STALE)
_REDRAW_MS = 30
_EMPTY = "No shot is open.\nDrop a shot, a folder, a movie or a timeline here."
_NO_MATCH = "No shot matches the filter."


class ShotList(QWidget):
    """The open shots. What reaches beyond the list is asked for by signals."""

    open_wanted = Signal(object)
    """A list of Path: files and folders dropped here."""

    render_wanted = Signal(object, str)
    """A list of ShotState, and `render` or `refinish`."""

    viewer_wanted = Signal()
    """Go on to the viewer with the shot that is current now."""

    folder_wanted = Signal(object)
    """Show a ShotState's document in the system's file manager."""

    save_as_wanted = Signal(object)
    """A ShotState."""

    reload_wanted = Signal(object)
    """A list of ShotState to be read anew from the disk."""

    close_wanted = Signal(object)
    """A list of ShotState."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._project = studio.project
        self.setAccessibleName("Shots")
        self.setAcceptDrops(True)
        self.thumbs = Thumbs(studio, self)
        self.model = ShotModel(studio.project, self)
        self.shown = ShotFilter(self.model, self)
        self._kept: list[ShotState] = []
        self._build()
        self._redraw = QTimer(self, singleShot=True, interval=_REDRAW_MS)
        self._redraw.timeout.connect(self.view.viewport().update)
        self.thumbs.changed.connect(self._redraw.start)
        studio.view.changed.connect(self._redraw.start)
        self.model.modelAboutToBeReset.connect(self._keep_selection)
        self.model.modelReset.connect(self._restore)
        self.model.modelReset.connect(self._count)
        self.model.dataChanged.connect(self._count)
        studio.project.current_changed.connect(self._show_current)
        self._show_current()
        self._count()

    # How it is built

    def _build(self) -> None:
        self.text = QLineEdit(self)
        self.text.setPlaceholderText("Filter")
        self.text.setClearButtonEnabled(True)
        self.text.setAccessibleName("Filter shots by name")
        self.text.setToolTip("Show the shots whose name has this text")
        self.states = CalmCombo(self)
        self.states.setAccessibleName("Filter shots by state")
        self.states.setToolTip("Show the shots in one state")
        self.text.setMinimumWidth(1)
        self.states.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.states.addItem("Any state", None)
        for status in Status:
            self.states.addItem(status.value.capitalize(), status)
        self.text.textChanged.connect(self._filter)
        self.states.currentIndexChanged.connect(self._filter)
        self.view = ShotView(self)
        self.view.setAccessibleName("Shots")
        self.view.setModel(self.shown)
        self.view.setItemDelegate(ShotDelegate(self._project, self.thumbs, self.view))
        self.view.went_to.connect(self._look_at)
        self.view.entered_on.connect(self._enter)
        self.view.menu_wanted.connect(self._show_menu)
        self.strip = SaveStrip(self._project, self)
        self.strip.save_as_wanted.connect(self.save_as_wanted)
        self.strip.reload_wanted.connect(self._reload)
        self.summary = QLabel(self)
        self.summary.setProperty("dim", True)
        self.summary.setFont(style.small_font(self.font()))
        self.summary.setMinimumWidth(1)
        self.render_all = QPushButton("Render all ready", self)
        self.render_all.setAccessibleName("Render all ready")
        keys = shortcuts.by_name("render_all").shown
        self.render_all.setToolTip(f"Render every shot that is ready or has changed since ({keys})")
        self.render_all.clicked.connect(self._render_all)
        self._lay_out()
        self.setFocusProxy(self.view)
        self.setTabOrder(self.text, self.states)
        self.setTabOrder(self.states, self.view)

    def _lay_out(self) -> None:
        head, foot = QHBoxLayout(), QHBoxLayout()
        for row in (head, foot):
            row.setContentsMargins(style.grid(2), style.grid(2), style.grid(2), style.grid(2))
            row.setSpacing(style.grid(1))
        head.addWidget(self.text, 1)
        head.addWidget(self.states, 1)
        foot.addWidget(self.summary, 1)
        foot.addWidget(self.render_all)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.view, 1)
        column.addWidget(self.strip)
        column.addLayout(foot)

    # What is selected

    @property
    def selected(self) -> list[ShotState]:
        """The selected shots, in the order of the cut."""
        rows = sorted(self.view.selectionModel().selectedRows(), key=QModelIndex.row)
        return [row.data(STATE) for row in rows]

    def _look_at(self, at: QModelIndex) -> None:
        state = at.data(STATE)
        if isinstance(state, ShotState):
            self._project.look_at(state)

    def _enter(self, at: QModelIndex) -> None:
        self._look_at(at)
        self.viewer_wanted.emit()

    def _show_current(self) -> None:
        """Follow the project: the row of the current shot, selected unless it is one of several that are."""
        current = self._project.current
        at = self.shown.mapFromSource(self.model.index_of(current)) if current is not None else QModelIndex()
        flag = QItemSelectionModel.SelectionFlag
        if at.isValid():
            is_one_of_them = self.view.selectionModel().isSelected(at)
            self.view.selectionModel().setCurrentIndex(
                at, flag.NoUpdate if is_one_of_them else flag.ClearAndSelect
            )
            self.view.scrollTo(at)
        self.view.viewport().update()
        self.strip.show_failed()

    def _keep_selection(self) -> None:
        self._kept = self.selected

    def _restore(self) -> None:
        found = QItemSelection()
        for state in self._kept:
            at = self.shown.mapFromSource(self.model.index_of(state))
            if at.isValid():
                found.select(at, at)
        self._kept = []
        self.view.selectionModel().select(found, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self._show_current()

    def _filter(self) -> None:
        self.shown.show(self.text.text(), self.states.currentData())
        self._show_current()
        self._count()

    def _count(self) -> None:
        """The texts about the whole list."""
        shots, ready = self._project.shots, self._ready()
        self.view.nothing = _NO_MATCH if shots else _EMPTY
        count, seen = len(shots), self.shown.rowCount()
        of = "" if seen == count else f"{seen} of "
        named = "shot" if count == 1 else "shots"
        self.summary.setText(f"{of}{count} {named}" if shots else "")
        self.render_all.setText(f"Render all ready ({len(ready)})" if ready else "Render all ready")
        self.render_all.setEnabled(bool(ready))
        self.strip.show_failed()

    # What is asked of a shot

    def _ready(self) -> list[ShotState]:
        return [one for one in self._project.shots if one.status in _RENDERABLE]

    def _render_all(self) -> None:
        self.render_wanted.emit(self._ready(), "render")

    def _reload(self, states: list[ShotState]) -> None:
        """Read the pictures anew, too: somebody has written them, or brought back the disk."""
        for state in states:
            self._studio.forget_pictures(state)
        self.reload_wanted.emit(states)

    def _show_menu(self, at: QPoint) -> None:
        chosen = self.selected
        if chosen:
            self.menu_of(chosen).popup(at)

    def menu_of(self, chosen: list[ShotState]) -> QMenu:
        """What can be done with some shots."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        many, one = (f" {len(chosen)} shots" if len(chosen) > 1 else ""), chosen[0]

        def add(text: str, call: Callable[[], object], *, key: str = "", is_on: bool = True) -> None:
            shown = shortcuts.by_name(key).shown if key and not many else ""
            menu.addAction(f"{text}\t{shown}" if shown else text, call).setEnabled(is_on)

        add(f"Render{many}", lambda: self.render_wanted.emit(chosen, "render"), key="render")
        add(f"Re-finish{many}", lambda: self.render_wanted.emit(chosen, "refinish"), key="refinish")
        menu.addSeparator()
        add("Show in folder", lambda: self.folder_wanted.emit(one), is_on=not many)
        add("Save as…", lambda: self.save_as_wanted.emit(one), key="save_as", is_on=not many)
        add(f"Reload{many}", lambda: self._reload(chosen))
        menu.addSeparator()
        add(f"Close{many}", lambda: self.close_wanted.emit(chosen), key="close_shot")
        return menu

    # What is dropped

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's
        """Files and folders of this machine."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802 - Qt's
        """Anywhere in the list."""
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's
        """Ask for them to be opened."""
        event.acceptProposedAction()
        self.open_wanted.emit(
            [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        )
