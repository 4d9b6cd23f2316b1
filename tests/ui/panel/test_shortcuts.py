from __future__ import annotations

from collections import Counter
from pathlib import Path

from PySide6.QtGui import QKeySequence
from pytestqt.qtbot import QtBot

from pai_studio.ui.panel import shortcuts
from pai_studio.ui.panel.shortcutsheet import ShortcutSheet

DOCS = Path(__file__).resolve().parents[3] / "docs" / "panel.md"


def test_no_key_does_two_things_and_every_key_is_one_that_qt_knows() -> None:
    keys = Counter(QKeySequence(key).toString() for one in shortcuts.ALL for key in one.keys)
    assert [key for key, count in keys.items() if count > 1] == []
    assert "" not in keys
    assert len({one.name for one in shortcuts.ALL}) == len(shortcuts.ALL)


def test_the_sheet_finds_by_word_and_by_key(qtbot: QtBot) -> None:
    sheet = ShortcutSheet()
    qtbot.addWidget(sheet)
    sheet.show()

    def shown() -> list[str]:
        return [one.name for one, labels in sheet._rows if labels[0].isVisible()]

    assert len(shown()) == len(shortcuts.ALL)
    sheet._find.setText("wipe")
    assert shown() == ["wipe"]
    sheet._find.setText("play fast")
    assert shown() == ["forwards", "backwards"]
    sheet._find.setText("F11")
    assert shown() == ["full_screen"]


def test_the_keys_are_not_cut_off_at_the_edge_of_the_sheet(qtbot: QtBot) -> None:
    sheet = ShortcutSheet()
    qtbot.addWidget(sheet)
    sheet.setStyleSheet("QLabel { font-size: 24px }")  # known when it is shown, as all of a style is
    sheet.show()

    def are_whole() -> bool:
        shown = [keys for _, (_, keys) in sheet._rows[:8]]
        return all(keys.visibleRegion().boundingRect().width() == keys.width() for keys in shown)

    qtbot.waitUntil(are_whole, timeout=1000)


def test_the_documentation_has_the_same_table() -> None:
    assert shortcuts.table() in DOCS.read_text(encoding="utf-8")
