"""A scene in memory: markers, screens, the camera's truth, and motion."""

from __future__ import annotations

import copy
import dataclasses
import itertools

import cv2
import numpy as np
import pytest

from pai_studio.core.synth.camera import plane_homography
from pai_studio.core.synth.capture.faults import draw_fault
from pai_studio.core.synth.capture.form import form_of
from pai_studio.core.synth.capture.perturb import draw_perturbation
from pai_studio.core.synth.capture.sensor import Capture
from pai_studio.core.synth.filming import Scene
from pai_studio.core.synth.paint.texture import Quad, Texture, see


def _map(matrix, points):
    found = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ np.asarray(matrix).T
    return found[:, :2] / found[:, 2:]


def test_markers_change_only_the_screen(scene):
    plain = Scene(dataclasses.replace(scene.spec, markers=False))
    with_markers, without = scene.filmed(2), plain.filmed(2)

    changed = np.abs(with_markers.plate - without.plate).max(axis=-1) > 0.02
    assert changed.sum() > 20
    assert with_markers.matte[changed].max() < 1
    for name in ("composite", "background", "matte", "foreground", "shadow"):
        assert np.array_equal(getattr(with_markers, name), getattr(without, name)), name


@pytest.mark.parametrize(("screen", "channel"), [("green", 1), ("blue", 2)])
def test_the_screen_has_its_colour_and_spills_it(scene, screen, channel):
    filmed = (scene if screen == "green" else Scene(dataclasses.replace(scene.spec, screen=screen))).filmed(2)

    behind = filmed.plate[filmed.matte == 0].mean(axis=0)
    assert behind.argmax() == channel
    assert behind[channel] > 2 * np.delete(behind, channel).max()
    neutral = filmed.foreground / np.maximum(filmed.gain, 1e-6)
    spilled = (filmed.plate - neutral)[filmed.matte == 1].mean(axis=0)
    assert spilled.argmax() == channel


def test_the_camera_truth_takes_markers_to_where_they_are_seen(scene):
    first, last = scene.camera(0), scene.camera(5)
    wall = scene.stage.wall
    matrix = plane_homography(first, last, wall.origin, np.array([0, -1.0, 0]))

    before, after = first.project(scene.stage.markers)[:, :2], last.project(scene.stage.markers)[:, :2]

    assert np.allclose(_map(matrix, before), after, atol=1e-6)
    inside = ((after > 4) & (after < np.array(scene.spec.size) - 5)).all(axis=1)
    picture = scene.stage.seen(last)[0]
    for x, y in np.round(after[inside]).astype(int):
        marker = picture[y - 1 : y + 2, x - 1 : x + 2, 0]
        cloth = np.median(picture[y - 6 : y + 7, x - 6 : x + 7, 0])
        assert np.abs(np.log2(marker / cloth)).max() > 0.4


def test_far_and_near_move_differently(scene):
    """Real parallax: no one homography takes the first background to the last."""
    first, last = scene.camera(0), scene.camera(5)
    far = plane_homography(first, last, scene.place.far, np.array([0, -1.0, 0]))
    near = plane_homography(first, last, scene.place.stand, np.array([0, -1.0, 0]))
    corners = np.array([[0, 0], [319, 0], [0, 179], [319, 179.0]])

    assert np.abs(_map(far, corners) - _map(near, corners)).max() > 3


def test_the_far_homography_takes_the_far_end_over_itself(scene):
    first, last = scene.camera(0), scene.camera(5)
    one, other = scene.background(0)[0], scene.background(5)[0]
    matrix = plane_homography(first, last, scene.place.far, np.array([0, -1.0, 0]))
    moved = cv2.warpPerspective(one, matrix, scene.spec.size)

    x, y = np.round(last.project(scene.place.far[None])[0, :2]).astype(int)
    middle = np.s_[y - 12 : y + 12, x - 20 : x + 20]
    assert np.abs(moved - other)[middle].mean() < 0.5 * np.abs(one - other)[middle].mean()


def test_the_feet_stand_on_the_floor(scene):
    for share in np.linspace(0, 1, 9):
        lowest = scene.subject.bent(share).points[:, 2].min()
        assert -0.03 < lowest < 0.03


def test_the_subject_moves_smoothly_and_its_planted_foot_does_not_slide(scene):
    soles = scene.subject.skin.points[:, 2] < 0.02
    steps = [scene.subject.bent(s).points for s in np.linspace(0.4, 0.42, 3)]
    drift = [np.linalg.norm(b - a, axis=1) for a, b in itertools.pairwise(steps)]

    assert max(d.max() for d in drift) < 0.05
    assert min(d[soles].min() for d in drift) < 0.004


def test_a_quad_seen_head_on_shows_its_texture_and_keeps_its_mean(scene):
    camera = scene.camera(0)
    checker = (np.indices((64, 64)).sum(axis=0) % 2).astype(np.float32)
    texture = Texture(np.repeat(checker[..., None], 3, axis=2))
    centre = camera.position + camera.rotation.T @ np.array([0, 0, 60.0])
    across, down = camera.rotation[0] * 4, camera.rotation[1] * 4
    found = see(Quad(centre - across / 2 - down / 2, across, down, texture, 0.0), camera)

    assert found is not None
    inner = found.rgb[4:-4, 4:-4]
    assert np.allclose(inner, 0.5, atol=0.05)  # finer than a pixel: grey, not moire
    assert np.allclose(found.depth_m, 60, rtol=1e-3)


@pytest.mark.long
def test_a_seed_is_the_same_place_at_every_size(scene):
    large = Scene(dataclasses.replace(scene.spec, size=(640, 360)))
    reduced = cv2.resize(large.background(0)[0], scene.spec.size, interpolation=cv2.INTER_AREA)
    difference = np.abs(np.log2(reduced + 0.05) - np.log2(scene.background(0)[0] + 0.05))

    assert np.median(difference) < 0.25


@pytest.fixture(scope="module")
def small(scene):
    return Scene(dataclasses.replace(scene.spec, size=(160, 90), frames=6, fps=8.0, move="pan"))


def _other(small, **parts):
    """The same scene with some of its parts replaced."""
    other = copy.copy(small)
    for name, part in parts.items():
        setattr(other, name, part)
    return other


def _law(filmed):
    left = (filmed.shadow * (1 - filmed.matte))[..., None]
    return np.array_equal(filmed.composite, filmed.foreground + filmed.background * left)


@pytest.mark.parametrize("fault", ["holes", "dilate", "residue"])
def test_a_fault_spoils_the_plate_or_the_matte_and_never_the_truth(small, fault):
    good, bad = small.filmed(2), _other(small, fault=draw_fault(3, fault)).filmed(2)
    for name in ("composite", "background", "matte", "foreground", "gain", "shadow"):
        assert np.array_equal(getattr(good, name), getattr(bad, name)), name
    assert bad.given is not None
    assert np.abs(bad.given - good.matte).max() > 0.3
    assert np.array_equal(good.plate, bad.plate) == (fault == "residue")
    if fault == "holes":
        assert np.allclose(bad.rebuilt, np.clip(good.matte - bad.given, 0, 1))
        # Where the subject is cut out, the plate shows the screen.
        gone = (bad.given < 0.01) & (good.matte > 0.9)
        assert gone.sum() > 10
        assert (bad.plate[gone].argmax(axis=-1) == 1).all()
    else:
        assert not bad.rebuilt.any()


def test_the_gain_takes_the_plates_subject_to_the_places_light(small):
    """Without spill and noise: the plate, times the gain, is the foreground."""
    subject = copy.copy(small.subject)
    stage, spill, place = subject._weights
    subject._weights = (stage, 0 * spill, place)
    filmed = _other(small, subject=subject, capture=Capture(noise=0, exposure=0.5)).filmed(2)
    inside = (filmed.matte == 1)[..., None] & (filmed.gain < 63) & (filmed.plate > 1e-3)
    assert inside.mean() > 0.02
    assert np.allclose((filmed.plate * filmed.gain)[inside], filmed.foreground[inside], rtol=1e-3)


def test_perturbed_light_is_undone_by_the_gain(small):
    lit = _other(small, perturbation=draw_perturbation(6, "shading"))
    filmed, plain = lit.filmed(2), small.filmed(2)
    assert np.array_equal(filmed.composite, plain.composite)
    inside = filmed.matte > 0.99
    relit = lit.perturbation.apply(filmed.foreground, filmed.matte, lit.share(2), form_of(filmed.matte))
    assert np.allclose((relit * filmed.gain)[inside], filmed.foreground[inside], rtol=1e-2, atol=1e-3)
    assert np.abs(filmed.plate - plain.plate)[inside].mean() > 0.01


def test_a_captures_gain_is_in_the_truths_gain(small):
    plain, brighter = (_other(small, capture=Capture(exposure=e)).filmed(2) for e in (0.0, 1.0))
    inside = (brighter.matte > 0.99) & (plain.gain.max(axis=-1) < 30)
    assert np.allclose(brighter.gain[inside] * 2, plain.gain[inside], rtol=1e-3, atol=1e-3)
    assert np.median(brighter.plate / plain.plate) == pytest.approx(2, rel=0.02)


def test_soft_focus_keeps_the_layers_law_and_the_background(small):
    soft, sharp = (_other(small, capture=Capture(focus_px=f)).filmed(2) for f in (8, 0))
    assert _law(soft)
    assert np.array_equal(soft.background, sharp.background)
    edges = [((f.matte > 0.1) & (f.matte < 0.9)).sum() for f in (soft, sharp)]
    assert edges[0] > 1.3 * edges[1]


def test_a_fast_camera_blurs_along_its_way_and_a_still_one_does_not(small):
    blurring = _other(small, spec=dataclasses.replace(small.spec, camera_blur=True))
    streaked, sharp = blurring.filmed(2), small.filmed(2)
    assert _law(streaked)
    across, down = (
        np.abs(np.diff(streaked.background, axis=axis)).mean()
        / np.abs(np.diff(sharp.background, axis=axis)).mean()
        for axis in (1, 0)
    )
    assert across < 0.85
    assert across < down - 0.05
    matte = [np.abs(np.diff(f.matte, axis=1)).max(axis=1).mean() for f in (streaked, sharp)]
    assert matte[0] < 0.95 * matte[1]
    move = dataclasses.replace(small.move, angles=small.move.angles[[0, 0]])
    still = [_other(one, move=move).filmed(2) for one in (blurring, small)]
    assert np.array_equal(still[0].plate, still[1].plate)
