from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from pai_studio.core.shot import document
from pai_studio.core.shot.frames import FrameRange
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.work import Work
from tests.ui.panel.shots import a_shot, opened


@pytest.fixture
def state(studio: Studio, tmp_path: Path) -> ShotState:
    return opened(studio, a_shot(tmp_path, stills=1), tmp_path)


def saved(qtbot: QtBot, state: ShotState) -> None:
    state.saving.now()
    qtbot.waitUntil(lambda: state.saving.kind in ("saved", "failed"))


def test_every_edit_is_undone_and_redone(state: ShotState) -> None:
    first = state.shot
    state.edit("Add a still", edits.add_references(first, ["b.exr"], [1030]))
    second = state.shot
    state.edit("Type", edits.change(second, "prompt", caption="a shore"))
    third = state.shot
    assert [r.frame for r in third.references] == [1001, 1030]
    state.undo.undo()
    assert state.shot == second
    state.undo.undo()
    assert state.shot == first
    state.undo.redo()
    state.undo.redo()
    assert state.shot == third


def test_a_drag_is_one_edit_and_the_reference_stays_selected(state: ShotState) -> None:
    reference = state.shot.references[0]
    state.select(reference)
    before = state.shot
    for frame in (1002, 1010, 1020):
        assert state.selected is not None
        shot, _ = edits.move_reference(state.shot, state.selected, frame)
        state.edit("Move a still", shot, merge="move")
    state.end_gesture()
    assert state.undo.count() == 1
    assert state.selected is state.shot.references[0]
    assert state.selected.frame == 1020
    shot, _ = edits.move_reference(state.shot, state.selected, 1021)
    state.edit("Move a still", shot, merge="move")
    assert state.undo.count() == 2
    state.undo.undo()
    state.undo.undo()
    assert state.shot == before
    assert state.selected is reference


def test_a_drag_back_to_where_it_began_leaves_nothing_to_undo(state: ShotState) -> None:
    for frame in (1005, 1001):
        shot, _ = edits.move_reference(state.shot, state.shot.references[0], frame)
        state.edit("Move a still", shot, merge="move")
    assert state.undo.count() == 0


def test_a_removed_reference_is_no_longer_selected(state: ShotState) -> None:
    state.select(state.shot.references[0])
    state.edit("Remove a still", edits.remove_reference(state.shot, state.shot.references[0]))
    assert state.selected is None


def test_an_edit_is_on_disk_a_moment_later_and_read_back_the_same(qtbot: QtBot, state: ShotState) -> None:
    state.edit("Type", edits.change(state.shot, "prompt", caption="a shore"))
    qtbot.waitUntil(lambda: state.saving.kind == "saved")
    assert document.load(state.path) == state.shot


def test_two_saves_in_a_row_do_not_take_one_another_for_a_stranger(qtbot: QtBot, state: ShotState) -> None:
    for text in ("a", "b", "c"):
        state.edit("Type", edits.change(state.shot, "prompt", caption=text))
        state.saving.now()
    saved(qtbot, state)
    assert state.saving.error is None
    assert document.load(state.path).prompt.caption == "c"


def test_what_another_program_wrote_is_not_overwritten_unasked(qtbot: QtBot, state: ShotState) -> None:
    state.edit("Type", edits.change(state.shot, "prompt", caption="mine"))
    saved(qtbot, state)
    theirs = json.loads(state.path.read_text()) | {"name": "SH020"}
    state.path.write_text(json.dumps(theirs))
    state.edit("Type", edits.change(state.shot, "prompt", caption="mine again"))
    saved(qtbot, state)
    assert "changed by another program" in str(state.saving.error)
    assert document.load(state.path).name == "SH020"
    state.saving.overwrite(state.shot)
    qtbot.waitUntil(lambda: state.saving.kind == "saved")
    assert document.load(state.path) == state.shot


def test_a_failed_save_keeps_what_was_edited_and_is_tried_again(
    qtbot: QtBot, studio: Studio, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way of a folder")
    state = opened(studio, a_shot(tmp_path, stills=1), tmp_path / "file")
    state.edit("Type", edits.change(state.shot, "prompt", caption="kept"))
    saved(qtbot, state)
    assert state.saving.kind == "failed"
    copy = state.saving.copy
    assert copy is not None
    assert document.load(copy).prompt.caption == "kept"
    (tmp_path / "file").unlink()
    (tmp_path / "file").mkdir()
    state.saving.again()
    qtbot.waitUntil(lambda: state.saving.kind == "saved")
    assert document.load(state.path).prompt.caption == "kept"
    assert not list(copy.parent.iterdir()), "a copy that nobody needs is left"


def test_marks_hold_inside_the_shot_and_give_way_to_one_another(state: ShotState) -> None:
    assert state.marks == FrameRange(1001, 1049)
    state.mark(first=1020)
    state.mark(last=1010)
    assert state.marks == FrameRange(1010, 1010)
    state.mark(first=900, last=1015)
    assert state.marks == FrameRange(1001, 1015)
    state.clear_marks()
    assert not state.has_marks


def test_the_playhead_stays_in_the_shot(state: ShotState) -> None:
    heard: list[int] = []
    state.frame_changed.connect(heard.append)
    for frame in (5, 1010, 1010, 99999):
        state.go_to(frame)
    assert heard == [1010, 1049]


@given(st.integers(-500, 2000), st.integers(0, 300), st.integers(1, 7), st.integers(1, 12))
@settings(max_examples=60)
def test_stills_that_are_dropped_together_are_spread(first: int, length: int, step: int, count: int) -> None:
    span = FrameRange(first, first + length, step)
    frames = edits.spread(span, count)
    assert len(frames) == count
    assert frames == sorted(frames)
    assert all(frame in span for frame in frames)
    assert frames[0] == span.first
    if count > 1:
        assert frames[-1] == list(span)[-1]


def test_work_hands_over_in_the_window_s_thread_and_errors_to_whoever_takes_them(
    qtbot: QtBot, work: Work
) -> None:
    import threading

    from pai_studio.core.shot.errors import BadInput

    came: list[object] = []

    def fail() -> None:
        raise BadInput("no")

    work.run(threading.get_ident, done=came.append)
    work.run(fail, failed=lambda error: came.append((str(error), threading.get_ident())))
    qtbot.waitUntil(lambda: work.is_idle)
    threads = [one for one in came if isinstance(one, int)]
    assert threads != [threading.get_ident()]
    assert ("no", threading.get_ident()) in came


def test_closing_waits_for_what_is_to_be_saved(state: ShotState, studio: Studio) -> None:
    state.edit("Type", edits.change(state.shot, "prompt", caption="last words"))
    studio.close()
    assert document.load(state.path).prompt.caption == "last words"


def test_a_signal_does_not_wear_out_the_interpreter(studio: Studio) -> None:
    """PySide6 6.12.0 drops a reference to True with every emit, until Python 3.11 ends with a fatal error."""
    import sys

    studio.view.changed.emit()
    before = sys.getrefcount(True)
    for _ in range(100):
        studio.view.changed.emit()
    assert sys.getrefcount(True) > before - 50


def test_what_a_call_knows_ends_in_the_window_s_thread(qtbot: QtBot, work: Work) -> None:
    """A widget that ends in another thread takes the whole process with it."""
    import threading
    import weakref

    ended: list[int] = []

    class Known:
        def ask(self) -> int:
            return 1

        def hear(self, value: int) -> None:
            assert value == 1

    for _ in range(20):
        known = Known()
        weakref.finalize(known, lambda: ended.append(threading.get_ident()))
        work.run(known.ask, done=known.hear)
        del known
    qtbot.waitUntil(lambda: work.is_idle)
    work.run(lambda: None)
    qtbot.waitUntil(lambda: work.is_idle and len(ended) == 20)
    assert set(ended) == {threading.get_ident()}


def test_cycles_are_collected_in_the_window_s_thread_alone(qtbot: QtBot, work: Work) -> None:
    import gc
    import threading
    import weakref

    ended: list[int] = []

    class Round:
        def __init__(self) -> None:
            self.own = self

    def allocate() -> None:
        for _ in range(20_000):
            Round()

    for _ in range(200):
        weakref.finalize(Round(), lambda: ended.append(threading.get_ident()))
    work.run(allocate)
    qtbot.waitUntil(lambda: work.is_idle)
    assert not gc.isenabled()
    qtbot.waitUntil(lambda: len(ended) == 200)
    assert set(ended) == {threading.get_ident()}
