"""The Lua entry of Resolve's menu, run in the Lua that Resolve runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from lupa import luajit21

from pai_studio.host_plugins import entries, install
from tests.hosts.fake_lua_host import LuaHost

FILE = install.SOURCE / "resolve/PAI-Studio.lua"
FREE, STUDIO = "DaVinci Resolve", "DaVinci Resolve Studio"
ODD = "ünï 'x' \U0001f600"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the plugin lies, with a Python of a strange name."""
    (tmp_path / ODD / "pai_studio_host").mkdir(parents=True)
    python = tmp_path / ODD / 'py"thon'
    python.write_text("")
    write_record(
        tmp_path / ODD, {"version": "1.2.3", "python": str(python), "files": {"a": "b"}, "folders": []}
    )
    return tmp_path / ODD


def write_record(place: Path, said: object) -> None:
    (place / "pai_studio_host/installed.json").write_text(json.dumps(said, indent=1))


def script(place: Path | str) -> str:
    """As it is installed there."""
    return entries.content(FILE, Path(place)).decode("ascii")


def run(place: Path, product: str | None, version: str, **others) -> LuaHost:
    made = LuaHost(product, version, environment={"TMPDIR": str(place)}, **others)
    made.run(script(place))
    assert made.strange == []
    return made


def test_the_free_edition_is_told_that_python_needs_studio(place: Path):
    made = run(place, FREE, "21.1.0.0012")
    text = made.printed[0]
    assert text.startswith("PAI-Studio 1.2.3 in DaVinci Resolve 21.1.0.0012\n")
    assert "From 21.1 on, Resolve runs Python scripts in the Studio edition alone" in text
    assert "PAI-Studio 1.2.3 has no panel" in text
    assert made.windows == [], "a window would ask to buy Studio"
    path = place / "pai-studio-help.txt"
    assert made.opened == [("Open", str(path))]
    assert path.read_text(encoding="utf-8") == text + "\n"


@pytest.mark.parametrize(
    ("product", "version", "says"),
    [
        (FREE, "21.0.3", "since 19.1 it shows no window of a script"),
        (FREE, "20.3.1b2", "since 19.1 it shows no window"),
        (FREE, "19.0.3", "needs DaVinci Resolve 19.1 or newer, and this is 19.0.3."),
        (FREE, "22.0", "in the Studio edition alone"),
        (FREE, "", "lists Python scripts once"),
        (STUDIO, "21.1.0", "Resolve has found no Python 3"),
        (STUDIO, "19.1.0", "PYTHON3HOME (macOS)"),
        (STUDIO, "18.6.6", "needs DaVinci Resolve 19.1 or newer, and this is 18.6.6."),
        (None, "", "does not seem to be DaVinci Resolve"),
    ],
)
def test_each_edition_gets_its_own_reason(place: Path, product: str | None, version: str, says: str):
    assert says in run(place, product, version).printed[0]


@pytest.mark.parametrize("given", ["resolve", "Resolve", "scriptapp"])
def test_resolve_is_found_however_it_is_given(place: Path, given: str):
    assert "in DaVinci Resolve 21.1.0\n" in run(place, FREE, "21.1.0", given=given).printed[0]


def test_studio_gets_a_window_that_is_put_away(place: Path):
    made = run(place, STUDIO, "21.1.0")
    (window,) = made.windows
    assert (window["shown"], window["hidden"]) == (True, True)
    assert window["TextEdit.PlainText"] == made.printed[0]
    assert made.opened == []


def panel_there(command: str) -> int:
    return 0


def test_studio_starts_the_panel_when_asked(place: Path):
    made = run(place, STUDIO, "21.1.0", execute=panel_there)
    assert len(made.executed) == 1, "looked whether there is one"
    made = run(place, STUDIO, "21.1.0", execute=panel_there, press="Panel.Clicked")
    assert " -m pai_studio.ui.cli.main panel" in made.executed[1]
    made = run(place, STUDIO, "21.1.0", execute=panel_there, press="PAIStudioHelp.Close")
    assert len(made.executed) == 1


def test_the_free_edition_starts_the_panel_at_once(place: Path):
    made = run(place, FREE, "21.1.0", execute=panel_there)
    assert made.printed[1:] == ["The panel is starting."]
    assert (made.windows, made.opened) == ([], [])


def test_what_the_shell_is_given_starts_that_python(place: Path, tmp_path: Path):
    """A real shell, a real file of that name: it says what it was asked."""
    python = Path(json.loads((place / "pai_studio_host/installed.json").read_text())["python"])
    heard, ended = tmp_path / "heard", tmp_path / "ended"
    os.mkfifo(ended)
    python.write_text(
        f'#!/bin/sh\necho "$LD_LIBRARY_PATH|$*" >> {heard}\n'
        f'case "$*" in *"main panel") echo > {ended};; esac\n'
    )
    python.chmod(0o755)
    environment = {**os.environ, "LD_LIBRARY_PATH": "/opt/resolve/libs"}

    def shell(command: str) -> int:
        return subprocess.run(command, shell=True, env=environment, check=False).returncode

    run(place, FREE, "21.1.0", execute=shell)
    ended.read_text()  # waits for the panel, which nobody else waits for
    assert heard.read_text().splitlines() == [
        "|-I -m pai_studio.ui.cli.main panel --help",
        "|-I -m pai_studio.ui.cli.main panel",
    ]


def test_our_own_python_answers_the_question(place: Path):
    """Whether there is a command in this checkout or not, the answer is its own: a folder of that name is none."""
    write_record(place, {"version": "1", "python": sys.executable})
    ask = [sys.executable, "-I", "-m", "pai_studio.ui.cli.main", "panel", "--help"]
    there = subprocess.run(ask, capture_output=True, check=False).returncode == 0
    made = run(place, STUDIO, "21", execute=lambda c: subprocess.run(c, shell=True, check=False).returncode)
    assert ("has no panel" in made.printed[0]) is not there


def test_on_windows_the_command_is_cmds(place: Path):
    python = "C:\\Program Files\\pai (1)\\python.exe"
    write_record(place, {"version": "1", "python": python})
    silent = python.replace("python.exe", "pythonw.exe")
    both = {"exists": (python, silent), "separator": "\\", "execute": panel_there}
    made = run(place, FREE, "21.1", **both)
    assert made.executed == [
        f'""{python}" -I -m pai_studio.ui.cli.main panel --help >NUL 2>&1"',
        f'"start "" "{silent}" -I -m pai_studio.ui.cli.main panel"',
    ]
    made = run(place, FREE, "21.1", **{**both, "exists": (python,), "refused": (silent,)})
    assert f'"{python}" -I -m' in made.executed[1]


@pytest.mark.parametrize("python", ["C:\\a%PATH%\\python.exe", 'C:\\a" & calc & "\\python.exe', "C:\\a\nb"])
def test_what_no_shell_can_be_given_is_not_given(place: Path, python: str):
    write_record(place, {"version": "1", "python": python})
    made = run(place, FREE, "21.1", separator="\\", execute=panel_there, exists=(python,))
    assert made.executed == []
    assert "cannot be given to a shell" in made.printed[0]


def test_a_python_that_is_gone_is_told(place: Path):
    write_record(place, {"version": "1", "python": "/no/python"})
    made = run(place, FREE, "21.1", execute=panel_there)
    assert made.executed == []
    assert "Its Python is gone: /no/python\nIn a terminal run: pai-studio install resolve" in made.printed[0]


NO_RECORDS = [
    "",
    "{",
    "[]",
    '{"version": "1"}',
    '{"version": 1, "python": "p"}',
    '{"version": "1", "python": "p"} x',
    '{"version": "1" "python": "p"}',
    '{"version": "1", "python": "p",}',
    '{"version": "\\q", "python": "p"}',
    '{"version": "\\ud800", "python": "p"}',
    '{"version": "a\nb", "python": "p"}',
    '{version: "1"}',
    '{"a": tru}',
    "null",
    '{"version": "1", "python": "p"',
]


@pytest.mark.parametrize("text", NO_RECORDS)
def test_a_record_that_is_damaged_is_told(place: Path, text: str):
    (place / "pai_studio_host/installed.json").write_text(text)
    made = run(place, FREE, "21.1", execute=panel_there)
    assert "installed.json cannot be used" in made.printed[0]
    assert "In a terminal run: pai-studio install resolve" in made.printed[0]
    assert made.executed == []


def test_any_record_that_python_writes_is_read(place: Path):
    said = {
        "python": str(place / 'py"thon'),
        "version": "é€\U0001f600\\/\"\b\f\n\r\t'",
        "x": [1, -2.5e3, True, False, None, [], {}, {"a": [{}]}],
    }
    for indent in (None, 2):
        for ascii_only in (True, False):
            text = json.dumps(said, indent=indent, ensure_ascii=ascii_only)
            (place / "pai_studio_host/installed.json").write_text(text, encoding="utf-8")
            assert run(place, FREE, "21.1").printed[0].startswith(f"PAI-Studio {said['version']} in ")


def test_without_its_place_it_says_so(place: Path):
    made = LuaHost(STUDIO, "21.1")
    made.run(FILE.read_text(encoding="utf-8"))
    assert "not at any place that this script knows" in made.printed[0]
    made = LuaHost(FREE, "21.1", environment={"TMPDIR": "/no/folder"})
    made.run(script("/no/place"))
    assert "PAI-Studio's files are not at /no/place" in made.printed[0]
    assert made.opened == []


@pytest.mark.parametrize(
    "spoil",
    [
        "resolve = nil",
        "resolve = setmetatable({}, {__index = function() return function() error('gone') end end})",
        "resolve = setmetatable({}, {__index = function() error('gone') end})",
        "resolve = {GetProductName = function() return {} end, GetVersionString = function() return 21 end}",
        "bmd = nil",
        "fusion = nil",
        "fusion = {}",
        "os.execute = nil",
        "os.getenv = nil",
        "io.open = function() error('gone') end",
        "bmd = {UIDispatcher = function() return nil end}",
    ],
)
@pytest.mark.parametrize("product", [FREE, STUDIO])
def test_nothing_that_is_missing_makes_it_raise(place: Path, spoil: str, product: str):
    made = LuaHost(product, "21.1", environment={"TMPDIR": str(place)}, execute=panel_there)
    made.run(f"{spoil}\n{script(place)}")
    assert made.printed
    assert made.printed[0].startswith("PAI-Studio")


def test_it_is_lua_and_the_place_is_written_once():
    text = script(f'/a/{ODD}/\\x"y')
    assert "local PLACE = \"/a/\\195\\188n\\195\\175 'x' \\240\\159\\152\\128/\\092x\\034y\"\n" in text
    assert luajit21.LuaRuntime().eval("function(text) return loadstring(text) ~= nil end")(text)
    assert max(map(len, text.splitlines())) <= 160
