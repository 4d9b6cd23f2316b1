"""What has moved between two reports: real differences are named, chance is not."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from pai_studio.core.evaluation.compare import changes
from pai_studio.core.shot.errors import BadInput

PSNR, ANCHORS = "background_psnr_db", "anchor_offset_frames"


def _report(values, name="draft", version="3"):
    return {
        "set": "s",
        "engines": {name: {}},
        "versions": {"engines": {name: version}},
        "per_clip": [
            {"clip": f"c{n:02d}", "inputs": f"i{n}", "engines": {name: {PSNR: value, ANCHORS: [0, 1]}}}
            for n, value in enumerate(values)
        ],
    }


@pytest.fixture
def level():
    return np.random.default_rng(1).normal(25, 4, 16)


def test_nothing_moves_where_nothing_has(level):
    found = changes(_report(level), _report(level), 0)

    assert found["moved"] == []
    assert found["paired"]
    assert "the same 16 clips" in found["note"]


@pytest.mark.parametrize(("shift", "verdict"), [(0.4, "better"), (-0.4, "worse")])
def test_a_small_change_in_every_clip_is_named(level, shift, verdict):
    (moved,) = changes(_report(level + shift), _report(level), 0)["moved"]

    assert (moved["engine"], moved["metric"], moved["verdict"], moved["n"]) == ("draft", PSNR, verdict, 16)
    assert moved["difference"] == pytest.approx(shift, abs=1e-5)
    assert moved["after"] - moved["before"] == pytest.approx(shift, abs=1e-5)


def test_noise_about_nothing_is_not_named(level):
    noise = np.random.default_rng(2).normal(0, 1, 16)

    assert changes(_report(level + noise - noise.mean()), _report(level), 0)["moved"] == []


def test_what_no_printed_digit_shows_is_not_named(level):
    assert changes(_report(level + 1e-4), _report(level), 0)["moved"] == []


def test_other_clips_are_compared_as_two_samples_and_it_says_so(level):
    other = _report(level + 0.4)
    for clip in other["per_clip"]:
        clip["inputs"] += "x"

    found = changes(other, _report(level), 0)
    far = copy.deepcopy(other)
    for clip in far["per_clip"]:
        clip["engines"]["draft"][PSNR] += 20

    assert not found["paired"]
    assert "other clips" in found["note"]
    assert found["clips"]["changed"] == [f"c{n:02d}" for n in range(16)]
    assert found["moved"] == []  # 0.4 dB is nothing where clips differ by 4 dB
    assert len(changes(far, _report(level), 0)["moved"]) == 1


def test_clips_that_came_and_went_are_named_and_the_common_ones_compared(level):
    now, before = _report(level[:10] + 1), _report(level)
    now["per_clip"].append({"clip": "new", "inputs": "n", "engines": {}})

    found = changes(now, before, 0)

    assert found["clips"]["came"] == ["new"]
    assert found["clips"]["went"] == [f"c{n:02d}" for n in range(10, 16)]
    assert [entry["n"] for entry in found["moved"]] == [10]
    assert "10 clips" in found["note"]


def test_engines_that_came_went_or_changed_their_version_are_named(level):
    found = changes(_report(level, version="4"), _report(level), 0)
    other = changes(_report(level, "neural"), _report(level), 0)

    assert found["engines"]["versions"] == {"draft": ["3", "4"]}
    assert (other["engines"]["came"], other["engines"]["went"]) == (["neural"], ["draft"])
    assert other["moved"] == []


@pytest.mark.parametrize("earlier", [{}, {"per_clip": [1]}, {"per_clip": [], "engines": {}}])
def test_what_is_no_report_is_refused(level, earlier):
    with pytest.raises(BadInput, match="no benchmark report"):
        changes(_report(level), earlier, 0)


def test_a_change_that_a_printed_mean_shows_is_named(level):
    """Offsets are whole frames, their means are printed with a decimal."""
    before, now = _report(level), _report(level)
    for clip in before["per_clip"]:
        clip["engines"]["draft"][ANCHORS] = [0, 0, 1, 0]  # 0.25, now 0.5

    (moved,) = changes(now, before, 0)["moved"]

    assert (moved["metric"], moved["verdict"], moved["difference"]) == (ANCHORS, "worse", 0.25)


def test_what_else_may_have_moved_a_figure_is_said(level):
    before, now = _report(level), _report(level)
    before |= {"seed": 0, "size": [512, 288]}
    now |= {"seed": 1, "size": None}
    now["versions"]["code"] = "0123"

    note = changes(now, before, 0)["note"]

    assert "seed 0 then and 1 now" in note
    assert "picture size 512x288 then and mixed now" in note
    assert "the code that renders and measures has changed" in note
    assert changes(now, now, 0)["note"] == "the same 16 clips, compared clip by clip"
    assert "fewer than 8 clips" in changes(_report(level), _report(level[:7]), 0)["note"]


def test_one_clip_that_is_the_same_is_not_called_another(level):
    found = changes(_report(level[:1]), _report(level[:1]), 0)

    assert not found["paired"]
    assert found["note"].startswith("only one clip is the same")
    assert found["moved"] == []
