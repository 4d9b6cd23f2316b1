"""A keyed roll as the subject of a shot: its own pixels, lit anew by a stage and by a place.

It stands in the world as a card that faces the camera. A camera that only turns and zooms moves the card in the picture
just as it would have moved the subject, so the truth stays exact. Light falls on a pseudo form of its matte.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Camera, Matrix
from pai_studio.core.synth.capture.form import form_of
from pai_studio.core.synth.moves import CameraMove
from pai_studio.core.synth.paint.raster import Window
from pai_studio.core.synth.people import shading
from pai_studio.core.synth.people.cloth import Surface
from pai_studio.core.synth.people.roll import Roll
from pai_studio.core.synth.people.shading import Response, StageLight
from pai_studio.core.synth.people.subject import Cameras, Pictured
from pai_studio.core.synth.places.light import Light

MOVES = ("static", "pan", "zoom")
"""The kinds of move under which a card stays what it was filmed as, and its lower edge out of the picture."""

_BUST_M, _FIGURE_M = 0.75, 1.75
_CELLS = 24
_FINE = 2
_THERE = 0.004


@dataclass(frozen=True)
class Card:
    """A rectangle in the world: its top left corner and its sides, to the right and down, (3,) in metres."""

    corner: Matrix
    right: Matrix
    down: Matrix

    def grid(self) -> Array:
        """Its vertices, row by row, (V, 3)."""
        step = np.linspace(0, 1, _CELLS + 1)
        down, right = np.meshgrid(step, step, indexing="ij")
        found = self.corner + right.reshape(-1, 1) * self.right + down.reshape(-1, 1) * self.down
        return np.asarray(found, np.float32)

    def to_pixel(self, camera: Camera, shape: tuple[int, int]) -> Matrix:
        """The 3x3 from the pixels of a picture of `shape` (h, w) on it to those of a camera."""
        height, width = shape
        onto = np.array([[1 / width, 0, 0.5 / width], [0, 1 / height, 0.5 / height], [0, 0, 1.0]])
        return np.asarray(camera.plane_to_pixel(self.corner, self.right, self.down) @ onto)

    def points(self, camera: Camera, window: Window) -> Array:
        """Where the pixels of a window lie on it, (n, 3) in the world."""
        y, x = np.mgrid[window.part].reshape(2, -1)
        back = np.linalg.inv(camera.plane_to_pixel(self.corner, self.right, self.down))
        at = np.stack([x, y, np.ones_like(x)], axis=1) @ back.T
        at = at[:, :2] / at[:, 2:]
        return np.asarray(self.corner + at[:, :1] * self.right + at[:, 1:] * self.down, np.float32)


class Keyed:
    """A roll's subject in a shot of `seconds`, before a camera of `move`, under the lights of a place and of a stage.

    `size` is the picture's. Raises ValueError for a move that is not of `MOVES`.
    """

    def __init__(
        self,
        roll: Roll,
        move: CameraMove,
        lights: tuple[Light, StageLight],
        size: tuple[int, int],
        seed: int,
    ) -> None:
        if move.kind not in MOVES:
            raise ValueError(f"a {move.kind} would show that a keyed subject is flat")
        self.roll, self.seconds = roll, move.seconds
        self.light, self.stage = lights
        rng = np.random.default_rng([seed, 7])
        self._start = int(rng.integers(0, len(roll.matte)))
        self._mirrored = bool(rng.random() < 0.5)
        self._card = _placed(roll, move, size, rng)
        self._frames = _reduced(roll, self._card.to_pixel(move.at(0.5, size), roll.matte.shape[1:]))
        self._lighting = shading.lighting(self.light, self.stage, self.light.to_sun.astype(float)[None])
        none = np.zeros((1, 3), np.float32)
        self._weights = (
            np.concatenate([shading.stage_weights(self.stage), none]),
            np.concatenate([shading.spill_weights(self.stage), none]),
            shading.place_weights(self.light),
        )

    @property
    def rest(self) -> Array:
        """Where the card's vertices lie (V, 3) in metres, about its middle."""
        grid = self._card.grid()
        return np.asarray(grid - grid.mean(axis=0), np.float32)

    def solid(self, share: float) -> tuple[Array, npt.NDArray[np.int32]]:
        """The card's vertices (V, 3) in the world, and the triangles (T, 3) that the subject is on, seen both ways."""
        matte = self._frame(share)[..., 3]
        seen = cv2.resize(matte, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA) > 0.5
        row, column = np.nonzero(seen)
        corner = row * (_CELLS + 1) + column
        below = corner + _CELLS + 1
        halves = [(corner, corner + 1, below), (corner + 1, below + 1, below)]
        triangles = np.concatenate([np.stack(half, axis=1) for half in halves]).astype(np.int32)
        return self._card.grid(), np.concatenate([triangles, triangles[:, ::-1]])

    def pictured(self, camera: Cameras, share: float, frame_share: float) -> Pictured | None:
        """The frame at `share`; None when the subject is out of the picture. Motion is blurred as it was filmed."""
        del frame_share
        seen = _camera_of(camera, share)
        picture = self._seen(seen, share)
        matte = picture[..., 3]
        window = _window(matte)
        if window is None:
            return None
        response = self._response(picture, seen, window, share)
        cover = matte[window.part][..., None]
        stage, spill, place = (response.under(weights) for weights in self._weights)
        place = place + response.albedo * response.lamps
        lit = (
            np.asarray(each.reshape(*cover.shape[:2], 3) * cover, np.float32)
            for each in (stage, spill, place)
        )
        return Pictured(window, matte[window.part], *lit)

    def _response(self, picture: Array, camera: Camera, window: Window, share: float) -> Response:
        form, part = form_of(picture[..., 3]), window.part
        toward = np.stack([form.right[part], -form.up[part], -form.ahead[part]], axis=-1).reshape(-1, 3)
        normals = np.asarray(toward @ camera.rotation, np.float32)
        points = self._card.points(camera, window)
        view = camera.position.astype(np.float32) - points
        view = view / np.linalg.norm(view, axis=1, keepdims=True)
        inside = picture[part].reshape(-1, 4)
        albedo = np.asarray(inside[:, :3] / np.maximum(inside[:, 3:], _THERE), np.float32)
        lamps = self.light.lamps_at(points, normals)
        if self.light.moving:
            lamps = lamps + self.light.moving_at(share, points, normals)
        none = np.zeros(len(points), np.float32)
        sun = self.light.sunlit(points.mean(axis=0, keepdims=True).astype(float))
        return shading.lit_surface(
            self._lighting,
            Surface(albedo, normals, none, none),
            points,
            view,
            open_share=np.ones((len(points), 1), np.float32),
            suns=np.full((len(points), 1), sun[0], np.float32),
            lamps=lamps,
        )

    def _seen(self, camera: Camera, share: float) -> Array:
        """Albedo and matte (H, W, 4), premultiplied, in the picture of a camera."""
        frame = self._frame(share)
        fine = camera.scaled((camera.size[0] * _FINE, camera.size[1] * _FINE))
        matrix = self._card.to_pixel(fine, frame.shape[:2])
        found = cv2.warpPerspective(frame, matrix, fine.size, flags=cv2.INTER_LINEAR)
        return np.asarray(cv2.resize(found, camera.size, interpolation=cv2.INTER_AREA), np.float32)

    def _frame(self, share: float) -> Array:
        """The roll's frame at `share` (h, w, 4): there and back again where the shot is the longer."""
        last = len(self._frames) - 1
        at = self._start + round(share * self.seconds * self.roll.rate)
        at = last - abs(last - at % (2 * last)) if last else 0
        frame = self._frames[at]
        return np.ascontiguousarray(frame[:, ::-1]) if self._mirrored else frame


def _placed(roll: Roll, move: CameraMove, size: tuple[int, int], rng: np.random.Generator) -> Card:
    """A card as large as life: a bust leaves the picture below wherever the lens is widest, a figure stands in it."""
    first, last = move.lens.first, move.lens.last
    camera = move.at(0.5 if first == last else float(first > last), size)
    width, height = size
    if roll.is_cut:
        tall, bottom, real_m = rng.uniform(0.7, 1.15), 1 + rng.uniform(0.02, 0.12), _BUST_M
    else:
        tall, bottom, real_m = rng.uniform(0.5, 0.8), rng.uniform(0.85, 0.97), _FIGURE_M
    tall_px, middle_px = tall * height, rng.uniform(0.32, 0.68) * width
    wide_px = tall_px * roll.matte.shape[2] / roll.matte.shape[1]
    depth_m = real_m * camera.intrinsics[1, 1] / tall_px

    def at(x: float, y: float) -> Matrix:
        ray = np.linalg.inv(camera.intrinsics) @ np.array([x, y, 1.0])
        return np.asarray(camera.position + camera.rotation.T @ (ray * depth_m))

    left, top, low = middle_px - wide_px / 2, bottom * height - tall_px, bottom * height
    corner = at(left, top)
    return Card(corner, at(left + wide_px, top) - corner, at(left, low) - corner)


def _reduced(roll: Roll, matrix: Matrix) -> Array:
    """The roll's frames (T, h, w, 4), no finer than the picture shows them."""
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:2, :2])))) / abs(matrix[2, 2]) * _FINE
    frames = np.concatenate([roll.albedo, roll.matte[..., None]], axis=-1)
    if scale >= 1:
        return frames
    size = tuple(max(1, round(side * scale)) for side in (roll.matte.shape[2], roll.matte.shape[1]))
    return np.stack([cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in frames])


def _camera_of(cameras: Cameras, share: float) -> Camera:
    if isinstance(cameras, Camera):
        return cameras
    return cameras[len(cameras) // 2] if isinstance(cameras, Sequence) else cameras(share)


def _window(matte: Array) -> Window | None:
    """What the subject covers of the picture; None where it is not in it."""
    rows, columns = (np.flatnonzero((matte > _THERE).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    x, y = int(columns[0]), int(rows[0])
    return Window(x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y)
