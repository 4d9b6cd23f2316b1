"""A server of the test run's own, and the command line as a process and as a call."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from pai_studio.ui.cli.main import main


@pytest.fixture(scope="session", autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the test run's local server, uploads and settings away from the user's."""
    folder = tmp_path_factory.mktemp("state")
    own = {
        "PAI_STATE_DIR": str(folder / "state"),
        "PAI_DATA_DIR": str(folder / "data"),
        "PAI_CONFIG": str(folder / "none.toml"),
        "PAI_SERVER": "",
    }
    before = {name: os.environ.get(name) for name in own}
    os.environ.update(own)
    yield folder
    from pai_studio.server.local import stop_local

    stop_local()
    for name, value in before.items():
        if value is None:
            os.environ.pop(name)
        else:
            os.environ[name] = value


@pytest.fixture
def pai(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run `pai-studio ...` in this process: exit code, stdout, stderr."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main([str(a) for a in arguments])
        except SystemExit as stop:  # argparse's own way out
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def pai_process() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `pai-studio ...` as a process of its own."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pai_studio.ui.cli.main", *(str(a) for a in arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def small_shot(tmp_path: Path, picture: Callable[..., Path], shot_file: Callable[..., Path]) -> Path:
    """Three frames of a red block moving before a green screen, and a still: the smallest real shot."""
    rng = np.random.default_rng(3)
    for frame in (1001, 1002, 1003):
        plate = np.full((72, 128, 3), (0.05, 0.4, 0.06), np.float32)
        plate[20:60, 30 + frame % 10 : 60 + frame % 10] = (0.5, 0.12, 0.1)
        picture(
            tmp_path / f"plate/p.{frame}.exr", plate + rng.normal(0, 0.004, plate.shape).astype(np.float32)
        )
    picture(tmp_path / "ref.exr", rng.uniform(0.1, 2.0, (72, 128, 3)).astype(np.float32))
    return shot_file(
        tmp_path / "a.shot.json",
        plate={"files": "plate/p.####.exr", "colorspace": "ACEScg"},
        references=[{"file": "ref.exr", "frame": 1001, "colorspace": "ACEScg"}],
        engine={"name": "draft"},
        delivery={"files": "out/v001/a_v001.####.exr"},
    )
