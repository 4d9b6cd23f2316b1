"""A colour config of the client's own, with a LUT in a file, goes with the shot to the server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from pai_studio.core.shot import document

CONFIG = """ocio_profile_version: 2
search_path: luts
roles: {scene_linear: lin, default: lin}
displays:
  screen:
    - !<View> {name: plain, colorspace: lin}
file_rules:
  - !<Rule> {name: Default, colorspace: default}
colorspaces:
  - !<ColorSpace> {name: lin, encoding: scene-linear}
  - !<ColorSpace>
    name: house
    to_scene_reference: !<FileTransform> {src: triple.spi1d, interpolation: linear}
"""
# 0..1 in "house" is 0..3 in "lin".
LUT = "Version 1\nFrom 0.0 1.0\nLength 2\nComponents 1\n{\n0.0\n3.0\n}\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "show/luts").mkdir(parents=True)
    (tmp_path / "show/luts/triple.spi1d").write_text(LUT)
    path = tmp_path / "show/config.ocio"
    path.write_text(CONFIG)
    return path


@pytest.mark.parametrize("named_by", ["environment", "document"])
def test_a_config_in_files_travels_with_its_luts(  # noqa: PLR0917
    pai, config: Path, named_by: str, picture: Callable, shot_file: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = config.parents[1] / "shot"
    # A subject everywhere (the matte is 1), so that the plate passes the working space and nothing else touches it.
    for frame in (1001, 1002, 1003):
        picture(folder / f"plate/p.{frame}.exr", np.full((36, 64, 3), 0.25, np.float32))
        picture(folder / f"matte/m.{frame}.exr", np.ones((36, 64, 1), np.float32), channels=("A",))
    picture(folder / "ref.exr", np.full((36, 64, 3), 0.5, np.float32))
    keys = {"ocio": {"config": "../show/config.ocio"}} if named_by == "document" else {}
    if named_by == "environment":
        monkeypatch.setenv("OCIO", str(config))
    path = shot_file(
        folder / "a.shot.json",
        plate={"files": "plate/p.####.exr", "colorspace": "house", "screen": "none"},
        mattes={"alpha": {"files": "matte/m.####.exr", "channel": "A"}},
        references=[{"file": "ref.exr", "frame": 1001, "colorspace": "lin"}],
        engine={"name": "draft"},
        finish={"despill": 0, "gain_mix": 0, "wrap": 0, "shadow": 0, "grain": 0},
        delivery={"files": "out/v001/a_v001.####.exr", "colorspace": "lin", "type": "float"},
        **keys,
    )
    code, _, err = pai("render", path)
    assert code == 0, err
    assert document.load(path).ocio.digest == ""  # the client fills it in for the server alone
    beauty = oiio.ImageBuf(str(folder / "out/v001/a_v001.1002.exr")).get_pixels(oiio.FLOAT)[..., :3]
    assert np.allclose(beauty, 0.75, atol=1e-3)
