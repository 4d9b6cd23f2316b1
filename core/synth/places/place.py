"""A place, laid out from a seed and seen by a camera: lit quads before a sky, a floor that may mirror, moving lamps."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Camera, Matrix
from pai_studio.core.synth.paint.footprint import LEAST_INVERSE
from pai_studio.core.synth.paint.noise import blur
from pai_studio.core.synth.paint.texture import Quad, Seen, Texture, see
from pai_studio.core.synth.places.light import Light, MovingLamp, light_of
from pai_studio.core.synth.places.sky import Sky

HIDDEN = np.float32(1 / 512)  # what less shines through of counts as hidden
_FAINT = 0.004  # radiance of a white wall that a moving lamp must at least give to be reckoned with
BLOOM = ((0.0035, 0.045), (0.014, 0.03), (0.05, 0.018))


@dataclass(frozen=True)
class Floor:
    """One piece of the floor and, laid on the same plane, its wetness and slopes (three channels); dry without."""

    surface: Quad
    wet: Texture | None


@dataclass(frozen=True)
class Glowing:
    """What shines with a moving lamp, such as its bulb or a neon sign: `quad` is drawn as at the lamp's brightest.

    Where it is `carried` it goes along with the lamp; `quad` is then drawn for the lamp's first position.
    """

    lamp: MovingLamp
    quad: Quad
    carried: bool = True

    def at(self, share: float) -> tuple[Quad, Array]:
        """The quad at `share` of the shot, and the gain (3,) of its colours."""
        lamp = self.lamp.at(share)
        brightest = np.maximum(self.lamp.powers.max(axis=0), 1e-6).astype(np.float32)
        gain = np.asarray(lamp.power / brightest, np.float32)
        if not self.carried:
            return self.quad, gain
        moved = lamp.position - self.lamp.positions[0]
        return replace(
            self.quad, origin=self.quad.origin + moved, order=self.quad.order + float(moved[1])
        ), gain


@dataclass(frozen=True)
class Place:
    """A place whose geometry does not move, lit once; lamps may move in it."""

    light: Light
    sky: Sky
    floors: tuple[Floor, ...]
    quads: tuple[Quad, ...]
    stand: Matrix
    """Where the subject stands on the floor, (3,)."""

    far: Matrix
    """A point of the far end of the place, whose plane y = const stands for the background's homography."""

    haze_per_m: float
    glowing: tuple[Glowing, ...] = ()
    name: str = ""
    mood: str = ""

    def seen(self, camera: Camera, share: float = 0.0) -> tuple[Array, Array]:
        """The (H, W, 3) radiance that the camera sees at `share` of the shot, its lens's bloom included.

        With it, where it is bare floor, (H, W).
        """
        width, height = camera.size
        half = camera.scaled((max(2, width // 2), max(2, height // 2)))
        lamplight = Lamplight(self.light, share)
        drawn = self._drawn(share)
        picture, left = np.zeros((height, width, 3), np.float32), np.ones((height, width), np.float32)
        self._paint(picture, left, drawn, camera, lamplight)
        reflected = self._reflected(half, drawn, lamplight)
        floor = self._lay_floor(picture, left, reflected, camera, lamplight)
        if left.any():
            # The sky is soft: half the size is enough.
            sky = np.asarray(cv2.resize(self.sky.seen(half.rays()), camera.size), np.float32)
            picture += sky * left[..., None]
        return bloom(np.maximum(picture, 0)), floor

    def _drawn(self, share: float) -> list[tuple[Quad, Array | None]]:
        """All that stands, near things first, with the gains of what glows."""
        drawn: list[tuple[Quad, Array | None]] = [(quad, None) for quad in self.quads]
        drawn += [glowing.at(share) for glowing in self.glowing]
        return sorted(drawn, key=lambda pair: pair[0].order)

    def _reflected(
        self, half: Camera, drawn: list[tuple[Quad, Array | None]], lamplight: Lamplight
    ) -> Array | None:
        """What a mirror for a floor would show, at half size, black above the horizon; None for a dry floor."""
        if all(floor.wet is None for floor in self.floors):
            return None
        width, height = half.size
        reflected = np.zeros((height, width, 3), np.float32)
        top = int(np.clip(half.horizon - 3, 0, height - 2))
        lower = half.below(top)
        part, left = reflected[top:], np.ones((height - top, width), np.float32)
        self._paint(part, left, drawn, lower.mirrored(), lamplight)
        part += self.sky.seen(lower.rays() * np.array([1, 1, -1], np.float32)) * left[..., None]
        reflected[top:] = blur(part, height / 180)
        return reflected

    def _paint(
        self,
        picture: Array,
        left: Array,
        drawn: list[tuple[Quad, Array | None]],
        camera: Camera,
        lamplight: Lamplight,
    ) -> None:
        """Add all that stands to `picture`, near things first; `left` (H, W) is the share that shines through."""
        for quad, gain in drawn:
            found = see(quad, camera, left)
            if found is None:
                continue
            rgb = found.rgb if gain is None else found.rgb * gain
            if quad.albedo is not None and lamplight.reaches(quad):
                rgb = rgb + found.through(quad.albedo)[..., :3] * lamplight.on(quad, found, camera)
            if self.haze_per_m * quad.haze > 0:
                rgb = rgb + (self.light.haze * found.alpha[..., None] - rgb) * self._mist(found, quad.haze)
            remaining = left[found.part]
            picture[found.part] += rgb * remaining[..., None]
            remaining *= 1 - found.alpha
            remaining[remaining < HIDDEN] = 0

    def _mist(self, found: Seen, haze: float) -> Array:
        thickness = np.clip(found.depth_m - 3, 0, None) * np.float32(-self.haze_per_m * haze)
        return np.asarray(1 - np.exp(thickness), np.float32)[..., None]

    def _lay_floor(
        self, picture: Array, left: Array, reflected: Array | None, camera: Camera, lamplight: Lamplight
    ) -> Array:
        """Add the floor with what its wet parts mirror; returns how much of each pixel it is (H, W)."""
        covered = np.zeros(left.shape, np.float32)
        for floor in reversed(self.floors):
            quad = floor.surface
            found = see(quad, camera, left)
            if found is None:
                continue
            rgb = found.rgb
            if quad.albedo is not None and lamplight.reaches(quad):
                rgb = rgb + found.through(quad.albedo)[..., :3] * lamplight.on(quad, found, camera)
            if floor.wet is not None and reflected is not None:
                rgb = _mirrored(rgb, floor.wet, found, reflected, camera)
            alpha = found.alpha[..., None]
            rgb = rgb + (self.light.haze * alpha - rgb) * self._mist(found, 1.0)
            remaining = left[found.part]
            picture[found.part] += rgb * remaining[..., None]
            covered[found.part] += found.alpha * remaining
            remaining *= 1 - found.alpha
        return covered


def _mirrored(rgb: Array, wet: Texture, found: Seen, reflected: Array, camera: Camera) -> Array:
    """A floor's premultiplied colour with what its wet parts mirror, rippled by the slopes of the water."""
    inside = np.maximum(found.inside, 1e-6)[..., None]
    water = found.through(wet) / inside
    rows, columns = found.part
    y, x = np.mgrid[rows, columns].astype(np.float32)
    facing = np.clip(camera.position[2] / (found.depth_m * 1.05), 0.02, 1)
    fresnel = 0.03 + 0.97 * (1 - facing) ** 5  # Schlick's approximation for water
    ripple = np.float32(camera.size[1] * 0.010)
    scale_x, scale_y = (np.float32(reflected.shape[1 - k] / camera.size[k]) for k in (0, 1))
    u = (x + 0.5 + (water[..., 1] - 0.5) * 2 * ripple) * scale_x - 0.5
    v = (y + 0.5 + (water[..., 2] - 0.5) * 4 * ripple) * scale_y - 0.5
    mirror = cv2.remap(reflected, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    strength = (water[..., 0] * np.clip(fresnel * 1.6, 0, 0.75))[..., None]
    return np.asarray(rgb + (mirror * inside - rgb) * strength, np.float32)


class Lamplight:
    """What the moving lamps of a place add at one moment, over (pi times) the albedo of what they shine on."""

    def __init__(self, light: Light, share: float) -> None:
        self.lamps = tuple(lamp.at(share) for lamp in light.moving)

    def reaches(self, quad: Quad) -> bool:
        """Whether any lamp shines on the quad noticeably."""
        middle = quad.origin + (quad.u_axis + quad.v_axis) / 2
        radius = float(np.linalg.norm(quad.u_axis) + np.linalg.norm(quad.v_axis)) / 2
        for lamp in self.lamps:
            gap = max(float(np.linalg.norm(lamp.position - middle)) - radius, 0.1)
            if float(lamp.power.max()) / gap**2 > _FAINT:
                return True
        return False

    def on(self, quad: Quad, found: Seen, camera: Camera) -> Array:
        """The light (h, w, 3) on what is seen of a quad; it is smooth, so a quarter of the size is enough."""
        height, width = found.alpha.shape
        low = (max(2, width // 4), max(2, height // 4))
        rows, columns = found.part
        x = columns.start + (np.arange(low[0]) + 0.5) * width / low[0] - 0.5
        y = rows.start + (np.arange(low[1]) + 0.5) * height / low[1] - 0.5
        across, down = np.meshgrid(x, y)
        where = np.stack([across, down, np.ones_like(across)], axis=-1) @ found.view.back.T
        where = where[..., :2] / np.maximum(where[..., 2:], LEAST_INVERSE)
        a, b = (np.clip(where[..., k : k + 1], -0.1, 1.1) for k in (0, 1))
        points = (quad.origin + a * quad.u_axis + b * quad.v_axis).astype(np.float32)
        # A quad's rows run down its front, so its geometric normal may point away from the camera.
        toward = quad.normal * np.sign(quad.normal @ (camera.position - quad.origin) or 1.0)
        normals = np.broadcast_to(toward.astype(np.float32), points.shape)
        return np.asarray(cv2.resize(light_of(self.lamps, points, normals), (width, height)), np.float32)


def bloom(picture: Array) -> Array:
    """A lens's veil: a little of the picture's own light, spread over three widths; energy is kept."""
    height, width = picture.shape[:2]
    size = (max(2, width // 4), max(2, height // 4))
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
    veil = np.zeros(small.shape, np.float32)
    lost = 0.0
    for spread, share in BLOOM:
        veil += np.float32(share) * blur(small, max(0.3, spread * width / 4))
        lost += share
    spread_out = cv2.resize(veil, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(picture * np.float32(1 - lost) + spread_out, np.float32)
