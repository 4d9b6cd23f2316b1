"""What places are lit and painted with: shadows, leaves' gaps, lamps that move, noise that pieces share, stamps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pai_studio.core.synth.camera import Camera, turned
from pai_studio.core.synth.paint.canvas import Canvas
from pai_studio.core.synth.paint.noise import anchored, color
from pai_studio.core.synth.paint.stamp import leaves, stamp
from pai_studio.core.synth.places import lamps
from pai_studio.core.synth.places.builder import Builder, free
from pai_studio.core.synth.places.catalogue import build_place
from pai_studio.core.synth.places.light import Canopy, Light, MovingLamp, _hits
from pai_studio.core.synth.places.moods import MOODS

NONE = np.zeros(3, np.float32)
SIZE = (160, 90)
VIEW = Camera(
    np.array([[160.0, 0, 79.5], [0, 160.0, 44.5], [0, 0, 1]]),
    turned(0, -1.7, 0),
    np.array([0, 0, 1.4]),
    SIZE,
)


def light(**parts) -> Light:
    to_sun = np.array([0.5, 0.4, 0.77])
    given_parts = {
        "to_sun": to_sun / np.linalg.norm(to_sun),
        "sun": np.ones(3, np.float32),
        "sky": NONE,
        "glow": NONE,
        "bounce": NONE,
        "behind": NONE,
        "haze": NONE,
        "lamps": (),
        "blockers": np.zeros((0, 2, 3)),
    }
    return Light(**{**given_parts, **parts})


coordinate = st.floats(-6, 6)
boxes = st.lists(
    st.tuples(coordinate, coordinate, st.floats(0, 5), *[st.floats(0.1, 4)] * 3), min_size=1, max_size=6
)


@settings(max_examples=40, deadline=None)
@given(boxes, st.integers(0, 1000))
def test_boxes_out_of_the_suns_way_are_left_out_without_a_trace(found, seed):
    blockers = np.array([[[x, y, z], [x + a, y + b, z + c]] for x, y, z, a, b, c in found])
    rng = np.random.default_rng(seed)
    points = rng.uniform([-3, -3, 0], [3, 3, 1], (60, 3))
    lit = light(blockers=blockers)
    side = np.cross(lit.to_sun, [0, 0, 1.0])
    side /= np.linalg.norm(side)
    rise = np.cross(side, lit.to_sun)
    plain = np.zeros(len(points))
    for sample in range(9):
        radius, angle = lit.sun_width * np.sqrt((sample + 0.5) / 9), sample * 2.399963
        plain += ~_hits(points, lit.to_sun + radius * (np.cos(angle) * side + np.sin(angle) * rise), blockers)
    np.testing.assert_allclose(lit.sunlit(points), plain / 9, atol=1e-6)


def test_leaves_let_through_what_their_gaps_are():
    share = np.zeros((8, 8), np.float32)
    share[:, 4:] = 1  # u, which is x, from half of the extent on
    canopy = Canopy(5.0, share, 16.0)
    up = np.array([0, 0, 1.0])
    points = np.array([[4.0, 0, 0], [12.0, 0, 0], [12.0, 3.0, 2.0], [28.0, 0, 0]])
    np.testing.assert_allclose(canopy.passes(points, up), [0, 1, 1, 1], atol=1e-6)
    # Toward a sun in +x, five metres higher is five metres farther.
    slant = np.array([1.0, 0, 1.0]) / np.sqrt(2)
    assert canopy.passes(np.array([[5.0, 0, 0]]), slant)[0] == pytest.approx(1)
    assert light(canopy=canopy, to_sun=slant).sunlit(np.array([[12.0, 0, 0]]))[0] == pytest.approx(
        0, abs=1e-6
    )


@pytest.mark.parametrize(("name", "seed"), [("loft", 2), ("gallery", 3)])
def test_a_lamp_that_moves_is_seen_on_floor_and_walls(name, seed):
    place = build_place(name, seed, SIZE[0], 1.0, "night")
    assert place.light.moving
    assert place.glowing
    shown = [place.seen(VIEW, share) for share in (0.0, 0.02, 0.5)]
    change = np.abs(shown[2][0] - shown[0][0]).max(axis=-1)
    floor = shown[0][1] > 0.9
    assert change[floor].max() > 0.003
    assert (change > 0.003).mean() > 0.02
    # It moves smoothly: a fiftieth of the shot changes less than half of it.
    assert np.abs(shown[1][0] - shown[0][0]).mean() < np.abs(shown[2][0] - shown[0][0]).mean()
    assert (shown[0][0] == place.seen(VIEW)[0]).all()


def test_a_moving_lamps_light_is_albedo_times_its_fall_off():
    """A white floor under a moving lamp: twice the power, twice the light; none is left when it is out."""
    powers = np.array([[0.0] * 3, [1.0] * 3, [2.0] * 3], np.float32)
    lamp = MovingLamp(np.tile([0.0, 6.0, 2.0], (3, 1)), powers)
    lit = light(moving=(lamp,), sun=NONE)
    build = Builder(np.random.default_rng(0), lit, MOODS["night"], 0.1, 160.0)
    floors = build.floors(
        lambda where: (Canvas(*where[2:], np.ones(3)), None),
        ((1.0, 12.0, 6.0, 40.0),),
    )
    place = build_place("loft", 2, 64, 1.0, "night")
    bare = type(place)(lit, place.sky, floors, (), place.stand, place.far, 0.0)
    pixel = np.round(VIEW.project(np.array([[0.0, 6.0, 0.0]]))[0, :2]).astype(int)
    column, row = pixel[0], min(int(pixel[1]), SIZE[1] - 1)
    dark, one, two = (bare.seen(VIEW, share)[0][row, column, 0] for share in (0.0, 0.5, 1.0))
    assert two - dark == pytest.approx(2 * (one - dark), rel=0.05)
    # The sky's bloom aside: power over the squared height, as a lamp straight above gives it.
    assert one - dark == pytest.approx(1 / (2.0**2 + 0.08), rel=0.2)


def test_kinds_of_movement():
    rng = np.random.default_rng(4)
    at, power = np.array([0.0, 8.0, 3.0]), color("ffddaa", 3.0)
    swing = lamps.swinging(rng, at, power)
    away = np.linalg.norm(swing.positions - at, axis=1)
    assert 0.1 < away.max() < 0.8
    flicker = lamps.flickering(rng, at, power)
    assert flicker.powers.min() < 0.5 * flicker.powers.max()
    assert (flicker.positions == at).all()
    end = at - np.array([0, 5.0, 0])
    by = lamps.passing(rng, at, end, power)
    assert (np.diff(by.positions[:, 1]) <= 1e-9).all()
    assert by.at(1.0).position == pytest.approx(end)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 500), st.floats(0.3, 3.0), st.floats(-20, 20))
def test_pieces_of_one_plane_share_their_noise(seed, cell, start):
    step = 0.05
    x = (np.arange(64, dtype=np.float64) * step)[None]
    y = (start + np.arange(80, dtype=np.float64) * step)[:, None]
    whole = anchored(x, y, cell, seed, 3)
    part = anchored(x, y[30:], cell, seed, 3)
    assert np.abs(whole[32:-2, 2:-2] - part[2:-2, 2:-2]).max() < 0.12
    assert whole.std() > 0.02


def test_stamps_cover_what_they_cover():
    canvas = Canvas(1.0, 1.0, 64, color("000000"))
    canvas.alpha = np.zeros(canvas.shape, np.float32)
    square = np.array([[[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]]])
    stamp(canvas, square, np.array([[0.5, 0.25, 0.125]], np.float32), np.array([0.1]))
    assert canvas.alpha.mean() == pytest.approx(0.25, abs=0.02)
    assert canvas.albedo[32, 32] == pytest.approx([0.5, 0.25, 0.125])
    assert canvas.relief[32, 32] == pytest.approx(0.1)
    assert canvas.albedo[2, 2].max() == 0
    outlines = leaves(np.array([[0.5, 0.5]]), np.array([0.4]), np.array([np.pi / 2]))
    assert np.ptp(outlines[0, :, 1]) == pytest.approx(0.4, abs=1e-6)


def test_room_is_kept_before_the_person():
    stand = np.array([0.8, 6.0, 0.0])
    assert not free(stand, 0.4, 0.2, 3.0)
    assert not free(stand, 1.0, 0.2, 4.0)
    assert free(stand, -1.6, 0.3, 3.0)
    assert free(stand, 0.0, 2.0, 9.0)
