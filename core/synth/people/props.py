"""What people carry: an umbrella, a bag on a strap, a staff, a guitar, and the brims of hats: thin shapes and holes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.people import looks
from pai_studio.core.synth.people.gestures import grip
from pai_studio.core.synth.people.looks import Look
from pai_studio.core.synth.people.mesh import Mesh, joined, moved, surface_nets, tube, turned
from pai_studio.core.synth.people.skeleton import CHEST, HEAD, PELVIS, rotation

Distance = Callable[[Matrix], Matrix]
Knots = list[Matrix | list[float]]


@dataclass(frozen=True)
class Carried:
    """A mesh in the rest pose, the bone that it hangs on and its material; what lies along the trunk bends with it."""

    mesh: Mesh
    bone: int
    material: int
    along_trunk: bool = False


def carried(look: Look) -> list[Carried]:
    """All that this person carries or wears that is no part of the body's own surface."""
    things = []
    if "hat" in look.extras:
        things.append(Carried(_brim(look, 0.175, 0.020), HEAD, looks.EXTRA))
    if "cap" in look.extras:
        things.append(Carried(_peak(look), HEAD, looks.EXTRA))
    make = {"umbrella": _umbrella, "bag": _bag, "staff": _staff, "guitar": _guitar}
    if look.prop is not None:
        things += make[look.prop](look)
    return things


def _line(*points: tuple[float, float, float], step_m: float = 0.03) -> Matrix:
    """Points along a broken line, at most `step_m` apart: long triangles would be sorted wrongly when drawn."""
    corners = np.array(points, float)
    parts = [corners[:1]]
    for a, b in itertools.pairwise(corners):
        count = max(2, int(np.ceil(np.linalg.norm(b - a) / step_m)))
        parts.append(a + (b - a) * (np.arange(1, count + 1) / count)[:, None])
    return np.concatenate(parts)


def _at(position: Matrix, turn: Matrix | None = None) -> Matrix:
    move = np.eye(4)
    move[:3, 3] = position
    if turn is not None:
        move[:3, :3] = turn
    return move


def _brim(look: Look, radius: float, drop: float) -> Mesh:
    inner = 0.098 * look.build.head
    radii = np.linspace(inner, radius, 5)
    share = (radii - inner) / (radius - inner)
    profile = np.stack([radii, -drop * share**2 + 0.012 * share], axis=1)[::-1]
    return moved(turned(profile, 28), _at(np.array([0, 0.014, 1.684]), rotation("x", -3)))


def _peak(look: Look) -> Mesh:
    """A cap's peak: the front of a brim."""
    whole = _brim(look, 0.190, 0.016)
    ahead = whole.points[whole.triangles].mean(axis=1)
    keep = (ahead[:, 1] < -0.065) & (np.abs(ahead[:, 0]) < 0.085)
    return Mesh(whole.points, whole.normals, whole.triangles[keep])


def _umbrella(look: Look) -> list[Carried]:
    """A shaft held before the shoulder, a canopy of eight panels whose edge hangs in bows between the ribs."""
    side = -look.prop_side
    hand = grip("umbrella", look.build, side)
    lean = rotation("y", -side * 6) @ rotation("x", -7)
    top = 0.98
    shaft = tube(_line((0, 0, -0.16), (0, 0, top + 0.05)), 0.0065, 5)
    hook = np.linspace(0, np.pi, 9)[:, None] * [[1.0]]
    crook = np.concatenate([0.03 * np.cos(hook) - 0.03, 0 * hook, -0.16 - 0.03 * np.sin(hook)], axis=1)
    share = np.linspace(1.0, 0.02, 9)
    profile = np.stack([0.56 * share, top - 0.25 * share**2], axis=1)
    canopy = turned(profile, 32)
    ring = np.arctan2(canopy.points[:, 1], canopy.points[:, 0])
    out = np.hypot(canopy.points[:, 0], canopy.points[:, 1]) / 0.56
    bow = 1 - 0.085 * np.abs(np.sin(4 * ring)) * out**2
    points = canopy.points * np.stack([bow, bow, np.ones_like(bow)], axis=1).astype(np.float32)
    canopy = Mesh(points, canopy.normals, canopy.triangles)
    place = _at(hand, lean)
    return [
        Carried(moved(canopy, place), CHEST, looks.PROP),
        Carried(moved(joined([shaft, tube(crook, 0.009, 6)]), place), CHEST, looks.METAL),
    ]


def _bag(look: Look) -> list[Carried]:
    """A bag on the hip, on a strap from the other shoulder that stands a little off the body."""
    side, b = look.prop_side, look.build
    reach = 0.155 * b.mass * b.hips + look.outfit.loose
    wide = (0.13 * b.mass + look.outfit.loose) * 0.84
    hip, shoulder = np.array([side * (reach + 0.035), -0.02, 0.93]), np.array([-side * 0.105, 0.0, 1.462])
    front: Knots = [
        shoulder,
        [-side * 0.085, -0.075, 1.42],
        [0, -wide - 0.030, 1.26],
        [side * 0.10, -wide - 0.012, 1.10],
    ]
    back: Knots = [[-side * 0.085, 0.085, 1.42], [0, wide + 0.030, 1.26], [side * 0.10, wide + 0.012, 1.10]]
    top = hip + np.array([0, 0, 0.10])
    strap = [tube(_spline([*front, top]), 0.010, 6), tube(_spline([shoulder, *back, top]), 0.010, 6)]
    box = _solid(lambda p: _rounded_box(p - hip, np.array([0.045, 0.13, 0.105]), 0.018), hip, 0.20, 0.020)
    return [Carried(joined(strap), CHEST, looks.METAL, along_trunk=True), Carried(box, PELVIS, looks.PROP)]


def _staff(look: Look) -> list[Carried]:
    """A long stick over the shoulder, behind the neck."""
    side = look.prop_side
    line = _line((-side * 0.62, 0.115, 1.53), (side * 0.75, 0.150, 1.40))
    bundle = np.array([side * 0.70, 0.150, 1.27])
    cloth = _solid(lambda p: np.linalg.norm((p - bundle) * [1, 1, 0.9], axis=-1) - 0.10, bundle, 0.16, 0.022)
    return [Carried(tube(line, 0.011, 6), CHEST, looks.METAL), Carried(cloth, CHEST, looks.PROP)]


def _guitar(look: Look) -> list[Carried]:
    """A guitar before the belly: a waisted body, a neck with its head, and a strap behind the shoulder."""
    away = -0.135 * look.build.mass - look.outfit.loose - 0.055 - 0.05 * look.build.belly
    tilt = rotation("y", -16)
    middle = np.array([-0.04, away, 1.09])

    def body(points: Matrix) -> Matrix:
        p = (points - middle) @ tilt
        low = np.hypot(p[..., 0] + 0.09, p[..., 2]) - 0.165
        high = np.hypot(p[..., 0] - 0.13, p[..., 2]) - 0.125
        mix = np.clip(0.5 + 0.5 * (high - low) / 0.06, 0, 1)
        flat = high + (low - high) * mix - 0.06 * mix * (1 - mix)
        return np.asarray(np.maximum(flat, np.abs(p[..., 1]) - 0.042))

    def out(x: float, y: float, z: float) -> tuple[float, float, float]:
        at = tilt @ np.array([x, y, z]) + middle
        return float(at[0]), float(at[1]), float(at[2])

    neck = tube(_line(out(0.20, -0.035, 0), out(0.64, -0.030, 0)), 0.021, 6)
    head = tube(_line(out(0.63, -0.028, 0), out(0.75, -0.020, 0)), 0.034, 6)
    strap = tube(
        _spline([np.array(out(0.24, 0.03, 0.03)), [0.13, -0.09, 1.40], [0.10, 0.02, 1.462], [0.02, 0.13, 1.34],
                 [-0.16, 0.09, 1.12], np.array(out(-0.24, 0.03, 0))]),
        0.012,
    )  # fmt: skip
    box = _solid(body, middle, 0.36, 0.020)
    return [Carried(box, CHEST, looks.PROP), Carried(joined([neck, head, strap]), CHEST, looks.METAL)]


def _spline(points: Knots, step_m: float = 0.03) -> Matrix:
    """A smooth line through points (Catmull and Rom's cubic), sampled about every `step_m`."""
    p = np.array([np.asarray(q, float) for q in points])
    p = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    parts = []
    for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False):
        t = np.linspace(0, 1, max(3, int(np.linalg.norm(c - b) / step_m)), endpoint=False)[:, None]
        parts.append(
            0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        )
    return np.concatenate([*parts, p[-2:-1]])


def _rounded_box(p: Matrix, half: Matrix, radius: float) -> Matrix:
    q = np.abs(p) - half + radius
    outside = np.linalg.norm(np.maximum(q, 0), axis=-1)
    return np.asarray(outside + np.minimum(q.max(axis=-1), 0) - radius)


def _solid(distance: Distance, centre: Matrix, reach: float, cell_m: float) -> Mesh:
    """The surface of a signed distance within `reach` of a centre."""
    axis = np.arange(-reach, reach + cell_m, cell_m)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1) + centre
    points, triangles = surface_nets(distance(grid).astype(np.float32), centre - reach, cell_m)
    step, at = 0.004, points.astype(float)
    slopes = [distance(at + step * e) - distance(at - step * e) for e in np.eye(3)]
    normals = np.stack(slopes, axis=1)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9
    return Mesh(points, normals.astype(np.float32), triangles)
