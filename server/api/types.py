"""What the client hands out: plain data, free of protobuf."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from pai_studio.core.shot.errors import PaiError
from pai_studio.server.api import studio_pb2 as pb
from pai_studio.server.api.wire import error_from_pb

ENDED = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})


@dataclass(frozen=True)
class ServerInfo:
    """What a server is and allows."""

    version: str
    api_version: str
    engines: tuple[str, ...]
    max_message_bytes: int
    max_blob_bytes: int
    workers: int
    active_jobs: int
    shared_paths: bool


@dataclass(frozen=True)
class Output:
    """A finished file: `path` is relative to the folder that the delivery is relative to."""

    path: str
    digest: str
    size: int
    frame: int | None = None


@dataclass(frozen=True)
class Job:
    """A job as the server knows it now. `state` is QUEUED, RUNNING, SUCCEEDED, FAILED or CANCELLED."""

    name: str
    state: str
    shot_name: str
    mode: str
    created: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    phase: str = ""
    done: int = 0
    total: int = 0
    eta_s: float | None = None
    error: PaiError | None = None
    result: dict[str, Any] = field(default_factory=dict)
    """`{"qc": ..., "provenance": ...}` once it has succeeded; empty in lists."""


@dataclass(frozen=True)
class JobEvent:
    """One step of a job. While the client itself uploads, `state` is UPLOADING, `seq` 0, and `done` counts bytes."""

    seq: int
    state: str
    phase: str = ""
    done: int = 0
    total: int = 0
    frame: int | None = None
    eta_s: float | None = None
    message: str = ""
    output: Output | None = None
    error: PaiError | None = None
    preview: bytes = b""
    """A small JPEG of what is being made, where the engine shows one; of those that were told before, only a job's
    newest is given again."""

    job: str = ""
    """The job's name; empty while the client itself uploads."""


@dataclass(frozen=True)
class Rendered:
    """What `Client.render` brought back: every file on the caller's disk, in the order of making."""

    job: Job
    files: list[Path]
    kept: list[Path]
    """Frames that were taken over from the version before."""

    kept_differ: list[str]
    """The parts of the shot document in which they differ from the new ones; empty where the version is of one look."""

    delivery: str
    """The pattern that was delivered, relative to the folder it lies in; a new version's own."""

    @property
    def qc(self) -> dict[str, Any]:
        """The QC summary."""
        return dict(self.job.result.get("qc") or {})

    @property
    def provenance(self) -> dict[str, Any]:
        """Where the pictures come from: versions, digests, settings."""
        return dict(self.job.result.get("provenance") or {})


def _time(message: Any, name: str) -> datetime | None:
    stamp: Timestamp = getattr(message, name)
    return stamp.ToDatetime(UTC) if message.HasField(name) else None


def info_from_pb(info: pb.ServerInfo) -> ServerInfo:
    """Read a ServerInfo message."""
    return ServerInfo(
        version=info.version,
        api_version=info.api_version,
        engines=tuple(info.engines),
        max_message_bytes=info.max_message_bytes,
        max_blob_bytes=info.max_blob_bytes,
        workers=info.workers,
        active_jobs=info.active_jobs,
        shared_paths=info.shared_paths,
    )


def output_from_pb(output: pb.Output) -> Output:
    """Read an Output message."""
    frame = output.frame if output.HasField("frame") else None
    return Output(output.path, output.digest, output.size, frame)


def job_from_pb(job: pb.Job) -> Job:
    """Read a Job message."""
    return Job(
        name=job.name,
        state=pb.State.Name(job.state),
        shot_name=job.shot_name,
        mode=pb.Mode.Name(job.mode).lower(),
        created=_time(job, "create_time"),
        started=_time(job, "start_time"),
        ended=_time(job, "end_time"),
        phase=job.phase,
        done=job.done,
        total=job.total,
        eta_s=job.eta_s if job.HasField("eta_s") else None,
        error=error_from_pb(job.error) if job.HasField("error") else None,
        result=json.loads(job.result) if job.result else {},
    )


def event_from_pb(event: pb.JobEvent, job: str) -> JobEvent:
    """Read a JobEvent message of a job."""
    return JobEvent(
        seq=event.seq,
        state=pb.State.Name(event.state),
        phase=event.phase,
        done=event.done,
        total=event.total,
        frame=event.frame if event.HasField("frame") else None,
        eta_s=event.eta_s if event.HasField("eta_s") else None,
        message=event.message,
        output=output_from_pb(event.output) if event.HasField("output") else None,
        error=error_from_pb(event.error) if event.HasField("error") else None,
        preview=event.preview,
        job=job,
    )
