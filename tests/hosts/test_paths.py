from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pai_studio.core.shot.frames import FramePattern
from pai_studio.host_plugins import paths
from pai_studio.host_plugins.host import Fault
from pai_studio.host_plugins.paths import PathMap, Rule, Sequenced


@pytest.mark.parametrize("mark", ["####", "@@@@", "%04d"])
def test_every_form_of_padding_means_the_same(mark: str) -> None:
    one = Sequenced.of(f"/show/a#b/SH010_v001.{mark}.exr")
    assert one.path(7) == "/show/a#b/SH010_v001.0007.exr"
    assert one.path(-5) == "/show/a#b/SH010_v001.-005.exr"
    assert one.path(123456) == "/show/a#b/SH010_v001.123456.exr"
    assert one.hashes == "/show/a#b/SH010_v001.####.exr"
    assert one.printf == "/show/a#b/SH010_v001.%04d.exr"


@given(
    frame=st.integers(-99_999, 99_999_999), mark=st.sampled_from(["#", "####", "@" * 8, "%d", "%08d", "%3d"])
)
def test_the_host_names_frames_as_the_server_does(frame: int, mark: str) -> None:
    pattern = f"/show/p.{mark}.exr"
    assert Sequenced.of(pattern).path(frame) == str(FramePattern(pattern).path(frame))


def test_windows_paths_part_at_both_slashes() -> None:
    assert Sequenced.of("P:\\show\\v#1\\p.####.exr").path(12) == "P:\\show\\v#1\\p.0012.exr"
    assert Sequenced.of("//server/show#/p.%04d.exr").path(12) == "//server/show#/p.0012.exr"


@pytest.mark.parametrize("pattern", ["/show/p.exr", "/show/####/p.exr", "/show/p.####.%04d.exr"])
def test_a_name_without_one_frame_number_is_refused(pattern: str) -> None:
    with pytest.raises(Fault, match="frame number") as caught:
        Sequenced.of(pattern)
    assert caught.value.where == pattern


def test_the_disk_says_which_frames_are_there(tmp_path: Path) -> None:
    for name in (
        "p.-002.exr",
        "p.0000.exr",
        "p.1001.exr",
        "p.12345.exr",
        "p.01002.exr",
        "q.0003.exr",
        "p.0004.tif",
    ):
        (tmp_path / name).write_bytes(b"a picture")
    (tmp_path / "p.1002.exr").touch()
    one = Sequenced.of(str(tmp_path / "p.####.exr"))
    assert one.on_disk() == [-2, 0, 1001, 12345]
    assert one.missing(-2, 1) == [-1, 1]
    assert one.missing(1001, 1003) == [1002, 1003]
    assert Sequenced.of(str(tmp_path / "gone/p.####.exr")).missing(1, 2) == [1, 2]


LINUX = Rule("/mnt/show", "P:/show")


@pytest.mark.parametrize(
    ("rule", "path", "mapped"),
    [
        (LINUX, "/mnt/show/sh010/p.%04d.exr", "P:/show/sh010/p.%04d.exr"),
        (LINUX, "/mnt/show", "P:/show"),
        (LINUX, "/mnt/showreel/p.exr", None),
        (LINUX, "/MNT/show/p.exr", None),
        (LINUX, "mnt/show/p.exr", None),
        (LINUX, "/mnt", None),
        (Rule("/mnt/show/", "/Volumes/show/"), "/mnt/show//a b/p.exr", "/Volumes/show/a b/p.exr"),
        (Rule("/", "/net"), "/mnt/p.exr", "/net/mnt/p.exr"),
        (Rule("P:\\show", "/mnt/show"), "p:/SHOW/Sh010/p.exr", "/mnt/show/Sh010/p.exr"),
        (Rule("P:/show", "/mnt/show"), "P:\\show\\a\\p.exr", "/mnt/show/a/p.exr"),
        (Rule("P:", "Q:\\jobs"), "P:/a/p.exr", "Q:\\jobs\\a\\p.exr"),
        (Rule("\\\\server\\show", "/mnt/show"), "//SERVER/show/p.exr", "/mnt/show/p.exr"),
        (Rule("//server/show", "/mnt/show"), "\\\\server\\show\\p.exr", "/mnt/show/p.exr"),
        (Rule("/mnt/Käfig", "/net/x"), "/mnt/Käfig/p.exr", "/net/x/p.exr"),
    ],
)
def test_a_rule_holds_for_whole_components(rule: Rule, path: str, mapped: str | None) -> None:
    assert rule.apply(path) == mapped


def test_of_our_own_rules_the_first_that_fits_decides(tmp_path: Path) -> None:
    file = tmp_path / "Pfade.json"
    rules = [{"from": "/mnt", "to": "/first"}, {"from": "/mnt/show", "to": "/second"}]
    file.write_text(json.dumps({"version": paths.OWN_RULES, "rules": rules}))
    found = PathMap.from_environment({"PAI_PATH_MAP": str(file)})
    assert found("/mnt/show/p.exr") == "/first/show/p.exr"
    assert found("/other/p.exr") == "/other/p.exr"
    assert found


def test_of_openjd_s_rules_the_longest_that_fits_decides(tmp_path: Path) -> None:
    file = tmp_path / "rules.json"
    rules = [
        {"source_path_format": "POSIX", "source_path": "/mnt", "destination_path": "/first"},
        {"source_path_format": "POSIX", "source_path": "/mnt/show", "destination_path": "/second"},
        {"source_path_format": "WINDOWS", "source_path": "P:\\", "destination_path": "/third"},
    ]
    file.write_text(json.dumps({"version": "pathmapping-1.0", "path_mapping_rules": rules}))
    found = PathMap.load(file)
    assert found("/mnt/show/p.exr") == "/second/p.exr"
    assert found("p:/a/p.exr") == "/third/a/p.exr"


def test_without_rules_nothing_is_mapped(tmp_path: Path) -> None:
    assert not PathMap.from_environment({})
    file = tmp_path / "empty.json"
    file.write_text('{"version": "pathmapping-1.0", "path_mapping_rules": []}')
    assert not PathMap.load(file)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "{",
        "[]",
        '{"version": "2"}',
        '{"version": "pai-studio/paths/1"}',
        '{"version": "pai-studio/paths/1", "rules": [{"from": "", "to": "/a"}]}',
        '{"version": "pathmapping-1.0", "path_mapping_rules": [{"source_path": "/a"}]}',
    ],
)
def test_a_file_of_rules_that_cannot_be_used_is_named(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "rules.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(Fault, match="PAI_PATH_MAP") as caught:
        PathMap.load(file)
    assert caught.value.where == str(file)
