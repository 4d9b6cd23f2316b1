"""The wheel carries all that the demo needs, outside the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OFFLINE = ("--no-index", "--disable-pip-version-check")
"""Nothing is fetched, so that pip does not wait for an index that does not answer."""


def call(*command: str | Path, folder: Path, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def test_the_wheel_runs_the_demo_outside_the_checkout(tmp_path: Path) -> None:
    call(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        *OFFLINE,
        "-w",
        tmp_path,
        ROOT,
        folder=tmp_path,
    )
    (wheel,) = tmp_path.glob("pai_studio-*.whl")
    call(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv", folder=tmp_path)
    python = tmp_path / "venv/bin/python"
    site = call(
        python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])", folder=tmp_path
    ).strip()
    call(
        sys.executable,
        "-m",
        "pip",
        "install",
        "--no-deps",
        *OFFLINE,
        "--target",
        site,
        wheel,
        folder=tmp_path,
    )
    # The dependencies come from this environment; on PYTHONPATH its editable install is not followed.
    own = {"PYTHONPATH": sysconfig.get_paths()["purelib"], "PAI_STATE_DIR": str(tmp_path / "state")}
    own["PAI_DATA_DIR"] = str(tmp_path / "data")
    own["PAI_LOCAL_IDLE_S"] = "1"  # the demo's server ends by itself soon after
    where = call(python, "-c", "import pai_studio.core as core; print(core.__file__)", folder=tmp_path, **own)
    assert Path(where.strip()).is_relative_to(tmp_path)
    call(
        python, "-m", "pai_studio.ui.cli.main", "demo", "--out", tmp_path / "demo", "--size", "160x90", "--frames", "6",
        folder=tmp_path, **own,
    )  # fmt: skip
    report = json.loads((tmp_path / "demo/report.json").read_text())
    assert report["frames"] == 6
    assert (tmp_path / "demo/contact.png").stat().st_size > 0
