"""What concerns more than one part: what is dropped on the window, and where the keys of the stills lead."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.window import Window
from tests.ui.panel.files import picture
from tests.ui.panel.shots import a_shot, opened


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    import numpy as np

    folder = tmp_path_factory.mktemp("stills")
    return [picture(folder / f"still{n}.exr", np.zeros((4, 6, 3), np.float32)) for n in range(2)]


@pytest.fixture
def window(qtbot: QtBot, studio: Studio) -> Iterator[Window]:
    window = Window(studio)
    yield window
    window.leaving.leave()
    window.deleteLater()


def test_pictures_are_stills_of_an_open_shot_and_ranges_without_one(
    qtbot: QtBot, window: Window, studio: Studio, tmp_path: Path, files: list[Path]
) -> None:
    state = opened(studio, a_shot(tmp_path), tmp_path)
    window.commands.filing.open_paths(files)
    qtbot.waitUntil(lambda: [one.frame for one in state.shot.references] == [1001, 1049])
    window.commands.filing.open_paths([tmp_path / "none.exr"])
    qtbot.waitUntil(lambda: bool(studio.faults.all))
    assert "none.exr: is not there" in studio.faults.all[-1].line
    assert len(state.shot.references) == 2
    # From one to the next by keys, and out.
    state.go_to(1020)
    window.actions_by_name["next_still"].trigger()
    assert (state.frame, state.selected) == (1049, state.shot.references[1])
    window.actions_by_name["previous_still"].trigger()
    assert state.frame == 1001
    window.actions_by_name["remove_still"].trigger()
    assert [one.frame for one in state.shot.references] == [1049]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every name is Unicode")
def test_a_still_whose_name_no_document_can_hold_is_one_line(
    qtbot: QtBot, window: Window, studio: Studio, tmp_path: Path
) -> None:
    state = opened(studio, a_shot(tmp_path), tmp_path)
    window.commands.stills.add([Path(os.fsdecode(b"/stills/caf\xe9.exr"))])
    assert state.shot.references == []
    (fault,) = studio.faults.all
    assert fault.line == "/stills/caf?.exr: its name is no UTF-8, which a document cannot hold; rename it"


def test_every_action_does_nothing_while_no_shot_is_open(
    qtbot: QtBot, qapp: QApplication, window: Window, studio: Studio
) -> None:
    asks = {"open", "open_folder", "quit", "full_screen", "shortcuts", "render_all"}
    for name, call in window.commands.calls().items():
        if name not in asks:
            call()
    assert studio.project.current is None
    assert studio.jobs.items == []
    assert studio.faults.all == []


def test_what_was_never_rendered_is_told_of_and_not_queued_to_be_refinished(
    window: Window, studio: Studio, tmp_path: Path
) -> None:
    state = opened(studio, a_shot(tmp_path, stills=1), tmp_path)
    window.actions_by_name["refinish"].trigger()
    window.commands.render_these([state], "refinish")  # as the list of shots asks
    assert not studio.jobs.items
    assert studio.faults.all[-1].line == "SH010: Nothing is rendered yet: re-finish starts from a version"
