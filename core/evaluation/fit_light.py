"""Fits `core.comp.prior`: what rendered places do to a subject's light, from statistics of their pictures.

    python -m pai_studio.core.evaluation.fit_light --seeds 2000 2240

For every seed a scene of the next place and the next of its moods is filmed twice, keyed and despilled, and the gain
is found per channel that brings the foreground nearest to the truth. A ridge regression (Hoerl and Kennard 1970)
foretells its logarithm. What counts is printed first: the dB of foreground PSNR over no gain at all, each scene
foretold by a fit that has seen no place of its family; then the numbers for the prior.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.comp import prior
from pai_studio.core.comp.despill import foreground
from pai_studio.core.comp.key import estimate_screen, key
from pai_studio.core.comp.space import to_rec709
from pai_studio.core.evaluation.sets.synthetic import HELD_OUT
from pai_studio.core.media.frame import Array
from pai_studio.core.synth.filming import Scene, SceneSpec
from pai_studio.core.synth.places.catalogue import PLACES

_SIZE, _FRAMES, _PICKS = (320, 180), 24, (4, 18)
_RIDGE = 3.0
_PIXELS = 1500

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """One scene: its place's family, the prior's statistics, the best log gain (3,), and pixels (N, 3) to judge by."""

    family: str
    level: Numbers
    chroma: Numbers
    best: Numbers
    lifted: Array
    truth: Array

    def ahead_db(self, gain: Array) -> float:
        """How many dB of PSNR a gain (3,) is ahead of none."""
        return 10 * float(np.log10(self._error(np.ones(3, np.float32)) / self._error(gain)))

    def _error(self, gain: Array) -> float:
        return float(np.square(_srgb(self.lifted * gain) - _srgb(self.truth)).mean()) + 1e-9


def _srgb(rgb: Array) -> Array:
    light = np.clip(to_rec709(rgb[None])[0], 0, 1)
    encoded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(encoded, np.float32)


def best_gain(lifted: Array, truth: Array) -> Numbers:
    """The log gain (3,) that brings (N, 3) nearest to the truth, in the mean square of roots, which eyes see alike."""
    mine, wanted = np.sqrt(np.maximum(lifted, 0)), np.sqrt(np.clip(truth, 0, 1.1))
    return np.asarray(2 * np.log((mine * wanted).sum(0) / np.maximum((mine * mine).sum(0), 1e-9)), np.float64)


def sample(seed: int) -> Sample:
    """The scene of a seed; ValueError for those from `HELD_OUT` on, which belong to the benchmark."""
    if seed >= HELD_OUT:
        raise ValueError(f"seed {seed} is held out")
    families = sorted(PLACES)
    family = families[seed % len(families)]
    moods = sorted(PLACES[family].moods)
    mood = moods[seed // len(families) % len(moods)]
    screen: Literal["green", "blue"] = "green" if seed % 3 else "blue"
    spec = SceneSpec(_SIZE, _FRAMES, 24.0, seed, screen, bool(seed % 2), mood=mood, place=family)
    scene = Scene(spec)
    shots = [scene.filmed(index) for index in _PICKS]
    estimate = estimate_screen([shot.plate for shot in shots], screen)
    if estimate is None:
        raise ValueError(f"seed {seed} shows no screen")
    lifted, truth = [], []
    for shot in shots:
        keyed = key(shot.plate, estimate)
        inside = (keyed.matte > 0.5) & (shot.matte > 0.5)
        whole = foreground(shot.plate, keyed.matte, keyed.screen, 1.0, False)
        lifted.append(whole[inside] / keyed.matte[inside][:, None])
        truth.append(shot.foreground[inside] / shot.matte[inside][:, None])
    mine, wanted = np.concatenate(lifted), np.concatenate(truth)
    picked = np.random.default_rng([seed, 77]).permutation(len(mine))[:_PIXELS]
    level, chroma = prior.statistics([shot.background for shot in shots])
    return Sample(family, level, chroma, best_gain(mine, wanted), mine[picked], wanted[picked])


def ridge(statistics: Numbers, wanted: Numbers, strength: float = _RIDGE) -> Numbers:
    """An intercept and a weight for each of the (N, K) statistics, which foretell (N,); shrunk in standard units."""
    mean, spread = statistics.mean(0), statistics.std(0) + 1e-9
    units = (statistics - mean) / spread
    penalty = strength * np.eye(units.shape[1])
    weights = np.linalg.solve(units.T @ units + penalty, units.T @ (wanted - wanted.mean())) / spread
    return np.asarray(np.r_[wanted.mean() - mean @ weights, weights], np.float64)


def fit(samples: list[Sample]) -> tuple[Numbers, Numbers]:
    """`prior.LEVEL` and `prior.TINT` from samples."""
    best = np.array([s.best for s in samples])
    level = ridge(np.array([s.level for s in samples]), best[:, 1])
    chroma = np.array([s.chroma for s in samples])
    return level, np.stack([ridge(chroma, best[:, c] - best[:, 1]) for c in (0, 2)])


def foretold(entry: Sample, level: Numbers, tint: Numbers) -> Array:
    """The gain (3,) that the prior with these numbers expects of a sample's place."""
    return prior.gain_of(float(level @ [1, *entry.level]), np.asarray(tint @ [1, *entry.chroma]))


def cross_validated(samples: list[Sample]) -> dict[str, list[float]]:
    """By family, how many dB each of its samples is ahead of no gain, with numbers fitted to the other families."""
    ahead: dict[str, list[float]] = {}
    for family in sorted({s.family for s in samples}):
        numbers = fit([s for s in samples if s.family != family])
        ahead[family] = [s.ahead_db(foretold(s, *numbers)) for s in samples if s.family == family]
    return ahead


def main() -> None:
    """Film, judge, fit, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs=2, default=(2000, 2240), metavar=("FIRST", "END"))
    first, end = parser.parse_args().seeds
    cv2.setNumThreads(1)
    samples = [sample(seed) for seed in range(first, end)]
    ahead = cross_validated(samples)
    lines = [
        f"{family:10s} {len(values):4d} scenes  mean {np.mean(values):+.2f} dB  worst {min(values):+.2f} dB"
        for family, values in ahead.items()
    ]
    everything = np.concatenate([np.array(values) for values in ahead.values()])
    lines.append(f"all {everything.mean():+.2f} dB, {(everything < -0.5).mean():.1%} below -0.5 dB")
    level, tint = fit(samples)
    lines += [f"LEVEL {level.round(3).tolist()}", f"TINT {tint.round(3).tolist()}"]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
