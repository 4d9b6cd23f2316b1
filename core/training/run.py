"""A whole run from its settings: the model it begins from, its data, its folder, and the model it leaves.

FOLDER/
  checkpoint/step-N/   what it goes on from
  board/               curves and pictures, for TensorBoard
  looks/step-N.png     held-back shots by then
  settings.toml        what it was begun with
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from pai_studio.core.evaluation.contact import save_png
from pai_studio.core.media.files import write_file
from pai_studio.core.media.geometry import ModelFrame
from pai_studio.core.model.checkpoint import Bundle, build, load, save
from pai_studio.core.model.manifest import Manifest, check_name
from pai_studio.core.model.prompt import TextEncoder
from pai_studio.core.model.sampler import Sampling
from pai_studio.core.model.store import find
from pai_studio.core.model.transformer import PaiTransformer3DModel
from pai_studio.core.report import Progress, Report
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.training import checkpoints
from pai_studio.core.training.adapt import merge
from pai_studio.core.training.board import Board
from pai_studio.core.training.data.encoding import encode_shots
from pai_studio.core.training.data.sources import Needed, kinds_of, opened
from pai_studio.core.training.fitting import check_grid, prepare
from pai_studio.core.training.looking import Looks
from pai_studio.core.training.machine import Machine
from pai_studio.core.training.settings import Settings, read
from pai_studio.core.training.trainer import Trainer, TrainStep

SETTINGS = "settings.toml"
_USUAL_SHAPE = 16 / 9
"""Plates of it are seen at just the size that was learnt."""
_TRAINED = "trained from"

_CHECKPOINTS, _LOOKS = "checkpoint", "looks"


@dataclass(frozen=True)
class Asked:
    """What of a run its settings do not say: where it lies, where models lie, and what it may compute on."""

    folder: Path
    models: Path
    on_cpu: bool = False


def begin(path: Path, asked: Asked) -> tuple[Settings, Bundle]:
    """The settings of a run and the model that it begins from.

    Raises BadInput where the folder holds a run of other settings that has come to a checkpoint.
    """
    settings = read(path)
    kept = asked.folder / SETTINGS
    has_begun = checkpoints.latest(asked.folder / _CHECKPOINTS) is not None and kept.exists()
    if has_begun and kept.read_bytes() != path.read_bytes():
        hint = f"name another folder with --out, or go on with {kept}"
        raise BadInput("holds a run of other settings", where=str(asked.folder), hint=hint)
    return settings, started(settings, asked.models)


def started(settings: Settings, models: Path) -> Bundle:
    """The model that a run begins from: an installed one, or random weights of the preset."""
    model = settings.model
    if model.weights:
        found = find(models, model.weights, "pai")
        bundle = load(found.folder, "cpu", getattr(torch, model.dtype))
        _check_architecture(bundle, settings)
        return bundle
    if not settings.preset.own_parts:
        hint = "name a converted model in model.weights: `pai-studio models convert` makes one"
        raise BadInput(f"model.preset: {model.preset} has no text encoder of its own", hint=hint)
    config = {**settings.preset.transformer, **model.transformer}
    text = TextEncoder.small(model.seed, dim=int(config["text_dim"]), length=settings.data.text_tokens)
    guided = bool(config.get("guide_channels", 0))
    return build(model.preset, model.seed, text=text, guide=guided, **model.transformer)


def _check_architecture(bundle: Bundle, settings: Settings) -> None:
    """Raise BadInput where weights are of another architecture than the settings say, and reckon with."""
    told = {**settings.preset.transformer, **settings.model.transformer}
    for key, wanted in told.items():
        have = bundle.transformer.config.get(key)
        if _plain(have) != _plain(wanted):
            say = f"model.transformer.{key}: {settings.model.weights} was made with {have!r}, not {wanted!r}"
            raise BadInput(say, hint="name the preset and the values that the weights were made with")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def train(
    path: Path, asked: Asked, report: Report, *, asked_to_stop: Callable[[], bool] | None = None
) -> Trainer:
    """Train, or go on; whether it came to the end tells `Trainer.done`. Raises as `Trainer` does."""
    settings, bundle = begin(path, asked)
    learning, recipe = settings.training, settings.recipe
    kinds = kinds_of(settings.data.sources, str(path))
    needed = Needed.by(bundle)
    source = opened(kinds, needed)
    check_grid(settings, source, path)
    prepare(bundle.transformer, settings)
    machine = Machine(settings.model.dtype, shared=settings.parallel.shard == "fsdp2", on_cpu=asked.on_cpu)
    _same_count(settings, machine, str(path))
    checkpoint = asked.folder / _CHECKPOINTS
    trainer = Trainer(bundle.transformer, source, recipe, learning, checkpoint, machine=machine)
    looks = None
    if learning.sample_every:
        looks = Looks(opened(kinds, needed, held_back=True), recipe, _sampling(bundle.manifest))
    with ExitStack() as stack:
        board = None
        if machine.is_first:
            board = stack.enter_context(Board(asked.folder, learning.log_every, done=trainer.done))
            write_file(asked.folder / SETTINGS, path.read_bytes())

        def on_step(done: TrainStep) -> None:
            if board is not None:
                board.step(done)
                report(Progress("train", done.done, done.total, message=f"loss {done.loss:.4f}"))
            at_end = done.done == done.total
            if looks is not None and (done.done % learning.sample_every == 0 or at_end):
                found = looks.look(trainer)
                if board is not None:
                    board.numbers({"held-back loss": found.loss}, done.done)
                    if found.sheet is not None:
                        board.picture("held back", found.sheet, done.done)
                        save_png(asked.folder / _LOOKS / f"step-{done.done:08d}.png", found.sheet)

        trainer.run(on_step, asked_to_stop=asked_to_stop)
    return trainer


def encode(path: Path, shots: Path, into: Path, models: Path, report: Report) -> list[Path]:
    """Encode a folder of clips for a run, by the model that it begins from; gives their files.

    Raises BadInput as `encode_shots` does.
    """
    settings = read(path)
    return encode_shots(shots, into, started(settings, models), settings.data.size, report)


def _same_count(settings: Settings, machine: Machine, where: str) -> None:
    """Raise BadInput for a run whose steps would not have the samples that its settings say."""
    wanted = settings.parallel.gpus
    if machine.count != wanted:
        say = f"parallel.gpus: {wanted} {'is' if wanted == 1 else 'are'} to train, and there are {machine.count}"
        hint = f"begin it with `torchrun --nproc-per-node {wanted} -m pai_studio.ui.cli.main train ...`"
        raise BadInput(say, where=where, hint=hint)


def export(
    folder: Path, into: Path, models: Path, *, name: str, dtype: str, steps: int = 0, replace: bool = False
) -> Manifest:
    """The averaged weights of a run's last checkpoint as a model that can be installed: an adapter is merged in.

    `dtype` is torch's name for the type of its weights. `steps` is how many a shot is sampled in that does not say;
    0 leaves what the run's model says.

    Raises BadInput where the folder holds no run or no checkpoint, AlreadyThere where `into` is taken.
    """
    check_name(name)
    path = folder / SETTINGS
    if not path.is_file():
        raise BadInput(f"holds no {SETTINGS}", where=str(folder), hint="name the folder of a run")
    checkpoint = checkpoints.latest(folder / _CHECKPOINTS)
    if checkpoint is None:
        raise BadInput("has no checkpoint yet", where=str(folder), hint="train on: the first comes by itself")
    settings = read(path)
    bundle = started(settings, models)
    prepare(bundle.transformer, settings)
    bundle.transformer.float()  # 16 bits hold little of an adapter beside the weights that it is merged with
    kept = checkpoints.read(checkpoint)
    with torch.no_grad():
        for weight, value in bundle.transformer.named_parameters():
            if value.requires_grad:
                value.data = kept.average[weight].to(value.dtype)
    if settings.adapter is not None:
        merge(bundle.transformer)
    _cast(bundle.transformer, getattr(torch, dtype))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    before = bundle.manifest.source
    before = f"{before}, then" if before.startswith(_TRAINED) else f"{_TRAINED} {before}:"
    source = f"{before} settings {digest}, {kept.state['done']} steps"
    kinds = "; ".join(str(each.get("kind")) for each in settings.data.sources)
    facts = {
        "name": name,
        "source": source,
        "trained_for": "background-replacement",
        "trained_on": settings.data.about or kinds,
        **_learned(settings),
        "steps": steps or bundle.manifest.steps,
        "files": {},
    }
    told = Manifest(**{**bundle.manifest.model_dump(by_alias=True), **facts})
    made = Bundle(told, bundle.transformer, bundle.text, bundle.codec)
    return save(made, into, replace=replace)


def _learned(settings: Settings) -> dict[str, Any]:
    """What the manifest says of how a model is run, as far as the run's recipe decides it."""
    recipe = settings.recipe
    return {
        "window_latents": recipe.count,
        "history_latents": recipe.history if recipe.history_share > 0 else 0,
        "references_most": recipe.most_references,
        "half_foreground": recipe.half_share > 0,
        "shift": recipe.shift,
        "area_px": ModelFrame.area_for(settings.data.size, _USUAL_SHAPE),
    }


def _sampling(manifest: Manifest) -> Sampling:
    return Sampling(
        solver=manifest.solver,
        steps=min(manifest.steps, 8),
        shift=manifest.shift,
        prediction=manifest.prediction,
    )


def _cast(model: PaiTransformer3DModel, dtype: torch.dtype) -> None:
    """Weights in another type, but for those that the library never keeps in fewer than 32 bits."""
    for name, value in model.named_parameters():
        if not any(part in name.split(".") for part in model._keep_in_fp32_modules):
            value.data = value.data.to(dtype)
