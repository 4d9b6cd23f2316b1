"""A locked background by the command line: its files reach the server, uploaded or in shared folders."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.e2e.test_render import color, planes


def test_a_background_stays_while_the_light_changes(pai: Callable, small_shot: Path) -> None:
    code, _, err = pai("render", small_shot, "--frames", "1001-1002")
    assert code == 0, err
    shot = json.loads(small_shot.read_text()) | {"finish": {"gain_mix": 0.0, "grain": 0.0, "shadow": 0.0}}
    small_shot.write_text(json.dumps(shot))
    again = ("render", small_shot, "--refinish", "--frames", "1001-1002", "--new-version", "--lock")
    code, _, err = pai(*again, "background:v001")
    assert code == 0, err
    provenance = json.loads((small_shot.parent / "out/v002/a_v002.provenance.json").read_text())
    assert provenance["locked"]["background"]["version"] == 1
    for frame in (1001, 1002):
        before, after = (planes(small_shot.parent / f"out/v00{v}/a_v00{v}.{frame}.exr") for v in (1, 2))
        for name in ("background.R", "background.G", "background.B", "shadow.A", "confidence.A"):
            assert np.array_equal(before[name], after[name]), name
        assert not np.array_equal(color(before, "gain."), color(after, "gain."))
    code, _, err = pai(*again, "background:v007")
    assert (code, "v007 of this delivery is not on disk" in err) == (2, True), err
    code, _, err = pai("render", small_shot, "--new-version", "--lock", "background:v001")
    assert code == 2
    assert "the locked version lacks 1 of the 3 frames (1003)" in err
    code, _, err = pai("render", small_shot, "--lock", "gain:v001")
    assert (code, "write it as background:v003" in err) == (2, True), err


def test_a_fault_of_a_locked_file_names_it_as_it_lies_here(pai: Callable, small_shot: Path) -> None:
    folder = small_shot.parent / "out/v001"
    folder.mkdir(parents=True)
    for frame in (1001, 1002, 1003):
        (folder / f"a_v001.{frame}.exr").write_bytes(
            (small_shot.parent / f"plate/p.{frame}.exr").read_bytes()
        )
    code, _, err = pai("render", small_shot, "--new-version", "--lock", "background:v001")
    assert code == 2
    assert f"{folder}/a_v001.1001.exr: cannot be locked: frame 1001 is no frame of a delivery" in err
