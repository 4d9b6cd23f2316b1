"""Processes that work through tasks side by side; one that dies takes its task with it and nothing else.

Each process computes on one thread, so that results do not depend on how many there are.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

import cv2

from pai_studio.core.report import Progress, Report
from pai_studio.core.shot.errors import EngineFailed, PaiError, from_json

_spawn = multiprocessing.get_context("spawn")
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

T = TypeVar("T")
R = TypeVar("R")
Work = Callable[[T, Report], R]
Heard = Callable[[int, Progress], None]


def each(
    tasks: Sequence[T], work: Work[T, R], processes: int, heard: Heard
) -> Iterator[tuple[int, R | PaiError]]:
    """Every task's index with what `work(task, report)` returned or raised, in the order in which they end.

    `work` is a function of a module, tasks and results are plain data. `heard` gets each task's progress; what it
    raises ends the processes, as does closing the iterator. With `processes` 0 all happens in this one, for tests.
    """
    if processes == 0:
        yield from _here(tasks, work, heard)
        return
    waiting = deque(enumerate(tasks))
    crew = [_Worker(work) for _ in range(min(processes, len(tasks)))]
    try:
        for worker in crew:
            worker.take(waiting)
        while busy := [worker for worker in crew if worker.index is not None]:
            ready = wait([worker.pipe for worker in busy])
            for worker in [worker for worker in busy if worker.pipe in ready]:
                ended = worker.hear(heard)
                if ended is not None:
                    yield ended
                    worker.take(waiting)
    finally:
        for worker in crew:
            worker.end()


def _here(tasks: Sequence[T], work: Work[T, R], heard: Heard) -> Iterator[tuple[int, R | PaiError]]:
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        for index, task in enumerate(tasks):
            try:
                yield index, work(task, lambda progress, index=index: heard(index, progress))
            except PaiError as error:
                if error.exit_code == 130:
                    raise
                yield index, error
    finally:
        cv2.setNumThreads(threads)


@dataclass
class _Worker(Generic[T, R]):
    """One process, started when it gets its first task and again after it has died."""

    work: Work[T, R]
    index: int | None = None
    pipe: Connection = None  # type: ignore[assignment]
    process: BaseProcess | None = None

    def take(self, waiting: deque[tuple[int, T]]) -> None:
        """Begin the next task, where there is one."""
        self.index = None
        if not waiting:
            return
        if self.process is None or not self.process.is_alive():
            self._start()
        self.index, task = waiting.popleft()
        with suppress(OSError):  # of a process that has just died `hear` tells
            self.pipe.send(task)

    def hear(self, heard: Heard) -> tuple[int, R | PaiError] | None:
        """One message: a task's end is returned, progress is passed on."""
        assert self.index is not None
        try:
            kind, content = self.pipe.recv()
        except (EOFError, OSError):
            self.end()
            return self.index, self._death()
        if kind == "progress":
            heard(self.index, content)
            return None
        return self.index, content if kind == "done" else from_json(content)

    def end(self) -> None:
        """Stop the process, whatever it is doing."""
        if self.process is not None:
            self.process.terminate()
            self.process.join()
            self.pipe.close()

    def _start(self) -> None:
        self.pipe, theirs = _spawn.Pipe()
        self.process = _spawn.Process(target=_serve, args=(theirs, self.work))
        with _environment(_ONE_THREAD):
            self.process.start()
        theirs.close()

    def _death(self) -> PaiError:
        code = self.process.exitcode if self.process is not None else None
        how = f"by signal {-code}" if code is not None and code < 0 else f"with code {code}"
        return EngineFailed(f"the process ended {how}", hint="it may have run out of memory; try --workers 1")


def _serve(pipe: Connection, work: Work[Any, Any]) -> None:
    """A worker's life: task after task, until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the parent's to answer
    cv2.setNumThreads(1)

    def report(progress: Progress, /) -> None:
        pipe.send(("progress", progress))

    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(("done", work(task, report)))
        except PaiError as error:
            pipe.send(("failed", error.to_json()))


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """The environment that a process is born with: thread pools read it once, when they are loaded."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
