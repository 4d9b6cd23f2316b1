"""The camera's move of a plate, measured on pictures whose camera is known."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pai_studio.core.shot.errors import BadInput, Cancelled
from pai_studio.ui.panel.state.camera import measure
from tests.ui.panel.marked import FRAMES, marked
from tests.ui.panel.shots import a_shot


def test_a_camera_on_a_tripod_that_turns_is_a_pan(tmp_path):
    heard: list[tuple[int, int]] = []
    told = measure(marked(tmp_path, 12), threading.Event(), lambda done, total: heard.append((done, total)))
    assert told.sentence == "a pan from a tripod"
    assert heard[-1] == (FRAMES - 1, FRAMES)


def test_a_subject_that_walks_before_a_locked_off_camera_is_no_move(tmp_path):
    assert measure(marked(tmp_path), threading.Event()).sentence == "locked off"


def test_a_screen_without_anything_to_follow_is_said_to_be_so(tmp_path):
    with pytest.raises(BadInput, match="nothing can be followed"):
        measure(marked(tmp_path, markers=False), threading.Event())


def test_it_stops_when_it_is_told_to(tmp_path):
    stop = threading.Event()
    seen = []

    def on_frame(done: int, _total: int) -> None:
        seen.append(done)
        stop.set()

    with pytest.raises(Cancelled):
        measure(marked(tmp_path, 12), stop, on_frame)
    assert seen == [0]


@pytest.mark.long
@pytest.mark.parametrize(
    ("files", "last", "sentence"),
    [
        ("gs_mdn_handheld/video.mp4", 1150, "hand-held"),
        ("gs_presenter_webav/chromakey-test.mp4", 1060, "locked off"),
    ],
)
def test_on_footage_whose_camera_is_known(
    footage: Callable[[str], Path], tmp_path: Path, files: str, last: int, sentence: str
) -> None:
    folder, name = files.split("/")
    plate = {"files": str(footage(folder) / name), "colorspace": "sRGB - Texture", "start": 1001}
    shot = a_shot(tmp_path, plate=plate, frames=[1001, last], rate="30")
    assert measure(shot, threading.Event()).sentence == sentence
