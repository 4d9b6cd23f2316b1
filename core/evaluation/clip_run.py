"""One clip of a benchmark: made where it has to be, handed to every contestant, judged, drawn, and its traces kept.

What is kept of a clip lies in `clips/NAME`: what it is (`facts.json`), a result for each contestant (`NAME.json`) that
names all it was made from, and the pictures. Whatever is there and made from the same is not computed again.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from pai_studio.core.engines.registry import Models
from pai_studio.core.evaluation import illustrate
from pai_studio.core.evaluation.asked import file_stem
from pai_studio.core.evaluation.at_model import ModelSize
from pai_studio.core.evaluation.contestants import NAIVE, Delivered, contestant
from pai_studio.core.evaluation.cutout import displayed
from pai_studio.core.evaluation.faults import attempt
from pai_studio.core.evaluation.illustrate import Show
from pai_studio.core.evaluation.judging import ClipScene, judge
from pai_studio.core.evaluation.kept import DRAWN, FACTS, TIMINGS, Kept, digest, read, write_json
from pai_studio.core.evaluation.learned import LearnedJudge, judge_missing
from pai_studio.core.evaluation.page import words
from pai_studio.core.evaluation.sets.base import Clip, code_digest
from pai_studio.core.evaluation.sets.layout import Kind, OpenClip, content_digest, open_clip
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.files import sweep_temps
from pai_studio.core.media.frame import Array
from pai_studio.core.report import Progress, Report
from pai_studio.core.shot.errors import PaiError

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
    judges: tuple[LearnedJudge, ...] = ()
    """The learned judges that are to say something beside the metrics."""

    models: Models = field(default_factory=Models)
    """Where the engines' models lie, and what they compute on."""

    at: ModelSize | None = None
    """The size that all are judged at, a model's; None for the plate's."""

    def keeping(self) -> Kept:
        """What is kept of the clip."""
        return Kept(self.kept, self.code, self.models)


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

        def within(text: str) -> str:
            for folder in (task.clip.at, task.work):
                if folder is not None:
                    text = text.replace(f"{folder.resolve().parent}/", "").replace(f"{folder.parent}/", "")
            return text

        return cls(task.clip.name, engine, within(error.what), within(error.where), within(error.hint))


def evaluate_clip(task: ClipTask, report: Report) -> list[Failure]:
    """Do all that is missing of a clip, and say what failed. Raises Cancelled from `report`."""
    run = _ClipRun(task, report)
    error = attempt(run.all)
    if error is not None:
        run.failures.append(Failure.of(error, task))
    run.tidy()
    return run.failures


@dataclass
class _ClipRun:
    task: ClipTask
    report: Report
    failures: list[Failure] = field(default_factory=list)
    _recipe: str = ""
    _stages: list[str] = field(default_factory=list)
    _timings_s: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kept = self.task.keeping()
        sweep_temps(self.task.kept, lambda _: True)  # of a run that was killed
        self._timings_s = self.kept.timings()

    def all(self) -> None:
        """Do what is missing; what fails for one contestant alone is put down in `failures`."""
        self._recipe = digest(self.task.clip.recipe())
        facts = self._known()
        if facts is not None and self._is_complete(facts):
            return
        self._stages = [*(["film"] if self._has_to_film() else []), *self.task.engines, "judge"]
        self._stages += [*(["judges"] if self.task.judges else []), "draw"]
        facts = self._looked_at()
        if not self._is_complete(facts):
            self._judge(facts)

    def tidy(self) -> None:
        """Throw away what need not stay; frames of a clip that failed would fill the disk for those to come."""
        if not self.task.keep_frames and self.task.work.is_dir():
            shutil.rmtree(self.task.work)

    # The clip ---------------------------------------------------------------

    def _known(self) -> dict[str, Any] | None:
        """What a clip that is made here was found to be, if it would be made from the same again; else None."""
        facts = self.kept.facts()
        if self.task.clip.at is not None or facts is None or facts["recipe"] != self._recipe:
            return None
        return facts if facts.get("config") == ColorConfig.open().digest else None

    def _looked_at(self) -> dict[str, Any]:
        """What the clip is, by its files."""
        earlier = self.kept.facts()
        try:
            opened = open_clip(self._folder(), self.task.kind)
            with ClipScene.opened(opened, self.task.at) as scene:
                shape, config = scene.shape, scene.config.digest
        except PaiError:
            self.kept.forget()  # or the report would go on with the figures of what it was
            raise
        stills = {"references": len(opened.shot.references)}
        found = {
            "recipe": self._recipe,
            "inputs": content_digest(opened),
            "config": config,
            "tags": {
                **stills,
                **opened.tags,
                **stills,
            },  # first in order, and by the document whatever a tag says
            "seed": opened.seed,
            "size": [shape[1], shape[0]],
            "frames": len(opened.shot.frames),
        }
        if found != earlier:
            self.kept.write(FACTS, found)
        return found

    def _is_complete(self, facts: Mapping[str, Any]) -> bool:
        """Whether every result and picture is there, and every frame where those are to be kept."""
        names = self.task.engines
        if not all(self.kept.holds(name, facts) for name in names) or not self._is_drawn(facts):
            return False
        if self._has_to_ask(names, facts):
            return False
        marks = {name: self.kept.made_from(name, facts) for name in names}
        return not self.task.keep_frames or (
            not self._has_to_film() and all(self._frames(n).notes(marks[n]) is not None for n in names)
        )

    def _has_to_film(self) -> bool:
        return self.task.clip.at is None and read(self._filmed_mark) != {"recipe": self._recipe}

    @property
    def _filmed(self) -> Path:
        return self.task.work / self.task.clip.name

    @property
    def _filmed_mark(self) -> Path:
        """Says that the clip is filmed to its end, and from what."""
        return self.task.work / "filmed.json"

    def _folder(self) -> Path:
        """The clip on disk, filmed where it has to be: one half-filmed, or made from something else, is none."""
        clip = self.task.clip
        if clip.at is not None:
            return clip.at
        if self._has_to_film():
            self._filmed_mark.unlink(missing_ok=True)
            shutil.rmtree(self._filmed, ignore_errors=True)
            self._filmed.mkdir(parents=True)
            with self._stage("film") as report:
                clip.write(self._filmed, report)
            write_json(self._filmed_mark, {"recipe": self._recipe})
        return self._filmed

    # The contestants --------------------------------------------------------

    def _judge(self, facts: Mapping[str, Any]) -> None:
        missing = [name for name in self.task.engines if not self.kept.holds(name, facts)]
        opened = open_clip(self._folder(), self.task.kind)
        with ClipScene.opened(opened, self.task.at) as scene:
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
            if self._has_to_ask(well, facts):
                with self._stage("judges") as report:
                    failed = judge_missing(
                        self.task.judges, self.kept, scene, well, facts=facts, report=report
                    )
                self.failures += [Failure.of(error, self.task, name) for name, error in failed]
            with self._stage("draw") as report:
                self._draw(scene, well, facts, report)

    def _has_to_ask(self, names: Iterable[str], facts: Mapping[str, Any]) -> bool:
        """Whether a learned judge has not said yet what it thinks of one of these contestants."""
        judges = self.task.judges
        return any(judge.said(self.kept, name, facts) is None for name in names for judge in judges)

    def _frames(self, name: str) -> Delivered:
        return Delivered(self.task.work / "delivered" / file_stem(name))

    def _delivered(self, name: str, opened: OpenClip, facts: Mapping[str, Any]) -> Delivered | None:
        """A contestant's frames, made where they are not there; None where it failed."""
        delivered = self._frames(name)
        mark = self.kept.made_from(name, facts)
        if delivered.notes(mark) is None:
            shutil.rmtree(delivered.folder, ignore_errors=True)
            who = contestant(name, self.task.models, raw=self.task.at is not None)
            with self._stage(name) as report:
                notes = attempt(partial(who.make, opened, delivered.folder, report))
            if isinstance(notes, PaiError):
                self.failures.append(Failure.of(notes, self.task, name))
                return None
            delivered.finish(mark, notes)
        return delivered

    def _keep(self, judged: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        for name, values in judged.items():
            if isinstance(values, PaiError):
                self.failures.append(Failure.of(values, self.task, name))
                continue
            mark = self.kept.made_from(name, facts)
            notes = self._frames(name).notes(mark)
            version = contestant(name, self.task.models).version()
            self.kept.write(name, {"made_from": mark, "version": version, "values": values, "notes": notes})

    # The pictures -----------------------------------------------------------

    def _pictures_from(self, facts: Mapping[str, Any]) -> str:
        return digest(json.dumps(facts["tags"]), facts["inputs"], code_digest(*_DRAWN_BY))

    def _is_drawn(self, facts: Mapping[str, Any]) -> bool:
        """Whether the pictures show every contestant that is asked for, as it was judged; they may show more."""
        there = self.kept.drawn()
        if there is None or there["made_from"] != self._pictures_from(facts):
            return False
        if not all((self.kept.folder / name).is_file() for name in (illustrate.CONTACT, illustrate.REVIEW)):
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
            return scene.taken(displayed(source.frame(number)).rgb)

        def shown(frames: Show) -> Show:
            return lambda number: scene.taken(frames(number))

        picture = illustrate.Clip(
            title=clip.name,
            rate=clip.shot.rate,
            frames=numbers,
            plate=plate,
            contestants={name: shown(partial(delivered[name].frame, config=config)) for name in ordered},
            references=scene.references,
            truth=shown(partial(clip.truth.composite, config=config)) if clip.truth else None,
            small_print={name: small_print((self.kept.result(name) or {})["values"]) for name in ordered},
            notes=",  ".join(words.tags(facts["tags"])),
            pixel_aspect=source.frame(numbers[0]).pixel_aspect if scene.at is None else 1.0,
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


def small_print(values: Mapping[str, Any]) -> list[str]:
    """The two figures that say most, as briefly as a sheet's margin wants them."""
    shown = ((short, values.get(key)) for short, key in _SMALL_PRINT.items())
    return [f"{short} {value:.1f} dB" for short, value in shown if value is not None]
