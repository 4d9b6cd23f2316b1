"""Camera, flow and persistence on a place whose motion is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pai_studio.core.motion.homography import corner_error, translation

SIZE = (288, 162)
DIAGONAL = float(np.hypot(*SIZE))
BACKGROUND = ["background_psnr_db", "background_ssim", "camera_error", "camera_found", "persistence"]


def truth(parts):
    return parts.truth


def turned(angle_deg, shift_px):
    """A turn about the picture's centre and a shift."""
    matrix = cv2.getRotationMatrix2D((SIZE[0] / 2, SIZE[1] / 2), angle_deg, 1)
    matrix[0, 2] += shift_px
    return np.vstack([matrix, [0, 0, 1]])


def wrong_camera(staged, place, over, step):
    """The subject over the place under the clip's camera and `step(frame)` after it."""
    return lambda p: over(p, place(step(p.number) @ staged.camera(p.number)))


def test_the_truth_has_no_camera_error(staged):
    values = staged.values(truth, ["camera_error", "camera_found", "flow_epe", "flow_cosine", "persistence"])
    assert values["camera_error"] == 0
    assert values["camera_found"] == 1
    assert values["flow_epe"] == 0
    assert values["flow_cosine"] == pytest.approx(1, abs=1e-6)
    assert values["persistence"] == 1


@pytest.mark.parametrize(("angle_deg", "shift_px"), [(0.0, 1.5), (0.6, 0.0), (-0.4, 3.0)])
def test_a_known_homography_gives_its_corner_error(staged, place, over, angle_deg, shift_px):
    def step(n):
        return turned(n * angle_deg, n * shift_px)

    cameras = [step(n) @ staged.camera(n) for n in range(staged.frames)]
    known = [corner_error(cameras[n], staged.camera(n), SIZE) / DIAGONAL for n in range(1, staged.frames)]

    values = staged.values(wrong_camera(staged, place, over, step), ["camera_error", "camera_found"])
    assert values["camera_found"] == 1
    assert values["camera_error"] == pytest.approx(np.mean(known), rel=0.05, abs=2e-4)


def test_without_pictures_of_the_truth_the_known_camera_is_compared_with(staged, place, over):
    camera = {n: staged.camera(n) for n in range(staged.frames)}
    facts = staged.facts(camera=camera)
    spoil = wrong_camera(staged, place, over, lambda n: translation(1.5 * n, 0))

    error = staged.value(spoil, "camera_error", facts=facts, truth=False)
    assert error == pytest.approx(1.5 * 2.5 / DIAGONAL, rel=0.06, abs=2e-4)
    assert staged.value(truth, "camera_error", facts=facts, truth=False) < 5e-4


def test_motion_is_measured_from_the_nearest_anchor(staged, place, over):
    facts = staged.facts(
        references={0: np.ones((*SIZE[::-1], 3), np.float32), 4: np.ones((*SIZE[::-1], 3), np.float32)}
    )
    spoil = wrong_camera(staged, place, over, lambda n: translation(3.0 * n, 0))

    # Frames 1 and 3 are one frame from an anchor, frame 2 two.
    error = staged.value(spoil, "camera_error", facts=facts)
    assert error == pytest.approx(3.0 * (1 + 2 + 1) / 3 / DIAGONAL, rel=0.05, abs=2e-4)


def test_frames_may_be_missing(staged, place, over):
    spoil = wrong_camera(staged, place, over, lambda n: translation(1.5 * n, 0))
    values = staged.values(spoil, ["camera_error", "camera_found", "flicker", "flow_epe"], skip=(1, 3))

    assert values["camera_found"] == 1
    assert values["camera_error"] == pytest.approx(1.5 * 3 / DIAGONAL, rel=0.06, abs=2e-4)
    assert values["flicker"] is None
    assert values["flow_epe"] is None


def test_the_camera_error_grows_with_the_error(staged, place, over):
    errors = [
        staged.value(wrong_camera(staged, place, over, lambda n, s=s: translation(s * n, 0)), "camera_error")
        for s in (0.25, 0.5, 1.0, 2.0)
    ]
    assert errors == sorted(set(errors))


@pytest.mark.parametrize("spoil", ["exposure", "grain", "tint"])
def test_the_camera_error_sees_no_exposure_no_grain_and_no_tint(staged, spoil):
    def spoiled(p):
        if spoil == "exposure":
            return p.truth * 0.6
        if spoil == "tint":
            return p.truth * np.float32([1.1, 0.9, 0.7])
        return p.truth + np.random.default_rng([5, p.number]).normal(0, 0.02, p.truth.shape)

    assert staged.value(spoiled, "camera_error") < 4e-4


def standing(staged, frames):
    """The camera error of a background that stands still at these frames, averaged over all but the first."""
    known = {n: corner_error(np.eye(3), staged.camera(n), SIZE) / DIAGONAL for n in frames}
    return sum(known.values()) / (staged.frames - 1)


def flat(staged, over):
    """The subject over a grey that has nothing but noise to hold on to."""

    def made(p):
        noise = np.random.default_rng([6, p.number]).normal(0, 0.01, p.background.shape)
        return over(p, 0.4 + noise)

    return made


def test_a_background_without_texture_cannot_be_followed_and_counts_as_one_that_stands(staged, over):
    values = staged.values(flat(staged, over), ["camera_error", "camera_found"])
    assert values["camera_found"] == 0
    assert values["camera_error"] == pytest.approx(standing(staged, range(1, 5)), rel=0.02)


def test_frames_whose_background_is_lost_do_not_flatter_the_others(staged, over):
    spoiled = flat(staged, over)
    values = staged.values(
        lambda p: spoiled(p) if p.number in (2, 3, 4) else p.truth, ["camera_error", "camera_found"]
    )
    assert values["camera_found"] == 0.25
    assert values["camera_error"] == pytest.approx(standing(staged, (2, 3, 4)), rel=0.02)


def test_where_the_truth_has_no_texture_either_nothing_is_lost(staged, over):
    camera = {n: staged.camera(n) for n in range(staged.frames)}
    same = flat(staged, over)
    values = staged.values(
        same,
        ["camera_error", "camera_found"],
        facts=staged.facts(camera=camera),
        more=lambda p: {"truth": staged.config.from_srgb(same(p).astype(np.float32))},
    )
    assert values == {"camera_error": None, "camera_found": 0}


@pytest.mark.parametrize("share", [0.5, 1.0, 2.0])
def test_motion_is_set_against_the_plates(staged, place, over, share):
    plate = {n: translation(-3.0 * n, 0) for n in range(staged.frames)}
    facts = staged.facts(plate_camera=plate)

    def moved(p):
        return over(p, place(translation(-3.0 * share * p.number, 0)))

    values = staged.values(moved, ["motion_ratio", "motion_residual"], facts=facts, truth=False)
    assert values["motion_ratio"] == pytest.approx(np.log(share), abs=0.03)
    assert values["motion_residual"] == pytest.approx(3 * 2.5 * abs(share - 1) / DIAGONAL, abs=6e-4)


def test_a_plate_that_stands_still_gives_no_ratio(staged):
    facts = staged.facts(plate_camera={n: np.eye(3) for n in range(staged.frames)})
    assert staged.value(truth, "motion_ratio", facts=facts) is None


@pytest.mark.parametrize("extra_px", [0.5, 1.0, 2.0])
def test_flow_that_is_off_by_a_known_step_has_that_end_point_error(stage, place, over, extra_px):
    clip = stage(camera=lambda n: translation(-2.0 * n, 0))
    values = clip.values(
        lambda p: over(p, place(translation(-(2.0 + extra_px) * p.number, 0))), ["flow_epe", "flow_cosine"]
    )
    assert values["flow_epe"] == pytest.approx(extra_px, rel=0.15)
    assert values["flow_cosine"] > 0.98


@pytest.mark.parametrize(("pan", "cosine"), [(2.0, -1.0), (0.0, 0.0)])
def test_the_direction_of_flow_tells_back_from_forth_and_from_rest(stage, place, over, pan, cosine):
    clip = stage(camera=lambda n: translation(-2.0 * n, 0))
    found = clip.value(lambda p: over(p, place(translation(pan * p.number, 0))), "flow_cosine")
    assert found == pytest.approx(cosine, abs=0.1)


def lost(parts, rows, columns):
    """Something else stands there, moving with the place."""
    spoiled = parts.truth.copy()
    spoiled[rows, columns] = parts.truth[::-1, ::-1][rows, columns]
    return spoiled


def test_lost_things_are_missed_in_proportion(staged):
    shares = [
        staged.value(lambda p, e=edge: lost(p, slice(None), slice(0, e)), "persistence")
        for edge in (20, 40, 60, 80)
    ]
    assert shares == sorted(shares, reverse=True)
    assert len(set(shares)) == 4
    # Of the clip's background, 288 pixels wide less a subject 90 wide and 110 high, 80 columns are 35%.
    assert shares[-1] == pytest.approx(0.65, abs=0.08)


def test_what_is_lost_far_from_the_anchors_is_told_from_what_is_lost_near(staged):
    reference = np.ones((*SIZE[::-1], 3), np.float32)
    facts = staged.facts(references={0: reference})
    values = staged.values(
        lambda p: lost(p, slice(None), slice(0, 80)) if p.number > 2 else p.truth,
        ["persistence_near", "persistence_far"],
        facts=facts,
    )
    assert values["persistence_near"] == 1
    assert values["persistence_far"] < 0.75


def test_persistence_sees_no_tint_and_no_displacement_of_the_whole(staged, place, over):
    def tinted(p):
        return p.truth * np.float32([0.7, 0.9, 1.1])

    def displaced(p):
        return over(p, place(translation(4, 2) @ staged.camera(p.number)))

    assert staged.value(tinted, "persistence") > 0.99
    assert staged.value(displaced, "persistence") > 0.9


def test_what_measures_the_background_ignores_the_subject(staged):
    def other_subject(p):
        noise = np.random.default_rng([8, p.number]).uniform(0, 1, p.truth.shape)
        return np.where(p.matte[..., None] > 0, noise, p.truth)

    assert staged.values(other_subject, BACKGROUND) == staged.values(truth, BACKGROUND)
    assert staged.value(other_subject, "flow_epe") < 0.1


def test_what_nobody_knows_does_not_move(staged):
    counted = np.ones(SIZE[::-1], np.float32)
    counted[:, :70] = 0

    def spoiled(p):
        result = p.truth.copy()
        result[:, :70] = np.random.default_rng([9, p.number]).uniform(0, 1, result[:, :70].shape)
        return result

    values = staged.values(spoiled, [*BACKGROUND, "flicker"], more=lambda _: {"counted": counted})
    assert values["background_psnr_db"] == 100
    assert values["background_ssim"] == pytest.approx(1, abs=1e-6)
    assert values["camera_error"] == 0
    assert values["persistence"] == 1
    assert abs(values["flicker"]) < 2e-3
