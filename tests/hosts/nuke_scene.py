"""A script in the strict fake: a plate, stills and our node below them; and the plugin, loaded for that Nuke alone."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio

from tests.conftest import write_picture
from tests.hosts.fakes.nuke_fake import FakeNuke

PLUGIN = "pai_studio.host_plugins.nuke"
INSTALLED = "pai_studio_host.nuke"
FIRST, LAST = 1001, 1003
PATIENCE_S = 90


class Scene:
    """A Nuke with a script. `node` is ours; `plug("result")` is a module of the plugin."""

    def __init__(self, fake: FakeNuke, folder: Path, package: str = PLUGIN) -> None:
        self.fake, self.folder, self.package = fake, folder, package
        self.nuke = fake.module
        fake.spaces = ["ACEScg", "ACES2065-1", "Linear Rec.709 (sRGB)", "scene_linear"]
        root = self.nuke.root()
        root["name"].setValue((folder / "SH010_comp_v003.nk").as_posix())
        root["fps"].setValue(23.976)
        root["first_frame"].setValue(FIRST)
        root["last_frame"].setValue(LAST)
        root["format"].setValue("128 72 0 0 128 72 1 small")
        root["colorManagement"].setValue("OCIO")
        root["OCIO_config"].setValue("custom")
        root["customOCIOConfigPath"].setValue((folder / "show/aces/config.ocio").as_posix())
        root["workingSpaceLUT"].setValue("ACEScg")
        self.plate = self.read("plate", "plate.%04d.exr", FIRST, LAST)
        self.still = self.read("still", "ref.exr", FIRST, FIRST)
        for other in (self.plate, self.still):
            other.setSelected(False)
        self.plate.setSelected(True)
        self.node = self.plug("node").create()
        self.node.setInput(3, self.still)
        self.node["ref1_frame"].setValue(FIRST)

    def read(self, name: str, file: str, first: int, last: int) -> Any:
        """A Read of a file in the scene's folder."""
        read = self.nuke.createNode("Read", "", False)
        read["file"].setValue((self.folder / file).as_posix())
        read["raw"].setValue(True)
        for knob, frame in (("first", first), ("last", last), ("origfirst", first), ("origlast", last)):
            read[knob].setValue(frame)
        read.setName(name)
        return read

    def between(self, name: str, index: int = 0) -> Any:
        """Put a node of a class between one of our inputs and what is connected to it."""
        above = self.node.input(index)
        for other in self.nuke.selectedNodes():
            other.setSelected(False)
        made = self.nuke.createNode(name, "", False)
        made.setInput(0, above)
        self.node.setInput(index, made)
        return made

    def plug(self, module: str) -> Any:
        """A module of the plugin, as this Nuke has it."""
        return importlib.import_module(f"{self.package}.{module}")

    def state(self) -> Any:
        """What the node is like now."""
        return self.plug("target").NukeTarget(self.node).state()

    @property
    def host(self) -> Any:
        """The plugin's own `host.py`, whose classes its modules use."""
        return importlib.import_module(f"{self.package.rpartition('.')[0]}.host")

    def result(self, version: int = 1, **others: Any) -> Any:
        """A version as the flow hands it over, made from what the node is now."""
        given = {
            "files": (self.folder / f"out/v{version:03d}/SH010_v{version:03d}.####.exr").as_posix(),
            "version": version,
            "first": FIRST,
            "last": LAST,
            "space": "ACEScg",
            "passes": ("beauty", "matte"),
            "engine": "draft",
            "document": (self.folder / f"exports/SH010_v{version:03d}/SH010.shot.json").as_posix(),
            "state": self.state(),
        }
        return self.host.Result(**{**given, **others})


@contextmanager
def scene(folder: Path, mode: str = "gui", package: str = PLUGIN) -> Iterator[Scene]:
    """A scene in a new Nuke; what the fake refused fails the test at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    with FakeNuke(mode).installed() as fake:
        yield Scene(fake, folder, package)


@contextmanager
def nuke_with_plugin(dest: Path, folder: Path) -> Iterator[Callable[..., Scene]]:
    """A Nuke with windows that has started with the plugin installed in `dest`; gives what makes the scene in it."""
    before = list(sys.path)
    fake = FakeNuke("gui")
    with fake.installed():
        fake.start([dest])

        def make(engine: str = "draft") -> Scene:
            one = Scene(fake, folder, INSTALLED)
            # The build's own config has the space; the scene's made-up path is not there.
            one.nuke.root()["customOCIOConfigPath"].setValue("ocio://default")
            one.node["engine"].setValue(engine)
            return one

        try:
            yield make
        finally:
            importlib.import_module(f"{INSTALLED}.session").close_sidecar()
            sys.path[:] = before


def press(one: Scene, knob: str = "render", patience_s: float = PATIENCE_S) -> None:
    """Press a button and serve the main thread until the renders of the node are over."""
    one.fake.press(one.node.fullName(), knob)
    runs = one.plug("runs")
    one.fake.pump(lambda: not runs.of(one.node), patience_s)


def status_becomes(one: Scene, text: str) -> None:
    """Nuke tells of a change once; the status follows."""
    one.fake.idle()
    one.fake.pump(lambda: one.node["status"].value() == text, PATIENCE_S)


def pinned(one: Scene) -> dict[str, Any]:
    """The record of the pinned version."""
    return json.loads(one.node["pinned"].getText())


def frames_in(pattern: str) -> list[int]:
    """The frame numbers of the files that are there."""
    folder, _, name = pattern.rpartition("/")
    before, _, after = name.partition("####")
    return sorted(
        int(path.name[len(before) : -len(after)])
        for path in Path(folder).iterdir()
        if path.name.startswith(before) and path.name.endswith(after)
    )


def pixels(path: str | Path) -> tuple[Any, np.ndarray]:
    """The header and the pixels of a file, RGB."""
    file = oiio.ImageInput.open(str(path))
    assert file is not None, path
    spec, data = file.spec(), file.read_image("float")
    file.close()
    return spec, data


def write_plate(folder: Path, first: int = FIRST, last: int = LAST, **facts: Any) -> None:
    """A red block before a green screen, with a value above 1; the smallest plate that can be keyed."""
    rng = np.random.default_rng(3)
    for frame in range(first, last + 1):
        plate = np.full((72, 128, 4), (0.05, 0.4, 0.06, 1.0), np.float32)
        at = 30 + (frame - first) * 2
        plate[20:60, at : at + 30, :3] = (0.5, 0.12, 0.1)
        plate[2:6, 2:6, :3] = (6.5, 3.25, 12.0)
        plate[..., :3] += rng.normal(0, 0.004, (72, 128, 3))
        write_picture(folder / f"plate.{frame:04d}.exr", plate, channels=("R", "G", "B", "A"), **facts)


def write_still(folder: Path) -> None:
    """A background still of the plate's size, with values above 1."""
    rng = np.random.default_rng(5)
    write_picture(folder / "ref.exr", rng.uniform(0.1, 2.0, (72, 128, 3)).astype(np.float32))
