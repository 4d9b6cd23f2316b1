"""Screens differ by seed as real ones do, keep their colour, and carry markers where the truth says."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from pai_studio.core.synth.screens import (
    HEIGHT_M,
    MARKERS,
    SCREENS,
    WIDTH_M,
    draw_cloth,
    patched,
    stick_markers,
    wall_light,
)
from pai_studio.core.synth.stage import build_stage

CLOTHS = [draw_cloth(np.random.default_rng(seed)) for seed in range(60)]
PER_M = 24.0


def _light(cloth, seed=0):
    return wall_light(cloth, PER_M, 1.4, np.random.default_rng(seed))


def _ratio(cloth, **changes):
    """How much the light of a changed cloth departs from the cloth's own, as a standard deviation."""
    return float((_light(dataclasses.replace(cloth, **changes)) / _light(cloth)).std())


def test_some_screens_are_careful_and_some_have_each_fault():
    assert {cloth.markers for cloth in CLOTHS} == set(MARKERS)
    assert {cloth.tape for cloth in CLOTHS} == {"light", "dark", "white"}
    clean = [c for c in CLOTHS if not (c.drapes or c.seam_every_m or c.patch) and c.falloff <= 0.2]
    assert 0.3 < len(clean) / len(CLOTHS) < 0.8
    for fault in ("drapes", "seam_every_m", "patch"):
        assert 0.1 < np.mean([bool(getattr(cloth, fault)) for cloth in CLOTHS]) < 0.5
    assert max(cloth.falloff for cloth in CLOTHS) > 0.3


@pytest.mark.parametrize(
    "change", [{"falloff": 0.4}, {"wrinkles": 0.1}, {"drapes": 0.1}, {"seam_every_m": 2.0}]
)
def test_every_fault_makes_the_screen_more_uneven(change):
    even = dataclasses.replace(CLOTHS[0], falloff=0.1, wrinkles=0.02, drapes=0.0, seam_every_m=0.0)
    assert _ratio(even) == 0
    assert _ratio(even, **change) > 0.01


def test_a_second_shade_changes_its_rectangle_and_little_around_it():
    cloth = dataclasses.replace(CLOTHS[0], patch=(5.0, 9.0, 3.0, 0.8))
    light = _light(cloth)
    plain = SCREENS["green"] * light[..., None]
    wall = plain.copy()
    patched(wall, cloth)
    changed = np.abs(wall / plain - 1)[..., 1]
    top, left, right = (round(v * PER_M) for v in (HEIGHT_M - 3.0, 5.0, 9.0))
    assert changed[top + 3 :, left + 3 : right - 3].min() > 0.1
    assert changed[: top - 12].max() < 0.01
    assert wall.argmax(axis=-1).min() == wall.argmax(axis=-1).max() == 1


@pytest.mark.parametrize("markers", MARKERS)
def test_markers_lie_where_their_centres_are(markers):
    cloth = dataclasses.replace(CLOTHS[0], markers=markers, tape="white")
    light = np.ones((round(HEIGHT_M * 100), round(WIDTH_M * 100)), np.float32)
    wall = SCREENS["green"] * light[..., None]
    bare = wall.copy()
    centres = stick_markers(wall, light, "green", cloth, np.random.default_rng(1))
    rows, columns = np.nonzero(np.abs(wall - bare)[..., 0] > 0.2)
    at = np.stack([(columns + 0.5) / 100, HEIGHT_M - (rows + 0.5) / 100], axis=1)
    nearest = np.linalg.norm(at[:, None] - centres[None], axis=-1)
    assert nearest.min(axis=1).max() < 0.1
    inside = (centres[:, 0] > 0.1) & (centres[:, 0] < WIDTH_M - 0.1)
    found = np.array([at[nearest.argmin(axis=1) == n].mean(axis=0) for n in np.flatnonzero(inside)])
    assert np.abs(found - centres[inside]).max() < 0.006


def test_stage_lights_differ_a_little_and_come_from_both_sides():
    stages = [
        build_stage("green", np.array([0, 6.0, 0]), False, 8, np.random.default_rng(s)) for s in range(30)
    ]
    sides = {float(np.sign(stage.light.directions[0, 0])) for stage in stages}
    keys = np.array([stage.light.powers[0] for stage in stages])
    assert sides == {-1.0, 1.0}
    assert 1.2 < keys[:, 1].max() / keys[:, 1].min() < 2
    warmth = keys[:, 0] / keys[:, 2]
    assert 0.85 < warmth.min() < 1 < warmth.max() < 1.25
