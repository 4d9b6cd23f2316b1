"""A run's settings, read from TOML: model, data, what is drawn, how it learns, what of it, and on how many GPUs.

The classes below are the schema: an unknown key, a missing one and a value of the wrong kind are refused with one line
that names it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from pai_studio.core.model.presets import PRESETS, Preset
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.training.objective import Recipe
from pai_studio.core.training.trainer import Training

Section = TypeVar("Section")
_STRICT = ConfigDict(strict=False, allow_inf_nan=False)
_HINT = "correct the configuration"


@dataclass(frozen=True, kw_only=True)
class Model:
    """`[model]`: the architecture, and whose weights it begins from."""

    preset: str
    weights: str = ""
    """The name of an installed model; none: random ones."""
    dtype: Literal["bfloat16", "float32"] = "bfloat16"
    """What frozen weights are kept in, and what everything is computed in."""
    transformer: dict[str, Any] = field(default_factory=dict)
    """Values of its configuration that are not the preset's."""


@dataclass(frozen=True, kw_only=True)
class Data:
    """`[data]`: the size of the pictures, and where they are from."""

    size: tuple[int, int]
    """Width and height in pixels."""
    sources: tuple[dict[str, Any], ...]
    text_tokens: int = 512


@dataclass(frozen=True, kw_only=True)
class Learning(Training):
    """`[training]`: how long and how fast, and in how many parts a step is computed."""

    accumulate: int = 1
    """Batches of a GPU for one step."""
    gradient_checkpointing: bool = False


@dataclass(frozen=True, kw_only=True)
class LowRank:
    """`[adapter]`: see `adapt`. Without this section everything learns."""

    rank: int
    alpha: int
    targets: tuple[str, ...]
    also_full: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Parallel:
    """`[parallel]`: how many GPUs, and whether what learns is shared among them or each has all of it."""

    gpus: int = 1
    shard: Literal["none", "fsdp2"] = "none"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All of it."""

    model: Model
    data: Data
    recipe: Recipe
    training: Learning
    adapter: LowRank | None = None
    parallel: Parallel = Parallel()

    @property
    def preset(self) -> Preset:
        """The architecture by its name."""
        return PRESETS[self.model.preset]

    @property
    def grid(self) -> tuple[int, int]:
        """Tokens of a latent frame: rows, columns."""
        width, height = self.data.size
        side = int(self.preset.manifest["grid_px"])
        return height // side, width // side


def read(path: Path, overrides: Mapping[str, Mapping[str, Any]] | None = None) -> Settings:
    """The settings of a file; `overrides` are sections whose values stand over the file's.

    Raises BadInput naming the file and the first key that is wrong.
    """
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(
            f"cannot be read ({error})", where=str(path), hint="name a configuration in TOML"
        ) from None
    for section, values in (overrides or {}).items():
        told[section] = {**told.get(section, {}), **values}
    where = str(path)
    parts: dict[str, Any] = {
        "model": (Model, True),
        "data": (Data, True),
        "recipe": (Recipe, True),
        "training": (Learning, True),
        "adapter": (LowRank, False),
        "parallel": (Parallel, False),
    }
    _known(told, parts, "", where)
    found = {}
    for name, (kind, needed) in parts.items():
        if name in told or needed:
            found[name] = _section(kind, told.get(name), name, where)
    settings = Settings(**found)
    _fits(settings, where)
    return settings


def _section(kind: type[Section], told: Any, name: str, where: str) -> Section:
    """One section. Raises BadInput for the first key that is unknown, missing or of the wrong kind."""
    if not isinstance(told, Mapping):
        raise BadInput(f"[{name}]: is missing", where=where, hint=_HINT)
    known = {each.name: each for each in fields(kind)}  # type: ignore[arg-type]
    _known(told, known, f"{name}.", where)
    for key, each in known.items():
        if key not in told and each.default is MISSING and each.default_factory is MISSING:
            raise BadInput(f"{name}.{key}: is missing", where=where, hint=_HINT)
    try:
        return TypeAdapter(kind).validate_python(dict(told))
    except ValidationError as error:
        fault = error.errors()[0]
        key = ".".join(str(part) for part in (name, *fault["loc"]))
        say = str(fault["msg"]).replace("Input should be", "must be")
        raise BadInput(f"{key}: {say} (it is {fault['input']!r})"[:300], where=where, hint=_HINT) from None


def _known(told: Mapping[str, Any], known: Mapping[str, Any], prefix: str, where: str) -> None:
    for key in told:
        if key not in known:
            hint = f"known: {', '.join(known)}"
            raise BadInput(f"{prefix}{key}: is not a known key", where=where, hint=hint)


def _fits(settings: Settings, where: str) -> None:
    """Raise BadInput for the first thing that does not go with another."""
    model, training, data = settings.model, settings.training, settings.data
    if model.preset not in PRESETS:
        raise BadInput(
            f"model.preset: {model.preset!r} is no preset", where=where, hint=f"known: {', '.join(PRESETS)}"
        )
    manifest = settings.preset.manifest
    side = manifest["grid_px"]
    if min(data.size) < side or any(length % side for length in data.size):
        say = f"data.size: {list(data.size)} is no multiple of the {side} pixels of a token"
        raise BadInput(say, where=where, hint="take another size")
    if settings.recipe.prediction != manifest["prediction"]:
        say = f"recipe.prediction: {model.preset} predicts the {manifest['prediction']}"
        raise BadInput(say, where=where, hint=f"say so, not {settings.recipe.prediction!r}")
    if not data.sources:
        raise BadInput("data.sources: names none", where=where, hint="name one in [[data.sources]]")
    counts = {
        "training.steps": training.steps,
        "training.batch": training.batch,
        "training.accumulate": training.accumulate,
        "parallel.gpus": settings.parallel.gpus,
        "recipe.count": settings.recipe.count,
        "recipe.most_references": settings.recipe.most_references,
        **({"adapter.rank": settings.adapter.rank} if settings.adapter else {}),
    }
    for key, value in counts.items():
        if value < 1:
            raise BadInput(f"{key}: must be 1 or more (it is {value})", where=where, hint=_HINT)
    if training.warm_up >= training.steps:
        say = f"training.warm_up: {training.warm_up} steps are all of {training.steps}"
        raise BadInput(say, where=where, hint="warm up for less")
    if settings.parallel.shard == "fsdp2" and settings.parallel.gpus == 1:
        raise BadInput(
            "parallel.shard: one GPU has nobody to share with", where=where, hint='take shard = "none"'
        )
