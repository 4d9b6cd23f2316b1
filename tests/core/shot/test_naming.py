from __future__ import annotations

from pathlib import Path

import pytest

from pai_studio.core.shot import document, naming
from pai_studio.core.shot.errors import AlreadyThere, BadInput

PATTERN = "out/v001/SH010_v001.####.exr"


def touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def test_passes_lie_beside_the_beauty() -> None:
    assert naming.pass_pattern(PATTERN, "beauty") == PATTERN
    assert naming.pass_pattern(PATTERN, "matte") == "out/v001/SH010_v001_matte.####.exr"
    assert naming.pass_pattern("beauty.%04d.exr", "gain") == "gain.%04d.exr"
    assert naming.sidecar(PATTERN, "qc.json") == "out/v001/SH010_v001.qc.json"


def test_every_token_of_a_version_changes_together() -> None:
    assert naming.version_of(PATTERN) == 1
    assert naming.with_version(PATTERN, 12) == "out/v012/SH010_v012.####.exr"
    assert naming.version_of("dev1/env02/beauty.####.exr") is None


def test_two_versions_in_one_name_are_refused() -> None:
    with pytest.raises(BadInput, match="v001, v002"):
        naming.version_of("out/v001/x_v002.####.exr")


@pytest.mark.parametrize("above", ["/jobs/show_v02/comp/v012/pai", "/jobs/v001/pai/SH010", "/v001/v002/x"])
def test_versions_further_up_are_somebody_else_s(above: str) -> None:
    pattern = f"{above}/v001/exr/SH010_v001.####.exr"
    assert naming.version_of(pattern) == 1
    assert naming.with_version(pattern, 3) == f"{above}/v003/exr/SH010_v003.####.exr"
    assert naming.base_of(Path(pattern)) == Path(above)


def test_a_file_may_carry_the_version_alone() -> None:
    pattern = "/jobs/show_v02_v03/comp/out/SH010_v001.####.exr"
    assert naming.with_version(pattern, 4) == "/jobs/show_v02_v03/comp/out/SH010_v004.####.exr"
    assert naming.base_of(Path(pattern)) == Path("/jobs/show_v02_v03/comp/out")


def test_a_folder_may_carry_the_version_alone() -> None:
    pattern = "/show/v012/out_v003/v003/beauty.####.exr"
    assert naming.with_version(pattern, 4) == "/show/v012/out_v004/v004/beauty.####.exr"
    assert naming.base_of(Path(pattern)) == Path("/show/v012")
    assert naming.base_of(Path("/show/beauty.####.exr")) == Path("/show")


def test_the_next_version_comes_after_all_on_disk(tmp_path: Path) -> None:
    assert naming.next_free(tmp_path, PATTERN) == PATTERN
    touch(tmp_path / "out/v001/SH010_v001.1001.exr")
    touch(tmp_path / "out/v004/SH010_v004.1001.exr")
    (tmp_path / "out/v009").mkdir()  # a folder without frames is no version
    assert naming.next_free(tmp_path, PATTERN) == "out/v005/SH010_v005.####.exr"
    assert naming.latest(tmp_path, PATTERN) == "out/v004/SH010_v004.####.exr"


def test_a_name_without_version_cannot_be_raised(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no version to raise"):
        naming.next_free(tmp_path, "beauty.####.exr")


def test_what_is_on_disk_is_refused(tmp_path: Path) -> None:
    naming.refuse_taken(tmp_path, PATTERN)
    touch(tmp_path / "out/v001/SH010_v001.1001.exr")
    with pytest.raises(AlreadyThere, match="--new-version"):
        naming.refuse_taken(tmp_path, PATTERN)


def test_a_delivery_without_frame_number_is_refused() -> None:
    with pytest.raises(BadInput, match="####"):
        naming.sidecar("out/beauty.exr", "qc.json")


@pytest.mark.parametrize(
    ("files", "base", "relative"),
    [
        ("out/v001/a_v001.####.exr", "shots", "out/v001/a_v001.####.exr"),
        ("../out/v001/a_v001.####.exr", "out", "v001/a_v001.####.exr"),
        ("../a.####.exr", "", "a.####.exr"),
    ],
)
def test_a_delivery_is_based_where_it_leads(
    tmp_path: Path, shot_file, files: str, base: str, relative: str
) -> None:
    path = shot_file(
        tmp_path / "shots/a.shot.json",
        plate={"files": "p.####.exr", "colorspace": "ACEScg"},
        references=[{"file": "r.exr", "frame": 1001}],
        delivery={"files": files},
    )
    folder, shot = naming.based(document.load(path), path.parent)
    assert folder == tmp_path / base
    assert shot.delivery_files == relative


def test_an_absolute_delivery_is_based_where_it_leads(tmp_path: Path, shot_file) -> None:
    path = shot_file(
        tmp_path / "a.shot.json",
        plate={"files": "p.####.exr", "colorspace": "ACEScg"},
        references=[{"file": "r.exr", "frame": 1001}],
        delivery={"files": str(tmp_path / "else/v002/a_v002.####.exr")},
    )
    folder, shot = naming.based(document.load(path), tmp_path / "shots")
    assert (folder, shot.delivery_files) == (tmp_path / "else", "v002/a_v002.####.exr")
