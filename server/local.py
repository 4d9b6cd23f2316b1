"""This user's own server on this machine: found, else started, one at a time, gone when idle."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pai_studio
from pai_studio.core import config, log
from pai_studio.core.log import logger
from pai_studio.core.shot.errors import NotAuthenticated, PaiError, Unreachable, VersionMismatch
from pai_studio.server.api import studio_pb2 as pb
from pai_studio.server.api.channel import Connection
from pai_studio.server.api.types import ServerInfo, info_from_pb
from pai_studio.server.api.wire import compatible

_LOG = logger(__name__)
IDLE_EXIT_S = 900.0
_START_S = 60.0
_ANSWER_S = 5.0


@dataclass(frozen=True)
class _Place:
    """The files by which processes of one user find their server."""

    folder: Path

    @property
    def address(self) -> Path:
        return self.folder / "server.json"

    @property
    def token(self) -> Path:
        return self.folder / "token"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the lock under which a server is looked for and started."""
        with (self.folder / "start.lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def write(self, path: Path, text: str) -> None:
        """Put a private file in place whole."""
        temp = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        temp.replace(path)


@dataclass(frozen=True)
class Local:
    """A local server that answers."""

    address: str
    pid: int
    token: str
    info: ServerInfo
    settings: dict[str, Any] = field(default_factory=dict)
    """What it was started with, as `_asked` gives it."""


def _asked() -> dict[str, Any]:
    """The settings that a local server takes from its user. Raises BadInput for ones that cannot be used."""
    own = config.load().settings
    return {
        "roots": [str(Path(root).absolute()) for root in own.roots],
        "workers": max(own.workers, 1),
        "max_pixels": own.max_pixels,
        "max_channels": own.max_channels,
        "models_dir": str(Path(own.models_dir).absolute()),
        "device": own.device,
        "stall_s": own.stall_s,
    }


def ensure_local() -> tuple[str, str]:
    """The address and token of this user's server; starts it when none answers. Several processes may race.

    An idle server of another version, or with other settings than the user's present ones, is replaced; a busy one is
    kept. Raises Unreachable when none starts, VersionMismatch when a busy one is too far apart, BadInput for settings
    that cannot be used.
    """
    place, asked = _Place(config.state_dir()), _asked()
    with place.alone():
        found = _look(place)
        if found is not None and (found.info.version, found.settings) != (pai_studio.__version__, asked):
            found = _replaced(found)
        if found is not None:
            _warn(found.settings, asked)
            return found.address, found.token
        return _start(place, asked)


def _warn(settings: dict[str, Any], asked: dict[str, Any]) -> None:
    """Say which settings do not hold yet, since the server is busy."""
    other = [name for name, value in asked.items() if settings.get(name) != value]
    if other:
        _LOG.warning("the local server is busy and keeps its own settings of: %s", ", ".join(other))


def running() -> Local | None:
    """This user's server if it runs; none is started."""
    return _look(_Place(config.state_dir()))


def stop_local() -> None:
    """Stop this user's server if it runs, and wait for its end; its jobs go on when it is started again."""
    place = _Place(config.state_dir())
    with place.alone():
        found = _look(place)
        if found is not None:
            os.kill(found.pid, signal.SIGTERM)
            _wait_for_end(found.pid)


def _look(place: _Place) -> Local | None:
    """The server that the files name, if it lives and takes the token."""
    try:
        said = json.loads(place.address.read_text(encoding="utf-8"))
        address, pid, token = str(said["address"]), int(said["pid"]), place.token.read_text(encoding="utf-8")
        connection = Connection(address, token)
    except (OSError, ValueError, KeyError, TypeError, PaiError):
        return None
    try:
        answer = connection.once("GetServerInfo", pb.GetServerInfoRequest(), timeout_s=_ANSWER_S)
    except (
        Unreachable,
        NotAuthenticated,
        VersionMismatch,
    ):  # stale files: nobody there, or a stranger on the port
        return None
    finally:
        connection.close()
    return Local(address, pid, token, info_from_pb(answer), said.get("settings", {}))


def _replaced(found: Local) -> Local | None:
    """None once an idle server has ended; a busy one is kept when it can be talked to."""
    if found.info.active_jobs == 0:
        os.kill(found.pid, signal.SIGTERM)
        _wait_for_end(found.pid)
        return None
    if compatible(found.info.version, pai_studio.__version__):
        return found
    say = f"the local server is version {found.info.version} and busy, this is {pai_studio.__version__}"
    raise VersionMismatch(say, where=found.address, hint="wait for its jobs, or cancel them")


def _wait_for_end(pid: int) -> None:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        if not select.select([descriptor], [], [], _START_S)[0]:
            raise Unreachable(
                "the old local server does not stop", where=f"process {pid}", hint="end it by hand"
            )
    finally:
        os.close(descriptor)


def _start(place: _Place, asked: dict[str, Any]) -> tuple[str, str]:
    """Start a detached server and wait for its address.

    It writes its files itself, once it holds the data folder: one that lives and is only slow keeps its own.
    """
    command = [sys.executable, "-m", "pai_studio.server.local", str(place.folder), json.dumps(asked)]
    with place.log.open("ab") as logged:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=logged,
            start_new_session=True,
            cwd="/",
            env={key: value for key, value in os.environ.items() if "TOKEN" not in key},
        )
    assert child.stdout is not None
    with child.stdout:
        is_ready = bool(select.select([child.stdout], [], [], _START_S)[0])
        line = child.stdout.readline().decode() if is_ready else ""
    address = line.removeprefix("listening on ").strip()
    if not line.startswith("listening on "):
        child.kill()
        child.wait()
        said = place.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        hint = f"see {place.log}"
        raise Unreachable(
            f"the local server does not start ({' '.join(said)})", where="local server", hint=hint
        )
    child.returncode = 0  # it is nobody's child from here on: no warning that it still runs
    return address, place.token.read_text(encoding="utf-8")


def serve(folder: Path, asked: dict[str, Any]) -> int:
    """Be the local server of a state folder, with `_asked` settings. Returns the exit code."""
    from pai_studio.server.app import run  # noqa: PLC0415 - the client asks for ensure_local alone
    from pai_studio.server.settings import ServerSettings  # noqa: PLC0415

    log.set_up()
    place = _Place(folder)
    token = secrets.token_urlsafe(32)
    paths = {
        "roots": tuple(Path(root) for root in asked["roots"]),
        "models_dir": Path(asked["models_dir"]),
    }
    settings = ServerSettings(
        data_dir=folder / "server",
        token=token,
        **{**asked, **paths},
        idle_exit_s=float(os.environ.get("PAI_LOCAL_IDLE_S", IDLE_EXIT_S)),
        render=os.environ.get("PAI_LOCAL_RENDER", ServerSettings.render),
    )

    def on_ready(address: str) -> None:
        said = {
            "address": address,
            "pid": os.getpid(),
            "version": pai_studio.__version__,
            "since": time.time(),
            "settings": asked,
        }
        place.write(place.token, token)
        place.write(place.address, json.dumps(said))

    try:
        return run(settings, on_ready)
    except PaiError as error:
        print(error, file=sys.stderr)  # noqa: T201 - who started us reads the log's last line
        return error.exit_code


if __name__ == "__main__":
    sys.exit(serve(Path(sys.argv[1]), json.loads(sys.argv[2])))
