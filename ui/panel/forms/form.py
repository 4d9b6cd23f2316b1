"""Everything of the current shot that is written rather than dragged, in one column."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from pai_studio.ui.panel.forms.current import Current
from pai_studio.ui.panel.forms.delivery import DeliverySection
from pai_studio.ui.panel.forms.engine import EngineSection
from pai_studio.ui.panel.forms.facts import Facts
from pai_studio.ui.panel.forms.finish import FinishSection
from pai_studio.ui.panel.forms.foot import Foot
from pai_studio.ui.panel.forms.plate import MattesSection, PlateSection
from pai_studio.ui.panel.forms.prompt import PromptSection
from pai_studio.ui.panel.forms.reference import ReferenceSection
from pai_studio.ui.panel.state.studio import Studio


class ShotForm(QWidget):
    """Sections that fold, and below them what starts a render. Every value is an edit that can be undone."""

    render_wanted = Signal(str)
    """`render` or `refinish`, of the current shot."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Shot")
        self.current = Current(studio, self)
        self.facts = Facts(self.current, self)
        self.prompt = PromptSection(self.current)
        self.reference = ReferenceSection(self.current, self.facts)
        self.plate = PlateSection(self.current, self.facts)
        self.mattes = MattesSection(self.current)
        self.engine = EngineSection(self.current, self.facts)
        self.finish = FinishSection(self.current)
        self.delivery = DeliverySection(self.current, self.facts)
        self.foot = Foot(self.current)
        self.foot.render_wanted.connect(self.render_wanted)
        self._sections = QWidget()
        below = QVBoxLayout(self._sections)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(0)
        for section in (
            self.prompt,
            self.reference,
            self.plate,
            self.mattes,
            self.engine,
            self.finish,
            self.delivery,
        ):
            below.addWidget(section)
        below.addStretch(1)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(self._sections)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.area, 1)
        column.addWidget(self.foot)
        self._has_asked = False
        studio.jobs.ended.connect(self._ask_again)
        self.current.replaced.connect(self._show_current)
        self._show_current()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's
        """Wide enough for a label and a field of some words."""
        unit = self.fontMetrics().averageCharWidth()
        return QSize(unit * 52, unit * 100)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's
        """Ask what renders as soon as somebody can see it."""
        super().showEvent(event)
        if not self._has_asked:
            self._has_asked = True
            self.facts.ask_renderer()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's
        """Ctrl+Return renders from any field, Ctrl+Shift+Return re-finishes."""
        is_return = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if is_return and modifiers == control:
            self.foot.want_render()
        elif is_return and modifiers == control | shift:
            self.foot.want_refinish()
        else:
            super().keyPressEvent(event)

    def _ask_again(self, _item: object) -> None:
        """A render has ended: there is one more to judge by, and a server that runs."""
        self.facts.ask_renderer()

    def _show_current(self) -> None:
        self._sections.setEnabled(self.current.state is not None)
