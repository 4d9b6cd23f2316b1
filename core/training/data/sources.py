"""Where a run's shots come from, as its settings name them: one kind of data or a mix.

A kind is a dataclass whose fields are the keys of its `[[data.sources]]`; a new one is one more entry of `KINDS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import torch
from pydantic import Field

from pai_studio.core.evaluation.sets.synthetic import HELD_OUT
from pai_studio.core.model.checkpoint import Bundle
from pai_studio.core.model.clock import Clock
from pai_studio.core.model.manifest import Manifest
from pai_studio.core.model.prompt import TextEncoder
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.training.data.films import Films
from pai_studio.core.training.data.latents import LatentSource, coded_by, latents_in
from pai_studio.core.training.data.shards import Filmed, KeptTake, takes_in
from pai_studio.core.training.data.showing import Showing
from pai_studio.core.training.data.taken import TakeSource
from pai_studio.core.training.data.takes import Filming, panoramas_in, rolls_in
from pai_studio.core.training.objective import Plan, Recipe, Sample, Source
from pai_studio.core.training.schema import section


@dataclass(frozen=True)
class Needed:
    """What a source is to serve: tokens of `patch` latent pixels, rows and columns, prompts through an `encoder`."""

    patch: tuple[int, int]
    encoder: TextEncoder
    manifest: Manifest
    """Of the model: how it sees a shot."""
    clock: Clock
    """Of its codec."""

    @classmethod
    def by(cls, bundle: Bundle) -> Needed:
        """What a model needs."""
        _, rows, columns = bundle.transformer.config.patch_size
        return cls((rows, columns), bundle.text, bundle.manifest, bundle.codec.clock)


class Kind(Protocol):
    """A kind of data."""

    weight: float
    """How often a step draws from it, beside the others' weights."""

    def open(self, needed: Needed) -> Source:
        """The shots to learn from. Raises BadInput where there are none."""
        ...

    def held_back(self, needed: Needed) -> Source:
        """Shots of the same kind that nothing is learnt from."""
        ...


@dataclass(frozen=True, kw_only=True)
class FilmsData:
    """`films`: the thumbnail films of the experiments."""

    weight: float = 1.0
    seed: int = 0

    def open(self, needed: Needed) -> Source:
        """The films of the seed."""
        return Films(self.seed, needed.patch, needed.encoder.encode([""]))

    def held_back(self, needed: Needed) -> Source:
        """Other films."""
        return Films(self.seed + 1, needed.patch, needed.encoder.encode([""]))


@dataclass(frozen=True, kw_only=True)
class TakesData:
    """`takes`: shards that `pai-studio train --film` has filmed."""

    folder: str
    weight: float = 1.0
    held_back_takes: Annotated[int, Field(ge=1)] = 16
    """Of the folder's last; they are for looking at."""
    reduced: Annotated[int, Field(ge=1)] = 1
    subject_light: Literal["plate", "place"] = "plate"
    faults: bool = True

    def open(self, needed: Needed) -> Source:
        """All but the last of the folder's takes."""
        takes = takes_in(Path(self.folder))[: -self.held_back_takes]
        if not takes:
            say = f"holds no more than the {self.held_back_takes} takes that are held back"
            raise BadInput(say, where=self.folder, hint="film more, or hold fewer back")
        return self._of(takes, needed)

    def held_back(self, needed: Needed) -> Source:
        """The last of them."""
        return self._of(takes_in(Path(self.folder))[-self.held_back_takes :], needed)

    def _of(self, takes: list[KeptTake], needed: Needed) -> TakeSource:
        showing = Showing(self.reduced, self.subject_light, self.faults)
        return TakeSource(takes, needed.patch, needed.encoder, showing)


@dataclass(frozen=True, kw_only=True)
class SynthData:
    """`synth`: takes straight from the renderer, each filmed when a step first draws it, and kept in `folder`."""

    folder: str
    takes: Annotated[int, Field(ge=1)] = 512
    first: Annotated[int, Field(ge=0, lt=HELD_OUT)] = 0
    """The first one's seed; the others follow, and behind them those that are held back."""
    weight: float = 1.0
    held_back_takes: Annotated[int, Field(ge=1)] = 4
    panoramas: str = ""
    """A folder of panoramas to be places too; none: painted places alone."""
    rolls: str = ""
    """A folder of keyed subjects to be filmed too; none: painted people alone."""

    def open(self, needed: Needed) -> Source:
        """Nothing but the first is filmed yet."""
        return self._of(range(self.first, self.first + self.takes), needed)

    def held_back(self, needed: Needed) -> Source:
        """The seeds behind those that are learnt from."""
        first = self.first + self.takes
        return self._of(range(first, first + self.held_back_takes), needed)

    def _of(self, seeds: range, needed: Needed) -> Source:
        if seeds.stop > HELD_OUT:
            say = f"seeds up to {seeds.stop} are not for training"
            raise BadInput(say, where="data.sources", hint=f"stay below {HELD_OUT}")
        filming = Filming(
            panoramas=panoramas_in(Path(self.panoramas)) if self.panoramas else (),
            rolls=rolls_in(Path(self.rolls)) if self.rolls else (),
        )
        takes = Filmed(Path(self.folder), seeds, filming, needed.manifest)
        return TakeSource(takes, needed.patch, needed.encoder)


@dataclass(frozen=True, kw_only=True)
class LatentsData:
    """`latents`: shots that `pai-studio train --encode` has encoded."""

    folder: str
    weight: float = 1.0
    held_back_shots: Annotated[int, Field(ge=1)] = 8
    """Of the folder's last; they are for looking at."""

    def open(self, needed: Needed) -> Source:
        """All but the last of the folder's shots."""
        return self._of(slice(None, -self.held_back_shots), needed)

    def held_back(self, needed: Needed) -> Source:
        """The last of them."""
        return self._of(slice(-self.held_back_shots, None), needed)

    def _of(self, which: slice, needed: Needed) -> Source:
        made = coded_by(needed.manifest)
        shots = latents_in(Path(self.folder), needed.clock.stride, made)[which]
        if not shots:
            say = f"holds no more than the {self.held_back_shots} shots that are held back"
            raise BadInput(say, where=self.folder, hint="encode more, or hold fewer back")
        return LatentSource(shots, needed.patch, needed.clock, needed.encoder.encode([""]).float())


KINDS: Mapping[str, type[Any]] = {
    "films": FilmsData,
    "takes": TakesData,
    "synth": SynthData,
    "latents": LatentsData,
}


def kinds_of(told: Sequence[Mapping[str, Any]], where: str) -> list[Kind]:
    """The data that `[[data.sources]]` name. Raises BadInput for the first key that is wrong."""
    found: list[Kind] = []
    for number, each in enumerate(told):
        name = f"data.sources.{number}"
        kind = str(each.get("kind", ""))
        if kind not in KINDS:
            hint = f"known: {', '.join(KINDS)}"
            raise BadInput(f"{name}.kind: {kind!r} is no kind of data", where=where, hint=hint)
        keys = {key: value for key, value in each.items() if key != "kind"}
        made = section(KINDS[kind], keys, name, where)
        if made.weight <= 0:
            raise BadInput(
                f"{name}.weight: must be above 0", where=where, hint="leave the source out instead"
            )
        found.append(made)
    return found


def opened(kinds: Sequence[Kind], needed: Needed, *, held_back: bool = False) -> Source:
    """The source of one kind, or a mix of several."""
    sources = [kind.held_back(needed) if held_back else kind.open(needed) for kind in kinds]
    if len(sources) == 1:
        return sources[0]
    return Mixed(sources, [kind.weight for kind in kinds])


@dataclass(frozen=True)
class _From:
    """Which source of a mix a plan is for, and what that one says of it."""

    source: int
    pick: object


class Mixed:
    """Several sources, drawn from by their weights. Raises BadInput where their codecs differ."""

    def __init__(self, sources: Sequence[Source], weights: Sequence[float]) -> None:
        if len({source.clock for source in sources}) > 1:
            say = "some sources are pictures, others are a codec's latents"
            raise BadInput(say, where="data.sources", hint="part them")
        self._sources = sources
        self._shares = torch.tensor(weights, dtype=torch.float64)
        self.clock, self.grid, self.null_text = sources[0].clock, sources[0].grid, sources[0].null_text

    def plan(self, recipe: Recipe, generator: torch.Generator) -> Plan:
        """As one of the sources says."""
        number = int(torch.multinomial(self._shares, 1, generator=generator))
        plan = self._sources[number].plan(recipe, generator)
        return replace(plan, pick=_From(number, plan.pick))

    def draw(self, plan: Plan, batch: int, generator: torch.Generator) -> Sample:
        """Of the source that the plan is for."""
        assert isinstance(plan.pick, _From)
        own = replace(plan, pick=plan.pick.pick)
        return self._sources[plan.pick.source].draw(own, batch, generator)
