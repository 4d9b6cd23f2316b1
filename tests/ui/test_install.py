"""`pai-studio install`, `uninstall`, and what `doctor` says of a plugin."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import pai_studio
from pai_studio.host_plugins.install import default_dest
from pai_studio.ui.cli.main import main


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("PAI_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.setenv("PAI_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("PAI_SERVER", "")


@pytest.fixture
def rows(capsys: pytest.CaptureFixture[str]):
    """What doctor says of plugins."""

    def run() -> list[dict[str, object]]:
        capsys.readouterr()
        main(["doctor", "--json"])
        checks = json.loads(capsys.readouterr().out)["checks"]
        return [row for row in checks if row["name"].startswith(("nuke", "resolve", "fusion", "hosts"))]

    return run


def test_without_a_plugin_doctor_says_how_to_get_one(rows) -> None:
    (row,) = rows()
    assert row["ok"]
    assert "pai-studio install nuke" in row["detail"]


def test_install_doctor_uninstall(rows, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["install", "nuke", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["dest"] == str(tmp_path / "home/.nuke")
    assert said["version"] == pai_studio.__version__
    assert said["python"] == sys.executable
    assert said["init"]["loads"]
    assert main(["install", "nuke", "--dest", str(tmp_path / "other")]) == 0
    first, second = rows()
    assert first["ok"]
    assert second["ok"]
    assert (first["name"], second["name"]) == ("nuke", "nuke 2")
    assert str(tmp_path / "other") in second["detail"]
    for place in ([], ["--dest", str(tmp_path / "other")]):
        assert main(["uninstall", "nuke", *place]) == 0
    (row,) = rows()
    assert row["name"] == "hosts"


@pytest.mark.parametrize("host", ["resolve", "fusion"])
def test_blackmagics_hosts_too(rows, host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["install", host, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    dest = default_dest(host)
    assert dest.is_relative_to(tmp_path / "home")
    assert said["dest"] == str(dest)
    assert str(dest / "Macros/PAIStudio.setting") in said["entries"]
    assert "init" not in said
    (row,) = rows()
    assert (row["name"], row["ok"]) == (host, True)
    (dest / "Macros/PAIStudio.setting").unlink()
    (row,) = rows()
    assert not row["ok"]
    assert "Macros/PAIStudio.setting is missing" in row["detail"]
    assert row["remedy"] == f"pai-studio install {host} --dest '{dest}'"
    assert main(["install", host]) == 0
    assert f"{host.capitalize()} lists it at its next start" in capsys.readouterr().out
    (row,) = rows()
    assert row["ok"]
    assert main(["uninstall", host]) == 0
    (row,) = rows()
    assert row["name"] == "hosts"
    assert not list(dest.rglob("*"))


def test_only_nuke_has_an_init(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["install", "resolve", "--write-init"]) == 2
    assert "--write-init is for Nuke" in capsys.readouterr().err


def test_an_init_of_the_users_gets_its_line_told(
    rows, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dest = tmp_path / "home/.nuke"
    dest.mkdir(parents=True)
    (dest / "init.py").write_text("mine\n")
    assert main(["install", "nuke"]) == 0
    assert "nuke.pluginAddPath('" in capsys.readouterr().out
    (row,) = rows()
    assert not row["ok"]
    assert row["remedy"].endswith("--write-init")
    assert main(["install", "nuke", "--write-init"]) == 0
    (row,) = rows()
    assert row["ok"]


def _old(folder: Path) -> None:
    path = folder / "installed.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": "0.0.1"}))


def _gone(folder: Path) -> None:
    path = folder / "installed.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "python": "/no/python"}))


def _mute(folder: Path) -> None:
    python = folder.parent / "python"
    python.write_text("#!/bin/sh\necho 'No module named pai_studio' >&2\nexit 1\n")
    python.chmod(0o755)
    path = folder / "installed.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "python": str(python)}))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_old, "it is version 0.0.1, this is"),
        (_gone, "its Python /no/python is gone"),
        (_mute, "cannot load pai_studio (No module named pai_studio)"),
        (lambda folder: (folder / "host.py").write_text("x"), "host.py was changed"),
        (lambda folder: (folder / "host.py").unlink(), "host.py is missing"),
        (lambda folder: (folder / "installed.json").write_text("{"), "record cannot be used"),
    ],
)
def test_what_is_wrong_with_a_plugin_is_told_and_the_remedy_mends_it(
    rows, tmp_path: Path, spoil, says: str
) -> None:
    dest = tmp_path / "nuke"
    assert main(["install", "nuke", "--dest", str(dest)]) == 0
    spoil(dest / "pai_studio_host")
    (row,) = rows()
    assert not row["ok"]
    assert says in row["detail"]
    assert row["remedy"] == f"pai-studio install nuke --dest '{dest}'"
    assert main(["install", "nuke", "--dest", str(dest)]) == 0
    (row,) = rows()
    assert row["ok"]


def test_a_plugin_that_somebody_removed_is_told_until_it_is_forgotten(rows, tmp_path: Path) -> None:
    import shutil

    dest = tmp_path / "nuke"
    main(["install", "nuke", "--dest", str(dest)])
    shutil.rmtree(dest)
    (row,) = rows()
    assert not row["ok"]
    assert "is gone" in row["detail"]
    assert main(["uninstall", "nuke", "--dest", str(dest)]) == 2
    (row,) = rows()
    assert row["ok"]


def test_a_refusal_is_one_line_and_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    assert main(["install", "nuke", "--dest", str(tmp_path / "link")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "it is a link" in said
