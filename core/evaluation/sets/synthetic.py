"""The synthetic set: shots of the house's own renderer from seeds that nobody tunes on, with exact truth.

Moves, places, screens, numbers of references and of frames are dealt like cards: every kind comes about equally often
over the set, and none is tied to another. Half the clips have no screen markers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np

from pai_studio.core.evaluation.sets.base import BenchmarkSet, code_digest
from pai_studio.core.evaluation.sets.layout import shot_path, write_clip
from pai_studio.core.report import Report
from pai_studio.core.shot import document
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import FrameRange
from pai_studio.core.synth import moves
from pai_studio.core.synth.places.catalogue import PLACES
from pai_studio.core.synth.scene import write_shot

NAME = "synthetic"
HELD_OUT = 900_000
"""Seeds from here on are kept for judging: nothing is trained or tuned on them."""

_SEEDS_A_SET = 1000
_FIRST_FRAME = 1001
_T = TypeVar("_T")


@dataclass(frozen=True)
class Size:
    """How large a set is; `frames` are the lengths that its clips have."""

    clips: int
    picture: tuple[int, int]
    frames: tuple[int, ...]
    references: tuple[int, ...] = (1, 2, 3)


QUICK = Size(8, (512, 288), (17, 21, 25))
FULL = Size(64, (768, 432), (33, 41, 49))
SIZES = {"quick": QUICK, "full": FULL}


@dataclass(frozen=True)
class SyntheticClip:
    """One shot to be filmed."""

    seed: int
    size: tuple[int, int]
    frames: int
    references: int
    markers: bool
    screen: Literal["green", "blue"]
    move: str
    place: str

    @property
    def name(self) -> str:
        """The seed, so that clips keep their order and their names in every set that has them."""
        return f"s{self.seed:06d}"

    @property
    def at(self) -> None:
        """It is filmed."""
        return None

    def recipe(self) -> str:
        """What it is filmed from, and the renderer's own code."""
        return json.dumps(asdict(self) | {"renderer": code_digest("synth", "evaluation/sets/synthetic.py")})

    def write(self, folder: Path, report: Report) -> None:
        """Film it. The truth has no grain, which no engine could guess: finishing puts none on."""
        write_shot(
            folder,
            size=self.size,
            frames=FrameRange(_FIRST_FRAME, _FIRST_FRAME + self.frames - 1),
            seed=self.seed,
            screen=self.screen,
            markers=self.markers,
            references=self.references,
            move=self.move,
            place=self.place,
            name=folder.name,
            workers=1,
            report=report,
        )
        path = shot_path(folder)
        shot = document.parse(path.read_text(encoding="utf-8"), where=str(path))
        finish = shot.finish.model_copy(update={"grain": 0.0})
        path.write_text(shot.model_copy(update={"finish": finish}).to_json(), encoding="utf-8")
        write_clip(folder, self.tags(), self.seed)

    def tags(self) -> dict[str, str | int | bool]:
        """What the report groups by."""
        return {
            "references": self.references,
            "markers": self.markers,
            "move": self.move,
            "place": self.place,
            "screen": self.screen,
        }


def synthetic_set(size: Size = QUICK, seed: int = 0) -> BenchmarkSet:
    """A set of `size`; each `seed` has clips of its own, all from held-out seeds.

    Raises BadInput for a seed below 0.
    """
    if seed < 0:
        raise BadInput(f"--seed {seed} is below zero", hint="name 0 or more")
    rng = np.random.default_rng([HELD_OUT, seed, size.clips])
    count = size.clips
    clips = zip(
        _dealt(size.frames, count, rng),
        _dealt(size.references, count, rng),
        _dealt(("green", "blue"), count, rng),
        _dealt(moves.KINDS, count, rng),
        _dealt(sorted(PLACES), count, rng),
        strict=True,
    )
    return BenchmarkSet(
        NAME,
        "restore",
        [
            SyntheticClip(
                HELD_OUT + seed * _SEEDS_A_SET + number,
                size.picture,
                frames,
                min(references, frames),
                number % 2 == 0,
                "green" if screen == "green" else "blue",
                move,
                place,
            )
            for number, (frames, references, screen, move, place) in enumerate(clips)
        ],
        seed,
    )


def _dealt(kinds: Sequence[_T], count: int, rng: np.random.Generator) -> list[_T]:
    """`count` cards of packs of all kinds, each pack shuffled: any two kinds differ by at most one in number."""
    dealt: list[_T] = []
    while len(dealt) < count:
        dealt += [kinds[int(k)] for k in rng.permutation(len(kinds))]
    return dealt[:count]
