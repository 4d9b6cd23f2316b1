"""Drawn mattes from the document to the delivery."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.exr import read_channels
from pai_studio.core.media.frame import Array, Box
from pai_studio.core.media.raster import drawn
from pai_studio.core.media.source import FileSource
from pai_studio.core.render import RenderRequest, RenderResult, render
from pai_studio.core.shot import document
from pai_studio.core.shot.document import DrawnMatte, Mattes
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import FramePattern, FrameRange
from pai_studio.core.shot.saving import text_beside
from pai_studio.core.shot.shapes import Shape, translated, with_point_moved
from pai_studio.server.api.inputs import gathered

WIDE, TALL = 96, 64
GREEN, RED, SKIN = (0.05, 0.5, 0.08), (0.5, 0.05, 0.05), (0.6, 0.4, 0.3)
LAST = 1003
RIG = translated(Shape(name="rig", keys={1001: ((2, 6), (18, 6), (18, 26), (2, 26))}), LAST, 8.0, 0.0)


def rig_at(frame: int) -> tuple[slice, slice]:
    """Where a red stand is seen, well inside what is drawn round it."""
    left = 5 + 4 * (frame - 1001)
    return slice(9, 23), slice(left, left + 10)


@pytest.fixture
def a_shot(
    tmp_path: Path, picture: Callable[..., Path], shot_file: Callable[..., Path]
) -> Callable[..., document.Shot]:
    """Somebody before a green screen with a red stand beside him that moves; the stand is drawn round."""

    def make(**keys: Any) -> document.Shot:
        for frame in range(1001, LAST + 1):
            noise = np.random.default_rng(frame).normal(0, 0.003, (TALL, WIDE, 3))
            pixels = np.full((TALL, WIDE, 3), GREEN) + noise
            pixels[20:, 50:70] = SKIN
            pixels[rig_at(frame)] = RED
            picture(tmp_path / f"plate/p.{frame}.exr", pixels.astype(np.float32))
        picture(tmp_path / "ref.exr", np.full((TALL, WIDE, 3), 0.2, np.float32))
        garbage = {"shapes": [RIG.model_dump(mode="json")]}
        given = {
            "frames": [1001, LAST],
            "plate": {"files": "plate/p.####.exr", "colorspace": "ACEScg", "screen": "green"},
            "mattes": {"garbage": garbage},
            "references": [{"file": "ref.exr", "frame": 1001, "colorspace": "ACEScg"}],
            "engine": {"name": "draft"},
            "delivery": {"files": "out/v001/a_v001.####.exr", "passes": ["matte", "background"]},
        }
        return document.load(shot_file(tmp_path / "a.shot.json", **given | keys))

    return make


def with_garbage(shot: document.Shot, *shapes: Shape) -> document.Shot:
    return shot.model_copy(update={"mattes": Mattes(garbage=DrawnMatte(shapes=list(shapes)))})


def rendered(shot: document.Shot, folder: Path, **keys: Any) -> RenderResult:
    return render(RenderRequest(shot=shot, out=folder, generations=folder / "generations", **keys))


def matte_of(folder: Path, frame: int) -> Array:
    image = read_channels(FramePattern(str(folder / "out/v001/a_v001.####.exr")).path(frame))
    return image.pixels[..., image.channels.index("matte.A")]


def test_an_engine_is_given_what_was_drawn(a_shot) -> None:
    shot = a_shot()
    source = FileSource(shot, ColorConfig.open(shot.ocio))
    for frame in source.stream(source.frames):
        assert frame.garbage is not None
        assert (frame.garbage[rig_at(frame.number)] == 1).all()
        assert frame.garbage.sum() == 16 * 20
        assert frame.core is None
    assert source.notes == []


def test_a_file_is_inverted_and_a_shape_is_not(a_shot, tmp_path: Path, picture) -> None:
    ramp = np.tile(np.linspace(0, 1, WIDE, dtype=np.float32), (TALL, 1))
    picture(tmp_path / "m.exr", ramp[..., None], channels=("A",), kind="float")
    shapes = [RIG.model_dump(mode="json")]
    both = {"files": "m.exr", "invert": True, "shapes": shapes}
    shot = a_shot(mattes={"garbage": both, "core": {"shapes": shapes, "invert": True}})
    frame = FileSource(shot, ColorConfig.open(shot.ocio)).frame(1002)
    alone = drawn([RIG], 1002, Box(0, 0, WIDE, TALL))
    assert np.array_equal(frame.core, alone)
    assert np.array_equal(frame.garbage, np.maximum(1 - ramp, alone))


def test_shapes_lie_on_the_plates_own_pixels_whatever_its_windows(a_shot, picture) -> None:
    shot = a_shot()
    path = FramePattern(shot.plate.files)
    wide = np.full((TALL + 8, WIDE + 20, 3), GREEN, np.float32)
    for frame in range(1001, LAST + 1):
        display, facts = (100, -50, WIDE, TALL), {"PixelAspectRatio": 2.0}
        picture(path.path(frame), wide, data=(90, -54), display=display, facts=facts)
    soft = translated(RIG.model_copy(update={"feather_px": 8.0}), 1001, 100.0, -50.0)
    frame = FileSource(with_garbage(shot, soft), ColorConfig.open(shot.ocio)).frame(1001)
    assert frame.canvas == Box(90, -54, WIDE + 20, TALL + 8)
    assert np.array_equal(frame.garbage, drawn([soft], 1001, frame.canvas, 2.0))
    assert frame.garbage[4 + 16, 10 + 10] == 1
    assert not frame.garbage[4 + 16, : 10 + 2 - 5].any()


def test_what_was_drawn_round_is_not_in_the_delivery(a_shot, tmp_path: Path) -> None:
    shot = a_shot()
    origin = rendered(shot, tmp_path / "a").provenance
    rendered(with_garbage(shot), tmp_path / "b")
    for frame in range(1001, LAST + 1):
        assert (matte_of(tmp_path / "a", frame)[rig_at(frame)] == 0).all()
        assert (matte_of(tmp_path / "b", frame)[rig_at(frame)] > 0.9).all()
        assert (matte_of(tmp_path / "a", frame)[30:, 55:65] > 0.9).all()
    assert origin["shot"]["mattes"]["garbage"]["shapes"] == [RIG.model_dump(mode="json")]


def test_a_sub_range_has_the_same_pixels_and_another_drawing_is_another_generation(
    a_shot, tmp_path: Path
) -> None:
    shot = a_shot()
    rendered(shot, tmp_path / "a")
    rendered(shot, tmp_path / "b", frames=FrameRange(1002, 1002))
    images = [read_channels(tmp_path / n / "out/v001/a_v001.1002.exr").pixels for n in "ab"]
    assert np.array_equal(*images)
    changed = with_garbage(shot, with_point_moved(RIG, 1001, 0, (0.0, 0.0)))
    stored = tmp_path / "a/generations"
    with pytest.raises(BadInput, match="no generation is stored"):
        render(RenderRequest(shot=changed, out=tmp_path / "c", generations=stored, mode="refinish"))


def test_shapes_travel_in_the_document_alone(a_shot, tmp_path: Path) -> None:
    shot = a_shot()
    moved, files = gathered(shot)
    assert moved.mattes.garbage.shapes == [RIG]
    assert {file.path for file in files} == {
        *(f"plate/p.{n}.exr" for n in range(1001, LAST + 1)),
        "references/0/ref.exr",
    }
    path = tmp_path / "again.shot.json"
    path.write_text(text_beside(shot, tmp_path))
    assert document.load(path) == shot
