"""The torch path shows what the NumPy path shows."""

from __future__ import annotations

import copy
import dataclasses

import cv2
import numpy as np
import pytest

from pai_studio.core.synth.camera import Camera, turned
from pai_studio.core.synth.paint.texture import Quad, Texture
from pai_studio.core.synth.paint.texture import see as see_one
from pai_studio.core.synth.places.catalogue import PLACES, build_place

torch = pytest.importorskip("torch")

SIZE = (128, 72)
QUICK = ("downtown", "gallery")
"""The places that the quick run looks at."""


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def _cameras(size: tuple[int, int] = SIZE, count: int = 3) -> list[Camera]:
    width, height = size
    intrinsics = np.array(
        [[width * 1.1, 0, (width - 1) / 2], [0, width * 1.1, (height - 1) / 2], [0, 0, 1.0]]
    )
    return [
        Camera(intrinsics, turned(2.0 * k, -1.5, 0.3 * k), np.array([0.2 * k, 0.1 * k, 1.4]), size)
        for k in range(count)
    ]


def _decibels(one: np.ndarray, other: np.ndarray) -> float:
    coded = [np.clip(picture, 0, 1) ** (1 / 2.2) for picture in (one, other)]
    return float(-10 * np.log10(np.square(coded[0] - coded[1]).mean() + 1e-12))


@pytest.mark.parametrize("channels", [3, 4])
def test_a_slanted_quad_is_seen_alike(channels):
    from pai_studio.core.synth.device.quads import see, upload

    rng = np.random.default_rng(5)
    pixels = cv2.GaussianBlur(rng.uniform(0, 1, (90, 200, channels)).astype(np.float32), (0, 0), 1.5)
    pixels[..., :3] *= pixels[..., 3:] if channels == 4 else 1
    quad = Quad(np.array([-3, 3.0, 3]), np.array([7, 9.0, 0]), np.array([0, 0, -3.0]), Texture(pixels), 5.0)
    cameras = _cameras()

    found = see(upload(quad, torch.device("cpu")), cameras)

    assert found is not None
    for number, camera in enumerate(cameras):
        wanted, got = np.zeros((*SIZE[::-1], 4), np.float32), np.zeros((*SIZE[::-1], 4), np.float32)
        one = see_one(quad, camera)
        assert one is not None
        wanted[one.part] = np.dstack([one.rgb, one.alpha])
        both = torch.cat([found.rgb[number], found.alpha[number]])
        got[found.part] = both.permute(1, 2, 0).numpy()
        assert np.abs(wanted - got).max() < 0.06
        assert np.sqrt(np.square(wanted - got).mean()) < 0.004


def test_a_quad_out_of_the_picture_is_not_seen():
    from pai_studio.core.synth.device.quads import see, upload

    texture = Texture(np.ones((4, 4, 3), np.float32))
    behind = Quad(np.array([-1, -5.0, 0]), np.array([2.0, 0, 0]), np.array([0, 0, 2.0]), texture, 5.0)

    assert see(upload(behind, torch.device("cpu")), _cameras()) is None


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.long) for name in sorted(PLACES)]
)
def test_a_place_is_seen_alike(name):
    from pai_studio.core.synth.device.place import DevicePlace

    place, cameras, shares = build_place(name, 12, SIZE[0], 1.1), _cameras(), [0.0, 0.4, 1.0]
    with torch.inference_mode():
        pictures, floors = DevicePlace(place, torch.device("cpu")).seen(cameras, shares)

    for number, (camera, share) in enumerate(zip(cameras, shares, strict=True)):
        picture, floor = place.seen(camera, share)
        # Close to a lamp its light is not smooth, and either path finds it at every fourth pixel only.
        assert _decibels(picture, pictures[number].permute(1, 2, 0).numpy()) > (36 if place.glowing else 44)
        assert np.abs(floor - floors[number, 0].numpy()).mean() < 0.004


def test_a_panorama_is_seen_alike():
    from pai_studio.core.synth.device.panorama import DevicePanorama
    from pai_studio.core.synth.places.panorama import Panorama, fitted_light

    rng = np.random.default_rng(8)
    picture = cv2.GaussianBlur(rng.uniform(0, 2, (128, 256, 3)).astype(np.float32), (0, 0), 2)
    place = Panorama(picture, fitted_light(picture), np.zeros(3), np.array([0, 1e4, 1.4]), "noise")
    cameras = _cameras()

    pictures, floors = DevicePanorama(place, torch.device("cpu")).seen(cameras, [0, 0, 0])

    for number, camera in enumerate(cameras):
        picture, floor = place.seen(camera)
        assert _decibels(picture, pictures[number].permute(1, 2, 0).numpy()) > 60
        assert np.abs(floor - floors[number, 0].numpy()).max() < 1e-3


@pytest.fixture(scope="module")
def staged():
    from pai_studio.core.synth.device.clip import DeviceScene, stage
    from pai_studio.core.synth.filming import Scene, SceneSpec

    scene = Scene(SceneSpec(SIZE, 3, 24.0, 6, "green", True, place="street", move="dolly"))
    return DeviceScene(scene, stage(scene, far_lights=2), torch.device("cpu"))


def test_a_clip_is_filmed_alike(staged):
    """Everything but the sensor's noise, which the device path leaves to whoever needs it."""
    with torch.inference_mode():
        clip = staged.filmed([0, 2])

    for number, index in enumerate((0, 2)):
        wanted = staged.scene.filmed(index)
        for name in ("composite", "background", "foreground", "matte", "shadow"):
            one = getattr(wanted, name).reshape(*SIZE[::-1], -1)
            assert _decibels(one, getattr(clip, name)[number].permute(1, 2, 0).numpy()) > 43, name
        assert _decibels(wanted.plate, clip.plate[number].permute(1, 2, 0).numpy()) > 38


def test_a_clip_recombines_exactly(staged):
    with torch.inference_mode():
        clip = staged.filmed([1])
    rebuilt = clip.foreground + clip.background * clip.shadow * (1 - clip.matte)

    assert torch.equal(rebuilt, clip.composite)


def test_the_person_is_relit_without_being_drawn_again(staged):
    """Twice the place's light is twice the person, in the same edges, over the same background."""
    with torch.inference_mode():
        once, twice = staged.filmed([1]), staged.filmed([1], 2 * staged.place_weights)

    assert torch.allclose(twice.foreground, 2 * once.foreground, atol=1e-5)
    assert torch.equal(twice.matte, once.matte)
    assert torch.equal(twice.background, once.background)
    assert torch.equal(twice.plate, once.plate)


def test_a_camera_that_blurs_is_refused(staged):
    from pai_studio.core.synth.device.clip import stage

    scene = copy.copy(staged.scene)
    scene.spec = dataclasses.replace(scene.spec, camera_blur=True)
    with pytest.raises(ValueError, match="blur"):
        stage(scene)


def test_what_is_staged_can_be_kept(staged, tmp_path):
    from pai_studio.core.synth.device.clip import Staged

    staged.staged.save(tmp_path)
    again = Staged.load(tmp_path)

    assert np.array_equal(again.in_place, staged.staged.in_place)
    assert np.array_equal(again.person.directions, staged.staged.person.directions)
    assert len(again.person.frames) == 3
