"""Installing a plugin: only our own files, in one step, and without a trace when it is taken away."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pai_studio.host_plugins import install, record
from pai_studio.host_plugins.host import Fault

ROOT = Path(__file__).resolve().parents[2]
ODD = "a folder/ünï 'x'"


def put(dest: Path, source: Path = install.SOURCE, *, version: str = "1", write_init: bool = False):
    return install.install(
        "nuke", dest, version=version, python=sys.executable, write_init=write_init, source=source
    )


def package(folder: Path, **files: str) -> Path:
    """A small package in the form of ours; `__` in a name stands for `/`."""
    for name, text in {"host": "A = 1\n", "nuke__init": "B = 1\n", **files}.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_copy_runs_with_nothing_of_ours_on_the_path(tmp_path: Path) -> None:
    dest = tmp_path / ODD
    done = put(dest)
    names = sorted(
        p.relative_to(dest).with_suffix("").as_posix().replace("/", ".")
        for p in [*done.folder.glob("*.py"), *done.folder.glob("farm/*.py")]
        if p.name != "__init__.py"
    )
    assert {"pai_studio_host.host", "pai_studio_host.bridge", "pai_studio_host.farm.openjd"} <= set(names)
    code = (
        f"import sys; sys.path.insert(0, {str(dest)!r})\n"
        f"from importlib import import_module\n"
        f"for name in {names!r}: import_module(name)\n"
        "assert not any(n.split('.')[0] == 'pai_studio' for n in sys.modules)\n"
        "from pai_studio_host import record\n"
        "print(record.read().version, record.read().python)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", code], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == ["1", sys.executable]


def test_what_is_copied_is_ours_and_written_down(tmp_path: Path) -> None:
    source = package(tmp_path / "ours", nuke__graph="", farm__openjd="", resolve__menu="", test_host="")
    (source / "install.py").write_text("")
    (source / "nuke/__pycache__").mkdir()
    (source / "nuke/__pycache__/graph.cpython-39.pyc").write_bytes(b"x")
    (source / "nuke/node.nk").write_text("Group {}")
    (source / "nuke/notes~").write_text("an editor's")
    put(tmp_path / "nuke", source)
    files = tree(tmp_path / "nuke/pai_studio_host")
    said = json.loads(files.pop("installed.json"))
    assert set(files) == {"host.py", "nuke/init.py", "nuke/graph.py", "nuke/node.nk", "farm/openjd.py"}
    assert said["files"] == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert (said["version"], said["python"]) == ("1", sys.executable)


def test_the_real_package_brings_the_node_and_leaves_the_installer(tmp_path: Path) -> None:
    files = tree(put(tmp_path / "nuke").folder)
    assert "nuke/PAIStudio.nk" in files
    assert not {"install.py", "tree.py", "initfile.py"} & set(files)
    assert not [name for name in files if name.endswith(".pyc") or "/test_" in name]


def test_an_upgrade_takes_away_what_is_gone_and_keeps_what_the_user_did(tmp_path: Path) -> None:
    dest = tmp_path / "nuke"
    put(dest, package(tmp_path / "one", nuke__old="", nuke__menu="# one\n"))
    folder = dest / "pai_studio_host"
    (folder / "nuke/menu.py").write_text("# the user's\n")
    (folder / "studio").mkdir()
    (folder / "studio/notes.txt").write_text("mine")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__/host.cpython-39.pyc").write_bytes(b"x")
    done = put(dest, package(tmp_path / "two", nuke__menu="# two\n"), version="2")
    assert done.removed == ("nuke/old.py",)
    assert done.kept == {"nuke/menu.py": "nuke/menu.py.mine"}
    files = tree(folder)
    assert files["nuke/menu.py"] == b"# two\n"
    assert files["nuke/menu.py.mine"] == b"# the user's\n"
    assert files["studio/notes.txt"] == b"mine"
    assert not {"nuke/old.py", "__pycache__/host.cpython-39.pyc"} & set(files)
    assert record.read(folder).version == "2"
    assert sorted(p.name for p in dest.iterdir()) == ["init.py", "pai_studio_host"]


def test_two_changes_of_one_file_are_both_kept(tmp_path: Path) -> None:
    source = package(tmp_path / "one")
    for text in ("first", "second"):
        put(tmp_path / "nuke", source)
        (tmp_path / "nuke/pai_studio_host/host.py").write_text(text)
    put(tmp_path / "nuke", source)
    files = tree(tmp_path / "nuke/pai_studio_host")
    assert (files["host.py.mine"], files["host.py.mine2"]) == (b"first", b"second")


def test_a_folder_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pai_studio_host").mkdir()
    (tmp_path / "pai_studio_host/theirs.py").write_text("x")
    before = tree(tmp_path)
    for act in (lambda: put(tmp_path), lambda: install.uninstall("nuke", tmp_path)):
        with pytest.raises(Fault, match="not made by PAI-Studio; move it away"):
            act()
    assert tree(tmp_path) == before


def test_a_record_that_names_files_outside_is_refused(tmp_path: Path) -> None:
    source = package(tmp_path / "one")
    put(tmp_path / "nuke", source)
    outside = tmp_path / "precious"
    outside.write_text("x")
    path = tmp_path / "nuke/pai_studio_host/installed.json"
    digest = hashlib.sha256(b"x").hexdigest()
    path.write_text(json.dumps({"version": "1", "python": "p", "files": {"../../precious": digest}}))
    with pytest.raises(Fault, match="names files outside"):
        install.uninstall("nuke", tmp_path / "nuke")
    assert outside.exists()


def test_links_are_refused(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    link = tmp_path / "link"
    link.symlink_to(real)
    with pytest.raises(Fault, match=f"it is a link; name the folder itself: --dest {real}"):
        put(link)
    (real / "pai_studio_host").symlink_to(tmp_path)
    with pytest.raises(Fault, match="not made by PAI-Studio"):
        put(real)


@pytest.mark.parametrize("name", ["file", "file/x/y"])
def test_a_file_is_no_place(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("mine")
    for act in (put, lambda dest: install.uninstall("nuke", dest)):
        with pytest.raises(Fault, match=r"file: it is a file, not a folder; name a folder: --dest$"):
            act(tmp_path / name)


def test_a_place_that_cannot_be_written_is_one_line() -> None:
    dest = Path("/proc")
    if not dest.exists():
        pytest.skip("needs a folder that nobody can write to")
    with pytest.raises(Fault) as told:
        put(dest)
    assert "cannot be written" in str(told.value)
    assert "\n" not in str(told.value)
    assert told.value.code == "INVALID_INPUT"


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
install.install("nuke", dest, version="2", python="p", source=source)
"""


def test_an_install_that_is_killed_leaves_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    """Killed before each step in turn; a whole plugin is there, at the latest after the next attempt."""
    one = package(tmp_path / "one")
    two = package(tmp_path / "two", host="A = 2\n", nuke__more="")
    whole, moved_aside = {1: set(), 2: set()}, 0
    for step in range(100):
        dest = tmp_path / f"nuke{step}"
        put(dest, one)
        argv = [sys.executable, "-B", "-c", DYING, str(step), str(dest), str(two)]
        code = subprocess.run(argv, check=False).returncode
        if not (dest / "pai_studio_host").exists():
            moved_aside += 1
            install.tree.recover(dest / "pai_studio_host")
        found = install.survey("nuke", dest)
        assert (found.missing, found.changed, found.loads) == ((), (), True)
        whole[int(found.installed.version)].add(step)
        put(dest, two, version="2")
        assert sorted(p.name for p in dest.iterdir()) == ["init.py", "pai_studio_host"]
        if code == 0:
            break
        assert code == 9
    assert len(whole[1]) > 5
    assert step in whole[2]
    assert moved_aside == 1  # between two renames; the next install brings the old one back


def test_an_uninstall_takes_ours_and_leaves_the_rest(tmp_path: Path) -> None:
    source = package(tmp_path / "ours", nuke__menu="", farm__openjd="")
    dest = tmp_path / "nuke"
    (dest / "gizmos").mkdir(parents=True)
    (dest / "menu.py").write_text("mine")
    put(dest, source)
    folder = dest / "pai_studio_host"
    (folder / "nuke/__pycache__").mkdir()
    (folder / "nuke/__pycache__/init.cpython-311.pyc").write_bytes(b"x")
    (folder / "nuke/menu.py").write_text("changed")
    gone = install.uninstall("nuke", dest)
    assert (gone.left, gone.removed, gone.init) == (("nuke/menu.py",), 3, "removed")
    left = tree(dest)
    assert "nuke/menu.py" in left.pop("pai_studio_host/uninstalled.txt").decode()
    assert left == {"menu.py": b"mine", "pai_studio_host/nuke/menu.py": b"changed"}
    assert (dest / "gizmos").is_dir()


def test_what_an_uninstall_has_left_goes_along_with_the_next_install(tmp_path: Path) -> None:
    source, dest = package(tmp_path / "ours", nuke__menu="# ours\n"), tmp_path / "nuke"
    folder = put(dest, source).folder
    (folder / "nuke/menu.py").write_text("first")
    put(dest, source)
    (folder / "nuke/menu.py").write_text("second")
    install.uninstall("nuke", dest)
    assert not install.is_in(dest)
    with pytest.raises(Fault, match="it is uninstalled already; what is left there is yours"):
        install.uninstall("nuke", dest)
    done = put(dest, source)
    assert done.kept == {"nuke/menu.py": "nuke/menu.py.mine2"}
    files = tree(folder)
    assert files["nuke/menu.py"] == b"# ours\n"
    assert (files["nuke/menu.py.mine"], files["nuke/menu.py.mine2"]) == (b"first", b"second")
    assert "uninstalled.txt" not in files
    assert install.survey("nuke", dest).changed == ()
    install.uninstall("nuke", dest)
    put(dest, source)
    assert tree(folder)["nuke/menu.py.mine2"] == b"second"


def test_an_uninstall_that_was_interrupted_is_gone_on_with(tmp_path: Path) -> None:
    dest = tmp_path / "nuke"
    folder = put(dest, package(tmp_path / "ours")).folder
    (folder / "mine.txt").write_text("mine")
    (folder / "host.py").unlink()
    (folder / "uninstalled.txt").write_text("mine.txt")
    assert install.uninstall("nuke", dest).left == ("mine.txt",)
    assert set(tree(folder)) == {"mine.txt", "uninstalled.txt"}
    (folder / "mine.txt").unlink()
    put(dest, package(tmp_path / "ours"))
    assert install.uninstall("nuke", dest).left == ()
    assert not folder.exists()


def test_an_uninstall_without_changes_leaves_nothing(tmp_path: Path) -> None:
    put(tmp_path)
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": ""}
    subprocess.run([sys.executable, "-c", "import pai_studio_host.farm.openjd"], check=True, env=env)
    assert list(tmp_path.rglob("*.pyc"))
    install.uninstall("nuke", tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(Fault, match="no plugin is installed there"):
        install.uninstall("nuke", tmp_path)


def test_a_survey_names_what_was_changed_and_what_is_missing(tmp_path: Path) -> None:
    done = put(tmp_path)
    (done.folder / "host.py").write_text("x")
    (done.folder / "nuke/menu.py").unlink()
    found = install.survey("nuke", tmp_path)
    assert (found.changed, found.missing) == (("host.py",), ("nuke/menu.py",))
