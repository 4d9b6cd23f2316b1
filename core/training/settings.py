"""A run's settings, read from TOML: model, data, what is drawn, how it learns, what of it, and on how many GPUs.

The classes below are the schema: an unknown key, a missing one and a value of the wrong kind are refused with one line
that names it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pai_studio.core.model.presets import PRESETS, Preset
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.training.objective import Recipe
from pai_studio.core.training.schema import HINT, check_known, section
from pai_studio.core.training.trainer import Training

_WAN_PATCH = (1, 2, 2)


@dataclass(frozen=True, kw_only=True)
class Model:
    """`[model]`: the architecture, and whose weights it begins from."""

    preset: str
    seed: int = 0
    """Of the random weights that it begins with, where there are no others."""
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
    about: str = ""
    """What the finished model says that it has seen."""


@dataclass(frozen=True, kw_only=True)
class Learning(Training):
    """`[training]`: how long and how fast, and what is looked at meanwhile."""

    gradient_checkpointing: bool = False
    log_every: int = 10
    sample_every: int = 500
    """Steps from one look at held-back shots to the next; 0: none."""


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
    def token_px(self) -> tuple[int, int]:
        """Height and width of a token in the picture: the preset's, but for patches of another size."""
        side = int(self.preset.manifest["grid_px"])
        usual = self.preset.transformer.get("patch_size", _WAN_PATCH)
        _, rows, columns = self.model.transformer.get("patch_size", usual)
        return side * rows // usual[1], side * columns // usual[2]

    @property
    def grid(self) -> tuple[int, int]:
        """Tokens of a latent frame: rows, columns."""
        width, height = self.data.size
        rows, columns = self.token_px
        return height // rows, width // columns


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
    for name, values in (overrides or {}).items():
        told[name] = {**told.get(name, {}), **values}
    where = str(path)
    parts: dict[str, Any] = {
        "model": (Model, True),
        "data": (Data, True),
        "recipe": (Recipe, True),
        "training": (Learning, True),
        "adapter": (LowRank, False),
        "parallel": (Parallel, False),
    }
    check_known(told, parts, "", where)
    found = {}
    for name, (kind, needed) in parts.items():
        if name in told or needed:
            found[name] = section(kind, told.get(name), name, where)
    settings = Settings(**found)
    _fits(settings, where)
    return settings


def _fits(settings: Settings, where: str) -> None:
    """Raise BadInput for the first thing that does not go with another."""
    model, training, data = settings.model, settings.training, settings.data
    if model.preset not in PRESETS:
        raise BadInput(
            f"model.preset: {model.preset!r} is no preset", where=where, hint=f"known: {', '.join(PRESETS)}"
        )
    _fits_the_model(settings, where)
    if not data.sources:
        raise BadInput("data.sources: names none", where=where, hint="name one in [[data.sources]]")
    counts = {
        "training.steps": training.steps,
        "training.batch": training.batch,
        "training.accumulate": training.accumulate,
        "training.keep": training.keep,
        "training.log_every": training.log_every,
        "parallel.gpus": settings.parallel.gpus,
        "recipe.count": settings.recipe.count,
        "recipe.most_references": settings.recipe.most_references,
        **({"adapter.rank": settings.adapter.rank} if settings.adapter else {}),
    }
    for key, value in counts.items():
        if value < 1:
            raise BadInput(f"{key}: must be 1 or more (it is {value})", where=where, hint=HINT)
    if training.warm_up >= training.steps:
        say = f"training.warm_up: {training.warm_up} steps are all of {training.steps}"
        raise BadInput(say, where=where, hint="warm up for less")
    if settings.parallel.shard == "fsdp2" and training.optimizer == "muon":
        say = (
            "training.optimizer: muon steps by whole matrices, and parallel.shard leaves each process a part"
        )
        raise BadInput(say, where=where, hint='take optimizer = "adamw"')
    if settings.parallel.shard == "fsdp2" and settings.parallel.gpus == 1:
        raise BadInput(
            "parallel.shard: one GPU has nobody to share with", where=where, hint='take shard = "none"'
        )


def _fits_the_model(settings: Settings, where: str) -> None:
    """Raise BadInput for what the model's preset cannot be asked for."""
    preset, manifest = settings.model.preset, settings.preset.manifest
    size, (tall, wide) = settings.data.size, settings.token_px
    if min(size) < 1 or size[0] % wide or size[1] % tall:
        say = f"data.size: {list(size)} is no multiple of the {wide} x {tall} pixels of a token"
        raise BadInput(say, where=where, hint="take another size")
    if settings.recipe.prediction != manifest["prediction"]:
        say = f"recipe.prediction: {preset} predicts the {manifest['prediction']}"
        raise BadInput(say, where=where, hint=f"say so, not {settings.recipe.prediction!r}")
    if settings.recipe.spill and manifest["codec"] != "pixel":
        say = f"recipe.spill: {preset} learns from latents, which have no colours"
        raise BadInput(say, where=where, hint="leave it at 0")
