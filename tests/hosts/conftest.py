"""A real server for hosts to render at; its engine does what a shot's caption asks for (`tests/server/fake_render`)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pai_studio
from pai_studio.host_plugins.bridge import Bridge
from pai_studio.host_plugins.flow import Flow
from pai_studio.host_plugins.host import Fault, Still
from pai_studio.host_plugins.install import install
from pai_studio.host_plugins.record import Installed
from pai_studio.server.api.client import Client
from pai_studio.server.app import Server
from pai_studio.server.settings import ServerSettings
from tests.conftest import write_picture
from tests.hosts.folder_host import FolderHost, FolderTarget
from tests.hosts.nuke_scene import write_plate, write_still
from tests.hosts.resolve_scene import ResolveScene, at_home

TOKEN = "a-token-for-tests-0123456789"
ENGINE = Path(__file__).parents[1] / "server"


def settings(folder: Path, **others: Any) -> ServerSettings:
    """Of a server that takes what a test asks of it."""
    given = {"data_dir": folder, "token": TOKEN, "render": "fake_render:render", "reserve_bytes": 0}
    return ServerSettings(**{**given, "grace_s": 2.0, "workers": 2, **others})


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pytest.MonkeyPatch]:
    """No settings of this machine's user, and a state folder with a space and an umlaut."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ENGINE))
        patch.setenv("PAI_STATE_DIR", str(tmp_path_factory.mktemp("state") / "mein Käfig"))
        patch.setenv("PAI_CONFIG", str(tmp_path_factory.mktemp("config") / "none.toml"))
        for name in ("PAI_SERVER", "PAI_TOKEN", "PAI_TOKEN_FILE", "PAI_TLS_CA", "PAI_PATH_MAP", "OCIO"):
            patch.delenv(name, raising=False)
        yield patch


@pytest.fixture(scope="module")
def served(surroundings: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that the settings of this process, and of those it starts, name."""
    server = Server(settings(tmp_path_factory.mktemp("served")))
    server.start()
    surroundings.setenv("PAI_SERVER", server.address)
    surroundings.setenv("PAI_TOKEN", TOKEN)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def sidecar(served: Server) -> Iterator[Bridge]:
    """The real sidecar, of that server."""
    bridge = Bridge(Installed(pai_studio.__version__, sys.executable))
    yield bridge
    bridge.close()


@pytest.fixture
def client(served: Server) -> Iterator[Client]:
    """Looks at what the server has been asked for."""
    with Client(served.address, TOKEN) as made:
        yield made


@dataclass
class Gate:
    """Holds an engine back at each frame until that one is let go."""

    folder: Path

    def let(self, *frames: int) -> None:
        for frame in frames:
            (self.folder / str(frame)).touch()


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    folder = tmp_path / "gate"
    folder.mkdir()
    return Gate(folder)


def write_pictures(folder: Path, first: int, last: int, name: str = "plate") -> str:
    """A tiny sequence; its pattern."""
    for frame in range(first, last + 1):
        pixels = np.full((4, 8, 4), 0.18, np.float32)
        write_picture(folder / f"{name}.{frame:04d}.exr", pixels, channels=("R", "G", "B", "A"))
    return f"{name}.####.exr"


@pytest.fixture
def exported(sidecar: Bridge, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """`exported(**wishes)` reserves a version and puts a document with its pictures there, as a host does."""

    def make(name: str = "SH010", span: tuple[int, int] = (1001, 1003), **wishes: Any) -> dict[str, Any]:
        files = str(tmp_path / f"out put/{name}/v001/{name}_v001.####.exr")
        reserved = sidecar.ask("reserve", files=files, exact=False)
        folder = Path(reserved["folder"])
        shot = {
            "schema": "pai-studio/shot/1",
            "name": name,
            "rate": 24,
            "frames": list(span),
            "plate": {"files": write_pictures(folder, *span), "colorspace": "ACEScg"},
            "references": [{"file": f"plate.{span[0]:04d}.exr", "frame": span[0], "colorspace": "ACEScg"}],
            "prompt": {"caption": json.dumps(wishes)},
            "delivery": {"files": reserved["files"]},
        }
        document = folder / f"{name}.shot.json"
        document.write_text(json.dumps(shot))
        return {**reserved, "document": str(document)}

    return make


@pytest.fixture(scope="session")
def dest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Nuke plugin as it is installed, under a path with a space and an umlaut."""
    folder = tmp_path_factory.mktemp("nuke") / "Künstlerin A/.nuke"
    install("nuke", folder, version=pai_studio.__version__, python=sys.executable)
    return folder


@pytest.fixture(scope="module")
def shipped(surroundings: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the engines that ship."""
    one = Server(settings(tmp_path_factory.mktemp("real"), render="pai_studio.core.render:render"))
    one.start()
    surroundings.setenv("PAI_SERVER", one.address)
    surroundings.setenv("PAI_TOKEN", TOKEN)
    yield one
    one.stop()


@pytest.fixture
def shot_folder(tmp_path: Path) -> Path:
    """A folder with a plate and a still, its name no easier than an artist's."""
    folder = tmp_path / "Größe 010"
    write_plate(folder)
    write_still(folder)
    return folder


Script = Callable[..., FolderTarget]


@pytest.fixture
def host() -> FolderHost:
    return FolderHost()


@pytest.fixture
def flow(host: FolderHost, sidecar: Bridge) -> Flow:
    return Flow(host, sidecar)


@pytest.fixture
def script(host: FolderHost, tmp_path: Path) -> Script:
    """`script(**wishes)` is a target in a folder with spaces, more than ASCII, and the script's own version."""
    folder = tmp_path / "Szene Ä 東京" / "comp_v012"

    def make(name: str = "SH010", span: tuple[int, int] = (1001, 1003), **wishes: Any) -> FolderTarget:
        first, last = span
        sources = {
            source: str(folder / write_pictures(folder, first, last, f"{name}_{source}"))
            for source in ("plate", "alpha", "ref1", "ref2")
        }
        document = {
            "name": name,
            "rate": "24",
            "frames": [first, last],
            "plate": {"screen": "green"},
            "mattes": {"alpha": {"invert": True}},
            "prompt": {"caption": json.dumps(wishes)},
            "finish": {"wrap": 0.5},
            "delivery": {
                "files": str(folder / f"pai/{name}/v001/{name}_v001.%04d.exr"),
                "passes": ["beauty", "matte"],
            },
        }
        stills = (Still("ref1", first), Still("ref2", last, "fit"))
        kept_in = folder / f"{name}.{len(list(folder.glob('*.json')))}.json"
        kept_in.write_text("{}")
        return FolderTarget(host, name, sources, document, stills, kept_in, ("alpha",))

    return make


def exports_of(target: FolderTarget) -> list[str]:
    folder = Path(target.document["delivery"]["files"]).parents[1] / "exports"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def fault(run: Callable[[], object]) -> Fault:
    with pytest.raises(Fault) as caught:
        run()
    return caught.value


@pytest.fixture
def resolve_scene(
    shipped: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., ResolveScene]]:
    """Makes projects in the stand-in for Resolve, before a real server, and checks each at the end."""
    del shipped
    at_home(monkeypatch)
    made: list[ResolveScene] = []

    def make(mode: str = "managed", *, wishes: dict[str, Any] | None = None, **options: Any) -> ResolveScene:
        made.append(ResolveScene(tmp_path / "Größe 010", mode, **options))
        made[-1].wish(**(wishes or {}))
        return made[-1]

    yield make
    for one in made:
        one.fake.check()
