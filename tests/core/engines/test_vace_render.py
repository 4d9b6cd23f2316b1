"""A whole render by the engine `vace`: files in, files out, stopped in the middle and taken up again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
OpenImageIO = pytest.importorskip("OpenImageIO")

from pai_studio.core.engines.registry import Models  # noqa: E402
from pai_studio.core.media.exr import read_channels  # noqa: E402
from pai_studio.core.render import RenderRequest, render  # noqa: E402
from pai_studio.core.report import silent  # noqa: E402
from pai_studio.core.shot import document  # noqa: E402
from pai_studio.core.shot.errors import Cancelled  # noqa: E402
from tests.core.engines.tiny_vace import NAME, tiny_vace  # noqa: E402

SIZE = (64, 96)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def request_of(tmp_path, picture, shot_file):
    """A render of seven frames of a cut-out subject, which the tiny model makes in three windows."""
    tiny_vace(tmp_path / "models", window_latents=2, history_latents=0)
    rng = np.random.default_rng(3)
    for frame in range(1001, 1008):
        rgba = rng.uniform(0.1, 0.6, (*SIZE, 4)).astype(np.float32)
        rgba[..., 3] = 0
        rgba[20:50, 30 + frame % 5 : 60, 3] = 1
        picture(tmp_path / f"plate/p.{frame}.exr", rgba, channels=("R", "G", "B", "A"))
    picture(tmp_path / "still.exr", rng.uniform(0.1, 0.9, (*SIZE, 3)).astype(np.float32))
    path = shot_file(
        tmp_path / "a.shot.json",
        frames=[1001, 1007],
        plate={"files": "plate/p.####.exr", "colorspace": "ACEScg", "alpha": "straight", "screen": "none"},
        references=[{"file": "still.exr", "frame": 1001, "colorspace": "ACEScg"}],
        prompt={"caption": "a street at night"},
        engine={"name": "vace", "model": NAME, "steps": 2},
    )
    return lambda name: RenderRequest(
        shot=document.load(path),
        out=tmp_path / name,
        generations=tmp_path / f"{name}-generations",
        models=Models(tmp_path / "models", "cpu"),
    )


def pictures(result):
    exr = sorted(path for path in result.files if path.suffix == ".exr")
    return [read_channels(path).pixels for path in exr]


def test_a_render_that_was_stopped_goes_on_and_delivers_the_same(request_of):
    heard = []
    whole = render(request_of("whole"), heard.append)
    steps = [p for p in heard if p.phase == "sample" and p.preview]
    assert [(p.done, p.total) for p in steps] == [(k, 6) for k in range(1, 7)]
    assert len(pictures(whole)) == 7
    notes = whole.provenance["engine"]["notes"]
    assert notes["model"]["name"] == NAME
    assert notes["prompt"] == "Caption: a street at night."

    done = []

    def stop(progress):
        done.append(progress)
        if sum(bool(p.preview) for p in done) == 3:
            raise Cancelled("asked to stop")

    asked = request_of("stopped")
    with pytest.raises(Cancelled):
        render(asked, stop)
    again = []
    resumed = render(replace(asked, resume=True), again.append)
    assert [p.done for p in again if p.preview] == [3, 4, 5, 6]
    assert all(
        np.array_equal(one, other) for one, other in zip(pictures(whole), pictures(resumed), strict=True)
    )
    refinished = render(replace(asked, mode="refinish", out=asked.out / "again"), silent)
    assert np.array_equal(pictures(refinished)[6], pictures(whole)[6])
