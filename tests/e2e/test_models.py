"""Both engines that run a model, their real classes at a tiny size, through the real server."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("diffusers")

import pai_studio
from pai_studio.core.media.exr import read_image
from pai_studio.core.shot.errors import Cancelled
from pai_studio.server import local
from pai_studio.server.api.types import JobEvent
from pai_studio.ui.cli.main import main
from tests.core.engines.tiny_pai import tiny_pai
from tests.core.engines.tiny_vace import tiny_vace

STEPS, FRAMES = 3, 12
ENGINES = pytest.mark.parametrize("engine", ["pai", pytest.param("vace", marks=pytest.mark.long)])
"""The quick run goes one engine's way."""

WINDOWS = {"pai": 1 + 3, "vace": 4}
"""Of pai one over the keyframes and three of four frames; of vace one a latent, after two that are shown again."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    tiny_pai(folder, name="pai", window_latents=5, history_latents=1, keyframe_step=4, steps=STEPS)
    tiny_vace(folder, name="vace", window_latents=3, history_latents=1)
    return folder


@pytest.fixture(autouse=True)
def server(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A local server of this test's own that finds the models; its state folder."""
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("PAI_MODELS_DIR", str(models))
    monkeypatch.setenv("PAI_DEVICE", "cpu")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    yield tmp_path / "state"
    local.stop_local()


@pytest.fixture
def shot(small_shot: Path, picture: Callable[..., Path]) -> Callable[[str], Path]:
    """Twelve frames of a block before a green screen, for an engine."""
    rng = np.random.default_rng(5)
    for frame in range(1001, 1001 + FRAMES):
        plate = np.full((48, 80, 3), (0.05, 0.4, 0.06), np.float32)
        plate[12:40, 16 + frame % 20 : 40 + frame % 20] = (0.5, 0.12, 0.1)
        grain = rng.normal(0, 0.004, plate.shape).astype(np.float32)
        picture(small_shot.parent / f"plate/p.{frame}.exr", plate + grain)

    def made(engine: str) -> Path:
        document = json.loads(small_shot.read_text())
        document |= {"frames": [1001, 1000 + FRAMES], "prompt": {"caption": "a harbour at dusk"}}
        document["engine"] = {"name": engine, "model": engine, "steps": STEPS}
        small_shot.write_text(json.dumps(document))
        return small_shot

    return made


def beauties(folder: Path) -> list[np.ndarray]:
    return [read_image(path).pixels[..., :3] for path in sorted((folder / "out/v001").glob("a_v001.*.exr"))]


@pytest.fixture(scope="module")
def renders() -> dict[str, list[np.ndarray]]:
    """The undisturbed frames by engine."""
    return {}


@ENGINES
def test_a_shot_comes_back_with_an_event_for_every_step_and_previews(shot, renders, pai, engine: str) -> None:
    path, events = shot(engine), []
    with pai_studio.connect() as studio:
        assert engine in studio.info().engines
        rendered = studio.render(path, on_event=events.append)
    steps = [event for event in events if event.phase == "sample"]
    total = STEPS * WINDOWS[engine]
    assert {event.total for event in steps} == {total}
    assert sorted({event.done for event in steps} - {0}) == list(range(1, total + 1))
    previews = [event.preview for event in steps if event.preview]
    assert previews
    assert all(cv2.imdecode(np.frombuffer(one, np.uint8), cv2.IMREAD_COLOR) is not None for one in previews)
    renders[engine] = beauties(path.parent)
    assert len(renders[engine]) == FRAMES
    told = rendered.provenance["engine"]["notes"]
    assert told["model"]["trained_for"] == "none"
    assert "a harbour at dusk" in told["prompt"]

    code, _, err = pai("render", path, "--refinish", "--new-version")
    assert code == 0, err
    assert "sample" not in err
    again = [read_image(one).pixels for one in sorted((path.parent / "out/v002").glob("a_v002.*.exr"))]
    assert all(np.array_equal(one, two[..., :3]) for one, two in zip(renders[engine], again, strict=True))


@ENGINES
def test_a_killed_worker_goes_on_at_the_last_finished_window(shot, renders, engine: str) -> None:
    path, steps, killed = shot(engine), [], []
    last = STEPS * (WINDOWS[engine] - 1)

    def hear(event: JobEvent) -> None:
        if event.phase != "sample":
            return
        steps.append(event.done)
        if event.done > last and not killed:
            killed.append(len(steps))
            os.kill(_worker(), signal.SIGKILL)

    with pai_studio.connect() as studio:
        studio.render(path, on_event=hear)
    assert killed, "it was over before it could be killed"
    assert min(steps[killed[0] :]) >= last, "a finished window was made again"
    for one, other in zip(renders[engine], beauties(path.parent), strict=True):
        assert np.array_equal(one, other)


def _worker() -> int:
    """The process of the one worker that runs on this machine for this test's server."""
    mine = os.environ["PAI_STATE_DIR"].encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command, environment = ((folder / name).read_bytes() for name in ("cmdline", "environ"))
        except OSError:
            continue
        if b"pai_studio.server.worker" in command and mine in environment:
            found.append(int(folder.name))
    (only,) = found
    return only


@ENGINES
def test_a_cancel_is_heard_within_a_step(shot, server: Path, engine: str) -> None:
    path, heard = shot(engine), []

    def hear(event: JobEvent) -> None:
        heard.append(event)
        if event.phase == "sample" and event.done == 1:
            raise KeyboardInterrupt

    with pai_studio.connect() as studio:
        with pytest.raises((Cancelled, KeyboardInterrupt)):
            studio.render(path, on_event=hear)
        job = studio.jobs()[0]
        (state,) = {
            event.state for event in studio.watch(job.name) if event.state in ("CANCELLED", "SUCCEEDED")
        }
    assert state == "CANCELLED"
    # A slow client is heard late: the worker may have gone some way by then, but not all of it.
    assert len(list((server / "server/generations").glob("*/gen.*.exr"))) < FRAMES
    assert not (path.parent / "out/v001/a_v001.1001.exr").exists()


def test_the_demo_shows_a_model_beside_the_draft(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    small = ["--size", "160x90", "--frames", "6"]
    assert main(["demo", "--out", str(out), "--beside", "pai@pai:steps=1", *small]) == 0
    report = json.loads((out / "report.json").read_text())
    assert list(report["metrics"]) == ["result", "pai@pai:steps=1", "naive_static", "naive_moved"]
    assert report["beside"]["pai@pai:steps=1"]["frames"] > 0
    (told,) = (out / "pai@pai+steps=1").glob("*.provenance.json")
    assert json.loads(told.read_text())["engine"]["notes"]["steps"] == 1
