"""`serve`, `doctor` and `jobs` with settings and arguments that cannot be used: one line and an exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("wrokers = 2", "wrokers: is not a known setting; did you mean 'workers'?"),
        ("= 2", "is no TOML"),
        ("roots = 5", "roots: 5 is no list"),
        ('log_level = "LOUD"', "log_level: 'LOUD' is none; one of DEBUG"),
        ('listen = "0.0.0.0:0"', "needs TLS"),
        ('listen = "127.0.0.1:99999"', "is no HOST:PORT"),
        ('listen = "127.0.0.1:0"\ndata_dir = "/dev/null"', "/dev/null: the data folder cannot be used"),
    ],
)
def test_a_server_that_cannot_start_says_why(
    pai, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toml: str, says: str
) -> None:
    monkeypatch.delenv("PAI_DATA_DIR")
    path = tmp_path / "server.toml"
    path.write_text(f'token = "{"t" * 20}"\n{toml}\n')
    code, out, err = pai("serve", "--config", path)
    assert code == 2, err
    assert not out
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert says in err


def test_doctor_lives_with_broken_settings(pai, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("wrokers = 2")
    monkeypatch.setenv("PAI_CONFIG", str(broken))
    code, out, _ = pai("doctor", "--json")
    (settings,) = [check for check in json.loads(out)["checks"] if check["name"] == "settings"]
    assert code == 1
    assert not settings["ok"]
    assert "did you mean 'workers'" in settings["detail"]
    assert settings["remedy"]


def test_doctor_lives_with_a_broken_colour_config(pai, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCIO", "/nowhere/config.ocio")
    code, out, _ = pai("doctor", "--json")
    bad = [check for check in json.loads(out)["checks"] if not check["ok"]]
    assert code == 1
    assert "colour" in [check["name"] for check in bad]
    assert all(check["remedy"] for check in bad)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("render", "a.shot.json", "--frames", "foo"), "no frame range"),
        (("render", "a.shot.json", "--frames", "1003-1001"), "comes before"),
        (("jobs", "--limit", "-3"), "no number of 1 or more"),
        (("jobs", "--watch"), "need the job's name"),
        (("render", "/nowhere/a.shot.json"), "there is no such shot document"),
    ],
)
def test_arguments_that_cannot_be_used(pai, arguments: tuple[str, ...], says: str) -> None:
    code, _, err = pai(*arguments)
    assert code == 2
    assert says in err


def test_a_faulty_disk_is_one_line(pai, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path / "file"))
    code, _, err = pai("jobs")
    assert (code, err) == (1, f"error: {tmp_path / 'file'}: File exists\n")


def test_watching_a_job_ends_as_the_job_did(pai, small_shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pai_studio

    shot = json.loads(small_shot.read_text()) | {
        "plate": {"files": "plate/p.####.exr", "colorspace": "no such"}
    }
    small_shot.write_text(json.dumps(shot))
    with pai_studio.connect() as client:
        name = client.submit(small_shot).name
    assert pai("jobs", name, "--watch")[0] == 1
    code, out, _ = pai("jobs", name, "--json")
    assert code == 0
    assert json.loads(out)["job"]["error"]["code"] == "UNKNOWN_COLORSPACE"
