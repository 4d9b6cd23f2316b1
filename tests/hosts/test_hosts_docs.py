"""docs/hosts.md tells what is so: the versions of the table, the checks that are made, the tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.hosts.surface import own
from tests.hosts.surface.table import KINDS, load

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/hosts.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("version", load().env["versions"])
def test_each_version_has_a_row_with_its_python_and_qt(version: str) -> None:
    row = load().env["versions"][version]
    assert f"| Nuke {version} | {row['python']} | {row['qt']} |" in PAGE


def test_no_other_version_is_called_supported() -> None:
    told = re.findall(r"^\| Nuke (\d+) \|", PAGE, re.MULTILINE)
    assert told == list(load().env["versions"])


def test_every_check_of_the_self_test_is_told_of() -> None:
    code = "".join((own.NUKE / name).read_text(encoding="utf-8") for name in ("survey.py", "trials.py"))
    made = set(re.findall(r'test\.check\("(\w+)"', code)) - {"nodes"}
    rows = [
        line for line in PAGE.split("| check |")[1].split("\n\n")[0].splitlines() if line.startswith("| `")
    ]
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert told == made


def test_every_proof_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert named
    assert [name for name in named if not (ROOT / "tests/hosts" / f"{name}.py").is_file()] == []


def test_the_kinds_of_sources_are_told_of() -> None:
    for kind in KINDS:
        assert f"`{kind}`" in PAGE


@pytest.mark.parametrize("host", ["DaVinci Resolve Studio", "DaVinci Resolve, free", "Fusion Studio"])
def test_each_other_host_has_a_row_and_none_is_called_run(host: str) -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith(f"| {host}")]
    assert rows
    for row in rows:
        assert row.count("not run") == 3
