"""How shots stand, and their versions: real files, a real server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from pai_studio.core.shot.document import Shot
from pai_studio.server.app import Server
from pai_studio.ui.panel.shots import lines
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.shot import ShotState, Status
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.state.versions import changes, found, gaps_text, restored
from tests.ui.panel.files import picture, plate
from tests.ui.panel.shots import a_shot, opened

LONG_MS = 20_000


@pytest.fixture
def shot(tmp_path: Path) -> Shot:
    pattern = plate(
        tmp_path / "plate", frames=range(1001, 1004), size=(16, 9), colorInteropID="lin_ap1_scene"
    )
    still = picture(tmp_path / "still.png", np.full((9, 16, 3), 0.5, np.float32))
    return a_shot(
        tmp_path,
        frames=[1001, 1003],
        plate={"files": str(pattern), "colorspace": "ACEScg"},
        references=[{"file": str(still), "frame": 1001}],
        engine={"name": "plate"},
    )


def stands(qtbot: QtBot, state: ShotState, status: Status) -> tuple[str, ...]:
    qtbot.waitUntil(lambda: state.status == status, timeout=LONG_MS)
    return state.problems


def test_a_shot_that_lacks_nothing_is_ready(qtbot: QtBot, studio: Studio, shot: Shot, tmp_path: Path) -> None:
    state = opened(studio, shot, tmp_path)
    assert stands(qtbot, state, Status.READY) == ()
    state.edit("No stills", edits.with_references(shot, []))
    stands(qtbot, state, Status.EMPTY)
    state.undo.undo()
    stands(qtbot, state, Status.READY)


def outside(shot: Shot, _folder: Path) -> Shot:
    return edits.with_references(shot, [shot.references[0].model_copy(update={"frame": 5})])


def damaged(shot: Shot, folder: Path) -> Shot:
    (folder / "still.png").write_bytes(b"\x89PNG and no more")
    return shot


def gone(shot: Shot, folder: Path) -> Shot:
    (folder / "still.png").unlink()
    return shot


def damaged_plate(shot: Shot, folder: Path) -> Shot:
    (folder / "plate" / "SH010.1001.exr").write_bytes(b"\x76\x2f\x31\x01 and no more")
    return shot


def holed(shot: Shot, folder: Path) -> Shot:
    (folder / "plate" / "SH010.1002.exr").unlink()
    return shot


def offline(shot: Shot, _folder: Path) -> Shot:
    return edits.change(shot, "plate", files="/nowhere/p.####.exr")


def wide(shot: Shot, folder: Path) -> Shot:
    picture(folder / "still.png", np.full((4, 16, 3), 0.5, np.float32))
    return shot


@pytest.mark.parametrize(
    "case",
    [
        (outside, Status.FAULTY, "still.png at 5 lies outside 1001-1003: move it, or widen the range"),
        (damaged, Status.FAULTY, "the still still.png cannot be"),
        (gone, Status.FAULTY, "the still still.png is not there"),
        (damaged_plate, Status.FAULTY, "the plate's first frame"),
        (holed, Status.FAULTY, "frames of the plate are missing: 1002"),
        (offline, Status.OFFLINE, "the plate is not there: /nowhere/p.####.exr"),
        (
            wide,
            Status.READY,
            "note: the still still.png is wider than the plate: its edges are cut off (fill)",
        ),
    ],
)
def test_what_is_wrong_is_said_in_place(
    qtbot: QtBot,
    studio: Studio,
    shot: Shot,
    tmp_path: Path,
    case: tuple[Callable[[Shot, Path], Shot], Status, str],
) -> None:
    wrong, status, say = case
    state = opened(studio, wrong(shot, tmp_path), tmp_path)
    qtbot.waitUntil(
        lambda: state.status == status and any(say in one for one in state.problems), timeout=LONG_MS
    )


def test_a_fault_is_said_before_the_notes(qtbot: QtBot, studio: Studio, shot: Shot, tmp_path: Path) -> None:
    still = shot.references[0]
    many = [still.model_copy(update={"frame": frame}) for frame in (1001, 1002, 1003)]
    lost = still.model_copy(update={"file": str(tmp_path / "lost.png")})
    state = opened(studio, edits.with_references(shot, [*many, lost]), tmp_path)
    problems = stands(qtbot, state, Status.FAULTY)
    assert [one.startswith("note: ") for one in problems] == [False, True]
    assert lines.trouble(state)[0].startswith("the still lost.png is not there")


@pytest.mark.parametrize("status", Status)
def test_a_note_is_no_fault_however_the_shot_stands(
    studio: Studio, shot: Shot, tmp_path: Path, status: Status
) -> None:
    state = opened(studio, shot, tmp_path)
    state.stand(status, ("note: the still is wide",))
    assert lines.trouble(state) == ("note: the still is wide", "warn")


def test_a_render_that_was_stopped_makes_no_shot_done(
    qtbot: QtBot, studio: Studio, shot: Shot, tmp_path: Path
) -> None:
    black = np.zeros((9, 16, 3), np.float32)
    made = tmp_path / "SH010" / "v001"
    picture(made / "SH010_v001.1001.exr", black)
    state = opened(studio, shot, tmp_path)
    qtbot.waitUntil(lambda: len(studio.standing._known[state][2]) == 1, timeout=LONG_MS)
    assert state.status == Status.READY
    (version,) = found(shot, tmp_path)
    assert (version.missing, gaps_text(version)) == ((1002, 1003), "1002-1003 missing")
    for frame in (1002, 1003):
        picture(made / f"SH010_v001.{frame}.exr", black)
    studio.standing.look_again(state)
    stands(qtbot, state, Status.DONE)


def test_versions_are_found_restored_and_grow_stale(
    qtbot: QtBot, shipped: Server, studio: Studio, shot: Shot, tmp_path: Path
) -> None:
    state = opened(studio, shot, tmp_path)
    item = studio.jobs.add([state])[0]
    stands(qtbot, state, Status.DONE)
    assert item.state == "SUCCEEDED", item.error
    qtbot.waitUntil(lambda: bool(studio.versions.of(state)), timeout=LONG_MS)
    version = studio.versions.of(state)[0]
    assert (version.label, version.engine, str(version.frames)) == ("v001", "plate", "1001-1003")
    assert "beauty" in version.passes
    assert version.space == "ACEScg"
    state.edit("Finish", edits.change(state.shot, "finish", wrap=0.1))
    stands(qtbot, state, Status.STALE)
    assert changes(state.shot, version) == ["finish"]
    state.edit("Restore v001", restored(state.shot, version))
    assert state.shot == shot
    stands(qtbot, state, Status.DONE)
    (Path(version.pattern).parent / "SH010_v001.1002.exr").unlink()
    assert found(shot, tmp_path)[0].missing == (1002,)
    origin = Path(version.pattern).parent / "SH010_v001.provenance.json"
    for broken in ('{"shot": {"finish": 5}}', '{"shot": [], "delivery": "x"}', "[]", "no JSON"):
        origin.write_text(broken)
        one = found(shot, tmp_path)[0]
        assert (one.shot, one.engine, one.label) == ({}, "", "v001")
