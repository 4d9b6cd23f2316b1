"""Plate and result against one another, passes, layers mixed live: with files as finishing writes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from pai_studio.core.finish.layers import beauty
from pai_studio.core.media.frame import Box
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.viewer import Viewer, mix
from pai_studio.ui.panel.viewer.derived import DIFFERENCE_GAIN
from pai_studio.ui.panel.viewer.marks import label
from tests.ui.panel.files import plate
from tests.ui.panel.shots import a_shot, opened
from tests.ui.panel.test_viewer import at_pixels, expected, settle, viewing

HIGH, WIDE = 36, 64
PASSES = ("beauty", "background", "foreground", "matte", "gain", "shadow", "wrap", "rebuilt")


def half(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float16).astype(np.float32)


def layers(gain_mix: float = 1.0, shadow: float = 1.0, wrap: float = 0.5) -> dict[str, np.ndarray]:
    """The passes of one frame as finishing would write them with these controls."""
    matte = np.zeros((HIGH, WIDE), np.float32)
    matte[:, :32], matte[:, 28:32] = 1.0, 0.5
    rebuilt = np.zeros((HIGH, WIDE), np.float32)
    rebuilt[:6, :10], rebuilt[6:9, :10] = 1.0, 0.4
    gain = np.ones((HIGH, WIDE, 3), np.float32) * np.float32([1.4, 0.9, 0.6])
    mixed = gain**gain_mix
    parts = {
        "background": np.ones((HIGH, WIDE, 3), np.float32) * np.float32([0.2, 0.3, 0.7]),
        "foreground": matte[..., None] * np.float32([0.5, 0.4, 0.3]),
        "matte": matte,
        "gain": mixed + rebuilt[..., None] * (1 - mixed),
        "shadow": 1 - shadow * (1 - np.full((HIGH, WIDE), 0.7, np.float32)),
        "wrap": wrap * matte[..., None] * np.float32([0.02, 0.04, 0.08]),
    }
    parts = {name: half(one) for name, one in parts.items()}
    return {"beauty": beauty(**parts), **parts, "rebuilt": half(rebuilt)}


def deliver(folder: Path, number: int, frames: range, **controls: float) -> None:
    """A version on disk: multilayer files, and where it came from."""
    made, name = layers(**controls), f"SH010_v{number:03d}"
    place = folder / "SH010" / f"v{number:03d}"
    place.mkdir(parents=True)
    planes, names = [], []
    for part in PASSES:
        pixels = made[part] if made[part].ndim == 3 else made[part][..., None]
        planes.append(pixels)
        letters = "RGB" if pixels.shape[2] == 3 else "A"
        names += [letter if part == "beauty" else f"{part}.{letter}" for letter in letters]
    whole = np.ascontiguousarray(np.concatenate(planes, axis=2), np.float32)
    spec = oiio.ImageSpec(WIDE, HIGH, whole.shape[2], "half")
    spec.channelnames = tuple(names)
    for frame in frames:
        out = oiio.ImageOutput.create("x.exr")
        assert out.open(str(place / f"{name}.{frame:04d}.exr"), spec), out.geterror()
        assert out.write_image(whole)
        out.close()
    finish = {"despill": 1.0, "grain": 1.0, "gain_mix": 1.0, "shadow": 1.0, "wrap": 0.5, **controls}
    record = {
        "shot": {"finish": finish, "plate": {"colorspace": "ACEScg"}},
        "delivery": {"colorspace": "ACEScg", "layout": "multilayer", "passes": list(PASSES)},
    }
    (place / f"{name}.provenance.json").write_text(json.dumps(record))


@pytest.fixture
def state(studio: Studio, tmp_path: Path) -> ShotState:
    plate(tmp_path / "plate", range(1001, 1003))
    deliver(tmp_path, 1, range(1001, 1003), gain_mix=0.5)
    deliver(tmp_path, 2, range(1001, 1003))
    return opened(studio, a_shot(tmp_path, frames=[1001, 1002]), tmp_path)


@pytest.fixture
def viewer(qtbot: QtBot, studio: Studio, state: ShotState) -> Iterator[Viewer]:
    with viewing(studio) as viewer:
        qtbot.waitUntil(lambda: len(viewer.feed.results) == 2, timeout=20_000)
        settle(qtbot, viewer)
        yield viewer


def one(viewer: Viewer, x: int, y: int) -> np.ndarray:
    return at_pixels(viewer, Box(x, y, 1, 1))[0, 0].astype(int)


def display(rgb: np.ndarray) -> np.ndarray:
    return expected(rgb.reshape(1, 1, 3).astype(np.float32))[0, 0].astype(int)


def test_result_and_plate_are_toggled_and_the_bars_say_which(
    qtbot: QtBot, viewer: Viewer, studio: Studio
) -> None:
    assert np.abs(one(viewer, 50, 2) - display(np.float32([0.05, 0.6, 0.08]))).max() <= 1
    qtbot.mouseClick(viewer.source_bar.result, Qt.MouseButton.LeftButton)
    settle(qtbot, viewer)
    assert np.abs(one(viewer, 50, 2) - display(layers()["beauty"][2, 50])).max() <= 1
    assert "v002 beauty" in viewer.source_bar.name.text()
    assert viewer.source_bar.version.text() == "v002"


def test_a_wipe_shows_plate_and_result_and_its_line_is_dragged(
    qtbot: QtBot, viewer: Viewer, studio: Studio
) -> None:
    studio.view.set(compare="wipe", wipe=0.5)
    settle(qtbot, viewer)
    green = display(np.float32([0.05, 0.6, 0.08]))
    assert np.abs(one(viewer, 29, 2) - green).max() <= 1
    assert np.abs(one(viewer, 50, 2) - display(layers()["beauty"][2, 50])).max() <= 1
    assert (viewer.marks.left, viewer.marks.right) == ("Plate", "v002 beauty")
    sight = viewer.canvas.sight
    line = QPoint(round(viewer.wipe.x(sight)), 200)
    qtbot.mousePress(viewer.canvas, Qt.MouseButton.LeftButton, pos=line)
    qtbot.mouseMove(viewer.canvas, QPoint(round(sight.point(15.5, 0).x()), 220))
    qtbot.mouseRelease(viewer.canvas, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert studio.view.now.wipe == pytest.approx(0.25, abs=0.01)
    assert np.abs(one(viewer, 29, 2) - green).max() > 20


def test_a_difference_is_of_luminance_and_amplified(qtbot: QtBot, viewer: Viewer, studio: Studio) -> None:
    studio.view.set(
        compare="difference", version=viewer.feed.results[0].pattern, against=viewer.feed.results[1].pattern
    )
    settle(qtbot, viewer)
    assert viewer.feed.screen is not None
    weights = viewer.feed.screen.config.luminance_weights
    apart = half(layers(gain_mix=0.5)["beauty"]) @ weights - half(layers()["beauty"]) @ weights
    want = np.clip(np.abs(apart) * DIFFERENCE_GAIN, 0, 1) * 255
    for x, y in ((12, 20), (50, 20), (3, 2)):
        assert np.abs(one(viewer, x, y) - round(float(want[y, x]))).max() <= 1, (x, y)
    assert "v001 beauty" in viewer.marks.left
    assert f"x{DIFFERENCE_GAIN}" in viewer.marks.left


def test_any_pass_can_be_shown_data_as_they_are(qtbot: QtBot, viewer: Viewer, studio: Studio) -> None:
    for name, want in (("matte", 255), ("shadow", round(0.7 * 255))):
        studio.view.set(layer=name, shows_plate=False)
        settle(qtbot, viewer)
        assert np.abs(one(viewer, 10, 20) - want).max() <= 1
        assert viewer.source_bar.space.text() == "data"
    studio.view.set(layer="background")
    settle(qtbot, viewer)
    assert np.abs(one(viewer, 10, 20) - display(np.float32([0.2, 0.3, 0.7]))).max() <= 1


def test_the_mix_follows_the_shot_s_finishing(
    qtbot: QtBot, viewer: Viewer, studio: Studio, state: ShotState
) -> None:
    studio.view.set(layer="mix", shows_plate=False)
    settle(qtbot, viewer)
    assert np.abs(one(viewer, 10, 20) - display(layers()["beauty"][20, 10])).max() <= 1
    state.edit("Finish", edits.change(state.shot, "finish", gain_mix=0.25, shadow=0.5, wrap=1.0))
    settle(qtbot, viewer)
    want = layers(gain_mix=0.25, shadow=0.5, wrap=1.0)["beauty"]
    for x, y in ((15, 20), (3, 2), (3, 7), (30, 20), (50, 20)):
        assert np.abs(one(viewer, x, y) - display(want[y, x])).max() <= 1, (x, y)
    assert viewer.marks.word == ""
    state.edit("Finish", edits.change(state.shot, "finish", despill=0.5))
    settle(qtbot, viewer)
    assert viewer.marks.word == "Re-finish to see despill"


@pytest.mark.parametrize(("made", "now"), [(1.0, 0.3), (0.5, 1.0), (0.25, 0.0)])
def test_turned_passes_are_those_that_finishing_would_have_made(made: float, now: float) -> None:
    before, after = layers(made, made, made), layers(now, now, now)
    rebuilt = before["rebuilt"][..., None]
    np.testing.assert_allclose(mix.turned_gain(before["gain"], rebuilt, made, now), after["gain"], rtol=0.01)
    np.testing.assert_allclose(mix.turned_shadow(before["shadow"], made, now), after["shadow"], rtol=0.01)
    np.testing.assert_allclose(
        mix.turned_wrap(before["wrap"], made, now), after["wrap"], rtol=0.01, atol=1e-5
    )


def test_a_missing_pass_is_told_in_place(qtbot: QtBot, viewer: Viewer, studio: Studio) -> None:
    studio.view.set(layer="confidence", shows_plate=False)
    qtbot.waitUntil(viewer.card.isVisible)
    assert "confidence" in viewer.card.line.text()


def test_both_labels_of_a_wipe_are_of_one_size(qtbot: QtBot) -> None:
    picture = QImage(200, 40, QImage.Format.Format_RGB32)
    painter = QPainter(picture)
    before = painter.font().pointSizeF()
    label(painter, QRectF(0, 0, 200, 40), "Plate", Qt.AlignmentFlag.AlignLeft)
    assert painter.font().pointSizeF() == before
    painter.end()
