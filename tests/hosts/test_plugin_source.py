"""What runs inside a host is Python 3.9, its standard library, and the host's module in its own folder alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hosts.surface import own

HOSTS = {"nuke": {"nuke"}, "resolve": {"fusionscript"}}
"""Modules that a host gives, by the folder that may import them; fusionscript is for annotations alone."""

START = ("init.py", "menu.py")
LIGHT = {"importlib", "sys", "__future__"}
"""What the files that every start of Nuke runs may load before their guard."""

EVERY = [pytest.param(file, id=file.relative_to(own.PACKAGE).as_posix()) for file in own.files()]


def imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """The modules that a file imports: top name and how many folders up it looks."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], 0) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0], node.level


def strangers(file: Path, tree: ast.Module) -> list[str]:
    """Imports that are neither the standard library's, nor relative, nor the host's module in the host's folder."""
    of_host = HOSTS.get(file.relative_to(own.PACKAGE).parts[0], set())
    allowed = sys.stdlib_module_names | of_host
    return [name for name, level in imports(tree) if not level and name not in allowed]


@pytest.mark.parametrize("file", EVERY)
def test_every_file_is_python_39(file: Path) -> None:
    ast.parse(file.read_text(encoding="utf-8"), file.name, feature_version=(3, 9))


def run_vermin(*paths: Path) -> subprocess.CompletedProcess[str]:
    words = ["--target=3.9-", "--violations", "--no-tips", *map(str, paths)]
    code = "import sys; from vermin import main; sys.exit(main())"
    return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)


def test_nothing_in_the_library_is_newer_than_39(tmp_path: Path) -> None:
    done = run_vermin(own.PACKAGE)
    assert done.returncode == 0, done.stdout
    newer = tmp_path / "newer.py"
    newer.write_text("import datetime\n\nNOW = datetime.datetime.now(datetime.UTC)\n", encoding="utf-8")
    assert run_vermin(newer).returncode != 0


def annotations(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            if isinstance(note := getattr(node, name, None), ast.expr):
                yield note


def evaluates_unions(tree: ast.Module) -> bool:
    """Whether an annotation `X | Y` is evaluated, which Python 3.9 cannot."""
    put_off = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)
    unions = (part for note in annotations(tree) for part in ast.walk(note) if isinstance(part, ast.BinOp))
    return not put_off and any(unions)


@pytest.mark.parametrize("file", EVERY)
def test_no_union_is_evaluated(file: Path) -> None:
    assert not evaluates_unions(ast.parse(file.read_text(encoding="utf-8")))


def test_a_union_that_is_evaluated_is_found() -> None:
    assert evaluates_unions(ast.parse("def f(x: int | None) -> None: ..."))


@pytest.mark.parametrize("file", EVERY)
def test_every_import_is_the_librarys_relative_or_the_hosts(file: Path) -> None:
    assert strangers(file, ast.parse(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("place", "text", "stranger"),
    [
        ("bridge.py", "import nuke", "nuke"),
        ("nuke/node.py", "import numpy", "numpy"),
        ("nuke/node.py", "from pai_studio.core import shot", "pai_studio"),
        ("nuke/node.py", "def f():\n    import PySide2.QtGui", "PySide2"),
    ],
)
def test_a_stranger_is_found(place: str, text: str, stranger: str) -> None:
    assert strangers(own.PACKAGE / place, ast.parse(text)) == [stranger]


@pytest.mark.parametrize("name", START)
def test_what_every_start_runs_loads_next_to_nothing_and_is_guarded(name: str) -> None:
    tree = ast.parse((own.NUKE / name).read_text(encoding="utf-8"))
    assert {module for module, _ in imports(tree)} <= LIGHT
    statements = [node for node in tree.body if not isinstance(node, ast.Expr)]
    assert [type(node) for node in statements] == [ast.Try]
    (handler,) = statements[0].handlers  # type: ignore[attr-defined]
    assert ast.unparse(handler.type) == "Exception"
    assert not any(isinstance(node, (ast.Raise, ast.Import, ast.ImportFrom)) for node in ast.walk(handler))
