"""Nuke's start with our plugin, whole and broken: it starts, and what is wrong is one line."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.hosts.fakes import standin
from tests.hosts.fakes.nuke_fake import FakeNuke
from tests.hosts.nuke_scene import PATIENCE_S, Scene, nuke_with_plugin

MODES = ("gui", "terminal", "execute")


@pytest.fixture
def own(dest: Path, tmp_path: Path) -> Path:
    """An installation that a test may break."""
    folder = tmp_path / "own nuke"
    shutil.copytree(dest, folder)
    init = (folder / "init.py").read_text(encoding="utf-8")
    # The path in it is written in ASCII.
    (folder / "init.py").write_text(init.replace(ascii(str(dest))[1:-1], str(folder)))
    return folder


@pytest.fixture
def start(own: Path) -> Iterator[Callable[[str], FakeNuke]]:
    """`start("gui")`: a Nuke that starts with that installation; it has to."""
    before = list(sys.path)

    def go(mode: str) -> FakeNuke:
        fake = FakeNuke(mode)
        with fake.installed():
            try:
                fake.start([own])
            finally:
                sys.path[:] = before
        return fake

    return go


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    out, err = capsys.readouterr()
    return [line for line in (out + err).splitlines() if line]


@pytest.mark.parametrize("mode", MODES)
def test_a_whole_plugin_starts_without_a_word(
    start: Callable[[str], FakeNuke], capsys: pytest.CaptureFixture[str], mode: str
) -> None:
    fake = start(mode)
    assert said(capsys) == []
    assert fake.callbacks.count("filenameFilter") == 0
    assert bool(fake.menus["Nodes"].items) == (mode == "gui")


def test_menus_have_what_an_artist_looks_for(start: Callable[[str], FakeNuke]) -> None:
    fake = start("gui")
    assert list(fake.menus["Nodes"].items["PAI-Studio"].items) == ["PAI-Studio", "Recombine passes"]
    assert list(fake.menus["Nuke"].items["PAI-Studio"].items) == [
        "PAI-Studio",
        "Recombine passes",
        "Write farm job...",
        "Send self-test...",
        "About",
    ]


def test_the_start_loads_nothing_of_the_render(dest: Path) -> None:
    before = list(sys.path)
    fake = FakeNuke("gui")
    with fake.installed():
        fake.start([dest])
        sys.path[:] = before
        loaded = {name.rpartition(".")[2] for name in sys.modules if name.startswith("pai_studio_host")}
    assert not loaded & {"actions", "flow", "bridge", "runs", "session"}


def _syntax(own: Path) -> None:
    (own / "pai_studio_host/nuke/startup.py").write_text("this is no Python")


def _raising(own: Path) -> None:
    path = own / "pai_studio_host/nuke/startup.py"
    path.write_text(path.read_text().replace("def init() -> None:", "def init() -> None:\n    1 / 0"))


def _gone(own: Path) -> None:
    (own / "pai_studio_host/__init__.py").unlink()
    (own / "pai_studio_host/nuke/startup.py").unlink()


def _missing_neighbour(own: Path) -> None:
    (own / "pai_studio_host/paths.py").unlink()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("breakage", [_syntax, _raising, _gone, _missing_neighbour])
def test_a_broken_plugin_is_one_line_a_file_and_nuke_starts(
    own: Path,
    start: Callable[[str], FakeNuke],
    capsys: pytest.CaptureFixture[str],
    breakage: Callable[[Path], None],
    mode: str,
) -> None:
    breakage(own)
    start(mode)
    lines = said(capsys)
    assert 1 <= len(lines) <= 2
    assert all(line.startswith("PAI-Studio is not available: ") for line in lines)


def test_a_broken_menu_breaks_the_menu_alone(
    own: Path, start: Callable[[str], FakeNuke], capsys: pytest.CaptureFixture[str]
) -> None:
    path = own / "pai_studio_host/nuke/startup.py"
    path.write_text(path.read_text().replace("def menu() -> None:", "def menu() -> None:\n    1 / 0"))
    start("gui")
    assert said(capsys) == ["PAI-Studio is not available: ZeroDivisionError: division by zero"]


def test_paths_are_mapped_where_rules_are_given(
    start: Callable[[str], FakeNuke], own: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text(
        json.dumps(
            {
                "version": "pathmapping-1.0",
                "path_mapping_rules": [
                    {"source_path_format": "WINDOWS", "source_path": "P:\\show", "destination_path": "/show"}
                ],
            }
        )
    )
    monkeypatch.setenv("PAI_PATH_MAP", str(rules))
    fake = start("execute")
    assert fake.callbacks.count("filenameFilter") == 1
    assert fake.callbacks.filtered(fake.root, "p:/show/a.%04d.exr") == "/show/a.%04d.exr"
    assert fake.callbacks.filtered(fake.root, "/mnt/a.%04d.exr") == "/mnt/a.%04d.exr"


@pytest.mark.parametrize("text", ["{", '{"version": "other"}', None])
def test_rules_that_cannot_be_read_are_said_and_map_nothing(
    start: Callable[[str], FakeNuke],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    text: str | None,
) -> None:
    rules = tmp_path / "rules.json"
    if text is not None:
        rules.write_text(text)
    monkeypatch.setenv("PAI_PATH_MAP", str(rules))
    fake = start("execute")
    (line,) = said(capsys)
    assert "rules.json" in line
    assert "PAI_PATH_MAP" in line
    assert fake.callbacks.count("filenameFilter") == 0


def test_a_read_only_folder_and_a_missing_home_do_not_matter(own: Path, tmp_path: Path) -> None:
    """As a process of its own: nothing is written at a start."""
    script = tmp_path / "probe.py"
    script.write_text("import sys\nsys.stdout.write('started')\n")
    for path in [*own.rglob("*"), own]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        command = [sys.executable, "-B", standin.__file__, "-t", str(script)]
        environment = {"NUKE_PATH": str(own), "HOME": str(tmp_path / "none"), "PATH": ""}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    finally:
        for path in [own, *own.rglob("*")]:
            path.chmod(0o755)
    assert (done.returncode, done.stdout, done.stderr) == (0, "started", "")


# With the start behind it, and no sidecar to be had


@pytest.fixture
def gui(own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Scene]]:
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path / "state"))
    with nuke_with_plugin(own, tmp_path / "shot") as make:
        yield make


def message(one: Scene, knob: str) -> str:
    """Press a button and give the one message that comes of it."""
    one.fake.press("PAIStudio1", knob)
    messages = one.fake.dialogs.messages
    one.fake.pump(lambda: bool(messages) and not one.plug("runs").of(one.node), PATIENCE_S)
    (text,) = one.fake.dialogs.taken()
    return text


@pytest.mark.parametrize("knob", ["render", "check_versions"])
@pytest.mark.parametrize("breakage", ["no record", "a damaged record", "no Python"])
def test_without_a_sidecar_a_press_says_what_to_do(
    own: Path, gui: Callable[..., Scene], breakage: str, knob: str
) -> None:
    record = own / "pai_studio_host/installed.json"
    if breakage == "no record":
        record.unlink()
    elif breakage == "a damaged record":
        record.write_text("{")
    else:
        said = json.loads(record.read_text())
        record.write_text(json.dumps({**said, "python": str(own / "no python")}))
    one = gui()
    assert "run `pai-studio install nuke` again" in message(one, knob)
    assert one.node["status"].value() == "nothing rendered yet"
    assert one.node["job"].getText() == ""


def test_another_pai_studio_than_the_plugins_is_said(own: Path, gui: Callable[..., Scene]) -> None:
    record = own / "pai_studio_host/installed.json"
    said = json.loads(record.read_text())
    record.write_text(json.dumps({**said, "version": "99.1"}))
    assert "the plugin is of PAI-Studio 99.1" in message(gui(), "render")


def test_the_menus_make_nodes(gui: Callable[..., Scene]) -> None:
    one = gui()
    for other in one.nuke.selectedNodes():
        other.setSelected(False)
    one.node.setSelected(True)
    one.fake.choose("Nodes/PAI-Studio/Recombine passes")
    made = one.nuke.selectedNode()
    assert made.input(0) == one.node
    one.fake.choose("Nuke/PAI-Studio/PAI-Studio")
    assert one.nuke.selectedNode().input(0) == made


def test_a_menu_entry_that_fails_is_one_message(own: Path, gui: Callable[..., Scene]) -> None:
    (own / "pai_studio_host/nuke/PAIRecombine.nk").unlink()
    one = gui()
    one.fake.choose("Nuke/PAI-Studio/Recombine passes")
    (text,) = one.fake.dialogs.taken()
    assert text.startswith("PAI-Studio: an error of PAI-Studio itself (FileNotFoundError")
