"""The example that takes panoramas out of a package: what it writes can be a place to film in."""

from __future__ import annotations

import base64
import io
import runpy
import sys
import tarfile
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.still import read_still

SCRIPT = Path(__file__).parents[3] / "examples/train/panoramas.py"


@pytest.fixture
def package(tmp_path):
    """As npm packs it: environments as modules that export a data URL."""
    picture = oiio.ImageBuf(oiio.ImageSpec(16, 8, 3, oiio.HALF))
    picture.set_pixels(oiio.ROI(), np.full((8, 16, 3), 2.5, np.float32))
    assert picture.write(str(tmp_path / "one.exr"))
    content = base64.b64encode((tmp_path / "one.exr").read_bytes())
    path = tmp_path / "assets.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name in ("hdri/park.exr.js", "hdri/city.exr.js", "hdri/park.exr.d.ts", "textures/park.exr.js"):
            told = b'export default "data:application/octet-stream;base64,' + content + b'"\n'
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(told)
            archive.addfile(info, io.BytesIO(told))
    return path


def run(monkeypatch, *asked):
    monkeypatch.setattr(sys, "argv", ["panoramas.py", *map(str, asked)])
    runpy.run_path(str(SCRIPT), run_name="__main__")


def test_what_is_not_kept_apart_is_written_with_its_space(package, tmp_path, monkeypatch):
    apart = tmp_path / "benchmark"
    apart.mkdir()
    (apart / "city.hdr").touch()
    run(monkeypatch, package, tmp_path / "out", "--without", apart)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["park.exr"]
    rgb, space, _ = read_still(str(tmp_path / "out/park.exr"), "", ColorConfig.open())
    assert rgb.shape == (8, 16, 3)
    assert np.allclose(rgb, 2.5, rtol=1e-3)  # white is white in the working space too
    assert space


def test_nothing_to_write_is_said(package, tmp_path, monkeypatch):
    (tmp_path / "apart").mkdir()
    for name in ("park.hdr", "city.hdr"):
        (tmp_path / "apart" / name).touch()
    with pytest.raises(SystemExit, match="holds no environments"):
        run(monkeypatch, package, tmp_path / "out", "--without", tmp_path / "apart")
