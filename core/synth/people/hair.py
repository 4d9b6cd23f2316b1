"""Hair: many fine strands that fall from the scalp, sway with the head and lift in the wind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Floats
from pai_studio.core.synth.people import body
from pai_studio.core.synth.people.pose import Walk

_SEGMENTS = 9


@dataclass(frozen=True)
class Strands:
    """Line segments: ends (S, 2, 3), middles, unit tangents, outward directions and colours (S, 3)."""

    points: Array
    middles: Array
    tangents: Array
    outward: Array
    colors: Array


class Hair:
    """Strands rooted on the head in the rest pose."""

    def __init__(self, look: body.Look, rng: np.random.Generator, count: int) -> None:
        centre = np.array([0, 0.018, 1.648], np.float32)
        normals = rng.normal(size=(count * 4, 3))
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        # Hair grows above the ears and behind the brow, not on the face or the neck.
        keep = (normals[:, 2] > -0.3 + 1.15 * np.clip(-normals[:, 1] + 0.1, 0, 1)) & (normals[:, 1] > -0.80)
        self.normals = normals[keep][:count].astype(np.float32)
        self.roots = centre + self.normals * np.array([0.092, 0.102, 0.106], np.float32)
        n = len(self.roots)
        self.length = (look.hair_m * rng.uniform(0.62, 1.12, n)).astype(np.float32)
        loose = rng.random(n) < 0.12
        self.length[loose] *= rng.uniform(0.7, 1.25, int(loose.sum())).astype(np.float32)
        self.curl = rng.uniform(0, 2 * np.pi, (n, 3)).astype(np.float32)
        self.fly = (np.where(loose, 2.6, 0.9) * rng.uniform(0.4, 1.2, n)).astype(np.float32)
        tone = rng.uniform(0.55, 1.5, (n, 1)).astype(np.float32)
        self.colors = look.colors[body.HAIR] * tone + 0.004
        self.centre = centre

    def strands(self, head: Array, time_s: float, walk: Walk) -> Strands:
        """The strands at a moment; `head` (3, 4) is the head's transform of rest points."""
        turn, scale = head[:, :3], float(np.linalg.norm(head[:, 0]))
        out = self.normals @ (turn / scale).T
        at = np.asarray(self.roots @ turn.T + head[:, 3], np.float32)
        centre = turn @ self.centre + head[:, 3]
        step = (self.length * scale / _SEGMENTS)[:, None]
        gust = (
            0.30
            + 0.16 * np.sin(2 * np.pi * 0.7 * time_s + walk.phase * 6)
            + 0.08 * np.sin(2 * np.pi * 1.9 * time_s)
        )
        wind = np.array([-walk.gesture * gust, 0.25, 0.0], np.float32)
        back = turn @ np.array([0, 1.0, 0], np.float32) / scale
        side = np.sign(self.normals[:, :1]) * (turn @ np.array([1.0, 0, 0], np.float32) / scale)
        path = [at]
        for j in range(_SEGMENTS):
            share = (j + 0.5) / _SEGMENTS
            fall = np.array([0, 0, -1.0], np.float32) * np.float32(0.25 + 1.3 * share)
            wave = 0.16 * np.sin(self.curl + 9 * share + np.float32(2.2 * time_s))
            flutter = np.sin(self.curl[:, :1] + 5 * share - np.float32(7 * time_s)) * 0.12 * share
            sweep = back * 0.75 * max(0.0, 1 - 2.0 * share) + side * 0.35 * max(0.0, 1 - 2.4 * share)
            heading = (
                out * max(0.0, 0.75 - 1.8 * share)
                + sweep
                + fall
                + (wind * (0.2 + share) + flutter) * self.fly[:, None] * 0.55
                + wave * 0.5
            )
            heading /= np.linalg.norm(heading, axis=1, keepdims=True)
            at = self._outside(at + np.asarray(heading * step, np.float32), centre, scale)
            path.append(at)
        line = np.stack(path, axis=1)
        ends = np.stack([line[:, :-1], line[:, 1:]], axis=2)
        run = ends[:, :, 1] - ends[:, :, 0]
        tangents = run / (np.linalg.norm(run, axis=-1, keepdims=True) + np.float32(1e-6))
        middles = np.asarray(ends.mean(axis=2), np.float32)
        outward = (middles - centre) * np.array([1, 1, 0], np.float32) + np.float32(0.06) * out[:, None]
        outward /= np.linalg.norm(outward, axis=-1, keepdims=True) + np.float32(1e-6)
        outward[..., 2] += 0.25 * (1 - np.arange(_SEGMENTS) / _SEGMENTS)
        colors = np.repeat(self.colors[:, None], _SEGMENTS, axis=1)
        return Strands(*(_flat(part) for part in (ends, middles, tangents, outward, colors)))

    @staticmethod
    def _outside(at: Array, centre: Array, scale: float) -> Array:
        """Push points out of the skull, the neck and the shoulders."""
        off = at - centre
        radii = np.array([0.096, 0.106, 0.112], np.float32) * np.float32(scale)
        inside = np.sqrt(np.sum((off / radii) ** 2, axis=1, keepdims=True))
        off = np.where(inside < 1, off / np.maximum(inside, 1e-3), off)
        below = np.clip(-(off[:, 2:3] / scale + 0.08) / 0.10, 0, 1)
        flat = np.sqrt(np.sum(off[:, :2] ** 2, axis=1, keepdims=True))
        want = (0.075 + 0.035 * below) * scale
        push = np.where((below > 0) & (flat < want), want / np.maximum(flat, 1e-3), 1)
        off[:, :2] *= push
        return np.asarray(centre + off, np.float32)


def _flat(part: Floats) -> Array:
    """(strands, segments, ...) as (S, ...)."""
    return np.ascontiguousarray(part.reshape(-1, *part.shape[2:]), np.float32)
