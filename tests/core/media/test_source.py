"""A shot's files as frames: windows, alpha, mattes, refusals before any decoding."""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
import pytest

from pai_studio.core.media.color import BUILTIN, ColorConfig
from pai_studio.core.media.exr import read_channels, write_exr
from pai_studio.core.media.frame import Box, Image
from pai_studio.core.media.source import FileSource
from pai_studio.core.shot.document import Ocio, Shot, parse
from pai_studio.core.shot.errors import BadInput, MissingFrames, UnknownColorSpace, UnreadableImage

DISPLAY = Box(0, 0, 12, 8)
LOG = "ARRI LogC3 (EI800)"
Footage = Callable[[str], Path]


@pytest.fixture(scope="module")
def config() -> ColorConfig:
    return ColorConfig.open(Ocio(config=BUILTIN))


def exr(
    path: Path, pixels: np.ndarray, channels: tuple[str, ...], window: Box = DISPLAY, **more: Any
) -> None:
    image = Image(pixels.astype(np.float32), channels, "", window, more.pop("display", DISPLAY), **more)
    write_exr(path, image)


def picture(seed: int, window: Box = DISPLAY, channels: int = 3) -> np.ndarray:
    noise = np.random.default_rng(seed).random((*window.shape, channels), np.float32) * 4 - 0.5
    return noise.astype(np.float16).astype(np.float32)


def png(path: Path, pixels: np.ndarray) -> None:
    spec = oiio.ImageSpec(pixels.shape[1], pixels.shape[0], pixels.shape[2], "uint8")
    spec.attribute("oiio:UnassociatedAlpha", 1)
    output = oiio.ImageOutput.create("png")
    assert output.open(str(path), spec)
    assert output.write_image(pixels.astype(np.float32))
    assert output.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four RGBA frames with a depth channel, and one still."""
    for number in range(1001, 1005):
        planes = np.dstack([picture(number), np.full(DISPLAY.shape, 0.5), np.full(DISPLAY.shape, number)])
        types = ("half",) * 4 + ("float",)
        exr(tmp_path / f"p.{number}.exr", planes, ("R", "G", "B", "A", "depth.Z"), file_types=types)
    png(tmp_path / "still.png", np.full((8, 12, 3), 0.5))
    return tmp_path


def shot(
    folder: Path, frames: list[int] | None = None, plate: dict[str, Any] | None = None, **more: Any
) -> Shot:
    document = {
        "schema": "pai-studio/shot/1",
        "name": "t",
        "rate": 24,
        "frames": frames or [1001, 1004],
        "plate": {"files": "p.####.exr", "colorspace": "ACEScg"} | (plate or {}),
        "references": [{"file": "still.png", "frame": (frames or [1001])[0]}],
    } | more
    return parse(json.dumps(document)).with_paths_from(folder)


def test_frames_are_the_files_pixels(folder: Path, config: ColorConfig) -> None:
    source = FileSource(shot(folder), config)
    numbers = []
    for frame, image in source.stream_pairs(source.frames):
        assert np.array_equal(frame.rgb, picture(frame.number))
        assert (frame.canvas, frame.display, frame.inside, frame.alpha) == (DISPLAY, DISPLAY, None, None)
        assert image.channels == ("R", "G", "B", "A", "depth.Z")
        assert image.file_types == ("half",) * 4 + ("float",)
        assert (image.pixels[..., 4] == frame.number).all()
        numbers.append(frame.number)
    assert numbers == [1001, 1002, 1003, 1004]
    assert np.array_equal(source.frame(1003).rgb, picture(1003))
    assert [f.number for f in source.stream([1004, 1002])] == [1004, 1002]
    assert source.image(1002).pixels[0, 0, 4] == 1002


def test_a_stream_holds_no_frame_that_it_has_given(folder: Path, config: ColorConfig) -> None:
    stream = FileSource(shot(folder), config).stream([1001, 1002])
    given = weakref.ref(next(stream))
    assert given() is None
    assert next(stream).number == 1002


def test_few_frames_lie_inside_the_whole_shot(folder: Path, config: ColorConfig) -> None:
    for last, expected in ((1004, [1001, 1003, 1004]), (1001, [1001])):
        few = list(FileSource(shot(folder, frames=[1001, last]), config).few())
        assert [frame.number for frame in few] == expected


def test_a_damaged_frame_holds_nobody_up_who_asks_for_others(folder: Path, config: ColorConfig) -> None:
    source = FileSource(shot(folder), config)
    file = folder / "p.1003.exr"
    file.write_bytes(file.read_bytes()[:-200])
    assert [frame.number for frame in source.few()] == [1001, 1004]
    with pytest.raises(UnreadableImage):
        source.frame(1003)


def test_colour_is_converted_and_alpha_is_not(folder: Path, config: ColorConfig) -> None:
    source = FileSource(shot(folder, plate={"colorspace": LOG, "alpha": "straight"}), config)
    frame = source.frame(1001)
    assert np.array_equal(frame.rgb, config.convert(picture(1001), LOG, "ACEScg"))
    assert frame.alpha is not None
    assert (frame.alpha == 0.5).all()
    assert not frame.premultiplied
    assert not frame.keyed


@pytest.mark.parametrize(
    ("alpha", "screen", "keyed"),
    [
        ("none", "none", False),
        ("straight", "auto", False),
        ("straight", "none", True),
        ("premultiplied", "auto", True),
    ],
)
def test_what_counts_as_keyed(
    folder: Path, config: ColorConfig, alpha: str, screen: str, keyed: bool
) -> None:
    frame = FileSource(shot(folder, plate={"alpha": alpha, "screen": screen}), config).frame(1001)
    assert frame.keyed is keyed
    assert frame.premultiplied is (alpha == "premultiplied")


def test_premultiplied_code_values_are_divided_first(folder: Path, config: ColorConfig) -> None:
    plate = {"colorspace": "sRGB - Texture", "alpha": "premultiplied"}
    frame = FileSource(shot(folder, plate=plate), config).frame(1001)
    straight = config.convert(picture(1001) / 0.5, "sRGB - Texture", "ACEScg")
    assert frame.rgb == pytest.approx(straight * 0.5, rel=1e-5, abs=1e-6)


def test_data_windows_may_vary_and_reach_out(folder: Path, config: ColorConfig) -> None:
    window = Box(-3, 2, 8, 9)
    exr(folder / "p.1002.exr", picture(7, window, 4), ("R", "G", "B", "A"), window)
    source = FileSource(shot(folder), config)
    frame = source.frame(1002)
    assert frame.canvas == Box(-3, 0, 15, 11)
    assert frame.inside is not None
    assert frame.inside.sum() == 72
    assert np.array_equal(frame.rgb[2:, :8], picture(7, window, 4)[..., :3])
    assert (frame.rgb[~frame.inside] == 0).all()
    assert source.image(1002).data_window == window
    assert source.frame(1001).canvas == DISPLAY


def test_negative_and_stepped_frames(folder: Path, config: ColorConfig) -> None:
    for number in (-4, -2, 0):
        exr(folder / f"n.{number:04d}.exr", picture(number + 9), ("R", "G", "B"))
    document = shot(folder, frames=[-4, 0, 2], plate={"files": "n.####.exr"})
    assert [f.number for f in FileSource(document, config).stream([-4, -2, 0])] == [-4, -2, 0]


def test_a_named_layer_is_the_picture(folder: Path, config: ColorConfig) -> None:
    names = ("R", "G", "B", "diffuse.red", "diffuse.green", "diffuse.blue")
    exr(folder / "l.1001.exr", np.dstack([picture(1), picture(2)]), names)
    document = shot(folder, frames=[1001, 1001], plate={"files": "l.####.exr", "layer": "diffuse"})
    (pair,) = FileSource(document, config).stream_pairs([1001])
    assert np.array_equal(pair[0].rgb, picture(2))
    assert pair[1].channels == ("diffuse.R", "diffuse.G", "diffuse.B", "R", "G", "B")
    assert np.array_equal(pair[1].pixels[..., 3:], picture(1))


def test_mattes(folder: Path, config: ColorConfig) -> None:
    for number in range(1001, 1005):
        png(folder / f"m.{number}.png", np.full((8, 12, 1), (number - 1001) / 5))
    inner = Box(2, 2, 4, 4)
    exr(folder / "core.exr", np.full((4, 4, 1), 1.0), ("core.A",), inner)
    window = Box(-2, 0, 16, 8)
    exr(folder / "p.1004.exr", picture(7, window, 4), ("R", "G", "B", "A"), window)
    mattes = {
        "alpha": {"files": "m.####.png"},
        "garbage": {"files": "m.####.png", "invert": True},
        "core": {"files": "core.exr", "channel": "core.A"},
    }
    source = FileSource(shot(folder, mattes=mattes), config)
    frame = source.frame(1004)
    assert frame.alpha == pytest.approx(0.6)
    assert frame.garbage == pytest.approx(0.4)
    assert frame.alpha is not None
    assert frame.core is not None
    assert frame.alpha.shape == frame.core.shape == (8, 16)
    assert (frame.core[2:6, 4:8] == 1).all()
    assert frame.core.sum() == 16
    assert any("holds only 'Y', taken for 'A'" in note for note in source.notes)


def test_mattes_lie_on_the_plate_wherever_its_display_window_begins(
    folder: Path, config: ColorConfig, picture: Callable[..., Path]
) -> None:
    rng = np.random.default_rng(1)
    picture(folder / "d.1001.exr", rng.random((8, 12, 3), np.float32), data=(5, -3), display=(5, -3, 12, 8))
    ramp = np.tile(np.arange(12, dtype=np.float32) / 15, (8, 1))
    ramp[0, 0] = np.nan
    picture(folder / "r.exr", ramp[..., None], channels=("A",))
    png(folder / "r.png", np.tile(np.arange(12, dtype=np.float32) / 15, (8, 1))[..., None])
    mattes = {"alpha": {"files": "r.exr"}, "garbage": {"files": "r.png"}}
    plate = {"files": "d.####.exr"}
    source = FileSource(shot(folder, frames=[1001, 1001], plate=plate, mattes=mattes), config)
    frame = source.frame(1001)
    for matte in (frame.alpha, frame.garbage):
        assert matte == pytest.approx(np.nan_to_num(ramp), abs=1e-3)
    assert source.repaired(1001).nan == 1
    assert "mattes.alpha: frame 1001: 1 NaN and 0 Inf replaced" in source.notes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mattes": {"alpha": {"files": "x.####.png"}}}, "mattes.alpha .*frames are missing"),
        ({"mattes": {"core": {"files": "small.png"}}}, "mattes.core .*is 6x4, the plate 12x8"),
        ({"mattes": {"core": {"files": "still.png"}}}, "has no channel 'A'; name one of R, G, B"),
        ({"mattes": {"core": {"files": "a.mov"}}}, "not movies"),
        ({"plate": {"files": "q.####.exr"}}, "4 of 4 frames are missing"),
        ({"plate": {"files": "p.#####.exr"}}, "padded to 4 digits"),
        ({"plate": {"layer": "specular"}}, "has no layer 'specular'; it holds rgba"),
        ({"plate": {"files": "still.png"}}, "is one picture for 4 frames"),
        ({"plate": {"alpha": "straight", "files": "o.####.exr"}}, "there is no alpha"),
        ({"frames": [1001, 1006]}, "2 of 6 frames are missing .1005-1006"),
        (
            {"references": [{"file": "none.jpg", "frame": 1001}]},
            r"references\[0\] .*none.jpg: cannot be opened",
        ),
    ],
)
def test_refusals_name_what_and_where(
    folder: Path, config: ColorConfig, change: dict[str, Any], message: str
) -> None:
    png(folder / "small.png", np.ones((4, 6, 1)))
    for number in range(1001, 1005):
        exr(folder / f"o.{number}.exr", picture(1), ("R", "G", "B"))
    with pytest.raises(BadInput, match=message):
        FileSource(shot(folder, **change), config)


def test_mixed_sizes_are_listed(folder: Path, config: ColorConfig) -> None:
    larger = Box(0, 0, 14, 8)
    exr(folder / "p.1003.exr", picture(3, larger, 4), ("R", "G", "B", "A"), larger, display=larger)
    with pytest.raises(BadInput, match="12x8 in 1001-1002, 1004; 14x8 in 1003"):
        FileSource(shot(folder), config)


def test_missing_frames_unknown_space_and_damage(folder: Path, config: ColorConfig) -> None:
    with pytest.raises(UnknownColorSpace, match="ACEScg"):
        FileSource(shot(folder, plate={"colorspace": "ACEScgg"}), config)
    whole = (folder / "p.1003.exr").read_bytes()
    (folder / "p.1003.exr").write_bytes(whole[:-100])
    source = FileSource(shot(folder), config)
    with pytest.raises(UnreadableImage, match=r"p\.1003\.exr"):
        list(source.stream(source.frames))
    (folder / "p.1003.exr").write_bytes(whole[:100])
    with pytest.raises(UnreadableImage, match=r"p\.1003\.exr"):
        FileSource(shot(folder), config)
    (folder / "p.1003.exr").unlink()
    with pytest.raises(MissingFrames, match="1003"):
        FileSource(shot(folder), config)


def test_a_contradicting_file_is_noted_once_and_the_document_wins(folder: Path, config: ColorConfig) -> None:
    for number in range(1001, 1005):
        exr(folder / f"c.{number}.exr", picture(1), ("R", "G", "B"), metadata=config.attributes("ACES2065-1"))
    source = FileSource(shot(folder, plate={"files": "c.####.exr"}), config)
    assert np.array_equal(source.frame(1001).rgb, picture(1))
    assert [note for note in source.notes if "ACES2065-1" in note] == [
        "plate: c.1001.exr says it is 'ACES2065-1'; the shot's 'ACEScg' is used"
    ]


def test_numbers_without_a_colour_space_are_taken_as_they_are_and_that_is_said(
    folder: Path, config: ColorConfig
) -> None:
    source = FileSource(shot(folder, plate={"files": "p.####.exr", "colorspace": "Raw"}), config)
    assert np.array_equal(source.frame(1001).rgb, source.image(1001).pixels[..., :3])
    assert "plate: 'Raw' is data and no colour: its numbers are taken as light" in source.notes


def test_nan_is_replaced_and_counted(footage: Footage, folder: Path, config: ColorConfig) -> None:
    path = footage("exr_windows_chroma") / "TestImages" / "BrightRingsNanInf.exr"
    source = FileSource(shot(folder, frames=[5, 5], plate={"files": str(path)}), config)
    (frame,) = source.stream([5])
    assert np.isfinite(frame.rgb).all()
    source.frame(5)  # counted once, however often it is read
    assert (source.repaired(5).nan, source.repaired(5).inf) == (6, 12)
    assert source.notes.count("plate: frame 5: 6 NaN and 12 Inf replaced") == 1
    assert not source.repaired(6)


def test_a_log_curve_that_overflows_leaves_no_inf(folder: Path, config: ColorConfig) -> None:
    exr(folder / "h.1001.exr", np.full((8, 12, 3), 60000.0), ("R", "G", "B"))
    plate = {"files": "h.####.exr", "colorspace": LOG}
    source = FileSource(shot(folder, frames=[1001, 1001], plate=plate), config)
    assert np.isfinite(source.frame(1001).rgb).all()
    assert source.repaired(1001)


def test_png_sequence(folder: Path, config: ColorConfig) -> None:
    for number in (1001, 1002):
        png(folder / f"g.{number}.png", np.dstack([np.full((8, 12, 3), 1.0), np.full((8, 12), 0.5)]))
    plate = {"files": "g.####.png", "colorspace": "sRGB - Texture", "alpha": "straight"}
    source = FileSource(shot(folder, frames=[1001, 1002], plate=plate), config)
    (first, _) = source.stream_pairs([1001, 1002])
    frame, image = first
    assert frame.rgb == pytest.approx(1.0, abs=1e-4)
    assert frame.alpha == pytest.approx(128 / 255)
    assert image.channels == ("R", "G", "B", "A")


def test_movie_plates_start_where_they_are_told(footage: Footage, folder: Path, config: ColorConfig) -> None:
    movie = footage("gs_mdn_handheld") / "video.mp4"
    still = str(footage("gs_mdn_handheld") / "frames" / "mdn.####.png")
    sequence = FileSource(shot(folder, plate={"files": still, "colorspace": "sRGB - Texture"}), config)
    plate = {"files": str(movie), "colorspace": "sRGB - Texture", "start": 1001 - 420}
    source = FileSource(shot(folder, plate=plate), config)
    assert source.frame(1003).rgb == pytest.approx(sequence.frame(1002).rgb, abs=1e-5)
    for frame in source.stream([1001, 1003]):
        expected = sequence.frame(1001 + (frame.number - 1001) // 2)
        assert frame.rgb == pytest.approx(expected.rgb, abs=1e-5)
    assert any("59.940" in note for note in source.notes)
    with pytest.raises(MissingFrames, match="holds 1001-2465"):
        FileSource(shot(folder, frames=[1001, 2466], plate=plate | {"start": 1001}), config)


def test_beachball_range(footage: Footage, folder: Path, config: ColorConfig) -> None:
    files = footage("exr_beachball") / "singlepart.####.exr"
    source = FileSource(shot(folder, frames=[1, 3], plate={"files": str(files)}), config)
    for frame, image in source.stream_pairs([1, 3]):
        original = read_channels(files.with_name(f"singlepart.{frame.number:04d}.exr"))
        assert frame.display == Box(0, 0, 2048, 1556)
        assert np.array_equal(image.pixels, original.pixels)
        rows, columns = original.data_window.slices_in(frame.canvas)
        assert np.array_equal(frame.rgb[rows, columns], original.pixels[..., :3])
