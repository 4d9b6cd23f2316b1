"""A take: one shot of the house's own renderer, as the model sees it, with the truth and what the draft makes of it.

Plate, matte, stills and guide go through the engine's own eyes (`PaiShot`), so that a model learns from just what it
will be shown. Filming takes seconds on a CPU, so takes are kept in shards (`shards`) and drawn from again and again.

Legend of shapes: T frames, (h, w) pixels of the model's frame. Pictures are codes in 0..1, half floats.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
from torch import Tensor

from pai_studio.core.engines.pai_shot import PaiShot
from pai_studio.core.evaluation.sets.synthetic import HELD_OUT
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.frame import Array, Box, PlateFrame, Still
from pai_studio.core.model.manifest import Manifest
from pai_studio.core.report import silent
from pai_studio.core.shot.document import SCHEMA, Delivery, EngineChoice, Plate, Reference, Shot
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import FrameRange
from pai_studio.core.synth.filming import Filmed, Scene, SceneSpec
from pai_studio.core.synth.people.roll import ABOUT
from pai_studio.core.synth.told import prompt_of

Halves = npt.NDArray[np.float16]
_PANORAMAS = (".exr", ".hdr")
_RATES = (24.0, 12.0, 6.0)
_RATE_SHARES = (0.4, 0.35, 0.25)


@dataclass(frozen=True, kw_only=True)
class Filming:
    """How takes are filmed and what is dealt to them; shares are probabilities."""

    sizes: tuple[tuple[int, int], ...] = ((256, 144),)
    """Width and height of the plate, before the model's frame; each take has one of them."""
    frames: int = 17
    stills: int = 2
    """Sets of stills that a take is drafted with, each of one to three."""
    blue_share: float = 0.3
    markers_share: float = 0.5
    perturbed_share: float = 0.4
    fault_share: float = 0.5
    blur_share: float = 0.2
    panorama_share: float = 0.25
    """How often the place is one of `panoramas`, where there are any."""
    panoramas: tuple[str, ...] = ()
    roll_share: float = 0.5
    """How often the subject is one of `rolls`, where there are any."""
    rolls: tuple[str, ...] = ()
    """Folders of keyed subjects (`core.synth.people.roll`)."""


@dataclass(frozen=True)
class Guided:
    """A set of stills and the draft made with them: `anchors` are frames of the take, `guide` (T, 5, h, w)."""

    anchors: tuple[int, ...]
    guide: Halves


@dataclass(frozen=True)
class Take:
    """Truth and plate of one shot. `told` is the matte (T, 1, h, w) that the model is given or keys itself.

    `truth`, `place` (the truth without subject and shadow) and `plate` are (T, 3, h, w); `matte` and `rebuilt`
    (T, 1, h, w) are the truth's: where the subject is, and what of it the plate lacks.
    """

    seed: int
    prompt: str
    truth: Halves
    place: Halves
    matte: Halves
    rebuilt: Halves
    plate: Halves
    told: Halves
    guided: tuple[Guided, ...]


def panoramas_in(folder: Path) -> tuple[str, ...]:
    """The panoramas of a folder, in the order of their names. Raises BadInput where it holds none."""
    found = tuple(sorted(str(path) for path in folder.glob("*") if path.suffix.lower() in _PANORAMAS))
    if not found:
        hint = "name a folder of equirectangular EXR or Radiance pictures"
        raise BadInput("holds no panoramas", where=str(folder), hint=hint)
    return found


def rolls_in(folder: Path) -> tuple[str, ...]:
    """The keyed subjects of a folder, in the order of their names. Raises BadInput where it holds none."""
    found = tuple(sorted(str(path.parent) for path in folder.glob(f"*/{ABOUT}")))
    if not found:
        hint = "name a folder of keyed subjects, as examples/train/keyed.py makes them"
        raise BadInput("holds no keyed subjects", where=str(folder), hint=hint)
    return found


def film(seed: int, filming: Filming, manifest: Manifest) -> Take:
    """The take of a seed, for models of a `manifest`. Raises ValueError for a seed that is held out."""
    if seed >= HELD_OUT:
        raise ValueError(f"seed {seed} is held out for the benchmark")
    rng = np.random.default_rng([seed, 21])
    scene = Scene(_spec(seed, filming, rng))
    filmed = [scene.filmed(index) for index in range(filming.frames)]
    guided: list[Guided] = []
    for count in rng.integers(1, 4, filming.stills):
        anchors = _anchors(int(count), filming.frames, rng)
        shot = PaiShot(_Set(scene, filmed, anchors), EngineChoice(), manifest, silent)
        seen = list(shot.plate(range(filming.frames)))
        guided.append(Guided(anchors, _halves([_codes(told[1:]) for _, told in seen])))

    def codes(pictures: Iterable[Array]) -> Halves:
        return _halves(shot.view.to_codes(shot.at.to_model(each))[0].transpose(2, 0, 1) for each in pictures)

    def shares(planes: Iterable[Array]) -> Halves:
        return _halves(np.clip(shot.at.to_model(each), 0, 1)[None] for each in planes)

    whole = np.zeros_like(filmed[0].matte)
    return Take(
        seed,
        shot.prompt,
        codes(each.composite for each in filmed),
        codes(each.background for each in filmed),
        shares(each.matte for each in filmed),
        shares(whole if each.rebuilt is None else each.rebuilt for each in filmed),
        _halves(_codes(plate) for plate, _ in seen),
        _halves(told[:1].numpy() for _, told in seen),
        tuple(guided),
    )


def _spec(seed: int, filming: Filming, rng: np.random.Generator) -> SceneSpec:
    """What is dealt to the scene of a seed; place, move and camera it draws itself."""
    panorama = None
    if filming.panoramas and rng.random() < filming.panorama_share:
        panorama = str(rng.choice(filming.panoramas))
    roll = None
    if filming.rolls and rng.random() < filming.roll_share:
        roll = str(rng.choice(filming.rolls))
    return SceneSpec(
        _size(seed, filming),
        filming.frames,
        float(rng.choice(_RATES, p=_RATE_SHARES)),
        seed,
        "blue" if rng.random() < filming.blue_share else "green",
        bool(rng.random() < filming.markers_share),
        fault="any" if rng.random() < filming.fault_share else None,
        light="perturbed" if rng.random() < filming.perturbed_share else "stage",
        capture=None,
        panorama=panorama,
        roll=roll,
        camera_blur=bool(rng.random() < filming.blur_share),
    )


def _size(seed: int, filming: Filming) -> tuple[int, int]:
    """Dealt by itself, so that takes of one size have otherwise what they would have beside others."""
    return filming.sizes[np.random.default_rng([seed, 22]).integers(len(filming.sizes))]


def _anchors(count: int, frames: int, rng: np.random.Generator) -> tuple[int, ...]:
    """Half the time begin, end and middle, as artists place stills; else any frames."""
    if rng.random() < 0.5:
        fixed = {
            1: [rng.choice([0, frames // 2, frames - 1])],
            2: [0, frames - 1],
            3: [0, frames // 2, frames - 1],
        }
        return tuple(int(frame) for frame in fixed[count])
    return tuple(sorted(int(frame) for frame in rng.choice(frames, count, replace=False)))


def _halves(planes: Iterable[npt.NDArray[np.floating]]) -> Halves:
    return np.stack(list(planes)).astype(np.float16, order="C")


def _codes(told: Tensor) -> Array:
    """Channels (C, h, w) whose first three are a picture in -1..1, with that in 0..1."""
    found = told.numpy().copy()
    found[:3] = found[:3] / 2 + 0.5
    return found


class _Set:
    """A filmed scene as engines are given shots: a `ShotSource` whose pictures lie in memory."""

    def __init__(self, scene: Scene, filmed: Sequence[Filmed], anchors: Sequence[int]) -> None:
        self.config = ColorConfig.open()
        self.frames = FrameRange(0, len(filmed) - 1)
        self._filmed = filmed
        self._box = Box(0, 0, *scene.spec.size)
        working = self.config.working
        files = [Reference(file="still", frame=frame, colorspace=working) for frame in anchors]
        self.stills = [Still(filmed[frame].background, frame, np.eye(3)) for frame in anchors]
        self.shot = Shot(
            schema=SCHEMA,
            name=f"take-{scene.spec.seed}",
            rate=Fraction(scene.spec.fps),
            frames=self.frames,
            plate=Plate(files="plate.####", colorspace=working, screen=scene.spec.screen),
            references=files,
            prompt=prompt_of(scene),
            delivery=Delivery(files="beauty.####.exr", layout="files"),
        )

    def frame(self, number: int) -> PlateFrame:
        """One frame of the plate, with the faulty matte where the shot has one."""
        filmed = self._filmed[number]
        return PlateFrame(number, filmed.plate, self._box, self._box, alpha=filmed.given)

    def stream(self, numbers: Iterable[int]) -> Iterator[PlateFrame]:
        """Those frames."""
        return map(self.frame, numbers)
