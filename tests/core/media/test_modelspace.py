"""The model's picture space: sRGB below the knee, light up to the maximum, there and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pai_studio.core.media.color import BUILTIN, ColorConfig
from pai_studio.core.media.modelspace import DISPLAY_16, Clipped, ModelSpace, ModelView
from pai_studio.core.shot.document import Ocio
from pai_studio.core.shot.errors import BadInput, UnknownColorSpace

LIGHT = st.floats(0, 16, width=32)
SPACES = st.builds(ModelSpace, st.just("any"), maximum=st.floats(2, 64), knee=st.floats(0.05, 0.8)) | st.just(
    DISPLAY_16
)
BARE = """ocio_profile_version: 2.1
roles: {scene_linear: lin, default: lin}
displays:
  sRGB:
    - !<View> {name: Raw, colorspace: lin}
colorspaces:
  - !<ColorSpace> {name: lin, encoding: scene-linear}
"""


@pytest.fixture(scope="module")
def config() -> ColorConfig:
    return ColorConfig.open(Ocio(config=BUILTIN))


def array(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def step_at(space: ModelSpace, light: float) -> float:
    """The share of its light that a picture of this light loses by one 8-bit step down."""
    code = space.encode(array(light))
    return float(1 - space.decode(code - np.float32(1 / 255))[0] / light)


@given(SPACES, arrays(np.float32, 32, elements=st.floats(0, 1, width=32)))
def test_light_comes_back_within_float_rounding(space: ModelSpace, shares: np.ndarray) -> None:
    light = (shares * space.maximum).astype(np.float32)
    back = space.decode(space.encode(light))
    share = 4e-6 if space is DISPLAY_16 else 1e-4  # a shoulder of few codes is steep
    assert (np.abs(back - light) <= np.maximum(share * light, 1e-2 * share)).all()


@given(SPACES, st.floats(0, 1, width=32))
def test_codes_come_back_within_float_rounding(space: ModelSpace, code: float) -> None:
    assert space.encode(space.decode(array(code))) == pytest.approx(code, abs=1e-6)


@given(SPACES, LIGHT, LIGHT)
def test_more_light_is_a_higher_code(space: ModelSpace, one: float, other: float) -> None:
    low, high = sorted((one, other))
    low_code, high_code = space.encode(array(low, high))
    assert low_code <= high_code
    if high <= space.maximum and high > low * (1 + 1e-4) + 1e-5:
        assert low_code < high_code


@given(SPACES)
def test_both_parts_meet_at_the_knee_in_value_and_slope(space: ModelSpace) -> None:
    step = 1e-3 * space.knee
    below, at, above = space.encode(array(space.knee - step, space.knee, space.knee + step)).astype(float)
    assert above - at == pytest.approx(at - below, rel=0.05)
    assert space.encode(array(space.maximum))[0] == pytest.approx(1, abs=1e-6)
    assert space.decode(array(1.0))[0] == pytest.approx(space.maximum, rel=1e-4)


def test_there_is_no_jump_anywhere() -> None:
    codes = DISPLAY_16.encode(np.linspace(0, 16, 1_000_001, dtype=np.float32))
    assert np.diff(codes).max() <= 12.93 * 16e-6


def test_below_the_knee_it_is_the_srgb_of_the_config(config: ColorConfig) -> None:
    rgb = np.random.default_rng(1).uniform(0, 0.5, (8, 9, 3)).astype(np.float32)
    assert config.linear_rec709 is not None
    working = config.convert(rgb, config.linear_rec709, config.working)
    codes, clipped = ModelView(config, DISPLAY_16).to_codes(working)
    assert np.abs(codes - config.srgb(working)).max() < 1e-4
    assert not clipped


def test_one_step_of_eight_bits_moves_bright_light_by_little() -> None:
    """The figures of the module's text; the inverse of an ACES view moves 41% near white."""
    assert [round(step_at(DISPLAY_16, light), 3) for light in (0.5, 1, 16)] == [0.012, 0.044, 0.074]
    assert max(step_at(DISPLAY_16, light) for light in np.geomspace(0.01, 16, 200)) < 0.075
    assert round(step_at(ModelSpace("high", 16.0, 0.7), 16), 2) == 0.14
    assert round(step_at(ModelSpace("low", 16.0, 0.35), 16), 2) == 0.05
    codes = DISPLAY_16.encode(array(0.9)), ModelSpace("low", 16.0, 0.35).encode(array(1.0))
    assert [round(float(code[0]), 2) for code in codes] == [0.83, 0.78]


@pytest.mark.parametrize("stops", [-3.0, 0.0, 1.5])
def test_pictures_come_back_and_a_lamp_stays_a_lamp(config: ColorConfig, stops: float) -> None:
    view = ModelView(config, DISPLAY_16, stops)
    rgb = np.random.default_rng(2).uniform(0.02, 0.9, (2, 5, 4, 3)).astype(np.float32)
    linear = (rgb * view.white).astype(np.float32)
    linear[0, 1, 1] = 0.99 * view.white
    assert config.linear_rec709 is not None
    working = config.convert(linear.reshape(10, 4, 3), config.linear_rec709, config.working)
    working = working.reshape(linear.shape)
    codes, clipped = view.to_codes(working)
    assert not clipped
    assert codes.shape == working.shape
    assert np.allclose(view.to_working(codes), working, rtol=2e-5)


def test_what_it_cannot_hold_is_clipped_and_counted_by_pixels(config: ColorConfig) -> None:
    working = np.full((3, 4, 3), 0.2, np.float32)
    working[0, 0] = 30  # a lamp beyond the maximum
    working[0, 1] = -0.1
    working[1, 2] = [0.0, 0.5, 0.0]  # a pure green of ACEScg lies outside Rec.709
    working[2, 3] = np.nan
    view = ModelView(config, DISPLAY_16)
    codes, clipped = view.to_codes(working)
    assert clipped == Clipped(below=3, above=1)
    assert clipped + Clipped(1, 1) == Clipped(4, 2)
    assert codes.min() == 0
    assert codes.max() == 1
    assert codes[2, 3].max() < 0.7
    assert view.to_working(codes)[0, 0] == pytest.approx([16, 16, 16], rel=1e-4)
    assert view.to_working(codes + 9).max() == pytest.approx(16, rel=1e-4)
    assert np.abs(view.to_codes(view.to_working(codes))[0] - codes).max() < 1e-5


def test_white_itself_and_grey_of_any_level_are_not_counted(config: ColorConfig) -> None:
    grey = np.broadcast_to(np.geomspace(1e-5, 16, 400, dtype=np.float32)[None, :, None], (1, 400, 3))
    assert ModelView(config, DISPLAY_16).to_codes(np.ascontiguousarray(grey))[1] == Clipped()


def test_one_light_has_one_code_wherever_it_stands(config: ColorConfig) -> None:
    """A plate, a still and a result of other sizes, in other company."""
    view = ModelView(config, DISPLAY_16, 0.5)
    rgb = np.random.default_rng(3).uniform(0, 4, (6, 7, 3)).astype(np.float32)
    alone = view.to_codes(rgb[2:3, 3:4])[0]
    stacked = view.to_codes(np.stack([rgb, rgb * 2]))[0]
    assert np.array_equal(stacked[0, 2, 3], alone[0, 0])


def test_a_config_without_linear_rec709_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bare.ocio"
    path.write_text(BARE)
    bare = ColorConfig.open(Ocio(config=str(path)))
    with pytest.raises(UnknownColorSpace, match=r"bare\.ocio: has no linear Rec\.709"):
        ModelView(bare, DISPLAY_16)


def test_spaces_are_known_by_the_name_in_a_manifest() -> None:
    assert ModelSpace.named("display-16") is DISPLAY_16
    with pytest.raises(BadInput, match=r"'log-3' is no model space; known here: display-16"):
        ModelSpace.named("log-3")
