"""Which engine `auto` takes for which layer: the one that leads a stored benchmark, where it runs here
(docs/adr/014-auto.md).

`standing.json` holds what `pai-studio evaluate --standing` wrote of its reports: a row for each set, number of
references, engine and model. The rule:

1. A preview takes `draft`: figures are of finals, and a preview is to be quick.
2. An engine counts where its libraries are installed and so is, whole, the very model that was measured, which was
   trained for something; if the shot names a model, that one alone. `draft` always counts.
3. It is compared with `draft` where both were measured on the same clips by the same code, at the number of references
   that is nearest to the shot's, the smaller of two. Its leads are the differences of background PSNR and of subject
   PSNR, each clip as much as another: the first tells of its place, the second of its light.
4. It gives the layers in which it leads, background and gain; `draft` gives the others. A lead of less than `TIE_DB` is
   a tie, and `draft` takes ties: it is quick, and keeps the stills' own pixels. Of several the one is taken whose leads
   sum up to most.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pai_studio.core.engines.layered import Layer
from pai_studio.core.engines.libraries import missing
from pai_studio.core.model.store import Installed, check, installed
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import BadInput

SCHEMA: Final = "pai-studio/standing/1"
TABLE = Path(__file__).with_name("standing.json")
"""The table that comes with the package; where there is none, nothing has been measured."""

TIE_DB = 0.1
DRAFT = "draft"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Row(_Part):
    """An engine's means over the clips of a set that have the same number of references."""

    set: str
    code: str = Field(description="digest of the code that measured")
    references: int = Field(ge=1)
    clips: int = Field(ge=1)
    inputs: str = Field(description="digest of what those clips are: rows of the same clips can be compared")
    engine: str
    version: str
    model: str = Field("", description="name of its model; empty for an engine without")
    digest: str = Field("", description="digest of that model")
    background_psnr_db: float
    subject_psnr_db: float
    anchors_off_frames: float | None = None
    spill: float | None = None

    @property
    def trial(self) -> tuple[str, str, int, str]:
        """What it was measured on, and by which code."""
        return self.set, self.code, self.references, self.inputs

    @property
    def who(self) -> str:
        """The engine and its model, for people."""
        return f"{self.engine} ({self.model})" if self.model else self.engine


class Standing(_Part):
    """The whole table."""

    schema_: Literal["pai-studio/standing/1"] = Field(SCHEMA, alias="schema")
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Picked:
    """What `auto` takes: an engine, the model that it is to run, and why."""

    engine: str
    why: str
    model: str = ""
    from_draft: tuple[Layer, ...] = ()
    """The layers that `draft` gives all the same."""


@dataclass(frozen=True)
class _Lead:
    """How far a candidate is ahead of `draft` in each layer, in decibels."""

    by_layer: Mapping[Layer, float]
    row: Row
    model: str
    clips: int
    sets: tuple[str, ...]

    @property
    def given(self) -> tuple[Layer, ...]:
        """The layers that it gives."""
        return tuple(layer for layer, db in self.by_layer.items() if db >= TIE_DB)

    @property
    def db(self) -> float:
        """What it is worth."""
        return sum(self.by_layer[layer] for layer in self.given)

    def told(self) -> str:
        size, many = self.row.references, "" if self.row.references == 1 else "s"
        where = f"with {size} reference{many}, over {self.clips} clips of {', '.join(self.sets)}"
        leads = ", ".join(f"{layer} {db:+.2f} dB" for layer, db in self.by_layer.items())
        gives = f"gives {' and '.join(self.given)}" if self.given else "gives nothing"
        return f"{self.row.who} {gives}; against {DRAFT}: {leads}, {where}"


def read(path: Path | None = None) -> Standing:
    """The table, the package's own unless named; an empty one where there is no file.

    Raises BadInput for one that cannot be used.
    """
    path = TABLE if path is None else path
    if not path.is_file():
        return Standing()
    try:
        return Standing.model_validate_json(path.read_bytes())
    except ValidationError as error:
        fault = error.errors()[0]
        key = ".".join(str(part) for part in fault["loc"])
        hint = "write it anew: `pai-studio evaluate --standing`"
        raise BadInput(f"{key}: {fault['msg']}", where=str(path), hint=hint) from None


def pick(shot: Shot, models: Path, table: Standing | None = None) -> Picked:
    """The engine for a shot, by the rule above.

    Raises BadInput for a table that cannot be used, and for a model that is named and not installed.
    """
    named = shot.engine.model
    if named and named not in {model.name for model in installed(models)}:
        hint = "`pai-studio models list` shows what is; leave engine.model empty to have it chosen"
        raise BadInput(f"no model {named!r} is installed", where="engine.model", hint=hint)
    if shot.engine.quality == "preview":
        return Picked(DRAFT, "auto: a preview is to be quick")
    rows = (read() if table is None else table).rows
    measured = [row for row in rows if row.digest]
    if not measured:
        return Picked(DRAFT, "auto: no other engine has been measured")
    here = _here(measured, models, named)
    drafts = {row.trial: row for row in rows if row.engine == DRAFT}
    found = (_lead(model, measured, drafts, len(shot.references)) for model in here)
    leads = [lead for lead in found if lead is not None]
    if not leads:
        return Picked(DRAFT, f"auto: nothing else that was measured runs here ({_told(measured)})")
    best = max(leads, key=lambda lead: (lead.db, sum(lead.by_layer.values())))
    if not best.given:
        return Picked(DRAFT, f"auto: {best.told()}")
    others = tuple(layer for layer in best.by_layer if layer not in best.given)
    return Picked(best.row.engine, f"auto: {best.told()}", best.model, others)


def _here(measured: Iterable[Row], models: Path, named: str) -> list[Installed]:
    """The installed models that were measured, and can be run."""
    if missing():
        return []
    digests = {(row.engine, row.digest) for row in measured}
    return [
        model
        for model in installed(models)
        if (model.manifest.engine, model.manifest.digest) in digests
        and model.manifest.trained_for != "none"
        and named in ("", model.name)
        and not check(model, contents=False)
    ]


def _lead(
    model: Installed, measured: Sequence[Row], drafts: dict[tuple[str, str, int, str], Row], references: int
) -> _Lead | None:
    """A model's lead over `draft`; None where they were never measured on the same."""
    own = [row for row in measured if row.digest == model.manifest.digest and row.trial in drafts]
    if not own:
        return None
    nearest = min({row.references for row in own}, key=lambda found: (abs(found - references), found))
    rows = [row for row in own if row.references == nearest]
    clips, sets = sum(row.clips for row in rows), tuple(dict.fromkeys(row.set for row in rows))

    by_layer: dict[Layer, float] = {"background": 0.0, "gain": 0.0}
    for row in rows:
        other, share = drafts[row.trial], row.clips / clips
        by_layer["background"] += share * (row.background_psnr_db - other.background_psnr_db)
        by_layer["gain"] += share * (row.subject_psnr_db - other.subject_psnr_db)
    return _Lead(by_layer, rows[0], model.name, clips, sets)


def _told(measured: Iterable[Row]) -> str:
    return ", ".join(dict.fromkeys(row.who for row in measured))
