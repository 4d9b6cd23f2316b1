"""Every damaged file of the footage gives a picture or one clear line: no crash, no hang, no traceback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

READER = Path(__file__).with_name("read_all.py")


def outcomes(files: list[Path]) -> dict[Path, str]:
    """What became of each file; a child that dies is replaced, and the file that killed it is named."""
    left, found = list(files), {}
    while left:
        ran = subprocess.run(
            [sys.executable, str(READER)],
            input="\n".join(map(str, left)),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        for line in ran.stdout.splitlines():
            if line.startswith("end "):
                path, _, said = line.removeprefix("end ").partition(" ")
                found[Path(path)] = said
        left = [path for path in left if path not in found]
        if left:
            found[left.pop(0)] = f"died with {ran.returncode}: {ran.stderr.strip()[-500:]}"
    return found


@pytest.mark.parametrize(("name", "at_least"), [("malformed_exr", 80), ("malformed_png_jpeg", 8)])
def test_damaged_files(footage: Callable[[str], Path], name: str, at_least: int) -> None:
    folder = footage(name)
    text = {"LICENSE", "LICENSE.openexr.md", "SOURCE.md", "README.md"}
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in text)
    found = outcomes(files)
    wrong = {
        path.name: said for path, said in found.items() if not set(said.split()) <= {"picture", "refused"}
    }
    assert not wrong
    assert len(found) == len(files)
    assert sum("refused" in said for said in found.values()) >= at_least
