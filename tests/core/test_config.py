from __future__ import annotations

from pathlib import Path

import pytest

from pai_studio.core import config
from pai_studio.core.shot.errors import BadInput


@pytest.fixture(autouse=True)
def own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    monkeypatch.setenv("PAI_CONFIG", str(path))
    for name in ("WORKERS", "SERVER", "ROOTS"):
        monkeypatch.delenv(f"PAI_{name}", raising=False)
    return path


def test_flag_beats_environment_beats_file_beats_default(
    own_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert config.load().settings.workers == 1
    own_file.write_text("workers = 2\n")
    assert config.load().origins["workers"] == str(own_file)
    monkeypatch.setenv("PAI_WORKERS", "3")
    assert config.load().settings.workers == 3
    loaded = config.load({"workers": 4, "server": None})
    assert (loaded.settings.workers, loaded.origins["workers"]) == (4, "flag")
    assert loaded.origins["server"] == "default"


def test_lists_come_from_file_and_environment(own_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_file.write_text('roots = ["/jobs", "/lib"]\n')
    assert config.load().settings.roots == ("/jobs", "/lib")
    monkeypatch.setenv("PAI_ROOTS", "/a:/b")
    assert config.load().settings.roots == ("/a", "/b")


@pytest.mark.parametrize("name", ["auto", "cpu", "cuda", "cuda:0", "cuda:11", "mps"])
def test_a_device_is_named_as_torch_names_it(name: str) -> None:
    assert config.load({"device": name}).settings.device == name


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("wrkers = 2", "wrkers: is not a known setting.*workers"),
        ("workers = ", "is no TOML"),
        ('workers = "x"', "no whole number"),
        ("workers = -1", "below zero"),
        ("workers = true", "no whole number"),
        ("workers = 2.5", "no whole number"),
        ("roots = 5", "no list of texts"),
        ("listen = 7345", "no text"),
        ('log_level = "LOUD"', "LOUD.*one of DEBUG"),
        ('device = "gpu"', "device: 'gpu' is none; one of auto, cpu, cuda, cuda:N, mps"),
        ('device = "cuda:"', "is none"),
        ('device = "cpu "', "is none"),
        ("device = 0", "no text"),
    ],
)
def test_a_fault_names_its_place(own_file: Path, text: str, says: str) -> None:
    own_file.write_text(text)
    with pytest.raises(BadInput, match=says) as caught:
        config.load()
    assert str(own_file) in str(caught.value)
