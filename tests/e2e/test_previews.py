"""What a person sees of an engine that samples, and what a killed worker leaves to the next."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

import pai_studio
from pai_studio.server import local
from pai_studio.ui.cli.console import Console
from pai_studio.ui.cli.following import PreviewFile

STEPS = 6
"""Of `sampling_engine` for three frames."""


@pytest.fixture
def sampling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A local server of this test's own with `sampling_engine`; its state folder."""
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("PAI_LOCAL_RENDER", "sampling_engine:render")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    yield tmp_path / "state"
    local.stop_local()


def with_caption(shot: Path, **wishes: int) -> Path:
    document = json.loads(shot.read_text()) | {"prompt": {"caption": json.dumps(wishes)}}
    shot.write_text(json.dumps(document))
    return shot


def decoded(picture: bytes) -> np.ndarray:
    found = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    assert found is not None, "a preview is no picture"
    return found


def test_a_render_keeps_the_newest_preview_in_a_file(pai, sampling: Path, small_shot: Path) -> None:
    folder = small_shot.parent / "look"
    folder.mkdir()
    code, out, err = pai("render", small_shot, "--preview", folder / "now.jpg", "--json")
    assert code == 0, err
    json.loads(out)
    assert [path.name for path in folder.iterdir()] == ["now.jpg"]
    shown = decoded((folder / "now.jpg").read_bytes())
    assert shown.shape == (36, 64, 3)
    assert 0 <= shown.mean() < 128 / 2 ** (STEPS - 1)
    assert "no preview came" not in err


def test_the_engine_s_steps_and_the_frames_are_told_side_by_side(sampling: Path, small_shot: Path) -> None:
    events = []
    with pai_studio.connect() as studio:
        studio.render(small_shot, on_event=events.append)
    told = {(event.phase, event.total) for event in events if event.phase and event.state == "RUNNING"}
    assert {("sample", STEPS), ("frames", 3)} <= told
    previews = [event.preview for event in events if event.preview]
    assert previews
    assert all(decoded(picture).shape == (36, 64, 3) for picture in previews)


def test_what_an_engine_kept_is_there_after_its_worker_was_killed(sampling: Path, small_shot: Path) -> None:
    messages = []
    with pai_studio.connect() as studio:
        rendered = studio.render(
            with_caption(small_shot, die=4), on_event=lambda event: messages.append(event.message)
        )
    assert any("SIGKILL" in message and "trying once more" in message for message in messages)
    assert rendered.qc["frames"] == 3
    (state,) = (sampling / "server/generations").glob("*/state")
    assert (state / "steps").read_text().split() == ["1", "2", "3", "4", "5", "6"]  # none twice
    noise = np.random.default_rng(7).normal(128, 40, (36, 64, 3)).astype(np.float32)
    assert np.array_equal(np.load(state / "noise.npy"), noise / 2**STEPS)


def test_an_engine_without_previews_is_said(pai, small_shot: Path, tmp_path: Path) -> None:
    code, _, err = pai("render", small_shot, "--preview", tmp_path / "now.jpg")
    assert code == 0, err
    assert "no preview came" in err
    assert not (tmp_path / "now.jpg").exists()


def test_a_preview_that_cannot_be_written_is_said_before_anything_is_sent(
    pai, small_shot: Path, tmp_path: Path
) -> None:
    for where in (tmp_path / "nowhere/now.jpg", tmp_path):
        code, _, err = pai("render", small_shot, "--preview", where)
        assert code == 2
        assert f"{where}: no preview can be written here" in err
    assert not (tmp_path / "out").exists()


def test_a_disk_that_fails_costs_the_preview_and_not_the_job(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    preview = PreviewFile(tmp_path / "now.jpg", Console())
    preview.show(b"one")
    assert (tmp_path / "now.jpg").read_bytes() == b"one"
    (tmp_path / "now.jpg").unlink()
    (tmp_path / "now.jpg").mkdir()
    preview.show(b"two")
    preview.show(b"three")
    assert capsys.readouterr().err.count("the preview cannot be written") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["now.jpg"]
    (tmp_path / "now.jpg").rmdir()
    preview.show(b"four")
    assert (tmp_path / "now.jpg").read_bytes() == b"four"
