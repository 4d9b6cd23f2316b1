"""What scored as well as the truth, or better, without being like it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pai_studio.core.evaluation.measures.view import foreground_mask

IDENTITY = ("identity", "identity_psnr_db", "identity_gradient")


@pytest.fixture(scope="module")
def short(stage):
    return stage(frames=2)


def test_the_more_a_subject_is_blurred_the_less_it_is_the_same(short):
    ladder = [
        short.values(lambda p, s=s: cv2.GaussianBlur(p.truth, (0, 0), s), IDENTITY) for s in (1, 4, 16, 48)
    ]

    for key in IDENTITY:
        found = [values[key] for values in ladder]
        assert found == sorted(set(found), reverse=True), key


def test_a_subject_that_is_one_flat_colour_has_lost_its_identity(short):
    flat = short.values(lambda p: np.where(p.matte[..., None] > 0, 0.4, p.truth), IDENTITY)

    assert flat["identity"] < 0.6
    assert flat["identity_psnr_db"] < 22
    assert flat["identity_gradient"] == 0


@pytest.mark.parametrize("contrast", [0.1, 0.5])
def test_a_subject_in_mist_is_still_the_same(short, contrast):
    def misty(p):
        return np.where(p.matte[..., None] > 0, 0.5 + contrast * (p.unlit - 0.5), p.truth)

    assert short.value(misty, "identity") > 0.999


def test_a_spoiled_interior_is_not_better_than_no_halo(short):
    """Blotches of a stop everywhere but at the rim."""

    def blotched(p):
        noise = np.random.default_rng([6, p.number]).standard_normal(p.matte.shape).astype(np.float32)
        stops = 12 * cv2.GaussianBlur(noise, (0, 0), 4) * foreground_mask(p.matte, margin=0.03)
        return {"result": short.judged(p, p.truth).truth * 2 ** stops[..., None]}

    spoiled = short.value(lambda p: p.truth, "halo", more=blotched)
    assert spoiled == short.value(lambda p: p.truth, "halo") == 0
