"""One sitting at the real window, with the real server and the draft engine, as a person would: by mouse and keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from pai_studio.core.shot import document
from pai_studio.core.shot.saving import text_beside
from pai_studio.server.app import Server
from pai_studio.ui.panel import style
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.window import Window
from tests.ui.panel.conftest import watched
from tests.ui.panel.files import picture, plate
from tests.ui.panel.person import Person
from tests.ui.panel.shots import a_shot

SIZE = (96, 54)


@pytest.fixture
def shot_file(tmp_path: Path) -> Path:
    """A green plate of nine frames, and its document without a still."""
    pattern = plate(tmp_path / "plate", frames=range(1001, 1010), size=SIZE, colorInteropID="lin_ap1_scene")
    shot = a_shot(
        tmp_path,
        frames=[1001, 1009],
        plate={"files": str(pattern), "colorspace": "ACEScg"},
        engine={"name": "draft"},
    )
    path = tmp_path / "SH010.shot.json"
    path.write_text(text_beside(shot, tmp_path))
    return path


@pytest.fixture
def stills(tmp_path: Path) -> list[Path]:
    noise = np.random.default_rng(5).uniform(0.1, 0.9, (SIZE[1], SIZE[0] + 8, 3)).astype(np.float32)
    return [
        picture(tmp_path / f"still{n}.exr", noise[:, n * 4 : n * 4 + SIZE[0]], colorInteropID="lin_ap1_scene")
        for n in range(3)
    ]


@pytest.fixture
def sit_down(
    qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[[], Window]]:
    """Opens the panel; every exception of a slot or thread fails the test."""
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path / "state"))
    opened: list[tuple[Window, list[Exception]]] = []
    style.dress(qapp)

    def open_panel() -> Window:
        studio = Studio()
        broken = watched(studio.work)
        window = Window(studio)
        opened.append((window, broken))
        window.show()
        qtbot.waitExposed(window)
        return window

    yield open_panel
    for window, broken in opened:
        window.close()
        window.studio.close()
        window.deleteLater()
        assert broken == []


def sitting(person: Person, stills: list[Path]) -> None:
    """A whole job at the shot that is open: stills, framing, prompt, render, watch, cancel, render, look."""
    state = person.state
    first, middle, last = edits.spread(state.shot.all_frames, 3)
    person.drop_stills(stills)
    assert [one.frame for one in state.shot.references] == [first, middle, last]

    person.frame_the_still(1)
    assert isinstance(state.shot.references[1].fit, tuple)

    person.drag_still(1, middle + 2)
    assert [one.frame for one in state.shot.references] == [first, middle + 2, last]
    person.press("undo")
    assert [one.frame for one in state.shot.references] == [first, middle, last]
    person.press("redo")
    assert [one.frame for one in state.shot.references] == [first, middle + 2, last]

    person.type_prompt("a shore at noon")
    assert state.shot.prompt.background_content == "a shore at noon"

    # Render, watch, change one's mind, render after all.
    person.render_and_cancel()
    person.render_and_watch()
    assert person.versions()[-1].engine == "draft"

    # Look at it: result, a wipe that is drawn aside, passes, the layers mixed.
    person.press("toggle")
    assert not person.window.studio.view.now.shows_plate
    person.press("wipe")
    person.drag_the_wipe(0.25)
    assert person.window.studio.view.now.wipe == pytest.approx(0.25, abs=0.05)
    for layer in ("background", "matte", "mix", "beauty"):
        person.choose_pass(layer)


def find_everything_again(person: Person, sit_down: Callable[[], Window], file: Path) -> None:
    """Go home, come back, open the shot from the recent ones."""
    left, renders = person.state.shot, [item.state for item in person.window.studio.jobs.items]
    made = [one.pattern for one in person.versions()]
    person.go_home()
    assert document.load(file) == left
    again = Person(person.bot, sit_down())
    again.open_recent(file)
    assert again.state.shot == left
    assert [one.pattern for one in again.versions()] == made
    assert [item.state for item in again.window.studio.jobs.items] == renders == ["CANCELLED", "SUCCEEDED"]


def test_a_sitting(
    qtbot: QtBot, shipped: Server, sit_down: Callable[[], Window], shot_file: Path, stills: list[Path]
) -> None:
    person = Person(qtbot, sit_down())
    person.open(shot_file)
    sitting(person, stills)
    find_everything_again(person, sit_down, shot_file)


@pytest.mark.long
def test_a_sitting_at_the_demo_shot(
    qtbot: QtBot, shipped: Server, sit_down: Callable[[], Window], stills: list[Path]
) -> None:
    """As a person's first quarter of an hour: the button on the empty window, then the whole job."""
    person = Person(qtbot, sit_down())
    person.click(person.window.empty.demo)
    person.wait_for_a_shot()
    person.choose_engine("draft")
    person.remove_all_stills()
    sitting(person, stills)
    find_everything_again(person, sit_down, person.state.path)


def test_what_another_program_wrote_is_taken_over_and_saved_on_from_there(
    qtbot: QtBot, sit_down: Callable[[], Window], shot_file: Path, stills: list[Path]
) -> None:
    person = Person(qtbot, sit_down())
    person.open(shot_file)
    window, state = person.window, person.state
    theirs = shot_file.read_text().replace('"seed": 7', '"seed": 8')
    shot_file.write_text(theirs)
    window.commands.stills.add(stills[:1])
    qtbot.waitUntil(lambda: state.saving.kind == "failed")
    window.commands.filing.reload([state])
    qtbot.waitUntil(lambda: state.shot.engine.seed == 8)
    assert state.shot.references == []
    state.undo.undo()
    qtbot.waitUntil(lambda: state.saving.kind == "saved" and len(document.load(shot_file).references) == 1)
