"""Background stills: formats, spaces, orientation, damage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO as oiio
import pytest

from pai_studio.core.media.color import BUILTIN, ColorConfig
from pai_studio.core.media.exr import write_exr
from pai_studio.core.media.frame import Box, Image
from pai_studio.core.media.limits import Limits
from pai_studio.core.media.still import read_still
from pai_studio.core.shot.document import Ocio
from pai_studio.core.shot.errors import BadInput, UnreadableImage

Footage = Callable[[str], Path]


@pytest.fixture(scope="module")
def config() -> ColorConfig:
    return ColorConfig.open(Ocio(config=BUILTIN))


def save(path: Path, pixels: np.ndarray, kind: str = "uint8", **attributes: object) -> Path:
    height, width, channels = pixels.shape
    spec = oiio.ImageSpec(width, height, channels, kind)
    for name, value in attributes.items():
        spec.attribute(name.replace("__", ":"), value)
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), spec), output.geterror()
    assert output.write_image(pixels.astype(np.float32))
    assert output.close()
    return path


def test_eight_bit_stills_are_srgb(config: ColorConfig, tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", np.full((4, 6, 3), 118 / 255))
    rgb, space, note = read_still(path, "", config)
    assert (rgb.shape, space, note) == ((4, 6, 3), config.texture, "")
    assert rgb == pytest.approx(0.1812, abs=2e-4)


def test_the_documents_space_wins(config: ColorConfig, tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", np.full((4, 6, 3), 0.4), "uint16")
    rgb, space, _ = read_still(path, "ACEScg", config)
    assert space == "ACEScg"
    assert rgb == pytest.approx(0.4, abs=1e-4)


def test_alpha_of_a_png_is_not_multiplied_in(config: ColorConfig, tmp_path: Path) -> None:
    pixels = np.dstack([np.full((4, 6, 3), 1.0), np.full((4, 6), 0.5)])
    rgb, _, _ = read_still(save(tmp_path / "a.png", pixels, oiio__UnassociatedAlpha=1), "ACEScg", config)
    assert rgb.min() == 1.0


def test_grey_becomes_three_channels(config: ColorConfig, tmp_path: Path) -> None:
    rgb, _, _ = read_still(save(tmp_path / "a.png", np.full((4, 6, 1), 1.0)), "", config)
    assert rgb.shape == (4, 6, 3)
    assert rgb == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(config: ColorConfig, tmp_path: Path, orientation: int) -> None:
    """Against OpenCV's own reading of the tag."""
    pixels = np.zeros((32, 48, 3))
    pixels[:16, :16] = [1, 0, 0]
    pixels[16:, :16] = [0, 1, 0]
    path = save(tmp_path / "a.jpg", pixels, Orientation=orientation, CompressionQuality=100)
    rgb, space, _ = read_still(path, "", config)
    upright = cv2.imread(str(path))[..., ::-1].astype(np.float32) / 255
    assert rgb.shape == upright.shape
    assert np.abs(config.convert(rgb, "ACEScg", space) - upright).mean() < 0.01


def test_radiance_is_linear_rec709(config: ColorConfig, footage: Footage) -> None:
    rgb, space, _ = read_still(footage("hdri_cc0") / "sunset.hdr", "", config)
    assert space == config.linear_rec709
    assert rgb.max() > 1000


def test_exr_space_by_its_attributes(config: ColorConfig, tmp_path: Path) -> None:
    box = Box(0, 0, 3, 2)
    image = Image(np.full((2, 3, 3), 0.18, np.float32), ("R", "G", "B"), "", box, box)
    write_exr(tmp_path / "a.exr", image, color=config.attributes("ACES2065-1"))
    assert read_still(tmp_path / "a.exr", "", config)[1] == "ACES2065-1"
    write_exr(
        tmp_path / "a.exr", image, color={"chromaticities": config.chromaticities("Linear Rec.709 (sRGB)")}
    )
    assert read_still(tmp_path / "a.exr", "", config)[1] == config.linear_rec709
    write_exr(tmp_path / "a.exr", image, color={})
    with pytest.raises(BadInput, match="does not say its colour space"):
        read_still(tmp_path / "a.exr", "", config)


def test_an_exr_still_is_its_display_window(config: ColorConfig, tmp_path: Path) -> None:
    image = Image(np.ones((4, 4, 3), np.float32), ("R", "G", "B"), "", Box(-2, 1, 4, 4), Box(0, 0, 5, 3))
    write_exr(tmp_path / "a.exr", image)
    rgb, _, _ = read_still(tmp_path / "a.exr", "ACEScg", config)
    expected = np.zeros((3, 5))
    expected[1:3, :2] = 1
    assert np.array_equal(rgb[..., 0], expected)


def test_nan_in_a_still_is_replaced_and_said(config: ColorConfig, footage: Footage) -> None:
    path = footage("exr_windows_chroma") / "TestImages" / "BrightRingsNanInf.exr"
    rgb, _, note = read_still(path, "ACEScg", config)
    assert np.isfinite(rgb).all()
    assert note == "6 NaN and 12 Inf replaced"


def test_dpx_and_cineon_ask_for_their_space(config: ColorConfig, footage: Footage) -> None:
    for name in ("dpx_nuke_10bits_rgb.dpx", "dpx_nuke_16bits_rgba.dpx", "checker.cin"):
        path = footage("plates_dpx_cineon") / name
        with pytest.raises(BadInput, match="colorspace"):
            read_still(path, "", config)
        assert read_still(path, "ADX10", config)[0].shape[2] == 3
    with pytest.raises(UnreadableImage, match="broken_bitdepth"):
        read_still(footage("plates_dpx_cineon") / "broken_bitdepth.cin", "ADX10", config)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.jpg", "uint8"), ("a.png", "uint8"), ("a.tif", "uint16"), ("a.dpx", "uint16"), ("a.hdr", "float")],
)
def test_truncation_is_refused(config: ColorConfig, tmp_path: Path, name: str, kind: str) -> None:
    noise = np.random.default_rng(4).random((64, 80, 3))
    whole = save(tmp_path / name, noise, kind).read_bytes()
    assert read_still(tmp_path / name, "ACEScg", config)[0].shape == (64, 80, 3)
    for part in (0, 3, len(whole) // 20, len(whole) // 2, len(whole) * 9 // 10, len(whole) - 20):
        (tmp_path / name).write_bytes(whole[:part])
        with pytest.raises(UnreadableImage, match=name):
            read_still(tmp_path / name, "ACEScg", config)


def test_truncated_cineon_is_refused(config: ColorConfig, footage: Footage, tmp_path: Path) -> None:
    whole = (footage("plates_dpx_cineon") / "checker.cin").read_bytes()
    path = tmp_path / "a.cin"
    for part in (100, len(whole) // 2, len(whole) - 4):
        path.write_bytes(whole[:part])
        with pytest.raises(UnreadableImage, match=r"a\.cin"):
            read_still(path, "ADX10", config)


def test_limits_and_strangers(config: ColorConfig, tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", np.ones((40, 50, 3)))
    with pytest.raises(UnreadableImage, match="limits"):
        read_still(path, "", config, Limits(max_pixels=1999))
    (tmp_path / "a.jpg").write_bytes(path.read_bytes())
    with pytest.raises(UnreadableImage, match=r"is a png file by another name; rename it to a\.png"):
        read_still(tmp_path / "a.jpg", "", config)
    (tmp_path / "a.txt").write_text("no picture")
    with pytest.raises(UnreadableImage, match="no format that is read here"):
        read_still(tmp_path / "a.txt", "", config)
    with pytest.raises(UnreadableImage, match="No such file"):
        read_still(tmp_path / "absent.png", "", config)


def test_another_icc_profile_is_noted(config: ColorConfig, tmp_path: Path, footage: Footage) -> None:
    photograph = footage("bgref_petra_arches") / "DFM_4211.jpg"
    assert read_still(photograph, "", config)[2] == ""
    profile = oiio.ImageInput.open(str(photograph)).spec().getattribute("ICCProfile")
    other = np.frombuffer(bytes(profile).replace(b"sRGB IEC61966-2.1", b"Wide gamut 61966-"), np.uint8)
    spec = oiio.ImageSpec(4, 4, 3, "uint8")
    spec.attribute("ICCProfile", f"uint8[{other.size}]", other)
    output = oiio.ImageOutput.create("jpeg")
    assert output.open(str(tmp_path / "a.jpg"), spec)
    assert output.write_image(np.ones((4, 4, 3), np.float32))
    assert output.close()
    assert "ICC profile 'Wide gamut" in read_still(tmp_path / "a.jpg", "", config)[2]
