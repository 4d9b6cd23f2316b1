"""Flicker and seams of known strength."""

from __future__ import annotations

import numpy as np
import pytest

from pai_studio.core.motion.homography import translation

STRENGTHS = (0.01, 0.02, 0.04, 0.08)


def alternating(strength):
    """Every other frame is brighter by so many code values."""
    return lambda p: p.truth + strength * (p.number % 2)


@pytest.fixture(scope="module")
def still(stage):
    """A place that stands still, so that warping costs nothing."""
    return stage(camera=lambda _: np.eye(3))


@pytest.mark.parametrize("strength", STRENGTHS)
def test_flicker_is_the_code_values_that_come_and_go(still, strength):
    values = still.values(alternating(strength), ["flicker", "regional_flicker"])

    assert values["flicker"] == pytest.approx(strength, rel=0.12)
    assert values["regional_flicker"] == pytest.approx(strength / 2, rel=0.05)


def test_flicker_without_a_truth_is_the_results_own(still):
    own = still.value(lambda p: p.truth, "flicker", truth=False)
    values = still.values(alternating(0.04), ["flicker", "regional_flicker"], truth=False)

    assert values["flicker"] == pytest.approx(own + 0.04, abs=0.006)
    assert values["regional_flicker"] == pytest.approx(0.02, rel=0.05)


@pytest.mark.parametrize("region", ["subject", "background"])
def test_a_region_that_breathes_is_found_wherever_it_is(staged, region):
    def breathing(p):
        where = p.matte[..., None] if region == "subject" else 1 - p.matte[..., None]
        return p.truth + 0.05 * (p.number % 2) * where

    assert staged.value(breathing, "regional_flicker") == pytest.approx(0.025, rel=0.05)


def test_flicker_grows_with_its_strength(staged):
    for key in ("flicker", "regional_flicker"):
        found = [staged.value(alternating(s), key) for s in STRENGTHS]
        assert found == sorted(set(found))


def test_true_motion_and_a_steady_tint_are_no_flicker(stage):
    clip = stage(camera=lambda n: translation(-5.0 * n, 2.0 * n))
    values = clip.values(lambda p: p.truth * np.float32([1, 0.9, 0.8]), ["flicker", "regional_flicker"])

    assert abs(values["flicker"]) < 0.004
    assert abs(values["regional_flicker"]) < 0.001


def test_a_background_that_stands_still_where_it_should_move_is_no_flicker(staged, over):
    held = staged.parts[0].background
    assert staged.value(lambda p: over(p, held), "flicker") < 0.001


def test_a_true_lamp_that_flickers_is_none_of_the_results(stage):
    clip = stage(frames=5)
    for p in clip.parts:
        p.truth = np.clip(p.truth + 0.06 * (p.number % 2), 0, 1).astype(np.float32)

    values = clip.values(lambda p: p.truth, ["flicker", "regional_flicker"])
    assert values == {"flicker": 0, "regional_flicker": 0}


def jump(at, strength):
    """From frame `at` on everything is brighter."""
    return lambda p: p.truth + strength * (p.number >= at)


@pytest.mark.parametrize("strength", STRENGTHS)
def test_a_jump_at_a_seam_is_its_difference_from_the_rest(still, strength):
    facts = still.facts(seams=(3,))

    assert still.value(jump(3, strength), "seam", facts=facts) == pytest.approx(strength, rel=0.15, abs=1e-3)
    assert still.value(jump(2, strength), "seam", facts=facts) < 0


def test_a_clip_of_one_window_has_no_seam(still):
    assert still.value(lambda p: p.truth, "seam") is None
    assert still.value(lambda p: p.truth, "seam", facts=still.facts(seams=(40,))) is None
