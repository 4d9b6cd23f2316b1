"""One render for a host or for the panel: looked at, sent, followed, brought back, and stopped when somebody asks.

Events carry `state` (CHECKING, CONNECTING, UPLOADING, WAITING, and a job's own), `phase`, `done`, `total`, `frame`,
`eta_s`, `message` and `job`, each where it is known. The answer has `files`, `version`, `first`, `last`, `space`,
`passes`, `engine`, `job` and `notes`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pai_studio.core.log import logger
from pai_studio.core.shot import document, exports, naming
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import Cancelled, NotFound, PaiError
from pai_studio.ui.checks import check_inputs
from pai_studio.ui.findings import findings

if TYPE_CHECKING:
    from pai_studio.server.api.client import Client, Mode
    from pai_studio.server.api.types import JobEvent, Rendered

_LOG = logger(__name__)
_AWAY = "the server does not answer ({}); trying again"
_KEYS = ("phase", "frame", "eta_s", "message", "job")


class Rendering:
    """For one use; `cancel` may be called from another thread at any time."""

    def __init__(
        self,
        tell: Callable[[dict[str, Any]], None],
        on_preview: Callable[[bytes], None] | None = None,
        on_workers: Callable[[int], None] | None = None,
    ) -> None:
        """`on_workers` hears how many renders the server runs at once."""
        self._tell = tell
        self._on_preview, self._on_workers = on_preview, on_workers
        self._stop = threading.Event()
        self._client: Client | None = None
        self.job = ""
        """The job's name at the server, once it was heard of."""

        self._waits_for = ""
        self._on_deaf: Callable[[Cancelled], None] = _nobody

    def run(
        self, path: Path, mode: Mode, request: str, *, resume: bool, on_deaf: Callable[[Cancelled], None]
    ) -> dict[str, Any]:
        """Render a document; what came of it. Raises every PaiError of the way.

        `request` is a UUID: the same one is the same job. `resume` follows that job again, keeping what is on disk.
        `on_deaf` gets the Cancelled of a job that the server could not be told to stop: nobody should wait for its end.
        """
        from pai_studio.server.api.client import connect

        self._on_deaf = on_deaf
        shot = document.load(path)
        base, placed = naming.based(shot, path.parent)
        if not resume:
            naming.refuse_taken(base, placed.delivery_files)
            self._tell({"state": "CHECKING"})
            for note in check_inputs(shot):
                self._tell({"state": "CHECKING", "message": note})
        self._tell({"state": "CONNECTING"})
        with connect(on_wait=self._wait) as client:
            self._client = client
            self._go_on()
            if self._on_workers is not None:
                self._on_workers(client.info().workers)
            rendered = client.render(path, mode=mode, resume=resume, request_id=request, on_event=self._hear)
        return _answer(shot, base, rendered, [*findings(rendered.qc), *_tidied(base, rendered, path)])

    def cancel(self) -> None:
        """Stop: before the job is made by not making it, afterwards by telling the server."""
        self._stop.set()
        client, job = self._client, self.job
        if client is not None and job and (hint := client.give_up(job)):
            self._on_deaf(Cancelled("the render was cancelled", where=job, hint=hint))

    def withdraw(self, path: Path, mode: Mode, request: str, job: str = "") -> NoReturn:
        """Stop what somebody else has asked for with that request and will not follow: by its job, where that is known.

        Without one it is asked for once more, which is the same job where there is one. Raises Cancelled, whose hint
        says so where the server could not be told.
        """
        from pai_studio.server.api.client import connect

        try:
            with connect() as client:
                client.cancel(job or _asked_again(client, path, mode, request))
            hint = ""
        except NotFound:  # the server has forgotten it, or is another one
            hint = ""
        except PaiError as error:
            hint = f"the server could not be told and may go on with it ({error.what})"
        raise Cancelled("the render was cancelled", where=job, hint=hint)

    def _go_on(self) -> None:
        if self._stop.is_set():
            raise Cancelled("the render was cancelled")

    def _hear(self, event: JobEvent) -> None:
        self.job = event.job or self.job
        self._waits_for = ""
        if event.state != "CANCELLED":  # which is how it ends when the server was told
            self._go_on()
        if event.preview and self._on_preview is not None:
            self._on_preview(event.preview)
        said = {key: value for key in _KEYS if (value := getattr(event, key)) not in (None, "")}
        if event.total:
            said |= {"done": event.done, "total": event.total}
        self._tell({"state": event.state, **said})

    def _wait(self, error: PaiError) -> None:
        """Something is tried again: say why, once each time, long before the patience with it has run out."""
        self._go_on()
        # Where it is about one file the server did answer.
        is_answer = self._client is not None and error.where not in ("", self._client.address)
        say = f"{error.what}; waiting" if is_answer else _AWAY.format(error.what)
        if self._waits_for != say:
            self._waits_for = say
            self._tell({"state": "WAITING", "message": say})


def _asked_again(client: Client, path: Path, mode: Mode, request: str) -> str:
    """The job of a request, by asking for the very same."""
    _base, placed = naming.based(document.load(path), path.parent)
    return client.submit(placed, mode=mode, request_id=request).name


def _nobody(error: Cancelled) -> None:
    """Nobody waits yet."""


def _tidied(base: Path, rendered: Rendered, path: Path) -> list[str]:
    """Remove exports that no version needs any more; a fault of that is a note: the render is done."""
    files = str(base / rendered.delivery)
    if naming.version_of(files) is None:
        return []
    try:
        exports.tidy(files, path)
    except OSError as error:
        _LOG.warning("old exports stay: %s", error)
        return [f"note: older exported pictures cannot be removed ({error})"]
    return []


def _answer(shot: Shot, base: Path, rendered: Rendered, notes: list[str]) -> dict[str, Any]:
    files = str(base / rendered.delivery)
    origin = rendered.provenance
    return {
        "files": files,
        "version": naming.version_of(files),
        "first": shot.all_frames.first,
        "last": shot.all_frames.last,
        "space": shot.delivery_colorspace,
        "passes": origin["delivery"]["passes"],
        "engine": origin["engine"]["name"],
        "job": rendered.job.name,
        "notes": notes,
    }
