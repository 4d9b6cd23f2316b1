"""Perturbed light: the mix, its laws, and the same code on other arrays than NumPy's."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pai_studio.core.synth.capture.form import Form, form_of
from pai_studio.core.synth.capture.perturb import KINDS, draw_perturbation

SEEDS = st.integers(0, 10_000)


def _person(height=72, width=64):
    """A soft ellipse on a stick: matte (H, W) and a premultiplied picture with light from 0 to 9."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    solid = (
        (((x - 32) / 16) ** 2 + ((y - 26) / 22) ** 2 < 1) | ((np.abs(x - 32) < 4) & (y < 68) & (y > 20))
    ) * 1.0
    matte = np.clip(cv2.GaussianBlur(solid.astype(np.float32), (0, 0), 1.0), 0, 1)
    rgb = np.stack([x / 64, y / 72, 0.3 + 0 * x], axis=-1) ** 2
    rgb[20:26, 28:36] = 9.0
    return matte, np.asarray(rgb * matte[..., None], np.float32)


MATTE, FOREGROUND = _person()
FORM = form_of(MATTE)


@given(st.sampled_from(KINDS), SEEDS, st.floats(0, 1), st.booleans())
def test_light_stays_light(kind, seed, t, moving):
    given_foreground = FOREGROUND.copy()
    out = draw_perturbation(seed, kind, moving).apply(given_foreground, MATTE, t, FORM)
    assert out.dtype == np.float32
    assert np.isfinite(out).all()
    assert out.min() >= 0
    assert (out[MATTE == 0] == 0).all()
    assert np.array_equal(given_foreground, FOREGROUND)


@given(st.sampled_from(KINDS), SEEDS)
def test_what_was_brightest_stays_above_what_was_dark(kind, seed):
    """Light above 1 is kept, not clipped to what lies beside it."""
    out = draw_perturbation(seed, kind, False).apply(FOREGROUND, MATTE, 0.0, FORM)
    assert (out[23, 32] > 1.5 * out[23, 24]).all()


@given(st.sampled_from(KINDS), SEEDS, st.floats(0.05, 1))
def test_a_premultiplied_edge_gets_what_the_solid_colour_gets(kind, seed, share):
    """P(a F, a) = a P(F, 1) wherever the form is the same: light does not know of mattes."""
    change = draw_perturbation(seed, kind, False)
    flat = dataclasses.replace(
        FORM, **{f.name: getattr(FORM, f.name)[30:31, 32:33] for f in dataclasses.fields(Form)}
    )
    color = np.array([[[0.8, 0.3, 2.5]]], np.float32)
    solid = change.apply(color, np.ones((1, 1), np.float32), 0.2, flat)
    edge = change.apply(color * np.float32(share), np.full((1, 1), share, np.float32), 0.2, flat)
    assert np.allclose(edge, solid * np.float32(share), rtol=2e-4)


@given(SEEDS, st.floats(0, 1))
def test_constant_light_is_constant_and_moving_light_moves_smoothly(seed, t):
    kind = KINDS[seed % 5]
    still, moving = (draw_perturbation(seed, kind, moves) for moves in (False, True))
    now, later = (still.apply(FOREGROUND, MATTE, at, FORM) for at in (t, 0.5))
    assert np.array_equal(now, later)
    steps = np.stack([moving.apply(FOREGROUND, MATTE, at, FORM).mean() for at in np.linspace(0, 1, 33)])
    assert np.ptp(steps) > 0
    assert np.abs(np.diff(steps)).max() < 0.35 * np.ptp(steps) + 1e-6


def test_the_mix_is_the_models():
    drawn = [draw_perturbation(seed) for seed in range(3000)]
    shares = {kind: np.mean([p.kind == kind for p in drawn]) for kind in KINDS}
    assert abs(shares["affine"] - 0.35) < 0.03
    assert abs(shares["field"] + shares["bloom"] - 0.25) < 0.03
    assert abs(shares["shading"] - 0.20) < 0.03
    assert abs(shares["lamps"] - 0.10) < 0.03
    assert abs(shares["identity"] - 0.10) < 0.03
    assert abs(np.mean([p.moving for p in drawn if p.kind != "identity"]) - 0.3) < 0.03
    gammas = np.array([p.first["gamma"] for p in drawn if p.kind == "affine"])
    assert 0.4 <= gammas.min() < 0.45
    assert 1.8 < gammas.max() <= 1.9


def test_identity_is_identity_and_the_others_are_not():
    for kind in KINDS:
        out = draw_perturbation(1, kind, False).apply(FOREGROUND, MATTE, 0.0, FORM)
        assert np.array_equal(out, FOREGROUND) == (kind == "identity")


def test_shading_brings_out_the_side_that_the_light_is_on():
    """A lobe from the right lights what faces right: the harmonics are those of a clamped cosine."""
    change = draw_perturbation(0, "shading", False)
    right = (0.25, 0.5, 0, 0, 0, 0, 0, -0.078125, 0.234375)
    light = tuple(float(v) for v in np.repeat(right, 3))
    lit = dataclasses.replace(change, first={"harmonics": light}, last={"harmonics": light})
    white = np.repeat(MATTE[..., None], 3, axis=2)
    out = lit.apply(white, MATTE, 0.0, FORM)[..., 0]
    facing = FORM.right[MATTE > 0.99]
    expected = np.clip(facing, 0, 1)
    assert np.abs(out[MATTE > 0.99] - expected).max() < 0.12  # the order 2 approximation's own error
    assert np.corrcoef(out[MATTE > 0.99], expected)[0, 1] > 0.97


def test_normals_are_unit_and_face_outward():
    length = FORM.right**2 + FORM.up**2 + FORM.ahead**2
    assert np.allclose(length, 1, atol=1e-5)
    assert FORM.right[26, 44] > 0.3
    assert FORM.right[26, 20] < -0.3
    assert FORM.up[8, 32] > 0.3
    assert FORM.ahead[26, 32] > 0.9


def test_an_empty_matte_has_a_form():
    form = form_of(np.zeros((8, 9), np.float32))
    assert np.isfinite(form.right).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_code_runs_on_torch(kind):
    torch = pytest.importorskip("torch")
    change = draw_perturbation(5, kind, True)
    planes = {f.name: torch.from_numpy(getattr(FORM, f.name)) for f in dataclasses.fields(Form)}
    ours = change.apply(FOREGROUND, MATTE, 0.3, FORM)
    theirs = change.apply(torch.from_numpy(FOREGROUND), torch.from_numpy(MATTE), 0.3, Form(**planes))
    assert np.allclose(theirs.numpy(), ours, rtol=1e-3, atol=1e-5)
