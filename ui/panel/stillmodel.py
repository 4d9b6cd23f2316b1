"""The stills of the open shots and those that lie in the bin, and how one of them is drawn."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    QUrl,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from pai_studio.core.shot.document import Ocio, Reference
from pai_studio.core.shot.errors import PaiError
from pai_studio.ui.panel import style
from pai_studio.ui.panel.pictures.sources import Still, still_of
from pai_studio.ui.panel.shots.delegate import draw_mark
from pai_studio.ui.panel.shots.thumbs import Thumb, Thumbs
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio

Index = QModelIndex | QPersistentModelIndex
FILE = int(Qt.ItemDataRole.UserRole)
_KEY = "stills"
_TILE_CHARACTERS = 14
_STEP_PX = 32
"""Pictures are made in sizes so far apart: a dock that is drawn wider makes them seldom anew."""


class StillModel(QAbstractListModel):
    """One row a file: those of the shots first, in the order of the cut, then those that were put here."""

    def __init__(self, studio: Studio, thumbs: Thumbs, parent: QWidget) -> None:
        super().__init__(parent)
        self._studio = studio
        self._thumbs = thumbs
        self._followed: list[ShotState] = []
        self._rows: list[str] = []
        self._of: dict[str, tuple[Still, Ocio]] = {}
        self._uses: dict[str, int] = {}
        self.tile_box = QSize(1, 1)
        """A thumbnail's room in device pixels, as it was painted last."""
        studio.project.shots_changed.connect(self._follow)
        thumbs.changed.connect(self._come)
        self._follow()

    # What lies in it

    @property
    def kept(self) -> list[str]:
        """The files that were put here."""
        return [one for one in self._studio.memory.get(_KEY, []) if isinstance(one, str)]

    def add(self, paths: Iterable[Path]) -> None:
        """Put files here; one that is here already is not put twice."""
        new = dict.fromkeys([*self.kept, *(str(path.absolute()) for path in paths)])
        self._studio.memory.keep(**{_KEY: list(new)})
        self._collect()

    def remove(self, files: Sequence[str]) -> None:
        """Take files out of the bin. Those that a shot uses stay: they are the shot's."""
        self._studio.memory.keep(**{_KEY: [one for one in self.kept if one not in files]})
        self._collect()

    def still(self, index: Index) -> tuple[Still, Ocio]:
        """What is shown for a row, and the colours of the shot that it is shown in."""
        return self._of[self._rows[index.row()]]

    # As Qt asks

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's
        """The stills."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Each can be dragged away."""
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The name, the file, and everything known of it for tooltip and screen reader."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        file = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return Path(file).name
        if role == FILE:
            return file
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            text = "\n".join(filter(None, (file, self.facts(index), self.used(index))))
            return text if role == Qt.ItemDataRole.ToolTipRole else text.replace("\n", ", ")
        return None

    def mimeTypes(self) -> list[str]:  # noqa: N802 - Qt's
        """As any file manager gives them."""
        return ["text/uri-list"]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:  # noqa: N802 - Qt's
        """The files of some rows."""
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(one.data(FILE)) for one in indexes])
        return mime

    # What is known of a still

    def thumb(self, index: Index) -> Thumb | None:
        """Its small picture."""
        source, ocio = self.still(index)
        return self._thumbs.get(source, 0, ocio, self.tile_box)

    def fault(self, index: Index) -> PaiError | None:
        """Why it cannot be shown."""
        source, ocio = self.still(index)
        return self._thumbs.fault(source, 0, ocio, self.tile_box)

    def read_again(self, index: Index) -> None:
        """Its file has changed, or may be there again."""
        self._studio.pictures.forget(self.still(index)[0].key)

    def facts(self, index: Index) -> str:
        """Its size and its space, or what is wrong with it; empty until it was read."""
        fault = self.fault(index)
        if fault is not None:
            return f"{fault.what}; {fault.hint}" if fault.hint else fault.what
        thumb = self.thumb(index)
        return "" if thumb is None else f"{thumb.size[0]} x {thumb.size[1]}  ·  {thumb.space or 'data'}"

    def used(self, index: Index) -> str:
        """In how many places."""
        count = self._uses.get(self._rows[index.row()], 0)
        return "" if not count else "used once" if count == 1 else f"used {count} times"

    # How it follows the shots

    def _follow(self) -> None:
        there = self._studio.project.shots
        for gone in [one for one in self._followed if one not in there]:
            gone.shot_changed.disconnect(self._collect)
        for new in [one for one in there if one not in self._followed]:
            new.shot_changed.connect(self._collect)
        self._followed = there
        self._collect()

    def _collect(self) -> None:
        of: dict[str, tuple[Still, Ocio]] = {}
        uses: dict[str, int] = {}
        for state in self._followed:
            for one in state.shot.references:
                of.setdefault(one.file, (still_of(one, state.shot.ocio), state.shot.ocio))
                uses[one.file] = uses.get(one.file, 0) + 1
        current = self._studio.project.current
        ocio = current.shot.ocio if current is not None else Ocio()
        for file in self.kept:
            of.setdefault(file, (still_of(Reference(file=file, frame=0), ocio), ocio))
        if list(of) != self._rows:
            self.beginResetModel()
            self._rows, self._of, self._uses = list(of), of, uses
            self.endResetModel()
        elif (of, uses) != (self._of, self._uses):
            self._of, self._uses = of, uses
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))

    def _come(self, key: str) -> None:
        for row, file in enumerate(self._rows):
            if self._of[file][0].key == key:
                self.dataChanged.emit(self.index(row), self.index(row))


class StillDelegate(QStyledItemDelegate):
    """A tile: the picture, its name, its size and space."""

    def __init__(self, model: StillModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self._room = 0

    def fill(self, room: int, gap: int) -> None:
        """Let as many tiles as fit stand beside one another, and share a room of so many pixels."""
        least = QFontMetrics(self._font()).averageCharWidth() * _TILE_CHARACTERS
        count = max((room - gap) // (least + gap), 1)
        self._room = (room - gap) // count - gap

    def _font(self) -> QFont:
        parent = self.parent()
        assert isinstance(parent, QWidget)
        return parent.font()

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:  # noqa: N802 - Qt's
        """The same for every tile."""
        metrics, small = QFontMetrics(option.font), QFontMetrics(style.small_font(option.font))
        tall = round((self._room - style.grid(2)) * 9 / 16) + metrics.lineSpacing() + small.lineSpacing()
        return QSize(self._room, tall + style.grid(4))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """One tile."""
        now = style.tokens()
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if is_chosen or option.state & QStyle.StateFlag.State_MouseOver:
            ground = QColor(now.line)
            ground.setAlphaF(0.5 if is_chosen else 0.25)
            painter.fillRect(option.rect, ground)
        area = option.rect.adjusted(style.grid(1), style.grid(1), -style.grid(1), -style.grid(1))
        tile = QRect(area.left(), area.top(), area.width(), round(area.width() * 9 / 16))
        self._picture(painter, tile, index)
        if is_chosen:
            painter.setPen(QPen(now.accent, style.grid(0.5)))
            painter.drawRect(tile.adjusted(1, 1, -1, -1))
        self._texts(painter, area.adjusted(0, tile.height() + style.grid(1), 0, 0), option.font, index)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(now.accent, 1))
            painter.drawRect(QRectF(option.rect).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.restore()

    def _picture(self, painter: QPainter, tile: QRect, index: Index) -> None:
        now = style.tokens()
        painter.fillRect(tile, now.plate)
        steps = math.ceil(tile.height() * painter.device().devicePixelRatioF() / _STEP_PX)
        self._model.tile_box = QSize(round(steps * _STEP_PX * 16 / 9), steps * _STEP_PX)
        thumb = self._model.thumb(index)
        if thumb is not None:
            size = thumb.image.size().scaled(tile.size(), Qt.AspectRatioMode.KeepAspectRatio)
            placed = QRect(tile.topLeft(), size)
            placed.moveCenter(tile.center())
            painter.drawImage(placed, thumb.image)
        elif self._model.fault(index) is not None:
            side = tile.height() / 4
            mark = QRectF(0, 0, side, side)
            mark.moveCenter(QRectF(tile).center())
            draw_mark(painter, "cross", mark, now.dim)

    def _texts(self, painter: QPainter, area: QRect, font: QFont, index: Index) -> None:
        now = style.tokens()
        metrics, small = QFontMetrics(font), QFontMetrics(style.small_font(font))
        top = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
        name = index.data(Qt.ItemDataRole.DisplayRole)
        painter.setFont(font)
        painter.setPen(now.text)
        painter.drawText(area, top, metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, area.width()))
        below = area.adjusted(0, metrics.lineSpacing(), 0, 0)
        painter.setFont(style.small_font(font))
        painter.setPen(now.bad if self._model.fault(index) is not None else now.dim)
        said = small.elidedText(self._model.facts(index), Qt.TextElideMode.ElideRight, below.width())
        painter.drawText(below, top, said)
