"""Slots that take queued jobs in order, each with its own warm worker."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable

from pai_studio.core.log import logger
from pai_studio.server.pool import Worker
from pai_studio.server.run import Run
from pai_studio.server.settings import ServerSettings
from pai_studio.server.spool import Spool
from pai_studio.server.staging import Roots
from pai_studio.server.store import Store

_LOG = logger(__name__)
_LOOK_S = 1.0


class Scheduler:
    """Runs what the store holds queued; `start` once, `wake` after every new job."""

    def __init__(
        self,
        settings: ServerSettings,
        store: Store,
        spool: Spool,
        roots: Roots,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._store, self._spool, self._roots = settings, store, spool, roots
        self._clock = clock
        self._leaving = threading.Event()
        self._work = threading.Condition()
        self._slots = [
            threading.Thread(target=self._slot, name=f"slot-{index}") for index in range(settings.workers)
        ]

    def start(self) -> None:
        """Sweep what a dead server left, take up its jobs, and begin."""
        self._store.recover()
        active = self._store.active_ids()
        jobs = self._settings.data_dir / "jobs"
        jobs.mkdir(exist_ok=True)
        for folder in jobs.iterdir():
            if folder.name not in active:
                shutil.rmtree(folder, ignore_errors=True)
        for slot in self._slots:
            slot.start()

    def wake(self) -> None:
        """Have a free slot look at the queue now."""
        with self._work:
            self._work.notify_all()

    def leave(self) -> None:
        """Begin to stop: workers leave at their next frame, their jobs go back into the queue."""
        self._leaving.set()
        self.wake()

    def join(self) -> None:
        """Wait until every slot has ended; after `leave` that takes at most the grace time."""
        for slot in self._slots:
            slot.join()

    def _slot(self) -> None:
        # The thread that starts a worker has to outlive it: the kernel ends a child with its parent's thread.
        worker: list[Worker] = []

        def ready(given_up: Callable[[], bool]) -> Worker:
            if worker and not worker[0].alive:
                worker.pop().kill()
            if not worker:
                worker.append(self._start_worker(given_up))
            return worker[0]

        try:
            while not self._leaving.is_set():
                try:
                    if self._one(ready) == "replace" and worker:
                        worker.pop().kill()
                except Exception:  # noqa: BLE001 - a slot outlives its jobs' faults
                    _LOG.exception("a slot could not take a job")
                    self._leaving.wait(_LOOK_S)
        finally:
            for left in worker:
                left.kill()

    def _one(self, ready: Callable[[Callable[[], bool]], Worker]) -> str:
        claim = self._store.claim()
        if claim is None:
            with self._work:
                if not self._leaving.is_set() and not self._store.has_queued():
                    self._work.wait(_LOOK_S)
            return "warm"
        run = Run(
            claim,
            settings=self._settings,
            store=self._store,
            spool=self._spool,
            roots=self._roots,
            leaving=self._leaving,
            clock=self._clock,
        )
        return run.go(ready)

    def _start_worker(self, given_up: Callable[[], bool]) -> Worker:
        worker = Worker(
            self._settings.render,
            heartbeat_s=self._settings.heartbeat_s,
            stall_s=self._settings.stall_s,
            grace_s=self._settings.grace_s,
            clock=self._clock,
        )
        worker.wait_ready(self._settings.start_s, given_up)
        return worker
