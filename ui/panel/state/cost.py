"""What a render will take, before it is asked for, and how that is known: never a figure without its origin.

Operations and memory of a model come from its own measures by `core.plan.cost`; how fast a machine is comes from what
it has rendered. Sizes are those that a model works at, (width, height) in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pai_studio.core.plan.cost import Architecture, Tokens, memory_bytes, sampling_flops
from pai_studio.core.plan.windows import passes, told
from pai_studio.core.shot.document import Shot

Size = tuple[int, int]

_CODEC_STRIDES = {"pixel": 1, "wan": 4}
_LAST = 5
"""How many earlier renders are asked: machines and code change."""

_DRAFT_SPEED = 0.28
"""Megapixels times frames a second of draft and its finishing: measured once, 12 frames of 960x540, either quality, on
one core of a server's processor. Until the machine that renders has told its own."""

_SPARE = 0.9
"""Of a device's memory that may be used: its driver and the allocator want the rest."""

_SMALLEST = 0.1
"""Of a model's own area: below this a smaller size is no remedy."""

_DEFAULT_SIZE: Size = (1920, 1080)
"""Of a plate that nobody has looked at yet; a model sees no more than its own area anyway."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """What an installed model's folder says of it. `architecture` is None where it is not one that can be counted."""

    name: str
    engine: str
    is_trained: bool = True
    architecture: Architecture | None = None
    weight_bytes: int = 0
    codec: str = "wan"
    window: int = 21
    history: int = 0
    ahead: int = 0
    keyframe_step: int = 0
    references_most: int = 1
    branches: tuple[str, ...] = ("all",)
    area_px: int = 832 * 480
    grid_px: int = 16
    is_cached: bool = False

    @classmethod
    def of(cls, manifest: dict[str, Any], config: dict[str, Any] | None, weight_bytes: int) -> Model:
        """From a model's `manifest.json` and its transformer's `config.json`, where that is one of ours."""
        try:
            architecture = Architecture.of(config) if config is not None else None
        except (KeyError, TypeError, ValueError):  # another maker's transformer
            architecture = None
        guided = manifest.get("guidance") is not None
        return cls(
            name=str(manifest["name"]),
            engine=str(manifest["engine"]),
            is_trained=manifest.get("trained_for", "none") != "none",
            architecture=architecture,
            weight_bytes=weight_bytes,
            codec=str(manifest["codec"]),
            window=int(manifest["window_latents"]),
            history=int(manifest.get("history_latents", 0)),
            ahead=int(manifest.get("ahead_latents", 0)),
            keyframe_step=int(manifest.get("keyframe_step", 0)),
            references_most=int(manifest["references_most"]),
            branches=("plain", "references", "all") if guided else ("all",),
            area_px=int(manifest["area_px"]),
            grid_px=int(manifest["grid_px"]),
            is_cached=(config or {}).get("attention") == "cached",
        )

    def size(self, plate: Size, area_px: float | None = None) -> Size:
        """The size that it works at for a plate: its own area in the plate's shape, on its grid, never larger."""
        area = self.area_px if area_px is None else area_px
        scale = min(1.0, math.sqrt(area / (plate[0] * plate[1])))
        width, height = (max(1, round(side * scale / self.grid_px)) * self.grid_px for side in plate)
        return width, height


@dataclass(frozen=True)
class Past:
    """A render that is done: what was asked for, and how long it took."""

    engine: str
    model: str
    quality: str
    frames: int
    steps: int
    seconds: float


@dataclass(frozen=True)
class Machine:
    """What renders, as far as it can be asked: what it has rendered, the newest first, and its memory, 0 if unknown."""

    name: str = "the server"
    past: tuple[Past, ...] = ()
    memory_bytes: int = 0

    def holds(self, count: float) -> bool:
        """Whether so many bytes fit, as far as is known."""
        return not self.memory_bytes or count <= self.memory_bytes * _SPARE


@dataclass(frozen=True)
class Estimate:
    """`seconds` and `memory_bytes` are None where they are not known; `lines` say all of it and how it is known."""

    lines: tuple[str, ...]
    seconds: float | None = None
    memory_bytes: int | None = None
    fits: bool | None = None
    fitting: Size | None = None


def estimate(
    shot: Shot, engine: str, model: Model | None, machine: Machine, plate: Size | None = None
) -> Estimate:
    """What rendering the shot takes with an engine, and the model that it would run: None for one without.

    `plate` is the plate's size where it is known.
    """
    if engine == "auto" and shot.engine.quality == "preview":
        engine = "draft"  # a preview is to be quick: docs/adr/014-auto.md
    if engine == "auto":
        line = "The engine is picked when the render starts: choose one by name to see what it takes."
        return Estimate((line,))
    if engine == "plate":
        return Estimate(("The plate engine makes no background: its time is that of reading and writing.",))
    took, said = _time(shot, engine, model, machine.past, plate or _DEFAULT_SIZE)
    if model is None:
        return Estimate((said,), took)
    size = model.size(plate or _DEFAULT_SIZE)
    needs = _memory(model, shot, size)
    if needs is None:
        if not machine.holds(model.weight_bytes):
            return Estimate((said, _too_large(machine, model.weight_bytes)), took, fits=False)
        least = in_bytes(model.weight_bytes)
        line = f"Memory is not known: {model.name} does not tell its measures; its weights alone are {least}."
        return Estimate((said, line), took)
    if not machine.holds(needs):
        fitting = _fitting(model, shot, plate or _DEFAULT_SIZE, machine)
        remedy = f"{fitting[0]}x{fitting[1]} does." if fitting else "No size does: take a smaller model."
        return Estimate((said, f"{_too_large(machine, needs)} {remedy}"), took, needs, False, fitting)
    line = f"About {in_bytes(needs)} of memory at {size[0]}x{size[1]}, without codec and text encoder."
    if not machine.memory_bytes:
        return Estimate((said, f"{line} What {machine.name} has is not known."), took, needs)
    return Estimate((said, line), took, needs, fits=True)


def operations(shot: Shot, model: Model, size: Size, frames: int, steps: int) -> float | None:
    """The floating point operations of all windows of that many frames; None where the model cannot be counted."""
    if model.architecture is None:
        return None
    stride = _CODEC_STRIDES.get(model.codec, 1)
    latents = 1 + math.ceil((frames - 1) / stride)
    plan = passes(latents, model.window, model.history, model.keyframe_step, model.ahead)
    spans = [*plan.thinned, *plan.whole]
    grid = size[1] // model.grid_px, size[0] // model.grid_px
    references = min(len(shot.references), model.references_most)
    tokens = [
        Tokens.of(
            len(span.sampled),
            grid,
            references=references,
            history=span.history,
            keyframes=len(told(span, plan.keyframes)) if index >= len(plan.thinned) else 0,
        )
        for index, span in enumerate(spans)
    ]
    return float(
        sampling_flops(model.architecture, tokens, steps, cached=model.is_cached, branches=model.branches)
    )


def in_words(seconds: float) -> str:
    """A time as somebody says it: `40 s`, `3 min`, `1 h 20 min`."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(5 * round(minutes / 5), 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def in_bytes(count: float) -> str:
    """A size of memory as it is sold: `820 MB`, `5.4 GB`, `38 GB`."""
    if count < 1e9:
        return f"{max(round(count / 1e6), 1)} MB"
    return f"{count / 1e9:.1f} GB" if count < 1e10 else f"{count / 1e9:.0f} GB"


def _time(
    shot: Shot, engine: str, model: Model | None, past: Sequence[Past], plate: Size
) -> tuple[float | None, str]:
    """How long it takes by what was rendered before, as a figure and as a sentence; of draft there is a first guess."""
    quality = shot.engine.quality
    names = {one.model for one in past} if model is None else {"", model.name}
    alike = [one for one in past if (one.engine, one.quality) == (engine, quality) and one.model in names][
        :_LAST
    ]
    frames = len(shot.all_frames)
    if not alike and engine == "draft":
        took = frames * plate[0] * plate[1] / 1e6 / _DRAFT_SPEED
        of = "by the speed of one processor core, since none was rendered here yet"
        return took, f"About {in_words(took)} for {frames} frames: a first guess {of}."
    if not alike:
        return (
            None,
            f"The time is not known yet: nothing was rendered with {engine} in {quality} quality here.",
        )
    wanted = _work(shot, model, frames, shot.engine.steps)
    paces = [one.seconds / _work(shot, model, one.frames, one.steps) for one in alike]
    took = wanted * sum(paces) / len(paces)
    renders = "render" if len(alike) == 1 else f"{len(alike)} renders"
    return took, f"About {in_words(took)} for {frames} frames, from the last {renders} with {engine}."


def _work(shot: Shot, model: Model | None, frames: int, steps: int) -> float:
    """What time goes with: operations where they can be counted, else frames, and steps where there is a model."""
    if model is None:
        return float(frames)
    size = model.size(_DEFAULT_SIZE)
    return operations(shot, model, size, frames, steps) or float(frames * steps)


def _memory(model: Model, shot: Shot, size: Size) -> int | None:
    if model.architecture is None:
        return None
    stride = _CODEC_STRIDES.get(model.codec, 1)
    latents = min(1 + math.ceil((len(shot.all_frames) - 1) / stride), model.window)
    grid = size[1] // model.grid_px, size[0] // model.grid_px
    references = min(len(shot.references), model.references_most)
    is_cut = latents == model.window
    tokens = Tokens.of(latents, grid, references=references, history=model.history if is_cut else 0)
    return memory_bytes(model.architecture, tokens, cached=model.is_cached)


def _fitting(model: Model, shot: Shot, plate: Size, machine: Machine) -> Size | None:
    """The largest size of the plate's shape, in steps of a twentieth of the model's area, that fits."""
    for twentieths in range(19, int(_SMALLEST * 20) - 1, -1):
        size = model.size(plate, model.area_px * twentieths / 20)
        needs = _memory(model, shot, size)
        if needs is not None and machine.holds(needs):
            return size
    return None


def _too_large(machine: Machine, needs: float) -> str:
    return f"Will not fit: it needs about {in_bytes(needs)}, {machine.name} has {in_bytes(machine.memory_bytes)}."


def past_of(result: dict[str, Any], seconds: float) -> Past | None:
    """A finished job's entry, by the provenance in its result; None for one that says too little, or re-finished."""
    try:
        provenance = result["provenance"]
        choice = provenance["shot"]["engine"]
        engine, frames = str(provenance["engine"]["name"]), len(provenance["frames"])
        steps = int(choice["steps"])
        model, quality = str(choice["model"]), str(choice["quality"])
    except (KeyError, TypeError, ValueError):
        return None
    return Past(engine, model, quality, frames, steps, seconds) if frames and seconds > 0 else None
