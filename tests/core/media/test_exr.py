"""EXR: exact round trips, layers and views, refusals, repairs, whole files or none."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pai_studio.core.media.exr import (
    LIMITS,
    Attribute,
    Limits,
    Repairs,
    clean,
    read_channels,
    read_header,
    read_image,
    sweep_temps,
    write_exr,
    write_file,
)
from pai_studio.core.media.exr_layers import find_layer
from pai_studio.core.media.frame import Box, Image
from pai_studio.core.shot.errors import BadInput, OutOfResources, UnreadableImage

Footage = Callable[[str], Path]
HALVES = st.floats(-65504, 65504, width=16)
FLOATS = st.floats(-(2.0**100), 2.0**100, width=32)
CHARACTER = ("character.R", "character.G", "character.B")
CHARACTER_BY_NUKE = ("character.red", "character.green", "character.blue")
boxes = st.builds(Box, st.integers(-90, 90), st.integers(-90, 90), st.integers(1, 9), st.integers(1, 9))


def image(pixels: np.ndarray, channels: tuple[str, ...] = ("R", "G", "B"), **more: object) -> Image:
    window = Box(0, 0, pixels.shape[1], pixels.shape[0])
    facts = {"colorspace": "ACEScg", "data_window": window, "display_window": window} | more
    return Image(pixels=pixels.astype(np.float32), channels=channels, **facts)  # type: ignore[arg-type]


@st.composite
def pictures(draw: st.DrawFn) -> Image:
    data, display = draw(boxes), draw(boxes)
    types = draw(st.tuples(*[st.sampled_from(["half", "float"])] * 5))
    planes = [
        draw(
            hnp.arrays(
                np.float32,
                data.shape,
                elements=HALVES if kind == "half" else FLOATS,
            )
        )
        for kind in types
    ]
    return Image(
        np.stack(planes, axis=2),
        ("R", "G", "B", "A", "depth.Z"),
        "ACEScg",
        data,
        display,
        draw(st.sampled_from([1.0, 2.0, 0.5])),
        file_types=types,
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(picture=pictures(), compression=st.sampled_from(["none", "rle", "zips", "zip", "piz"]))
def test_round_trip_is_exact(tmp_path: Path, picture: Image, compression: str) -> None:
    path = tmp_path / "a.exr"
    assert not write_exr(path, picture, compression=compression)
    back = read_channels(path, colorspace="ACEScg")
    order = [back.channels.index(name) for name in picture.channels]
    assert np.array_equal(back.pixels[..., order], picture.pixels)
    assert tuple(back.file_types[i] for i in order) == picture.file_types
    assert (back.data_window, back.display_window) == (picture.data_window, picture.display_window)
    assert back.pixel_aspect == picture.pixel_aspect


def test_metadata_survives_with_its_types(tmp_path: Path) -> None:
    facts = {
        "framesPerSecond": Fraction(24000, 1001),
        "smpte:TimeCode": Attribute("timecode", (18154760, 0)),
        "reelName": "A001",
        "pai/window": 3,
        "camera": Attribute("matrix", tuple(float(n) for n in range(16))),
    }
    write_exr(tmp_path / "a.exr", image(np.ones((2, 2, 3)), metadata=facts))
    first = read_image(tmp_path / "a.exr")
    write_exr(tmp_path / "b.exr", first)
    second = read_image(tmp_path / "b.exr")
    assert first.metadata == second.metadata
    assert second.metadata["framesPerSecond"] == Attribute("rational", (24000, 1001))
    for name in ("smpte:TimeCode", "reelName", "pai/window", "camera"):
        assert second.metadata[name] == facts[name]


def test_color_attributes_are_rewritten(tmp_path: Path) -> None:
    old = {
        "chromaticities": (0.7, 0.3, 0.2, 0.8, 0.1, 0.0, 0.3, 0.3),
        "acesImageContainerFlag": 1,
        "reelName": "A",
    }
    new = {
        "chromaticities": (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329),
        "colorInteropID": "lin_rec709_scene",
    }
    write_exr(tmp_path / "a.exr", image(np.ones((2, 2, 3)), metadata=old), color=new)
    facts = read_image(tmp_path / "a.exr").metadata
    assert facts["chromaticities"].value == pytest.approx(new["chromaticities"])
    assert facts["colorInteropID"] == "lin_rec709_scene"
    assert facts["reelName"] == "A"
    assert "acesImageContainerFlag" not in facts


def test_layers_are_joined_over_the_first_window(tmp_path: Path) -> None:
    beauty = image(np.ones((4, 6, 3)), data_window=Box(-1, -2, 6, 4))
    matte = image(np.full((2, 2, 1), 0.5), ("matte.A",), data_window=Box(0, 0, 2, 2), file_types=("float",))
    write_exr(tmp_path / "a.exr", [beauty, matte])
    back = read_channels(tmp_path / "a.exr")
    assert back.channels == ("R", "G", "B", "matte.A")
    assert back.file_types == ("half", "half", "half", "float")
    plane = back.pixels[..., 3]
    assert plane[2:4, 1:3].min() == 0.5
    assert plane.sum() == 2.0


@pytest.mark.parametrize("compression", ["zip", "piz", "dwab", "none"])
def test_a_tall_picture_is_whole_though_it_is_written_in_strips(tmp_path: Path, compression: str) -> None:
    rng = np.random.default_rng(2)
    tall = rng.uniform(0, 1, (700, 5, 3)).astype(np.float16).astype(np.float32)
    tall[-1, -1, 0] = np.nan
    matte = rng.uniform(0, 1, (300, 4, 1)).astype(np.float32)
    beside = image(matte, ("matte.A",), data_window=Box(1, 190, 4, 300), file_types=("float",))
    path = tmp_path / "a.exr"
    first = image(tall, data_window=Box(-1, -10, 5, 700))
    assert write_exr(path, [first, beside], compression=compression) == Repairs(nan=1)
    back = read_channels(path).pixels
    if compression != "dwab":  # which is lossy
        assert np.array_equal(back[..., :3], np.nan_to_num(tall))
    expected = np.zeros((700, 5), np.float32)
    expected[200:500, 2:5] = matte[:, :3, 0]
    assert np.array_equal(back[..., 3], expected)


def test_what_no_file_may_hold_is_replaced_and_counted(tmp_path: Path) -> None:
    pixels = np.array([[[np.nan, np.inf, -np.inf], [1e6, -1e6, 65504.0]]], np.float32)
    counts = write_exr(tmp_path / "a.exr", image(pixels))
    assert counts == Repairs(nan=1, inf=2, clamped=2)
    expected = [[[0, 65504, -65504], [65504, -65504, 65504]]]
    assert np.array_equal(read_image(tmp_path / "a.exr").pixels, expected)
    assert np.isnan(pixels[0, 0, 0]), "the caller's array was changed"
    assert write_exr(tmp_path / "b.exr", image(pixels, file_types=("float",) * 3)) == Repairs(nan=1, inf=2)
    assert read_image(tmp_path / "b.exr").pixels[0, 1, 0] == 1e6


def test_clean_leaves_a_sound_image_alone() -> None:
    sound = image(np.array([[[-1.0, 1e30, 0.0]]]))
    assert clean(sound) == (sound, Repairs())


def test_nan_and_inf_in_real_files(footage: Footage) -> None:
    rings = read_image(footage("exr_windows_chroma") / "TestImages" / "BrightRingsNanInf.exr")
    repaired, counts = clean(rings)
    assert counts == Repairs(nan=6, inf=12)
    assert np.isfinite(repaired.pixels).all()


def test_beachball_keeps_all_channels(footage: Footage, tmp_path: Path) -> None:
    path = footage("exr_beachball") / "singlepart.0003.exr"
    every = read_channels(path)
    assert len(every.channels) == 20
    assert every.data_window != every.display_window
    write_exr(tmp_path / "a.exr", every)
    back = read_channels(tmp_path / "a.exr")
    assert np.array_equal(back.pixels, every.pixels)
    assert back.channels == every.channels
    assert (back.data_window, back.display_window) == (every.data_window, every.display_window)
    assert back.metadata["multiView"] == every.metadata["multiView"]
    assert np.array_equal(read_image(path).pixels, every.pixels[..., :4])
    left = [every.channels.index(f"left.{c}") for c in "RGBA"]
    assert np.array_equal(read_image(path, layer="left").pixels, every.pixels[..., left])


LAYOUTS = [
    ("channelTestSinglePart", "rgba", 0, ("R", "G", "B"), "A"),
    ("channelTestSinglePart", "character", 0, CHARACTER, "character.A"),
    (
        "channelTestNukeSinglePart",
        "character",
        0,
        ("character.red", "character.green", "character.blue"),
        "character.alpha",
    ),
    ("channelTestNukePartPerLayer", "rgba", 0, ("R", "G", "B"), "A"),
    ("channelTestNukePartPerLayer", "character", 1, ("red", "green", "blue"), "alpha"),
    ("channelTestPartPerLayer", "character", 1, CHARACTER, "character.A"),
    ("channelTestMultiViewSinglePart", "rgba", 0, ("R", "G", "B"), "A"),
    ("channelTestMultiViewSinglePart", "right", 0, ("right.R", "right.G", "right.B"), "right.A"),
    ("channelTestMultiViewNukePartPerView", "left", 1, ("R", "G", "B"), "A"),
    ("channelTestMultiViewPartPerLayer", "rgba.right", 2, ("R", "G", "B"), "A"),
    (
        "channelTestMultiViewPartPerLayer",
        "character.left",
        1,
        ("character.R", "character.G", "character.B"),
        "character.A",
    ),
    ("dwaHalfWithLayerPrefix", "albedo", 0, ("albedo.R", "albedo.G", "albedo.B"), None),
    ("layers.10x10", "1", 0, ("1.R", "1.G", "1.B"), None),
    ("multipart", "customRgba", 1, ("R", "G", "B"), "A"),
    ("imitateProductionLayers1", "character", 1, ("red", "green", "blue"), None),
    ("singlePartBogusName", "rgba", 0, ("R", "G", "B"), None),
]


@pytest.mark.parametrize("case", LAYOUTS, ids=lambda case: f"{case[0]}-{case[1]}")
def test_layer_naming(footage: Footage, case: tuple[str, str, int, tuple[str, ...], str | None]) -> None:
    name, layer, part, rgb, alpha = case
    path = footage("exr_channel_layouts") / f"{name}.exr"
    found = find_layer(read_header(path), layer)
    assert (found.part.index, found.rgb, found.alpha) == (part, rgb, alpha)
    assert read_image(path, layer=layer).channels == ("R", "G", "B", "A")[: 4 if alpha else 3]


@pytest.mark.parametrize(
    ("folder", "name", "message"),
    [
        ("exr_deep_multiview", "openexr_11.deep", "deep EXR"),
        ("exr_deep_multiview", "v2_LowResLeftView_Balls", "deep EXR"),
        ("exr_deep_multiview", "MultiView_Fog", "multi-view EXR .views left, right"),
        ("exr_beachball", "multipart.0001", "choose one as plate.layer: rgba_right, rgba_left"),
        ("exr_channel_layouts", "channelTestMultiViewPartPerView", "multi-view EXR"),
        ("exr_channel_layouts", "dwaHalfWithLayerPrefix", "no layer 'rgba'; it holds albedo"),
        ("exr_channel_layouts", "weirdPartNames", "no layer 'rgba'"),
        ("exr_photos", "CrissyField", "luminance/chroma EXR"),
    ],
)
def test_refused_by_name(footage: Footage, folder: str, name: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_image(footage(folder) / f"{name}.exr")


def test_tiled_and_windowed_files_read(footage: Footage) -> None:
    tiled = read_image(footage("exr_deep_multiview") / "MultiResolution_ColorCodedLevels.exr")
    assert tiled.pixels.shape == (512, 512, 4)
    negative = read_image(footage("exr_channel_layouts") / "checkerWithNegWindows.200x150.exr")
    assert (negative.data_window, negative.display_window) == (Box(-25, -99, 200, 150), Box(-5, -5, 26, 26))


def attribute(name: str, kind: str, body: bytes) -> bytes:
    return name.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<i", len(body)) + body


def header_of(width: int, height: int, channels: list[str], compression: int = 3) -> bytes:
    names = b"".join(c.encode() + b"\0" + struct.pack("<iB3xii", 1, 0, 1, 1) for c in channels) + b"\0"
    box = struct.pack("<4i", 0, 0, width - 1, height - 1)
    return (
        b"\x76\x2f\x31\x01\2\0\0\0"
        + attribute("channels", "chlist", names)
        + attribute("compression", "compression", bytes([compression]))
        + attribute("dataWindow", "box2i", box)
        + attribute("displayWindow", "box2i", box)
        + attribute("lineOrder", "lineOrder", b"\0")
        + attribute("pixelAspectRatio", "float", struct.pack("<f", 1))
        + attribute("screenWindowCenter", "v2f", struct.pack("<ff", 0, 0))
        + attribute("screenWindowWidth", "float", struct.pack("<f", 1))
        + bytes(4096)
    )


BOMBS = {
    "window": header_of(2**31 - 1, 2**31 - 1, ["B", "G", "R"]),
    "row": header_of(2**31 - 1, 1, ["B", "G", "R"]),
    "column": header_of(1, 2**31 - 1, ["B", "G", "R"], compression=0),
    "channels": header_of(64, 64, [f"layer{n:06d}.R" for n in range(100_000)]),
    "deflated": header_of(30_000, 30_000, ["A", "B", "G", "R"]),
    "attribute": b"\x76\x2f\x31\x01\2\0\0\0" + b"x\0string\0" + struct.pack("<i", 2**31 - 1) + bytes(64),
}


def test_bombs_are_refused_without_memory(tmp_path: Path) -> None:
    for kind, content in BOMBS.items():
        (tmp_path / f"{kind}.exr").write_bytes(content)
    write_exr(tmp_path / "sound.exr", image(np.ones((2, 2, 3))))
    code = f"""
import time
from pathlib import Path
from pai_studio.core.media.exr import read_image
from pai_studio.core.shot.errors import UnreadableImage
def peak_kib():  # not getrusage: that begins with the memory of the process that this one came from
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
folder = Path({str(tmp_path)!r})
read_image(folder / "sound.exr")  # loads what a first read loads
before, start = peak_kib(), time.monotonic()
for path in sorted(folder.glob("*.exr")):
    if path.stem == "sound":
        continue
    try:
        read_image(path)
        print("READ", path.stem)
    except UnreadableImage as error:
        assert str(path) in str(error), error
        print("refused", path.stem)
print(peak_kib() - before, "KiB", time.monotonic() - start, "s")
"""
    lines = _in_child(code).splitlines()
    assert [line.split()[0] for line in lines[:-1]] == ["refused"] * len(BOMBS)
    grown_kib, _, took_s, _ = lines[-1].split()
    assert int(grown_kib) < 64 * 1024
    assert float(took_s) < 2


def test_limits_are_configurable(tmp_path: Path) -> None:
    path = tmp_path / "a.exr"
    write_exr(path, image(np.ones((20, 30, 3))))
    for limits in (
        Limits(max_pixels=599),
        Limits(max_channels=2),
        Limits(max_bytes=7199),
        Limits(max_side=29),
    ):
        with pytest.raises(UnreadableImage, match="limit"):
            read_image(path, limits=limits)
    assert read_image(
        path, limits=Limits(max_pixels=600, max_channels=3, max_bytes=7200, max_side=30)
    ).pixels.shape


@pytest.mark.parametrize("compression", ["none", "zip", "piz", "dwaa"])
def test_truncated_at_every_kib(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "a.exr"
    noise = np.random.default_rng(5).random((48, 64, 3), np.float32)
    write_exr(path, image(noise), compression=compression)
    whole = path.read_bytes()
    for length in range(0, len(whole) - 1, 1024):
        path.write_bytes(whole[:length])
        with pytest.raises(UnreadableImage, match=r"a\.exr"):
            read_image(path)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.exr"
    write_exr(path, image(np.ones((2, 2, 3))))
    before = path.read_bytes()
    with pytest.raises(BadInput):
        write_exr(path / "below" / "a.exr", image(np.ones((2, 2, 3))))  # a file is no folder
    said = _in_child(f"""
import resource, numpy as np
from pai_studio.core.media.exr import write_exr
from pai_studio.core.media.frame import Box, Image
from pai_studio.core.shot.errors import OutOfResources
from pathlib import Path
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
box = Box(0, 0, 200, 200)
noise = np.random.default_rng(1).random((200, 200, 3), np.float32)
try:
    write_exr(Path({str(path)!r}), Image(noise, ("R", "G", "B"), "", box, box))
except OutOfResources as error:
    print("refused", error)
""")
    assert said.startswith("refused")
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.exr"]


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="mounting a small disk needs root")
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(tmp_path)], check=False)
    if mounted.returncode:
        pytest.skip("mounting a small disk is not allowed here")
    try:
        noise = np.random.default_rng(1).random((200, 200, 3), np.float32)
        with pytest.raises(OutOfResources, match="No space left"):
            write_exr(tmp_path / "a.exr", image(noise), compression="none")
        with pytest.raises(OutOfResources):
            write_file(tmp_path / "a.json", bytes(200_000))
        assert not list(tmp_path.iterdir())
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_killed_write_leaves_the_old_file_and_is_swept(tmp_path: Path) -> None:
    path = tmp_path / "a.exr"
    path.write_bytes(b"old")
    code = f"""
from pathlib import Path
from pai_studio.core.media.files import whole_file
import os, signal
with whole_file(Path({str(path)!r})) as temp:
    temp.write_bytes(b"half a fra")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 2
    assert sweep_temps(tmp_path, lambda name: name == "b.exr") == 0  # another run may be writing that one
    assert sweep_temps(tmp_path, lambda name: name == "a.exr") == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.exr"]
    assert sweep_temps(tmp_path / "absent", lambda _: True) == 0


def _in_child(code: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_default_limits_match_a_16k_picture() -> None:
    LIMITS.check("16k", 16_384, 16_384, 4)
    with pytest.raises(UnreadableImage):
        LIMITS.check("larger", 16_385, 16_384, 4)
