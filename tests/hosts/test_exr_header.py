"""The header reader of the self-test, on files that OpenImageIO and OpenEXR wrote."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenEXR
import OpenImageIO as oiio
import pytest

from pai_studio.host_plugins.exr_header import COMPRESSIONS, read_header
from tests.conftest import write_picture


def test_it_tells_types_windows_and_attributes(tmp_path: Path) -> None:
    file = write_picture(
        tmp_path / "a.exr",
        np.zeros((4, 6, 4), np.float32),
        channels=("R", "G", "B", "depth.Z"),
        data=(-2, 3),
        display=(0, 0, 10, 8),
        facts={"owner": "somebody", "pai/seed": 7},
    )
    header = read_header(file)
    assert header.channels == {"R": "half", "G": "half", "B": "half", "depth.Z": "half"}
    assert header.windows == {"dataWindow": (-2, 3, 3, 6), "displayWindow": (0, 0, 9, 7)}
    assert header.attributes["owner"] == "string"
    assert header.attributes["pai/seed"] == "int"


def test_it_tells_float_from_half(tmp_path: Path) -> None:
    spec = oiio.ImageSpec(2, 2, 2, "half")
    spec.channelnames, spec.channelformats = ("A", "Z"), (oiio.TypeHalf, oiio.TypeFloat)
    out = oiio.ImageOutput.create("exr")
    assert out.open(str(tmp_path / "a.exr"), spec)
    assert out.write_image(np.zeros((2, 2, 2), np.float32))
    assert out.close()
    assert read_header(tmp_path / "a.exr").channels == {"A": "half", "Z": "float"}


@pytest.mark.parametrize("name", [name for name in COMPRESSIONS if name != "none"])
def test_it_tells_the_compression(tmp_path: Path, name: str) -> None:
    kind = getattr(OpenEXR, f"{name.upper()}_COMPRESSION")
    pixels = {"Y": np.zeros((32, 32), np.float32)}
    OpenEXR.File({"compression": kind, "type": OpenEXR.scanlineimage}, pixels).write(str(tmp_path / "a.exr"))
    assert read_header(tmp_path / "a.exr").compression == name


def test_a_damaged_file_is_refused_wherever_it_ends(tmp_path: Path) -> None:
    whole = write_picture(tmp_path / "a.exr", np.zeros((2, 2, 3), np.float32)).read_bytes()
    cut = tmp_path / "cut.exr"
    for size in range(0, whole.index(b"screenWindowWidth"), 7):
        cut.write_bytes(whole[:size])
        with pytest.raises(ValueError, match="the file ends inside its header"):
            read_header(cut)


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n" + bytes(64), b"\x76\x2f\x31\x01\x02\x10\x00\x00" + bytes(64)]
)
def test_another_kind_of_file_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.exr"
    file.write_bytes(content)
    with pytest.raises(ValueError, match="no single-part EXR file"):
        read_header(file)


def test_a_header_without_channels_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.exr"
    file.write_bytes(b"\x76\x2f\x31\x01\x02\x00\x00\x00\x00")
    with pytest.raises(ValueError, match="the header lacks channels"):
        read_header(file)
