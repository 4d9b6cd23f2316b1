"""A place that is one equirectangular picture: photographed or painted light, seen exactly from its nodal point.

The picture's left edge is azimuth -180 degrees, its middle 0, its top the zenith. It may only be looked at by turning
and zooming: then every frame is exact, and so is the truth of the camera. The person stands on its floor and is lit by
it, as far as a sun, an ambient of four parts and two large lamps beside the camera can tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from scipy.optimize import nnls

from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.frame import Array
from pai_studio.core.media.repairs import HALF_MAX
from pai_studio.core.media.still import read_still
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.synth.camera import Camera, Matrix
from pai_studio.core.synth.paint.noise import LUMA, blur, smooth
from pai_studio.core.synth.places.light import Lamp, Light

_GREY = 0.18
_EYE_M = 1.4
_WIDEST = 6144
_SUN_RAD = 0.12
_LAMP_M = 30.0
_MOST_SAMPLES = 4
_HEADINGS = 8


@dataclass(frozen=True)
class Panorama:
    """The picture (H, 2H, 3), ACEScg, its middle column straight ahead (+y), and the light fitted to it."""

    picture: Array
    light: Light
    stand: Matrix
    far: Matrix
    name: str
    mood: str = ""

    def seen(self, camera: Camera, share: float = 0.0) -> tuple[Array, Array]:
        """The (H, W, 3) radiance in every pixel of the camera, and how much of it is floor (H, W).

        What is finer than a pixel is averaged over it.
        """
        del share
        samples = samples_across(self.picture, camera)
        width, height = camera.size
        rays = camera.scaled((width * samples, height * samples)).rays()
        found = looked_up(self.picture, rays)
        if samples > 1:
            found = np.asarray(cv2.resize(found, camera.size, interpolation=cv2.INTER_AREA), np.float32)
        down = -camera.rays()[..., 2]
        return found, smooth(down, 0.02, 0.06)


def open_panorama(path: str, seed: int, width_px: int, focal: float) -> Panorama:
    """The panorama at `path` as a place of this seed: which way is ahead and where the person stands are drawn.

    `.hdr` is linear Rec.709, as it says of itself; EXR names its own space. It is exposed as a camera would be, and
    made ready for pictures `width_px` wide at focal lengths up to `focal` picture widths. What is brighter than a half
    holds, such as the sun itself, is shown as 65504 and gives all its light. Raises UnreadableImage or BadInput for
    what is no picture or not twice as wide as high.
    """
    rgb, _, _ = read_still(path, "", ColorConfig.open())
    height, width = rgb.shape[:2]
    if width != 2 * height:
        raise BadInput("is no equirectangular picture: twice as wide as high", where=path)
    rng = np.random.default_rng([seed, 1])
    stand = np.array([rng.choice([-1, 1]) * rng.uniform(0.2, 1.0), rng.uniform(5.4, 6.6), 0.0])
    turned = _on_free_floor(np.maximum(rgb, 0), stand, rng)
    turned = np.asarray(turned * np.float32(_exposure(turned)), np.float32)
    # Layers are halves: an Inf in one would be NaN where the subject hides it.
    shown = np.minimum(_ready(turned, 2 * np.pi * focal * width_px), np.float32(HALF_MAX))
    return Panorama(shown, fitted_light(turned), stand, np.array([0, 1e4, _EYE_M]), Path(path).stem)


def samples_across(picture: Array, camera: Camera) -> int:
    """How many lookups in an equirectangular picture a pixel of the camera takes along either axis."""
    texels = picture.shape[1] / (2 * np.pi)
    across = texels / float(camera.intrinsics[0, 0])  # texels a pixel, in the middle of the picture
    return int(np.clip(np.ceil(across * 1.2), 1, _MOST_SAMPLES))


def _on_free_floor(picture: Array, stand: Matrix, rng: np.random.Generator) -> Array:
    """The picture turned to one of a few drawn headings: where the floor at `stand` is the least cluttered."""
    height, width = picture.shape[:2]
    across = np.degrees(np.arctan2(stand[0], stand[1])) + np.array([-9, 9])
    down = np.degrees(np.arctan2(_EYE_M, stand[1])) + np.array([-4, 5])
    rows = np.round((0.5 + down / 180) * height).astype(int)
    columns = np.round((0.5 + across / 360) * width).astype(int)
    stops = np.log2(picture @ LUMA + np.float32(1e-3))[rows[0] : rows[1] + 1]
    best = min(
        (int(turn) for turn in rng.integers(0, width, _HEADINGS)),
        key=lambda turn: float(np.roll(stops, turn, axis=1)[:, columns[0] : columns[1] + 1].std()),
    )
    return np.roll(picture, best, axis=1)


def _exposure(picture: Array) -> float:
    """The gain that brings what is seen at eye level to a middle grey, or, where lamps light a person more strongly
    than that, the two as many stops above and below it."""
    height = picture.shape[0]
    seen = float(np.exp2(np.log2(np.maximum(picture[height // 3 : 2 * height // 3] @ LUMA, 1e-4)).mean()))
    small = np.asarray(cv2.resize(picture, (128, 64), interpolation=cv2.INTER_AREA), np.float32)
    card = float((irradiance(small, np.array([[0, -1, 0]], np.float32)) @ LUMA)[0]) * _GREY
    return _GREY / float(np.sqrt(seen * max(seen, card)))


def _ready(picture: Array, wanted: float) -> Array:
    """The picture with about as many texels as a camera has pixels all around.

    Larger ones are averaged, smaller ones interpolated cubically in stops, so that lamps do not ring.
    """
    width = 2 * round(min(wanted, _WIDEST) / 2)
    size = (width, width // 2)
    if width <= picture.shape[1]:
        return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
    margin = 4
    wrapped = np.pad(picture, ((0, 0), (margin, margin), (0, 0)), mode="wrap")
    extra = round(margin * width / picture.shape[1])
    stops = np.log2(wrapped + np.float32(1e-3))
    fine = cv2.resize(stops, (width + 2 * extra, size[1]), interpolation=cv2.INTER_CUBIC)
    cut = np.asarray(fine[:, extra : extra + width], np.float32)
    return np.asarray(np.maximum(np.exp2(cut) - np.float32(1e-3), 0), np.float32)


def looked_up(picture: Array, rays: Array) -> Array:
    """The radiance (H, W, 3) along (H, W, 3) unit rays."""
    height, width = picture.shape[:2]
    azimuth = np.arctan2(rays[..., 0], rays[..., 1])
    elevation = np.arcsin(np.clip(rays[..., 2], -1, 1))
    u = (azimuth / np.float32(2 * np.pi) + np.float32(0.5)) * width - np.float32(0.5)
    v = (np.float32(0.5) - elevation / np.float32(np.pi)) * height - np.float32(0.5)
    # A column more at either side: the seam is a place like any other.
    wrapped = np.concatenate([picture[:, -1:], picture, picture[:, :1]], axis=1)
    found = cv2.remap(
        wrapped,
        u.astype(np.float32) + 1,
        v.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(found, np.float32)


def directions(height: int) -> tuple[Array, Array]:
    """The unit directions (H, 2H, 3) of an equirectangular picture's texels, and their solid angles (H, 1)."""
    elevation = (0.5 - (np.arange(height) + 0.5) / height)[:, None] * np.pi
    azimuth = ((np.arange(2 * height) + 0.5) / (2 * height) - 0.5)[None, :] * 2 * np.pi
    ray = np.stack(
        np.broadcast_arrays(
            np.sin(azimuth) * np.cos(elevation), np.cos(azimuth) * np.cos(elevation), np.sin(elevation)
        ),
        axis=-1,
    )
    return ray.astype(np.float32), (np.cos(elevation) * (np.pi / height) ** 2).astype(np.float32)


def irradiance(picture: Array, normals: Array) -> Array:
    """The irradiance over pi, (N, 3), of surfaces with (N, 3) normals under an equirectangular picture (H, 2H, 3)."""
    ray, solid = directions(picture.shape[0])
    weight = np.clip(normals @ ray.reshape(-1, 3).T, 0, None)
    flux = (picture * solid[..., None]).reshape(-1, 3)
    return np.asarray(weight @ flux / np.float32(np.pi), np.float32)


def fitted_light(picture: Array) -> Light:
    """The light of a panorama: its brightest spot as the sun, all else by least squares as ambient and lamps.

    The spot is where most light comes from within 7 degrees; what it has above its surroundings is the sun. A sun has
    to throw a shadow on the floor, so one lower than 12 degrees is raised to that. The rest is fitted (non-negatively)
    to the irradiance of normals all around.
    """
    small = np.asarray(cv2.resize(picture, (128, 64), interpolation=cv2.INTER_AREA), np.float32)
    ray, solid = directions(64)
    luminance = small @ LUMA
    flux = np.pad(luminance * solid, ((0, 0), (8, 8)), mode="wrap")
    spread = blur(flux, 2.5)[:, 8:-8] * (ray[..., 2] > 0)
    to_sun = ray.reshape(-1, 3)[int(spread.argmax())].astype(np.float64)
    away = np.arccos(np.clip(ray @ to_sun.astype(np.float32), -1, 1))
    near, ring = away < _SUN_RAD, (away >= _SUN_RAD) & (away < 2.5 * _SUN_RAD)
    above = np.maximum(small[near] - np.median(small[ring], axis=0), 0)
    sun = (above * np.broadcast_to(solid, luminance.shape)[near][:, None]).sum(axis=0) / np.pi
    rest = small.copy()
    rest[near] -= above
    to_sun[2] = max(to_sun[2], np.sin(np.radians(12)))
    to_sun /= np.linalg.norm(to_sun)
    return _ambient(rest, to_sun, sun.astype(np.float32))


def _ambient(rest: Array, to_sun: Matrix, sun: Array) -> Light:
    normals = directions(8)[0].reshape(-1, 3)
    wanted = irradiance(rest, normals)
    black, white = np.zeros(3, np.float32), np.ones(3, np.float32)
    none: tuple[Lamp, ...] = ()

    def light(parts: Array, lamps: tuple[Lamp, ...], direct: Array) -> Light:
        sky, bounce, glow, behind = parts
        blockers = np.zeros((0, 2, 3))
        return Light(to_sun, direct, sky, glow, bounce, behind, sky * np.float32(0.5), lamps, blockers)

    def lamp(side: float, power: Array) -> Lamp:
        return Lamp(np.array([side * _LAMP_M, 0, _EYE_M]), np.asarray(power * _LAMP_M**2, np.float32))

    at = np.array([[0, 0, _EYE_M]], np.float32)
    parts = [
        light(np.outer(np.eye(4)[k], white).astype(np.float32), none, black).ambient(normals)
        for k in range(4)
    ]
    parts += [
        light(np.zeros((4, 3), np.float32), (lamp(s, white),), black).lamps_at(at, normals) for s in (-1, 1)
    ]
    basis = np.stack([part[:, 0] for part in parts], axis=1).astype(np.float64)
    found = np.stack([nnls(basis, wanted[:, channel].astype(np.float64))[0] for channel in range(3)], axis=1)
    found = found.astype(np.float32)
    return light(found[:4], (lamp(-1, found[4]), lamp(1, found[5])), sun)
