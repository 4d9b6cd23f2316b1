"""The torch path shows what the NumPy path shows."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pai_studio.core.synth.camera import Camera, turned
from pai_studio.core.synth.paint.texture import Quad, Texture
from pai_studio.core.synth.paint.texture import see as see_one
from pai_studio.core.synth.places.catalogue import PLACES, build_place

torch = pytest.importorskip("torch")

SIZE = (128, 72)


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


@pytest.mark.parametrize("name", sorted(PLACES))
def test_a_place_is_seen_alike(name):
    from pai_studio.core.synth.device.place import DevicePlace

    place, cameras, shares = build_place(name, 12, SIZE[0], 1.1), _cameras(), [0.0, 0.4, 1.0]
    with torch.inference_mode():
        pictures, floors = DevicePlace(place, torch.device("cpu")).seen(cameras, shares)

    for number, (camera, share) in enumerate(zip(cameras, shares, strict=True)):
        picture, floor = place.seen(camera, share)
        assert _decibels(picture, pictures[number].permute(1, 2, 0).numpy()) > 44
        assert np.abs(floor - floors[number, 0].numpy()).mean() < 0.004
