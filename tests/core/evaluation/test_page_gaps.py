"""What the pages say where an engine lacks clips: a mean over fewer clips is another quantity, and says so."""

from __future__ import annotations

import pytest

from pai_studio.core.evaluation import aggregate
from pai_studio.core.evaluation.metrics import METRICS
from pai_studio.core.evaluation.page import markdown, write_docs, write_report
from pai_studio.core.evaluation.page.prose import TABLE, caveats
from pai_studio.core.evaluation.page.reading import Figure, Reading

ENGINES = ("naive-moved", "draft")
BY_KEY = {metric.key: metric for metric in METRICS}
PSNR = BY_KEY["background_psnr_db"]


@pytest.fixture
def report():
    """Three clips, on the hardest of which the draft failed."""
    values = [
        {"naive-moved": {PSNR.key: moved}} | ({} if draft is None else {"draft": {PSNR.key: draft}})
        for moved, draft in ((30.0, 30.5), (31.0, 31.5), (12.0, None))
    ]
    names, tags = ["a", "b", "c"], [{"markers": n > 0} for n in range(3)]
    return {
        "set": "s",
        "clips": 3,
        "failures": [],
        "engines": aggregate.engine_figures(values, ENGINES, 0),
        "pairs": [aggregate.pair(names, values, "draft", "naive-moved", 0)],
        "groups": aggregate.groups(tags, values, ENGINES, 0),
        "per_clip": [
            {"clip": n, "tags": t, "engines": v} for n, t, v in zip(names, tags, values, strict=True)
        ],
    }


def test_an_engine_that_left_out_the_hard_clip_is_not_the_best(report):
    reading = Reading(report)
    figures = {name: reading.figure(name, PSNR.key) for name in ENGINES}

    assert figures["draft"].mean > figures["naive-moved"].mean
    assert reading.best(PSNR, figures) == set()
    as_many = {name: Figure(figure.mean, None, None, 3) for name, figure in figures.items()}
    assert reading.best(PSNR, as_many) == {"draft"}


def test_a_mean_over_fewer_clips_says_so_in_every_table(report, tmp_path):
    text = markdown.results(Reading(report))
    part = markdown.group(Reading(report), "markers", report["groups"]["markers"])
    write_report(report, tmp_path)
    page = (tmp_path / "index.html").read_text()

    assert "31.00 (30.50 to 31.50; 2 clips)" in text
    assert "24.33 (12.00 to 31.00)" in text
    assert "| with (2 clips) | draft | 31.50 (1 clip) |" in part
    assert "| with (2 clips) | naive-moved | 21.50 |" in part
    groups = page.partition('id="groups"')[2].partition("</section>")[0]
    assert "<small>1 clip</small>" in groups
    assert "<small>2 clips</small>" in page.partition('id="groups"')[0]


def test_nothing_that_could_not_be_won_is_counted(report):
    rows = {row.split(" | ")[1]: row for row in markdown.pairs(Reading(report)).splitlines()[2:]}

    assert "2 of 2" in rows["Background PSNR, dB ↑"]
    assert not [row for row in rows.values() if "0 of 0" in row]


def test_what_the_figures_do_not_tell_is_said(report):
    told = " ".join(caveats(Reading(report)))

    assert "too narrow" in told
    assert "of twenty differences" in told
    assert "the mean is of sizes" in TABLE


@pytest.mark.parametrize(("clips", "share"), [(2, 0.51), (4, 0.79), (8, 0.90)])
def test_intervals_of_few_clips_hold_the_mean_as_seldom_as_the_page_says(report, monkeypatch, clips, share):
    import numpy as np

    monkeypatch.setattr(aggregate, "RESAMPLES", 1000)
    samples = np.random.default_rng(clips).normal(0, 1, (1200, clips))

    held = [low <= 0 <= high for low, high in (aggregate.figure([*s], 1)["ci95"] for s in samples)]

    assert np.mean(held) == pytest.approx(share, abs=0.035)
    assert f"{100 * share:.0f}" in " ".join(caveats(Reading(report)))


def test_two_reports_of_one_set_keep_their_own_pictures(report, tmp_path):
    """Two sizes, or two seeds: each section shows a clip of its own."""
    for name in ("quick", "full"):
        for clip in report["per_clip"]:
            (tmp_path / name / "clips" / clip["clip"]).mkdir(parents=True)
            (tmp_path / name / "clips" / clip["clip"] / "contact.jpg").write_bytes(name.encode())

    write_docs(
        [(report, tmp_path / "quick"), (report, tmp_path / "full")], tmp_path / "a.md", tmp_path / "images"
    )

    text = (tmp_path / "a.md").read_text()
    shown = [part.partition(")")[0] for part in text.split("](images/")[1:]]
    assert [(tmp_path / "images" / name).read_bytes() for name in shown] == [b"quick", b"full"]
