"""What a run has learnt, measured on takes that are held back, each told of with no still, one, two and three.

What two models are asked is the same to the last number: takes, windows, stills and noise. So they are compared take by
take.

Legend of shapes: N frames of the window, (h, w) pixels; pictures (3, N, h, w) are in -1..1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pai_studio.core.model.layout import Cloning, Window, lay_out
from pai_studio.core.model.sampler import Sampling, sample, start_noise
from pai_studio.core.model.transformer import Conditions, PaiTransformer3DModel
from pai_studio.core.report import Progress, Report
from pai_studio.core.training.data.shards import KeptTake
from pai_studio.core.training.data.taken import TakeSource
from pai_studio.core.training.experiments.measures import anchor_offset, psnr_db
from pai_studio.core.training.objective import Asked, Sample
from pai_studio.core.training.pictures import Strip
from pai_studio.core.training.trainer import ask

SAMPLING = Sampling(solver="euler", steps=1, shift=1.0, prediction="sample")
"""One step: the mean of what a model holds possible, so that what is measured is what its conditions tell."""
USUAL = 2
"""The stills that a take is told of where their number is not what is asked about."""
_PICTURE = slice(0, 3)
_FAR_DB = 19.0
_LEAST_PX = 30
"""Fewer pixels over a whole window are not measured."""
_INSIDE, _OUTSIDE = 0.5, 0.01

Values = Mapping[str, float | None]
"""By the name of a metric; None where a take has nothing to measure it by."""


METRICS: Mapping[str, str] = {
    "subject_psnr_db": "subject, dB",
    "relight_gain_db_far": "relight gain where the light is far off, dB",
    "relight_gain_db_near": "where it is near, dB",
    "rebuilt_psnr_db": "rebuilt, dB",
    "background_psnr_db_0": "background without a still, dB",
    "background_psnr_db_1": "with 1, dB",
    "background_psnr_db_2": "with 2, dB",
    "background_psnr_db_3": "with 3, dB",
    "colour_error_0": "colour without a still (less is better)",
    "anchor_offset_frames": "anchor offset, frames (less is better)",
}
"""What is measured of a take, with its name on a page.

Relight gain is the subject's PSNR less that of the plate's own light: apart for takes where that has less than
`_FAR_DB` and for the others, as what is won and what is spoilt would make up for one another. The colour error is that
of the background's mean colour, in codes 0..1, where only the prompt tells of the place. The anchor's offset is
`measures.anchor_offset`, for one still at the second frame and at the last but one.
"""


@dataclass(frozen=True)
class Gauged:
    """A model as it is asked: where its references stand, and whether it is told the prompt."""

    model: PaiTransformer3DModel
    cloning: Cloning
    prompted: bool


class HeldBack:
    """Takes to measure on, each in one window of `count` frames of its middle, every second one where it is long."""

    def __init__(self, source: TakeSource, count: int) -> None:
        self._source, self._count = source, count
        self.takes: Sequence[KeptTake] = source.takes

    def values(self, gauged: Gauged, report: Report) -> list[Values]:
        """The metrics of every take."""
        found = []
        for done, take in enumerate(self.takes):
            found.append(self._values(gauged, take))
            report(Progress("measure", done + 1, len(self.takes)))
        return found

    def strips(self, models: Mapping[str, Gauged], takes: Sequence[int]) -> list[Strip]:
        """For a contact sheet: of each take its plate, stills, truth, and what each model makes of it."""
        found: list[Strip] = []
        for number in takes:
            take, places = self.takes[number], _places(self._count)[USUAL]
            told = self._told(take, places)
            assert told.references is not None
            stills = torch.full_like(told.clean[0], -0.8)
            stills[:, list(places)] = told.references[0, _PICTURE]
            found += [(f"seed {take.seed}: plate", told.foreground[0, _PICTURE]), ("stills", stills)]
            found.append(("truth", told.clean[0]))
            found += [(name, self._made(each, take, places, told)) for name, each in models.items()]
        return found

    def _values(self, gauged: Gauged, take: KeptTake) -> Values:
        found: dict[str, float | None] = {}
        for stills, places in _places(self._count).items():
            told = self._told(take, places)
            made = self._made(gauged, take, places, told)
            clean, behind = told.clean[0], told.matte[0, 0] < _OUTSIDE
            error = _squared(made, clean)
            found[f"background_psnr_db_{stills}"] = _psnr(error, behind)
            if not stills:
                found["colour_error_0"] = _colour_error(made, clean, behind)
            if stills == USUAL:
                found |= _of_subject(error, told)
        offsets = [self._offset(gauged, take, place) for place in (1, self._count - 2)]
        sizes = [abs(offset) for offset in offsets if offset is not None]
        found["anchor_offset_frames"] = sum(sizes) / len(sizes) if sizes else None
        return {name: found[name] for name in METRICS}

    def _offset(self, gauged: Gauged, take: KeptTake, place: int) -> int | None:
        told = self._told(take, (place,))
        assert told.references is not None
        where = told.matte[0, 0].amax(dim=0) < _OUTSIDE
        if int(where.sum()) < _LEAST_PX:
            return None
        made = self._made(gauged, take, (place,), told)
        return anchor_offset(made, told.clean[0], told.references[0, _PICTURE, 0], place, where)

    def window(self, take: KeptTake) -> Window:
        """Where a take is looked at."""
        step = 2 if 2 * (self._count - 1) < take.frames else 1
        first = (take.frames - 1 - (self._count - 1) * step) // 2
        return Window(first, self._count, 0, step)

    def _anchors(self, take: KeptTake, places: Sequence[int]) -> tuple[int, ...]:
        window = self.window(take)
        return tuple(window.first + place * window.step for place in places)

    def _told(self, take: KeptTake, places: Sequence[int]) -> Sample:
        """What is told of a take with stills at some frames of its window."""
        plan = self._source.plan_of(take, self.window(take), self._anchors(take, places))
        return self._source.draw(plan, 1, torch.Generator())

    @torch.no_grad()
    def _made(self, gauged: Gauged, take: KeptTake, places: Sequence[int], told: Sample) -> Tensor:
        source, anchors = self._source, self._anchors(take, places)
        layout = lay_out(
            self.window(take), source.grid_of(take), anchors, source.clock, cloning=gauged.cloning
        )
        conditions = Conditions(told.foreground, told.references)
        text = told.text if gauged.prompted else source.null_text

        def denoise(noisy: Tensor, timestep: Tensor, _branch: str) -> Tensor:
            asked = Asked(noisy, timestep, text, layout, conditions, None)
            return ask(gauged.model, asked, source.null_text).float()

        return sample(denoise, start_noise(told.clean.shape, take.seed, "held back"), SAMPLING)[0]


def _places(count: int) -> Mapping[int, tuple[int, ...]]:
    """By the number of stills, the frames of a window that they stand at."""
    last = count - 1
    return {0: (), 1: (last // 2,), 2: (0, last), 3: (0, last // 2, last)}


def _of_subject(error: Tensor, told: Sample) -> dict[str, float | None]:
    assert told.rebuilt is not None
    matte, rebuilt = told.matte[0, 0], told.rebuilt[0, 0]
    there = (matte > _INSIDE) & (rebuilt < _OUTSIDE)
    subject = _psnr(error, there)
    unlit = _psnr(_squared(told.foreground[0, _PICTURE], told.clean[0]), there)
    gain = None if subject is None or unlit is None else subject - unlit
    is_far = unlit is not None and unlit < _FAR_DB
    return {
        "subject_psnr_db": subject,
        "relight_gain_db_far": gain if is_far else None,
        "relight_gain_db_near": None if is_far else gain,
        "rebuilt_psnr_db": _psnr(error, rebuilt > _INSIDE),
    }


def _squared(made: Tensor, clean: Tensor) -> Tensor:
    """The squared error (N, h, w), codes 0..1."""
    return ((made - clean) / 2).square().mean(dim=0)


def _psnr(error: Tensor, where: Tensor) -> float | None:
    return psnr_db(float(error[where].mean())) if int(where.sum()) >= _LEAST_PX else None


def _colour_error(made: Tensor, clean: Tensor, where: Tensor) -> float | None:
    if int(where.sum()) < _LEAST_PX:
        return None
    return float(((made - clean) / 2)[:, where].mean(dim=1).abs().mean())
