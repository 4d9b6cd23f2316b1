"""The lens's softness, told by a plate's edges and matched on the place behind."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pai_studio.core.finish.look import Look, ShotLook
from pai_studio.core.finish.softness import lens_px, softened
from pai_studio.core.media.frame import Box, PlateFrame

W, H = 960, 540
SOFT_PX = 1.2


def blocks(seed=0, count=60, light=1.0):
    """Turned squares of many shades over one another, sharp to the pixel."""
    rng = np.random.default_rng(seed)
    fine = np.full((2 * H, 2 * W, 3), 0.3, np.float32)
    for _ in range(count):
        turned = ((rng.uniform(0, 2 * W), rng.uniform(0, 2 * H)), (240, 160), rng.uniform(0, 90))
        cv2.fillPoly(fine, [np.int32(cv2.boxPoints(turned))], (light * rng.uniform(0.02, 1, 3)).tolist())
    return cv2.resize(fine, (W, H), interpolation=cv2.INTER_AREA)


def blurred(picture, sigma_px):
    return cv2.GaussianBlur(picture, (0, 0), sigma_px) if sigma_px else picture


def noisy(picture, sigma=0.006):
    noise = np.random.default_rng(1).standard_normal(picture.shape, np.float32)
    return picture + sigma * noise * np.sqrt(0.05 + picture)


@pytest.mark.parametrize("sigma_px", [0.6, SOFT_PX, 1.8])
def test_a_place_becomes_as_soft_as_the_lens(sigma_px):
    place = blocks(seed=3)
    made = softened(place, lens_px(noisy(blurred(blocks(), sigma_px))))
    wrong, before = (np.abs(one - blurred(place, sigma_px)).mean() for one in (made, place))
    assert wrong < 0.25 * before


def test_a_plate_in_focus_leaves_the_place_as_it_is():
    place = blocks(seed=3)
    assert softened(place, lens_px(noisy(blocks()))) is place


def test_nothing_is_made_softer_than_the_lens_nor_sharpened():
    place = blurred(blocks(seed=3), 2.0)
    assert softened(place, lens_px(noisy(blurred(blocks(), SOFT_PX)))) is place


def test_what_moves_has_no_say():
    """Most of a plate is smeared by its motion; an eighth of it stands still."""
    plate = blurred(blocks(), SOFT_PX)
    moving = cv2.blur(plate, (6, 6))
    moving[:, : W // 8] = plate[:, : W // 8]
    still = lens_px(noisy(plate))
    assert abs(lens_px(noisy(moving)) / still - 1) < 0.1


def test_fine_lines_are_no_sharper_lens():
    """What is no step tells no width: lines as fine as hair, over a third of a soft plate."""
    plate = blocks()
    lined = plate.copy()
    lined[: H // 3, ::16] *= 0.2
    fine, coarse = (lens_px(blurred(one, SOFT_PX)) for one in (lined, plate))
    assert abs(fine / coarse - 1) < 0.15


def test_the_light_of_a_plate_is_no_softness():
    bright, dim = (lens_px(blurred(blocks(light=light), SOFT_PX)) for light in (8.0, 0.25))
    assert abs(bright / dim - 1) < 0.1


def test_too_few_edges_tell_nothing():
    ramp = np.broadcast_to(np.linspace(0, 1, W, dtype=np.float32)[:, None], (H, W, 3))
    assert lens_px(noisy(ramp)) is None
    place = blocks()
    assert softened(place, None) is place
    assert softened(ramp, 2.0) is ramp


def test_a_place_that_grows_sharper_is_never_blurred_by_a_jump():
    """A blur sets in from nothing: no frame of a slow zoom differs from the next by what can be seen."""
    widths = np.arange(1.0, 0.2, -0.06)
    moved = [
        float(np.abs(softened(place, 1.1) - place).mean())
        for place in (blurred(blocks(seed=3), sigma) for sigma in widths)
    ]
    assert moved[0] == 0 < moved[-1]
    assert max(np.diff(moved)) < 0.3 * moved[-1]


def test_where_a_file_ends_is_no_edge_of_the_lens():
    """A data window that is smaller than the display window."""
    part, box = (slice(100, 440), slice(150, 800)), Box(0, 0, W, H)
    rgb, inside = np.zeros((H, W, 3), np.float32), np.zeros((H, W), bool)
    rgb[part], inside[part] = blurred(blocks(), SOFT_PX)[part], True
    found = Look.of([PlateFrame(1001, rgb, box, box, inside=inside)]).lens_px
    assert found == lens_px(rgb[part])


def test_a_shots_look_is_told_once_by_the_same_frames():
    box, asked = Box(0, 0, W, H), []

    def plates():
        asked.append(1)
        yield from (
            PlateFrame(n, blurred(blocks(n), sigma), box, box) for n, sigma in ((1, 2.0), (2, SOFT_PX))
        )

    look = ShotLook(plates)
    assert not asked
    first = look.told()
    assert look.told() is first
    assert len(asked) == 1
    assert first.lens_px == lens_px(blurred(blocks(2), SOFT_PX))
