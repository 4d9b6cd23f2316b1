from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from pai_studio.core.media.frame import Box
from pai_studio.core.media.video import MovieWriter
from pai_studio.core.shot.errors import BadInput, MissingFrames
from pai_studio.core.shot.frames import FrameRange
from pai_studio.ui.panel.pictures.cache import Pictures
from pai_studio.ui.panel.pictures.shown import Proxy
from pai_studio.ui.panel.pictures.sources import Files, Movie, Plane, Still, pass_of, plate_of
from pai_studio.ui.panel.pictures.wishes import Wishes
from pai_studio.ui.panel.work import Work
from tests.ui.panel.files import picture, plate
from tests.ui.panel.shots import a_shot

A_PICTURE_BYTES = 4 * 4 * 4 * 2


class Made:
    """Pictures that are made at once, or when the gate is opened; one frame is missing."""

    frames = FrameRange(1, 100)

    def __init__(self, key: str = "made") -> None:
        self.key = key
        self.gate = threading.Event()
        self.gate.set()
        self.order: list[int] = []

    def read(self, frame: int, scale: int) -> Proxy:
        self.gate.wait(10)
        self.order.append(frame)
        if frame == 13:
            raise MissingFrames("frame 13 is not there")
        pixels = np.full((4, 4, 4), frame, np.float16)
        return Proxy(pixels, "ACEScg", Box(0, 0, 4 * scale, 4 * scale), 1.0, scale)


@pytest.fixture
def pictures(work: Work) -> Iterator[Pictures]:
    pictures = Pictures(work, work, limit_bytes=10 * A_PICTURE_BYTES)
    broken: list[Exception] = []
    pictures.broken.connect(broken.append)
    yield pictures
    pictures.close()
    assert broken == []


def settle(qtbot: QtBot, pictures: Pictures) -> None:
    qtbot.waitUntil(lambda: pictures.is_idle)
    qtbot.wait(1)  # what was read last is handed over


def test_what_is_asked_for_comes_and_is_held(qtbot: QtBot, pictures: Pictures) -> None:
    source = Made()
    with qtbot.waitSignal(pictures.arrived) as came:
        assert pictures.get(source, 5) is None
    assert came.args == ["made", 5]
    found = pictures.get(source, 5)
    assert found is not None
    assert found.pixels[0, 0, 0] == 5
    assert source.order == [5]
    assert pictures.held(source, 1) == {5}
    assert pictures.nearest(source, 5, scale=4) is found


def test_what_is_looked_at_now_is_read_before_what_may_come(qtbot: QtBot, pictures: Pictures) -> None:
    source = Made()
    source.gate.clear()
    pictures.prefetch(source, range(1, 9))
    qtbot.waitUntil(lambda: len(pictures._reading) == len(pictures._threads))
    under_way = len(pictures._threads)
    pictures.get(source, 50)
    pictures.get(source, 60)
    source.gate.set()
    settle(qtbot, pictures)
    assert {50, 60} <= set(source.order[: under_way + 2])


def test_the_limit_is_kept_and_what_was_not_looked_at_goes_first(qtbot: QtBot, pictures: Pictures) -> None:
    source = Made()
    for frame in range(20, 32):
        pictures.get(source, frame)
        settle(qtbot, pictures)
        pictures.get(source, 20)
    assert pictures.held_bytes <= pictures.limit_bytes
    assert 20 in pictures.held(source, 1)
    assert 21 not in pictures.held(source, 1)
    pictures.set_limit(3 * A_PICTURE_BYTES)
    assert len(pictures.held(source, 1)) == 3


def test_no_more_is_read_ahead_than_there_is_room_for(qtbot: QtBot, pictures: Pictures) -> None:
    source = Made()
    pictures.get(source, 1)
    settle(qtbot, pictures)
    pictures.prefetch(source, range(1, 100))
    settle(qtbot, pictures)
    assert pictures.held(source, 1) == set(range(1, 11))


def test_a_missing_frame_is_told_once_and_tried_again_when_files_have_changed(
    qtbot: QtBot, pictures: Pictures
) -> None:
    source = Made()
    with qtbot.waitSignal(pictures.failed):
        pictures.get(source, 13)
    assert "13" in str(pictures.fault(source, 13))
    pictures.get(source, 13)
    settle(qtbot, pictures)
    assert source.order == [13]
    pictures.forget("made")
    with qtbot.waitSignal(pictures.failed):
        pictures.get(source, 13)


def test_what_was_read_before_the_files_changed_is_read_again(qtbot: QtBot, pictures: Pictures) -> None:
    source = Made()
    source.gate.clear()
    pictures.get(source, 5)
    qtbot.waitUntil(lambda: len(pictures._reading) == 1)
    pictures.forget("made")
    with qtbot.waitSignal(pictures.arrived):
        source.gate.set()
    assert source.order == [5, 5]


def test_what_is_wished_for_is_not_let_go_of_for_what_was_only_passed(
    qtbot: QtBot, pictures: Pictures
) -> None:
    source = Made()
    pictures.prefetch(source, range(20, 28))
    settle(qtbot, pictures)
    for frame in range(40, 60):
        pictures.get(source, frame)
        settle(qtbot, pictures)
    assert pictures.held(source, 1) == {*range(20, 28), 58, 59}


def test_a_coarser_picture_is_made_of_a_finer_one_without_reading(qtbot: QtBot, pictures: Pictures) -> None:
    source = Made()
    pictures.get(source, 7, 1)
    settle(qtbot, pictures)
    pictures.get(source, 7, 2)
    settle(qtbot, pictures)
    small = pictures.get(source, 7, 2)
    assert small is not None
    assert (small.pixels.shape, small.scale, small.pixels[0, 0, 0]) == ((2, 2, 4), 2, 7)
    assert source.order == [7]


def test_the_scale_is_as_fine_as_all_frames_have_room_for(qtbot: QtBot, pictures: Pictures) -> None:
    source = Made()
    assert pictures.scale_for(source, 1000) == 1
    pictures.get(source, 7, 1)
    settle(qtbot, pictures)
    assert [pictures.scale_for(source, count) for count in (9, 10, 38, 39)] == [1, 2, 2, 4]
    assert pictures.scale_for(source, 10, finest=4) == 4
    assert (pictures.spare_for(source, 1), pictures.spare_for(source, 2)) == (0, 1)


def test_two_pictures_that_are_compared_take_turns_and_older_wishes_come_after() -> None:
    now = [0.0]
    wishes = Wishes(clock=lambda: now[0])
    plate, result, strip = Made("plate"), Made("result"), Made("strip")
    wishes.put(strip, (1, 2), 16)
    now[0] = 10.0
    wishes.put(plate, (5, 6), 1)
    wishes.put(result, (5, 6, 7), 1)
    sizes = {("plate", 1): 100, ("result", 1): 100, ("strip", 16): 1}
    everything = [(k, f) for k, f, _ in wishes.plan(10_000, sizes)]
    assert everything == [
        ("result", 5),
        ("plate", 5),
        ("result", 6),
        ("plate", 6),
        ("result", 7),
        ("strip", 1),
        ("strip", 2),
    ]
    assert len(wishes.plan(250, sizes)) == 2
    assert len(wishes.plan(10_000, {})) == 7
    wishes.put(plate, range(100), 1)
    assert len([k for k in wishes.plan(10_000, {}) if k[0] == "plate"]) == 4, "until the size is known"
    for number in range(4):
        wishes.put(Made(f"other {number}"), (1,), 1)
    assert {k for k, _, _ in wishes.plan(10_000, {})} == {f"other {n}" for n in range(4)}


def test_a_disk_that_hangs_does_not_hold_up_the_end(qtbot: QtBot, work: Work) -> None:
    source = Made()
    source.gate.clear()
    pictures = Pictures(work, work)
    for frame in range(1, 9):
        pictures.get(source, frame)
    pictures.close()
    assert pictures.get(source, 1) is None
    source.gate.set()


# What is read


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_proxy_s_pixel_is_the_mean_of_those_it_stands_for(tmp_path: Path, scale: int) -> None:
    pixels = np.random.default_rng(3).uniform(0, 20, (16, 24, 3)).astype(np.float16).astype(np.float32)
    pattern = str(picture(tmp_path / "a.0001.exr", pixels)).replace("0001", "####")
    read = Files(pattern, "ACEScg").read(1, scale)
    wanted = pixels.reshape(16 // scale, scale, 24 // scale, scale, 3).mean((1, 3))
    np.testing.assert_allclose(read.pixels[..., :3], wanted, rtol=2e-3)
    assert (read.pixels[..., 3] == 1).all()
    assert (read.space, read.display, read.scale) == ("ACEScg", Box(0, 0, 24, 16), scale)


def test_nan_and_inf_of_a_file_are_never_shown(tmp_path: Path) -> None:
    pixels = np.ones((4, 4, 3), np.float32)
    pixels[0, 0], pixels[1, 1] = np.nan, np.inf
    pattern = str(picture(tmp_path / "a.0001.exr", pixels)).replace("0001", "####")
    assert np.isfinite(Files(pattern, "ACEScg").read(1, 1).pixels).all()


def test_a_plate_is_what_the_document_says(tmp_path: Path) -> None:
    plate(tmp_path / "plate")
    source = plate_of(a_shot(tmp_path, frames=[1001, 1005]))
    assert source.read(1003, 2).pixels.shape == (18, 32, 4)
    with pytest.raises(MissingFrames, match="1006"):
        source.read(1006, 1)
    assert isinstance(plate_of(a_shot(tmp_path, plate={"files": "/a.mov", "colorspace": "ACEScg"})), Movie)


def test_passes_are_found_in_either_layout() -> None:
    span = FrameRange(1, 2)
    layers = {"layout": "multilayer", "space": "LogC", "working": "ACEScg"}
    assert pass_of("a_v001.####.exr", "beauty", span, **layers) == Files(
        "a_v001.####.exr", "LogC", "rgba", span
    )
    assert pass_of("a_v001.####.exr", "background", span, **layers).key == "a_v001.####.exr|background|ACEScg"
    assert pass_of("a_v001.####.exr", "matte", span, **layers) == Plane("a_v001.####.exr", "matte.A", span)
    apart = layers | {"layout": "files"}
    assert pass_of("a_v001.####.exr", "gain", span, **apart) == Files(
        "a_v001_gain.####.exr", "", "rgba", span
    )
    assert pass_of("a_v001.####.exr", "shadow", span, **apart) == Plane("a_v001_shadow.####.exr", "A", span)


def test_a_still_has_the_space_that_it_says_it_has(tmp_path: Path) -> None:
    pixels = np.full((4, 6, 3), 0.5, np.float32)
    assert "sRGB" in Still(str(picture(tmp_path / "a.png", pixels))).read(0, 1).space
    told = picture(tmp_path / "a.exr", pixels, colorInteropID="lin_ap1_scene")
    assert Still(str(told)).read(0, 1).space == "ACEScg"
    assert Still(str(told), "ACES2065-1").read(0, 1).space == "ACES2065-1"


def test_a_still_stands_upright_and_must_have_a_space(tmp_path: Path) -> None:
    pixels = np.zeros((4, 6, 3), np.float32)
    pixels[0, 0] = 1
    lying = Still(str(picture(tmp_path / "a.jpg", pixels, Orientation=6))).read(0, 1)
    assert lying.pixels.shape == (6, 4, 4)
    assert lying.display == Box(0, 0, 4, 6)
    assert lying.pixels[0, 3, 0] > 0.7
    with pytest.raises(BadInput, match="colour space"):
        Still(str(picture(tmp_path / "a.exr", pixels))).read(0, 1)


def test_a_movie_is_read_from_several_threads_and_anew_when_it_was_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"

    def write(levels: range) -> None:
        with MovieWriter(path, Fraction(24), (32, 16), crf=1) as movie:
            for level in levels:
                movie.write(np.full((16, 32, 3), level, np.uint8))

    write(range(0, 200, 10))
    source = Movie(str(path), "sRGB - Texture", start=1001)
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda n: float(source.read(n, 2).pixels.mean((0, 1))[0]), range(1001, 1021)))
    assert found == pytest.approx([n * 10 / 255 for n in range(20)], abs=0.02)
    with pytest.raises(MissingFrames, match="not 20"):
        source.read(1021, 1)
    write(range(200, 0, -10))
    assert source.read(1001, 1).pixels[0, 0, 0] == pytest.approx(200 / 255, abs=0.02)
