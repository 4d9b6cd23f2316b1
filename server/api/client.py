"""The Python way in: `pai_studio.connect().render("SH010.shot.json")`."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Literal

import pai_studio
from pai_studio.core import config
from pai_studio.core.delivery.carry import carry_over, differences
from pai_studio.core.shot import document
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import (
    BadInput,
    Cancelled,
    NotAuthenticated,
    OutOfResources,
    PaiError,
    Unreachable,
    VersionMismatch,
)
from pai_studio.core.shot.frames import FrameRange
from pai_studio.core.shot.locked import locked_pattern, locked_version
from pai_studio.core.shot.naming import based, delivered_as, latest, next_free, refuse_taken
from pai_studio.server.api import studio_pb2 as pb
from pai_studio.server.api.channel import PATIENCE_S, Connection, OnWait
from pai_studio.server.api.inputs import (
    LOCK_FOLDER,
    InputFile,
    gathered,
    has_config_file,
    locked_inputs,
    source_folders,
)
from pai_studio.server.api.transfer import Downloader, Uploader
from pai_studio.server.api.types import (
    ENDED,
    Job,
    JobEvent,
    Output,
    Rendered,
    ServerInfo,
    event_from_pb,
    info_from_pb,
    job_from_pb,
    output_from_pb,
)
from pai_studio.server.api.wire import compatible

_HANDSHAKE_S = 10.0
_GIVE_UP_S = 3.0
Mode = Literal["render", "refinish"]
OnEvent = Callable[[JobEvent], None]


def connect(
    address: str | None = None,
    token: str | None = None,
    *,
    token_file: str | Path | None = None,
    tls_ca: str | Path | None = None,
    on_wait: OnWait | None = None,
) -> Client:
    """A client of the server at HOST:PORT, else of the one in the settings, else of this user's own local one.

    Token and certificate authority come from the settings too (`PAI_TOKEN`, `PAI_TOKEN_FILE`, `PAI_TLS_CA`).
    `on_wait` hears each time that the server does not answer and is tried again; what it raises ends the trying.
    Raises Unreachable, NotAuthenticated or VersionMismatch.
    """
    given = {"server": address, "token": token, "token_file": token_file, "tls_ca": tls_ca}
    settings = config.load(given).settings
    if not settings.server:
        if sys.platform != "linux":
            hint = "set PAI_SERVER, or `server` in the settings"
            raise Unreachable("no server is named, and a local one runs on Linux alone", hint=hint)
        from pai_studio.server.local import ensure_local  # noqa: PLC0415 - Linux only

        return Client(*ensure_local(), patience_s=settings.patience_s, on_wait=on_wait)
    found = settings.token
    if settings.token_file and (token_file or not found):
        found = _token_from(Path(settings.token_file))
    trusted = Path(settings.tls_ca) if settings.tls_ca else None
    return Client(settings.server, found, tls_ca=trusted, patience_s=settings.patience_s, on_wait=on_wait)


def _token_from(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise NotAuthenticated("the token cannot be read", where=str(path), hint="check token_file") from None


class Client(AbstractContextManager["Client"]):
    """A connection to one server. May be used from several threads."""

    version = pai_studio.__version__

    def __init__(
        self,
        address: str,
        token: str,
        *,
        tls_ca: Path | None = None,
        patience_s: float = PATIENCE_S,
        on_wait: OnWait | None = None,
    ) -> None:
        self.address = address
        self._connection = Connection(address, token, tls_ca, patience_s=patience_s, on_wait=on_wait)
        try:
            self._shake_hands()
        except BaseException:
            self._connection.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection. Jobs go on."""
        self._connection.close()

    def _shake_hands(self) -> None:
        theirs = info_from_pb(
            self._connection.once("GetServerInfo", pb.GetServerInfoRequest(), timeout_s=_HANDSHAKE_S)
        )
        if not compatible(self.version, theirs.version):
            say = f"the server is version {theirs.version}, this client {self.version}"
            hint = "update the older one: they may differ by one minor version"
            raise VersionMismatch(say, where=self.address, hint=hint)

    def info(self) -> ServerInfo:
        """The server's version, engines and limits."""
        return info_from_pb(self._connection.call("GetServerInfo", pb.GetServerInfoRequest()))

    # Jobs

    def submit(
        self,
        shot: Shot | str | Path,
        *,
        frames: FrameRange | None = None,
        mode: Mode = "render",
        request_id: str | None = None,
        shared: bool = False,
        lock: Path | None = None,
        on_event: OnEvent | None = None,
    ) -> Job:
        """Upload what the server lacks and queue the shot; the job is durable when this returns.

        `lock` is the absolute pattern of an earlier version's frames, whose background stays.
        `shared` sends the paths instead of the files; the server has to see them inside its roots. The same
        `request_id` with the same shot gives the same job.
        """
        loaded = _loaded(shot)
        with ExitStack() as stack:
            loaded = _with_portable_colour(loaded, stack)
            loaded, files = _only_config(loaded) if shared else gathered(loaded)
            locked = str(lock or "")
            if locked and not shared:
                locked, more = locked_inputs(locked, loaded.chosen(frames))
                files += more

            def on_bytes(done: int, total: int) -> None:
                if on_event is not None:
                    on_event(JobEvent(0, "UPLOADING", "upload", done, total))

            digests = Uploader(self._connection, files, on_bytes).send()
            spec = pb.JobSpec(
                shot=loaded.to_json().encode(),
                inputs=[pb.Input(path=path, digest=digest) for path, digest in digests.items()],
                shared_paths=shared,
                locked_background=locked,
                mode=pb.REFINISH if mode == "refinish" else pb.RENDER,
            )
            if frames is not None:
                spec.frames.CopyFrom(pb.FrameSpan(first=frames.first, last=frames.last, step=frames.step))
            request = pb.CreateJobRequest(spec=spec, request_id=request_id or str(uuid.uuid4()))
            return job_from_pb(self._connection.call("CreateJob", request))

    def job(self, name: str) -> Job:
        """One job as it is now. Raises NotFound."""
        return job_from_pb(self._connection.call("GetJob", pb.GetJobRequest(name=name)))

    def jobs(self, limit: int = 1000) -> list[Job]:
        """The newest jobs, newest first."""
        found: list[Job] = []
        token = ""
        while len(found) < limit:
            request = pb.ListJobsRequest(page_size=limit - len(found), page_token=token)
            page = self._connection.call("ListJobs", request)
            found += map(job_from_pb, page.jobs)
            token = page.next_page_token
            if not token:
                break
        return found

    def cancel(self, name: str) -> Job:
        """Ask a job to stop; it has when its state says CANCELLED. Raises NotFound."""
        return job_from_pb(self._connection.call("CancelJob", pb.CancelJobRequest(name=name)))

    def outputs(self, name: str) -> list[Output]:
        """Every file that a job has made so far."""
        found: list[Output] = []
        token = ""
        while True:
            page = self._connection.call(
                "ListJobOutputs", pb.ListJobOutputsRequest(parent=name, page_token=token)
            )
            found += map(output_from_pb, page.outputs)
            token = page.next_page_token
            if not token:
                return found

    def watch(self, name: str, after: int = 0) -> Iterator[JobEvent]:
        """The job's events after a sequence number until it has ended; connects again when the line breaks."""
        patience = self._connection.patience()
        while True:
            try:
                request = pb.WatchJobRequest(name=name, after_seq=after)
                for message in self._connection.stream("WatchJob", request):
                    patience.renew()
                    after = message.seq
                    yield event_from_pb(message, name)
            except (Unreachable, OutOfResources) as error:  # away, or too many are watching: both pass
                patience.bear(Unreachable(error.what, where=error.where, hint=error.hint))
            else:
                return

    def fetch(self, name: str, base: str | Path, *, overwrite: bool = False) -> list[Path]:
        """Bring a job's files below `base`. Raises AlreadyThere rather than replace one, unless told to."""
        with Downloader(self._connection, Path(base), overwrite=overwrite, keep_same=True) as downloader:
            for output in self.outputs(name):
                downloader.add(output)
            return downloader.all()

    # The whole way

    def render(
        self,
        shot: Shot | str | Path,
        *,
        out: str | Path | None = None,
        on_event: OnEvent | None = None,
        frames: FrameRange | None = None,
        mode: Mode = "render",
        overwrite: bool = False,
        resume: bool = False,
        new_version: bool = False,
        shared: bool = False,
        lock: str = "",
        request_id: str | None = None,
    ) -> Rendered:
        """Upload, render, and bring every file back as it is made.

        The delivery is relative to `out`: without it to the document's folder, or the current one for a `Shot`.
        A version on disk is never replaced unless `overwrite`; `resume` goes on with it, keeping its frames;
        `new_version` delivers as the next free one, which takes over what `frames` leaves out from the one before.
        `lock`, such as "background:v003", keeps the background of that version of the delivery.
        Raises the job's own error; Ctrl+C cancels the job and raises Cancelled. A job whose files cannot be placed is
        cancelled too.
        """
        base, loaded = based(_loaded(shot), _base(shot, out))
        loaded.chosen(frames)
        before = latest(base, loaded.delivery_files) if new_version and frames is not None else None
        if new_version:
            loaded = delivered_as(loaded, next_free(base, loaded.delivery_files))
        locked = locked_pattern(base, loaded.delivery_files, locked_version(lock)) if lock else None
        _check_writable((base / loaded.delivery_files).parent)
        if not (overwrite or resume):
            refuse_taken(base, loaded.delivery_files)
        heard = on_event or _nobody
        name = ""
        try:
            name = self.submit(
                loaded,
                frames=frames,
                mode=mode,
                request_id=request_id,
                shared=shared,
                lock=locked,
                on_event=heard,
            ).name
            with Downloader(self._connection, base, overwrite=overwrite, keep_same=resume) as downloader:
                self._follow(name, heard, downloader)
                files = downloader.all()
            job = self.job(name)
            kept: list[Path] = []
            differ: list[str] = []
            if before and frames is not None:
                kept = carry_over(base, before, loaded, frames)
                differ = differences(base, before, job.result["provenance"])
            return Rendered(job, files, kept, differ, loaded.delivery_files)
        except (KeyboardInterrupt, Cancelled):
            hint = self.give_up(name) if name else ""
            raise Cancelled("the render was cancelled", where=name, hint=hint) from None
        except PaiError as error:
            if name and not isinstance(error, Unreachable):
                self.give_up(name)  # a fault on this side; a job that has ended stays as it is
            raise _localised(error, loaded, locked) from None

    def give_up(self, name: str) -> str:
        """Ask a job to stop, with one quick try, since somebody waits for us to end.

        Returns what to say of it: nothing where the server was told.
        """
        try:
            self._connection.once("CancelJob", pb.CancelJobRequest(name=name), timeout_s=_GIVE_UP_S)
        except PaiError:
            return "the server could not be told and goes on with it"
        return ""

    def _follow(self, name: str, heard: OnEvent, downloader: Downloader) -> None:
        for event in self.watch(name):
            heard(event)
            if event.output is not None:
                downloader.add(event.output)
            downloader.check()
            if event.state == "CANCELLED":
                raise Cancelled("the job was cancelled")
            if event.state in ENDED and event.error is not None:
                raise event.error


def _nobody(event: JobEvent) -> None:
    """A listener where nobody listens."""


def _loaded(shot: Shot | str | Path) -> Shot:
    return shot if isinstance(shot, Shot) else document.load(Path(shot))


def _base(shot: Shot | str | Path, out: str | Path | None) -> Path:
    if out is not None:
        return Path(out).resolve()
    return Path.cwd() if isinstance(shot, Shot) else Path(shot).resolve().parent


def _check_writable(folder: Path) -> None:
    """Raise BadInput when nothing can be placed in a folder, there or yet to be made, before anything is spent."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise BadInput("nothing can be written here", where=str(there), hint="choose another folder")


def _with_portable_colour(shot: Shot, stack: ExitStack) -> Shot:
    """The shot with this machine's colour config: `$OCIO` named, and a config's files packed into one."""
    named = shot.ocio.config or os.environ.get("OCIO", "")
    ocio = shot.ocio.model_copy(update={"config": named})
    if has_config_file(ocio):
        from pai_studio.core.media.color import ColorConfig  # noqa: PLC0415 - brings OpenColorIO

        opened = ColorConfig.open(ocio)
        archive = Path(stack.enter_context(tempfile.TemporaryDirectory()), "config.ocioz")
        opened.archive(archive)
        ocio = ocio.model_copy(update={"config": str(archive), "digest": opened.digest})
    return shot.model_copy(update={"ocio": ocio})


def _only_config(shot: Shot) -> tuple[Shot, list[InputFile]]:
    """A shot of shared paths: they go as they are, a colour config goes as a file."""
    if not has_config_file(shot.ocio):
        return shot, []
    sent = InputFile("ocio/config.ocioz", Path(shot.ocio.config))
    return shot.model_copy(update={"ocio": shot.ocio.model_copy(update={"config": sent.path})}), [sent]


def _localised(error: PaiError, shot: Shot, locked: Path | None) -> PaiError:
    """The server's error with its short names turned back into this machine's paths."""
    folders = source_folders(shot) | ({LOCK_FOLDER: str(locked.parent)} if locked else {})

    def local(text: str) -> str:
        for short, folder in folders.items():
            text = re.sub(rf"(?<![\w/.-]){re.escape(short)}/", f"{folder}/".replace("\\", r"\\"), text)
        return text

    said = {"what": local(error.what), "where": local(error.where), "hint": local(error.hint)}
    return type(error)(said["what"], where=said["where"], hint=said["hint"])
