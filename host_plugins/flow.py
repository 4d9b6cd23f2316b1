"""The story of a render, once for every host: look, export, send, follow, place.

Whatever goes wrong leaves nothing half done: the export folder goes away again. Only where the job itself goes on at
the server do folder and job stay, and the next render of the same inputs follows that job instead of beginning anew.
A farm's task, which has to make one very version, leaves its folder to its next try whatever happened.

Standard library, Python 3.9: this file runs inside the host.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from . import shots
from .bridge import CLOSED, SIDECAR_DIED, Call
from .following import Following
from .host import Asked, Fault, Host, Progress, Record, Result, Target, cancelled, frames_text
from .job import Job, Look, delivery_of, followed
from .lease import Lease, is_held
from .paths import Sequenced
from .record import NOT_INSTALLED

RENDER, REFINISH = "render", "refinish"
_GOES_ON = frozenset({"UNAVAILABLE", "UNAUTHENTICATED", "VERSION_MISMATCH", NOT_INSTALLED, CLOSED})
"""Faults of the way to the server: the job there is none the worse for them."""


class Sidecar(Protocol):
    """What the flow needs of `bridge.Bridge`."""

    def ask(self, do: str, **keys: Any) -> Record:
        """Ask, and wait for the answer. Raises Fault."""

    def begin(self, do: str, **keys: Any) -> Call:
        """Ask, and go on."""


class Flow:
    """Renders targets of one host through one sidecar; may be used from several threads."""

    def __init__(self, host: Host, sidecar: Sidecar) -> None:
        self._host, self._sidecar = host, sidecar

    def render(self, target: Target, mode: str = RENDER, *, exact: bool = False) -> Result:
        """Make a version of a target and place it; blocks until it is there.

        `mode` is `render`, or `refinish`: the placed version's pictures again with other finishing. `exact` makes the
        very version that the target's delivery names, and goes on with what an earlier try at it has left; else it is
        the next free one. Call it from a worker thread where the
        host's main thread has a GUI to serve. Raises Fault, of the code CANCELLED when somebody stopped it.
        """
        progress = self._host.progress(f"PAI-Studio: {target.label}")
        try:
            return _Run(self._host, self._sidecar, target, progress, mode, exact=exact).go()
        except Fault as fault:
            raise _named(fault, target.label) from fault
        except OSError as error:  # a disk, not a fault of programming
            what = error.strerror or str(error)
            raise _named(Fault(what, where=str(error.filename or "")), target.label) from error
        finally:
            progress.close()


class _Run:
    """One render of one target."""

    def __init__(
        self, host: Host, sidecar: Sidecar, target: Target, progress: Progress, mode: str, *, exact: bool
    ) -> None:
        self._host, self._sidecar, self._target = host, sidecar, target
        self._progress, self._mode, self._exact = progress, mode, exact
        self._following: Following | None = None

    def go(self) -> Result:
        look = self._host.on_main(self._look)
        job = self._left(look) if self._exact else self._to_go_on_with(look)
        resume = job is not None
        if job is None:
            job = self._begun(look)
        with followed(job.request):
            try:
                with Lease(Path(job.folder)) as lease:
                    result = self._followed(job, lease, resume=resume)
            except (Exception, KeyboardInterrupt) as error:
                raise self._fault_of(job, error) from error
            result = replace(result, notes=(*look.asked.notes, *result.notes))
            self._host.on_main(lambda: self._place(result))
            self._forget(job)
        return result

    # Looking

    def _look(self) -> Look:
        target = self._target
        asked, colour, state = target.asked(), target.colour(), target.state()
        return Look(asked, colour, state, target.placed(), Job.of(target.kept()))

    def _to_go_on_with(self, look: Look) -> Job | None:
        """The job that was left behind, where it is of this very state; another one is given up."""
        job = look.kept
        if job is None or job.request in followed:
            return None
        if self._is_same(job, look):
            return job
        version = f"{self._target.label}: v{job.version:03d}"
        if is_held(Path(job.folder)):
            self._host.tell(f"{version} is left alone: another session is rendering it")
            return None
        self._host.tell(f"{version} is given up: {self._what_is_else(job)} is asked for now")
        self._give_up(job)
        return None

    def _what_is_else(self, job: Job) -> str:
        if job.mode == self._mode:
            return "something else"
        return (
            "Re-finish, and no longer Render," if job.mode == RENDER else "Render, and no longer Re-finish,"
        )

    def _left(self, look: Look) -> Job | None:
        """What an earlier try at the very version has left, where it is of this very state."""
        folder = self._sidecar.ask("left", files=_delivery(look.asked))["folder"]
        job = Job.left_in(Path(folder)) if folder else None
        if job is not None and self._is_same(job, look):
            return job
        if folder and is_held(Path(folder)):
            what = "another session is rendering this version from other inputs"
            raise Fault(
                what, where=folder, hint="wait for it, or take another version", code="ALREADY_EXISTS"
            )
        return None

    def _is_same(self, job: Job, look: Look) -> bool:
        same = (job.mode, job.state, job.delivery) == (self._mode, look.state, delivery_of(look.asked))
        return same and Path(job.document).is_file()

    # Beginning

    def _begun(self, look: Look) -> Job:
        """Reserve a version and put its document there, with all that it needs."""
        for note in look.asked.notes:
            self._host.tell(f"{self._target.label}: {note}")
        if self._mode == REFINISH:
            old = self._refinishable(look)
            pictures = []
        else:
            old, pictures = None, shots.exported(look.asked)
        reserved = self._sidecar.ask("reserve", files=_delivery(look.asked), exact=self._exact)
        folder = Path(reserved["folder"])
        try:
            if old is None:
                document = shots.rendered(look.asked, look.colour, reserved["files"])
            else:
                document = self._again(old, look, reserved)
            self._progress.show(0.0, "checking the shot")
            self._sidecar.ask("check", shot=document, folder=str(folder))
            self._export(pictures, folder)
            path = folder / (document["name"] + shots.SUFFIX)
            path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
            job = Job(
                request=str(uuid.uuid4()),
                mode=self._mode,
                document=path.as_posix(),
                folder=folder.as_posix(),
                version=int(reserved["version"]),
                generation=look.state.generation,
                finish=look.state.finish,
                delivery=delivery_of(look.asked),
            )
            job.write()
            self._host.on_main(lambda: self._target.keep(asdict(job)))
        except BaseException:
            self._release(str(folder))
            raise
        return job

    def _refinishable(self, look: Look) -> Record:
        placed = look.placed
        if placed is None or not placed.engine:
            what = "nothing is rendered yet that could be finished again"
            raise Fault(what, hint="use Render", code="INVALID_INPUT")
        if placed.state.generation != look.state.generation:
            what = f"the inputs changed since v{placed.version:03d}"
            raise Fault(what, hint="use Render", code="INVALID_INPUT")
        return shots.read(placed)

    def _again(self, old: Record, look: Look, reserved: Record) -> Record:
        assert look.placed is not None
        folder = Path(look.placed.document).parent
        new = Path(reserved["folder"])
        return shots.refinished(old, look.asked, reserved["files"], old=folder, new=new)

    def _export(self, pictures: list[tuple[str, int, int]], folder: Path) -> None:
        for index, (source, first, last) in enumerate(pictures):
            self._progress.show(index / len(pictures), f"exporting {source}, {last - first + 1} frames")
            self._stop_if_asked()
            files = (folder / shots.export_name(source)).as_posix()
            self._host.on_main(partial(self._target.export, source, files, first, last))
            shots.require(files, list(range(first, last + 1)), f"the export of {source}")
        self._stop_if_asked()

    def _stop_if_asked(self) -> None:
        if self._progress.is_cancelled():
            raise cancelled()

    # Following

    def _followed(self, job: Job, lease: Lease, *, resume: bool) -> Result:
        call = self._sidecar.begin(
            "render", document=job.document, mode=job.mode, request=job.request, resume=resume
        )
        self._following = Following(call, self._progress, lease.beat)
        made = self._following.answer()
        files = Sequenced.of(Path(made["files"]).as_posix()).hashes
        missing = Sequenced.of(files).missing(int(made["first"]), int(made["last"]))
        if missing:
            what = f"frames {frames_text(missing)} did not come back"
            raise Fault(what, where=files, hint="use Render again", code="MISSING_FRAMES")
        return Result(
            files=files,
            version=int(made["version"]),
            first=int(made["first"]),
            last=int(made["last"]),
            space=str(made["space"]),
            passes=tuple(made["passes"]),
            engine=str(made["engine"]),
            document=job.document,
            state=job.state,
            notes=tuple(made["notes"]),
        )

    # Leaving

    def _fault_of(self, job: Job, error: BaseException) -> BaseException:
        """Clean up after a fault; what to raise for it."""
        if isinstance(error, KeyboardInterrupt):
            error = cancelled()
        if isinstance(error, Fault) and self._goes_on(error):
            hint = "; ".join(filter(None, (error.hint, "render again to go on with this version")))
            return Fault(error.what, where=error.where, hint=hint, code=error.code)
        if (
            self._exact
        ):  # the next try must be at this very version too: another job, which keeps the frames there
            replace(job, request=str(uuid.uuid4())).write()
        else:
            self._give_up(job)
        self._forget(job)
        return error

    def _goes_on(self, fault: Fault) -> bool:
        """Whether the job can be followed again; a sidecar that dies before there is one would only die again."""
        if fault.code == SIDECAR_DIED:
            return self._following is not None and self._following.is_at_server
        return fault.code in _GOES_ON

    def _place(self, result: Result) -> None:
        """Bring it into the script; where that cannot be, the version is there all the same."""
        try:
            self._target.place(result)
        except Fault as fault:
            what = f"{fault.what}; v{result.version:03d} is finished: {result.files}"
            raise Fault(what, where=fault.where, hint=fault.hint, code=fault.code) from fault

    def _give_up(self, job: Job) -> None:
        """Release a job's version, unless another session follows it, or the folder was given to another job since.

        A copy of a node keeps old jobs.
        """
        there = Job.left_in(Path(job.folder))
        if there is not None and there.request == job.request and not is_held(Path(job.folder)):
            self._release(job.folder)

    def _release(self, folder: str) -> None:
        """Give a version up; where even that fails, the fault that led here is the one to tell."""
        with contextlib.suppress(Fault):
            self._sidecar.ask("release", folder=folder)

    def _forget(self, job: Job) -> None:
        def forget() -> None:
            kept = Job.of(self._target.kept())
            if kept is not None and kept.request == job.request:
                self._target.keep(None)

        self._host.on_main(forget)


def _named(fault: Fault, label: str) -> Fault:
    """The fault with the target's name before its place, and in a host's words: no artist has seen the document."""
    what, where = (text.replace("delivery.files", "output") for text in (fault.what, fault.where))
    if not where.startswith(label):
        where = f"{label}: {where}" if where else label
    return Fault(what, where=where, hint=fault.hint, code=fault.code)


def _delivery(asked: Asked) -> str:
    return Sequenced.of(asked.document["delivery"]["files"]).hashes
