"""A movie's beginning, and the still's own picture, in the form."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from pai_studio.core.media.video import MovieWriter
from pai_studio.ui.panel.forms import ShotForm
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from tests.ui.panel.files import picture
from tests.ui.panel.shots import a_shot, opened
from tests.ui.panel.test_forms import typed


@pytest.fixture
def state(studio: Studio, tmp_path: Path) -> ShotState:
    path = tmp_path / "plate.mp4"
    with MovieWriter(path, Fraction(24), (32, 16), crf=1) as movie:
        for level in range(5):
            movie.write(np.full((16, 32, 3), 40 * level, np.uint8))
    picture(tmp_path / "0.exr", np.full((18, 32, 3), 0.3, np.float32))
    keys = {"plate": {"files": str(path), "colorspace": "sRGB - Texture"}, "frames": [1001, 1005]}
    state = opened(studio, a_shot(tmp_path, stills=1, **keys), tmp_path)
    state.select(state.shot.references[0])
    return state


@pytest.fixture
def form(qtbot: QtBot, studio: Studio, state: ShotState) -> Iterator[ShotForm]:
    form = ShotForm(studio)
    qtbot.addWidget(form)
    form.resize(420, 900)
    form.show()
    yield form
    qtbot.waitUntil(lambda: studio.work.is_idle)


def test_a_movie_s_beginning_is_set_and_what_it_does_not_hold_is_said(
    qtbot: QtBot, form: ShotForm, state: ShotState
) -> None:
    start = form.plate.start
    assert start.isVisibleTo(form.plate)
    assert start.line.text() == "1001"
    qtbot.waitUntil(lambda: start.note.text() == "It holds 1001 - 1005", timeout=20_000)
    typed(qtbot, start.line, "+2")
    assert state.shot.plate.start == 1003
    assert start.note.text().startswith("It holds 1003 - 1007, the shot is 1001 - 1005")
    typed(qtbot, start.line, "nowhere")
    assert "whole number" in start.note.text()
    assert state.shot.plate.start == 1003
    start.line.selectAll()
    qtbot.keyClick(start.line, Qt.Key.Key_Backspace)
    typed(qtbot, start.line, "")
    assert state.shot.plate.start is None
    assert start.line.text() == "1001"


def test_numbered_pictures_have_no_beginning_of_their_own(form: ShotForm, state: ShotState) -> None:
    state.edit("Files", edits.set_keys(state.shot, "plate", files="plate/SH010.####.exr"))
    assert not form.plate.start.isVisibleTo(form.plate)
    assert not form.plate.start.label.isVisibleTo(form.plate)


def test_the_still_is_seen_and_why_it_cannot_be(qtbot: QtBot, form: ShotForm, state: ShotState) -> None:
    shown = form.reference.picture
    qtbot.waitUntil(lambda: "colour space" in shown.note.text(), timeout=20_000)
    assert shown.thumb._image is None
    shot, _ = edits.change_reference(state.shot, state.shot.references[0], colorspace="ACEScg")
    state.edit("Space", shot)
    qtbot.waitUntil(lambda: shown.thumb._image is not None)
    assert shown.note.text() == "32 x 18\nACEScg"
    state.select(None)
    assert not shown.isVisibleTo(form.reference)
