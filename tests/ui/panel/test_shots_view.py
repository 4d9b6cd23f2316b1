"""The shot list, driven as a person would."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QSize, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage, QKeyEvent
from pytestqt.qtbot import QtBot

from pai_studio.ui.panel.pictures.sources import plate_of
from pai_studio.ui.panel.shots import ShotList, lines
from pai_studio.ui.panel.shots.model import STATE
from pai_studio.ui.panel.shots.thumbs import Thumbs
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.project import Opened, OpenedShot
from pai_studio.ui.panel.state.shot import ShotState, Status
from pai_studio.ui.panel.state.studio import Studio
from tests.ui.panel.files import picture, plate
from tests.ui.panel.shots import a_shot

Key = Qt.Key
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


def cut(studio: Studio, folder: Path, *names: str, notes: tuple[str, ...] = ()) -> list[ShotState]:
    shots = [a_shot(folder, stills=1, name=name) for name in names]
    opened = [OpenedShot(shot, folder / f"{shot.name}.shot.json", notes=notes) for shot in shots]
    return studio.project.add(Opened("cut", tuple(opened)))


@pytest.fixture
def shots(studio: Studio, tmp_path: Path) -> list[ShotState]:
    return cut(studio, tmp_path, "SH010", "SH020", "SH030", "AB040")


@pytest.fixture
def widget(qtbot: QtBot, studio: Studio, shots: list[ShotState]) -> ShotList:
    widget = ShotList(studio)
    qtbot.addWidget(widget)
    widget.resize(320, 480)
    widget.show()
    return widget


def names(widget: ShotList) -> list[str]:
    return [widget.shown.index(row, 0).data() for row in range(widget.shown.rowCount())]


def click(
    qtbot: QtBot, widget: ShotList, row: int, *, extend: bool = False, button: Qt.MouseButton = LEFT
) -> None:
    at = widget.view.visualRect(widget.shown.index(row, 0)).center()
    held = Qt.KeyboardModifier.ControlModifier if extend else Qt.KeyboardModifier.NoModifier
    qtbot.mouseClick(widget.view.viewport(), button, held, at)


def settles(qtbot: QtBot, studio: Studio) -> None:
    """Nothing looks at a disk any more, so that no status is told beside the test's own."""
    qtbot.waitUntil(lambda: studio.work.is_idle and studio.pictures.is_idle)


def test_keys_walk_through_the_cut_and_return_goes_on_to_the_viewer(
    qtbot: QtBot, studio: Studio, widget: ShotList, shots: list[ShotState]
) -> None:
    assert studio.project.current is shots[0]
    for key, at in ((Key.Key_Down, 1), (Key.Key_End, 3), (Key.Key_Up, 2), (Key.Key_Home, 0), (Key.Key_A, 3)):
        qtbot.keyClick(widget.view, key)
        assert studio.project.current is shots[at], key
    assert widget.selected == [shots[3]]
    with qtbot.waitSignal(widget.viewer_wanted):
        qtbot.keyClick(widget.view, Key.Key_Return)
    studio.project.look_at(shots[1])  # from elsewhere
    assert widget.view.currentIndex().data(STATE) is shots[1]
    assert widget.selected == [shots[1]]


def test_letters_of_a_name_that_is_being_typed_are_no_shortcuts(qtbot: QtBot, widget: ShotList) -> None:
    def is_taken(text: str) -> bool:
        event = QKeyEvent(QEvent.Type.ShortcutOverride, Key.Key_1, Qt.KeyboardModifier.NoModifier, text)
        event.ignore()
        widget.view.event(event)
        return event.isAccepted()

    assert not is_taken("1")
    qtbot.keyClick(widget.view, Key.Key_S)
    assert is_taken("1")


def test_a_filter_hides_rows_and_moves_nobody(
    qtbot: QtBot, studio: Studio, widget: ShotList, shots: list[ShotState]
) -> None:
    settles(qtbot, studio)
    shots[1].stand(Status.DONE)
    qtbot.keyClicks(widget.text, "h0")
    assert names(widget) == ["SH010", "SH020", "SH030"]
    assert widget.summary.text() == "3 of 4 shots"
    widget.states.setCurrentIndex(widget.states.findData(Status.DONE))
    assert names(widget) == ["SH020"]
    assert studio.project.current is shots[0]
    shots[1].stand(Status.STALE)
    assert names(widget) == []
    assert widget.view.nothing == "No shot matches the filter."
    widget.states.setCurrentIndex(0)
    widget.text.clear()
    assert names(widget) == ["SH010", "SH020", "SH030", "AB040"]
    assert widget.view.currentIndex().data(STATE) is shots[0]


def test_several_are_rendered_or_closed_in_the_order_of_the_cut(
    qtbot: QtBot, widget: ShotList, shots: list[ShotState]
) -> None:
    click(qtbot, widget, 2)
    click(qtbot, widget, 0, extend=True)
    assert widget.selected == [shots[0], shots[2]]
    actions = {one.text().split("\t")[0]: one for one in widget.menu_of(widget.selected).actions()}
    assert not actions["Save as…"].isEnabled()
    for text, signal, more in (
        ("Render 2 shots", widget.render_wanted, ["render"]),
        ("Re-finish 2 shots", widget.render_wanted, ["refinish"]),
        ("Reload 2 shots", widget.reload_wanted, []),
        ("Close 2 shots", widget.close_wanted, []),
    ):
        with qtbot.waitSignal(signal) as came:
            actions[text].trigger()
        assert came.args == [[shots[0], shots[2]], *more]
    one = {a.text().split("\t")[0]: a for a in widget.menu_of([shots[3]]).actions()}
    with qtbot.waitSignals([widget.folder_wanted, widget.save_as_wanted]):
        one["Show in folder"].trigger()
        one["Save as…"].trigger()


def test_every_ready_shot_is_rendered_by_one_button(
    qtbot: QtBot, studio: Studio, widget: ShotList, shots: list[ShotState]
) -> None:
    settles(qtbot, studio)
    for state, status in zip(shots, (Status.READY, Status.DONE, Status.STALE, Status.OFFLINE), strict=True):
        state.stand(status)
    assert (widget.summary.text(), widget.render_all.text()) == ("4 shots", "Render all ready (2)")
    with qtbot.waitSignal(widget.render_wanted) as came:
        qtbot.mouseClick(widget.render_all, LEFT)
    assert came.args == [[shots[0], shots[2]], "render"]
    for state in shots:
        state.stand(Status.EMPTY)
    assert not widget.render_all.isEnabled()


def test_a_row_says_how_it_stands_without_colour(
    qtbot: QtBot, studio: Studio, widget: ShotList, tmp_path: Path
) -> None:
    state = cut(studio, tmp_path, "SH900", notes=("its rate is taken to be 24",))[0]
    settles(qtbot, studio)
    low = widget.view.sizeHintForIndex(widget.view.currentIndex()).height()
    state.stand(Status.OFFLINE, ("frames 1001-1049 <are> not there",))
    at = widget.view.currentIndex()
    said = at.data(Qt.ItemDataRole.AccessibleTextRole)
    for part in (
        "SH900: offline",
        "1001-1049: 49 frames, 1 still, 23.976 fps",
        "<are> not there",
        "taken to be 24",
    ):
        assert part in said
    assert "&lt;are&gt;" in at.data(Qt.ItemDataRole.ToolTipRole)
    assert widget.view.sizeHintForIndex(at).height() > low, "no line for what is wrong"


def test_a_conflict_is_told_in_place_and_overwritten_when_asked(
    qtbot: QtBot, widget: ShotList, shots: list[ShotState]
) -> None:
    state = shots[1]
    assert not widget.strip.isVisible()
    state.path.write_text("{}")
    state.edit("Type", edits.change(state.shot, "prompt", caption="a shore"))
    at = widget.model.index_of(state)
    assert "Saving" in at.data(Qt.ItemDataRole.AccessibleTextRole)
    state.saving.now()
    qtbot.waitUntil(widget.strip.isVisible)
    assert "SH020 is not saved: was changed by another program" in widget.strip.line.text()
    assert not widget.strip.retry.isVisible()
    assert lines.trouble(state) == ("Not saved: was changed by another program", "bad")
    for button, signal, wanted in (
        (widget.strip.reload, widget.reload_wanted, [state]),
        (widget.strip.save_as, widget.save_as_wanted, state),
    ):
        with qtbot.waitSignal(signal) as came:
            qtbot.mouseClick(button, LEFT)
        assert came.args == [wanted]
    qtbot.mouseClick(widget.strip.overwrite, LEFT)
    qtbot.waitUntil(lambda: state.saving.kind == "saved")
    assert not widget.strip.isVisible()
    assert "a shore" in state.path.read_text()


def test_a_save_that_failed_is_tried_again(qtbot: QtBot, studio: Studio, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.write_text("a file where the folder should be")
    shot = a_shot(tmp_path, stills=1)
    state = studio.project.add(Opened("one", (OpenedShot(shot, folder / "SH010.shot.json"),)))[0]
    widget = ShotList(studio)
    qtbot.addWidget(widget)
    widget.show()
    state.edit("Type", edits.change(shot, "prompt", caption="a shore"))
    state.saving.now()
    qtbot.waitUntil(widget.strip.isVisible)
    assert not widget.strip.overwrite.isVisible()
    folder.unlink()
    folder.mkdir()
    qtbot.mouseClick(widget.strip.retry, LEFT)
    qtbot.waitUntil(lambda: state.saving.kind == "saved")
    assert "a shore" in state.path.read_text()


def test_closing_and_opening_keep_what_is_selected(
    qtbot: QtBot, studio: Studio, widget: ShotList, shots: list[ShotState], tmp_path: Path
) -> None:
    click(qtbot, widget, 3)
    click(qtbot, widget, 2, extend=True)
    studio.project.close([shots[0]])
    assert widget.selected == shots[2:]
    with qtbot.assertNotEmitted(widget.model.dataChanged):
        shots[0].stand(Status.DONE)  # a shot that was let go says no more here
    assert names(widget) == ["SH020", "SH030", "AB040"]
    studio.project.close(shots[1:])
    assert widget.view.nothing.startswith("No shot is open.")


def test_what_is_dropped_is_to_be_opened(qtbot: QtBot, widget: ShotList, tmp_path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path)), QUrl("https://example.com/a.mov")])
    no_button, no_key = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    event = QDropEvent(QPoint(9, 9), Qt.DropAction.CopyAction, mime, no_button, no_key)
    with qtbot.waitSignal(widget.open_wanted) as came:
        widget.dropEvent(event)
    assert came.args == [[tmp_path]]


def green_at(widget: ShotList, row: int) -> bool:
    """Whether the thumbnail of a row shows the green screen."""
    picture: QImage = widget.view.viewport().grab().toImage()
    tile = widget.view.visualRect(widget.shown.index(row, 0))
    # The grey square of the test's plate stands at the left of its first frame.
    found = picture.pixelColor(tile.left() + 50, tile.center().y())
    return found.green() > 1.5 * max(found.red(), found.blue(), 40)


def test_the_plate_is_shown_as_soon_as_it_can_be_read(qtbot: QtBot, studio: Studio, tmp_path: Path) -> None:
    first = cut(studio, tmp_path, "SH010")[0]
    widget = ShotList(studio)
    qtbot.addWidget(widget)
    widget.resize(320, 300)
    widget.show()
    source = plate_of(first.shot)
    qtbot.waitUntil(lambda: studio.pictures.fault(source, 1001, 8) is not None)
    assert not green_at(widget, 0)
    plate(tmp_path / "plate", range(1001, 1002))
    studio.pictures.forget(source.key)  # as the viewer's "Try again" does
    qtbot.waitUntil(lambda: green_at(widget, 0))


def test_reload_reads_the_pictures_anew(
    qtbot: QtBot, studio: Studio, widget: ShotList, tmp_path: Path
) -> None:
    plate(tmp_path / "plate", range(1001, 1002))
    state = cut(studio, tmp_path, "SH900")[0]
    studio.pictures.forget(plate_of(state.shot).key)  # the fixture's shots have looked for it before
    row = widget.view.currentIndex().row()
    widget.resize(320, 900)
    qtbot.waitUntil(lambda: green_at(widget, row))
    picture(tmp_path / "plate" / "SH010.1001.exr", np.full((36, 64, 3), 0.2, np.float32))
    with qtbot.waitSignal(widget.reload_wanted):
        next(a for a in widget.menu_of([state]).actions() if a.text() == "Reload").trigger()
    qtbot.waitUntil(lambda: studio.pictures.is_idle and not green_at(widget, row))


def test_a_thumbnail_hears_that_its_pictures_are_old_whoever_says_so(
    qtbot: QtBot, studio: Studio, tmp_path: Path
) -> None:
    plate(tmp_path / "plate", range(1001, 1002))
    state = cut(studio, tmp_path, "SH900")[0]
    source, box = plate_of(state.shot), QSize(64, 36)
    thumbs = Thumbs(studio)

    def green() -> int:
        made = thumbs.get(source, 1001, state.shot.ocio, box)
        colour = made.image.pixelColor(2, 2) if made is not None else None
        return -1 if colour is None else colour.green() - colour.red()

    qtbot.waitUntil(lambda: green() > 40)
    picture(tmp_path / "plate" / "SH010.1001.exr", np.full((36, 64, 3), 0.2, np.float32))
    with qtbot.waitSignal(thumbs.changed):
        studio.forget_pictures(state)
    qtbot.waitUntil(lambda: green() == 0)


def test_five_hundred_shots_are_drawn_and_scrolled_at_once(
    qtbot: QtBot, studio: Studio, tmp_path: Path
) -> None:
    shot = a_shot(tmp_path, stills=1)
    many = [
        OpenedShot(shot.model_copy(update={"name": f"SH{number:04d}"}), tmp_path / f"{number}.shot.json")
        for number in range(500)
    ]
    widget = ShotList(studio)
    qtbot.addWidget(widget)
    widget.resize(320, 900)
    widget.show()
    studio.project.add(Opened("cut", tuple(many)))
    bar = widget.view.verticalScrollBar()
    begin = time.perf_counter()
    steps = range(0, bar.maximum(), max(bar.maximum() // 20, 1))
    for at in steps:
        bar.setValue(at)
        widget.view.viewport().repaint()
    a_step_ms = (time.perf_counter() - begin) / len(steps) * 1000
    assert bar.maximum() > 10_000
    assert a_step_ms < 50, f"{a_step_ms:.1f} ms a step"


def test_in_a_narrow_list_a_name_is_worth_more_than_the_word_for_its_state(
    qtbot: QtBot, studio: Studio, tmp_path: Path
) -> None:
    """The same row is another picture under another name."""
    (state,) = cut(studio, tmp_path, "A010B")
    widget = ShotList(studio)
    qtbot.addWidget(widget)
    widget.resize(widget.fontMetrics().averageCharWidth() * 22, 400)
    widget.show()
    pictures = []
    for name in ("A010B", "A777B"):
        state.edit("Rename", state.shot.model_copy(update={"name": name}))
        state.saving.now()
        qtbot.waitUntil(lambda: not lines.is_saving(state))
        settles(qtbot, studio)
        state.stand(Status.FAULTY, ())
        pictures.append(widget.view.viewport().grab().toImage())
    assert pictures[0] != pictures[1]
