"""`pai-studio shots` from the outside: what it writes, prints and exits with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pai_studio.core.shot import document
from pai_studio.ui.cli.main import main

Run = Callable[..., tuple[int, str, str]]

EDL = """TITLE: reel 1
001  AX  V  C  01:00:00:10 01:00:01:10 00:59:59:00 01:00:00:00
* FROM CLIP NAME: SH010.mov
* SOURCE FILE: /show/SH010.mov
002  AX  V  C  01:00:02:00 01:00:03:00 01:00:00:00 01:00:01:00
* FROM CLIP NAME: SH020
"""


@pytest.fixture
def shots(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `pai-studio shots ...`: exit code, stdout, stderr."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main(["shots", *(str(argument) for argument in arguments)])
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def edl(tmp_path: Path) -> Path:
    (tmp_path / "reel.edl").write_text(EDL)
    return tmp_path / "reel.edl"


def test_one_document_a_shot_and_a_list_of_them(shots: Run, edl: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, said, _ = shots(edl, "--out", out, "--colorspace", "ACEScg", "--rate", "23.976", "--handles", "8")
    assert code == 0
    assert sorted(path.name for path in out.iterdir()) == ["SH010.shot.json", "SH020.shot.json", "shots.json"]
    first = document.load(out / "SH010.shot.json", unfinished=True)
    assert (first.frames.first, first.frames.last, first.handles) == (86410, 86433, 8)
    assert (first.plate.files, first.plate.colorspace, str(first.rate)) == (
        "/show/SH010.mov",
        "ACEScg",
        "24000/1001",
    )
    listed = json.loads((out / "shots.json").read_text())
    assert listed["schema"] == "pai-studio/shots/1"
    assert (listed["timeline"], listed["source"], listed["start"]) == ("reel 1", str(edl), 86376)
    assert listed["shots"][1]["record"] == [86400, 86423]
    assert listed["shots"][1]["document"] == "SH020.shot.json"
    assert [shot["offline"] for shot in listed["shots"]] == [True, True]
    assert "2 written, 0 kept" in said
    assert "! its media is not named" in said


def test_documents_that_are_there_are_kept_unless_it_is_forced(shots: Run, edl: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shots(edl, "--out", out)
    mine = out / "SH010.shot.json"
    mine.write_text(mine.read_text().replace("86410", "86412"))
    code, said, _ = shots(edl, "--out", out)
    assert code == 0
    assert "0 written, 2 kept" in said
    assert "its document is kept with the frames 86412-86433, and the cut now shows 86410-86433" in said
    assert "86412" in mine.read_text()
    code, said, _ = shots(edl, "--out", out, "--force", "--json")
    assert json.loads(said)["written"] == ["SH010.shot.json", "SH020.shot.json"]
    assert "86412" not in mine.read_text()


@pytest.mark.parametrize(
    ("text", "arguments", "why"),
    [
        ("TITLE: none\n", [], "holds no clip that could be a shot"),
        (EDL.replace("01:00:01:10", "01:00:01:24"), [], "give it (--rate)"),
        (EDL, ["--rate", "none"], "is no frame rate"),
        (EDL, ["--handles", "-1"], "is no number of frames"),
    ],
)
def test_what_cannot_be_used_ends_with_2_and_writes_nothing(
    text: str, arguments: list[str], why: str, shots: Run, tmp_path: Path
) -> None:
    (tmp_path / "a.edl").write_text(text)
    code, _, said = shots(tmp_path / "a.edl", "--out", tmp_path / "out", *arguments)
    assert code == 2
    assert why in said
    assert not (tmp_path / "out").exists()
