"""A small staged clip of which everything is known: a textured place that moves, a textured subject, a soft matte."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import cv2
import numpy as np
import pytest

from pai_studio.core.evaluation.judged import Facts, Judged
from pai_studio.core.evaluation.metrics import ClipMetrics
from pai_studio.core.evaluation.page import write_report
from pai_studio.core.media.color import ColorConfig
from tests.core.evaluation.reported import REPORT, clip_media

SIZE = (288, 162)
_MARGIN = 60


def texture(seed, width, height):
    """sRGB values (H, W, 3) in 0.1..0.85 with corners and shading at several scales."""
    rng = np.random.default_rng([seed, 1])
    picture = np.zeros((height, width, 3), np.float32)
    for sigma, strength in ((1.2, 0.5), (4, 2), (12, 5)):
        noise = rng.standard_normal((height, width, 3)).astype(np.float32)
        picture += strength * cv2.GaussianBlur(noise, (0, 0), sigma)
    for _ in range(width * height // 900):
        x, y = rng.integers(0, width), rng.integers(0, height)
        w, h = rng.integers(5, 22, 2)
        picture[y : y + h, x : x + w] += rng.uniform(-0.6, 0.6, 3)
    return np.clip(0.47 + 0.45 * picture, 0.1, 0.85).astype(np.float32)


@cache
def _place(seed):
    return texture(seed, SIZE[0] + 2 * _MARGIN, SIZE[1] + 2 * _MARGIN)


def filmed(motion, seed=3):
    """The place as sRGB values, its points moved by a homography in the picture's pixels."""
    inward = np.array([[1, 0, -_MARGIN], [0, 1, -_MARGIN], [0, 0, 1.0]])
    return cv2.warpPerspective(_place(seed), motion @ inward, SIZE, borderMode=cv2.BORDER_REFLECT_101)


def panning(frame, pan=2.0, zoom=1.004):
    """The camera of the clip: a pan and a slow zoom about the picture's centre."""
    s, (w, h) = zoom**frame, SIZE
    return np.array([[s, 0, (1 - s) * w / 2 - pan * frame], [0, s, (1 - s) * h / 2], [0, 0, 1.0]])


@dataclass
class Parts:
    """One frame: sRGB values of the truth and its background, the matte, the unlit source's sRGB values."""

    number: int
    truth: np.ndarray
    background: np.ndarray
    matte: np.ndarray
    unlit: np.ndarray


@dataclass
class Staged:
    """A clip of `frames` frames from 0 on; `camera` maps a frame to its homography."""

    config: ColorConfig
    frames: int = 5
    camera: object = panning
    parts: list[Parts] = field(default_factory=list)

    def __post_init__(self):
        subject = texture(7, *SIZE)
        y, x = np.mgrid[: SIZE[1], : SIZE[0]]
        for n in range(self.frames):
            matte = np.clip((44 - np.hypot(x - 150 - n, (y - 90) * 0.8)) / 3 + 0.5, 0, 1).astype(np.float32)
            background = filmed(self.camera(n))
            moved = np.roll(subject, n, axis=1)
            lit = np.clip(moved * np.float32([1.0, 0.85, 0.7]), 0, 1)
            truth = background + (lit - background) * matte[..., None]
            self.parts.append(Parts(n, truth, background, matte, moved))

    def facts(self, **more):
        return Facts(config=self.config, **more)

    def judged(self, parts, result, truth=True, /, **more):
        """The frame with its pictures in the working space, from sRGB values."""
        linear = self.config.from_srgb
        known = {
            "number": parts.number,
            "result": linear(np.clip(result, 0, 1).astype(np.float32)),
            "matte": parts.matte,
            "source": linear(parts.unlit) * parts.matte[..., None],
        }
        if truth:
            known |= {"truth": linear(parts.truth), "background": linear(parts.background)}
        return Judged(**(known | more))

    def values(self, spoil, only, *, facts=None, truth=True, skip=(), more=None):
        """The metrics of what `spoil(parts)` makes of each frame; `more(parts)` are further fields of Judged."""
        metrics = ClipMetrics(facts or self.facts(), only)
        for parts in self.parts:
            if parts.number not in skip:
                extra = more(parts) if more else {}
                metrics.add(self.judged(parts, spoil(parts), truth, **extra))
        return metrics.values()

    def value(self, spoil, key, **how):
        return self.values(spoil, [key], **how)[key]


@pytest.fixture(scope="session")
def config():
    return ColorConfig.open()


@pytest.fixture(scope="session")
def staged(config):
    """The staged clip."""
    return Staged(config)


@pytest.fixture(scope="session")
def stage(config):
    """`stage(frames=..., camera=...)` -> another clip."""

    def make(**how):
        return Staged(config, **how)

    return make


@pytest.fixture(scope="session")
def place():
    """`place(homography)` -> the background's sRGB values under another camera than the clip's."""
    return filmed


@pytest.fixture(scope="session")
def over():
    """`over(parts, background)` -> the true subject over another background, sRGB values."""

    def lay(parts, background):
        subject = parts.truth - parts.background * (1 - parts.matte[..., None])
        return subject + background * (1 - parts.matte[..., None])

    return lay


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A report on disk, with a clip's pictures."""
    out = tmp_path_factory.mktemp("report")
    clip_media(out, "clip-001")
    write_report(REPORT, out)
    return out
