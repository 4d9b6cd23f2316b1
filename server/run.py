"""One job in one worker: staged, followed, brought to its end whatever the worker does."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from pai_studio.core.log import logger
from pai_studio.core.model.store import BUILT_IN
from pai_studio.core.shot.errors import EngineFailed, OutOfResources, PaiError, from_json
from pai_studio.server.api import studio_pb2 as pb
from pai_studio.server.api.wire import require_inner
from pai_studio.server.pool import Message, Worker, WorkerDied
from pai_studio.server.preview import from_text
from pai_studio.server.settings import ServerSettings
from pai_studio.server.spool import Spool
from pai_studio.server.staging import JobFolder, Roots
from pai_studio.server.store import Claim, Store

_LOG = logger(__name__)
_RETRIES = 1
_EVENT_GAP_S = 0.2
_FULL_DISK_WAIT_S = 1.0
Outcome = Literal["warm", "replace"]


@dataclass
class Pace:
    """Turns a worker's progress into events: an ETA from each phase's own rate, and few enough to keep.

    What begins a phase, says something new or is a step that can be looked at is told at once; mere counting, and the
    pictures themselves, five times a second at the most; of what is held back the newest is told. Phases may alternate,
    as an engine's steps do with finished frames: the work is then not over before the slowest of them is.
    """

    clock: Callable[[], float] = time.monotonic
    _starts: dict[str, tuple[float, int]] = field(default_factory=dict)
    _ends: dict[str, float] = field(default_factory=dict)
    """When each phase will have ended, as far as was known when it was last heard of."""

    _told: float = -1e9
    _shown: float = -1e9
    _said: str = ""
    _held: pb.JobEvent | None = None
    _picture: bytes = b""

    def offer(self, message: Message) -> pb.JobEvent | None:
        """The event to record now, or None when it is held back for `due`."""
        phase, done, total = message["phase"], message["done"], message["total"]
        is_new = phase not in self._starts
        if is_new or done < self._starts[phase][1]:
            self._starts[phase] = (self.clock(), done)
        event = pb.JobEvent(phase=phase, done=done, total=total)
        if message["frame"] is not None:
            event.frame = message["frame"]
        if message["message"] and message["message"] != self._said:
            event.message = self._said = message["message"]
        if total > 0 and (left_s := self._left_s(phase, done, total)) is not None:
            event.eta_s = left_s
        self._picture = from_text(message["preview"]) or self._picture
        at_once = is_new or bool(event.message) or bool(message["preview"])
        if at_once or self._held is None or total > 0 or self._held.total == 0:
            self._held = event
        return self._tell() if at_once else self.due()

    def _left_s(self, phase: str, done: int, total: int) -> float | None:
        """Seconds until this phase, and those that it alternates with, have ended; None while nothing tells."""
        now = self.clock()
        since, first = self._starts[phase]
        if done > first:
            self._ends[phase] = now + (now - since) / (done - first) * max(total - done, 0)
        elif phase in self._ends:  # it has begun anew
            del self._ends[phase]
        latest = max(self._ends.values(), default=now)
        return latest - now if latest > now or phase in self._ends else None

    def due(self) -> pb.JobEvent | None:
        """The held event, once its time has come."""
        return self._tell() if self.clock() - self._told >= _EVENT_GAP_S else None

    def last(self) -> pb.JobEvent | None:
        """The held event with the held preview, whatever the time."""
        self._shown = -1e9
        return self._tell()

    def _tell(self) -> pb.JobEvent | None:
        event, self._held = self._held, None
        if event is None:
            return None
        self._told = self.clock()
        if self._picture and self._told - self._shown >= _EVENT_GAP_S:
            event.preview, self._picture, self._shown = self._picture, b"", self._told
        elif self._picture:  # it goes out with the same count as soon as it may
            self._held = pb.JobEvent()
            self._held.CopyFrom(event)
            self._held.message = ""
        return event


class Run:
    """A claimed job on its way through a worker."""

    def __init__(
        self,
        claim: Claim,
        *,
        settings: ServerSettings,
        store: Store,
        spool: Spool,
        roots: Roots,
        leaving: threading.Event,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._claim, self._store, self._spool, self._roots = claim, store, spool, roots
        self._leaving = leaving
        self._settings = settings
        self._folder = JobFolder(settings.data_dir / "jobs" / claim.id)
        self._pace = Pace(clock)

    def _unwanted(self) -> bool:
        return self._leaving.is_set() or self._store.cancel_asked(self._claim.id)

    def go(self, worker: Callable[[Callable[[], bool]], Worker]) -> Outcome:
        """Bring the job to an end, or back into the queue; tells whether the worker may be used again."""
        job_id = self._claim.id
        try:
            self._folder.sweep(self._store.output_paths(job_id))
            self._folder.stage(self._claim.spec, self._spool, self._roots, self._settings)
            child = worker(self._unwanted)
            child.send({"do": "render", "order": str(self._folder.order)})
            return self._follow(child)
        except WorkerDied as death:
            _LOG.warning("job %s: %s", job_id, death)
            self._after_death(str(death))
        except PaiError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the job must not stay running
            _LOG.exception("job %s", job_id)
            self._fail(EngineFailed(f"the server could not run the job ({type(error).__name__})"))
        return "replace"

    def _follow(self, child: Worker) -> Outcome:
        while True:
            if self._unwanted():
                child.ask_to_stop()
            message = child.next()
            if message is None:
                self._record(self._pace.due())
            elif message["say"] == "progress":
                self._record(self._pace.offer(message))
            elif message["say"] == "file":
                self._take(message)
            else:
                return self._end(message)

    def _record(self, event: pb.JobEvent | None) -> None:
        if event is not None:
            event.message = self._redact(event.message)
            self._store.progress(self._claim.id, event)

    def _redact(self, text: str) -> str:
        """A message without the server's own paths: a model's file is named by the setting that it lies in, or as the
        package's.
        """
        places = {self._settings.models_dir.absolute(): "models_dir", BUILT_IN: "built_in"}
        for folder, name in places.items():
            text = re.sub(rf"{re.escape(str(folder))}(?![\w.-])", name, text)
        return self._folder.redact(text)

    def _take(self, message: Message) -> None:
        path = require_inner(message["path"])
        digest, size = self._spool.adopt(self._folder.out / path)
        output = pb.Output(path=path, digest=digest, size=size, frame=message["frame"])
        self._store.output(self._claim.id, output)

    def _end(self, message: Message) -> Outcome:
        self._record(self._pace.last())
        if message["say"] == "done":
            self._finish(pb.SUCCEEDED, result=json.dumps(message["result"]).encode())
        elif message["say"] == "stopped":
            self._after_stop()
        else:
            error = from_json({key: self._redact(text) for key, text in message["error"].items()})
            self._fail(error)
            # What failed inside may have left memory or a device in a bad state.
            return "replace" if error.code in ("ENGINE_FAILED", "RESOURCE_EXHAUSTED") else "warm"
        return "warm"

    def _after_stop(self) -> None:
        if self._store.cancel_asked(self._claim.id):
            self._finish(pb.CANCELLED)
        else:
            self._requeue("put off: the server stops", crashed=False)

    def _after_death(self, reason: str) -> None:
        if self._unwanted():
            self._after_stop()
        elif self._claim.crashes < _RETRIES:
            self._requeue(f"{reason}; trying once more", crashed=True)
        else:
            hint = "try a smaller size or another engine; the server's log has the details"
            self._fail(EngineFailed(f"{reason}, twice", hint=hint))

    def _fail(self, error: PaiError) -> None:
        self._finish(pb.FAILED, error=error)

    def _finish(self, state: pb.State, *, error: PaiError | None = None, result: bytes = b"") -> None:
        self._folder.remove()  # first: a full disk may need the room to note the end
        self._surely(lambda: self._store.end(self._claim.id, state, error=error, result=result))

    def _requeue(self, message: str, *, crashed: bool) -> None:
        self._surely(lambda: self._store.requeue(self._claim.id, message, crashed=crashed))

    def _surely(self, note: Callable[[], None]) -> None:
        """Note it, waiting while the disk is full; a server that stops meanwhile finds the job at its restart."""
        while True:
            try:
                return note()
            except OutOfResources as error:
                _LOG.error("job %s: its state cannot be noted yet: %s", self._claim.id, error)
                if self._leaving.wait(_FULL_DISK_WAIT_S):
                    return None
