"""Structure, identity, relight, edges and references, on pictures whose answer is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pai_studio.core.evaluation.judged import Facts, Judged
from pai_studio.core.evaluation.measures.relight import cie_lab
from pai_studio.core.evaluation.measures.structure import similarity
from pai_studio.core.evaluation.measures.view import background_mask, edge_band, foreground_mask
from pai_studio.core.evaluation.metrics import METRICS, ClipMetrics
from pai_studio.core.shot.errors import BadInput

SUBJECT = ["foreground_psnr_db", "lab_distance", "halo", "identity", "identity_psnr_db", "identity_gradient"]
BETTER = {metric.key: metric.better for metric in METRICS}


def truth(parts):
    return parts.truth


@pytest.fixture(scope="module")
def short(stage):
    """Two frames are enough for what is no motion."""
    return stage(frames=2)


def test_ssim_is_that_of_wang_at_a_pixel_worked_out_by_hand():
    rng = np.random.default_rng(1)
    one, other = rng.uniform(0, 1, (2, 21, 21)).astype(np.float32)
    axis = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    w = np.outer(axis, axis) / np.outer(axis, axis).sum()
    a, b = one[5:16, 5:16], other[5:16, 5:16]
    ma, mb = (w * a).sum(), (w * b).sum()
    va, vb, ab = (w * a * a).sum() - ma**2, (w * b * b).sum() - mb**2, (w * a * b).sum() - ma * mb
    known = (2 * ma * mb + 1e-4) * (2 * ab + 9e-4) / ((ma**2 + mb**2 + 1e-4) * (va + vb + 9e-4))

    where = np.ones((21, 21), bool)
    found = similarity(one, other, where).reshape(21, 21)[10, 10]
    assert found == pytest.approx(known, abs=2e-4)


def test_ssim_sees_nothing_outside_its_mask():
    rng = np.random.default_rng(2)
    one, other = rng.uniform(0, 1, (2, 40, 60)).astype(np.float32)
    where = np.zeros((40, 60), bool)
    where[:, :30] = True
    spoiled = np.where(where, other, 7).astype(np.float32)

    assert np.array_equal(similarity(one, spoiled, where), similarity(one, np.where(where, other, 0), where))
    assert similarity(one, one, where).min() > 1 - 1e-4


def test_ssim_of_two_flat_backgrounds_is_that_of_their_means(config):
    matte = np.zeros((40, 60), np.float32)
    pictures = [config.from_srgb(np.full((40, 60, 3), v, np.float32)) for v in (0.4, 0.6)]
    metrics = ClipMetrics(Facts(config=config), ["background_ssim"])
    metrics.add(Judged(number=1, result=pictures[0], truth=pictures[1], matte=matte, source=pictures[0] * 0))

    known = (2 * 0.4 * 0.6 + 1e-4) / (0.4**2 + 0.6**2 + 1e-4)
    assert metrics.values()["background_ssim"] == pytest.approx(known, abs=1e-3)


def blur(p, strength):
    return cv2.GaussianBlur(p.truth, (0, 0), strength)


def tint(p, strength):
    return p.truth * np.float32([1 - 0.06 * strength, 1, 1 - 0.1 * strength])


def shift(p, strength):
    matrix = np.array([[1, 0, strength], [0, 1, 0.0]])
    return cv2.warpAffine(p.truth, matrix, p.truth.shape[1::-1], borderMode=cv2.BORDER_REFLECT_101)


def rim(p):
    """1 within 6 px inside the truth's solid matte."""
    depth = cv2.distanceTransform((p.matte >= 0.999).astype(np.uint8), cv2.DIST_L2, 5)
    return ((depth > 0) & (depth <= 6)).astype(np.float32)[..., None]


def halo(p, strength):
    return np.clip(p.truth + 0.06 * strength * rim(p), 0, 1)


def spill(p, strength):
    green = np.float32([0, 0.05, 0]) * strength
    return p.truth + green * edge_band(p.matte)[..., None]


@pytest.mark.parametrize(
    ("spoil", "keys"),
    [
        (blur, ("background_ssim", "edge_profile", "identity", "identity_psnr_db", "identity_gradient")),
        (tint, ("lab_distance", "relight_gain_db", "background_psnr_db")),
        (shift, ("background_psnr_db", "background_ssim", "edge_profile", "identity")),
        (halo, ("halo", "relight_gain_db")),
        (spill, ("spill",)),
    ],
)
def test_a_fault_that_grows_is_seen_to_grow(short, spoil, keys):
    ladder = [short.values(lambda p, s=s: spoil(p, s), keys) for s in (0.5, 1.0, 2.0, 4.0)]
    for key in keys:
        found = [values[key] for values in ladder]
        assert found == sorted(set(found), reverse=BETTER[key] == "higher"), key


def test_the_relight_gain_is_the_decibels_between_relit_and_unlit(short):
    """Unlit is off by 0.1 of a code value all over and the result by 0.05: a gain of 6.02 dB."""

    def unlit(p):
        return short.config.from_srgb(p.truth - np.float32(0.1))

    values = short.values(
        lambda p: p.truth - 0.05,
        ["relight_gain_db"],
        more=lambda p: {
            "source": unlit(p) * p.matte[..., None],
            "background": unlit(p),
        },
    )
    assert values["relight_gain_db"] == pytest.approx(20 * np.log10(2), abs=0.05)


def test_a_subject_left_unlit_gains_nothing_and_a_worse_one_loses(short):
    def unlit(p):
        frame = short.judged(p, p.truth)
        return {"result": frame.source + frame.background * (1 - p.matte[..., None])}

    assert short.value(truth, "relight_gain_db", more=unlit) == pytest.approx(0, abs=1e-6)
    assert short.value(lambda p: p.truth * 0.2, "relight_gain_db") < -3
    assert short.value(truth, "relight_gain_db") > 40
    assert short.value(truth, "relight_gain_db", more=lambda _: {"background": None}) is None


def test_the_colour_distance_is_that_of_cie_lab(config):
    """Two neutral greys that are 10 L* apart, and nothing else."""
    grey = {50: 0.46633, 60: 0.56686}  # sRGB codes of L* 50 and 60 (CIE 1976, D65)
    matte = np.ones((60, 80), np.float32)
    pictures = {
        level: config.from_srgb(np.full((60, 80, 3), code, np.float32)) for level, code in grey.items()
    }
    metrics = ClipMetrics(Facts(config=config), ["lab_distance"])
    metrics.add(Judged(number=1, result=pictures[60], truth=pictures[50], matte=matte, source=pictures[50]))

    assert metrics.values()["lab_distance"] == pytest.approx(10, abs=0.01)


def test_lab_is_that_of_the_standard():
    """The primaries, as tables give them for sRGB and D65."""
    found = cie_lab(np.float32([[1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0.02, 0.02, 0.02]]))
    known = [
        [100, 0, 0],
        [53.24, 80.09, 67.20],
        [87.73, -86.18, 83.18],
        [32.30, 79.19, -107.86],
        [1.40, 0, 0],
    ]
    assert np.allclose(found, known, atol=0.03)


@pytest.mark.parametrize("stops", [0.2, -0.4, 0.8])
def test_a_halo_is_the_stops_by_which_the_rim_departs(short, stops):
    reach = 0.015 * 288

    def ringed(p):
        inside = foreground_mask(p.matte)
        depth = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 5)
        gain = np.where(inside & (depth <= reach), 2.0**stops, 1).astype(np.float32)
        return {"result": short.judged(p, p.truth).truth * gain[..., None]}

    assert short.value(truth, "halo", more=ringed) == pytest.approx(abs(stops), rel=0.2)


def test_an_exposure_that_is_wrong_all_over_is_no_halo(short):
    assert short.value(lambda p: p.truth * 0.7, "halo") < 0.03


def test_identity_ignores_a_colour_affine(short):
    mixed = np.array([[0.6, 0.1, 0.0], [0.05, 0.5, 0.1], [0.0, 0.1, 0.7]])

    def relit(p):
        return np.where(p.matte[..., None] > 0, p.unlit @ mixed + 0.08, p.truth)

    values = short.values(relit, SUBJECT[3:])
    assert values["identity"] > 0.9999
    assert values["identity_psnr_db"] > 60
    assert values["identity_gradient"] > 0.9999


def test_identity_ignores_a_gain_in_linear_light(short):
    def relit(p):
        frame = short.judged(p, p.truth)
        lit = frame.source * np.float32([0.5, 0.9, 1.1])
        return {"result": lit + frame.background * (1 - p.matte[..., None])}

    values = short.values(truth, ["identity", "identity_psnr_db"], more=relit)
    assert values["identity"] > 0.9999
    assert values["identity_psnr_db"] > 60


def test_another_subject_has_another_identity(short):
    def swapped(p):
        return np.where(p.matte[..., None] > 0, p.truth[::-1], p.truth)

    values = short.values(swapped, SUBJECT[3:])
    assert values["identity"] < 0.6
    assert values["identity_psnr_db"] < 25
    assert abs(values["identity_gradient"]) < 0.25


def test_what_was_rebuilt_has_no_source_to_be_held_against(short):
    def half(p):
        rebuilt = np.zeros_like(p.matte)
        rebuilt[:90] = 1
        return rebuilt

    def made(p):
        return np.where(half(p)[..., None] * p.matte[..., None] > 0, p.truth[::-1], p.truth)

    assert short.value(made, "identity") < 0.8
    assert short.value(made, "identity", more=lambda p: {"rebuilt": half(p)}) > 0.999


def test_the_rebuilt_region_has_its_own_psnr(short):
    rebuilt = np.zeros((162, 288), np.float32)
    rebuilt[60:80, 140:160] = 1

    def spoiled(p):
        return p.truth - 0.1 * rebuilt[..., None]

    keys = ["rebuilt_psnr_db"]
    assert short.values(spoiled, keys, more=lambda _: {"rebuilt": rebuilt})[
        "rebuilt_psnr_db"
    ] == pytest.approx(20, abs=0.1)
    assert short.values(spoiled, keys)["rebuilt_psnr_db"] is None


def test_what_measures_the_subject_ignores_the_background(short):
    def other_place(p):
        noise = np.random.default_rng([4, p.number]).uniform(0, 1, p.truth.shape)
        return np.where(background_mask(p.matte)[..., None], noise, p.truth)

    assert short.values(other_place, SUBJECT) == short.values(truth, SUBJECT)


@pytest.mark.parametrize(("screen", "channel"), [("green", 1), ("blue", 2)])
def test_spill_without_a_truth_is_what_the_source_did_not_have(config, screen, channel):
    y, x = np.mgrid[:120, :200]
    matte = np.clip((34 - np.hypot(x - 100, y - 60)) / 5 + 0.5, 0, 1).astype(np.float32)
    grey = np.full((120, 200, 3), 0.2, np.float32)
    rec709 = grey.copy()
    rec709[edge_band(matte), channel] += np.float32(0.07)
    fringed = config.convert(rec709, config.linear_rec709, config.working)

    def found(result, source):
        metrics = ClipMetrics(Facts(config=config, screen=screen), ["spill"])
        metrics.add(Judged(number=1, result=result, matte=matte, source=source * matte[..., None]))
        return metrics.values()["spill"]

    assert found(fringed, grey) == pytest.approx(0.07, abs=1e-3)
    assert found(fringed, fringed) == pytest.approx(0, abs=2e-3)  # what the source has is no spill
    assert found(grey, grey) == pytest.approx(0, abs=1e-6)


def test_a_truly_green_thing_is_no_spill(short):
    """A green coat in the truth, kept as it is, is right; taken away it is overdone."""
    coat = np.float32([0.15, 0.5, 0.12])

    def green(p):
        return p.truth + (coat - p.truth) * p.matte[..., None]

    linear = short.config.from_srgb
    kept = short.value(green, "spill", more=lambda p: {"truth": linear(green(p).astype(np.float32))})
    grey = short.value(truth, "spill", more=lambda p: {"truth": linear(green(p).astype(np.float32))})
    assert kept == pytest.approx(0, abs=1e-6)
    assert grey < -0.02


def test_the_edge_profile_of_a_known_step(config):
    """A step of 0.24 across the edge where the truth is flat, read over 12 pixels: 0.02 a pixel."""
    matte = np.zeros((120, 200), np.float32)
    matte[30:90, 60:140] = 1
    flat = np.full((120, 200, 3), 0.4, np.float32)
    stepped = (flat + 0.24 * matte[..., None]).astype(np.float32)
    metrics = ClipMetrics(Facts(config=config), ["edge_profile"])
    pictures = [config.from_srgb(p) for p in (stepped, flat)]
    metrics.add(Judged(number=1, result=pictures[0], truth=pictures[1], matte=matte, source=pictures[0] * 0))

    assert metrics.values()["edge_profile"] == pytest.approx(0.02, rel=0.06)


def test_the_edge_profile_hardly_sees_grain(short):
    def grainy(p):
        return p.truth + np.random.default_rng([5, p.number]).normal(0, 0.01, p.truth.shape)

    assert short.value(grainy, "edge_profile") < 0.5 * short.value(lambda p: blur(p, 1.0), "edge_profile")


def test_the_likeness_at_anchors_is_the_psnr_against_the_reference(short):
    linear = short.config.from_srgb
    facts = short.facts(references={0: linear(short.parts[0].background)})

    values = short.values(
        lambda p: p.truth + (0.05 if p.number == 0 else 0.4),
        ["anchor_psnr_db", "anchor_aligned_psnr_db"],
        facts=facts,
        truth=False,
    )
    assert values["anchor_psnr_db"] == pytest.approx(-20 * np.log10(0.05), abs=0.05)
    assert values["anchor_aligned_psnr_db"] >= values["anchor_psnr_db"]


def test_a_reference_that_was_kept_but_displaced_is_told_from_one_that_was_not(short, place, over):
    facts = short.facts(references={0: short.config.from_srgb(short.parts[0].background)})
    keys = ["anchor_psnr_db", "anchor_aligned_psnr_db"]
    scaled = np.array([[1.06, 0, -5], [0, 1.06, 3], [0, 0, 1.0]])

    kept = short.values(lambda p: over(p, place(scaled)), keys, facts=facts)
    other = short.values(lambda p: over(p, place(np.eye(3), seed=11)), keys, facts=facts)
    assert kept["anchor_psnr_db"] < 20
    assert kept["anchor_aligned_psnr_db"] > kept["anchor_psnr_db"] + 8
    assert other["anchor_aligned_psnr_db"] < 20


def test_a_clip_without_a_truth_gets_all_that_needs_none(staged):
    camera = {n: staged.camera(n) for n in range(staged.frames)}
    reference = staged.config.from_srgb(staged.parts[2].background)
    facts = staged.facts(references={2: reference}, plate_camera=camera, seams=(3,))
    values = staged.values(truth, None, facts=facts, truth=False)

    for metric in METRICS:
        if metric.key == "anchor_offset_frames":
            assert values[metric.key] == [None]
        else:
            assert (values[metric.key] is None) == metric.needs_truth, metric.key


def test_a_result_that_is_not_finite_is_named(short):
    spoiled = short.judged(short.parts[0], short.parts[0].truth)
    spoiled.result[3, 4, 1] = np.nan
    with pytest.raises(BadInput, match=r"frame 0 .* NaN or infinite"):
        ClipMetrics(short.facts()).add(spoiled)
