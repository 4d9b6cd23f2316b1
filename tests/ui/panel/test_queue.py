"""The lists of renders and of versions, driven by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from pytestqt.qtbot import QtBot

from pai_studio.core.shot.document import Shot
from pai_studio.server.app import Server
from pai_studio.ui.panel.history import HistoryView
from pai_studio.ui.panel.queue import QueueView, line_of, time_text
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.job_store import Item
from pai_studio.ui.panel.state.studio import Studio
from tests.ui.panel.shots import opened
from tests.ui.panel.test_standing import shot  # noqa: F401 - a fixture

LEFT = Qt.MouseButton.LeftButton
LONG_MS = 20_000


@pytest.fixture
def view(qtbot: QtBot, studio: Studio) -> QueueView:
    """Of a queue that does not run: what a test puts into it stays as it is."""
    qtbot.waitUntil(lambda: studio.jobs._is_ours)
    studio.jobs.close()
    view = QueueView(studio)
    qtbot.addWidget(view)
    view.resize(460, 400)
    view.show()
    return view


def told(studio: Studio) -> None:
    studio.jobs.changed.emit()


def test_rows_follow_the_queue_and_their_buttons_work(qtbot: QtBot, studio: Studio, view: QueueView) -> None:
    failed = Item("SH010", "/a", state="FAILED", error="plate.0013.exr: is not there")
    waiting = [Item(name, f"/{name}") for name in ("SH020", "SH030")]
    studio.jobs.items = [failed, *waiting]
    told(studio)
    row = view._rows[failed.id]
    assert row.line.text() == "failed: plate.0013.exr: is not there"
    qtbot.mouseClick(row.copy, LEFT)
    assert QGuiApplication.clipboard().text() == failed.error
    view._list.setCurrentRow(2)
    qtbot.keyClick(view, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert [one.shot for one in studio.jobs.items] == ["SH010", "SH030", "SH020"]
    assert view._list.currentRow() == 1
    qtbot.mouseClick(view._rows[waiting[0].id].cancel, LEFT)
    assert waiting[0].state == "CANCELLED"
    qtbot.mouseClick(view._clear, LEFT)
    assert [one.shot for one in studio.jobs.items] == ["SH030"]


def test_a_new_render_is_seen_and_the_list_stays_where_it_was_else(
    qtbot: QtBot, studio: Studio, view: QueueView
) -> None:
    items = [Item(f"SH{at:03d}", f"/{at}", state="SUCCEEDED") for at in range(30)]
    studio.jobs.items = items[:29]
    told(studio)
    studio.jobs.items = items
    told(studio)
    last = view._rows[items[-1].id]
    qtbot.waitUntil(lambda: last.visibleRegion().boundingRect().height() == last.height())
    view._list.verticalScrollBar().setValue(100)
    studio.jobs.items = items[:-1]
    told(studio)
    assert view._list.verticalScrollBar().value() == 100


def test_a_long_error_widens_nothing(studio: Studio, view: QueueView) -> None:
    item = Item("SH010", "/a", state="FAILED", error="no")
    studio.jobs.items = [item]
    told(studio)
    row = view._rows[item.id]
    least = row.minimumSizeHint().width()
    item.error = "references[1] still.exr: is of no format that is read here; " * 5
    told(studio)
    assert row.minimumSizeHint().width() == least
    assert row.line.toolTip() == item.error


def test_a_preview_is_stamped(qtbot: QtBot, studio: Studio, view: QueueView, tmp_path: Path) -> None:
    image = QImage(64, 36, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.darkGreen)
    assert image.save(str(tmp_path / "p.jpg"))
    item = Item("A", "/a", state="RUNNING", phase="sampling", preview=(tmp_path / "p.jpg").read_bytes())
    studio.jobs.items = [item]
    told(studio)
    assert view._rows[item.id].thumb._stamp == "PREVIEW"


def test_without_a_preview_a_row_shows_the_plate_and_else_says_that_there_is_no_picture(
    qtbot: QtBot,
    studio: Studio,
    view: QueueView,
    shot: Shot,  # noqa: F811
    tmp_path: Path,
) -> None:
    state = opened(studio, shot, tmp_path)
    image = QImage(16, 9, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    assert image.save(str(tmp_path / "p.png"))
    here, away = Item("A", str(state.path.absolute()), state="RUNNING"), Item("B", "/not/open.shot.json")
    studio.jobs.items = [here, away]
    told(studio)
    row = view._rows[here.id]
    qtbot.waitUntil(lambda: row.thumb._image is not None, timeout=LONG_MS)
    green = row.thumb.grab().toImage().pixelColor(row.thumb.rect().topRight() - QPoint(3, -12))
    assert green.green() > 2 * green.red()
    here.preview = (tmp_path / "p.png").read_bytes()
    studio.jobs.progressed.emit()
    assert row.thumb._stamp == "PREVIEW"
    here.end("SUCCEEDED")
    told(studio)
    assert row.thumb._stamp == ""
    assert row.thumb._image is not None
    nothing = view._rows[away.id].thumb
    drawn = nothing.grab().toImage()
    middle = drawn.copy(drawn.rect().adjusted(drawn.width() // 3, 0, -drawn.width() // 3, 0))
    assert len({middle.pixel(x, y) for x in range(middle.width()) for y in range(middle.height())}) > 1


@pytest.mark.parametrize(
    ("item", "line"),
    [
        (Item("A", "/a"), "waits here"),
        (Item("A", "/a", state="UPLOADING", done=3_000_000, total=12_000_000), "sending: 3 of 12 MB"),
        (
            Item("A", "/a", state="RUNNING", phase="frames", done=3, total=49, frame=1004, eta_s=200.0),
            "frames, 3 of 49, frame 1004, 3 min left",
        ),
        (Item("A", "/a", state="AWAY", message="x"), "the server does not answer"),
        (Item("A", "/a", state="RUNNING", phase="frames", is_cancelling=True), "cancelling"),
        (Item("A", "/a", state="CANCELLED"), "cancelled"),
        (Item("A", "/a", state="CANCELLED", message="it goes on"), "cancelled: it goes on"),
    ],
)
def test_a_row_says_where_it_is(item: Item, line: str) -> None:
    assert line_of(item) == line


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (89, "89 s"), (600, "10 min"), (7800, "2 h 10 min")]
)
def test_times_are_round(seconds: float, text: str) -> None:
    assert time_text(seconds) == text


def test_a_version_is_shown_by_a_click_and_restored_by_two(
    qtbot: QtBot,
    shipped: Server,
    studio: Studio,
    shot: Callable[..., object],  # noqa: F811
    tmp_path: Path,
) -> None:
    state = opened(studio, shot, tmp_path)  # type: ignore[arg-type]
    view = HistoryView(studio)
    qtbot.addWidget(view)
    view.resize(420, 300)
    view.show()
    studio.jobs.add([state])
    qtbot.waitUntil(lambda: len(view._rows) == 1, timeout=LONG_MS)
    version = view._rows[0].version
    state.edit("Finish", edits.change(state.shot, "finish", wrap=0.1))
    assert view._rows[0]._name.text() == "v001  changed since: finish"
    view._list.setCurrentRow(0)
    assert (studio.view.now.version, studio.view.now.shows_plate) == (version.pattern, False)
    before = state.undo.count()
    view.restore()
    assert state.shot.finish.wrap == 0.5
    assert state.undo.count() == before + 1
    assert view._rows[0]._name.text() == "v001"
    qtbot.waitUntil(lambda: view._rows[0].image is not None, timeout=LONG_MS)
