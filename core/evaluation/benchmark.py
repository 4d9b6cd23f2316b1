"""Runs a benchmark: every clip of a set, every contestant, and the report of it all.

Everything that takes time is kept clip by clip (`clip_run`), so a run that is interrupted goes on where it was, and one
that is repeated only reads. The report follows from the set, the engines and the seed alone: the same ones give the
same bytes, however many processes work. Times are told apart, in `timings.json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pai_studio
from pai_studio.core.engines.registry import Models
from pai_studio.core.evaluation import aggregate
from pai_studio.core.evaluation.at_model import LEFT_OUT, ModelSize, metrics_of
from pai_studio.core.evaluation.clip_run import ClipTask, Failure, evaluate_clip
from pai_studio.core.evaluation.compare import changes, require_same_set
from pai_studio.core.evaluation.contestants import NAIVE, contestant, model_of
from pai_studio.core.evaluation.kept import judging_code, read, write_json
from pai_studio.core.evaluation.learned import LearnedJudge, clip_sayings, summary
from pai_studio.core.evaluation.page import write_report
from pai_studio.core.evaluation.sets.base import BenchmarkSet, Clip
from pai_studio.core.evaluation.workers import each
from pai_studio.core.report import Progress, Report, silent
from pai_studio.core.shot.errors import AlreadyThere, BadInput, PaiError

SCHEMA = "pai-studio/benchmark/1"
REPORT, TIMINGS = "report.json", "timings.json"
_MARK = "benchmark.json"
_MEDIA_IN_PAGE = 24
"""With more clips than this the page names the pictures beside it: a browser would not load them all in one file."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One run."""

    set: BenchmarkSet
    engines: tuple[str, ...]
    out: Path
    seed: int = 0
    """Of the bootstrap."""

    workers: int = 2
    """Processes over clips; 0 works in this process, for tests."""

    keep_frames: bool = False
    """Keep filmed clips and delivered frames under `work/`."""

    earlier: Mapping[str, Any] | None = None
    """An earlier report to compare with."""

    judges: tuple[LearnedJudge, ...] = ()
    """Learned judges whose values stand beside the metrics; none unless they are named."""

    models: Models = field(default_factory=Models)
    """Where the engines' models lie, and what they compute on."""

    at: ModelSize | None = None
    """Judge at a model's own size: its raw pictures, and all others reduced; None judges what was delivered."""

    command: str = ""
    """What makes this report again, for the page."""


def run(request: Request, report: Report = silent) -> dict[str, Any]:
    """Do all that is missing and write `report.json`, `timings.json`, `report.md` and `index.html`; returns the report.

    What fails on a clip is named under `failures` while the rest goes on. Raises BadInput for an unknown engine, one
    without a trained model or with one of another size than `at`, a judge named twice, an earlier report of another
    set or size, an `out` that holds something else or lies in the set; Cancelled from `report`, after which the same
    call goes on where this one stopped.
    """
    for name in request.engines:
        contestant(name, request.models)
        if request.at is not None:
            _require_size(name, request.models, request.at)
    if len(set(request.engines)) != len(request.engines) or not request.engines:
        raise BadInput("the engines are not named once each", where="--engines", hint="write a,b,c")
    if len({judge.name for judge in request.judges}) != len(request.judges):
        raise BadInput("a judge is named twice", where="--judge", hint="name each once")
    if request.earlier is not None:
        require_same_set(request.earlier, request.set, _told_size(request.at))
    _make_room(request)
    code = judging_code()
    tasks = [_task(request, clip, code) for clip in request.set.clips]
    failures = _work(tasks, request.workers, report)
    document = _document(request, tasks, failures, code)
    write_json(request.out / REPORT, document)
    write_json(request.out / TIMINGS, {task.clip.name: task.keeping().timings() for task in tasks})
    write_report(document, request.out, link_media=len(tasks) > _MEDIA_IN_PAGE)
    return document


def _require_size(name: str, models: Models, size: ModelSize) -> None:
    """Raise BadInput where a contestant runs a model of another size: nothing would be its own resolution."""
    model = model_of(name, models)
    if model is None:
        return
    own = ModelSize(model.manifest.area_px, model.manifest.grid_px)
    if own != size:
        raise BadInput(
            f"the model {model.name!r} works at {own}",
            where=f"--at-model {size}",
            hint=f"name --at-model {own}, or judge it without",
        )


def _told_size(size: ModelSize | None) -> dict[str, Any] | None:
    """What a report says of the size that was judged at, and what is not measured there."""
    return None if size is None else asdict(size) | {"left_out": list(LEFT_OUT)}


def _make_room(request: Request) -> None:
    """The folder, new or of an earlier run over the same set; outside the set, where it would become a clip."""
    places = {clip.at.resolve().parent for clip in request.set.clips if clip.at is not None}
    if places & {request.out.resolve(), *request.out.resolve().parents}:
        raise BadInput(
            "lies in the set itself", where=f"--out {request.out}", hint="name a folder outside of it"
        )
    mark = request.out / _MARK
    told = {"schema": SCHEMA, "set": request.set.name}
    if request.at is not None:
        told["at_model"] = str(request.at)
    there = read(mark)
    if there is not None:
        if there != told:
            raise AlreadyThere(
                "holds the benchmark of another set, or at another size",
                where=str(request.out),
                hint="name another --out",
            )
        return
    if request.out.is_dir() and any(request.out.iterdir()):
        say = "the folder holds something else than a benchmark"
        raise AlreadyThere(say, where=str(request.out), hint="name another --out")
    write_json(mark, told)


def _task(request: Request, clip: Clip, code: str) -> ClipTask:
    return ClipTask(
        clip,
        request.set.kind,
        request.engines,
        request.out / "clips" / clip.name,
        request.out / "work" / clip.name,
        code,
        request.keep_frames,
        request.judges,
        request.models,
        request.at,
    )


def _work(tasks: list[ClipTask], workers: int, report: Report) -> list[Failure]:
    """All clips; what failed, in the order of the set."""
    steps = _Steps(tasks, report)
    failed: dict[int, list[Failure]] = {}
    for index, ended in each(tasks, evaluate_clip, workers, steps.hear):
        failed[index] = [Failure.of(ended, tasks[index])] if isinstance(ended, PaiError) else ended
        steps.end(index)
    return [failure for index in sorted(failed) for failure in failed[index]]


class _Steps:
    """The clips' progress as that of the whole set, weighed by their lengths."""

    def __init__(self, tasks: list[ClipTask], report: Report) -> None:
        self._report = report
        self._names = [task.clip.name for task in tasks]
        self._weights = [task.clip.frames for task in tasks]
        self._shares = [0.0] * len(tasks)
        report(Progress("evaluate", 0, sum(self._weights)))

    def hear(self, index: int, progress: Progress) -> None:
        """A clip's step."""
        self._shares[index] = progress.done / progress.total if progress.total else 0.0
        self._tell(f"{self._names[index]} {progress.phase}")

    def end(self, index: int) -> None:
        """A clip is done; one that had nothing to do counts no more, so that it does not promise too much."""
        if self._shares[index] == 0:
            self._weights[index] = 0
        self._shares[index] = 1.0
        self._tell(self._names[index])

    def _tell(self, message: str) -> None:
        done = sum(share * weight for share, weight in zip(self._shares, self._weights, strict=True))
        self._report(Progress("evaluate", int(done), sum(self._weights), message=message))


def _document(request: Request, tasks: list[ClipTask], failures: list[Failure], code: str) -> dict[str, Any]:
    """The report, from what is kept of each clip."""
    per_clip = [entry for task in tasks if (entry := _clip_entry(task)) is not None]
    names = [entry["clip"] for entry in per_clip]
    values = [entry["engines"] for entry in per_clip]
    tags = [entry["tags"] for entry in per_clip]
    metrics = metrics_of(request.at)
    sizes = {tuple(entry["size"]) for entry in per_clip}
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "set": request.set.name,
        "type": request.set.kind,
        "clips": len(tasks),
        "frames": sum(entry["frames"] for entry in per_clip),
        "size": list(sizes.pop()) if len(sizes) == 1 else None,
        "seed": request.set.seed,
        "command": request.command,
        "engines": aggregate.engine_figures(values, request.engines, request.seed, metrics=metrics),
        "failures": [asdict(failure) for failure in failures],
        "pairs": [
            aggregate.pair(names, values, engine, against, request.seed, metrics=metrics)
            for index, engine in enumerate(request.engines)
            for against in (*request.engines[index + 1 :], *request.engines[:index])
            if engine not in NAIVE and (against in NAIVE or against in request.engines[index + 1 :])
        ],
        "groups": aggregate.groups(tags, values, request.engines, request.seed, metrics=metrics),
        "baseline": aggregate.baseline(tags, names, values, request.engines, request.seed),
        "per_clip": per_clip,
        "versions": {
            "pai_studio": pai_studio.__version__,
            "code": code[:16],
            "engines": {name: contestant(name, request.models).version() for name in request.engines},
        },
    }
    if request.at is not None:
        document["at_model"] = _told_size(request.at)
    models = {name: model_of(name, request.models) for name in request.engines}
    if any(models.values()):
        document["versions"]["models"] = {
            name: {"name": model.name, "digest": model.manifest.digest}
            for name, model in models.items()
            if model
        }
    if request.judges:
        said = [entry["judges"] for entry in per_clip]
        document["judges"] = summary(request.judges, said, request.engines, request.seed)
    if request.earlier is not None:
        document["changes"] = changes(document, request.earlier, request.seed)
    return document


def _clip_entry(task: ClipTask) -> dict[str, Any] | None:
    """A clip's part of the report; None where the clip itself could not be used."""
    kept = task.keeping()
    facts = kept.facts()
    if facts is None:
        return None
    results = {name: kept.result(name) for name in task.engines if kept.holds(name, facts)}
    entry = {
        "clip": task.clip.name,
        "tags": facts["tags"],
        "seed": facts["seed"],
        "size": facts["size"],
        "frames": facts["frames"],
        "inputs": facts["inputs"][:16],
        "engines": {name: result["values"] for name, result in results.items() if result},
        "notes": {name: result["notes"] for name, result in results.items() if result and result["notes"]},
    }
    if task.judges:
        entry["judges"] = clip_sayings(task.judges, kept, list(results), facts)
    return entry
