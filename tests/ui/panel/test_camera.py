"""The camera's move of a plate, measured on pictures whose camera is known."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import BadInput, Cancelled
from pai_studio.ui.panel.state.camera import measure
from tests.ui.panel.files import picture
from tests.ui.panel.shots import a_shot

SIZE = (320, 180)
FRAMES = 10


def marked(folder: Path, turn_deg: float = 0.0, *, markers: bool = True, is_moving: bool = True) -> Shot:
    """A green screen with markers, seen by a camera that turns by `turn_deg` in all; a grey subject walks before it."""
    rng = np.random.default_rng(3)
    width, height = SIZE
    wide = np.zeros((height, 3 * width, 3), np.float32) + np.float32([0.05, 0.5, 0.08])
    for _ in range(160 if markers else 0):
        x, y = int(rng.integers(4, 3 * width - 4)), int(rng.integers(4, height - 4))
        cv2.drawMarker(wide, (x, y), (0.02, 0.25, 0.03), cv2.MARKER_CROSS, 7, 2)
    inside = np.array([[width, 0, (width - 1) / 2], [0, width, (height - 1) / 2], [0, 0, 1.0]])
    for k in range(FRAMES):
        a = np.radians(turn_deg * (k / (FRAMES - 1) - 0.5))
        turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
        to_plate = inside @ turn @ np.linalg.inv(inside) @ np.array([[1.0, 0, -width], [0, 1, 0], [0, 0, 1]])
        rgb = cv2.warpPerspective(wide, to_plate, SIZE, flags=cv2.INTER_LINEAR)
        x = 120 + (3 * k if is_moving else 0)
        rgb[60:, x : x + 60] = 0.3
        picture(folder / f"SH010.{1001 + k}.exr", rgb)
    plate = {"files": str(folder / "SH010.####.exr"), "colorspace": "ACEScg"}
    return a_shot(folder, plate=plate, frames=[1001, 1000 + FRAMES], rate="24")


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
