"""What a server is told at its start; the command line fills it from flags, environment and file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pai_studio.core.config import Settings
from pai_studio.core.media.limits import LIMITS

MIB = 1 << 20


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """One server."""

    data_dir: Path
    """Holds the database, the blobs, the jobs' folders and the kept generations. One server each."""

    listen: str = "127.0.0.1:0"
    """HOST:PORT; port 0 takes a free one. Beyond loopback TLS is required."""

    token: str = ""
    """Every call has to bring it. Never empty: this or `token_file`."""

    token_file: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None

    roots: tuple[Path, ...] = ()
    """Folders inside which shared paths may lie."""

    workers: int = 1
    """Worker processes, each rendering one job at a time."""

    grace_s: float = 10.0
    """How long a worker may take to stop when asked, before it is made to; also the server's own stop."""

    heartbeat_s: float = 30.0
    """A worker that is silent for this long is taken for hung."""

    stall_s: float = float(Settings.stall_s)
    """A worker that beats but reports no progress for this long is taken for hung; 0 never takes one for that."""

    start_s: float = 120.0
    """How long a worker may take to load its engine."""

    max_message_bytes: int = 4 * MIB
    max_blob_bytes: int = 64 * 1024 * MIB
    reserve_bytes: int = 64 * MIB
    """Disk space that uploads leave free."""

    max_rpcs: int = 64
    """Calls at the same time; the next one is refused."""

    max_watchers: int = 32
    """Event streams among them, so that other calls always find room."""

    max_queued_jobs: int = 10_000
    upload_idle_s: float = 60.0
    """An upload that sends nothing for this long is dropped; what it sent is kept."""

    idle_exit_s: float | None = None
    """Stop when there was neither a job nor a call for this long; None never stops."""

    max_pixels: int = LIMITS.max_pixels
    """Largest picture that a worker decodes."""

    max_channels: int = LIMITS.max_channels

    models_dir: Path = field(default_factory=lambda: Path(Settings().models_dir))
    """Where the workers' engines find their models."""

    device: str = Settings.device
    """What the models compute on."""

    render: str = "pai_studio.core.render:render"
    """The worker's entry, MODULE:FUNCTION; the module also holds RenderRequest."""
