"""What `pai-studio doctor` says of the device and the weights."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from pai_studio.core.model import manifest, store
from pai_studio.core.model.catalogue import KNOWN
from pai_studio.ui.cli import panel, qt_libraries
from pai_studio.ui.cli.main import main

needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """The checks by name, with models in the test's own folder."""
    monkeypatch.setenv("PAI_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("PAI_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("PAI_SERVER", "")

    def run():
        capsys.readouterr()
        main(["doctor", "--json"])
        return {row["name"]: row for row in json.loads(capsys.readouterr().out)["checks"]}

    return run


def install(folder: Path) -> Path:
    """A model of one small file."""
    place = folder / "models" / "mine"
    (place / "vae").mkdir(parents=True)
    (place / "vae" / "a.safetensors").write_bytes(b"abc")
    told = KNOWN[0].manifest.model_copy(update={"files": store.weigh(place)})
    (place / manifest.FILE).write_text(told.to_json())
    return place


def test_a_machine_without_models_is_well(rows, tmp_path: Path) -> None:
    found = rows()
    assert found["weights"]["ok"]
    assert f"no models in {tmp_path / 'models'}: draft needs none" in found["weights"]["detail"]
    assert found["device"]["ok"]
    assert "cores" in found["device"]["detail"]


@needs_torch
def test_installed_models_are_named_with_what_they_were_trained_for(rows, tmp_path: Path) -> None:
    install(tmp_path)
    found = rows()["weights"]
    assert found["ok"]
    assert "mine (vace, for video-editing)" in found["detail"]


@pytest.mark.parametrize("file", ["vae/a.safetensors", manifest.FILE])
def test_a_model_that_is_not_whole_is_a_fault_with_a_remedy(rows, tmp_path: Path, file: str) -> None:
    path = install(tmp_path) / file
    path.write_bytes(b"{")
    found = rows()["weights"]
    assert not found["ok"]
    assert found["detail"].startswith(f"{path}: ")
    assert found["remedy"]


@needs_torch
def test_a_device_that_is_not_here_is_told_of(rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAI_DEVICE", "cuda:99")
    found = rows()["device"]
    assert not found["ok"]
    assert "'cuda:99' is no device of this machine" in found["detail"]
    assert found["remedy"] == "set PAI_DEVICE=auto"


@needs_torch
def test_a_torch_that_cannot_be_loaded_is_told_of(
    rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise ImportError('libcudart is missing')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PAI_DEVICE", "cpu")
    found = rows()["device"]
    assert not found["ok"]
    assert "libcudart is missing" in found["detail"]


@needs_torch
def test_the_device_is_tried_in_another_process(tmp_path: Path) -> None:
    code = (
        "import sys, os\n"
        f"os.environ.update(PAI_MODELS_DIR={str(tmp_path)!r}, PAI_DEVICE='cpu', PAI_CONFIG='/none.toml')\n"
        f"os.environ.update(HOME={str(tmp_path)!r}, PAI_STATE_DIR={str(tmp_path)!r})\n"  # no plugins of the user's
        "from pai_studio.ui.cli.main import main\nmain(['doctor', '--json'])\n"
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (found,) = [row for row in json.loads(done.stdout)["checks"] if row["name"] == "device"]
    assert found["ok"]
    assert "computes on cpu in float32" in found["detail"]


def test_the_panel_s_qt_is_looked_at(rows, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Qt cannot be loaded a machine with a screen is told why; one without does not need it."""
    assert rows()["panel"]["detail"].startswith("PySide6 ")
    monkeypatch.setattr(qt_libraries, "missing", dict)  # a machine without a screen may lack what one needs
    monkeypatch.setattr(panel, "_PROBE", "raise ImportError('libEGL.so.1: cannot open')")
    monkeypatch.setenv("DISPLAY", ":0")
    with_screen = panel.check()
    assert (with_screen.ok, "libEGL.so.1" in with_screen.detail) == (False, True)
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert panel.check().ok
    monkeypatch.setattr(panel, "_PROBE", "print('6.12.0')")
    assert panel.check().ok == (sys.version_info >= (3, 12))
