"""Nuke without windows: `nuke -t terminal.py` renders, `nuke -x` reads what was made; each a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pai_studio.host_plugins.nuke.graph import NO_FILE
from pai_studio.server.app import Server
from tests.hosts.fakes import standin
from tests.hosts.fakes.nuke_fake import FakeNuke
from tests.hosts.nk_reader import read_nk
from tests.hosts.nuke_scene import FIRST, LAST, Scene, frames_in, pixels


@pytest.fixture
def script(dest: Path, shipped: Server, shot_folder: Path) -> Callable[..., Path]:
    """`script(**knobs)` saves a script with our node and a Write below it."""

    def make(**knobs: Any) -> Path:
        with FakeNuke("terminal").installed() as fake:
            one = Scene(fake, shot_folder)
            one.nuke.root()["customOCIOConfigPath"].setValue("ocio://default")
            one.node["engine"].setValue("plate")
            for name, value in knobs.items():
                one.node[name].setValue(value)
            write = one.nuke.createNode("Write", "", False)
            write.setName("comp")
            write.setInput(0, one.node)
            write["file_type"].setValue("exr")
            write["raw"].setValue(True)
            write["channels"].setValue("rgb")
            write["create_directories"].setValue(True)
            write["file"].setValue((shot_folder / "comp/comp.%04d.exr").as_posix())
            path = shot_folder / "SH010_comp_v003.nk"
            one.nuke.scriptSaveAs(str(path), 1)
            return path

    return make


@pytest.fixture
def nuke(dest: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`nuke("-x", "file.nk")`: the stand-in as a process of its own, with our plugin."""

    def run(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, standin.__file__, *(str(word) for word in words)]
        own = {**os.environ, "NUKE_PATH": str(dest), "HOME": str(dest.parent / "none"), **environment}
        return subprocess.run(command, capture_output=True, text=True, check=False, env=own, timeout=120)

    return run


@pytest.fixture
def terminal(nuke: Callable[..., Any], dest: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`terminal(script, "--save")`: `nuke -t terminal.py ...`."""
    return lambda *words, **environment: nuke(
        "-t", dest / "pai_studio_host/nuke/terminal.py", *words, **environment
    )


Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_terminal_renders_and_a_farm_reads_what_it_made(
    script: Callable[..., Path], nuke: Run, terminal: Run, shot_folder: Path
) -> None:
    path = script()
    early = nuke("-F", "1001-1003", "-X", "comp", "-x", path)
    assert early.returncode == 1
    assert NO_FILE in early.stderr
    done = terminal(path, "--save", "--json")
    assert done.returncode == 0, done.stderr
    (record,) = json.loads(done.stdout)["nodes"].values()
    assert (record["version"], record["frames"]) == (1, [FIRST, LAST])
    assert "PAI-Studio: PAIStudio1:   0%  exporting plate" in done.stderr
    saved = read_nk(path.read_text(encoding="utf-8"))
    (ours,) = [node for node in saved.nodes if node.cls == "Group"]
    assert json.loads(ours.knobs["pinned"]) == record
    assert ours.knobs["status"] == "v001"
    late = nuke("-F", "1001-1003", "-X", "comp", "-x", path)
    assert late.returncode == 0, late.stderr
    assert frames_in((shot_folder / "comp/comp.####.exr").as_posix()) == [1001, 1002, 1003]
    _, given = pixels(shot_folder / "plate.1002.exr")
    _, comp = pixels(shot_folder / "comp/comp.1002.exr")
    assert np.array_equal(given[..., :3], comp[..., :3])
    outside = nuke("-F", "1004-1004", "-X", "comp", "-x", path)
    assert outside.returncode == 1
    assert NO_FILE in outside.stderr
    assert frames_in((shot_folder / "comp/comp.####.exr").as_posix()) == [1001, 1002, 1003]


@pytest.mark.long
def test_a_missing_frame_of_the_pinned_version_fails_the_farms_task(
    script: Callable[..., Path], nuke: Run, terminal: Run, shot_folder: Path
) -> None:
    path = script()
    assert terminal(path, "--save").returncode == 0
    (shot_folder / "pai_studio/SH010_comp/v001/SH010_comp_v001.1002.exr").unlink()
    late = nuke("-F", "1001-1003", "-X", "comp", "-x", path)
    assert late.returncode == 1
    assert "1002" in late.stderr


def test_a_node_that_changed_after_its_version_was_pinned_is_told_of(
    script: Callable[..., Path], terminal: Run, shot_folder: Path
) -> None:
    folder = shot_folder / "pai_studio/SH010_comp"
    pinned = {
        "files": (folder / "v001/SH010_comp_v001.####.exr").as_posix(),
        "version": 1,
        "frames": [FIRST, LAST],
        "space": "ACEScg",
        "passes": ["beauty"],
        "engine": "",
        "document": (folder / "exports/SH010_comp_v001/SH010_comp.shot.json").as_posix(),
        "generation": "of other knobs",
        "finish": "",
        "pending": True,
    }
    done = terminal(script(pinned=json.dumps(pinned)), "--version", "pinned")
    assert done.returncode == 0, done.stderr
    assert "PAIStudio1: it has changed since v001 was pinned" in done.stderr
    assert frames_in(str(pinned["files"])) == [FIRST, LAST - 1, LAST]


@pytest.mark.long
def test_a_script_from_another_machine_renders_with_its_paths_mapped(
    script: Callable[..., Path], terminal: Run, nuke: Run, shot_folder: Path, tmp_path: Path
) -> None:
    path = script()
    text = path.read_text(encoding="utf-8").replace(shot_folder.as_posix(), "P:/show/Größe 010")
    there = tmp_path / "elsewhere.nk"
    there.write_text(text, encoding="utf-8")
    rules = tmp_path / "rules.json"
    said = {
        "version": "pai-studio/paths/1",
        "rules": [{"from": "P:/show", "to": shot_folder.parent.as_posix()}],
    }
    rules.write_text(json.dumps(said), encoding="utf-8")
    output = "P:/show/Größe 010/pai_studio/v001/SH010_v001.%04d.exr"
    there.write_text(_with_output(text, output), encoding="utf-8")
    done = terminal(there, "--save", PAI_PATH_MAP=str(rules))
    assert done.returncode == 0, done.stderr
    assert frames_in((shot_folder / "pai_studio/v001/SH010_v001.####.exr").as_posix()) == [1001, 1002, 1003]
    late = nuke("-F", "1001-1003", "-X", "comp", "-x", there, PAI_PATH_MAP=str(rules))
    assert late.returncode == 0, late.stderr


def _with_output(text: str, output: str) -> str:
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if line.strip().startswith("output "))
    lines[at] = f'  output "{output}"'
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--node", "Nobody"), 2, "Nobody: is no PAI-Studio node of this script; it has: PAIStudio1"),
        (("--version", "pinned"), 2, "PAIStudio1: no version is pinned"),
        (("--version", "pinned", "--save"), 2, "changes nothing in the script"),
        (("--mode", "dance"), 2, "invalid choice: 'dance'"),
    ],
)
def test_a_terminal_says_what_it_cannot_use(
    script: Callable[..., Path], terminal: Run, words: tuple[str, ...], code: int, said: str
) -> None:
    done = terminal(script(), *words)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_disabled_node_is_left_out_unless_it_is_named(script: Callable[..., Path], terminal: Run) -> None:
    path = script(disable=True)
    done = terminal(path)
    assert done.returncode == 2
    assert "PAIStudio1: left out, since it is disabled; --node PAIStudio1 renders it" in done.stderr
    assert "every PAI-Studio node in it is disabled; name one with --node" in done.stderr
    named = terminal(path, "--node", "PAIStudio1", "--json")
    assert named.returncode == 0, named.stderr
    assert list(json.loads(named.stdout)["nodes"]) == ["PAIStudio1"]


def test_a_terminal_names_a_script_that_is_not_there(terminal: Run, shipped: Server, tmp_path: Path) -> None:
    done = terminal(tmp_path / "none.nk", "--json")
    assert done.returncode == 2
    assert "none.nk" in json.loads(done.stdout)["error"]["where"]


def test_a_server_that_does_not_answer_is_3(script: Callable[..., Path], terminal: Run) -> None:
    done = terminal(script(), PAI_SERVER="127.0.0.1:9", PAI_PATIENCE_S="1")
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr


def test_what_cannot_be_saved_is_told_before_anything_is_rendered(
    script: Callable[..., Path], terminal: Run, shot_folder: Path, tmp_path: Path
) -> None:
    done = terminal(script(), "--save", tmp_path / "nowhere/a.nk", "--json")
    assert done.returncode == 2
    said = json.loads(done.stdout)
    assert said["error"]["what"] == "the script cannot be saved there"
    assert said["nodes"] == {}
    assert not (shot_folder / "pai_studio").exists()


def test_a_node_that_is_named_twice_is_rendered_once(script: Callable[..., Path], terminal: Run) -> None:
    done = terminal(script(), "--node", "PAIStudio1", "--node", "PAIStudio1", "--json")
    assert done.returncode == 0, done.stderr
    assert [one["version"] for one in json.loads(done.stdout)["nodes"].values()] == [1]
