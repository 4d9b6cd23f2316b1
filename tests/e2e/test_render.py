"""The way of one shot: command line, real server, worker process, files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

PASSES = ("background", "foreground", "matte", "gain", "shadow", "wrap", "rebuilt", "confidence")


def planes(path: Path) -> dict[str, np.ndarray]:
    file = oiio.ImageInput.open(str(path))
    assert file, oiio.geterror()
    pixels = file.read_image("float")
    return {name: pixels[..., i] for i, name in enumerate(file.spec().channelnames)}


def color(found: dict[str, np.ndarray], name: str) -> np.ndarray:
    return np.stack([found[f"{name}{c}"] for c in ("R", "G", "B")], axis=2)


def test_a_shot_comes_back_in_layers_that_recombine(pai, small_shot: Path) -> None:
    code, out, err = pai("render", small_shot, "--json")
    assert code == 0, err
    answer = json.loads(out)
    assert answer["engine"] == "draft"
    assert answer["qc"]["frames"] == 3
    for frame in (1001, 1002, 1003):
        found = planes(small_shot.parent / f"out/v001/a_v001.{frame}.exr")
        matte, shadow = found["matte.A"][..., None], found["shadow.A"][..., None]
        beauty = (
            color(found, "foreground.") * color(found, "gain.")
            + color(found, "background.") * shadow * (1 - matte)
            + color(found, "wrap.")
        )
        ulp = np.spacing(np.abs(beauty).astype(np.float16)).astype(np.float32)
        assert np.all(np.abs(color(found, "") - beauty) <= 0.5 * ulp)
        assert np.all(found["A"] == 1)
        assert found["matte.A"][40, 45] == 1
        assert found["matte.A"][5, 5] == 0


def test_finishing_again_needs_no_engine_and_a_new_version(pai, small_shot: Path) -> None:
    assert pai("render", small_shot)[0] == 0
    code, _, err = pai("render", small_shot, "--refinish")
    assert code == 2
    assert "--new-version" in err
    shot = json.loads(small_shot.read_text()) | {"finish": {"gain_mix": 0.0, "grain": 0.0}}
    small_shot.write_text(json.dumps(shot))
    code, out, err = pai("render", small_shot, "--refinish", "--new-version", "--json")
    assert code == 0, err
    assert "prepare" not in json.loads(out)["timings_s"]
    found = planes(small_shot.parent / "out/v002/a_v002.1002.exr")
    assert np.all(color(found, "gain.") == 1)


def test_a_sub_range_makes_a_whole_new_version(pai, small_shot: Path) -> None:
    assert pai("render", small_shot)[0] == 0
    code, _, err = pai("render", small_shot, "--frames", "1002-1002", "--new-version")
    assert code == 0, err
    out = small_shot.parent / "out"
    for frame in (1001, 1003):
        assert (out / f"v002/a_v002.{frame}.exr").read_bytes() == (
            out / f"v001/a_v001.{frame}.exr"
        ).read_bytes()
    one, two = (planes(out / f"v{v:03d}/a_v{v:03d}.1002.exr") for v in (1, 2))
    assert all(np.array_equal(one[name], two[name]) for name in one)


def test_nothing_is_carried_over_into_a_version_that_is_not_new(pai, small_shot: Path) -> None:
    assert pai("render", small_shot, "--new-version")[0] == 0
    folder = small_shot.parent / "out"
    (folder / "v001").rename(folder / "v002")
    for path in (folder / "v002").iterdir():
        path.rename(path.with_name(path.name.replace("v001", "v002")))
    assert pai("render", small_shot, "--frames", "1002")[0] == 0
    assert [path.name for path in folder.glob("v001/*.exr")] == ["a_v001.1002.exr"]


def test_resume_brings_back_what_is_missing(pai, small_shot: Path) -> None:
    assert pai("render", small_shot)[0] == 0
    lost = small_shot.parent / "out/v001/a_v001.1002.exr"
    before = planes(lost)
    lost.unlink()
    code, _, err = pai("render", small_shot, "--resume")
    assert code == 0, err
    assert all(np.array_equal(plane, before[name]) for name, plane in planes(lost).items())


def test_the_jobs_are_listed(pai, small_shot: Path) -> None:
    assert pai("render", small_shot)[0] == 0
    code, out, _ = pai("jobs", "--json")
    assert code == 0
    newest = json.loads(out)["jobs"][0]
    assert (newest["state"], newest["shot_name"]) == ("SUCCEEDED", "SH010")


def test_doctor_finds_this_machine_well(pai) -> None:
    code, out, _ = pai("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(out)["checks"]}
    assert {"settings", "colour", "disk", "engines", "server"} <= set(checks)
    assert all({"ok", "detail", "remedy"} <= set(check) for check in checks.values())
    assert code == (0 if all(check["ok"] for check in checks.values()) else 1)


@pytest.mark.parametrize("command", [["--help"], ["doctor", "--json"]])
def test_the_command_line_never_loads_torch(command: list[str], tmp_path: Path) -> None:
    import subprocess
    import sys

    probe = (
        "import sys; from pai_studio.ui.cli.main import main\n"
        f"try: main({command!r})\nexcept SystemExit: pass\n"
        "assert 'torch' not in sys.modules and 'PySide6' not in sys.modules\n"
        + ("assert 'cv2' not in sys.modules and 'grpc' not in sys.modules" if command == ["--help"] else "")
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_process_tells_plain_progress_and_leaves_stdout_to_the_result(
    pai_process: Callable, small_shot: Path
) -> None:
    done = pai_process("render", small_shot, "--json")
    assert done.returncode == 0, done.stderr
    json.loads(done.stdout)
    assert "frames" in done.stderr
    assert "\x1b" not in done.stderr


def test_python_makes_new_versions_too(small_shot: Path) -> None:
    import pai_studio
    from pai_studio.core.shot.frames import FrameRange

    with pai_studio.connect() as studio:
        first = studio.render(small_shot)
        second = studio.render(small_shot, frames=FrameRange(1002, 1002), new_version=True)
    out = small_shot.parent / "out"
    assert first.delivery == "out/v001/a_v001.####.exr"
    assert second.delivery == "out/v002/a_v002.####.exr"
    assert {path.name for path in second.kept} == {"a_v002.1001.exr", "a_v002.1003.exr"}
    assert (out / "v002/a_v002.1001.exr").read_bytes() == (out / "v001/a_v001.1001.exr").read_bytes()
    assert second.qc["frames"] == 1
    assert second.kept_differ == []


def test_a_sub_range_in_another_look_says_so(pai, small_shot: Path) -> None:
    assert pai("render", small_shot)[0] == 0
    shot = json.loads(small_shot.read_text()) | {"finish": {"wrap": 0.0}}
    small_shot.write_text(json.dumps(shot))
    arguments = ("--refinish", "--frames", "1002", "--new-version")
    code, out, err = pai("render", small_shot, *arguments)
    assert code == 0, err
    assert "the kept frames were made with another finish" in out
