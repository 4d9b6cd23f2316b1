"""What is said of a render before it is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from pai_studio.core.plan.cost import Tokens, memory_bytes
from pai_studio.ui.panel.state.cost import (
    Machine,
    Model,
    Past,
    estimate,
    in_bytes,
    in_words,
    operations,
    past_of,
)
from tests.ui.panel.shots import a_shot

CONFIG = {
    "patch_size": [1, 2, 2],
    "num_layers": 30,
    "num_attention_heads": 24,
    "attention_head_dim": 128,
    "ffn_dim": 14336,
    "text_dim": 4096,
    "freq_dim": 256,
    "in_channels": 48,
    "out_channels": 48,
    "matte_channels": 1,
    "head_width": 0,
    "attention": "cached",
}
MANIFEST = {
    "name": "ours-5b",
    "engine": "pai",
    "trained_for": "background-replacement",
    "codec": "wan",
    "window_latents": 21,
    "history_latents": 3,
    "ahead_latents": 1,
    "references_most": 5,
    "guidance": [2.0, 4.0],
    "area_px": 1280 * 704,
    "grid_px": 32,
}
OURS = Model.of(MANIFEST, CONFIG, 10_000_000_000)
DRAFT = Past("draft", "", "final", 100, 30, 50.0)
PLATE = (1920, 1080)


@pytest.fixture
def shot(tmp_path: Path):
    return a_shot(tmp_path, stills=2)


def test_draft_takes_what_the_last_renders_took_a_frame(shot):
    found = estimate(shot, "draft", None, Machine(past=(DRAFT, Past("draft", "", "final", 10, 30, 10.0))))
    assert found.seconds == pytest.approx(49 * (0.5 + 1.0) / 2)
    assert found.lines == ("About 37 s for 49 frames, from the last 2 renders with draft.",)


def test_another_engine_or_quality_tells_nothing(shot):
    others = [Past("draft", "", "final", 10, 30, 10.0), Past("pai", "ours-5b", "preview", 10, 30, 1.0)]
    found = estimate(shot, "pai", OURS, Machine(past=tuple(others)))
    assert found.seconds is None
    assert "not known yet" in found.lines[0]


def test_of_draft_there_is_a_first_guess_that_says_so(shot):
    guess = estimate(shot, "draft", None, Machine(), (960, 540))
    assert guess.seconds == pytest.approx(49 * 0.96 * 0.54 / 0.28)
    line = (
        "About 2 min for 49 frames: a first guess by the speed of one processor core, since none was rendered"
    )
    assert guess.lines == (f"{line} here yet.",)
    assert estimate(shot, "draft", None, Machine(), PLATE).seconds == pytest.approx(4 * guess.seconds)
    assert estimate(shot, "draft", None, Machine()).seconds == pytest.approx(
        4 * guess.seconds
    )  # HD until known
    assert "first guess" not in estimate(shot, "draft", None, Machine(past=(DRAFT,)), PLATE).lines[0]


def test_a_model_works_at_its_own_size_in_the_plates_shape(shot):
    assert OURS.size(PLATE) == (1280, 704)
    assert OURS.size((640, 360)) == (640, 352)
    needs = memory_bytes(OURS.architecture, Tokens.of(13, (22, 40), references=2), cached=True)
    found = estimate(shot, "pai", OURS, Machine("this GPU", memory_bytes=80 << 30), PLATE)
    assert found.memory_bytes == needs
    assert found.fits
    assert f"About {in_bytes(needs)} of memory at 1280x704" in found.lines[1]


def test_what_does_not_fit_is_said_with_the_size_that_does(shot):
    machine = Machine("this GPU", memory_bytes=16_000_000_000)
    found = estimate(shot, "pai", OURS, machine, PLATE)
    assert found.fits is False
    assert found.fitting is not None
    assert f"{found.fitting[0]}x{found.fitting[1]} does" in found.lines[1]
    smaller = Model.of({**MANIFEST, "area_px": found.fitting[0] * found.fitting[1]}, CONFIG, 10**10)
    assert estimate(shot, "pai", smaller, machine, found.fitting).fits
    none = estimate(shot, "pai", OURS, Machine("this GPU", memory_bytes=2_000_000_000), PLATE)
    assert none.fitting is None
    assert "smaller model" in none.lines[1]


def test_time_of_a_model_goes_with_its_operations(shot):
    past = [Past("pai", "ours-5b", "final", 49, 30, 600.0)]
    as_before = estimate(shot, "pai", OURS, Machine(past=tuple(past)), PLATE)
    assert as_before.seconds == pytest.approx(600)
    halved = shot.model_copy(update={"engine": shot.engine.model_copy(update={"steps": 15})})
    assert estimate(halved, "pai", OURS, Machine(past=tuple(past)), PLATE).seconds == pytest.approx(
        300, rel=0.02
    )
    longer = a_shot(Path("/x"), stills=2, frames=[1, 400])
    whole, part = (
        operations(longer, OURS, (1280, 704), 400, 30),
        operations(longer, OURS, (1280, 704), 49, 30),
    )
    assert whole is not None
    assert part is not None
    assert whole > 400 / 49 * part  # more windows, each with the history of the one before


def test_of_a_model_of_another_make_its_weights_are_known(shot):
    vace = Model.of({**MANIFEST, "name": "vace", "engine": "vace"}, {"num_layers": 30}, 34_000_000_000)
    assert vace.architecture is None
    assert "its weights alone are 34 GB" in estimate(shot, "vace", vace, Machine(past=())).lines[1]
    assert estimate(shot, "vace", vace, Machine("this GPU", memory_bytes=24_000_000_000)).fits is False


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (89, "89 s"), (150, "2 min"), (3000, "50 min"), (3600, "1 h"), (5000, "1 h 25 min")],
)
def test_a_time_is_said_as_one_says_it(seconds, words):
    assert in_words(seconds) == words


def test_a_finished_job_tells_of_its_time_by_its_provenance():
    shot = {"engine": {"model": "", "quality": "final", "steps": 30}}
    result = {"provenance": {"engine": {"name": "draft"}, "frames": [1, 2, 3], "shot": shot}}
    assert past_of(result, 6.0) == Past("draft", "", "final", 3, 30, 6.0)
    assert past_of({}, 6.0) is None
    assert past_of({"provenance": {"engine": 3}}, 6.0) is None
