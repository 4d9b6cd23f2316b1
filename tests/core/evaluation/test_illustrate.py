"""A clip's pictures: what is asked for, what stands where, and that the same pictures give the same files."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from pai_studio.core.evaluation.contact import save_jpeg
from pai_studio.core.evaluation.illustrate import CONTACT_BYTES, FULL_HEAT, Clip, draw_clip, heat
from pai_studio.core.evaluation.panes import Panes
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.video import MovieReader

SIZE = (48, 96)  # height, width
FRAMES = range(1001, 1008)


@pytest.fixture(scope="module")
def config() -> ColorConfig:
    return ColorConfig.open()


class Shown:
    """A flat picture that remembers which frames were asked for."""

    def __init__(self, *rgb: float) -> None:
        self.rgb, self.asked = rgb, []

    def __call__(self, frame: int):
        self.asked.append(frame)
        return np.full((*SIZE, 3), self.rgb, np.float32)


def _clip(**changed) -> Clip:
    told = {
        "title": "clip-001",
        "rate": Fraction(24000, 1001),
        "frames": FRAMES,
        "plate": Shown(0.05, 0.4, 0.06),
        "contestants": {"naive": Shown(0.6, 0.1, 0.1), "draft": Shown(0.18, 0.18, 0.18)},
        "references": {1001: np.full((*SIZE, 3), 0.5, np.float32)},
        "truth": Shown(0.18, 0.18, 0.18),
    }
    return Clip(**(told | changed))


def _pane(picture: np.ndarray, panes: Panes, place: int) -> np.ndarray:
    """The middle colour of a pane of the movie."""
    row, column = divmod(place, panes.columns)
    x = column * (panes.pane[0] + 4) + panes.pane[0] // 2
    y = row * (panes.pane[1] + 22) + panes.pane[1] // 2
    return picture[y, x]


def test_the_movie_shows_everyone_at_the_clips_rate(tmp_path, config):
    draw_clip(tmp_path, _clip(), config)
    panes = Panes(["plate", "naive", "draft", "truth"], 2, (96, 48), FRAMES)

    with MovieReader(tmp_path / "review.mp4") as movie:
        picture = movie.read(3)
        assert (movie.count, movie.rate, movie.size) == (7, Fraction(24000, 1001), panes.size)
    plate, naive, draft, truth = (_pane(picture, panes, place) for place in range(4))
    assert plate[1] > plate[0] + 0.2
    assert naive[0] > naive[1] + 0.2
    assert np.allclose(draft, truth, atol=0.02)
    expected = config.display(np.full((1, 1, 3), 0.18, np.float32))[0, 0]
    assert np.allclose(draft, expected, atol=0.03)


def test_a_free_pane_shows_the_last_contestants_difference(tmp_path, config):
    draw_clip(tmp_path, _clip(contestants={"draft": Shown(0.6, 0.1, 0.1)}), config)

    with MovieReader(tmp_path / "review.mp4") as movie:
        hot = _pane(movie.read(0), Panes([""] * 4, 2, (96, 48), FRAMES), 3)
    assert hot.mean() > 0.6  # far off: the light end of the scale


def test_every_picture_is_asked_for_once_and_in_order(tmp_path, config):
    clip = _clip()
    draw_clip(tmp_path, clip, config)

    for shown in (clip.plate, clip.truth, *clip.contestants.values()):
        assert shown.asked == list(FRAMES)


def test_the_sheet_has_a_row_for_everyone_and_for_every_difference(tmp_path, config):
    heights = {}
    for name, changed in {"all": {}, "no truth": {"truth": None}, "no stills": {"references": {}}}.items():
        draw_clip(tmp_path / name, _clip(**changed), config)
        heights[name] = cv2.imread(str(tmp_path / name / "contact.jpg")).shape[0]

    row = 128 + 10  # a picture 256 pixels wide, and the gap
    assert heights["all"] - heights["no truth"] == 3 * row
    assert heights["all"] - heights["no stills"] == row


def test_differences_stand_in_the_rows_below_the_truth(tmp_path, config):
    draw_clip(tmp_path, _clip(), config)
    sheet = cv2.imread(str(tmp_path / "contact.jpg"))[..., ::-1].astype(int)

    bottom, x = sheet.shape[0] - 28, sheet.shape[1] - 28 - 128
    same, off = sheet[bottom - 64, x], sheet[bottom - 138 - 64, x]
    assert same.max() < 12  # draft is the truth: black
    assert off.mean() > 150  # naive is not


def test_heat_is_black_where_equal_and_grows_with_the_difference():
    truth = np.full((2, 5, 3), 0.4, np.float32)
    shown = truth.copy()
    shown[0, :, 1] += np.linspace(0, FULL_HEAT, 5)
    warm = heat(shown, truth)

    luma = warm[0] @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(luma) > 0.05).all()
    assert warm[1].max() < 0.02
    assert np.array_equal(heat(truth, shown), warm)
    shown[0, 0] = 9
    assert np.allclose(heat(shown, truth)[0, 0], warm[0, 4])


def test_the_same_pictures_give_the_same_bytes(tmp_path, config):
    for name in ("one", "other"):
        draw_clip(tmp_path / name, _clip(), config)

    for name in ("contact.jpg", "review.mp4"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()
    assert sorted(p.name for p in (tmp_path / "one").iterdir()) == ["contact.jpg", "review.mp4"]


def test_a_contestant_that_fails_leaves_nothing_behind(tmp_path, config):
    def broken(frame: int):
        if frame == 1004:
            raise RuntimeError("the frame is gone")
        return np.zeros((*SIZE, 3), np.float32)

    with pytest.raises(RuntimeError, match="gone"):
        draw_clip(tmp_path, _clip(contestants={"draft": broken}), config)
    assert not list(tmp_path.iterdir())


def test_nothing_to_draw_is_refused(tmp_path, config):
    for changed in ({"frames": []}, {"contestants": {}}):
        with pytest.raises(ValueError, match="at least one"):
            draw_clip(tmp_path, _clip(**changed), config)


def test_an_anamorphic_picture_is_unsqueezed(tmp_path, config):
    draw_clip(tmp_path, _clip(pixel_aspect=2.0), config)

    with MovieReader(tmp_path / "review.mp4") as movie:
        assert movie.size[0] == 2 * 192 + 4


def test_the_playhead_moves_along_the_line_and_anchors_are_marked():
    panes = Panes(["plate", "draft"], 2, (96, 48), FRAMES, (1001, 1007))
    blank = panes.blank()
    line = panes.size[1] - 11
    first, last = panes.draw(blank, {}, 0), panes.draw(blank, {}, len(FRAMES) - 1)

    def playhead(picture: np.ndarray) -> int:
        return int(np.argmax(picture[line, :, 0].astype(int) - picture[line, :, 2]))

    assert playhead(first) < 12
    assert playhead(last) == panes.size[0] - 72 - 1
    assert blank[line - 4, playhead(last) + 1].max() > blank[line - 6, playhead(last) + 1].max()
    assert not np.array_equal(first[:, -60:], last[:, -60:])  # the frame's number


def test_a_sheet_keeps_to_its_limit(tmp_path):
    rough = np.random.default_rng(2).uniform(0, 1, (300, 400, 3)).astype(np.float32)
    save_jpeg(tmp_path / "free.jpg", rough, limit_bytes=CONTACT_BYTES)
    size = (tmp_path / "free.jpg").stat().st_size
    save_jpeg(tmp_path / "small.jpg", rough, limit_bytes=size * 3 // 4)

    assert (tmp_path / "small.jpg").stat().st_size <= size * 3 // 4
    found = cv2.imread(str(tmp_path / "small.jpg"))[..., ::-1] / 255
    assert np.abs(cv2.blur(found, (9, 9)) - cv2.blur(rough, (9, 9))).mean() < 0.05
    assert {p.name for p in Path(tmp_path).iterdir()} == {"free.jpg", "small.jpg"}
