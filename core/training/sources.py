"""Where a run's shots come from, as its settings name them: one kind of data or a mix.

A kind is a dataclass whose fields are the keys of its `[[data.sources]]`; a new one is one more entry of `KINDS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Protocol

import torch
from pydantic import Field

from pai_studio.core.model.prompt import TextEncoder
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.training.films import Films
from pai_studio.core.training.objective import Plan, Recipe, Sample, Source
from pai_studio.core.training.schema import section
from pai_studio.core.training.taken import TakeSource


@dataclass(frozen=True)
class Needed:
    """What a source is to serve: tokens of `patch` pixels, rows and columns, and prompts through an `encoder`."""

    patch: tuple[int, int]
    encoder: TextEncoder


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

    def open(self, needed: Needed) -> Source:
        """All but the last of the folder's takes."""
        return TakeSource(Path(self.folder), needed.patch, needed.encoder, slice(None, -self.held_back_takes))

    def held_back(self, needed: Needed) -> Source:
        """The last of them."""
        return TakeSource(Path(self.folder), needed.patch, needed.encoder, slice(-self.held_back_takes, None))


KINDS: Mapping[str, type[Any]] = {"films": FilmsData, "takes": TakesData}


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
    """Several sources of one size, drawn from by their weights. Raises BadInput where they differ in their grids."""

    def __init__(self, sources: Sequence[Source], weights: Sequence[float]) -> None:
        grids = {(source.clock, source.grid) for source in sources}
        if len(grids) > 1:
            raise BadInput(
                "the sources' pictures are not of one size", where="data.sources", hint="part them"
            )
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
