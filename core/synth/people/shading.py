"""How skin, cloth and hair answer to light: one number a light and sample, so that any light is a weighted sum.

A sample's radiance under lights with colours `w` (L, 3) is `albedo * (diffuse @ w + lamps) + gloss @ w`. Nothing here
knows a light's colour, so what is drawn once can be lit again by other weights.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.people.cloth import Surface
from pai_studio.core.synth.people.hair import Strands
from pai_studio.core.synth.places.light import Light

KEYS = 3
"""Directional lamps of a stage."""

BASE, SPILL, SKY, BOUNCE, GLOW, BEHIND, SUNS = (
    KEYS,
    KEYS + 1,
    KEYS + 2,
    KEYS + 3,
    KEYS + 4,
    KEYS + 5,
    KEYS + 6,
)
"""Columns of the lights: after the stage's lamps its base, the screen's bounce, the ambient terms, then suns."""


@dataclass(frozen=True)
class StageLight:
    """The soft neutral light of the set: directions and powers (KEYS, 3), a base and the screen's bounce (3,)."""

    directions: Array
    powers: Array
    base: Array
    bounce: Array


@dataclass(frozen=True)
class Response:
    """Samples' answers: `albedo` (n, 3), `diffuse` and `gloss` (n, SUNS + K), and the lamps' irradiance (n, 3)."""

    albedo: Array
    diffuse: Array
    gloss: Array
    lamps: Array

    def under(self, weights: Array) -> Array:
        """The radiance (n, 3) under lights (SUNS + K, 3), the lamps left out."""
        return np.asarray(self.albedo * (self.diffuse @ weights) + self.gloss @ weights, np.float32)


@dataclass(frozen=True)
class Lighting:
    """What shading needs of a shot's lights: the stage's, the place's ambient terms and suns' directions (K, 3)."""

    stage: StageLight
    probes: tuple[Light, Light]
    suns: Array


def lighting(light: Light, stage: StageLight, suns: Array) -> Lighting:
    """The place's ambient model is asked term by term: with each of its colours set to one channel."""
    red, green, blue = np.eye(3, dtype=np.float32)
    none = np.zeros(3, np.float32)
    first = replace(light, sky=red, bounce=green, glow=blue, behind=none)
    second = replace(light, sky=none, bounce=none, glow=none, behind=red)
    return Lighting(stage, (first, second), suns.astype(np.float32))


def _ambient(lights: Lighting, normals: Array) -> Array:
    """The ambient terms' shares (n, 4): sky, bounce, glow, behind."""
    one, other = lights.probes
    return np.concatenate([one.ambient(normals), other.ambient(normals)[:, :1]], axis=1)


def stage_weights(stage: StageLight) -> Array:
    """The colours (SUNS, 3) under which the stage's neutral light is had."""
    weights = np.zeros((SUNS, 3), np.float32)
    weights[:KEYS], weights[BASE] = stage.powers, stage.base
    return weights


def spill_weights(stage: StageLight) -> Array:
    """The colours (SUNS, 3) under which the screen's bounce is had."""
    weights = np.zeros((SUNS, 3), np.float32)
    weights[SPILL] = stage.bounce
    return weights


def place_weights(light: Light) -> Array:
    """The colours (SUNS + 1, 3) under which the place's light is had, its sun being the first."""
    weights = np.zeros((SUNS + 1, 3), np.float32)
    weights[SKY:] = light.sky, light.bounce, light.glow, light.behind, light.sun
    return weights


def lit_surface(
    lights: Lighting,
    surface: Surface,
    points: Array,
    view: Array,
    *,
    open_share: Array,
    suns: Array,
    lamps: Array,
) -> Response:
    """Skin, cloth and things at (n, 3) points seen from `view` (n, 3): a wrapped matt part, a sheen toward grazing
    angles that also lets light from behind through (cloth's fuzz, Ashikhmin 2007 in spirit), and a Blinn highlight.

    `open_share` (n, 1) is how much of its surroundings a point sees, `suns` (n, K) how much of each sun.
    """
    normals = surface.normals
    sheen, polish = surface.sheen[:, None], surface.gloss[:, None]
    facing = np.clip(np.einsum("ij,ij->i", normals, view), 0, 1)[:, None]
    away = 1 - facing
    grazing = away * away * away
    columns = SUNS + len(lights.suns)
    diffuse, gloss = np.zeros((2, len(points), columns), np.float32)
    keys = normals @ lights.stage.directions.T
    diffuse[:, :KEYS] = np.clip(keys * 0.8 + 0.2, 0, None) * open_share
    diffuse[:, BASE : BASE + 1] = open_share
    gloss[:, BASE : BASE + 1] = 0.5 * sheen * grazing
    gloss[:, :1] = polish * _blinn(normals, view, lights.stage.directions[:1]) * open_share
    height = np.clip(points[:, 2:3], 0, None)
    floor = (0.5 - 0.5 * normals[:, 2:3]) * np.exp(-height / 0.8) * 0.42
    wall = np.clip(0.25 + 0.75 * normals[:, 1:2], 0, None) * 0.30 + grazing * away * 0.30
    spill = (floor + wall) * open_share
    diffuse[:, SPILL : SPILL + 1], gloss[:, SPILL : SPILL + 1] = 0.8 * spill, 0.05 * spill
    diffuse[:, SKY:SUNS] = _ambient(lights, normals) * open_share
    gloss[:, SKY : SKY + 1] = 0.5 * sheen * grazing
    gloss[:, GLOW : GLOW + 1] = (
        (0.9 * sheen + 0.3 * polish) * grazing * np.clip(0.6 + 0.4 * normals[:, 1:2], 0, 1)
    )
    toward = normals @ lights.suns.T
    through = np.clip(-(view @ lights.suns.T), 0, 1) ** 3
    diffuse[:, SUNS:] = np.clip(toward * 0.97 + 0.03, 0, None) * suns
    gloss[:, SUNS:] = suns * (
        0.5 * sheen * grazing * np.clip(toward + 0.35, 0, 1)
        + 1.6 * sheen * away * away * through
        + 1.4 * polish * _blinn(normals, view, lights.suns)
    )
    return Response(surface.albedo, diffuse, gloss, lamps * (0.4 + 0.6 * open_share))


def _blinn(normals: Array, view: Array, directions: Array) -> Array:
    """The highlight (n, K) of a dull polish: n.h to the 20th, h halfway between light and eye (Blinn 1977)."""
    # |v + d|^2 = 2 + 2 v.d and n.(v + d) = n.v + n.d
    length = np.sqrt(np.maximum(2 + 2 * (view @ directions.T), 1e-3))
    along = np.einsum("ij,ij->i", normals, view)[:, None] + normals @ directions.T
    square = np.clip(along / length, 0, 1) ** 2
    fourth = square * square
    return np.asarray(fourth * fourth * square * (normals @ directions.T > 0), np.float32)


def lit_hair(
    lights: Lighting,
    strands: Strands,
    segment: npt.NDArray[np.int64],
    *,
    view: Array,
    suns: Array,
    lamps: Array,
) -> Response:
    """Strands at the samples of the (n,) segments: Kajiya and Kay's (1989) diffuse term by the angle to the strand
    and highlight along it, and light that comes through from behind, as Marschner et al. (2003) have it.

    `suns` (n, K) is how much of each sun a segment sees.
    """
    tangent, outward = strands.tangents[segment], strands.outward[segment]
    albedo = strands.colors[segment]
    columns = SUNS + len(lights.suns)
    diffuse, gloss = np.zeros((2, len(tangent), columns), np.float32)
    sine, shine = _strand(tangent, view, lights.stage.directions)
    side = np.clip(outward @ lights.stage.directions.T * 0.7 + 0.3, 0, 1)
    diffuse[:, :KEYS], gloss[:, :KEYS] = 0.8 * sine * side, 0.07 * shine * side
    diffuse[:, BASE] = 1
    spill = 0.10 + 0.22 * np.clip(outward[:, 1], 0, 1)
    diffuse[:, SPILL], gloss[:, SPILL] = spill, 0.04 * spill
    length = np.sqrt(np.einsum("ij,ij->i", outward, outward))[:, None]
    diffuse[:, SKY:SUNS] = 0.85 * _ambient(lights, outward / (length + np.float32(1e-6)))
    sine, shine = _strand(tangent, view, lights.suns)
    side = np.clip(outward @ lights.suns.T * 0.7 + 0.55, 0, 1)
    through = np.clip(-(view @ lights.suns.T), 0, 1) ** 4 * sine
    diffuse[:, SUNS:] = suns * (side * (0.9 * sine + 0.5 * shine) + 1.3 * through)
    gloss[:, SUNS:] = suns * (0.10 * side * shine + 0.05 * through)
    return Response(albedo, diffuse, gloss, lamps)


def _strand(tangent: Array, view: Array, directions: Array) -> tuple[Array, Array]:
    """The sine of the angle between strands and lights, and the highlight along the strand, (n, K) each."""
    along = np.clip(tangent @ directions.T, -1, 1)
    sine = np.sqrt(1 - along * along)
    see = np.clip(np.einsum("ij,ij->i", tangent, view), -1, 1)[:, None]
    shine = np.clip(along * see + sine * np.sqrt(1 - see * see), 0, 1)
    fourth = (shine * shine) ** 2
    eighth = fourth * fourth
    return sine, eighth * eighth * eighth * fourth
