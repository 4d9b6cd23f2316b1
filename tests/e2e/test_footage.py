"""Real footage through the same commands. Sets that are not on the machine are skipped by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO as oiio
import pytest

from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.video import MovieReader
from pai_studio.core.shot.frames import FramePattern


@pytest.fixture
def delivered(pai, shot_file, tmp_path: Path) -> Callable[..., Path]:
    """Render a shot; the folder of its frames."""

    def run(**keys: object) -> Path:
        path = shot_file(
            tmp_path / "a.shot.json", **keys, name="a", delivery={"files": "out/a.####.exr", **DELIVERY}
        )
        code, _, err = pai("render", path)
        assert code == 0, err
        return tmp_path / "out"

    return run


DELIVERY = {"colorspace": "ACEScg", "compression": "zips"}


def planes(path: Path) -> tuple[dict[str, np.ndarray], oiio.ImageSpec]:
    file = oiio.ImageInput.open(str(path))
    assert file, oiio.geterror()
    pixels = file.read_image("float")
    return {name: pixels[..., i] for i, name in enumerate(file.spec().channelnames)}, file.spec()


def rgb(found: dict[str, np.ndarray], layer: str = "") -> np.ndarray:
    return np.stack([found[layer + letter] for letter in "RGB"], axis=2)


def psnr_db(one: np.ndarray, other: np.ndarray, where: np.ndarray) -> float:
    return float(-10 * np.log10(np.mean((one[where] - other[where]) ** 2)))


def test_a_hand_held_shot_before_a_painted_wall(footage, delivered) -> None:
    stills = footage("bgref_petra_arches")
    out = delivered(
        rate="30000/1001",
        frames=[1001, 1021, 10],
        plate={
            "files": str(footage("gs_mdn_handheld") / "frames/mdn.####.png"),
            "colorspace": "sRGB - Texture",
        },
        references=[
            {"file": str(stills / f"JDW_95{n}.jpg"), "frame": frame}
            for n, frame in ((18, 1001), (19, 1011), (20, 1021))
        ],
    )
    for frame in (1001, 1011, 1021):
        found, _ = planes(out / f"a.{frame}.exr")
        matte, beauty = found["matte.A"], rgb(found)
        assert matte[150:, 120:200].min() == 1, "the man's chest is solid"
        assert matte[:60, :60].max() == 0, "the wall is gone"
        assert 0.15 < matte.mean() < 0.45
        # The wall is far more green than the desert: none of it may be left at the man's edge.
        edge = (cv2.dilate(matte, np.ones((7, 7))) > 0.02) & (matte < 0.98)
        assert np.median(beauty[edge][:, 1] - beauty[edge].max(axis=1)) <= 0
        assert np.isfinite(beauty).all()


@pytest.mark.long
def test_a_rendered_frame_keeps_its_window_and_its_twenty_channels(
    footage, delivered, pai, shot_file, tmp_path
) -> None:
    folder, frame = footage("exr_beachball"), 7  # one is enough: with twenty channels it takes ten seconds
    keys = {
        "frames": [frame, frame],
        "plate": {
            "files": str(folder / "singlepart.####.exr"),
            "colorspace": "Linear Rec.709 (sRGB)",
            "alpha": "premultiplied",
            "screen": "none",
        },
        "references": [{"file": str(footage("bgref_petra_arches") / "DFM_4209.jpg"), "frame": frame}],
    }
    filled = delivered(**keys)
    path = shot_file(
        tmp_path / "b.shot.json", **keys, engine={"name": "plate"}, delivery={"files": "same/b.####.exr"}
    )
    code, _, err = pai("render", path)
    assert code == 0, err
    given, was = planes(FramePattern(str(folder / "singlepart.####.exr")).path(frame))
    same, spec = planes(tmp_path / f"same/b.{frame:04d}.exr")
    assert len(given) == 20
    assert all(np.array_equal(given[name], same[name]) for name in given)
    window = (was.x, was.y, was.width, was.height)
    assert window != (was.full_x, was.full_y, was.full_width, was.full_height)
    assert (spec.x, spec.y, spec.width, spec.height) == window
    whole, spec = planes(filled / f"a.{frame:04d}.exr")
    rows = slice(was.y - spec.y, was.y - spec.y + was.height)
    columns = slice(was.x - spec.x, was.x - spec.x + was.width)
    for name in given:
        if name not in ("R", "G", "B", "A"):
            assert np.array_equal(whole[name][rows, columns], given[name]), name
    assert whole["A"].min() == 1


@pytest.mark.long
def test_a_cut_out_over_its_own_clean_plate_gives_the_shot_back(footage, delivered) -> None:
    """Restoring: the truth is the plate itself, scored where the clean plate was ever seen."""
    folder = footage("cine_juggle")
    movie = folder / "05_default_juggle.mp4"
    out = delivered(
        frames=[1001, 1041, 20],
        plate={"files": str(movie), "colorspace": "sRGB - Texture", "screen": "none", "start": 1001},
        mattes={"alpha": {"files": str(folder / "mattes/matte.####.png")}},
        references=[{"file": str(folder / "clean_plate.png"), "frame": 1001}],
        finish={"grain": 0.0},
    )
    config = ColorConfig.open()
    unseen = cv2.imread(str(folder / "clean_plate_unseen_mask.png"), cv2.IMREAD_GRAYSCALE) > 0
    background, foreground = [], []
    with MovieReader(movie) as reader:
        for frame in (1001, 1021, 1041):
            found, _ = planes(out / f"a.{frame}.exr")
            shown = config.srgb(rgb(found))
            truth = reader.read(frame - 1001)
            around = cv2.dilate(found["matte.A"], np.ones((15, 15))) == 0
            background.append(psnr_db(shown, truth, around & ~unseen))
            foreground.append(psnr_db(shown, truth, cv2.erode(found["matte.A"], np.ones((9, 9))) == 1))
    print(json.dumps({"background_db": background, "foreground_db": foreground}))
    assert min(background) > 33
    assert min(foreground) > 35
