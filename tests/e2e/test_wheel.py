"""The wheel carries all that the demo and a plugin need, outside the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

from pai_studio.host_plugins.entries import ENTRIES
from pai_studio.host_plugins.resolve.fusion import macro

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


@dataclass(frozen=True)
class Wheel:
    """Our wheel, installed in an environment of its own."""

    folder: Path
    python: Path
    environment: dict[str, str]

    def run(self, *arguments: str | Path) -> str:
        """Run our Python; what it prints."""
        return call(self.python, *arguments, folder=self.folder, **self.environment)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    folder = tmp_path_factory.mktemp("wheel")
    build = ("wheel", "--no-deps", "--no-build-isolation", *OFFLINE, "-w", folder, ROOT)
    call(sys.executable, "-m", "pip", *build, folder=folder)
    (file,) = folder.glob("pai_studio-*.whl")
    call(sys.executable, "-m", "venv", "--without-pip", folder / "venv", folder=folder)
    python = folder / "venv/bin/python"
    ask = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    site = call(python, "-c", ask, folder=folder).strip()
    target = ("install", "--no-deps", *OFFLINE, "--target", site, file)
    call(sys.executable, "-m", "pip", *target, folder=folder)
    # The dependencies come from this environment; on PYTHONPATH its editable install is not followed.
    own = {"PYTHONPATH": sysconfig.get_paths()["purelib"], "PAI_STATE_DIR": str(folder / "state")}
    own["PAI_DATA_DIR"] = str(folder / "data")
    own["PAI_LOCAL_IDLE_S"] = "1"  # the demo's server ends by itself soon after
    return Wheel(folder, python, own)


def test_the_wheel_runs_the_demo_outside_the_checkout(wheel: Wheel) -> None:
    where = wheel.run("-c", "import pai_studio.core as core; print(core.__file__)")
    assert Path(where.strip()).is_relative_to(wheel.folder)
    out = wheel.folder / "demo"
    wheel.run("-m", "pai_studio.ui.cli.main", "demo", "--out", out, "--size", "160x90", "--frames", "6")
    report = json.loads((out / "report.json").read_text())
    assert report["frames"] == 6
    assert list(report["beside"]) == ["pai@tiny"]
    assert (out / "pai@tiny" / "beauty.1006.exr").stat().st_size > 0
    assert (out / "contact.png").stat().st_size > 0


INSTALLER = {"install.py", "initfile.py", "tree.py", "entries.py", "places.py"}


@pytest.mark.parametrize("host", ["resolve", "fusion"])
def test_the_wheel_installs_what_blackmagics_hosts_list(wheel: Wheel, host: str) -> None:
    dest = wheel.folder / host
    wheel.run("-m", "pai_studio.ui.cli.main", "install", host, "--dest", dest)
    record = json.loads((dest / "pai_studio_host/installed.json").read_text())
    assert set(record["entries"]) == set(ENTRIES[host].values())
    assert {"host.py", "resolve/fusion/macro.py"} <= set(record["files"])
    assert not INSTALLER & set(record["files"])
    assert (dest / "Macros/PAIStudio.setting").read_bytes() == macro.FILE.read_bytes()
    wheel.run("-m", "pai_studio.ui.cli.main", "uninstall", host, "--dest", dest)
    assert list(dest.iterdir()) == []


def test_the_wheel_installs_the_whole_plugin(wheel: Wheel) -> None:
    dest = wheel.folder / "nuke"
    said = json.loads(wheel.run("-m", "pai_studio.ui.cli.main", "install", "nuke", "--dest", dest, "--json"))
    assert Path(said["python"]) == wheel.python
    record = json.loads((dest / "pai_studio_host/installed.json").read_text())
    package = ROOT / "host_plugins"
    files = [*package.glob("*.*"), *package.glob("nuke/**/*.*"), *package.glob("farm/**/*.*")]
    there = {
        p.relative_to(package).as_posix() for p in files if p.suffix in (".py", ".nk", ".gizmo", ".typed")
    }
    assert "nuke/PAIStudio.nk" in record["files"]
    assert there - set(record["files"]) == INSTALLER
    wheel.run("-m", "pai_studio.ui.cli.main", "uninstall", "nuke", "--dest", dest)
    assert list(dest.iterdir()) == []
