"""Installing for Resolve and Fusion: our files in folders that are the host's and the user's own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pai_studio.host_plugins import entries, install, places
from pai_studio.host_plugins.host import Fault
from tests.hosts.test_install import ODD, tree

HOSTS = ("resolve", "fusion")
MACRO = "Macros/PAIStudio.setting"
HELP = "Scripts/Utility/PAI-Studio Help.lua"

WHERE = {
    ("resolve", "darwin"): "HOME/Library/Application Support/Blackmagic Design/DaVinci Resolve/Fusion",
    ("resolve", "win32"): "APPDATA/Blackmagic Design/DaVinci Resolve/Support/Fusion",
    ("resolve", "linux"): "HOME/.local/share/DaVinciResolve/Fusion",
    ("fusion", "darwin"): "HOME/Library/Application Support/Blackmagic Design/Fusion",
    ("fusion", "win32"): "APPDATA/Blackmagic Design/Fusion",
    ("fusion", "linux"): "HOME/.fusion/BlackmagicDesign/Fusion",
    ("nuke", "darwin"): "HOME/.nuke",
    ("nuke", "win32"): "HOME/.nuke",
    ("nuke", "linux"): "HOME/.nuke",
    ("nuke", "freebsd14"): "HOME/.nuke",
}


@pytest.mark.parametrize(("host", "system"), WHERE)
def test_each_host_has_its_place_on_each_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, system: str
):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "roaming"))
    monkeypatch.setattr(sys, "platform", system)
    wanted = WHERE[host, system].replace("HOME", f"{tmp_path}/home").replace("APPDATA", f"{tmp_path}/roaming")
    assert install.default_dest(host) == Path(wanted)
    monkeypatch.delenv("APPDATA")
    if wanted.startswith(f"{tmp_path}/roaming"):
        assert places.folder_of(host).is_relative_to(tmp_path / "home/AppData/Roaming")


def put(dest: Path, host: str = "resolve", source: Path = install.SOURCE, version: str = "1") -> install.Done:
    return install.install(host, dest, version=version, python=sys.executable, source=source)


def package(folder: Path, lua: str = 'local PLACE = ""\n', **files: str) -> Path:
    """A small package in the form of ours; `__` in a name stands for `/`."""
    named = {
        f"{name.replace('__', '/')}.py": text
        for name, text in {"host": "", "resolve__app": "", **files}.items()
    }
    named |= {name: "{}" for name in entries.SOURCES if name.endswith(".setting")}
    named |= {name: lua for name in entries.SOURCES if name.endswith(".lua")}
    named |= {name: 'PLACE = ""\n' for name in entries.SOURCES if name.endswith(".py")}
    for name, text in named.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize("host", HOSTS)
def test_what_is_installed_is_whole_and_knows_its_place(tmp_path: Path, host: str):
    dest = tmp_path / ODD
    done = put(dest, host)
    assert (done.init, done.loads, done.line) == (None, True, "")
    assert set(done.entries) == set(entries.ENTRIES[host].values())
    for name in done.entries:
        text = (dest / name).read_text(encoding="utf-8")
        if name.endswith((".py", ".lua")):
            assert not re.search('PLACE = ""', text)
            assert text.isascii()
    assert (dest / MACRO).read_bytes() == (install.SOURCE / "resolve/fusion/PAIStudio.setting").read_bytes()
    inside = tree(done.folder)
    assert {"host.py", "bridge.py", "resolve/fusion/macro.py"} <= set(inside)
    assert not set(inside) & (entries.SOURCES | {"entries.py", "places.py", "nuke/node.py"})
    found = install.survey(host, dest)
    assert (found.missing, found.changed, found.loads) == ((), (), True)


def test_a_python_entry_finds_the_package_from_where_it_was_put(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Run as a menu does, without `__file__`, by a Python that has nothing of ours."""
    monkeypatch.setitem(entries.ENTRIES, "resolve", {"resolve/entry.py": "Scripts/Utility/Entry.py"})
    source = package(tmp_path / "ours", host="FOUND = True\n")
    (source / "resolve/entry.py").write_text(
        'PLACE = ""\nimport sys\nsys.path.append(PLACE)\nfrom pai_studio_host.host import FOUND\n'
        "assert FOUND and '__file__' not in globals()\n"
    )
    dest = tmp_path / ODD / 'a"b\\c'
    put(dest, source=source)
    text = (dest / "Scripts/Utility/Entry.py").read_bytes()
    assert text.isascii()
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", f"exec({text!r}, {{}})"], capture_output=True, check=False
    )
    assert ran.returncode == 0, ran.stderr.decode()


@pytest.mark.parametrize("host", HOSTS)
def test_an_install_that_is_taken_away_leaves_nothing(tmp_path: Path, host: str):
    put(tmp_path, host)
    put(tmp_path, host, version="2")
    gone = install.uninstall(host, tmp_path)
    assert (gone.left, gone.init) == ((), "unchanged")
    assert list(tmp_path.iterdir()) == []


def test_what_is_the_users_stays(tmp_path: Path):
    theirs = {"Scripts/Utility/theirs.py": b"1", "Scripts/Comp/more.lua": b"2", "Macros/theirs.setting": b"3"}
    for name, content in theirs.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "Templates").mkdir()
    put(tmp_path)
    assert theirs.items() <= tree(tmp_path).items()
    install.uninstall("resolve", tmp_path)
    assert tree(tmp_path) == theirs
    assert (tmp_path / "Templates").is_dir()


def test_an_empty_folder_that_was_there_stays(tmp_path: Path):
    (tmp_path / "Macros").mkdir()
    (tmp_path / "Scripts/Utility").mkdir(parents=True)
    put(tmp_path)
    put(tmp_path)
    install.uninstall("resolve", tmp_path)
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")) == [
        "Macros",
        "Scripts",
        "Scripts/Utility",
    ]


def test_a_file_in_the_way_is_kept_where_no_host_lists_it(tmp_path: Path):
    (tmp_path / "Macros").mkdir()
    (tmp_path / MACRO).write_text("theirs")
    assert put(tmp_path).kept == {MACRO: f"{MACRO}.mine"}
    (tmp_path / MACRO).write_text("changed")
    assert put(tmp_path).kept == {MACRO: f"{MACRO}.mine2"}
    assert put(tmp_path).kept == {}
    assert (tmp_path / f"{MACRO}.mine").read_text() == "theirs"
    assert (tmp_path / f"{MACRO}.mine2").read_text() == "changed"
    install.uninstall("resolve", tmp_path)
    assert sorted(tree(tmp_path)) == [f"{MACRO}.mine", f"{MACRO}.mine2"]


def test_a_link_in_the_way_is_not_written_through(tmp_path: Path):
    (tmp_path / "dest/Macros").mkdir(parents=True)
    (tmp_path / "shared").write_text("the studio's")
    (tmp_path / "dest" / MACRO).symlink_to(tmp_path / "shared")
    assert put(tmp_path / "dest").kept == {MACRO: f"{MACRO}.mine"}
    assert (tmp_path / "shared").read_text() == "the studio's"
    assert (tmp_path / "dest" / f"{MACRO}.mine").is_symlink()


def test_a_changed_entry_is_told_and_left(tmp_path: Path):
    put(tmp_path)
    (tmp_path / HELP).write_text("changed")
    (tmp_path / MACRO).unlink()
    found = install.survey("resolve", tmp_path)
    assert (found.changed, found.missing) == ((HELP,), (MACRO,))
    gone = install.uninstall("resolve", tmp_path)
    assert gone.left == (str(tmp_path / HELP),)
    assert tree(tmp_path) == {HELP: b"changed"}


def test_an_entry_that_is_no_longer_ours_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    put(tmp_path)
    fewer = {name: target for name, target in entries.ENTRIES["resolve"].items() if target != HELP}
    monkeypatch.setitem(entries.ENTRIES, "resolve", fewer)
    put(tmp_path)
    assert not (tmp_path / HELP).exists()
    assert install.survey("resolve", tmp_path).missing == ()
    install.uninstall("resolve", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_package_that_is_not_whole_changes_nothing(tmp_path: Path):
    dest = tmp_path / "dest"
    put(dest, source=package(tmp_path / "one"))
    before = tree(dest)
    for lua in ("", 'local PLACE = ""\nlocal PLACE = ""\n', '  local PLACE = ""\n'):
        with pytest.raises(Fault, match="there is no one place"):
            put(dest, source=package(tmp_path / "two", lua=lua))
    (tmp_path / "two/resolve/fusion/PAIStudio.setting").unlink()
    package(tmp_path / "two")
    (tmp_path / "two/resolve/PAI-Studio.lua").unlink()
    with pytest.raises(Fault, match="a file of the plugin is missing"):
        put(dest, source=tmp_path / "two")
    assert tree(dest) == before


@pytest.mark.parametrize("said", [{"entries": {"../precious": "x"}}, {"folders": ["/tmp"]}, {"entries": []}])
def test_a_record_that_names_what_is_outside_is_refused(tmp_path: Path, said: dict[str, object]):
    dest = tmp_path / "dest"
    put(dest)
    path = dest / "pai_studio_host/installed.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **said}))
    before = tree(dest)
    with pytest.raises(Fault, match=r"names files outside|cannot be used"):
        install.uninstall("resolve", dest)
    assert tree(dest) == before


DYING = """
import os, sys
from pathlib import Path
from pai_studio.host_plugins import install
left, dest, source = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
def watch(event, arguments):
    global left
    writes = event == "open" and isinstance(arguments[1], str) and "w" in arguments[1]
    if event in ("os.rename", "os.mkdir", "os.remove", "os.rmdir") or writes:
        left -= 1
        if left < 0:
            os._exit(9)
sys.addaudithook(watch)
install.install("resolve", dest, version="2", python="p", source=source)
"""


def test_an_install_that_is_killed_is_mended_by_the_next(tmp_path: Path):
    one = package(tmp_path / "one", lua='local PLACE = ""\n-- one\n')
    two = package(tmp_path / "two", lua='local PLACE = ""\n-- two\n', resolve__more="")
    for step in range(100):
        dest = tmp_path / f"dest{step}"
        put(dest, source=one)
        argv = [sys.executable, "-B", "-c", DYING, str(step), str(dest), str(two)]
        code = subprocess.run(argv, check=False).returncode
        assert (dest / HELP).read_text().endswith(("-- one\n", "-- two\n"))
        assert put(dest, source=two, version="2").kept == {}
        found = install.survey("resolve", dest)
        assert (found.missing, found.changed) == ((), ())
        install.uninstall("resolve", dest)
        assert list(dest.iterdir()) == []
        if code == 0:
            break
        assert code == 9
    assert step > 5
