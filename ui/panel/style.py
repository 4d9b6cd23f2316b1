"""The panel's looks: one grey room, dark or light as the system is, one accent, a grid of four pixels."""

from __future__ import annotations

from dataclasses import dataclass, fields

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

GRID_PX = 4


@dataclass(frozen=True)
class Tokens:
    """The colours there are, by what they are for. Neutral greys: a tinted surround would tint the eye."""

    window: QColor
    """Behind everything."""

    base: QColor
    """Fields, lists, the room around a picture."""

    raised: QColor
    """Buttons, headers, the bar of a dock."""

    line: QColor
    text: QColor
    dim: QColor
    """What is said beside: units, hints, empty states."""

    accent: QColor
    """What is selected or can be done next; the playhead."""

    on_accent: QColor
    marker: QColor
    """A reference on the timeline."""

    reach: QColor
    """How far it serves."""

    plate: QColor
    """The filmstrip where no picture has come yet."""

    good: QColor
    warn: QColor
    bad: QColor


def _tokens(**colours: str) -> Tokens:
    return Tokens(**{field.name: QColor(colours[field.name]) for field in fields(Tokens)})


DARK = _tokens(
    window="#262626",
    base="#1b1b1b",
    raised="#303030",
    line="#414141",
    text="#d8d8d8",
    dim="#9c9c9c",
    accent="#e2a24a",
    on_accent="#1b1b1b",
    marker="#e2a24a",
    reach="#7a6138",
    plate="#2f2f2f",
    good="#7fb77e",
    warn="#e0c15a",
    bad="#f0877c",
)
LIGHT = _tokens(
    window="#e9e9e9",
    base="#fbfbfb",
    raised="#f3f3f3",
    line="#c4c4c4",
    text="#1f1f1f",
    dim="#5c5c5c",
    accent="#a05a00",
    on_accent="#ffffff",
    marker="#a05a00",
    reach="#d9b98a",
    plate="#d6d6d6",
    good="#2a6d30",
    warn="#765800",
    bad="#b3261e",
)


_CHOSEN = "pai_scheme"


def is_dark() -> bool:
    """Whether the application is dark now; a system that does not say is taken for dark, as grading rooms are."""
    application = QApplication.instance()
    chosen = application.property(_CHOSEN) if application is not None else None
    if chosen in ("dark", "light"):
        return bool(chosen == "dark")
    return QGuiApplication.styleHints().colorScheme() != Qt.ColorScheme.Light


def tokens() -> Tokens:
    """The colours of now."""
    return DARK if is_dark() else LIGHT


def grid(count: float) -> int:
    """A distance on the grid, in device-independent pixels."""
    return round(count * GRID_PX)


def small_font(font: QFont) -> QFont:
    """A size smaller, for what is said beside."""
    small = QFont(font)
    if font.pointSizeF() > 0:
        small.setPointSizeF(font.pointSizeF() * 0.88)
    else:
        small.setPixelSize(max(round(font.pixelSize() * 0.88), 1))
    return small


def dress(application: QApplication) -> None:
    """Give the application its looks, and again whenever the system goes dark or light."""
    application.setStyle(QStyleFactory.create("Fusion"))
    _apply(application)
    QGuiApplication.styleHints().colorSchemeChanged.connect(lambda _scheme: _apply(application))


def choose_scheme(application: QApplication, name: str) -> None:
    """`dark`, `light`, or whatever the system says for any other word."""
    application.setProperty(_CHOSEN, name)
    schemes = {"dark": Qt.ColorScheme.Dark, "light": Qt.ColorScheme.Light}
    QGuiApplication.styleHints().setColorScheme(schemes.get(name, Qt.ColorScheme.Unknown))
    _apply(application)


def _apply(application: QApplication) -> None:
    now = tokens()
    sheet = _sheet(now)
    if sheet != application.styleSheet():  # each puts its looks on every widget again
        application.setPalette(_palette(now))
        application.setStyleSheet(sheet)


def _palette(now: Tokens) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for which, colour in (
        (role.Window, now.window),
        (role.WindowText, now.text),
        (role.Base, now.base),
        (role.AlternateBase, now.window),
        (role.Text, now.text),
        (role.PlaceholderText, now.dim),
        (role.Button, now.raised),
        (role.ButtonText, now.text),
        (role.BrightText, now.bad),
        (role.ToolTipBase, now.raised),
        (role.ToolTipText, now.text),
        (role.Highlight, now.accent),
        (role.HighlightedText, now.on_accent),
        (role.Accent, now.accent),
        (role.Link, now.accent),
        (role.Mid, now.line),
        (role.Dark, now.line),
        (role.Midlight, now.line),
        (role.Light, now.raised),
    ):
        palette.setColor(which, colour)
    faded = QColor(now.dim)
    faded.setAlphaF(0.55)
    for which in (role.Text, role.WindowText, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, faded)
    return palette


def _sheet(now: Tokens) -> str:
    """What a palette cannot say. Lengths in px are device-independent: they follow the screen's scaling."""
    line, raised, base = now.line.name(), now.raised.name(), now.base.name()
    accent, dim, text = now.accent.name(), now.dim.name(), now.text.name()
    return f"""
    QMainWindow::separator {{ background: {now.window.name()}; width: 4px; height: 4px; }}
    QMainWindow::separator:hover {{ background: {accent}; }}
    QDockWidget {{ color: {dim}; }}
    QDockWidget::title {{ background: {now.window.name()}; padding: 6px 8px; text-align: left; }}
    QToolTip {{ background: {raised}; color: {text}; border: 1px solid {line}; padding: 4px; }}
    QTabBar::tab {{ background: transparent; color: {dim}; padding: 6px 12px; border: none;
                   border-bottom: 2px solid transparent; }}
    QTabBar::tab:selected {{ color: {text}; border-bottom: 2px solid {accent}; }}
    QTabBar::tab:focus {{ color: {accent}; }}
    QTabWidget::pane {{ border: none; }}
    QPushButton, QToolButton {{ background: {raised}; border: 1px solid {line}; border-radius: 3px; }}
    QPushButton {{ padding: 4px 10px; }}
    QToolButton {{ padding: 3px 6px; }}
    QToolButton[flat="true"] {{ background: transparent; border: 1px solid transparent; }}
    QPushButton:hover, QToolButton:hover {{ border-color: {dim}; }}
    QPushButton:focus, QToolButton:focus {{ border-color: {accent}; }}
    QPushButton:pressed, QToolButton:pressed, QToolButton:checked {{ background: {base}; border-color: {accent}; }}
    QPushButton:disabled, QToolButton:disabled {{ background: transparent; border-color: {line}; }}
    QToolButton[flat="true"]:disabled {{ border-color: transparent; }}
    QPushButton[primary="true"] {{ background: {accent}; color: {now.on_accent.name()}; border-color: {accent};
                                  font-weight: 600; }}
    QPushButton[primary="true"]:focus {{ border-color: {text}; }}
    QPushButton[primary="true"]:disabled {{ background: {raised}; color: {dim}; border-color: {line}; }}
    QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QComboBox {{
        background: {base}; border: 1px solid {line}; border-radius: 3px; padding: 3px 6px;
        selection-background-color: {accent}; selection-color: {now.on_accent.name()}; }}
    QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus {{
        border-color: {accent}; }}
    QComboBox::drop-down {{ border: none; width: 18px; }}
    QListView, QTreeView, QTableView {{ background: {base}; border: none; outline: none; }}
    RowList::item:selected {{ background: {raised}; border-left: 3px solid {accent}; }}
    QScrollArea {{ border: none; background: transparent; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
    QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
    QScrollBar::handle {{ background: {line}; border-radius: 3px; margin: 2px; min-height: 24px; min-width: 24px; }}
    QScrollBar::handle:hover {{ background: {dim}; }}
    QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{
        background: transparent; border: none; height: 0; width: 0; }}
    QProgressBar {{ background: {base}; border: none; border-radius: 2px; max-height: 4px; text-align: center; }}
    QProgressBar::chunk {{ background: {accent}; border-radius: 2px; }}
    QMenu {{ background: {raised}; border: 1px solid {line}; padding: 4px; }}
    QMenu::item {{ padding: 5px 24px 5px 12px; border-radius: 2px; }}
    QMenu::item:selected {{ background: {accent}; color: {now.on_accent.name()}; }}
    QMenu::separator {{ height: 1px; background: {line}; margin: 4px 8px; }}
    QLabel[dim="true"] {{ color: {dim}; }}
    """
