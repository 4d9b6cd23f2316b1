"""The server as a whole: its parts put together, started and stopped."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from pai_studio.core.log import logger
from pai_studio.core.shot.errors import BadInput
from pai_studio.server.api import studio_pb2 as pb
from pai_studio.server.api.studio_pb2_grpc import add_StudioServicer_to_server
from pai_studio.server.api.wire import split_address
from pai_studio.server.auth import TokenInterceptor, credentials, read_token
from pai_studio.server.scheduler import Scheduler
from pai_studio.server.service import Studio
from pai_studio.server.settings import MIB, ServerSettings
from pai_studio.server.spool import Spool
from pai_studio.server.staging import Roots
from pai_studio.server.store import Store

_LOG = logger(__name__)
_SERVICE = pb.DESCRIPTOR.services_by_name["Studio"].full_name


def _options(settings: ServerSettings) -> list[tuple[str, int]]:
    return [
        ("grpc.so_reuseport", 0),  # else a second server would silently share the port
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        ("grpc.max_send_message_length", max(settings.max_message_bytes, 4 * MIB)),
        (
            "grpc.max_concurrent_streams",
            4 * settings.max_rpcs,
        ),  # beyond max_rpcs they are refused, not kept waiting
        ("grpc.max_metadata_size", 16 * 1024),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ]


class Server:
    """One server over one data folder. `start`, then `stop`; not to be started twice."""

    def __init__(self, settings: ServerSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self._clock = clock
        self._token = read_token(settings)
        self._credentials = credentials(settings)
        self.stopped = threading.Event()
        # Not a lock: a signal handler may run while its own thread holds that.
        self._wish = os.eventfd(0, os.EFD_CLOEXEC)
        self._used = clock()
        self.address = ""

    def start(self) -> str:
        """Open the data folder, take up its jobs, listen; returns HOST:PORT.

        Raises BadInput when folder or address are in use or cannot be used.
        """
        settings = self.settings
        try:
            self._open(settings)
        except OSError as error:
            say = f"the data folder cannot be used ({error.strerror})"
            raise BadInput(say, where=str(settings.data_dir), hint="choose another --data-dir") from None
        self._scheduler = Scheduler(settings, self._store, self._spool, Roots(settings.roots), self._clock)
        from pai_studio.core.engines.registry import available  # noqa: PLC0415 - brings OpenCV: not for those who only ask

        self._studio = Studio(settings, available(), self._store, self._spool, self._scheduler)
        self._grpc = self._listen()
        self._scheduler.start()
        self._grpc.start()
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._keeper.start()
        return self.address

    def _open(self, settings: ServerSettings) -> None:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = _Lock(settings)
        self._store = Store(settings.data_dir / "studio.sqlite3")
        self._spool = Spool(
            settings.data_dir / "spool",
            max_blob_bytes=settings.max_blob_bytes,
            reserve_bytes=settings.reserve_bytes,
            idle_s=settings.upload_idle_s,
            clock=self._clock,
        )

    def _listen(self) -> grpc.Server:
        settings = self.settings
        server = grpc.server(
            ThreadPoolExecutor(settings.max_rpcs, thread_name_prefix="rpc"),
            interceptors=[TokenInterceptor(self._token, self._touch)],
            options=_options(settings),
            maximum_concurrent_rpcs=settings.max_rpcs,
        )
        add_StudioServicer_to_server(self._studio, server)  # type: ignore[no-untyped-call]
        self._health = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        names = (_SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, server)
        for name in ("", _SERVICE):
            self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        host, port = split_address(settings.listen)
        target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            if self._credentials is None:
                bound = server.add_insecure_port(target)
            else:
                bound = server.add_secure_port(target, self._credentials)
        except RuntimeError:
            self._store.close()
            self._lock.close()
            hint = "choose another port, or 0 for a free one"
            raise BadInput(
                "cannot listen there: the port is taken or the address is not ours", where=target, hint=hint
            ) from None
        self.address = f"{target.rpartition(':')[0]}:{bound}"
        return server

    def _touch(self) -> None:
        self._used = self._clock()

    def _keep(self) -> None:
        """Once a second: drop stalled uploads, and stop when idle for long enough."""
        while not self.stopped.wait(1.0):
            self._spool.drop_stalled()
            if self._spool.busy or self._store.active():
                self._touch()
            idle_s = self.settings.idle_exit_s
            if idle_s is not None and self._clock() - self._used > idle_s:
                _LOG.info("idle for %g s: stopping", idle_s)
                self.ask_to_stop()
                return

    def wait(self) -> None:
        """Wait until somebody asks the server to stop, or it has been idle for too long."""
        select.select([self._wish], [], [])

    def ask_to_stop(self) -> None:
        """End `wait`; safe in a signal handler."""
        os.eventfd_write(self._wish, 1)

    def stop(self) -> None:
        """Take no more calls, let workers finish their frame and put their jobs back, and end within the grace."""
        self.stopped.set()
        self._keeper.join()
        self._health.enter_graceful_shutdown()
        self._studio.closing.set()
        self._scheduler.leave()
        ended = self._grpc.stop(self.settings.grace_s)
        with self._store.changed:
            self._store.changed.notify_all()
        self._scheduler.join()
        ended.wait(self.settings.grace_s)
        self._store.close()
        self._lock.close()


class _Lock:
    """An flock for as long as the server lives; the kernel frees it when the process dies."""

    def __init__(self, settings: ServerSettings) -> None:
        self._file = (settings.data_dir / "lock").open("a")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            where, hint = str(settings.data_dir), "use that server, or another data folder"
            raise BadInput("another server uses this data folder", where=where, hint=hint) from None

    def close(self) -> None:
        """Let others in."""
        self._file.close()


def run(settings: ServerSettings, on_ready: Callable[[str], None] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; prints `listening on HOST:PORT` when ready. Returns the exit code.

    Raises BadInput when it cannot start with these settings.
    """
    server = Server(settings)
    server.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.ask_to_stop())
    if on_ready is not None:
        on_ready(server.address)
    print(f"listening on {server.address}", flush=True)  # noqa: T201
    server.wait()
    server.stop()
    return 0
