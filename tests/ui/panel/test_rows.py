"""Rows of a narrow list: all of each row is seen, and none is higher than its words."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from pai_studio.core.shot.frames import FrameRange
from pai_studio.ui.panel import style
from pai_studio.ui.panel.history import VersionRow
from pai_studio.ui.panel.queue import QueueView
from pai_studio.ui.panel.rows import RowList
from pai_studio.ui.panel.state.job_store import Item
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.state.versions import Version
from tests.ui.panel.test_style import contrast

FINDINGS = ("note: references[0]: harbour at night.jpg is taken to be 'sRGB Encoded Rec.709 (sRGB)'",) * 3


def is_whole(widget: QWidget) -> bool:
    return widget.visibleRegion().boundingRect().size() == widget.size()


def test_a_long_name_pushes_no_button_out(qtbot: QtBot, studio: Studio) -> None:
    view = QueueView(studio)
    qtbot.addWidget(view)
    view.resize(380, 300)
    view.show()
    item = Item("SQ01_SH0120_comp_with_a_rather_long_name_of_a_shot", "/a", state="FAILED", error="no")
    studio.jobs.items = [item]
    studio.jobs.changed.emit()
    row = view._rows[item.id]
    qtbot.waitUntil(lambda: is_whole(row))
    assert is_whole(row.retry)
    assert is_whole(row.copy)


def test_rows_that_bring_a_scroll_bar_are_as_wide_as_it_leaves(qtbot: QtBot) -> None:
    rows = RowList("Nothing")
    qtbot.addWidget(rows)
    rows.resize(420, 200)
    rows.show()
    made = [
        VersionRow(Version(n, "/a", FrameRange(1, 2), engine="draft", findings=FINDINGS), rows)
        for n in range(4)
    ]
    for row in made:
        rows.put(row)
    qtbot.waitUntil(lambda: rows.verticalScrollBar().isVisible())
    for row in made:
        qtbot.waitUntil(lambda row=row: 0 < row.width() <= rows.viewport().width())
        assert row.height() == row.heightForWidth(row.width())


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_words_of_a_selected_row_can_be_read(qtbot: QtBot, qapp: QApplication, scheme: str) -> None:
    style.dress(qapp)
    style.choose_scheme(qapp, scheme)
    rows = RowList("Nothing")
    qtbot.addWidget(rows)
    rows.resize(420, 300)
    rows.put(VersionRow(Version(1, "/a", FrameRange(1, 2), engine="draft", findings=FINDINGS), rows))
    rows.setCurrentRow(0)
    rows.show()
    rows.setFocus()
    seen = rows.visualItemRect(rows.item(0))
    ground = rows.grab().toImage().pixelColor(seen.bottomRight() - QPoint(4, 4))
    assert ground != rows.palette().base().color()
    assert min(contrast(ink, ground) for ink in (style.tokens().text, style.tokens().dim)) >= 4.5
    style.choose_scheme(qapp, "")


def test_who_comes_by_with_the_tab_key_chooses_nothing(qtbot: QtBot) -> None:
    rows, chosen = RowList("Nothing"), []
    qtbot.addWidget(rows)
    version = Version(1, "/a", FrameRange(1, 2), missing=(2,))
    rows.put(VersionRow(version, rows))
    rows.currentRowChanged.connect(chosen.append)
    rows.show()
    qtbot.waitExposed(rows)
    QApplication.sendEvent(rows, QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))
    assert (chosen, rows.currentRow()) == ([], -1)
    qtbot.keyClick(rows, Qt.Key.Key_Down)
    assert chosen == [0]
    assert "unfinished" in rows.itemWidget(rows.item(0)).accessibleName()


def test_a_version_is_as_high_as_its_words_at_every_width(qtbot: QtBot) -> None:
    rows = RowList("Nothing")
    qtbot.addWidget(rows)
    rows.resize(420, 500)
    row = VersionRow(
        Version(1, "/v001.####.exr", FrameRange(1001, 1024), engine="draft", findings=FINDINGS), rows
    )
    rows.put(row)
    rows.show()
    qtbot.waitUntil(lambda: is_whole(row))
    assert row.height() == row.heightForWidth(row.width())
    wide = row.height()
    rows.resize(260, 500)
    qtbot.waitUntil(lambda: wide < row.height() == row.heightForWidth(row.width()))
    assert is_whole(row)
