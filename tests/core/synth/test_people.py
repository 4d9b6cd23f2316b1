"""People as they are drawn: many of them, whole, soft at their hair, lit by what is there, recorded light by light."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

from pai_studio.core.synth.camera import Camera, turned
from pai_studio.core.synth.paint.noise import lookup
from pai_studio.core.synth.people import looks
from pai_studio.core.synth.people.cast import draw
from pai_studio.core.synth.people.recording import Clip, Recorder, even_directions
from pai_studio.core.synth.people.shading import StageLight
from pai_studio.core.synth.people.subject import Subject
from pai_studio.core.synth.people.wardrobe import OUTFITS
from pai_studio.core.synth.places.light import Lamp, Light, MovingLamp

_STAND = np.array([0.0, 5.6, 0.0])
_SECONDS = 2.0
_FRAME = 1 / 47


def _colors(*rows):
    return [np.array(row, np.float32) for row in rows]


def _light(**changes):
    sun, sky, glow, bounce, behind, haze = _colors(
        (6, 4, 2), (0.5, 0.7, 1.0), (0.8, 0.5, 0.3), (0.3, 0.25, 0.2), (0.4, 0.3, 0.2), (0.5, 0.5, 0.5)
    )
    to_sun = np.array([0.55, 0.45, 0.6])
    light = Light(
        to_sun / np.linalg.norm(to_sun), sun, sky, glow, bounce, behind, haze,
        (Lamp(np.array([-1.5, 4.5, 2.5]), np.array([1, 0.6, 0.3], np.float32)),), np.zeros((0, 2, 3)),
    )  # fmt: skip
    return dataclasses.replace(light, **changes)


def _stage():
    directions = np.array([[-0.55, -0.62, 0.56], [0.75, -0.5, 0.35], [0, 0.25, 0.97]], np.float32)
    powers = np.array([[0.85] * 3, [0.4] * 3, [0.45] * 3], np.float32)
    return StageLight(directions, powers, np.full(3, 0.24, np.float32), np.array([0.1, 0.4, 0.1], np.float32))


def _camera(width=150, height=240, yaw=0.0):
    focal = 2.35 * height
    matrix = np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1.0]])
    return Camera(matrix, turned(yaw, -4.5, 0), np.array([0, 0, 1.38]), (width, height))


def _subject(seed=3, play=None, light=None, **look_changes):
    look, motion = draw(seed, _STAND, _SECONDS, play)
    if look_changes:
        look = dataclasses.replace(look, **look_changes)
    return Subject(look, motion, (light or _light(), _stage()), 0.4, seed)


def test_seeds_give_many_people():
    drawn = [draw(seed, _STAND, _SECONDS)[0] for seed in range(24)]

    assert len({look.outfit.kind for look in drawn}) >= 7
    assert set(OUTFITS) >= {look.outfit.kind for look in drawn}
    assert len({look.hair.kind for look in drawn}) >= 6
    assert len({look.top.kind for look in drawn}) >= 4
    assert len({look.prop for look in drawn}) >= 3
    assert len({tuple(look.colors[looks.SKIN].round(4)) for look in drawn}) >= 6
    assert len({tuple(look.colors[looks.TOP].round(3)) for look in drawn}) >= 18
    heights = [1.74 * look.build.scale for look in drawn]
    assert max(heights) - min(heights) > 0.15
    darkness = [float(look.colors[looks.TOP].mean()) for look in drawn]
    assert min(darkness) < 0.02
    assert max(darkness) > 0.45


@pytest.mark.parametrize("seed", [1, 14, 26])
def test_a_person_is_whole_wherever_they_are_bent(seed):
    """The mesh is closed, faces outward, and no edge is torn long by the bones."""
    subject = _subject(seed)
    skin = subject.skin
    triangles = skin.triangles[(skin.triangles < skin.body).all(axis=1)]
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    key = edges[:, 0].astype(np.int64) * skin.body + edges[:, 1]
    back = edges[:, 1].astype(np.int64) * skin.body + edges[:, 0]
    assert np.isin(back, key).all()

    def lengths(points):
        return np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1)

    rest = lengths(skin.points)
    for share in (0.1, 0.5, 0.9):
        bent = subject.bent(share)
        assert np.allclose(np.linalg.norm(bent.normals, axis=1), 1, atol=1e-4)
        stretch = lengths(bent.points) / np.maximum(rest, 0.008)
        assert np.percentile(stretch, 99) < 3


def test_hands_on_hips_leave_holes_that_show_what_is_behind():
    subject = _subject(8, "hands on hips", prop=None)
    subject.motion = dataclasses.replace(
        subject.motion,
        heading_deg=0.0,
        gesture=dataclasses.replace(subject.motion.gesture, kind="hips", size=1.0, hold=None),
    )
    pictured = subject.pictured(_camera(), 0.5, _FRAME)
    assert pictured is not None

    outside = np.pad((pictured.matte < 0.02).astype(np.uint8), 1, constant_values=1)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(outside, connectivity=4)
    holes = [stats[k, cv2.CC_STAT_AREA] for k in range(1, count) if k != labels[0, 0]]
    assert sum(area > 12 for area in holes) >= 2
    picture = np.pad(pictured.place.max(axis=-1), 1)
    for k in range(1, count):
        assert picture[labels == k].max() < 0.02 * pictured.place.max() + 0.05


@pytest.mark.parametrize("kind", ["long", "curly", "short"])
def test_hair_is_soft(kind):
    look = draw(5, _STAND, _SECONDS)[0]
    hair = dataclasses.replace(
        look.hair, kind=kind, length_m={"long": 0.38, "curly": 0.18, "short": 0.06}[kind]
    )
    subject = _subject(5, "wave", hair=hair, extras=(), prop=None)
    head = _camera(120, 120)
    head = dataclasses.replace(
        head, intrinsics=head.intrinsics @ np.diag([3.2, 3.2, 1]), rotation=turned(0, 3, 0)
    )
    head.intrinsics[:2, 2] = 59.5
    pictured = subject.pictured(head, 0.5, _FRAME)
    bare = _subject(5, "wave", hair=dataclasses.replace(hair, kind="bald"), extras=(), prop=None)
    without = bare.pictured(head, 0.5, _FRAME)

    def soft(found):
        return int(((found.matte > 0.08) & (found.matte < 0.92)).sum())

    assert soft(pictured) > 1.15 * soft(without)
    assert (pictured.matte > 0.02).sum() > (without.matte > 0.02).sum()


def test_pictures_are_premultiplied_and_repeat():
    one, other = (_subject(12).pictured(_camera(), 0.3, _FRAME) for _ in range(2))
    for name in ("matte", "stage", "spill", "place"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
        assert np.isfinite(getattr(one, name)).all()
    assert one.stage[one.matte == 0].max(initial=0) == 0
    assert one.matte.max() <= 1


def test_a_camera_that_moves_blurs_the_person():
    subject = _subject(9, "talk")
    still = subject.pictured(_camera(), 0.5, _FRAME)
    panned = subject.pictured([_camera(yaw=y) for y in np.linspace(-1.2, 1.2, 7)], 0.5, _FRAME)
    called = subject.pictured(lambda share: _camera(yaw=(share - 0.5) * 200), 0.5, _FRAME)

    def soft(found):
        return ((found.matte > 0.05) & (found.matte < 0.95)).sum() / (found.matte > 0.5).sum()

    assert soft(panned) > 2.5 * soft(still)
    assert soft(called) > 1.5 * soft(still)
    assert np.isclose(panned.matte.sum(), still.matte.sum(), rtol=0.03)


def test_one_camera_given_for_each_sub_frame_is_the_same_as_one_for_all():
    subject = _subject(9, "stand")
    camera = _camera()
    count = len(subject.moments(camera, 0.5, _FRAME))
    one, each = (subject.pictured(c, 0.5, _FRAME) for c in (camera, [camera] * count))
    assert np.array_equal(one.place, each.place)


def test_someone_out_of_the_picture_is_none():
    assert _subject().pictured(_camera(yaw=80), 0.5, _FRAME) is None


def test_a_lamp_that_moves_lights_the_person_from_where_it_is():
    positions = np.array([[-1.6, 4.4, 1.5], [1.6, 4.4, 1.5]])
    lamp = MovingLamp(positions, np.array([[9, 6, 3], [9, 6, 3.0]]))
    dim = {name: np.zeros(3, np.float32) for name in ("sun", "sky", "glow", "bounce", "behind")}
    subject = _subject(18, "stand", light=_light(lamps=(), moving=(lamp,), **dim))

    def centre(share):
        found = subject.pictured(_camera(), share, _FRAME)
        level = found.place.mean(axis=-1)
        x = found.window.x + np.arange(found.window.width)
        body = (found.matte.sum(axis=0) * x).sum() / found.matte.sum()
        return (level.sum(axis=0) * x).sum() / level.sum() - body

    assert centre(0.02) < -1
    assert centre(0.98) > 1


def test_light_from_behind_makes_a_rim():
    dim = {name: np.zeros(3, np.float32) for name in ("sky", "glow", "bounce", "behind")}
    to_sun = np.array([0.1, 0.9, 0.35]) / np.linalg.norm([0.1, 0.9, 0.35])
    subject = _subject(28, "stand", light=_light(lamps=(), to_sun=to_sun, **dim), prop=None)
    found = subject.pictured(_camera(), 0.5, _FRAME)

    inner = cv2.erode((found.matte > 0.99).astype(np.uint8), np.ones((7, 7))) > 0
    edge = (found.matte > 0.5) & ~inner
    level = found.place.mean(axis=-1)
    assert level[edge].mean() > 2 * level[inner].mean()


@pytest.mark.parametrize("moving", [False, True])
def test_recordings_add_up_to_the_picture(moving):
    lamp = MovingLamp(np.array([[-1.0, 4.5, 2.0], [1.0, 4.5, 2.0]]), np.array([[1, 1, 0.5], [2, 1, 1.0]]))
    light = _light(moving=(lamp,) if moving else ())
    subject = _subject(1, "wave", light=light)
    camera, recorder = _camera(), Recorder(even_directions(3))
    pictured = subject.pictured(camera, 0.4, _FRAME)
    recorded = subject.recorded(camera, 0.4, _FRAME, recorder)

    assert recorded.window == pictured.window
    assert np.array_equal(recorded.matte, pictured.matte)
    stage = recorder.alone("stage")
    spill = recorder.alone("spill", subject.stage.bounce)
    for weights, picture in (
        (recorder.weights(light), pictured.place),
        (stage, pictured.stage),
        (spill, pictured.spill),
    ):
        assert np.allclose(recorded.lit(weights), picture, rtol=1e-3, atol=1e-5)


def test_a_far_light_of_the_basis_stands_in_for_the_sun():
    """Where no houses stand before it, the sun is one of the far lights."""
    light = _light()
    subject = _subject(6, "talk", light=light)
    camera, recorder = _camera(), Recorder(np.stack([even_directions(2)[0], light.to_sun]))
    weights = recorder.weights(light) - recorder.alone("sun", light.sun) + recorder.alone("far1", light.sun)
    recorded = subject.recorded(camera, 0.4, _FRAME, recorder)
    assert np.allclose(
        recorded.lit(weights), subject.pictured(camera, 0.4, _FRAME).place, rtol=1e-3, atol=1e-5
    )


@pytest.fixture(scope="module")
def recorded():
    recorder = Recorder(even_directions(2))
    return Clip(
        (150, 240), recorder.directions, (_subject(2).recorded(_camera(), 0.5, _FRAME, recorder), None)
    )


def test_recordings_are_saved_and_loaded(recorded, tmp_path):
    clip, frame = recorded, recorded.frames[0]
    clip.save(tmp_path / "clip.npz")
    found = Clip.load(tmp_path / "clip.npz")

    assert found.size == clip.size
    assert np.array_equal(found.directions, clip.directions)
    assert found.frames[1] is None
    assert found.frames[0].window == frame.window
    assert np.allclose(found.frames[0].matte, frame.matte, atol=1e-3)
    assert np.allclose(found.frames[0].pictures, frame.pictures, rtol=1e-3, atol=1e-4)


def test_recordings_too_bright_for_half_floats_are_refused(recorded, tmp_path):
    frame = recorded.frames[0]
    bright = dataclasses.replace(frame, pictures=frame.pictures * 1e7)
    with pytest.raises(ValueError, match="half"):
        dataclasses.replace(recorded, frames=(bright,)).save(tmp_path / "clip.npz")
    assert not (tmp_path / "clip.npz").exists()


def test_a_picture_is_looked_up_at_no_point_at_all():
    """A person may be in the window and yet under no sample of it, at the picture's very edge."""
    nowhere = np.zeros(0, np.float32)
    assert lookup(np.ones((4, 4, 3), np.float32), nowhere, nowhere).shape == (0, 3)
