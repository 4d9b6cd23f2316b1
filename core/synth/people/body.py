"""A person: a smooth body of capsules in a rest pose, made into a skin once, then bent by its bones.

Metres; z up, facing -y, arms held away from the body. Heights are those of a person of 1.74 m, scaled by the wearer.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Matrix

COAT, LEGGINGS, SKIN, BOOTS, HAIR, SCARF = range(6)
PELVIS, CHEST, HEAD, UPPER_ARM, FOREARM, THIGH, SHIN, FOOT = 0, 1, 2, 3, 5, 7, 9, 11
"""Bones; of the limbs the left one, the right one is the next number."""

JOINTS: dict[str, Matrix] = {
    name: np.array(at, float)
    for name, at in {
        "pelvis": (0, 0, 0.95), "waist": (0, 0, 1.08), "neck": (0, 0.005, 1.46),
        "shoulder": (0.172, 0.0, 1.395), "elbow": (0.36, 0.01, 1.185), "wrist": (0.535, -0.02, 1.01),
        "hip": (0.085, 0, 0.92), "knee": (0.103, -0.012, 0.50),
        "ankle": (0.113, 0.02, 0.09), "toe": (0.128, -0.13, 0.035),
    }.items()
}  # fmt: skip
_MIRROR = np.array([-1.0, 1, 1])


def _at(x: float, y: float, z: float) -> Matrix:
    return np.array([x, y, z], float)


def joint(name: str, side: int = 1) -> Matrix:
    """A joint's rest position; `side` 1 is the person's left (+x), -1 the right."""
    return JOINTS[name] * (_MIRROR if side < 0 else 1)


@dataclass(frozen=True)
class Capsule:
    """A tapered capsule from `a` to `b`; `flat` below 1 makes it thinner front to back."""

    a: Matrix
    b: Matrix
    radius_a: float
    radius_b: float
    bone: int
    material: int
    flat: float = 1.0

    def distance(self, points: Array) -> Array:
        """Signed distance (near the surface; a little short where flattened) of (N, 3) points."""
        scale = np.array([1, 1 / self.flat, 1], np.float32)
        p = (points - self.a.astype(np.float32)) * scale
        axis = ((self.b - self.a) * scale).astype(np.float32)
        t = np.clip(p @ axis / max(float(axis @ axis), 1e-9), 0, 1)
        off = p - t[:, None] * axis
        return np.asarray(
            np.sqrt(np.einsum("ij,ij->i", off, off)) - (self.radius_a + (self.radius_b - self.radius_a) * t),
            np.float32,
        )


@dataclass(frozen=True)
class Look:
    """What a person wears, and how tall they are over 1.74 m."""

    scale: float
    skirt_m: float
    hair_m: float
    colors: Array
    """(6, 3) albedos in the order of the materials."""

    plaid: Array


def capsules(look: Look) -> list[Capsule]:
    """The body's parts in the rest pose."""
    v = _at
    parts = [
        Capsule(v(0, 0, 1.02), v(0, -0.005, 1.31), 0.125, 0.152, CHEST, COAT, 0.74),
        Capsule(v(-0.115, 0.005, 1.385), v(0.115, 0.005, 1.385), 0.066, 0.066, CHEST, COAT, 0.95),
        Capsule(v(-0.055, 0.005, 0.95), v(0.055, 0.005, 0.95), 0.118, 0.118, PELVIS, COAT, 0.86),
        Capsule(v(0, 0.005, 1.0), v(0, 0.012, look.skirt_m), 0.135, 0.225, PELVIS, COAT, 0.82),
        Capsule(v(0, 0.005, 1.41), v(0, -0.005, 1.53), 0.05, 0.05, HEAD, SKIN),
        Capsule(v(0, -0.004, 1.64), v(0, -0.014, 1.585), 0.094, 0.076, HEAD, SKIN, 1.08),
        Capsule(v(0, -0.046, 1.542), v(0, -0.05, 1.538), 0.042, 0.04, HEAD, SKIN),
        Capsule(v(0, -0.102, 1.628), v(0, -0.118, 1.592), 0.011, 0.015, HEAD, SKIN),
        Capsule(v(0, 0.030, 1.665), v(0, 0.045, 1.60), 0.104, 0.09, HEAD, HAIR, 0.98),
        Capsule(v(0, -0.008, 1.445), v(0, 0.0, 1.462), 0.098, 0.088, CHEST, SCARF, 0.92),
        Capsule(v(0.05, -0.115, 1.42), v(0.075, -0.13, 1.16), 0.036, 0.046, CHEST, SCARF, 0.6),
    ]
    for side in (1, -1):
        left = int(side < 0)
        j = {name: joint(name, side) for name in JOINTS}
        tip = j["wrist"] + (j["wrist"] - j["elbow"]) * 0.55
        thumb = j["wrist"] + (j["wrist"] - j["elbow"]) * 0.24 + v(-0.008 * side, -0.042, -0.012)
        parts += [
            Capsule(j["shoulder"], j["elbow"], 0.060, 0.048, UPPER_ARM + left, COAT),
            Capsule(j["elbow"], j["wrist"], 0.049, 0.042, FOREARM + left, COAT),
            Capsule(j["wrist"] + (tip - j["wrist"]) * 0.1, tip, 0.030, 0.024, FOREARM + left, SKIN, 1.15),
            Capsule(j["wrist"], thumb, 0.015, 0.012, FOREARM + left, SKIN),
            Capsule(j["hip"], j["knee"], 0.083, 0.056, THIGH + left, LEGGINGS),
            Capsule(j["knee"], j["ankle"], 0.055, 0.040, SHIN + left, LEGGINGS),
            Capsule(
                j["knee"] + (j["ankle"] - j["knee"]) * 0.42, j["ankle"], 0.057, 0.047, SHIN + left, BOOTS
            ),
            Capsule(
                j["ankle"] + v(0, 0.012, -0.045),
                j["toe"] + v(0, -0.02, 0.008),
                0.045,
                0.042,
                FOOT + left,
                BOOTS,
            ),
        ]
    return parts


@dataclass(frozen=True)
class Skin:
    """The rest pose's surface: vertices, normals, triangles, how open each point is, its distances to every
    material (V, 6), and its bones' weights (V, 13)."""

    points: Array
    normals: Array
    triangles: npt.NDArray[np.int32]
    open_share: Array
    materials: Array
    weights: Array


def make_skin(look: Look, cell_m: float) -> Skin:
    """Turn the capsules' smooth union into a mesh with cells of `cell_m` (naive surface nets: one point a cell)."""
    parts = capsules(look)
    low, high = np.array([-0.80, -0.26, -0.03]), np.array([0.80, 0.34, 1.82])
    counts = np.ceil((high - low) / cell_m).astype(int) + 1
    axes = [(low[i] + cell_m * np.arange(counts[i])).astype(np.float32) for i in range(3)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    field = _sample(grid, parts, look, low, cell_m)
    points, triangles = surface_nets(field, low, cell_m)
    normals = _gradient(points, parts, look)
    open_share = np.ones(len(points), np.float32)
    for reach, share in ((0.03, 0.35), (0.08, 0.35), (0.16, 0.3)):
        found = body_distance(points + normals * np.float32(reach), parts, look)
        open_share -= share * np.clip(1 - found / np.float32(reach), 0, 1)
    each = np.stack([part.distance(points) for part in parts], axis=1)
    below = np.float32(look.skirt_m) - points[:, 2:3]
    is_coat = np.array([p.material == COAT for p in parts])
    is_legs = np.array([p.material == LEGGINGS for p in parts])
    # The skirt's cone goes on below its hem and the legs above it: neither shows there.
    shown = (
        each
        + np.where(is_coat, np.maximum(below, 0) * 4, 0)
        + np.where(is_legs, np.maximum(-below, 0) * 4, 0)
    )
    materials = np.stack([shown[:, [p.material == m for p in parts]].min(axis=1) for m in range(6)], axis=1)
    return Skin(points, normals, triangles, open_share, materials, _weights(each, parts, points))


def _sample(grid: Array, parts: list[Capsule], look: Look, low: Matrix, cell_m: float) -> Array:
    """The distance over the (..., 3) grid near the body; what lies beyond 6 cm of every part is 1."""
    field = np.full(grid.shape[:-1], 1.0, np.float32)
    near = np.zeros(field.shape, bool)
    for part in parts:
        reach = max(part.radius_a, part.radius_b) * max(1.0, part.flat) + 0.06
        a = np.floor((np.minimum(part.a, part.b) - reach - low) / cell_m).astype(int).clip(0)
        b = np.ceil((np.maximum(part.a, part.b) + reach - low) / cell_m).astype(int) + 1
        near[a[0] : b[0], a[1] : b[1], a[2] : b[2]] = True
    field[near] = body_distance(grid[near], parts, look)
    return field


def body_distance(points: Array, parts: list[Capsule], look: Look) -> Array:
    """The smooth union's distance: parts melt into one another over 2 cm; the skirt is cut flat below."""
    blend = np.float32(0.022)
    total: Array | None = None
    for part in parts:
        found = part.distance(points)
        if part.material == COAT and part.radius_b > 0.2:
            found = np.maximum(found, np.float32(look.skirt_m) - points[:, 2])
        if total is None:
            total = found
            continue
        mix = np.clip(0.5 + 0.5 * (total - found) / blend, 0, 1)
        total = total + (found - total) * mix - blend * mix * (1 - mix)
    assert total is not None
    return np.asarray(total, np.float32)


def _gradient(points: Array, parts: list[Capsule], look: Look) -> Array:
    step = np.float32(0.006)
    slopes = []
    for axis in range(3):
        shift = np.zeros(3, np.float32)
        shift[axis] = step
        slopes.append(body_distance(points + shift, parts, look) - body_distance(points - shift, parts, look))
    normals = np.stack(slopes, axis=1)
    return np.asarray(normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9), np.float32)


def _weights(each: Array, parts: list[Capsule], points: Array) -> Array:
    """How much each bone moves each point: falling with distance; the skirt follows pelvis and thighs alike."""
    bones = np.zeros((len(points), 13), np.float32)
    for bone in range(13):
        mine = [p.bone == bone for p in parts]
        bones[:, bone] = np.exp(-np.clip(each[:, mine].min(axis=1), -0.02, None) / 0.018)
    skirt = np.clip((0.90 - points[:, 2]) / 0.25, 0, 1) * (each[:, 3] < 0.01)
    side = np.clip(points[:, 0] / 0.16 * 0.5 + 0.5, 0, 1)
    bones[:, THIGH : FOOT + 2] *= (1 - skirt)[:, None]
    bones[:, PELVIS] += skirt * 0.6
    bones[:, THIGH] += skirt * side * 0.8
    bones[:, THIGH + 1] += skirt * (1 - side) * 0.8
    # A left limb never moves the right one's skin.
    for left in (THIGH, SHIN, FOOT):
        bones[:, left] *= points[:, 0] > -0.03
        bones[:, left + 1] *= points[:, 0] < 0.03
    return np.asarray(bones / bones.sum(axis=1, keepdims=True), np.float32)


def surface_nets(field: Array, low: Matrix, cell_m: float) -> tuple[Array, npt.NDArray[np.int32]]:
    """The zero surface of a sampled field: vertices (V, 3) and triangles (T, 3) that face outward.

    One vertex a cell, at the mean of its edges' crossings (Gibson 1998, without the relaxation).
    """
    inside = field < 0
    cells = tuple(n - 1 for n in field.shape)
    total, count = np.zeros((*cells, 3), np.float32), np.zeros(cells, np.float32)
    offsets = list(itertools.product((0, 1), repeat=3))
    corner: dict[tuple[int, ...], Array] = {
        o: field[tuple(slice(d, d + c) for d, c in zip(o, cells, strict=True))] for o in offsets
    }
    for start in offsets:
        for axis in range(3):
            if start[axis]:
                continue
            end = tuple(s + (i == axis) for i, s in enumerate(start))
            a, b = corner[start], corner[end]
            crossed = (a < 0) != (b < 0)
            share = np.where(crossed, a / np.where(crossed, a - b, 1), 0)
            for i in range(3):
                total[..., i] += crossed * (start[i] + (share if i == axis else 0))
            count += crossed
    used = count > 0
    index = np.full(cells, -1, np.int32)
    index[used] = np.arange(int(used.sum()), dtype=np.int32)
    where = np.argwhere(used).astype(np.float32)
    points = (where + total[used] / count[used][:, None]) * np.float32(cell_m) + low.astype(np.float32)
    return points.astype(np.float32), _net_faces(inside, index)


def _net_faces(inside: npt.NDArray[np.bool_], index: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    faces = []
    for axis in range(3):
        b, c = (axis + 1) % 3, (axis + 2) % 3
        ahead = np.moveaxis(inside, axis, 0)
        turned = np.argwhere(ahead[:-1] != ahead[1:])
        order = [axis, *[i for i in range(3) if i != axis]]
        edges = np.empty_like(turned)
        edges[:, order] = turned
        edges = edges[
            (edges[:, b] > 0)
            & (edges[:, c] > 0)
            & (edges[:, b] < inside.shape[b] - 1)
            & (edges[:, c] < inside.shape[c] - 1)
        ]
        corners = []
        for db, dc in ((1, 1), (0, 1), (0, 0), (1, 0)):
            cell = edges.copy()
            cell[:, b] -= db
            cell[:, c] -= dc
            corners.append(index[tuple(cell.T)])
        quad = np.stack(corners, axis=1)
        outward = inside[tuple(edges.T)]
        quad = np.where(outward[:, None], quad, quad[:, ::-1])
        faces += [quad[:, [0, 1, 2]], quad[:, [0, 2, 3]]]
    return np.concatenate(faces).astype(np.int32)
