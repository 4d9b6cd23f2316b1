"""A disk that is really full, read-only or unmounted under a shot that is being edited."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.ui.panel.small_disk import LONG

APART = ["unshare", "--user", "--map-root-user", "--mount"]

Facts = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """What a real panel said and did on small disks of its own."""
    folder = tmp_path_factory.mktemp("disks")
    try:
        allowed = subprocess.run(
            [*APART, "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        pytest.skip("no full disk can be made here: there is no unshare")
    if allowed.returncode:
        pytest.skip(f"no full disk can be made here: {allowed.stderr.strip()}")
    command = [*APART, sys.executable, "-m", "tests.ui.panel.small_disk", str(folder)]
    done = subprocess.run(
        command,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: Facts = json.loads(done.stdout.splitlines()[-1])
    return found


def test_a_full_disk_is_said_in_place_and_the_old_document_stays_whole(seen: Facts) -> None:
    first, again, _after = seen["full"]
    assert first["kind"] == "failed"
    for part in ("SH010 is not saved", "the disk is full", "make room", "A copy of the edits is kept"):
        assert part in first["strip"]
    assert first["buttons"] == ["Retry", "Save as…"]
    assert first["on_disk"] == "before"
    assert first["in_hand"] == first["copy"] == LONG
    assert first["files"] == ["SH010.shot.json", "filler"], "a half-written file is left"
    assert again == first, "a try that fails again changes something"


def test_it_is_saved_by_itself_as_soon_as_there_is_room(seen: Facts) -> None:
    after = seen["full"][-1]
    assert (after["kind"], after["strip"], after["copy"]) == ("saved", "", None)
    assert after["on_disk"] == LONG
    assert after["files"] == ["SH010.shot.json"]


def test_a_copy_that_cannot_be_kept_either_is_said(seen: Facts) -> None:
    first, after = seen["both_full"]
    assert "the disk is full" in first["strip"]
    assert "nor can a copy be kept" in first["strip"]
    assert (first["copy"], first["on_disk"], first["in_hand"]) == (None, "", LONG)
    assert after["kind"] == "failed"
    assert after["copy"] == LONG, "the state folder has room, and nothing was kept there"


def test_a_read_only_disk_is_said_and_saved_to_when_it_may_be_written(seen: Facts) -> None:
    first, after = seen["read_only"]
    assert "Read-only file system" in first["strip"]
    assert (first["on_disk"], first["in_hand"], first["copy"]) == ("", "after", "after")
    assert (after["kind"], after["on_disk"], after["files"]) == ("saved", "after", ["SH010.shot.json"])


def test_what_was_agreed_to_be_overwritten_is_not_asked_about_again(seen: Facts) -> None:
    conflict, locked, after = seen["agreed"]
    assert "was changed by another program" in conflict["strip"]
    assert "Read-only file system" in locked["strip"]
    assert (after["kind"], after["on_disk"]) == ("saved", "mine")


def test_a_disk_that_goes_is_said_and_nothing_is_written_where_it_was(seen: Facts) -> None:
    gone, edited, back = seen["away"]
    assert "SH010 is not saved: the document was deleted or moved away" in gone["strip"]
    assert gone["buttons"] == ["Save again", "Save as…"]
    assert (edited["copy"], edited["files"]) == ("after", [])
    assert (back["kind"], back["on_disk"], back["strip"]) == ("saved", "after", "")
