"""What a shot looks like is told by the whole of it: a sub-range's place is as soft as all others'."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from pai_studio.core import render as spine
from pai_studio.core.media.exr import read_channels
from pai_studio.core.media.source import FileSource
from pai_studio.core.shot import document
from pai_studio.core.shot.frames import FrameRange
from tests.core.finish.test_softness import SOFT_PX, blocks, blurred
from tests.core.relighting import RelightingEngine
from tests.core.test_render_near import delivered, frame_of, rendered

W, H = 160, 96


def small(pixels: np.ndarray) -> np.ndarray:
    return cv2.resize(pixels, (W, H), interpolation=cv2.INTER_AREA)


@pytest.fixture
def a_shot(
    tmp_path: Path,
    picture: Callable[..., Path],
    shot_file: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> document.Shot:
    """Two frames, of which only the second is in focus, before a sharp place."""
    monkeypatch.setattr(spine, "make_engine", lambda *_: RelightingEngine())
    cover = np.zeros((H, W, 1), np.float32)
    cover[40:, 60:100] = 1
    for number, sigma_px in ((1001, SOFT_PX), (1002, 0)):
        rgba = np.dstack([blurred(small(blocks()), sigma_px), cover])
        picture(tmp_path / f"p.{number}.exr", rgba, channels=("R", "G", "B", "A"))
    picture(tmp_path / "ref.exr", small(blocks(seed=3)))
    path = shot_file(
        tmp_path / "a.shot.json",
        frames=[1001, 1002],
        plate={"files": "p.####.exr", "colorspace": "ACEScg", "alpha": "straight", "screen": "none"},
        references=[{"file": "ref.exr", "frame": 1001, "colorspace": "ACEScg"}],
        finish={"grain": 0},
        delivery={"files": "out/v001/a_v001.####.exr"},
    )
    return document.load(path)


def test_a_sub_range_is_as_soft_as_the_whole_shot(
    a_shot: document.Shot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its own frames' edges its place were softer."""
    rendered(a_shot, tmp_path)
    stored = tmp_path / "generations"
    first = {"frames": FrameRange(1001, 1001), "mode": "refinish", "generations": stored}
    rendered(a_shot, tmp_path / "b", **first)
    assert delivered(tmp_path / "b") == {1001: delivered(tmp_path)[1001]}
    monkeypatch.setattr(FileSource, "few", lambda self: iter([self.frame(1001)]))
    rendered(a_shot, tmp_path / "c", **first)
    whole, own = (read_channels(frame_of(folder, 1001)).pixels for folder in (tmp_path, tmp_path / "c"))
    assert not np.array_equal(whole, own)  # else this could not fail
