"""Hair: many fine strands of a style's own fall, that sway with the head, lag behind it and lift in the wind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Floats
from pai_studio.core.synth.people import looks
from pai_studio.core.synth.people.looks import Look


@dataclass(frozen=True)
class Style:
    """How strands of a kind grow: their segments, how far they stand off the scalp, fall and are swept back, how much
    of them curls, and where they are gathered (in the rest pose) if they are tied."""

    segments: int
    out: float
    fall: float
    back: float
    share: float
    """Strands over those of the longest style."""

    tied: tuple[float, float, float] | None = None
    low: float = -0.30
    """How far down the head it grows: the least height on a unit sphere at the sides."""


STYLES = {
    "bald": Style(1, 0, 0, 0, 0.0),
    "buzz": Style(1, 1.0, 0.0, 0.2, 0.9),
    "short": Style(3, 0.55, 0.25, 0.7, 0.9),
    "bob": Style(6, 0.55, 1.3, 0.45, 0.95),
    "long": Style(9, 0.50, 1.45, 0.6, 1.0),
    "curly": Style(6, 1.0, 0.30, 0.25, 1.0),
    "afro": Style(5, 1.35, -0.05, 0.0, 1.1),
    "bun": Style(4, 0.30, 0.1, 0.6, 0.7, (0, 0.105, 1.735)),
    "ponytail": Style(9, 0.30, 0.5, 0.8, 0.9, (0, 0.125, 1.69)),
}
_CENTRE = np.array([0, 0.016, 1.648], np.float32)


@dataclass(frozen=True)
class Strands:
    """Line segments: ends (S, 2, 3), middles, unit tangents, outward directions and colours (S, 3)."""

    points: Array
    middles: Array
    tangents: Array
    outward: Array
    colors: Array


class Hair:
    """Strands rooted on the head in the rest pose; `count` of them for the longest style."""

    def __init__(self, look: Look, rng: np.random.Generator, count: int) -> None:
        self.style = STYLES[look.hair.kind]
        self.worn = look.hair
        count = round(count * self.style.share)
        normals = rng.normal(size=(count * 5 + 8, 3))
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        # Hair grows above the ears and behind the brow, not on the face or the neck.
        line = self.style.low + 1.12 * np.clip(-normals[:, 1] + 0.12, 0, 1)
        keep = (normals[:, 2] > line) & (normals[:, 1] > -0.80)
        if {"beanie", "cap", "hat"} & set(look.extras):
            keep &= normals[:, 2] < 0.30
        self.normals = normals[keep][:count].astype(np.float32)
        n = len(self.normals)
        thick = np.float32(0.6 * look.hair.volume_m)
        radii = np.array([0.086, 0.098, 0.088], np.float32) * np.float32(look.build.head) + thick
        self.roots = (_CENTRE + self.normals * radii).astype(np.float32)
        loose = rng.random(n) < 0.13 * look.hair.fly
        self.length = (look.hair.length_m * rng.uniform(0.62, 1.12, n)).astype(np.float32)
        if self.style.tied is not None:
            self.length[~loose] = np.maximum(self.length[~loose], 0.16)
            self.length[loose] = rng.uniform(0.05, 0.13, int(loose.sum()))
        else:
            # A stray strand is longer than its neighbours, the more so where hair is short.
            stray = rng.uniform(0.8, 1.3, int(loose.sum())) + 0.012 / look.hair.length_m
            self.length[loose] *= stray.astype(np.float32)
        self.loose = loose
        self.curl = rng.uniform(0, 2 * np.pi, (n, 3)).astype(np.float32)
        self.fly = (np.where(loose, 2.4, 0.8) * rng.uniform(0.4, 1.2, n) * look.hair.fly).astype(np.float32)
        self.side = np.where(np.abs(self.normals[:, :1]) < 0.05, 0, np.sign(self.normals[:, :1]))
        self.wind = rng.uniform(-0.45, 0.45, 2).astype(np.float32)
        self.phase = float(rng.uniform(0, 6.28))
        tone = rng.uniform(0.5, 1.6, (n, 1)).astype(np.float32)
        self.colors = look.colors[looks.HAIR] * tone + 0.003

    def strands(self, head: Array, before: Array, time_s: float) -> Strands:
        """The strands at a moment; `head` (3, 4) is the head's transform of rest points, `before` that of a moment
        earlier, which the hair's tips still follow."""
        turn, scale = head[:, :3], np.float32(np.linalg.norm(head[:, 0]))
        straight = turn / scale
        out = self.normals @ straight.T
        at = np.asarray(self.roots @ turn.T + head[:, 3], np.float32)
        centre = (turn @ _CENTRE + head[:, 3]).astype(np.float32)
        lag = (self.roots @ before[:, :3].T + before[:, 3] - at).astype(np.float32)
        count, style = self.style.segments, self.style
        step = (self.length * scale / count)[:, None]
        wind = self._wind(time_s)
        back, aside = straight @ np.array([0, 1.0, 0]), straight @ np.array([1.0, 0, 0])
        knot = None if style.tied is None else turn @ np.array(style.tied) + head[:, 3]
        path = [at]
        for j in range(count):
            share = np.float32((j + 0.5) / count)
            heading = (
                out * style.out * max(0.12, 1 - 1.6 * float(share)) if style.fall > 0.2 else out * style.out
            )
            heading = heading + back * style.back * max(0.0, 1 - 1.7 * float(share))
            heading = heading + self.side * aside * (0.25 * style.fall * max(0.0, 1 - 2.4 * float(share)))
            heading = heading - np.array([0, 0, style.fall * (0.25 + 1.1 * share)])
            if knot is not None:
                heading = np.where(self.loose[:, None], heading, self._tied(at, knot, heading, share))
            wave = np.sin(self.curl + np.float32((9 + 14 * self.worn.curl) * share + 1.9 * time_s))
            flutter = np.sin(self.curl[:, :1] + 5 * share - np.float32(7 * time_s)) * (0.10 * share)
            heading = heading + wave * (0.08 + 1.15 * self.worn.curl)
            heading = heading + (wind * (0.2 + share) + flutter) * self.fly[:, None] * 0.40
            heading = heading + lag * (1.6 * share / max(self.worn.length_m, 0.1))
            heading /= np.sqrt(np.einsum("ij,ij->i", heading, heading))[:, None] + 1e-6
            at = self._outside(at + np.asarray(heading * step, np.float32), centre, scale)
            path.append(at)
        return self._lines(np.stack(path, axis=1), centre, out)

    def _wind(self, time_s: float) -> Array:
        gust = 0.7 + 0.4 * np.sin(4.4 * time_s + self.phase) + 0.2 * np.sin(11.9 * time_s + 2 * self.phase)
        return np.array([self.wind[0] * gust, 0.15 + self.wind[1] * gust, 0.0], np.float32)

    @staticmethod
    def _tied(at: Array, knot: Array, freely: Array, share: np.float32) -> Array:
        """Toward the knot until it is reached, then as the hair falls freely."""
        toward = knot - at
        away = np.sqrt(np.einsum("ij,ij->i", toward, toward))[:, None]
        held = np.clip(away / 0.05, 0, 1) * (share < 0.62)
        return np.asarray(
            toward / (away + 1e-6) * held + freely * (1 - held) * np.clip(share, 0.2, 1), np.float32
        )

    def _lines(self, line: Array, centre: Array, out: Array) -> Strands:
        count = line.shape[1] - 1
        ends = np.stack([line[:, :-1], line[:, 1:]], axis=2)
        run = ends[:, :, 1] - ends[:, :, 0]
        tangents = run / (np.linalg.norm(run, axis=-1, keepdims=True) + np.float32(1e-6))
        middles = np.asarray(ends.mean(axis=2), np.float32)
        outward = (middles - centre) * np.array([1, 1, 0.4], np.float32) + np.float32(0.06) * out[:, None]
        outward /= np.linalg.norm(outward, axis=-1, keepdims=True) + np.float32(1e-6)
        colors = np.repeat(self.colors[:, None], count, axis=1)
        return Strands(*(_flat(part) for part in (ends, middles, tangents, outward, colors)))

    @staticmethod
    def _outside(at: Array, centre: Array, scale: np.float32) -> Array:
        """Push points out of the skull, the neck and the shoulders."""
        off = at - centre
        radii = np.array([0.090, 0.103, 0.100], np.float32) * scale
        scaled = off / radii
        inside = np.sqrt(np.einsum("ij,ij->i", scaled, scaled))[:, None]
        off = np.where(inside < 1, off / np.maximum(inside, 1e-3), off)
        below = np.clip(-(off[:, 2:3] / scale + 0.08) / 0.10, 0, 1)
        flat = np.sqrt(off[:, :1] ** 2 + off[:, 1:2] ** 2)
        want = (0.072 + 0.045 * below) * scale
        push = np.where((below > 0) & (flat < want), want / np.maximum(flat, 1e-3), 1)
        off[:, :2] *= push
        return np.asarray(centre + off, np.float32)


def _flat(part: Floats) -> Array:
    """(strands, segments, ...) as (S, ...)."""
    return np.ascontiguousarray(part.reshape(-1, *part.shape[2:]), np.float32)
