"""Meshes: the surface of a sampled field, tubes along lines, surfaces turned about an axis."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Floats, Matrix


@dataclass(frozen=True)
class Mesh:
    """Vertices (V, 3), their unit normals (V, 3) and triangles (T, 3) that face outward (counter-clockwise)."""

    points: Array
    normals: Array
    triangles: npt.NDArray[np.int32]


def joined(meshes: list[Mesh]) -> Mesh:
    """Several meshes as one."""
    starts = np.cumsum([0, *[len(m.points) for m in meshes]])
    triangles = [m.triangles + np.int32(start) for m, start in zip(meshes, starts, strict=False)]
    return Mesh(
        np.concatenate([m.points for m in meshes]),
        np.concatenate([m.normals for m in meshes]),
        np.concatenate(triangles).astype(np.int32),
    )


def tube(line: Floats, radius_m: float, sides: int = 6) -> Mesh:
    """A round tube along the points (N, 3) of a line, closed at both ends."""
    line = np.asarray(line, float)
    run = np.gradient(line, axis=0)
    run /= np.linalg.norm(run, axis=1, keepdims=True)
    across = np.cross(run, _least_along(run.mean(axis=0)))
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    over = np.cross(run, across)
    angle = np.arange(sides) * 2 * np.pi / sides
    ring = np.cos(angle)[None, :, None] * across[:, None] + np.sin(angle)[None, :, None] * over[:, None]
    body = (line[:, None] + radius_m * ring).reshape(-1, 3)
    count = len(line)
    quads = _grid_quads(count, sides, around=True)
    tips = np.array([len(body), len(body) + 1])
    first, last = np.arange(sides), (count - 1) * sides + np.arange(sides)
    caps = [
        np.stack([np.full(sides, tips[0]), np.roll(first, -1), first], axis=1),
        np.stack([np.full(sides, tips[1]), last, np.roll(last, -1)], axis=1),
    ]
    points = np.concatenate(
        [body, line[:1] - run[:1] * radius_m * 0.5, line[-1:] + run[-1:] * radius_m * 0.5]
    )
    normals = np.concatenate([ring.reshape(-1, 3), -run[:1], run[-1:]])
    return _mesh(points, normals, np.concatenate([quads, *caps]))


def turned(profile: Floats, sides: int, two_sided: bool = True) -> Mesh:
    """The surface that a line of (radius, height) points (N, 2), seen from outside going up, makes about the z axis.

    A two-sided one is a shell: it shows from within as well.
    """
    profile = np.asarray(profile, float)
    angle = np.arange(sides) * 2 * np.pi / sides
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points = np.concatenate(
        [
            profile[:, None, :1] * ring[None],
            np.broadcast_to(profile[:, None, 1:], (len(profile), sides, 1)),
        ],
        axis=2,
    ).reshape(-1, 3)
    slope = np.gradient(profile, axis=0)
    slope /= np.linalg.norm(slope, axis=1, keepdims=True) + 1e-9
    normals = np.concatenate(
        [
            slope[:, None, 1:] * ring[None],
            np.broadcast_to(-slope[:, None, :1], (len(profile), sides, 1)),
        ],
        axis=2,
    ).reshape(-1, 3)
    outside = _mesh(points, normals, _grid_quads(len(profile), sides, around=True))
    if not two_sided:
        return outside
    return joined([outside, Mesh(outside.points, -outside.normals, outside.triangles[:, ::-1].copy())])


def moved(mesh: Mesh, move: Matrix) -> Mesh:
    """A mesh under a (4, 4) transform without reflection or skew."""
    scale = float(np.linalg.norm(move[:3, 0]))
    points = mesh.points @ move[:3, :3].T + move[:3, 3]
    return _mesh(points, mesh.normals @ move[:3, :3].T / scale, mesh.triangles)


def _mesh(points: Floats, normals: Floats, triangles: npt.NDArray[np.integer]) -> Mesh:
    return Mesh(points.astype(np.float32), normals.astype(np.float32), triangles.astype(np.int32))


def _least_along(direction: Matrix) -> Matrix:
    """The axis that a direction has the least of."""
    return np.asarray(np.eye(3)[int(np.argmin(np.abs(direction)))])


def _grid_quads(rows: int, columns: int, *, around: bool) -> npt.NDArray[np.int32]:
    """The triangles of a grid of vertices, row by row; `around` closes each row into a ring."""
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(columns if around else columns - 1), indexing="ij")
    a, b = i * columns + j, i * columns + (j + 1) % columns
    c, d = a + columns, b + columns
    return np.concatenate(
        [np.stack([a, b, d], axis=-1).reshape(-1, 3), np.stack([a, d, c], axis=-1).reshape(-1, 3)]
    ).astype(np.int32)


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
