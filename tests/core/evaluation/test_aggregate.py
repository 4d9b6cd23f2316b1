"""Means, bootstrap intervals, wins and groups, on values whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pai_studio.core.evaluation import aggregate
from pai_studio.core.evaluation.aggregate import engine_figures, figure, groups, pair, resampled_means, single
from pai_studio.core.evaluation.metrics import METRICS

BY_KEY = {metric.key: metric for metric in METRICS}
PSNR, SPILL, OFFSET = (BY_KEY[key] for key in ("background_psnr_db", "spill", "anchor_offset_frames"))
LOWER = next(metric for metric in METRICS if metric.better == "lower")


def test_everyone_is_held_against_draft_over_all_clips_and_parts():
    clips = [
        {"draft": {"spill": 0.1 * n}, "pai": {"spill": 0.1 * n - 0.05}, "late": {"halo": 1.0}}
        for n in (1, 2, 3)
    ]
    tags = [{"references": 1, "markers": True}, {"references": 2, "markers": True}, {"references": 2}]

    found = aggregate.baseline(tags, list("abc"), clips, ("draft", "pai", "late"), 0)

    assert [pair["engine"] for pair in found["all"]] == ["pai", "late"]
    assert found["all"][0]["metrics"]["spill"]["mean"] == pytest.approx(-0.05)
    assert found["all"][0]["metrics"]["spill"]["wins"] == 3
    assert set(found["all"][0]["metrics"]) == set(aggregate.DECIDING)
    assert {part: pairs[0]["metrics"]["spill"]["n"] for part, pairs in found["references"].items()} == {
        "1": 1,
        "2": 2,
    }
    assert "markers" not in found  # where it is told, it is always the same
    assert set(aggregate.DECIDING) <= set(BY_KEY)


@pytest.mark.parametrize("engines", [("draft",), ("pai", "late")])
def test_without_draft_or_another_nothing_is_held_against_it(engines):
    assert aggregate.baseline([{}], ["a"], [{}], engines, 0) is None


def test_the_interval_of_a_normal_sample_is_what_theory_says():
    values = np.random.default_rng(1).normal(20, 3, 400)

    found = figure(list(values), 0)

    half = 1.96 * values.std() / np.sqrt(len(values))
    assert found["mean"] == pytest.approx(values.mean(), abs=1e-6)
    assert found["ci95"] == pytest.approx([values.mean() - half, values.mean() + half], abs=0.06 * half)


def test_intervals_of_95_percent_hold_the_true_mean_about_so_often():
    rng = np.random.default_rng(2)
    samples = rng.normal(5, 2, (200, 30))

    held = [low <= 5 <= high for low, high in (figure(list(s), 3)["ci95"] for s in samples)]

    assert 0.89 <= np.mean(held) <= 0.99  # a percentile interval of 30 is a little narrow


def test_resampled_means_spread_as_the_standard_error():
    values = np.random.default_rng(3).exponential(2, 50)

    means = resampled_means(list(values), 0)

    assert len(means) == 10_000
    assert means.std() == pytest.approx(values.std() / np.sqrt(50), rel=0.03)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=30), st.integers(0, 99))
def test_the_interval_lies_within_the_values_and_repeats(values, seed):
    found = figure(values, seed)

    low, high = found["ci95"]
    assert min(values) - 1e-6 <= low <= high <= max(values) + 1e-6
    assert figure(values, seed) == found


def test_large_samples_are_drawn_in_blocks_with_the_same_law(monkeypatch):
    values = list(np.random.default_rng(4).normal(0, 1, 60))
    whole = resampled_means(values, 0)
    monkeypatch.setattr(aggregate, "_BLOCK", 6000)

    parts = resampled_means(values, 0)

    assert len(parts) == len(whole)
    assert parts.std() == pytest.approx(whole.std(), rel=0.05)


def test_one_clip_has_a_point_for_an_interval_and_none_has_nothing():
    assert figure([3.5], 0) == {"mean": 3.5, "ci95": [3.5, 3.5], "n": 1}
    assert figure([], 0) == {"mean": None, "ci95": [None, None], "n": 0}


def test_a_clips_value_is_one_number():
    assert single(PSNR, 31.5) == 31.5
    assert single(PSNR, None) is None
    assert single(SPILL, -0.02) == 0.02  # sizes: opposite faults must not cancel
    assert single(OFFSET, [0, -2, None, 1]) == 1
    assert single(OFFSET, [None]) is None
    assert single(OFFSET, []) is None


def _clips(metric, one, other):
    return [{"a": {metric.key: x}, "b": {metric.key: y}} for x, y in zip(one, other, strict=True)]


@pytest.mark.parametrize(
    ("metric", "wins", "worst"),
    [(PSNR, 2, ("z", -1)), (LOWER, 1, ("x", 3)), (SPILL, 1, ("x", 3))],
)
def test_a_pair_counts_wins_and_names_the_worst_clip(metric, wins, worst):
    clips = _clips(metric, [5, 4, 2], [2, 3, 3])

    found = pair(["x", "y", "z"], clips, "a", "b", 0)["metrics"][metric.key]

    assert found["mean"] == 1
    assert found["wins"] == wins
    assert (found["worst"]["clip"], found["worst"]["value"]) == worst


def test_a_pair_is_surer_than_its_sides_where_clips_differ_more_than_engines():
    level = np.random.default_rng(5).normal(25, 6, 12)
    clips = _clips(PSNR, list(level + 1), list(level))

    found = pair([str(n) for n in range(12)], clips, "a", "b", 0)["metrics"][PSNR.key]
    alone = engine_figures(clips, ["a"], 0)["a"][PSNR.key]

    assert found["ci95"] == [1, 1]
    assert np.ptp(alone["ci95"]) > 3


def test_a_pair_leaves_out_clips_in_which_one_has_no_value():
    found = pair(["x", "y"], _clips(PSNR, [5, None], [2, 3]), "a", "b", 0)["metrics"][PSNR.key]
    nothing = pair(["x"], _clips(PSNR, [None], [1]), "a", "b", 0)["metrics"][PSNR.key]

    assert (found["n"], found["mean"]) == (1, 3)
    assert (nothing["n"], nothing["mean"], nothing["worst"]) == (0, None, None)


def test_groups_are_the_figures_of_their_clips():
    clips = [{"a": {PSNR.key: value}} for value in (20.0, 22.0, 30.0)]
    tags = [
        {"markers": True, "place": "x"},
        {"markers": True, "place": "x"},
        {"markers": False, "place": "x"},
    ]

    found = groups(tags, clips, ["a"], 0)

    assert set(found) == {"markers"}  # all share the place
    assert found["markers"]["with"]["a"][PSNR.key]["mean"] == 21
    assert found["markers"]["without"]["a"][PSNR.key] == {"mean": 30, "ci95": [30, 30], "n": 1}
