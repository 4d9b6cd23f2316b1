"""One clip of a benchmark: made where it has to be, handed to every contestant, judged, drawn, and its traces kept.

What is kept of a clip lies in `clips/NAME`: what it is (`facts.json`), a result for each contestant (`NAME.json`) that
names all it was made from, and the pictures. Whatever is there and made from the same is not computed again.
"""

from __future__ import annotations

import json
import shutil
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from pai_studio.core.evaluation import illustrate
from pai_studio.core.evaluation.contestants import NAIVE, Delivered, contestant
from pai_studio.core.evaluation.cutout import displayed
from pai_studio.core.evaluation.judging import ClipScene, judge
from pai_studio.core.evaluation.kept import DRAWN, FACTS, TIMINGS, Kept, digest
from pai_studio.core.evaluation.page import words
from pai_studio.core.evaluation.sets.base import Clip, code_digest
from pai_studio.core.evaluation.sets.layout import Kind, OpenClip, content_digest, open_clip
from pai_studio.core.media.files import sweep_temps
from pai_studio.core.media.frame import Array
from pai_studio.core.report import Progress, Report
from pai_studio.core.shot.errors import Cancelled, EngineFailed, PaiError

_DRAWN_BY = ("evaluation/illustrate.py", "evaluation/panes.py", "evaluation/contact.py")
_SMALL_PRINT = {"bg": "background_psnr_db", "fg": "foreground_psnr_db"}
_COUNTED_PHASES = ("film", "frames", "judge", "draw")


@dataclass(frozen=True)
class ClipTask:
    """A clip and who is to be judged on it; plain data for another process."""

    clip: Clip
    kind: Kind
    engines: tuple[str, ...]
    kept: Path
    """The folder of what is kept of this clip."""

    work: Path
    """The folder of what is thrown away when the clip is done, but for `keep_frames`."""

    code: str
    """The digest of the code that results follow from (`judging_code`), as it was when the run began."""

    keep_frames: bool = False


@dataclass(frozen=True)
class Failure:
    """Something that went wrong on a clip, while the rest goes on; `engine` is None where it is the clip's fault."""

    clip: str
    engine: str | None
    what: str
    where: str
    hint: str

    @classmethod
    def of(cls, error: PaiError, task: ClipTask, engine: str | None = None) -> Failure:
        """An error as a line of the report, with paths as they are within the set, the same on every machine."""
        where = error.where
        for folder in (task.clip.at, task.work):
            if folder is not None:
                where = where.replace(f"{folder.resolve().parent}/", "").replace(f"{folder.parent}/", "")
        return cls(task.clip.name, engine, error.what, where, error.hint)


def evaluate_clip(task: ClipTask, report: Report) -> list[Failure]:
    """Do all that is missing of a clip, and say what failed. Raises Cancelled from `report`, OutOfResources."""
    run = _ClipRun(task, report)
    try:
        return run.all()
    except Cancelled:
        raise
    except PaiError as error:
        return [*run.failures, Failure.of(error, task)]
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one clip, the others go on
        return [*run.failures, Failure.of(_fault(error), task)]


@dataclass
class _ClipRun:
    task: ClipTask
    report: Report
    failures: list[Failure] = field(default_factory=list)
    _stages: list[str] = field(default_factory=list)
    _timings_s: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kept = Kept(self.task.kept, self.task.code)
        sweep_temps(self.task.kept, lambda _: True)  # of a run that was killed
        self._timings_s = self.kept.timings()

    def all(self) -> list[Failure]:
        task = self.task
        self._stages = ["film", *task.engines, "judge", "draw"]
        facts = self._facts()
        missing = [name for name in task.engines if not self.kept.holds(name, facts)]
        if not missing and self._is_drawn(facts):
            self._stages = []
        else:
            self._stages = [stage for stage in self._stages if stage not in ("film",) or self._has_to_film()]
            self._judge(facts, missing)
        if not task.keep_frames and task.work.is_dir():
            shutil.rmtree(task.work)
        return self.failures

    # The clip ---------------------------------------------------------------

    def _facts(self) -> dict[str, Any]:
        """What the clip is: as it was found earlier where it is still made from the same, else by looking at it."""
        clip = self.task.clip
        recipe = digest(clip.recipe())
        facts = self.kept.facts()
        if clip.at is None and facts is not None and facts["recipe"] == recipe:
            return facts
        opened = open_clip(self._folder(), self.task.kind)
        with ClipScene.opened(opened) as scene:
            display = scene.source.display
        found = {
            "recipe": recipe,
            "inputs": content_digest(opened),
            "tags": {"references": len(opened.shot.references), **opened.tags},
            "seed": opened.seed,
            "size": [display.width, display.height],
            "frames": len(opened.shot.frames),
        }
        if found != facts:
            self.kept.write(FACTS, found)
        return found

    def _has_to_film(self) -> bool:
        return self.task.clip.at is None and not self._filmed.is_dir()

    @property
    def _filmed(self) -> Path:
        return self.task.work / self.task.clip.name

    def _folder(self) -> Path:
        """The clip on disk, filmed where it has to be; a half-filmed one is never taken for a clip."""
        clip = self.task.clip
        if clip.at is not None:
            return clip.at
        if self._has_to_film():
            half = self.task.work / "half" / clip.name
            shutil.rmtree(half, ignore_errors=True)
            half.mkdir(parents=True)
            with self._stage("film") as report:
                clip.write(half, report)
            half.rename(self._filmed)
        return self._filmed

    # The contestants --------------------------------------------------------

    def _judge(self, facts: dict[str, Any], missing: list[str]) -> None:
        opened = open_clip(self._folder(), self.task.kind)
        with ClipScene.opened(opened) as scene:
            delivered = {}
            for name in self.task.engines:
                there = self._delivered(name, opened, facts)
                if there is not None:
                    delivered[name] = there
            todo = {name: there for name, there in delivered.items() if name in missing}
            if todo:
                with self._stage("judge") as report:
                    self._keep(judge(scene, todo, report), facts)
            well = {name: there for name, there in delivered.items() if self.kept.holds(name, facts)}
            with self._stage("draw") as report:
                self._draw(scene, well, facts, report)

    def _delivered(self, name: str, opened: OpenClip, facts: dict[str, Any]) -> Delivered | None:
        """A contestant's frames, made where they are not there; None where it failed."""
        delivered = Delivered(self.task.work / "delivered" / name)
        mark = self.kept.made_from(name, facts)
        if delivered.notes(mark) is None:
            shutil.rmtree(delivered.folder, ignore_errors=True)
            try:
                with self._stage(name) as report:
                    notes = contestant(name).make(opened, delivered.folder, report)
            except Cancelled:
                raise
            except PaiError as error:
                self.failures.append(Failure.of(error, self.task, name))
                return None
            except Exception as error:  # noqa: BLE001 - whatever an engine does, the others go on
                self.failures.append(Failure.of(_fault(error), self.task, name))
                return None
            delivered.finish(mark, notes)
        return delivered

    def _keep(self, judged: Mapping[str, Any], facts: dict[str, Any]) -> None:
        for name, values in judged.items():
            if isinstance(values, PaiError):
                self.failures.append(Failure.of(values, self.task, name))
                continue
            mark = self.kept.made_from(name, facts)
            notes = Delivered(self.task.work / "delivered" / name).notes(mark)
            version = contestant(name).version()
            self.kept.write(name, {"made_from": mark, "version": version, "values": values, "notes": notes})

    # The pictures -----------------------------------------------------------

    def _pictures_from(self, facts: Mapping[str, Any]) -> str:
        return digest(json.dumps(facts["tags"]), facts["inputs"], code_digest(*_DRAWN_BY))

    def _is_drawn(self, facts: Mapping[str, Any]) -> bool:
        """Whether the pictures show every contestant that is asked for, as it was judged; they may show more."""
        there = self.kept.drawn()
        if there is None or there["made_from"] != self._pictures_from(facts):
            return False
        wanted = {name: self.kept.made_from(name, facts) for name in self.task.engines}
        return all(there["results"].get(name) == mark for name, mark in wanted.items())

    def _draw(
        self, scene: ClipScene, delivered: Mapping[str, Delivered], facts: Mapping[str, Any], report: Report
    ) -> None:
        clip, source, config = scene.clip, scene.source, scene.config
        ordered = sorted(delivered, key=lambda name: name not in NAIVE)
        if not ordered:
            return
        numbers = list(clip.shot.frames)

        def plate(number: int) -> Array:
            report(Progress("draw", numbers.index(number), len(numbers), number))
            return displayed(source.frame(number)).rgb

        picture = illustrate.Clip(
            title=clip.name,
            rate=clip.shot.rate,
            frames=numbers,
            plate=plate,
            contestants={name: partial(delivered[name].frame, config=config) for name in ordered},
            references=scene.references,
            truth=partial(clip.truth.composite, config=config) if clip.truth else None,
            small_print={name: small_print((self.kept.result(name) or {})["values"]) for name in ordered},
            notes=",  ".join(words.tags(facts["tags"])),
            pixel_aspect=source.frame(numbers[0]).pixel_aspect,
        )
        illustrate.draw_clip(self.kept.folder, picture, config)
        results = {name: self.kept.made_from(name, facts) for name in delivered}
        self.kept.write(DRAWN, {"made_from": self._pictures_from(facts), "results": results})

    # Progress ---------------------------------------------------------------

    @contextmanager
    def _stage(self, name: str) -> Iterator[Report]:
        """Time a stage, and tell of its steps as those of the whole clip."""
        per_stage, at = 100, self._stages.index(name) if name in self._stages else 0
        total = per_stage * len(self._stages)

        def report(progress: Progress, /) -> None:
            share = (
                progress.done / progress.total if progress.total and progress.phase in _COUNTED_PHASES else 0
            )
            self.report(Progress(name, round(per_stage * (at + share)), total, progress.frame))

        start = time.monotonic()
        report(Progress(name))
        yield report
        self._timings_s[name] = round(time.monotonic() - start, 3)
        self.kept.write(TIMINGS, self._timings_s)


def _fault(error: Exception) -> EngineFailed:
    """A programming fault as an error that can be told: what it was, and the line that it came from."""
    line = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(line.filename).name}:{line.lineno}"
    return EngineFailed(
        f"{type(error).__name__}: {error}", where=where, hint="this is a fault of the program"
    )


def small_print(values: Mapping[str, Any]) -> list[str]:
    """The two figures that say most, as briefly as a sheet's margin wants them."""
    shown = ((short, values.get(key)) for short, key in _SMALL_PRINT.items())
    return [f"{short} {value:.1f} dB" for short, value in shown if value is not None]
