"""A bar of controls that gives way: what has no room on it lies in a sheet behind a button at its end."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QSize, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from pai_studio.ui.panel import style


@dataclass(frozen=True)
class _Item:
    widget: QWidget
    name: str
    fold: int
    stretch: int


class FoldingBar(QWidget):
    """Controls in a row. Those with the highest `fold` leave first; those without one stay."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[_Item] = []
        self._folded: frozenset[int] | None = None
        self._least = QSize()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(style.grid(2), style.grid(1), style.grid(2), style.grid(1))
        self._row.setSpacing(style.grid(1))
        self._row.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self.more = QToolButton(self)
        self.more.setText("⋯")
        self.more.setAccessibleName("More controls")
        self.more.setToolTip("The controls that have no room here")
        self.more.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.more.clicked.connect(self._open)
        self.sheet = QFrame(self, Qt.WindowType.Popup)
        self.sheet.setAccessibleName("More controls")
        self.sheet.setFrameShape(QFrame.Shape.StyledPanel)
        self._rows = QGridLayout(self.sheet)
        pad = style.grid(3)
        self._rows.setContentsMargins(pad, pad, pad, pad)
        self._rows.setHorizontalSpacing(style.grid(2))
        self._rows.setVerticalSpacing(style.grid(1))
        self._names: list[QLabel] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def add(self, widget: QWidget, name: str = "", *, fold: int = 0, stretch: int = 0) -> None:
        """Put one at the end; `name` stands beside it in the sheet. One that stretches takes what room is left."""
        self._items.append(_Item(widget, name, fold, stretch))
        widget.installEventFilter(self)
        self._folded = None
        self.updateGeometry()

    # How it gives way

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's
        """Room for everything."""
        return QSize(self._needed(frozenset()), self._tall())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's
        """Room for what stays."""
        every = frozenset(at for at, one in enumerate(self._items) if one.fold)
        return QSize(self._needed(every), self._tall())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's
        """Fold and unfold."""
        super().resizeEvent(event)
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's
        """For the first time."""
        super().showEvent(event)
        self._arrange()

    def eventFilter(self, watched: object, event: QEvent) -> bool:  # noqa: N802 - Qt's
        """A control that has come, gone or changed its text needs other room."""
        kinds = (QEvent.Type.LayoutRequest, QEvent.Type.ShowToParent, QEvent.Type.HideToParent)
        if event.type() in kinds:
            self._arrange()
        return super().eventFilter(watched, event)  # type: ignore[arg-type] # Qt hands a QObject

    def event(self, event: QEvent) -> bool:
        """A control's size hint has changed."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
        return super().event(event)

    def _arrange(self) -> None:
        if self.minimumSizeHint() != self._least:
            self._least = self.minimumSizeHint()
            self.updateGeometry()
        folded: frozenset[int] = frozenset()
        can_fold = sorted(
            (at for at, one in enumerate(self._items) if one.fold and not _is_away(one.widget)),
            key=lambda at: -self._items[at].fold,
        )
        for at in can_fold:
            if self._needed(folded) <= self.width():
                break
            folded |= {at}
        if folded != self._folded:
            self._put(folded)

    def _put(self, folded: frozenset[int]) -> None:
        self._folded = folded
        for layout in (self._row, self._rows):
            while layout.count():
                layout.takeAt(0)
        while self._names:
            self._names.pop().deleteLater()
        for at, one in enumerate(self._items):
            if at in folded:
                self._put_into_sheet(one)
            else:
                self._row.addWidget(one.widget, one.stretch)
        self._row.addWidget(self.more)
        self.more.setVisible(bool(folded))
        if not folded:
            self.sheet.hide()
        self.sheet.adjustSize()

    def _put_into_sheet(self, one: _Item) -> None:
        name = QLabel(one.name, self.sheet)
        name.setProperty("dim", True)
        self._names.append(name)
        at, middle = len(self._names), Qt.AlignmentFlag.AlignVCenter
        self._rows.addWidget(name, at, 0, Qt.AlignmentFlag.AlignRight | middle)
        self._rows.addWidget(one.widget, at, 1, Qt.AlignmentFlag.AlignLeft | middle)

    def _needed(self, folded: frozenset[int]) -> int:
        shown = [one for at, one in enumerate(self._items) if at not in folded and not _is_away(one.widget)]
        widths = [_width(one) for one in shown]
        if folded:
            widths.append(self.more.sizeHint().width())
        margins = self._row.contentsMargins()
        return sum(widths) + self._row.spacing() * max(len(widths) - 1, 0) + margins.left() + margins.right()

    def _tall(self) -> int:
        margins = self._row.contentsMargins()
        tallest = max((one.widget.sizeHint().height() for one in self._items), default=0)
        return max(tallest, self.more.sizeHint().height()) + margins.top() + margins.bottom()

    def _open(self) -> None:
        self.sheet.adjustSize()
        at = self.mapToGlobal(QPoint(self.width() - self.sheet.width(), self.height()))
        room = self.screen().availableGeometry()
        if at.y() + self.sheet.height() > room.bottom():
            at.setY(self.mapToGlobal(QPoint(0, 0)).y() - self.sheet.height())
        self.sheet.move(max(at.x(), room.left()), at.y())
        self.sheet.show()
        first = next((one.widget for at_, one in enumerate(self._items) if at_ in (self._folded or ())), None)
        if first is not None:
            first.setFocus(Qt.FocusReason.PopupFocusReason)


def _is_away(widget: QWidget) -> bool:
    """Whether somebody has hidden it; one that nobody has shown yet is only waiting for its window."""
    return widget.isHidden() and widget.testAttribute(Qt.WidgetAttribute.WA_WState_ExplicitShowHide)


def _width(one: _Item) -> int:
    """What a control needs: one that stretches gives way to its least."""
    least = one.widget.minimumSizeHint() if one.stretch else one.widget.sizeHint()
    return max(least.width(), one.widget.minimumWidth())
