"""What the viewer shows against OpenColorIO's own processing."""

from __future__ import annotations

import re

import numpy as np
import PyOpenColorIO as ocio
import pytest

from pai_studio.core.media.color import BUILTIN, ColorConfig
from pai_studio.core.media.display import Look, Screen

VIEWS = ["ACES 2.0 - SDR 100 nits (Rec.709)", "Un-tone-mapped", "Raw"]


@pytest.fixture(scope="module")
def config() -> ColorConfig:
    return ColorConfig.open()


@pytest.fixture(scope="module")
def screen(config: ColorConfig) -> Screen:
    return Screen(config)


def ramp(top: float = 16.0) -> np.ndarray:
    """Neutrals and saturated primaries and secondaries from 0 to `top`, as halves with alpha 1."""
    values = np.concatenate([np.linspace(0, 1, 200), np.geomspace(1, top, 57)]).astype(np.float32)
    hues = np.float32(
        [[1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1], [0.9, 0.6, 0.5]]
    )
    rgb = values[None, :, None] * hues[:, None, :]
    return np.concatenate([rgb, np.ones((*rgb.shape[:2], 1), np.float32)], axis=2).astype(np.float16)


def by_ocio(pixels: np.ndarray, space: str, view: str) -> np.ndarray:
    """The same by OpenColorIO alone, in float."""
    config = ocio.Config.CreateFromFile(BUILTIN)
    transform = ocio.DisplayViewTransform(src=space, display=config.getDefaultDisplay(), view=view)
    processor = config.getProcessor(transform, ocio.TRANSFORM_DIR_FORWARD).getDefaultCPUProcessor()
    out = np.ascontiguousarray(pixels[..., :3], np.float32)
    processor.applyRGB(out)
    return np.clip(out, 0, 1)


@pytest.mark.parametrize("space", ["ACEScg", "ACEScct", "ACES2065-1"])
@pytest.mark.parametrize("view", VIEWS)
def test_the_picture_is_ocio_s_own_within_one_step(screen: Screen, view: str, space: str) -> None:
    pixels = ramp(16.0 if space != "ACEScct" else 1.2)
    shown = screen.shown(pixels, space, Look(view=view))
    assert np.abs(shown[..., :3] / 255 - by_ocio(pixels, space, view)).max() <= 1 / 255
    assert (shown[..., 3] == 255).all()


def test_the_sampled_view_is_near_enough_for_what_moves(screen: Screen) -> None:
    pixels = ramp()
    apart = np.abs(
        screen.shown(pixels, "ACEScg", Look(), fast=True).astype(int) - screen.shown(pixels, "ACEScg", Look())
    )
    print(f"sampled view: {apart.max()} steps at most, {apart.mean():.2f} in the mean")
    assert apart[0].max() <= 1, "neutrals"
    assert np.percentile(apart, 99) <= 2
    assert apart.max() <= 24, "single colours at the edge of the gamut"


def test_bytes_for_a_window_system_are_the_same_in_its_order(screen: Screen) -> None:
    pixels = ramp()
    pixels[..., 3] = 0.5
    for fast in (False, True):
        own = screen.shown(pixels, "ACEScg", Look(), fast=fast)
        into = np.empty(pixels.shape, np.uint8)
        screen.shown(pixels, "ACEScg", Look(), fast=fast, into=into)
        np.testing.assert_array_equal(into[..., 2::-1], own[..., :3])
        assert own[..., 3].min() == 255


def test_exposure_is_of_light_and_gamma_of_the_screen(screen: Screen) -> None:
    pixels = ramp(2.0)
    brighter = screen.shown(pixels, "ACEScg", Look(exposure_stops=1.0))
    twice = pixels.copy()
    twice[..., :3] *= 2
    assert np.abs(brighter.astype(int) - screen.shown(twice, "ACEScg", Look())).max() <= 1
    plain = screen.shown(pixels, "ACEScg", Look())[..., :3] / 255
    bent = screen.shown(pixels, "ACEScg", Look(gamma=2.0))[..., :3] / 255
    assert np.abs(bent - plain**0.5)[plain > 0.1].max() < 0.01


@pytest.mark.parametrize(("channel", "index"), [("R", 0), ("G", 1), ("B", 2)])
def test_a_channel_alone_is_grey_and_its_own(screen: Screen, channel: str, index: int) -> None:
    pixels = ramp()
    grey = np.repeat(pixels[..., index, None], 4, axis=2)
    grey[..., 3] = 1
    shown = screen.shown(pixels, "ACEScg", Look(channel=channel))  # type: ignore[arg-type]
    assert np.abs(shown.astype(int) - screen.shown(grey, "ACEScg", Look())).max() <= 1


def test_alpha_and_data_are_shown_as_they_are(screen: Screen) -> None:
    pixels = np.zeros((1, 3, 4), np.float16)
    pixels[0, :, 3] = [0, 0.5, 2]
    pixels[0, :, 0] = [0.25, 1, 3]
    assert screen.shown(pixels, "ACEScg", Look(channel="A"))[0, :, 0].tolist() == [0, 128, 255]
    assert screen.shown(pixels, "", Look())[0, :, 0].tolist() == [64, 255, 255]
    assert screen.shown(pixels, "", Look(exposure_stops=-1))[0, :, 0].tolist() == [32, 128, 255]


def test_numbers_that_are_none_do_no_harm(screen: Screen) -> None:
    pixels = np.ones((2, 2, 4), np.float16)
    pixels[0, 0, :3], pixels[0, 1, :3], pixels[1, 0, :3] = np.nan, np.inf, -5
    for space in ("ACEScg", ""):
        assert screen.shown(pixels, space, Look()).shape == (2, 2, 4)


def test_a_display_or_view_that_is_not_there_becomes_the_default(screen: Screen) -> None:
    default = screen.settled(Look())
    assert default.display in screen.displays
    assert default.view in screen.views(default.display)
    assert screen.settled(Look(display="no such", view="no such")) == default


def test_a_view_that_is_quick_to_compute_is_never_sampled(screen: Screen) -> None:
    look = Look(view="Un-tone-mapped")
    assert np.array_equal(
        screen.shown(ramp(), "ACEScg", look, fast=True), screen.shown(ramp(), "ACEScg", look)
    )


def test_luminance_is_the_working_space_s_own(screen: Screen, config: ColorConfig) -> None:
    pixels = ramp(4.0)
    grey = pixels.copy()
    grey[..., :3] = (np.asarray(pixels[..., :3], np.float32) @ config.luminance_weights)[..., None]
    shown = screen.shown(pixels, "ACEScg", Look(channel="luminance"))
    assert np.abs(shown.astype(int) - screen.shown(grey, "ACEScg", Look())).max() <= 1


def test_exposure_and_gamma_of_a_gpu_compile_nothing_anew(screen: Screen) -> None:
    plain, bent = (
        screen.shader("ARRI LogC3 (EI800)", look) for look in (Look(), Look(gamma=2, exposure_stops=1))
    )
    assert plain.key == bent.key
    assert (plain.power, bent.power) == (1, 0.5)
    assert np.reshape(bent.matrix, (4, 4))[:3].tolist() == [[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0]]
    assert screen.shader("ACEScg", Look(view="Un-tone-mapped")).key != screen.shader("ACEScg", Look()).key
    assert np.reshape(screen.shader("ACEScg", Look(channel="A")).matrix, (4, 4))[:3, 3].tolist() == [1] * 3
    assert screen.shader("", Look()).textures == ()


def test_every_table_that_a_shader_samples_comes_with_it(screen: Screen) -> None:
    shader = screen.shader("ARRI LogC3 (EI800)", Look())
    declared = re.findall(r"uniform sampler([23])D (\w+);", shader.text)
    assert sorted((int(n), name) for n, name in declared) == sorted(
        (one.dimensions, one.name) for one in shader.textures
    )
    assert all(np.isfinite(one.values).all() for one in shader.textures)
    assert "vec4 pai_screen(vec4 pixel)" in shader.text
