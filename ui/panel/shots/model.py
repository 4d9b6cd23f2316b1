"""The open shots as a list for a view, and the part of them that a filter lets through."""

from __future__ import annotations

from html import escape
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)

from pai_studio.ui.panel.shots import lines
from pai_studio.ui.panel.state.project import ProjectState
from pai_studio.ui.panel.state.shot import ShotState, Status

Index = QModelIndex | QPersistentModelIndex
STATE = int(Qt.ItemDataRole.UserRole)
NOTES = STATE + 1


class ShotModel(QAbstractListModel):
    """One row a shot, in the order of the cut."""

    def __init__(self, project: ProjectState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._rows: dict[ShotState, int] = {}
        self._shots: list[ShotState] = []
        self._notes: list[tuple[str, ...]] = []
        project.shots_changed.connect(self._follow)
        self._follow()

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's
        """The shots."""
        return 0 if parent is not None and parent.isValid() else len(self._shots)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The name, the state itself, and the texts for tooltip and screen reader."""
        if not index.isValid() or index.row() >= len(self._shots):
            return None
        state = self._shots[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return state.shot.name
        if role == STATE:
            return state
        if role == NOTES:
            return self._notes[index.row()]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(lines.whole(state, self._notes[index.row()]))
        if role == Qt.ItemDataRole.ToolTipRole:
            said = lines.whole(state, self._notes[index.row()])
            return "<br>".join([f"<b>{escape(said[0])}</b>", *map(escape, [*said[1:], str(state.path)])])
        return None

    def index_of(self, state: ShotState) -> QModelIndex:
        """Where a shot is; an invalid index for one that is not open."""
        row = self._rows.get(state)
        return QModelIndex() if row is None else self.index(row, 0)

    def _follow(self) -> None:
        self.beginResetModel()
        before, self._shots = set(self._shots), self._project.shots
        self._notes = [self._project.notes_of(state) for state in self._shots]
        self._rows = {state: row for row, state in enumerate(self._shots)}
        for gone in before - set(self._shots):
            for signal in (gone.shot_changed, gone.status_changed, gone.saving.changed):
                signal.disconnect(self._changed)
        for new in [one for one in self._shots if one not in before]:
            for signal in (new.shot_changed, new.status_changed, new.saving.changed):
                signal.connect(self._changed)
        self.endResetModel()

    def _changed(self) -> None:
        sender = self.sender()
        state = sender if isinstance(sender, ShotState) else sender.parent()  # a Saving is its shot's child
        if isinstance(state, ShotState):
            at = self.index_of(state)
            self.dataChanged.emit(at, at)


class ShotFilter(QSortFilterProxyModel):
    """Shots whose name has some text, in one state or in any."""

    def __init__(self, model: ShotModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._status: Status | None = None
        self.setSourceModel(model)

    def show(self, text: str, status: Status | None) -> None:
        """Let these through."""
        self._text, self._status = text.strip().casefold(), status
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:  # noqa: N802 - Qt's
        """Whether a row is shown."""
        state = self.sourceModel().index(row, 0, parent).data(STATE)
        return self._text in state.shot.name.casefold() and self._status in (None, state.status)
