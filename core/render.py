"""The spine: load, engine, finish, write, as one stream in constant memory.

Worker, command line and tests share this one function. At any moment a handful of frames are alive: those read
ahead, the one the engine works on, and `_IN_FLIGHT` being finished and written beside it.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from pai_studio.core.delivery import finished, generations, provenance, qc, review
from pai_studio.core.delivery.beside import write_beside
from pai_studio.core.delivery.frames import Delivered, FrameDelivery
from pai_studio.core.delivery.locked import LockedBackground
from pai_studio.core.delivery.recombination import recombination
from pai_studio.core.delivery.writer import Writer
from pai_studio.core.engines.base import Engine
from pai_studio.core.engines.registry import Models, make_engine
from pai_studio.core.finish.finisher import Finisher
from pai_studio.core.making import Making, Ready, not_stored
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.exr import LIMITS, Limits, sweep_temps
from pai_studio.core.media.source import FileSource
from pai_studio.core.report import Progress, Report, silent
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import FrameRange
from pai_studio.core.shot.inputs import input_files
from pai_studio.core.shot.naming import refuse_taken, sidecar, version_of

_IN_FLIGHT = 2
"""Frames being finished and written while the engine makes the next one."""

_READ_AHEAD = 4
"""Plates read ahead; half as many of a shot that a model makes, whose plates finishing reads a second time."""

Mode = Literal["render", "refinish"]
OnFile = Callable[[Path, int | None], None]


@dataclass(frozen=True, kw_only=True)
class RenderRequest:
    """One render: a shot with absolute input paths, and where its delivery goes."""

    shot: Shot

    out: Path
    """The folder that `delivery.files` is relative to."""

    generations: Path
    """The store of generations by digest."""

    frames: FrameRange | None = None
    """A sub-range; the engine still looks at the whole shot, so these frames equal those of a whole render."""

    mode: Mode = "render"
    """`refinish` takes the stored generation and runs finishing alone."""

    resume: bool = False
    """Keep the frames that are on disk already."""

    lock: Path | None = None
    """The pattern of an earlier version's beauty: its background, with shadow and confidence, stays."""

    convert_plate: bool = False
    """Send an untouched plate through the working space as well, instead of passing its file values through."""

    digests: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 by absolute path, where they are known already (a server knows them); the rest is hashed."""

    limits: Limits = LIMITS

    models: Models = field(default_factory=Models)
    """Where the engines' models lie, and what they compute on."""


@dataclass(frozen=True)
class RenderResult:
    """What was written: every file with its summary and provenance."""

    files: list[Path]
    qc: dict[str, Any]
    provenance: dict[str, Any]


def _nobody(path: Path, frame: int | None) -> None:
    """A listener for finished files that nobody needs."""


def render(request: RenderRequest, report: Report = silent, on_file: OnFile = _nobody) -> RenderResult:
    """Render the shot. Files appear whole, one by one; `on_file` hears of each.

    Raises the kinds of `PaiError`: BadInput before anything is computed, Cancelled from `report`.
    """
    run = _Run(request, report, on_file)
    try:
        return run.all()
    finally:
        run.close()


class _Run:
    """One render's moving parts."""

    def __init__(self, request: RenderRequest, report: Report, on_file: OnFile) -> None:
        self.request, self.report, self.on_file = request, report, on_file
        self.timings_s: dict[str, float] = {}
        self._done = 0
        shot = request.shot
        self.numbers = shot.chosen(request.frames)
        if not request.resume:
            refuse_taken(request.out, shot.delivery_files)
        self._version = version_of(shot.delivery_files)
        self.engine: Engine = make_engine(shot, request.models)
        with self._timed("check"):
            report(Progress("check"))
            self.config = ColorConfig.open(shot.ocio)
            self.config.require(shot.delivery_colorspace)
            depth = _READ_AHEAD if self.engine.gives_layers else _READ_AHEAD // 2
            self.source = FileSource(shot, self.config, request.limits, depth=depth)
            self.inputs = self._hashed(input_files(shot))
            self.lock = self._locked()
        self.key = generations.digest(
            shot,
            self.inputs,
            engine=self.engine.name,
            engine_version=self.engine.version,
            config=self.config.digest,
            context=self.config.context,
        )
        self.store = generations.GenerationStore(request.generations, self.key)
        self.marks = finished.marks(self.key, shot, convert_plate=request.convert_plate)
        finisher = Finisher(
            self.source.stills,
            self.source.display,
            shot.finish,
            shot.engine.seed,
            gives_layers=self.engine.gives_layers,
            plates=self.source.few,
        )
        self.making = Making(self.engine, self.source, self.store, finisher)
        self.writer = Writer(
            shot,
            request.out,
            self.config,
            fills_background=self.engine.fills_background,
            convert_plate=request.convert_plate,
        )

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        start = time.monotonic()
        try:
            yield
        finally:
            self.timings_s[phase] = self.timings_s.get(phase, 0.0) + time.monotonic() - start

    def _hashed(self, files: list[Path]) -> dict[str, str]:
        """SHA-256 of files by their paths, in their order."""
        found: dict[str, str] = {}
        for index, path in enumerate(files):
            self.report(Progress("check", index, len(files)))
            known = self.request.digests.get(str(path))
            found[str(path)] = known or _sha256(path)
        return found

    def _locked(self) -> LockedBackground | None:
        """The background that stays. Raises BadInput or MissingFrames where it does not fit this shot."""
        if self.request.lock is None:
            return None
        if not self.engine.fills_background:
            say = f"the engine {self.engine.name} leaves the background as it is: none can be locked"
            raise BadInput(say, where="engine.name")
        pattern, limits = str(self.request.lock), self.request.limits
        locked = LockedBackground.of(pattern, self.numbers, self._hashed, limits)
        locked.check(self.source.display, self.config.working)
        return locked

    def all(self) -> RenderResult:
        todo = []
        for number in self.numbers:
            if self.request.resume and self.writer.is_done(number):
                beauty = self.writer.files_of(number)[-1]
                finished.require_marks(beauty, self.marks | self._lock_mark(number), self.request.limits)
            else:
                todo.append(number)
        absent = self.making.absent(todo)
        if self.request.mode == "refinish" and absent:
            raise not_stored(absent, todo)
        sweep_temps(Path(self.writer.pattern).parent, self.writer.is_ours)  # of a run that was killed
        if absent:
            with self._timed("prepare"):
                self.engine.prepare(self.source, self.report, self.store.state)
            self.store.keep_notes(self.engine.notes())
        return self._stream(todo, is_stored=not absent)

    def close(self) -> None:
        """Let go of the engine and of the files."""
        self.engine.close()
        self.source.close()

    def _stream(self, todo: list[int], *, is_stored: bool) -> RenderResult:
        """Finish and write frame after frame, then what goes beside them."""
        facts, limits = self._facts(), self.request.limits
        self._delivery = FrameDelivery(self.source, self.writer, facts, self.store.made_at(), limits)
        records: list[qc.FrameQc] = []
        files: list[Path] = []
        shot = self.request.shot
        pattern = str(self.request.out / shot.delivery_files)
        movie = Path(sidecar(pattern, "review.mp4"))
        with (
            self._timed("frames"),
            review.Review(movie, shot.rate, self._label()) as reel,
            closing(self._in_order(todo, is_stored=is_stored)) as frames,
        ):
            for done, frame in enumerate(frames, start=1):
                reel.add(frame.shown, frame.number)
                records.append(frame.record)
                for path in frame.files:
                    files.append(path)
                    self.on_file(path, frame.number)
                self._done = done
                self.report(Progress("frames", done, len(self.numbers), frame.number))
        if not is_stored:
            self.store.keep_notes(self.engine.notes())  # with what it found while it generated
        summary = qc.summary(records) | {"notes": self.source.notes}
        origin = self._provenance(records)
        rebuilding = recombination(shot, self.writer.passes, self.config.working)
        extra = [
            movie,
            *write_beside(pattern, {"qc.json": summary, "provenance.json": origin}),
            *write_beside(pattern, rebuilding),
        ]
        for path in extra:
            self.on_file(path, None)
        return RenderResult(files + extra, summary, origin)

    def _in_order(self, todo: list[int], *, is_stored: bool) -> Generator[Delivered]:
        """Every chosen frame in order: those on disk read back, the others made and written beside the engine."""
        fresh = set(todo)
        waiting: deque[Future[Delivered]] = deque()
        pool = ThreadPoolExecutor(_IN_FLIGHT, thread_name_prefix="finish")
        with closing(self.making.frames(todo, pool, self._heard, is_stored=is_stored)) as ready:
            try:
                for number in self.numbers:
                    work = (
                        (self._complete, next(ready))
                        if number in fresh
                        else (self._delivery.read_back, number)
                    )
                    waiting.append(pool.submit(*work))
                    if len(waiting) > _IN_FLIGHT:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _heard(self, progress: Progress) -> None:
        """The engine's own steps while it generates: they let a cancel through. What it does not count, frames do."""
        if not progress.total:
            progress = replace(progress, phase="frames", done=self._done, total=len(self.numbers))
        self.report(progress)

    def _complete(self, ready: Ready) -> Delivered:
        """Finish one frame and write it; runs beside the engine."""
        frame = ready.plate
        loaded = ready.load()
        locked = self.lock.passes(frame) if self.lock else None
        layers = self.making.finisher.finish(frame, loaded.made, loaded.near, locked, loaded.far)
        return self._delivery.put(layers, frame, ready.image, self._lock_mark(frame.number))

    def _lock_mark(self, number: int) -> dict[str, str]:
        return {finished.LOCK: self.lock.mark(number)} if self.lock else {}

    def _facts(self) -> dict[str, Any]:
        """Our own keys in each file's header."""
        return {
            "pai/engine": f"{self.engine.name} {self.engine.version}",
            **self.marks,
            "pai/seed": self.request.shot.engine.seed,
            "pai/passes_colorspace": self.config.working,
        }

    def _label(self) -> str:
        tag = "" if self._version is None else f" v{self._version:03d}"
        return f"{self.request.shot.name}{tag}   {self.engine.name}   {self.request.shot.delivery_colorspace}"

    def _provenance(self, records: list[qc.FrameQc]) -> dict[str, Any]:
        return provenance.record(
            self.request.shot,
            engine=self.engine.name,
            engine_version=self.engine.version,
            generation=self.key,
            config={"name": self.config.name, "digest": self.config.digest},
            inputs=self.inputs,
            frames=self.numbers,
            passes=self.writer.passes,
            notes=self.store.notes(),
            timings_s=self.timings_s,
            finishing=qc.registration(records),
            locked=self.lock.provenance() if self.lock else {},
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
