"""A real server in this process, its real workers running `fake_render`."""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pai_studio.server.api.client import Client
from pai_studio.server.app import Server
from pai_studio.server.settings import ServerSettings

TOKEN = "a-token-for-tests-0123456789"


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("PAI_CONFIG", str(tmp_path / "none.toml"))
    for name in ("PAI_SERVER", "PAI_TOKEN", "PAI_TOKEN_FILE", "PAI_TLS_CA", "OCIO"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., ServerSettings]:
    def make(**others: Any) -> ServerSettings:
        given = {
            "data_dir": tmp_path / "data",
            "token": TOKEN,
            "render": "fake_render:render",
            "reserve_bytes": 0,
        }
        return ServerSettings(**{**given, "grace_s": 2.0, **others})

    return make


class Clock:
    """Monotonic time that only moves when told to, until it is let go."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._let_go = float("inf")

    def __call__(self) -> float:
        return self.now + max(time.monotonic() - self._let_go, 0.0)

    def let_go(self) -> None:
        """From now on it moves by itself: what a server waits for while it stops would never come."""
        self._let_go = time.monotonic()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def start(settings: Callable[..., ServerSettings]) -> Iterator[Callable[..., Server]]:
    """`start(**settings)` gives a running server; all are stopped after the test."""
    servers: list[Server] = []
    clocks: list[Clock] = []

    def run(*, clock: Clock | None = None, **others: Any) -> Server:
        clocks.extend([clock] if clock else [])
        server = Server(settings(**others), **({"clock": clock} if clock else {}))
        server.start()
        servers.append(server)
        return server

    yield run
    for clock in clocks:
        clock.let_go()
    for server in servers:
        if not server.stopped.is_set():
            server.stop()


@pytest.fixture
def client(start: Callable[..., Server]) -> Iterator[Client]:
    with Client(start().address, TOKEN) as made:
        yield made


@pytest.fixture
def connected() -> Iterator[Callable[[Server], Client]]:
    made: list[Client] = []

    def to(server: Server) -> Client:
        made.append(Client(server.address, TOKEN))
        return made[-1]

    yield to
    for client in made:
        client.close()


@pytest.fixture
def shot(tmp_path: Path) -> Callable[..., Path]:
    """`shot(frames, **wishes)` writes a shot document with its files; the wishes go to `fake_render`."""

    def write(
        name: str = "S", frames: tuple[int, int] = (1001, 1004), size: int = 5000, **wishes: Any
    ) -> Path:
        folder = tmp_path / "shots" / name
        (folder / "plate").mkdir(parents=True)
        for frame in range(frames[0], frames[1] + 1):
            (folder / "plate" / f"S.{frame:04d}.exr").write_bytes(f"{name} {frame} ".encode() * (size // 8))
        (folder / "still.exr").write_bytes(b"a still")
        document = {
            "schema": "pai-studio/shot/1",
            "name": name,
            "rate": 24,
            "frames": list(frames),
            "plate": {"files": "plate/S.####.exr", "colorspace": "ACEScg"},
            "references": [{"file": "still.exr", "frame": frames[0]}],
            "prompt": {"caption": json.dumps(wishes)},
            "delivery": {"files": f"out/v001/{name}.####.exr"},
        }
        path = folder / f"{name}.shot.json"
        path.write_text(json.dumps(document))
        return path

    return write


@pytest.fixture
def gate(tmp_path: Path) -> Callable[..., Path]:
    """A folder that holds frames back; `gate(1001, 1002)` lets those go."""
    folder = tmp_path / "gate"
    folder.mkdir()

    def let(*frames: int) -> Path:
        for frame in frames:
            (folder / str(frame)).touch()
        return folder

    return let


def until(happened: Callable[[], Any], timeout_s: float = 15.0) -> Any:
    """Wait for something that another process does."""
    pause = threading.Event()
    for _ in range(int(timeout_s / 0.01)):
        if found := happened():
            return found
        pause.wait(0.01)
    raise AssertionError("it did not happen in time")


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., Any]:
    return until


@pytest.fixture(scope="session")
def picture() -> Callable[[bytes, int], bytes]:
    """What `fake_render` makes of a plate's bytes."""
    spec = importlib.util.spec_from_file_location("fake_render", Path(__file__).parent / "fake_render.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.picture
