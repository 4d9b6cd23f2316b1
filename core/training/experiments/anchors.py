"""Experiments that show what the model's parts are worth, on films so small that a CPU learns them in minutes.

All of them overfit eight films (`films`): they show that the sequence, the objective and the sampling work together,
and that nothing but cloned positions tells a reference's frame; they do not show that the model would do as well on
films that it has not seen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from pai_studio.core.media.files import write_file
from pai_studio.core.model.layout import Cloning, Window, lay_out
from pai_studio.core.model.sampler import Sampling, sample
from pai_studio.core.model.transformer import Conditions, PaiTransformer3DModel
from pai_studio.core.report import Progress, Report
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.training.checkpoints import AVERAGE, latest
from pai_studio.core.training.data.films import AROUND_PX, MARKS_PX, SPEEDS_PX, Films
from pai_studio.core.training.experiments.measures import Shot, anchor_offset, errors, gains, summary
from pai_studio.core.training.objective import Asked, Plan, Recipe, Sample
from pai_studio.core.training.pictures import write_contact, write_curve
from pai_studio.core.training.trainer import Trainer, Training, TrainStep, ask

PATCH = (16, 24)
WINDOW = 8
NEVER = (2, 5)
"""Frames of a window that no reference is drawn at in training, and at which the experiments then place one."""
DRAWN = (0, 3, 7)
SAMPLING = Sampling(solver="euler", steps=6, shift=3.0, prediction="sample")
OFFSET_BOUND_FRAMES = 0.5
"""Half a temporal stride of the codec, which holds one frame a latent."""
_SHOWN = (0, 2)
_PHASES = 6  # shots of each film that are looked at
_EVALUATION_SEED = 20_011
_REPORT = "report.json"
_TITLE = f"a still at frame {NEVER[1]}, where none was in training"

Made = Mapping[str, tuple[PaiTransformer3DModel, Cloning]]
"""Trained models by what their results are called, and where their references stand."""


def network() -> PaiTransformer3DModel:
    """The small transformer of all experiments, with the built-in model's attention."""
    made: PaiTransformer3DModel = PaiTransformer3DModel(
        patch_size=(1, *PATCH),
        num_attention_heads=4,
        attention_head_dim=32,
        in_channels=3,
        out_channels=3,
        text_dim=8,
        freq_dim=64,
        ffn_dim=384,
        num_layers=4,
        attention="cached",
    )
    return made


def learn_anchors(
    out: Path, report: Report, *, steps: int, seed: int = 0, cloning: Cloning = "frame"
) -> dict[str, Any]:
    """Overfit the films with anchors drawn anew for every step, then place stills where none was ever drawn.

    Writes `report.json`, `contact.png`, `loss.png` and the checkpoint; gives the report.
    """
    recipe = Recipe(
        count=WINDOW,
        longest=WINDOW,
        history_share=0.0,  # history would tell what only the anchor is to tell
        most_references=3,
        outside_frames=4,
        never=frozenset(NEVER),
        cloning=cloning,
        shift=3.0,
        least_sigma=0.5,
    )
    trainer = train(out, report, recipe, steps, seed)
    films = Films(seed, PATCH)
    with trainer.averaged() as model:
        shots = looked_at(model, films, cloning, (*NEVER, *DRAWN), report)
        write_contact(out / "contact.png", strips(films, {"made": (model, cloning)}), _TITLE)
    found = {
        "experiment": "anchors" if cloning == "frame" else f"cloning {cloning}",
        **settings(trainer),
        "never_drawn": list(NEVER),
        "never": summary(shots, NEVER, seed),
        "drawn": summary(shots, DRAWN, seed),
        "shots": [asdict(shot) for shot in shots],
    }
    write_report(out, found)
    return found


def learn_without_cloning(
    out: Path, report: Report, *, steps: int, seed: int = 0, against: Path | None = None
) -> dict[str, Any]:
    """The same run, but for references that stand behind the video, where nothing tells what they anchor.

    `against` is the folder of `learn_anchors`, with which the same shots are compared, pair by pair. Raises BadInput
    where it holds no such report, or one of another budget.
    """
    other = None if against is None else _earlier(against / _REPORT, steps, seed)
    found = learn_anchors(out, report, steps=steps, seed=seed, cloning="none")
    if against is not None and other is not None:
        found["cloning_gains"] = gains(_at_never(other["shots"]), _at_never(found["shots"]), seed)
        write_report(out, found)
        both: Made = {"cloned": (trained(against), "frame"), "not cloned": (trained(out), "none")}
        write_contact(out / "contact.png", strips(Films(seed, PATCH), both), _TITLE)
    return found


def train(out: Path, report: Report, recipe: Recipe, steps: int, seed: int) -> Trainer:
    """A trained run in `out`, which goes on where an earlier one of the same settings stopped."""
    torch.manual_seed(seed)
    training = Training(steps=steps, batch=8, rate=1.5e-3, average=0.99, checkpoint_every=250, seed=seed)
    trainer = Trainer(network(), Films(seed, PATCH), recipe, training, out / "checkpoint")

    def on_step(done: TrainStep) -> None:
        report(Progress("train", done.done, done.total, message=f"loss {done.loss:.4f}"))

    trainer.run(on_step)
    write_curve(out / "loss.png", trainer.losses)
    return trainer


def trained(folder: Path) -> PaiTransformer3DModel:
    """The averaged model of a finished run's folder. Raises BadInput where there is none."""
    checkpoint = latest(folder / "checkpoint")
    if checkpoint is None:
        raise BadInput("no run has finished here", where=str(folder))
    model = network()
    model.eval()
    model.load_state_dict(load_file(checkpoint / AVERAGE))
    return model


def looked_at(
    model: PaiTransformer3DModel, films: Films, cloning: Cloning, anchors: Sequence[int], report: Report
) -> list[Shot]:
    """Shots of every film with one still each, at each of `anchors`.

    What differs from anchor to anchor is the anchor alone: still, plate and noise are the same, and the truth is the
    film as it has to run to show the still there.
    """
    generator = torch.Generator().manual_seed(_EVALUATION_SEED)
    which = torch.arange(len(SPEEDS_PX)).repeat_interleave(_PHASES)
    stills_px = AROUND_PX * torch.rand(len(which), generator=generator)
    hung_px = MARKS_PX * torch.rand(len(which), generator=generator)
    noise = torch.randn(len(which), 3, WINDOW, *films.size, generator=generator)
    where = films.matte(which[:1], 1)[0, 0, 0] == 0
    found = []
    for done, anchor in enumerate(anchors):
        starts = films.start(which, stills_px, anchor)
        told = films.seen(Plan(films.grid, Window(0, WINDOW), (anchor,)), which, starts, hung_px)
        made = sampled(model, films, told, noise, anchors=(anchor,), cloning=cloning)
        assert told.references is not None
        for index, film in enumerate(which.tolist()):
            still, truth = told.references[index, :3, 0], told.clean[index]
            offset = anchor_offset(made[index], truth, still, anchor, where)
            off = float(errors(made[index] - truth, torch.zeros_like(still), where).mean())
            found.append(Shot(film, index % _PHASES, anchor, offset, off))
        report(Progress("look", done + 1, len(anchors)))
    return found


def sampled(
    model: PaiTransformer3DModel,
    films: Films,
    told: Sample,
    noise: Tensor,
    *,
    anchors: tuple[int, ...],
    cloning: Cloning,
) -> Tensor:
    """What the model makes of shots from their first frame on, (B, 3, N, H, W), from noise of that shape."""
    layout = lay_out(Window(0, noise.shape[2]), films.grid, anchors, films.clock, cloning=cloning)
    conditions = Conditions(told.foreground, told.references)

    def denoise(noisy: Tensor, timestep: Tensor, _branch: str) -> Tensor:
        return ask(model, Asked(noisy, timestep, told.text, layout, conditions, None), films.null_text)

    return sample(denoise, noise, SAMPLING)


def strips(films: Films, models: Made) -> list[tuple[str, Tensor]]:
    """For the contact picture: of some films the plate, the truth and the results, a still where none was drawn."""
    which, anchor = torch.tensor(_SHOWN), NEVER[1]
    generator = torch.Generator().manual_seed(_EVALUATION_SEED + 1)
    starts = AROUND_PX * torch.rand(len(which), generator=generator)
    told = films.seen(Plan(films.grid, Window(0, WINDOW), (anchor,)), which, starts, starts % MARKS_PX)
    noise = torch.randn(told.clean.shape, generator=generator)
    made = {
        name: sampled(model, films, told, noise, anchors=(anchor,), cloning=cloning)
        for name, (model, cloning) in models.items()
    }
    assert told.references is not None
    found = []
    for index, film in enumerate(_SHOWN):
        still = torch.full_like(told.clean[index], -0.8)
        still[:, anchor] = told.references[index, :3, 0]
        found += [(f"film {film}: the still", still), ("plate", told.foreground[index, :3])]
        found += [("truth", told.clean[index]), *((name, each[index]) for name, each in made.items())]
    return found


def settings(trainer: Trainer) -> dict[str, Any]:
    """What the run was, and how it went."""
    losses, training = trainer.losses, trainer.training
    tail = max(1, len(losses) // 20)
    return {
        "films": len(SPEEDS_PX),
        "parameters": sum(value.numel() for value in trainer.model.parameters()),
        "attention": trainer.model.config.attention,
        "training": asdict(training),
        "recipe": asdict(trainer.recipe) | {"never": sorted(trainer.recipe.never)},
        "samples": training.steps * training.batch,
        "training_s": round(trainer.seconds, 1),
        "loss_first": round(sum(losses[:tail]) / tail, 5),
        "loss_last": round(sum(losses[-tail:]) / tail, 5),
    }


def write_report(out: Path, found: dict[str, Any]) -> None:
    """`report.json`."""
    write_file(out / _REPORT, (json.dumps(found, indent=2) + "\n").encode())


def _at_never(shots: Sequence[dict[str, Any]]) -> list[Shot]:
    return [Shot(**shot) for shot in shots if shot["anchor"] in NEVER]


def _earlier(path: Path, steps: int, seed: int) -> dict[str, Any]:
    hint = "run learn-anchors with the same --steps and --seed, and name its --out"
    if not path.is_file():
        raise BadInput("there is no report of learn-anchors", where=str(path), hint=hint)
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    training = found.get("training", {})
    if found.get("experiment") != "anchors" or (training["steps"], training["seed"]) != (steps, seed):
        raise BadInput("the report is of another run", where=str(path), hint=hint)
    return found
