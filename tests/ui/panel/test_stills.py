"""The bin of stills."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot

from pai_studio.core.media.display import Look
from pai_studio.core.shot.document import Ocio
from pai_studio.ui.panel.pictures.converted import screen_of
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.memory import Memory
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.stills import StillsBin
from tests.ui.panel.files import picture
from tests.ui.panel.shots import a_shot, opened

Key = Qt.Key


@pytest.fixture
def widget(qtbot: QtBot, studio: Studio) -> StillsBin:
    widget = StillsBin(studio)
    qtbot.addWidget(widget)
    widget.resize(500, 500)
    widget.show()
    return widget


def a_still(folder: Path, name: str = "street.png") -> Path:
    return picture(folder / name, np.full((90, 160, 3), 0.5, np.float32))


def names(widget: StillsBin) -> list[str]:
    return [widget.model.index(row).data() for row in range(widget.model.rowCount())]


def drop(widget: StillsBin, *paths: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    no_button, no_key = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    widget.view.dropEvent(QDropEvent(QPoint(9, 9), Qt.DropAction.CopyAction, mime, no_button, no_key))


def test_stills_of_the_shots_come_and_go_with_them(
    qtbot: QtBot, studio: Studio, widget: StillsBin, tmp_path: Path
) -> None:
    state = opened(studio, a_shot(tmp_path, stills=2), tmp_path)
    assert names(widget) == ["0.exr", "1.exr"]
    state.edit("Add", edits.add_references(state.shot, [str(tmp_path / "0.exr")], [1040]))
    assert names(widget) == ["0.exr", "1.exr"]
    assert widget.model.used(widget.model.index(0)) == "used 2 times"
    state.undo.undo()
    state.edit("Remove", edits.remove_reference(state.shot, state.shot.references[0]))
    assert names(widget) == ["1.exr"]
    studio.project.close([state])
    qtbot.waitUntil(lambda: names(widget) == [])


def test_what_is_dropped_is_kept_from_one_day_to_the_next(
    qtbot: QtBot, studio: Studio, widget: StillsBin, tmp_path: Path
) -> None:
    still = a_still(tmp_path)
    drop(widget, still, tmp_path / "notes.txt")
    drop(widget, still)
    assert names(widget) == ["street.png"]
    assert "notes.txt" in studio.faults.all[-1].line
    qtbot.waitUntil(lambda: studio.work.is_idle)
    assert Memory(studio.work).get("stills") == [str(still)]


def test_a_tile_shows_size_and_space_or_what_is_wrong(
    qtbot: QtBot, studio: Studio, widget: StillsBin, tmp_path: Path
) -> None:
    drop(widget, a_still(tmp_path), tmp_path / "gone.png")
    first, second = widget.model.index(0), widget.model.index(1)
    qtbot.waitUntil(lambda: widget.model.thumb(first) is not None and widget.model.fault(second) is not None)
    assert widget.model.facts(first).startswith("160 x 90")
    assert "sRGB" in first.data(Qt.ItemDataRole.AccessibleTextRole)
    assert widget.model.facts(second) == str(widget.model.fault(second)).split(": ", 1)[-1]
    thumb = widget.model.thumb(first)
    assert thumb is not None
    grey = np.full((1, 1, 4), 128 / 255, np.float16)
    wanted = screen_of(Ocio()).shown(grey, thumb.space, Look())[0, 0, 0]
    assert abs(thumb.image.pixelColor(9, 9).red() - int(wanted)) <= 1


def test_a_still_that_has_come_back_is_read_again(qtbot: QtBot, widget: StillsBin, tmp_path: Path) -> None:
    drop(widget, tmp_path / "street.png")
    at = widget.model.index(0)
    qtbot.waitUntil(lambda: widget.model.fault(at) is not None)
    a_still(tmp_path)
    widget.view.setCurrentIndex(at)
    next(one for one in widget.menu().actions() if one.text() == "Read again").trigger()
    qtbot.waitUntil(lambda: widget.model.thumb(at) is not None)


def test_a_drag_carries_the_files(widget: StillsBin, tmp_path: Path) -> None:
    files = [a_still(tmp_path, name) for name in ("a.png", "b c.png")]
    drop(widget, *files)
    mime = widget.model.mimeData([widget.model.index(0), widget.model.index(1)])
    assert [Path(url.toLocalFile()) for url in mime.urls()] == files
    assert mime.hasFormat("text/uri-list")
    assert widget.model.flags(widget.model.index(0)) & Qt.ItemFlag.ItemIsDragEnabled


def test_return_puts_stills_at_the_playhead_and_delete_takes_them_out(
    qtbot: QtBot, studio: Studio, widget: StillsBin, tmp_path: Path
) -> None:
    still = a_still(tmp_path)
    drop(widget, still)
    wanted: list[list[Path]] = []
    widget.still_wanted.connect(wanted.append)
    widget.view.setCurrentIndex(widget.model.index(0))
    qtbot.keyClick(widget.view, Key.Key_Return)
    assert wanted == [], "no shot is open"
    opened(studio, a_shot(tmp_path, stills=1), tmp_path)
    assert names(widget) == ["0.exr", "street.png"]
    widget.view.setCurrentIndex(widget.model.index(1))
    qtbot.keyClick(widget.view, Key.Key_Return)
    assert wanted == [[still]]
    widget.view.selectAll()
    qtbot.keyClick(widget.view, Key.Key_Delete)
    assert names(widget) == ["0.exr"]
    assert "in use by a shot, remove it on the timeline: 0.exr" in studio.faults.all[-1].line


@pytest.mark.parametrize(("wide", "columns"), [(24, 1), (40, 2), (99, 6)])
def test_tiles_fill_the_width(
    qtbot: QtBot, widget: StillsBin, tmp_path: Path, wide: int, columns: int
) -> None:
    drop(widget, *(tmp_path / f"{number}.png" for number in range(8)))
    unit = widget.view.fontMetrics().averageCharWidth()
    widget.resize(wide * unit, 400)
    qtbot.waitUntil(lambda: widget.view.width() == widget.width())
    places = [widget.view.visualRect(widget.model.index(row)) for row in range(8)]
    in_a_row = sum(place.top() == places[0].top() for place in places)
    assert in_a_row == columns
    left_over = widget.view.viewport().width() - places[columns - 1].right()
    assert left_over < places[0].width() / 3
