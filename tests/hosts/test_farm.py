"""A script goes to a farm: `openjd run` of the written bundle, with the stand-in for Nuke, the installed plugin, the
real sidecar and a real server."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
import pytest

import pai_studio
from pai_studio.host_plugins import install
from pai_studio.server.api.client import Client
from pai_studio.server.app import Server
from pai_studio.server.settings import ServerSettings
from tests.hosts.conftest import TOKEN
from tests.hosts.fakes import standin
from tests.hosts.nuke_scene import FIRST, LAST, scene, write_plate, write_still

OPENJD = Path(sys.executable).with_name("openjd")
FRAMES = range(FIRST, LAST + 1)
WRITE_JOB = """
import sys, nuke
nuke.scriptOpen(sys.argv[1])
from pai_studio_host.nuke import farm
print(farm.write_job(sys.argv[2], command="nuke", chunk=2))
"""


@pytest.fixture(scope="module")
def server(surroundings: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the engines of the house."""
    made = Server(ServerSettings(data_dir=tmp_path_factory.mktemp("farm"), token=TOKEN))
    made.start()
    surroundings.setenv("PAI_SERVER", made.address)
    surroundings.setenv("PAI_TOKEN", TOKEN)
    yield made
    made.stop()


@dataclass
class Show:
    """A folder with a script of two shots, a plugin that is installed, and a `nuke` on the path."""

    folder: Path
    environment: dict[str, str]

    @property
    def script(self) -> Path:
        return self.folder / "SH010_comp_v003.nk"

    def nuke(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        return self.call("nuke", *words)

    def call(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        command = [str(word) for word in words]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)

    def write_job(self) -> str:
        file = self.folder.parent / "write_job.py"
        file.write_text(WRITE_JOB)
        done = self.nuke("-t", file, self.script, self.folder)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(self, *more: str) -> subprocess.CompletedProcess[str]:
        bundle = self.folder / "SH010_comp_v003.openjd"
        given = f"file://{bundle / 'parameters.json'}"
        return self.call(
            OPENJD,
            "run",
            bundle / "template.json",
            "-p",
            given,
            *more,
        )

    def pinned(self, shot: str, frame: int, version: int = 1) -> Path:
        return self.folder / f"pai_studio/{shot}/v{version:03d}/{shot}_v{version:03d}.{frame:04d}.exr"

    def comped(self, shot: str, frame: int) -> Path:
        return self.folder / f"comp/{shot}.{frame:04d}.exr"


@pytest.fixture
def show(server: Server, tmp_path: Path) -> Show:
    dest, tools, folder = tmp_path / "plug ins", tmp_path / "bin", tmp_path / "show ü/SH010"
    tools.mkdir()
    install.install("nuke", dest, version=pai_studio.__version__, python=sys.executable)
    standin.wrapper(tools)
    write_script(folder)
    environment = {**os.environ, "NUKE_PATH": str(dest), "HOME": str(tmp_path / "home")}
    environment["PATH"] = f"{tools}{os.pathsep}{environment['PATH']}"
    environment["OMP_NUM_THREADS"] = "1"
    return Show(folder, environment)


def write_script(folder: Path, *, chained: bool = False) -> None:
    """Two shots from one plate, each with a Write below it; `chained`: the second is made from the first."""
    with scene(folder) as made:
        write_plate(folder)
        write_still(folder)
        made.nuke.root()["OCIO_config"].setValue("custom")
        made.nuke.root()["customOCIOConfigPath"].setValue("ocio://cg-config-v2.2.0_aces-v1.3_ocio-v2.4")
        for other in made.nuke.selectedNodes():
            other.setSelected(False)
        second = made.plug("node").create()
        second.setInput(0, made.node if chained else made.plate)
        second["frame_source"].setValue("project")
        second.setInput(3, made.still)
        second["ref1_frame"].setValue(FIRST)
        for node, shot in ((made.node, "A"), (second, "B")):
            node["shot"].setValue(shot)
            node["engine"].setValue("draft")
            write_below(made, node, shot)
        made.nuke.scriptSaveAs((folder / "SH010_comp_v003.nk").as_posix(), overwrite=1)


def write_below(made: Any, node: Any, shot: str) -> None:
    write = made.nuke.createNode("Write", "", False)
    write.setInput(0, node)
    write.setName(f"Write_{shot}")
    write["file"].setValue((made.folder / f"comp/{shot}.%04d.exr").as_posix())
    write["file_type"].setValue("exr")
    write["create_directories"].setValue(True)
    write["raw"].setValue(True)


def rgb(path: Path) -> np.ndarray:
    buffer = oiio.ImageBuf(str(path))
    assert not buffer.has_error, buffer.geterror()
    names = list(buffer.spec().channelnames)
    return buffer.get_pixels(oiio.FLOAT)[..., [names.index(c) for c in "RGB"]]


def test_each_shot_is_made_once_and_then_the_comp_reads_it(show: Show) -> None:
    with Client(os.environ["PAI_SERVER"], TOKEN) as client:
        before = len(client.jobs())
        show.write_job()
        said = show.write_job()  # a job that is written again goes on with what is reserved
        assert "generates PAIStudio1 v001" in said
        assert "generates PAIStudio2 v001" in said
        script = show.script.read_bytes()
        done = show.run()
        assert done.returncode == 0, done.stdout[-6000:]
        assert "v001 is there" in done.stdout
        assert "has changed since" not in done.stdout
        assert len(client.jobs()) == before + 2
    made = max(show.pinned(shot, frame).stat().st_mtime_ns for shot in "AB" for frame in FRAMES)
    for shot in "AB":
        for frame in FRAMES:
            comp = show.comped(shot, frame)
            assert comp.stat().st_mtime_ns > made
            np.testing.assert_array_equal(rgb(comp), rgb(show.pinned(shot, frame)))
    assert show.script.read_bytes() == script
    assert not show.pinned("A", FIRST, version=2).parent.exists()
    said = show.write_job()  # and what is made is not made again
    assert "generates" not in said
    assert "then renders Write_A, Write_B" in said


def fail(show: Show) -> Path:
    """Run the job without the plate's last frame; gives where that lies."""
    show.write_job()
    plate = show.folder / f"plate.{LAST}.exr"
    aside = plate.rename(plate.with_suffix(".aside"))
    done = show.run()
    assert done.returncode != 0
    return aside


def test_a_shot_that_fails_stops_the_comp(show: Show) -> None:
    fail(show)
    assert not (show.folder / "comp").exists()
    assert not show.pinned("A", FIRST).parent.exists()


@pytest.mark.long
def test_a_shot_that_failed_can_be_tried_again(show: Show) -> None:
    aside = fail(show)
    aside.rename(aside.with_suffix(".exr"))
    done = show.run()
    assert done.returncode == 0, done.stdout[-6000:]
    assert show.comped("B", LAST).is_file()
    show.write_job()  # takes note that the versions are made; they can be finished again then
    terminal = Path(show.environment["NUKE_PATH"]) / "pai_studio_host/nuke/terminal.py"
    text = show.script.read_text()
    done = show.nuke("-t", terminal, show.script, "--node", "PAIStudio1", "--mode", "refinish", "--save")
    assert done.returncode == 0, done.stderr
    assert show.pinned("A", LAST, version=2).is_file()
    assert show.script.read_text() != text


@pytest.mark.long
def test_the_farms_rules_lead_to_where_the_show_lies_there(show: Show, tmp_path: Path) -> None:
    show.write_job()
    there = tmp_path / "mnt"
    (tmp_path / "show ü").rename(there)
    moved = Show(there / "SH010", show.environment)
    rule = {
        "source_path_format": "POSIX",
        "source_path": str(tmp_path / "show ü"),
        "destination_path": str(there),
    }
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps({"version": "pathmapping-1.0", "path_mapping_rules": [rule]}))
    done = moved.run("--path-mapping-rules", f"file://{rules}")
    assert done.returncode == 0, done.stdout[-6000:]
    assert moved.comped("A", LAST).is_file()
    assert not (tmp_path / "show ü").exists()


def refused(show: Show) -> str:
    """What refuses to make a job of the script, which nothing has changed."""
    text = show.script.read_bytes()
    file = show.folder.parent / "write_job.py"
    file.write_text(WRITE_JOB)
    done = show.nuke("-t", file, show.script, show.folder)
    assert done.returncode != 0
    assert show.script.read_bytes() == text
    assert not (show.folder / "pai_studio").exists()
    return done.stderr


def test_a_node_that_cannot_be_rendered_changes_nothing(show: Show) -> None:
    text = show.script.read_text()
    show.script.write_text(text.replace("ref1_frame 1001", "ref1_frame 5", 1))
    assert "lies outside the frames 1001-1003" in refused(show)


def test_a_shot_that_reads_an_unmade_shot_is_refused(show: Show) -> None:
    write_script(show.folder, chained=True)
    assert "PAIStudio2: reads PAIStudio1, which is not rendered yet" in refused(show)


def test_what_is_said_of_a_job_can_be_typed_and_names_what_is_left_out(show: Show) -> None:
    odd = Show(show.folder.parent.parent / "it's {ü}" / "SH010", show.environment)
    write_script(odd.folder)
    odd.script.write_text(odd.script.read_text().replace("seed 7", "seed 7\n disable true", 1))
    said = odd.write_job().splitlines()
    (left_out,) = [line for line in said if line.endswith("out: it is disabled")]
    assert left_out == "leaves PAIStudio1 out: it is disabled"
    (typed,) = [line for line in said if line.startswith("openjd ")]
    template = odd.folder / "SH010_comp_v003.openjd/template.json"
    values = template.with_name("parameters.json")
    assert shlex.split(typed) == ["openjd", "run", str(template), "-p", f"file://{values}"]
