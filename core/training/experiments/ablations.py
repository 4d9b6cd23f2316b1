"""What the parts of the paper are worth: the same training again and again, each time without one of them.

FOLDER/
  settings.toml        what all of them were begun with
  NAME/checkpoint/     of each, and NAME/loss.png when it is done
  report.json          figures of all that are done, take by take, each held against `full`
  contact.png          the same takes as each of them makes them
  table.md             the figures, for a page

All have the same steps, and what a step draws is the same but for what is left out. One more leaves nothing out and
has another seed: differences no larger than its are none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pai_studio.core.evaluation.aggregate import figure
from pai_studio.core.media.files import write_file
from pai_studio.core.model.checkpoint import Bundle
from pai_studio.core.report import Progress, Report
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.training.data.sources import Needed, kinds_of, opened
from pai_studio.core.training.data.taken import TakeSource
from pai_studio.core.training.experiments.ablation_page import table
from pai_studio.core.training.experiments.gauging import METRICS, SAMPLING, Gauged, HeldBack, Values
from pai_studio.core.training.fitting import check_grid, prepare
from pai_studio.core.training.machine import Machine
from pai_studio.core.training.pictures import write_contact, write_curve
from pai_studio.core.training.run import SETTINGS, started
from pai_studio.core.training.settings import Settings, read
from pai_studio.core.training.trainer import Trainer, TrainStep

FULL = "full"
REPORT, CONTACT, TABLE = "report.json", "contact.png", "table.md"
_SHOWN = 2

_Done = tuple[Trainer, Gauged]


@dataclass(frozen=True)
class Variant:
    """One training: what it lacks, in words, and the keys of the configuration that are other than in `full`."""

    says: str
    transformer: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    source: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    """Added to the configuration's, of weights and of draws."""


VARIANTS: Mapping[str, Variant] = {
    FULL: Variant("everything"),
    "no-perturbation": Variant(
        "the subject was learnt in the place's light already", source={"subject_light": "place"}
    ),
    "no-cloning": Variant("references stand behind the video", recipe={"cloning": "none"}),
    "no-prompt": Variant("no prompt is ever told"),
    "no-mask-faults": Variant("mattes and plates were learnt whole", source={"faults": False}),
    "bidirectional": Variant("every token sees every token", transformer={"attention": "bidirectional"}),
    # What training once more changes: intervals are over takes, and say nothing of it.
    "other-seed": Variant("everything, from other weights and draws", seed=1),
}


@dataclass(frozen=True, kw_only=True)
class Ablating:
    """What is asked for: a configuration, where everything goes, and what of it to train (none named: all)."""

    path: Path
    out: Path
    models: Path
    steps: int | None = None
    """Of each; None: the configuration's."""
    takes: str = ""
    """The folder of takes, where it is not the configuration's."""
    only: Sequence[str] = ()


def ablate(
    asked: Ablating, report: Report, *, asked_to_stop: Callable[[], bool] | None = None
) -> dict[str, Any] | None:
    """Train what is asked for, or go on; then measure all that is done. Gives the report; None where it was stopped.

    Raises BadInput for an unknown name, a folder of other settings, and a configuration with other data than takes.
    """
    for name in asked.only:
        if name not in VARIANTS:
            raise BadInput(f"--only: {name!r} is no ablation", hint=f"known: {', '.join(VARIANTS)}")
    _keep_settings(asked)
    gauged: dict[str, _Done] = {}
    for name in VARIANTS:
        trainer, each = _trainer(asked, name)
        wanted = not asked.only or name in asked.only
        if wanted and not _train(trainer, name, asked.out / name, report, asked_to_stop):
            return None
        if trainer.done == trainer.training.steps:
            gauged[name] = trainer, each
    found = _measured(asked, gauged, report)
    write_file(asked.out / REPORT, (json.dumps(found, indent=2) + "\n").encode())
    write_file(asked.out / TABLE, table(found).encode())
    return found


def settings_of(asked: Ablating, name: str) -> Settings:
    """The configuration of a variant. Raises BadInput for data that are not one source of takes."""
    base, variant = read(asked.path), VARIANTS[name]
    sources = base.data.sources
    if len(sources) != 1 or sources[0].get("kind") != "takes":
        hint = 'name one source, of kind = "takes"'
        raise BadInput("data.sources: ablations need takes alone", where=str(asked.path), hint=hint)
    folder = {"folder": asked.takes} if asked.takes else {}
    recipe = dict(variant.recipe)
    if name == "no-prompt":
        recipe |= _never_prompted(base)
    return read(
        asked.path,
        {
            "model": {
                "seed": base.model.seed + variant.seed,
                "transformer": {**base.model.transformer, **variant.transformer},
            },
            "data": {"sources": [{**sources[0], **folder, **variant.source}]},
            "recipe": recipe,
            "training": {
                "seed": base.training.seed + variant.seed,
                "steps": asked.steps or base.training.steps,
            },
        },
    )


def _never_prompted(base: Settings) -> dict[str, float]:
    """Shares by which no step has a prompt, and the same steps as ever have no references (`objective.fate_of`)."""
    recipe = base.recipe
    if recipe.without_text:
        hint = "set it to 0: prompts are dropped with the references in recipe.without_both"
        raise BadInput("recipe.without_text: no-prompt could not draw the same", hint=hint)
    without_references = recipe.without_both + recipe.without_references
    return {
        "without_both": without_references,
        "without_references": 0.0,
        "without_text": 1.0 - without_references,
    }


def _trainer(asked: Ablating, name: str) -> _Done:
    """A variant's run, as far as it has come, and how its model is asked."""
    settings = settings_of(asked, name)
    bundle = started(settings, asked.models)
    source = _source(asked, settings, bundle)
    check_grid(settings, source, asked.path)
    prepare(bundle.transformer, settings)
    machine = Machine(settings.model.dtype, on_cpu=True)
    recipe, folder = settings.recipe, asked.out / name / "checkpoint"
    trainer = Trainer(bundle.transformer, source, recipe, settings.training, folder, machine=machine)
    prompted = recipe.without_both + recipe.without_text < 1
    return trainer, Gauged(trainer.model, recipe.cloning, prompted)


def _source(asked: Ablating, settings: Settings, bundle: Bundle, *, held_back: bool = False) -> TakeSource:
    needed = Needed.by(bundle)
    found = opened(kinds_of(settings.data.sources, str(asked.path)), needed, held_back=held_back)
    assert isinstance(found, TakeSource)
    return found


def _train(
    trainer: Trainer, name: str, out: Path, report: Report, asked_to_stop: Callable[[], bool] | None
) -> bool:
    """Whether it came to the end."""

    def on_step(done: TrainStep) -> None:
        report(Progress(name, done.done, done.total, message=f"loss {done.loss:.4f}"))

    if trainer.done < trainer.training.steps and trainer.run(on_step, asked_to_stop=asked_to_stop):
        write_curve(out / "loss.png", trainer.losses)
    return trainer.done == trainer.training.steps


def _measured(asked: Ablating, gauged: Mapping[str, _Done], report: Report) -> dict[str, Any]:
    """All that are done, on the takes that the configuration holds back, as they were filmed."""
    settings = settings_of(asked, FULL)
    training = settings.training
    bundle = started(settings, asked.models)
    learnt = len(_source(asked, settings, bundle).takes)
    held_back = HeldBack(_source(asked, settings, bundle, held_back=True), settings.recipe.count)
    values: dict[str, list[Values]] = {}
    with ExitStack() as stack:
        for name, (trainer, each) in gauged.items():
            stack.enter_context(trainer.averaged())
            values[name] = held_back.values(each, report)
        if gauged:
            shown = _worth_showing(values, len(held_back.takes))
            strips = held_back.strips({name: each for name, (_, each) in gauged.items()}, shown)
            write_contact(
                asked.out / CONTACT, strips, f"held-back takes after {training.steps} steps of each"
            )
    return {
        "experiment": "ablations",
        "takes": {"learnt": learnt, "held_back": len(held_back.takes)},
        "sampling": asdict(SAMPLING),
        "size": list(settings.data.size),
        "frames": settings.recipe.count,
        "steps": training.steps,
        "samples": training.steps * training.batch * training.accumulate,
        "variants": {
            name: _run_of(name, trainer) | figures(values[name], values.get(FULL), training.seed)
            for name, (trainer, _) in gauged.items()
        },
        "references": references(values[FULL], training.seed) if FULL in values else None,
        "shots": [
            {"seed": take.seed, "values": {name: values[name][number] for name in values}}
            for number, take in enumerate(held_back.takes)
        ],
    }


def figures(own: Sequence[Values], full: Sequence[Values] | None, seed: int) -> dict[str, Any]:
    """By metric the mean over takes, and the mean difference to `full` over the takes in which both have a value.

    Differences are paired: take by take before means and intervals (95%, bootstrap over takes) are made of them.
    """
    found: dict[str, Any] = {
        "figures": {key: figure([v for each in own if (v := each[key]) is not None], seed) for key in METRICS}
    }
    if full is not None and full is not own:
        found["against_full"] = {key: figure(differences(own, full, key, key), seed) for key in METRICS}
    return found


def references(full: Sequence[Values], seed: int) -> dict[str, Any]:
    """What each further still is worth to `full`, in dB of its background."""
    found = {}
    for count in (1, 2, 3):
        own, fewer = (f"background_psnr_db_{n}" for n in (count, count - 1))
        found[str(count)] = figure(differences(full, full, own, fewer), seed)
    return found


def differences(one: Sequence[Values], other: Sequence[Values], own: str, others: str) -> list[float]:
    """`own` of the one less `others` of the other, take by take, where both are there."""
    return [
        a - b
        for mine, theirs in zip(one, other, strict=True)
        if (a := mine[own]) is not None and (b := theirs[others]) is not None
    ]


def _run_of(name: str, trainer: Trainer) -> dict[str, Any]:
    losses = trainer.losses
    tail = max(1, len(losses) // 20)
    return {
        "says": VARIANTS[name].says,
        "parameters": sum(value.numel() for value in trainer.model.parameters()),
        "training_s": round(trainer.seconds, 1),
        "loss_first": round(sum(losses[:tail]) / tail, 5),
        "loss_last": round(sum(losses[-tail:]) / tail, 5),
    }


def _worth_showing(values: Mapping[str, Sequence[Values]], count: int) -> list[int]:
    """The first takes, and among them one whose plate lacks a part, where there is one."""
    some = next(iter(values.values()))
    faulty = [number for number in range(count) if some[number]["rebuilt_psnr_db"] is not None]
    whole = [number for number in range(count) if number not in faulty[:1]]
    return sorted([*faulty[:1], *whole][:_SHOWN])


def _keep_settings(asked: Ablating) -> None:
    """Note what the runs are begun with. Raises BadInput where the folder has runs of another configuration."""
    kept, told = asked.out / SETTINGS, asked.path.read_bytes()
    if kept.is_file() and kept.read_bytes() != told:
        hint = f"name another folder with --out, or go on with {kept}"
        raise BadInput("holds runs of other settings", where=str(asked.out), hint=hint)
    asked.out.mkdir(parents=True, exist_ok=True)
    write_file(kept, told)
