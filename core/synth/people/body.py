"""A person's skin: a smooth union of capsules in a rest pose, made into a mesh once, then bent by its bones."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.paint.noise import smooth
from pai_studio.core.synth.people import looks, props
from pai_studio.core.synth.people.garments import Capsule, capsules
from pai_studio.core.synth.people.looks import Look
from pai_studio.core.synth.people.mesh import surface_nets
from pai_studio.core.synth.people.skeleton import BONES, CHEST, FOOT, HAND, PELVIS, SHIN, THIGH, UPPER_ARM

_BLEND_M = 0.020
_FADE_M = 0.018


@dataclass(frozen=True)
class Skin:
    """The rest pose's surface: vertices, normals, triangles, how open each point is, its distances to the materials
    that there are, `kinds` (V, M), and its bones' weights (V, BONES). The first `body` vertices are the person, the
    others what they carry."""

    points: Array
    normals: Array
    triangles: npt.NDArray[np.int32]
    open_share: Array
    materials: Array
    kinds: npt.NDArray[np.int64]
    weights: Array
    body: int


def make_skin(look: Look, cell_m: float) -> Skin:
    """Turn the capsules' smooth union into a mesh with cells of `cell_m`, and add what the person carries."""
    parts = capsules(look)
    low, high = np.array([-0.86, -0.30, -0.03]), np.array([0.86, 0.34, 1.88])
    counts = np.ceil((high - low) / cell_m).astype(int) + 1
    axes = [(low[i] + cell_m * np.arange(counts[i])).astype(np.float32) for i in range(3)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    points, triangles = surface_nets(_sample(grid, parts, low, cell_m), low, cell_m)
    normals = _gradient(points, parts)
    points = points - normals * body_distance(points, parts).clip(-0.3 * cell_m, 0.3 * cell_m)[:, None]
    open_share = np.ones(len(points), np.float32)
    for reach, share in ((0.03, 0.35), (0.08, 0.35), (0.16, 0.3)):
        found = body_distance(points + normals * np.float32(reach), parts)
        open_share -= share * np.clip(1 - found / np.float32(reach), 0, 1)
    each = np.stack([part.distance(points) for part in parts], axis=1)
    materials = np.full((len(points), looks.MATERIALS), 1.0, np.float32)
    for material in {part.material for part in parts}:
        materials[:, material] = each[:, [p.material == material for p in parts]].min(axis=1)
    _cover(materials, points, look)
    kinds = np.arange(looks.MATERIALS)
    weights = _weights(each, parts, points)
    skin = Skin(points, normals, triangles, open_share, materials, kinds, weights, len(points))
    return _thinned(_with_props(skin, look))


def _thinned(skin: Skin) -> Skin:
    """Without the materials that nothing is made of."""
    used = np.flatnonzero((skin.materials < 1).any(axis=0))
    return replace(skin, materials=np.ascontiguousarray(skin.materials[:, used]), kinds=used)


def _cover(materials: Array, points: Array, look: Look) -> None:
    """What presses through the cloth over it does not show: legs under a skirt, the waist under a top."""
    z, trunk = points[:, 2], np.abs(points[:, 0]) < 0.27
    top, skirt = look.outfit.hem_m, look.outfit.skirt_m
    under = np.clip((z - top) / 0.015, 0, 1) * trunk * (z < 1.14)
    materials[:, [looks.BOTTOM, looks.SKIN, looks.LEGS]] += under[:, None]
    if skirt is not None:
        below = np.clip((z - skirt - 0.01) / 0.02, 0, 1) * trunk * (z < 1.1)
        materials[:, [looks.SKIN, looks.LEGS]] += below[:, None]


def _with_props(skin: Skin, look: Look) -> Skin:
    carried = props.carried(look)
    if not carried:
        return skin
    meshes, starts = [c.mesh for c in carried], [len(skin.points)]
    for mesh in meshes:
        starts.append(starts[-1] + len(mesh.points))
    count = starts[-1] - starts[0]
    materials = np.full((count, looks.MATERIALS), 1.0, np.float32)
    weights = np.zeros((count, BONES), np.float32)
    for thing, begin, end in zip(carried, starts, starts[1:], strict=False):
        part = slice(begin - starts[0], end - starts[0])
        materials[part, thing.material] = 0
        if thing.along_trunk:
            rise = _chest_share(thing.mesh.points[:, 2])
            weights[part, CHEST], weights[part, PELVIS] = rise, 1 - rise
        else:
            weights[part, thing.bone] = 1
    triangles = [m.triangles + np.int32(s) for m, s in zip(meshes, starts, strict=False)]
    return Skin(
        np.concatenate([skin.points, *(m.points for m in meshes)]),
        np.concatenate([skin.normals, *(m.normals for m in meshes)]),
        np.concatenate([skin.triangles, *triangles]).astype(np.int32),
        np.concatenate([skin.open_share, np.full(count, 0.9, np.float32)]),
        np.concatenate([skin.materials, materials]),
        skin.kinds,
        np.concatenate([skin.weights, weights]),
        skin.body,
    )


def _sample(grid: Array, parts: list[Capsule], low: Matrix, cell_m: float) -> Array:
    """The distance over the (..., 3) grid near the body; what lies beyond 6 cm of every part is 1."""
    field = np.full(grid.shape[:-1], 1.0, np.float32)
    near = np.zeros(field.shape, bool)
    for part in parts:
        reach = max(part.radius_a, part.radius_b) * max(1.0, part.flat) + 0.06
        a = np.floor((np.minimum(part.a, part.b) - reach - low) / cell_m).astype(int).clip(0)
        b = np.ceil((np.maximum(part.a, part.b) + reach - low) / cell_m).astype(int) + 1
        near[a[0] : b[0], a[1] : b[1], a[2] : b[2]] = True
    field[near] = body_distance(grid[near], parts)
    return field


def body_distance(points: Array, parts: list[Capsule]) -> Array:
    """The smooth union's distance: parts melt into one another over 2 cm (the polynomial smooth minimum)."""
    blend = np.float32(_BLEND_M)
    total: Array | None = None
    for part in parts:
        found = part.distance(points)
        if total is None:
            total = found
            continue
        mix = np.clip(0.5 + 0.5 * (total - found) / blend, 0, 1)
        total = total + (found - total) * mix - blend * mix * (1 - mix)
    assert total is not None
    return np.asarray(total, np.float32)


def _gradient(points: Array, parts: list[Capsule]) -> Array:
    step = np.float32(0.006)
    slopes = []
    for axis in range(3):
        shift = np.zeros(3, np.float32)
        shift[axis] = step
        slopes.append(body_distance(points + shift, parts) - body_distance(points - shift, parts))
    normals = np.stack(slopes, axis=1)
    return np.asarray(normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9), np.float32)


def _weights(each: Array, parts: list[Capsule], points: Array) -> Array:
    """How much each bone moves each point: falling with distance; the trunk bends along its height and a skirt
    follows pelvis and thighs alike."""
    bones = np.zeros((len(points), BONES), np.float32)
    for bone in range(BONES):
        mine = [p.bone == bone and not p.skirt for p in parts]
        bones[:, bone] = np.exp(-np.clip(each[:, mine].min(axis=1), -0.02, None) / _FADE_M)
    z = points[:, 2]
    trunk = bones[:, PELVIS] + bones[:, CHEST]
    rise = _chest_share(z)
    bones[:, CHEST], bones[:, PELVIS] = trunk * rise, trunk * (1 - rise)
    # A left limb never moves the right one's skin, and an arm never the trunk's far side.
    for left in (THIGH, SHIN, FOOT, UPPER_ARM, HAND):
        bones[:, left] *= points[:, 0] > -0.03
        bones[:, left + 1] *= points[:, 0] < 0.03
    skirts = [p.skirt for p in parts]
    if any(skirts):
        _drape(bones, each[:, skirts].min(axis=1) - each.min(axis=1), points)
    return np.asarray(bones / bones.sum(axis=1, keepdims=True), np.float32)


def _chest_share(z: Array) -> Array:
    """How much the chest moves the trunk at a height; the pelvis moves the rest."""
    return smooth(z, 0.97, 1.19)


def _drape(bones: Array, off: Array, points: Array) -> None:
    """Let the skirt's cloth follow pelvis and thighs, more of the thighs toward its hem."""
    cloth = np.clip(1 - off / 0.012, 0, 1)[:, None]
    low = np.clip((0.93 - points[:, 2]) / 0.35, 0, 1)
    side = np.clip(points[:, 0] / 0.20 * 0.5 + 0.5, 0, 1)
    side = side * side * (3 - 2 * side)
    wanted = np.zeros_like(bones)
    wanted[:, CHEST] = _chest_share(points[:, 2])
    rest = 1 - wanted[:, CHEST]
    wanted[:, PELVIS] = rest * (1 - 0.62 * low)
    wanted[:, THIGH] = rest * 0.62 * low * side
    wanted[:, THIGH + 1] = rest * 0.62 * low * (1 - side)
    total = bones.sum(axis=1, keepdims=True)
    bones += (wanted * total - bones) * cloth


def skinned(skin: Skin, bones: Array) -> tuple[Array, Array]:
    """The skin's points and unit normals (V, 3) in the world, each moved by its bones' weighted transforms."""
    blended = (skin.weights @ bones.reshape(BONES, 12)).reshape(-1, 3, 4)
    points = np.einsum("vij,vj->vi", blended[:, :, :3], skin.points) + blended[:, :, 3]
    normals = np.einsum("vij,vj->vi", blended[:, :, :3], skin.normals)
    length = np.sqrt(np.einsum("vi,vi->v", normals, normals)) + np.float32(1e-9)
    return points, normals / length[:, None]


def thin(skin: Skin, step: int) -> Skin:
    """Every `step`-th point of a skin, without triangles: enough to tell how far it moves."""
    part = slice(None, None, step)
    return replace(
        skin,
        points=skin.points[part],
        normals=skin.normals[part],
        triangles=skin.triangles[:0],
        open_share=skin.open_share[part],
        materials=skin.materials[part],
        weights=skin.weights[part],
    )
