from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pai_studio.core.shot import exports
from pai_studio.core.shot.errors import AlreadyThere, BadInput, NotAllowed

RACE = """
import sys
from pai_studio.core.shot import exports
sys.stdin.readline()
print(exports.reserve(sys.argv[1]).version)
"""


def pattern(folder: Path, version: int = 1) -> str:
    return str(folder / f"SH010/v{version:03d}/SH010_v{version:03d}.####.exr")


def deliver(files: str, *frames: int) -> None:
    for frame in frames:
        path = Path(files.replace("####", f"{frame:04d}"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"a frame")


def write_document(export: exports.Export, plate: str = "plate/plate.####.exr") -> Path:
    """What a host puts into an export folder."""
    (export.folder / "plate").mkdir()
    (export.folder / "plate/plate.1001.exr").write_bytes(b"a plate")
    shot = {
        "schema": "pai-studio/shot/1",
        "name": "SH010",
        "rate": 24,
        "frames": [1001, 1002],
        "plate": {"files": plate, "colorspace": "ACEScg"},
        "references": [{"file": plate.replace("####", "1001"), "frame": 1001}],
        "delivery": {"files": export.files},
    }
    path = export.folder / "SH010.shot.json"
    path.write_text(json.dumps(shot))
    return path


def test_a_version_is_taken_before_it_has_frames(tmp_path: Path) -> None:
    first, second = exports.reserve(pattern(tmp_path)), exports.reserve(pattern(tmp_path))
    assert (first.version, second.version) == (1, 2)
    assert first.folder == tmp_path / "SH010/exports/SH010_v001"
    assert second.files == pattern(tmp_path, 2)
    deliver(pattern(tmp_path, 7), 1001)
    assert exports.reserve(pattern(tmp_path)).version == 8
    assert [path.name for path in first.folder.iterdir()] == [exports.MARK]


def test_a_pattern_whose_file_names_no_version_gets_a_folder_that_does(tmp_path: Path) -> None:
    export = exports.reserve(str(tmp_path / "v004/beauty.%04d.exr"))
    assert export.folder == tmp_path / "exports/beauty_v004"


def test_processes_that_race_get_a_version_each(tmp_path: Path) -> None:
    racing = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, pattern(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for one in racing:
        one.stdin.write("go\n")
        one.stdin.flush()
    got = sorted(int(one.communicate(timeout=30)[0]) for one in racing)
    assert got == [1, 2, 3]


def test_an_exact_version_may_be_taken_again_until_it_has_frames(tmp_path: Path) -> None:
    assert exports.left(pattern(tmp_path)) is None
    taken = exports.reserve(pattern(tmp_path))
    assert exports.left(pattern(tmp_path)) == taken.folder
    write_document(taken)
    again = exports.reserve(taken.files, exact=True)
    assert again == taken
    assert [path.name for path in again.folder.iterdir()] == [exports.MARK]
    deliver(taken.files, 1001)
    with pytest.raises(AlreadyThere, match="none is ever replaced"):
        exports.reserve(taken.files, exact=True)


def test_a_pattern_that_cannot_be_reserved_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="has no version to raise"):
        exports.reserve(str(tmp_path / "out/beauty.####.exr"))
    with pytest.raises(BadInput, match="has no version to raise"):
        exports.reserve(str(tmp_path / "out/beauty.####.exr"), exact=True)
    with pytest.raises(BadInput, match="no absolute path"):
        exports.reserve("out/v001/beauty.####.exr")
    (tmp_path / "SH010").mkdir()
    (tmp_path / "SH010/exports").touch()
    with pytest.raises(BadInput, match="SH010_v001"):
        exports.reserve(pattern(tmp_path))


def test_only_a_folder_with_our_mark_is_removed(tmp_path: Path) -> None:
    export = exports.reserve(pattern(tmp_path))
    write_document(export)
    exports.release(export.folder)
    assert not export.folder.exists()
    exports.release(export.folder)
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "picture.exr").touch()
    with pytest.raises(NotAllowed, match="no export folder"):
        exports.release(theirs)
    export.folder.mkdir()
    with pytest.raises(NotAllowed):
        exports.reserve(export.files, exact=True)
    assert (theirs / "picture.exr").exists()


def test_a_finished_version_is_not_given_up(tmp_path: Path) -> None:
    export = exports.reserve(pattern(tmp_path))
    document = write_document(export)
    deliver(export.files, 1001, 1002)
    exports.release(export.folder)
    assert document.is_file()


def test_finished_versions_give_up_their_exports_and_others_keep_them(tmp_path: Path) -> None:
    old, half, new = (exports.reserve(pattern(tmp_path)) for _ in range(3))
    other = exports.reserve(str(tmp_path / "SH010/v001/SH010_fg_v001.####.exr"))
    for export in (old, half, new, other):
        write_document(export)
    deliver(old.files, 1001, 1002)
    deliver(half.files, 1001)
    deliver(other.files, 1001, 1002)
    assert exports.tidy(new.files, new.folder / "SH010.shot.json") == [old.folder]
    assert not old.folder.exists()
    assert half.folder.exists()
    assert other.folder.exists()


def test_what_a_killed_host_has_left_goes_after_a_week(tmp_path: Path) -> None:
    lost, fresh, newest = (exports.reserve(pattern(tmp_path)) for _ in range(3))
    write_document(lost)
    path = write_document(newest)
    long_ago = time.time() - exports.ABANDONED_S - 60
    for old in (*lost.folder.iterdir(), lost.folder):
        os.utime(old, (long_ago, long_ago))
    deliver(newest.files, 1001, 1002)
    assert exports.tidy(newest.files, path) == [lost.folder]
    assert fresh.folder.is_dir()


def test_what_a_refinished_version_was_made_from_stays(tmp_path: Path) -> None:
    first, again, under_way, new = (exports.reserve(pattern(tmp_path)) for _ in range(4))
    write_document(first)
    write_document(again, "../SH010_v001/plate/plate.####.exr")
    deliver(first.files, 1001, 1002)
    deliver(again.files, 1001, 1002)
    assert exports.tidy(again.files, again.folder / "SH010.shot.json") == []
    write_document(under_way, "../SH010_v001/plate/plate.####.exr")
    assert exports.tidy(new.files, write_document(new)) == [again.folder]
    assert first.folder.exists()


def test_versions_on_disk_are_told_oldest_first_with_their_gaps(tmp_path: Path) -> None:
    deliver(pattern(tmp_path, 3), 1001, 1002, 1004)
    deliver(pattern(tmp_path, 1), -2, -1, 0, 1)
    exports.reserve(pattern(tmp_path))
    first, third = exports.versions(pattern(tmp_path, 2))
    assert (first.version, first.first, first.last, first.missing) == (1, -2, 1, [])
    assert (third.files, third.first, third.last) == (pattern(tmp_path, 3), 1001, 1004)
    assert third.missing == [1003]
