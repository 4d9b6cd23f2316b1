from __future__ import annotations

from pathlib import Path

import pytest

from pai_studio.core.shot import document
from pai_studio.core.shot.saving import text_beside

TEXT = """{"schema": "pai-studio/shot/1", "name": "SH010", "rate": 24, "frames": [1, 9],
 "plate": {"files": "%s", "colorspace": "ACEScg"}, "mattes": {"core": {"files": "m/c.####.exr"}},
 "ocio": {"config": "%s"}, "references": [{"file": "../refs/a b.exr", "frame": 1}]}"""


@pytest.mark.parametrize("config", ["show.ocio", "ocio://default", ""])
@pytest.mark.parametrize("plate", ["plate/p.####.exr", "/mnt/plates/p.####.exr", "../p.%04d.exr"])
def test_a_document_is_written_as_it_was_read(tmp_path: Path, plate: str, config: str) -> None:
    path = tmp_path / "a" / "SH010.shot.json"
    path.parent.mkdir()
    path.write_text(TEXT % (plate, config))
    shot = document.load(path)
    path.write_text(text_beside(shot, path.parent))
    assert document.load(path) == shot
    assert document.parse(path.read_text()) == document.parse(TEXT % (plate, config))


def test_a_still_from_below_the_folder_becomes_relative(tmp_path: Path) -> None:
    shot = document.parse(TEXT % (tmp_path / "plate" / "p.####.exr", ""))
    assert document.parse(text_beside(shot, tmp_path)).plate.files == "plate/p.####.exr"
