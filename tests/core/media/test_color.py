"""Colour: known numbers, exactness, configs that travel."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import PyOpenColorIO as ocio
import pytest

from pai_studio.core.media.color import BUILTIN, ColorConfig
from pai_studio.core.shot.document import Ocio
from pai_studio.core.shot.errors import BadInput, UnknownColorSpace

LOG = "ARRI LogC3 (EI800)"
CONFIG = """ocio_profile_version: 2.1
search_path: luts
roles: {scene_linear: lin, default: lin}
displays:
  sRGB:
    - !<View> {name: Raw, colorspace: lin}
colorspaces:
  - !<ColorSpace> {name: lin, encoding: scene-linear}
  - !<ColorSpace>
    name: graded
    to_scene_reference: !<FileTransform> {src: "grade_$SHOT.cube"}
"""


@pytest.fixture(scope="module")
def config() -> ColorConfig:
    return ColorConfig.open(Ocio(config=BUILTIN))


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    (tmp_path / "luts").mkdir()
    (tmp_path / "luts" / "grade_sh010.cube").write_text("LUT_1D_SIZE 2\n0 0 0\n0.5 0.5 0.5\n")
    path = tmp_path / "config.ocio"
    path.write_text(CONFIG)
    return path


def grey(value: float) -> np.ndarray:
    return np.full((2, 3, 3), value, np.float32)


def halves_between(low: float, high: float) -> np.ndarray:
    every = np.arange(0x7C00, dtype=np.uint16).view(np.float16)
    return every[(every >= low) & (every <= high)]


def test_known_numbers(config: ColorConfig) -> None:
    assert config.working == "ACEScg"
    assert config.convert(grey(0.18), "ACEScg", "sRGB - Texture") == pytest.approx(0.46135, abs=1e-5)
    assert config.convert(grey(0.18), "ACEScg", LOG) == pytest.approx(0.391007, abs=1e-5)
    assert config.srgb(grey(4.0)).max() == 1.0
    assert config.from_srgb(grey(0.46135)) == pytest.approx(0.18, abs=1e-4)
    assert config.luminance_weights == pytest.approx([0.2722287, 0.6740818, 0.0536895], abs=1e-6)


def test_same_space_is_an_exact_copy(config: ColorConfig) -> None:
    pixels = np.array([[[-1.5, 3e4, 1e-7], [0.1, 0.2, 0.3]]], np.float32)
    copy = config.convert(pixels, "lin_ap1", "scene_linear")
    assert np.array_equal(copy, pixels)
    assert copy is not pixels


def test_alpha_is_left_alone(config: ColorConfig) -> None:
    rgba = np.dstack([grey(0.5), np.full((2, 3), 0.25, np.float32)])
    out = config.convert(rgba, "ACEScg", LOG)
    assert out.shape == rgba.shape
    assert (out[..., 3] == 0.25).all()
    assert np.array_equal(config.convert_rgb(rgba, "ACEScg", LOG), out[..., :3])


def test_blocks_of_rows_make_no_seam(config: ColorConfig) -> None:
    pixels = np.random.default_rng(3).random((901, 700, 3), np.float32)
    whole = config.convert(pixels, "ACEScg", LOG)
    rows = np.concatenate([config.convert(row[None], "ACEScg", LOG) for row in pixels])
    assert np.array_equal(whole, rows)


@pytest.mark.parametrize("space", [LOG, "sRGB - Texture", "ACES2065-1", "S-Log3 S-Gamut3.Cine"])
def test_round_trip_within_one_half_ulp(config: ColorConfig, space: str) -> None:
    codes = halves_between(0.0, 1.0)
    pixels = np.repeat(codes.astype(np.float32)[None, :, None], 3, axis=2)
    back = config.convert(config.convert(pixels, space, "ACEScg"), "ACEScg", space).astype(np.float16)
    # Non-negative halves are ordered as their bits are. Primaries rounded in float32 leave 2e-7 near zero.
    ulps = np.abs(back.view(np.int16).astype(int) - codes.view(np.int16)[None, :, None].astype(int))
    apart = np.abs(back.astype(np.float32) - pixels)
    assert ((ulps <= 1) | (apart < 1e-6)).all()


def test_unknown_space_names_the_nearest(config: ColorConfig) -> None:
    with pytest.raises(UnknownColorSpace, match="did you mean 'ACEScg'"):
        config.require("ACEScgg")


def test_spaces_by_alias_role_and_interop_id(config: ColorConfig) -> None:
    assert config.require("srgb_rec709_scene") == config.require("sRGB - Texture") == config.texture
    assert config.require("scene_linear") == "ACEScg"
    assert config.interop_id("ACES2065-1") == "lin_ap0_scene"
    assert config.is_data("Raw")
    assert config.is_linear("ACEScg")
    assert not config.is_linear(LOG)


def test_chromaticities_are_known_or_none(config: ColorConfig) -> None:
    assert config.chromaticities("ACEScg") == pytest.approx(
        (0.713, 0.293, 0.165, 0.83, 0.128, 0.044, 0.32168, 0.33767)
    )
    assert config.chromaticities(LOG) is None
    assert (
        config.space_of_chromaticities((0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329))
        == config.linear_rec709
    )
    assert config.space_of_chromaticities((1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1 / 3, 1 / 3)) is None


def test_display_follows_the_exact_view(config: ColorConfig) -> None:
    """The baked view against numbers of the exact ACES 2.0 SDR view, within half an 8-bit step."""
    shown = config.display(np.array([[[0.0] * 3, [0.18] * 3, [1.0] * 3, [16.0] * 3]], np.float32))
    assert shown[0, :, 1] == pytest.approx([0.0, 0.349188, 0.706684, 0.974728], abs=0.5 / 255)
    assert config.display(np.array([[[-5.0, 400.0, 0.1]]], np.float32)).max() <= 1.0


def test_a_view_is_sampled_once_for_every_config_that_has_it_and_for_no_other() -> None:
    ramp = np.linspace(0, 4, 30, dtype=np.float32).reshape(1, 10, 3)
    first, same = (ColorConfig.open() for _ in range(2))
    other = ColorConfig.open(Ocio(config="ocio://cg-config-v2.1.0_aces-v1.3_ocio-v2.3"))
    shown = first.display(ramp)
    assert np.array_equal(same.display(ramp), shown)
    view = ocio.DisplayViewTransform(src="ACEScg", display="sRGB - Display", view="Un-tone-mapped")
    assert same.sampled(view) is first.sampled(view)
    assert np.abs(other.display(ramp) - shown).max() > 4 / 255


def test_archive_is_deterministic_and_keeps_the_digest(config_file: Path, tmp_path: Path) -> None:
    config = ColorConfig.open(Ocio(config=str(config_file), context={"SHOT": "sh010"}))
    first, second = tmp_path / "a.ocioz", tmp_path / "b.ocioz"
    config.archive(first)
    config.archive(second)
    assert first.read_bytes() == second.read_bytes()
    travelled = ColorConfig.open(Ocio(config=str(first), digest=config.digest, context={"SHOT": "sh010"}))
    assert travelled.convert(grey(0.4), "graded", "lin") == pytest.approx(0.2)
    assert travelled.digest == config.digest


def test_digest_follows_the_luts(config_file: Path) -> None:
    before = ColorConfig.open(Ocio(config=str(config_file)))
    (config_file.parent / "luts" / "grade_sh010.cube").write_text("LUT_1D_SIZE 2\n0 0 0\n0.6 0.5 0.5\n")
    assert ColorConfig.open(Ocio(config=str(config_file))).digest != before.digest
    with pytest.raises(BadInput, match="digest"):
        ColorConfig.open(Ocio(config=str(config_file), digest=before.digest))


def test_missing_lut_is_said(config_file: Path) -> None:
    with pytest.raises(BadInput, match="cannot convert 'graded'"):
        ColorConfig.open(Ocio(config=str(config_file))).convert(grey(0.4), "graded", "lin")


def test_environment_and_unreadable_configs(config_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCIO", str(config_file))
    assert ColorConfig.open().working == "lin"
    assert ColorConfig.open(Ocio(config=BUILTIN)).working == "ACEScg"
    monkeypatch.delenv("OCIO")
    assert ColorConfig.open().name == BUILTIN
    for name in ("absent.ocio", "ocio://absent", __file__):
        with pytest.raises(BadInput, match="OCIO config"):
            ColorConfig.open(Ocio(config=name))


def test_the_context_that_decides_the_pictures_is_told(
    config_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (
        ColorConfig.open(Ocio(config=str(config_file), context={"SHOT": "sh010"})).context["SHOT"] == "sh010"
    )
    config_file.write_text(CONFIG.replace("colorspaces:", "environment: {SHOT: sh020}\ncolorspaces:"))
    assert ColorConfig.open(Ocio(config=str(config_file))).context == {"SHOT": "sh020"}
    monkeypatch.setenv("SHOT", "sh030")
    assert ColorConfig.open(Ocio(config=str(config_file))).context == {"SHOT": "sh030"}


def test_another_working_space_than_acescg_is_told(
    config: ColorConfig, config_file: Path, tmp_path: Path
) -> None:
    assert config.works_in_acescg
    assert not ColorConfig.open(Ocio(config=str(config_file), context={"SHOT": "sh010"})).works_in_acescg
    rec709 = config_file.with_name("rec709.ocio")
    roles = "roles: {scene_linear: lin, default: lin, aces_interchange: aces}"
    style = '{style: "UTILITY - ACES-AP0_to_CIE-XYZ-D65_BFD"}'
    aces = f"  - !<ColorSpace>\n    name: aces\n    to_scene_reference: !<BuiltinTransform> {style}\n"
    rec709.write_text(CONFIG.replace("roles: {scene_linear: lin, default: lin}", roles) + aces)
    assert not ColorConfig.open(Ocio(config=str(rec709), context={"SHOT": "sh010"})).works_in_acescg


def test_an_archive_that_cannot_be_unpacked_says_so(tmp_path: Path) -> None:
    path = tmp_path / "odd.ocioz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.ocio", CONFIG)
    data = bytearray(path.read_bytes())
    data[6] |= 1  # marked as encrypted, in the entry and in the directory
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(BadInput, match=r"odd\.ocioz: cannot be read as an OCIO config"):
        ColorConfig.open(Ocio(config=str(path)))
