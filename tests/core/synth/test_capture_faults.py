"""Faulty mattes: each kind does what its name says, steadily in time, and plates are really composited with them."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pai_studio.core.synth.camera import Camera, turned
from pai_studio.core.synth.capture.faults import (
    FAULTS,
    KEY_ERRORS,
    MASK_FAULTS,
    Fault,
    Setting,
    cut,
    draw_fault,
    missing,
)

WIDTH, HEIGHT = 160, 120
SEEDS = st.integers(0, 5000)
FEW = settings(max_examples=30, deadline=None)


def _setting():
    """A tube 1.7 m high that stands 6 m ahead, and its soft matte."""
    angle, height = np.meshgrid(np.linspace(0, 2 * np.pi, 16, endpoint=False), np.linspace(0, 1.7, 20))
    points = np.stack([0.25 * np.cos(angle), 6 + 0.25 * np.sin(angle), height], axis=-1).reshape(-1, 3)
    at = np.arange(19 * 16).reshape(19, 16)
    right = np.roll(at, -1, axis=1)
    triangles = np.concatenate(
        [np.stack([at, right, at + 16], -1), np.stack([right, right + 16, at + 16], -1)]
    )
    f = 1.4 * WIDTH
    intrinsics = np.array([[f, 0, (WIDTH - 1) / 2], [0, f, (HEIGHT - 1) / 2], [0, 0, 1.0]])
    camera = Camera(intrinsics, turned(0, 0, 0), np.array([0, 0, 0.9]), (WIDTH, HEIGHT))
    points = points.astype(np.float32)
    seen = camera.project(points)[:, :2]
    solid = cv2.fillConvexPoly(
        np.zeros((HEIGHT, WIDTH), np.uint8), cv2.convexHull(np.rint(seen).astype(np.int32)), 1
    )
    matte = cv2.GaussianBlur(solid.astype(np.float32), (0, 0), 0.8)
    screen = (
        np.full((HEIGHT, WIDTH, 3), (0.1, 0.4, 0.1), np.float32)
        * np.linspace(0.6, 1, WIDTH, dtype=np.float32)[None, :, None]
    )
    skin = Setting(points, points, triangles.reshape(-1, 3).astype(np.int32), camera, screen)
    return skin, matte


SETTING, MATTE = _setting()
FOREGROUND = np.asarray(np.array([0.8, 0.3, 2.0]) * MATTE[..., None], np.float32)


def _spoiled(fault, share=0.5, index=4):
    return fault.spoiled(MATTE, SETTING, share, index)


@FEW
@given(st.sampled_from(FAULTS), SEEDS, st.floats(0, 1), st.integers(0, 40))
def test_a_faulty_matte_is_a_matte_and_repeats(kind, seed, share, index):
    one, other = (_spoiled(draw_fault(seed, kind), share, index) for _ in range(2))
    assert one.dtype == np.float32
    assert one.shape == MATTE.shape
    assert one.min() >= 0
    assert one.max() <= 1
    assert np.array_equal(one, other)


@FEW
@given(st.sampled_from(MASK_FAULTS), SEEDS)
def test_a_plate_cut_with_its_own_matte_is_itself(kind, seed):
    assert np.allclose(cut(FOREGROUND, MATTE, MATTE), FOREGROUND, atol=1e-6)
    faulty = _spoiled(draw_fault(seed, kind))
    premultiplied = cut(FOREGROUND, MATTE, faulty)
    smaller = (faulty <= MATTE) & (MATTE > 0.05)
    expected = FOREGROUND[smaller] / MATTE[smaller][:, None] * faulty[smaller][:, None]
    assert np.allclose(premultiplied[smaller], expected, rtol=1e-3, atol=1e-4)
    assert (premultiplied[faulty == 0] == 0).all()


def test_a_larger_matte_takes_the_subjects_colours_along():
    faulty = _spoiled(Fault("dilate", 5.0, 1))
    premultiplied = cut(FOREGROUND, MATTE, faulty)
    beyond = (MATTE < 0.01) & (faulty > 0.5)
    assert beyond.sum() > 30
    assert np.allclose(premultiplied[beyond] / faulty[beyond][:, None], [0.8, 0.3, 2.0], rtol=0.05)


@pytest.mark.parametrize(("kind", "sign"), [("erode", -1), ("dilate", 1)])
def test_erosion_and_dilation_grow_with_strength(kind, sign):
    areas = [MATTE.sum(), *(_spoiled(Fault(kind, s, 1)).sum() for s in (0.5, 1.0, 2.0))]
    assert (np.diff(areas) * sign > 5).all()


@pytest.mark.parametrize("kind", ["holes", "occluder"])
def test_holes_and_occluders_take_parts_and_leave_the_rest_alone(kind):
    taken = []
    for seed in range(12):
        lost = MATTE - _spoiled(draw_fault(seed, kind))
        assert lost.min() >= 0
        taken.append(float(lost.sum() / MATTE.sum()))
        assert (lost[lost > 0.02]).size == 0 or np.mean(lost[lost > 0.02] > 0.5) > 0.5
    assert np.median(taken) > 0.02
    assert max(taken) < 0.75


def test_a_part_is_missing_for_a_run_of_frames_and_only_then():
    for seed in range(10):
        fault = draw_fault(seed, "missing")
        gone = np.array([(MATTE - _spoiled(fault, s)).sum() for s in np.linspace(0, 1, 41)]) > 1
        starts = int(np.sum(np.diff(gone.astype(int)) == 1)) + int(gone[0])
        assert starts == 1
        assert 0.2 < gone.mean() < 0.95


def test_holes_ride_on_the_body():
    fault = draw_fault(3, "holes")
    aside = dataclasses.replace(SETTING, points=SETTING.points + np.float32([0.4, 0, 0]))
    shift = 0.4 * SETTING.camera.intrinsics[0, 0] / 6
    everywhere = np.ones_like(MATTE)
    here, there = (1 - fault.spoiled(everywhere, at, 0.5, 3) for at in (SETTING, aside))
    columns = np.arange(WIDTH)
    moved = (there.sum(axis=0) @ columns) / there.sum() - (here.sum(axis=0) @ columns) / here.sum()
    assert abs(moved - shift) < 0.25 * shift


@FEW
@given(SEEDS)
def test_only_jitter_and_grain_change_while_nothing_moves(seed):
    for kind in FAULTS:
        fault = draw_fault(seed, kind)
        change = np.abs(_spoiled(fault, 0.5, 4) - _spoiled(fault, 0.5, 5)).max()
        assert (change > 0) == (kind in ("jitter", *KEY_ERRORS))


def test_key_errors_thin_the_subject_or_leave_screen_and_spoil_no_plate():
    soft, residue = (_spoiled(Fault(kind, 1.2, 5)) for kind in KEY_ERRORS)
    assert soft[MATTE > 0.99].min() < 0.8
    assert soft[MATTE == 0].max() == 0
    assert (residue >= MATTE).all()
    assert residue[MATTE == 0].max() > 0.1
    assert [Fault(kind, 1, 1).in_plate for kind in KEY_ERRORS] == [False, False]
    assert all(Fault(kind, 1, 1).in_plate for kind in MASK_FAULTS)


def test_what_is_missing_is_what_the_matte_lost():
    faulty = _spoiled(Fault("erode", 1.0, 1))
    assert np.allclose(missing(MATTE, faulty) + np.minimum(MATTE, faulty), MATTE)


def test_any_draws_every_kind_and_unknown_ones_are_refused():
    assert {draw_fault(seed, "any").kind for seed in range(120)} == set(FAULTS)
    with pytest.raises(KeyError):
        draw_fault(1, "scratches")
