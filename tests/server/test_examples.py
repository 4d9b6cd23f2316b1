"""The example scripts, as their readers run them: real server, real engine, real pictures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from pai_studio.server.local import stop_local

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SIZE = (192, 128)


@pytest.fixture(autouse=True)
def _own_server():
    yield
    stop_local()


def write(path: Path, rgb: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    out = oiio.ImageOutput.create(str(path))
    spec = oiio.ImageSpec(rgb.shape[1], rgb.shape[0], 3, "half")
    out.open(str(path), spec)
    out.write_image(rgb.astype(np.float32))
    out.close()


@pytest.fixture
def green(tmp_path):
    """`green(name)`: three frames of a grey disc before a green screen, and a still; version v001."""

    def make(name: str) -> Path:
        folder = tmp_path / name
        rng = np.random.default_rng(1)
        y, x = np.mgrid[: SIZE[1], : SIZE[0]]
        for frame in range(1001, 1004):
            inside = (x - 80 - frame % 1000) ** 2 + (y - 64) ** 2 < 30**2
            rgb = np.where(inside[..., None], [0.4, 0.45, 0.35], [0.1, 0.3, 0.1])
            write(folder / f"plate/{name}.{frame}.exr", rgb + rng.normal(0, 0.002, rgb.shape))
        write(folder / "still.exr", rng.uniform(0.1, 0.9, (SIZE[1], SIZE[0], 3)))
        document = {
            "schema": "pai-studio/shot/1",
            "name": name,
            "rate": 24,
            "frames": [1001, 1003],
            "plate": {"files": f"plate/{name}.####.exr", "colorspace": "ACEScg", "screen": "green"},
            "references": [{"file": "still.exr", "frame": 1001, "colorspace": "ACEScg"}],
            "delivery": {"files": f"{name}/v001/{name}_v001.####.exr"},
        }
        path = folder / f"{name}.shot.json"
        path.write_text(json.dumps(document))
        return path

    return make


def run(script: str, *arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, str(EXAMPLES / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def beauty(path: Path) -> np.ndarray:
    return oiio.ImageBuf(str(path)).get_pixels(oiio.FLOAT)[..., :3]


def test_render_shot_shows_progress_and_writes_the_frames(green, tmp_path):
    shot = green("A")
    done = run("render_shot.py", shot, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "made A/v001/A_v001.1001.exr" in done.stdout
    assert "3 frames by draft" in done.stdout.splitlines()[-1]
    picture = beauty(tmp_path / "out/A/v001/A_v001.1002.exr")
    assert np.isfinite(picture).all()
    again = run("render_shot.py", shot, tmp_path / "out")
    assert again.returncode == 2
    assert again.stderr.count("\n") == 1
    assert "--new-version" in again.stderr


def test_batch_renders_all_and_finishes_one_again(green, tmp_path):
    done = run("batch.py", tmp_path / "out", green("A"), green("B"))
    assert done.returncode == 0, done.stderr
    assert [path.name for path in sorted((tmp_path / "out/A").iterdir())] == ["v001", "v002"]
    first, second = (beauty(tmp_path / f"out/A/{v}/A_{v}.1002.exr") for v in ("v001", "v002"))
    assert not np.array_equal(first, second)  # the despill shows
    assert (tmp_path / "out/B/v001/B_v001.1003.exr").is_file()
