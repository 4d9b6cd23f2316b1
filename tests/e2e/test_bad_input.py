"""What cannot be used gets one clear line and an exit code; nothing is lost and nothing is written."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest


def change(shot: Path, **keys: Any) -> Path:
    shot.write_text(json.dumps(json.loads(shot.read_text()) | keys))
    return shot


def refused(
    pai: Callable[..., tuple[int, str, str]],
    shot: Path,
    *says: str,
    code: int = 2,
    arguments: tuple[str, ...] = (),
) -> str:
    """The one line of the refusal, which names all of `says`."""
    got, out, err = pai("render", shot, *arguments)
    errors = [line for line in err.splitlines() if line.startswith("error: ")]
    assert got == code, err
    assert len(errors) == 1, err
    assert "Traceback" not in err
    assert not out
    for words in says:
        assert words in errors[0]
    assert not (shot.parent / "out").exists()
    return errors[0]


def test_a_missing_frame(pai, small_shot: Path) -> None:
    (small_shot.parent / "plate/p.1002.exr").unlink()
    refused(
        pai, small_shot, "1 of 3 frames are missing (1002)", "plate/p.####.exr", "the folder holds 1001, 1003"
    )


def test_the_wrong_padding(pai, small_shot: Path) -> None:
    change(small_shot, plate={"files": "plate/p.######.exr", "colorspace": "ACEScg"})
    refused(pai, small_shot, "padded to 4 digits, the pattern to 6")


def test_mixed_sizes(pai, small_shot: Path, picture) -> None:
    picture(small_shot.parent / "plate/p.1003.exr", np.zeros((36, 64, 3), np.float32))
    refused(pai, small_shot, "1003", "64x36", "128x72")


@pytest.mark.parametrize(("name", "says"), [("openexr_11.deep.exr", "deep"), ("MultiView_Fog.exr", "view")])
def test_deep_and_multi_view(pai, small_shot: Path, footage, name: str, says: str) -> None:
    source = (footage("exr_deep_multiview") / name).read_bytes()
    for frame in (1001, 1002, 1003):
        (small_shot.parent / f"plate/p.{frame}.exr").write_bytes(source)
    refused(pai, small_shot, says, "p.1001.exr")


def test_a_truncated_frame(pai, small_shot: Path) -> None:
    path = small_shot.parent / "plate/p.1002.exr"
    path.write_bytes(path.read_bytes()[:2000])
    refused(pai, small_shot, "p.1002.exr")


def test_a_file_that_is_no_image(pai, small_shot: Path) -> None:
    (small_shot.parent / "plate/p.1001.exr").write_bytes(b"not an image at all")
    refused(pai, small_shot, "p.1001.exr")


def test_an_unknown_space_names_the_nearest(pai, small_shot: Path) -> None:
    change(small_shot, plate={"files": "plate/p.####.exr", "colorspace": "ACESgc"})
    refused(pai, small_shot, "ACESgc", "ACEScg")


def test_an_anchor_outside_the_range(pai, small_shot: Path) -> None:
    change(small_shot, references=[{"file": "ref.exr", "frame": 1100, "colorspace": "ACEScg"}])
    refused(
        pai, small_shot, "references[0].frame: 1100 lies outside the shot's 1001-1003", "anchor it inside"
    )


def test_an_unknown_key(pai, small_shot: Path) -> None:
    change(small_shot, plates={})
    refused(pai, small_shot, "a.shot.json", "plates: is not a known key", "did you mean 'plate'")


def test_a_newer_schema(pai, small_shot: Path) -> None:
    change(small_shot, schema="pai-studio/shot/2")
    refused(pai, small_shot, "pai-studio/shot/2 is newer", "update PAI-Studio")


def test_an_unknown_engine(pai, small_shot: Path) -> None:
    change(small_shot, engine={"name": "drfat"})
    refused(pai, small_shot, "drfat", "draft")


def test_a_server_that_is_not_there(pai, small_shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAI_TOKEN", "a-token-of-some-length")
    line = refused(pai, small_shot, "127.0.0.1:9", code=3, arguments=("--server", "127.0.0.1:9"))
    assert "pai-studio serve" in line


def test_a_usage_error(pai) -> None:
    code, _, err = pai("render")
    assert code == 2
    assert "SHOT.json" in err


def test_json_holds_the_error_as_data(pai, small_shot: Path) -> None:
    change(small_shot, schema="pai-studio/shot/9")
    code, out, _ = pai("render", small_shot, "--json")
    assert code == 2
    assert json.loads(out)["error"]["code"] == "INVALID_INPUT"


def test_frames_outside_the_shot(pai, small_shot: Path) -> None:
    refused(
        pai, small_shot, "frames 1002-9999999999 do not all lie", arguments=("--frames", "1002-9999999999")
    )


def test_a_server_of_another_version(pai, small_shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real server that says it is 0.9.0."""
    token = "a-token-of-some-length"
    code = (
        "import sys, pai_studio; pai_studio.__version__ = '0.9.0'\n"
        "from pathlib import Path\n"
        "from pai_studio.server.app import run\n"
        "from pai_studio.server.settings import ServerSettings\n"
        f"sys.exit(run(ServerSettings(data_dir=Path(sys.argv[1]), token={token!r})))"
    )
    data = small_shot.parent / "data"
    server = subprocess.Popen([sys.executable, "-c", code, data], stdout=subprocess.PIPE, text=True)
    try:
        address = server.stdout.readline().removeprefix("listening on ").strip()
        monkeypatch.setenv("PAI_TOKEN", token)
        refused(pai, small_shot, "0.9.0", address, "update", code=3, arguments=("--server", address))
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()
