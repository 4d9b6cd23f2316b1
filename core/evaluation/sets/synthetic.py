"""The synthetic set: shots of the house's own renderer from seeds that nobody tunes on, with exact truth.

Moves, places, screens, numbers of references and of frames are dealt like cards: every kind comes about equally often
over the set, and none is tied to another. Half the clips have no screen markers.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from pai_studio.core.evaluation.sets.base import BenchmarkSet, code_digest
from pai_studio.core.evaluation.sets.dealing import dealt, dealt_within
from pai_studio.core.evaluation.sets.layout import shot_path
from pai_studio.core.report import Report
from pai_studio.core.shot import document
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import FrameRange
from pai_studio.core.synth import moves
from pai_studio.core.synth.capture.faults import MASK_FAULTS
from pai_studio.core.synth.places.catalogue import PLACES
from pai_studio.core.synth.scene import write_shot

NAME = "synthetic"
HELD_OUT = 900_000
"""Seeds from here on are kept for judging: nothing is trained or tuned on them."""

SCREENS: tuple[Literal["green", "blue"], ...] = ("green", "blue")
MASK = "mask"
_SEEDS_A_SET = 1000
_FIRST_FRAME = 1001


@dataclass(frozen=True)
class Size:
    """How large a set is; `frames` are the lengths that its clips have."""

    clips: int
    picture: tuple[int, int]
    frames: tuple[int, ...]
    references: tuple[int, ...] = (1, 2, 3)
    lights: tuple[Literal["stage", "perturbed"], ...] = ("stage",)
    faults: tuple[str | None, ...] = (None,)
    blurs: tuple[bool, ...] = (False,)
    """What `synth.filming.SceneSpec` calls `light`, `fault` and `camera_blur`, each as often as it stands here.

    The fault `MASK` is dealt on: each kind of them that spoils the mask comes about equally often.
    """

    crossed: bool = False
    """Whether numbers of references, markers and faults are dealt within one another: the first few clips too then
    have every combination about equally often.
    """


QUICK = Size(8, (512, 288), (17, 21, 25))
FULL = Size(
    64,
    (768, 432),
    (33, 41, 49),
    lights=("stage", "stage", "perturbed"),
    faults=(*(None,) * 7, "any"),
    blurs=(False, True),
)
MODEL = Size(
    64,
    (512, 288),
    (17, 21, 25),
    lights=("stage", "stage", "stage", "perturbed"),
    faults=(None, MASK),
    crossed=True,
)
"""Small pictures for a small model: every second clip has a faulty mask, every fourth another light."""

SIZES = {"quick": QUICK, "full": FULL, "model": MODEL}


@dataclass(frozen=True)
class Filming:
    """One shot to be filmed; plain data."""

    seed: int
    size: tuple[int, int]
    frames: int
    references: int
    markers: bool
    screen: Literal["green", "blue"]
    move: str
    place: str | None = None
    """A kind of place; None where it is a panorama."""

    panorama: str | None = None
    """An equirectangular picture that is the place."""

    light: Literal["stage", "perturbed"] = "stage"
    fault: str | None = None
    camera_blur: bool = False


@dataclass(frozen=True)
class FilmedClip:
    """A clip that the house's renderer makes. Its name is its seed's, so that clips keep it in every set."""

    shot: Filming

    @property
    def name(self) -> str:
        """The seed, and the panorama's name where there is one."""
        where = f"-{Path(self.shot.panorama).stem}" if self.shot.panorama else ""
        return f"s{self.shot.seed:06d}{where}"

    @property
    def at(self) -> None:
        """It is filmed."""
        return None

    @property
    def frames(self) -> int:
        """Its length."""
        return self.shot.frames

    def recipe(self) -> str:
        """What it is filmed from: all of `shot`, the panorama, and the renderer's own code."""
        said = asdict(self.shot) | {"renderer": code_digest("synth", "evaluation/sets/synthetic.py")}
        if self.shot.panorama:
            said["panorama"] = hashlib.sha256(Path(self.shot.panorama).read_bytes()).hexdigest()
        return json.dumps(said)

    def write(self, folder: Path, report: Report) -> None:
        """Film it, by a camera of the seed's; the renderer itself tells the tags of what it drew.

        Neither truth nor stills have grain, so finishing puts none on.
        """
        shot = self.shot
        write_shot(
            folder,
            size=shot.size,
            frames=FrameRange(_FIRST_FRAME, _FIRST_FRAME + shot.frames - 1),
            seed=shot.seed,
            screen=shot.screen,
            markers=shot.markers,
            references=shot.references,
            move=shot.move,
            place=shot.place,
            panorama=shot.panorama,
            light=shot.light,
            fault=shot.fault,
            camera_blur=shot.camera_blur,
            capture=None,
            name=folder.name,
            workers=1,
            report=report,
        )
        path = shot_path(folder)
        document_ = document.parse(path.read_text(encoding="utf-8"), where=str(path))
        finish = document_.finish.model_copy(update={"grain": 0.0})
        path.write_text(document_.model_copy(update={"finish": finish}).to_json(), encoding="utf-8")


def synthetic_set(size: Size = QUICK, seed: int = 0, references: int | None = None) -> BenchmarkSet:
    """A set of `size`; each `seed` has clips of its own, all from held-out seeds.

    With `references` every clip has that many, and is else the one that it was. Raises BadInput for a seed below 0, or
    for more references than a clip has frames.
    """
    if seed < 0:
        raise BadInput(f"--seed {seed} is below zero", hint="name 0 or more")
    if references is not None and not 1 <= references <= min(size.frames):
        raise BadInput(
            f"--references {references} does not fit clips of {min(size.frames)} frames",
            hint="ask for 1 to 5",
        )
    rng = np.random.default_rng([HELD_OUT, seed, size.clips])
    count = size.clips
    frames = dealt(size.frames, count, rng)
    stills = dealt(size.references, count, rng)
    screens = dealt(SCREENS, count, rng)
    kinds = dealt(moves.KINDS, count, rng)
    places = dealt(sorted(PLACES), count, rng)
    lights = dealt(size.lights, count, rng)
    faults = dealt(size.faults, count, rng)
    blurs = dealt(size.blurs, count, rng)
    markers = [number % 2 == 0 for number in range(count)]
    if size.crossed:
        faults = dealt_within(size.faults, markers, rng)
        stills = dealt_within(size.references, list(zip(markers, faults, strict=True)), rng)
    mask_faults = iter(dealt(MASK_FAULTS, count, rng))
    clips = [
        FilmedClip(
            Filming(
                HELD_OUT + seed * _SEEDS_A_SET + number,
                size.picture,
                frames[number],
                references or stills[number],
                markers=markers[number],
                screen=screens[number],
                move=kinds[number],
                place=places[number],
                light=lights[number],
                fault=next(mask_faults) if faults[number] == MASK else faults[number],
                camera_blur=blurs[number],
            )
        )
        for number in range(count)
    ]
    name = NAME if references is None else f"{NAME}-{references}"
    return BenchmarkSet(name, "restore", clips, seed)
