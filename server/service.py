"""The RPCs, thin: each checks its request, calls store, spool or scheduler, and maps errors."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import grpc

import pai_studio
from pai_studio.core.log import logger
from pai_studio.core.shot.errors import BadInput, OutOfResources, PaiError, Unreachable
from pai_studio.server.api import studio_pb2 as pb
from pai_studio.server.api.studio_pb2_grpc import StudioServicer
from pai_studio.server.api.wire import API_VERSION, error_metadata, require_digest, status_of
from pai_studio.server.scheduler import Scheduler
from pai_studio.server.settings import ServerSettings
from pai_studio.server.spool import Spool, chunks_of
from pai_studio.server.staging import Roots, check_inputs, checked_shot
from pai_studio.server.store import ENDED, Store

_LOG = logger(__name__)
_LOOK_S = 1.0


@contextmanager
def answering(context: grpc.ServicerContext) -> Iterator[None]:
    """Send a PaiError as its status with itself in the trailing metadata; anything else is INTERNAL and logged."""
    try:
        yield
    except PaiError as error:
        context.set_trailing_metadata(error_metadata(error))
        context.abort(status_of(error), str(error))
    except grpc.RpcError:  # the client is gone
        raise
    except Exception:  # noqa: BLE001 - logged, and told without details
        _LOG.exception("a call failed")
        context.abort(grpc.StatusCode.INTERNAL, "the server failed; its log has the details")


class Studio(StudioServicer):
    """pai_studio.v1.Studio."""

    def __init__(
        self,
        settings: ServerSettings,
        engines: tuple[str, ...],
        store: Store,
        spool: Spool,
        scheduler: Scheduler,
    ) -> None:
        self._settings, self._engines = settings, engines
        self._store, self._spool, self._scheduler = store, spool, scheduler
        self._roots = Roots(settings.roots)
        self._watchers = threading.BoundedSemaphore(settings.max_watchers)
        self.closing = threading.Event()

    def GetServerInfo(  # noqa: N802 - the proto's names
        self,
        request: pb.GetServerInfoRequest,  # noqa: ARG002
        context: grpc.ServicerContext,
    ) -> pb.ServerInfo:
        """See studio.proto."""
        with answering(context):
            return pb.ServerInfo(
                version=pai_studio.__version__,
                api_version=API_VERSION,
                engines=self._engines,
                max_message_bytes=self._settings.max_message_bytes,
                max_blob_bytes=self._settings.max_blob_bytes,
                workers=self._settings.workers,
                active_jobs=self._store.active(),
                shared_paths=bool(self._roots),
            )

    def FindMissingBlobs(  # noqa: N802
        self, request: pb.FindMissingBlobsRequest, context: grpc.ServicerContext
    ) -> pb.FindMissingBlobsResponse:
        """See studio.proto."""
        with answering(context):
            missing = self._spool.missing(request.digests)
            kind = pb.FindMissingBlobsResponse.Missing
            return pb.FindMissingBlobsResponse(missing=[kind(digest=d, offset=o) for d, o in missing])

    def UploadBlob(  # noqa: N802
        self, request_iterator: Iterator[pb.UploadBlobRequest], context: grpc.ServicerContext
    ) -> pb.Blob:
        """See studio.proto."""
        with answering(context):
            first = next(request_iterator, None)
            if first is None or first.WhichOneof("part") != "start":
                raise BadInput("an upload begins with its digest and size", where="start")
            start = first.start
            digest = require_digest(start.blob.digest)
            pieces = (request.data for request in request_iterator)
            self._spool.receive(digest, start.blob.size, start.offset, pieces, context.cancel)
            return pb.Blob(digest=digest, size=self._spool.path(digest).stat().st_size)

    def DownloadBlob(  # noqa: N802
        self, request: pb.DownloadBlobRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.DownloadBlobResponse]:
        """See studio.proto."""
        with answering(context):
            path = self._spool.path(request.digest)
            if not 0 <= request.offset <= path.stat().st_size:
                raise BadInput(f"offset {request.offset} lies outside the blob", where="offset")
            for piece in chunks_of(path, request.offset):
                yield pb.DownloadBlobResponse(data=piece)

    def CreateJob(self, request: pb.CreateJobRequest, context: grpc.ServicerContext) -> pb.Job:  # noqa: N802
        """See studio.proto."""
        with answering(context):
            spec = request.spec
            spec.mode = spec.mode or pb.RENDER
            request_id = _uuid(request.request_id)
            shot = checked_shot(spec)
            check_inputs(shot, spec, self._spool, self._roots)
            job, is_new = self._store.create(request_id, spec, shot.name, self._settings.max_queued_jobs)
            if is_new:
                self._scheduler.wake()
            return job

    def GetJob(self, request: pb.GetJobRequest, context: grpc.ServicerContext) -> pb.Job:  # noqa: N802
        """See studio.proto."""
        with answering(context):
            return self._store.job(request.name)

    def ListJobs(  # noqa: N802
        self, request: pb.ListJobsRequest, context: grpc.ServicerContext
    ) -> pb.ListJobsResponse:
        """See studio.proto."""
        with answering(context):
            jobs, following = self._store.jobs(request.page_size, request.page_token)
            return pb.ListJobsResponse(jobs=jobs, next_page_token=following)

    def CancelJob(self, request: pb.CancelJobRequest, context: grpc.ServicerContext) -> pb.Job:  # noqa: N802
        """See studio.proto."""
        with answering(context):
            return self._store.ask_cancel(request.name)

    def ListJobOutputs(  # noqa: N802
        self, request: pb.ListJobOutputsRequest, context: grpc.ServicerContext
    ) -> pb.ListJobOutputsResponse:
        """See studio.proto."""
        with answering(context):
            outputs, following = self._store.outputs(request.parent, request.page_size, request.page_token)
            return pb.ListJobOutputsResponse(outputs=outputs, next_page_token=following)

    def WatchJob(  # noqa: N802
        self, request: pb.WatchJobRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.JobEvent]:
        """See studio.proto."""
        with answering(context):
            if not self._watchers.acquire(blocking=False):
                say = f"{self._settings.max_watchers} event streams are open already"
                raise OutOfResources(say, hint="close some, or ask for the job now and then")
            try:
                yield from self._follow(request, context)
            finally:
                self._watchers.release()

    def _follow(self, request: pb.WatchJobRequest, context: grpc.ServicerContext) -> Iterator[pb.JobEvent]:
        seen = request.after_seq
        # The job is read before its events: one that had ended by then has no more to come.
        has_ended = self._store.job(request.name).state in ENDED
        while context.is_active():
            if self.closing.is_set():
                raise Unreachable("the server stops", hint="watch again when it is back")
            events = self._store.events(request.name, seen)
            for event in events:
                yield event
                seen = event.seq
            if has_ended and not events:
                return
            if not events:
                with self._store.changed:
                    if self._store.job(request.name).last_seq <= seen:
                        self._store.changed.wait(_LOOK_S)
            has_ended = self._store.job(request.name).state in ENDED


def _uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise BadInput(
            "is no UUID", where="request_id", hint="make one for each job, and keep it for retries"
        ) from None
