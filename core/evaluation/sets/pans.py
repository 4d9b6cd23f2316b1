"""Turning and zooming cameras in photographed light: HDR panoramas with a synthetic subject and an exact camera.

A camera that only turns and zooms sees a panorama exactly, whatever the place's shape: here the truth of the camera has
no parallax, and a background that is moved wrongly cannot hide behind any.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pai_studio.core.evaluation.sets.base import BenchmarkSet
from pai_studio.core.evaluation.sets.dealing import dealt
from pai_studio.core.evaluation.sets.synthetic import HELD_OUT, SCREENS, FilmedClip, Filming, Size
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.synth.moves import ROTATIONS

NAME = "hdri-pans"
_FOLDER = "hdri_cc0"
_SEEDS = HELD_OUT + 500_000
"""Held out too, and apart from those of the synthetic set."""

_SIZES = {
    "quick": Size(6, (512, 288), (17, 21, 25)),
    "full": Size(30, (768, 432), (33, 41, 49)),
    "model": Size(30, (512, 288), (17, 21, 25)),
}
MOVES = tuple(kind for kind in ROTATIONS if kind != "static")


def footage_set(footage: Path, size: str, seed: int) -> BenchmarkSet:
    """The set from the panoramas in `footage`, or in its `hdri_cc0`. Raises BadInput where there is none."""
    folder = footage / _FOLDER if (footage / _FOLDER).is_dir() else footage
    found = sorted(folder.glob("*.hdr"))
    if not found:
        hint = "name a folder of equirectangular Radiance pictures"
        raise BadInput("holds no *.hdr", where=str(folder), hint=hint)
    wanted = _SIZES[size]
    rng = np.random.default_rng([_SEEDS, seed, wanted.clips])
    count = wanted.clips
    dealt_out = zip(
        dealt(found, count, rng),
        dealt(wanted.frames, count, rng),
        dealt(wanted.references, count, rng),
        dealt(SCREENS, count, rng),
        dealt(MOVES, count, rng),
        strict=True,
    )
    clips = [
        FilmedClip(
            Filming(
                _SEEDS + 1000 * seed + number,
                wanted.picture,
                frames,
                references,
                markers=number % 2 == 0,
                screen=screen,
                move=move,
                panorama=str(panorama.resolve()),
            )
        )
        for number, (panorama, frames, references, screen, move) in enumerate(dealt_out)
    ]
    return BenchmarkSet(NAME, "restore", clips, seed)
