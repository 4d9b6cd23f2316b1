"""The report's page: everything told, nothing from outside trusted, nothing asked of outside."""

from __future__ import annotations

import copy
import json
import re

import numpy as np
import pytest

from pai_studio.core.evaluation.metrics import METRICS
from pai_studio.core.evaluation.page import paper, write_report
from pai_studio.core.evaluation.page.reading import Figure, Reading
from pai_studio.core.evaluation.page.words import DASH
from tests.core.evaluation.reported import BY_KEY, ENGINES, REPORT, clip_media, hostile, opened


def test_the_page_asks_for_nothing_outside(written):
    text = (written / "index.html").read_text(encoding="utf-8")
    page = opened(written)

    sources = [a[k] for _, a in page.tags for k in ("src", "href", "poster", "srcset", "data") if a.get(k)]
    assert all(s.startswith(("data:", "#")) for s in sources)
    assert not re.search(r"https?://|@import|url\(", text)
    assert not page.of("script")
    assert not page.of("iframe")
    policy = next(a["content"] for a in page.of("meta") if a.get("http-equiv"))
    assert policy.startswith("default-src 'none'")


def test_it_tells_every_metric_engine_and_clip(written):
    page = opened(written)

    for metric in METRICS:
        assert metric.label in page.text
        assert metric.definition in page.text
        assert metric.key in page.text
    assert all(
        name in page.text for name in (*ENGINES, "small", "4 clips, 36 frames, 384 × 216 pixels, seed 7")
    )
    assert all(clip["clip"] in page.text for clip in REPORT["per_clip"])
    assert REPORT["command"] in page.text
    assert "PAI-Studio 1.2.3" in page.text
    assert paper.NOT_COMPARABLE in page.text


def test_links_within_the_page_lead_somewhere(written):
    page = opened(written)
    ids = [a["id"] for _, a in page.tags if a.get("id")]

    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for a in page.of("a")} <= set(ids)


def test_whoever_cannot_see_it_is_told_as_well(written):
    page = opened(written)

    assert page.of("html")[0]["lang"] == "en"
    assert len(page.of("h1")) == 1
    assert all(a.get("alt") for a in page.of("img"))
    assert all(
        a.get("aria-label") and "muted" in a and "loop" in a and "controls" in a for a in page.of("video")
    )
    assert all(a.get("scope") for a in page.of("th"))
    assert len(page.of("caption")) == len(page.of("table"))
    assert (
        [a["role"] for a in page.of("svg")].count("img") == len(page.of("svg")) == len(page.of("title")) - 1
    )


def test_pictures_are_inside_and_decoded_late(written):
    page = opened(written)

    (picture,), (movie,) = page.of("img"), page.of("video")
    assert picture["src"].startswith("data:image/jpeg;base64,")
    assert (picture["width"], picture["height"], picture["loading"]) == ("60", "40", "lazy")
    assert movie["src"].startswith("data:video/mp4;base64,")
    assert (movie["width"], movie["height"]) == ("64", "48")


def test_large_media_stay_beside_it(tmp_path):
    clip_media(tmp_path, "clip-001")
    write_report(REPORT, tmp_path, link_media=True)
    page = opened(tmp_path)

    assert page.of("img")[0]["src"] == "clips/clip-001/contact.jpg"
    assert page.of("video")[0]["src"] == "clips/clip-001/review.mp4"


def test_nothing_from_outside_becomes_a_tag(tmp_path):
    write_report(hostile(), tmp_path)
    page, text = opened(tmp_path), (tmp_path / "index.html").read_text(encoding="utf-8")

    assert not page.of("script")
    assert "<script" not in text
    assert page.text.count("alert(1)") > 20
    assert not [name for _, a in page.tags for name in a if name.startswith("on")]


def test_the_best_is_marked_by_what_is_printed():
    reading = Reading(REPORT)

    def best(key: str, *means: float | None) -> set[str]:
        return reading.best(BY_KEY[key], {str(n): Figure(mean) for n, mean in enumerate(means)})

    assert best("background_psnr_db", 20.0, 21.0, None) == {"1"}
    assert best("background_psnr_db", 21.001, 21.002, 20.0) == {"0", "1"}
    assert best("background_psnr_db", 21.001, 21.002) == set()
    assert best("spill", -0.002, 0.001) == {"1"}
    assert best("camera_error", 0.1, 0.2) == {"0"}
    assert best("spill", 0.1, None) == set()


def test_what_is_not_defined_is_a_dash(tmp_path):
    report = copy.deepcopy(REPORT)
    nothing = {"mean": None, "ci95": [None, None], "n": 0}
    for engine in ENGINES:
        report["engines"][engine]["spill"] = nothing
    for pair in report["pairs"]:
        pair["metrics"]["spill"] = nothing | {"wins": 0, "worst": None}
    for clip in report["per_clip"]:
        clip["engines"]["draft"]["spill"] = None
        del clip["engines"]["naive-static"]
    write_report(report, tmp_path)

    row = next(
        line for line in (tmp_path / "report.md").read_text().splitlines() if line.startswith("| Spill")
    )
    assert row.split("|")[2:5] == [f" {DASH} "] * 3
    assert ">None<" not in (tmp_path / "index.html").read_text()
    assert "nan" not in opened(tmp_path).text.lower().split()
    assert len(opened(tmp_path).of("svg")) == 2 * (len(METRICS) - 1)


def test_failures_are_named_at_the_top_and_listed(tmp_path):
    failure = {
        "clip": "clip-003",
        "engine": None,
        "what": "no truth",
        "where": "truth/composite.1.exr",
        "hint": "add it",
    }
    write_report(REPORT | {"failures": [failure, failure | {"engine": "draft"}]}, tmp_path)
    text, page = (tmp_path / "report.md").read_text(), opened(tmp_path)

    assert "2 failures" in page.text
    for told in (page.text, text.replace("\\", "")):
        assert all(part in told for part in ("no truth", "truth/composite.1.exr", "add it"))
    write_report(REPORT, tmp_path)
    assert "failures" not in [attributes.get("id") for _, attributes in opened(tmp_path).tags]


def test_what_moved_is_told_with_which_way(tmp_path):
    moved = {"engine": "draft", "metric": "flicker", "before": 0.01, "after": 0.02, "difference": 0.01}
    changes = {
        "note": "the same 4 clips, compared clip by clip",
        "clips": {"came": [], "went": ["clip-009"], "changed": []},
        "engines": {"came": [], "went": [], "versions": {"draft": ["3", "4"]}},
        "moved": [moved | {"ci95": [0.005, 0.015], "verdict": "worse"}],
    }
    write_report(REPORT | {"changes": changes}, tmp_path)

    for told in (opened(tmp_path).text, (tmp_path / "report.md").read_text()):
        assert "The same 4 clips" in told
        assert "clip-009" in told
        assert "was version 3, and is 4" in told
        assert "worse" in told
    write_report(REPORT | {"changes": changes | {"moved": []}}, tmp_path)
    assert "No figure has moved." in opened(tmp_path).text
    write_report(REPORT, tmp_path)
    assert "What moved" not in opened(tmp_path).text


def test_fewer_clips_than_the_others_are_told(tmp_path, written):
    report = copy.deepcopy(REPORT)
    report["engines"]["draft"]["spill"]["n"] = 3
    write_report(report, tmp_path)

    assert "3 clips" in opened(tmp_path).text
    assert "3 clips" not in opened(written).text


def test_the_dots_are_the_pairs_own_differences():
    for pair in Reading(REPORT).pairs:
        for difference in pair.differences:
            assert np.mean(difference.clips) == pytest.approx(difference.figure.mean, abs=1e-5)
            assert len(difference.clips) == difference.figure.clips


def test_the_naive_composites_come_first_and_the_moved_one_is_the_rival():
    reading = Reading(REPORT)

    assert reading.engines == ["naive-static", "naive-moved", "draft"]
    assert [pair.against for pair in reading.pairs] == ["naive-moved", "naive-static"]


def test_what_is_held_against_the_baseline_stands_by_references_and_markers(tmp_path):
    report = copy.deepcopy(REPORT)
    figures = report["baseline"]["references"]["2"][0]["metrics"]
    figures["spill"] |= {"mean": -0.5, "ci95": [-0.7, -0.2], "n": 3}
    figures["flicker"] |= {"mean": 0.25, "ci95": [0.1, 0.4], "n": 3}
    figures["relight_gain_db"] |= {"mean": 0.25, "ci95": [-0.1, 0.4], "n": 3}
    figures["rebuilt_psnr_db"] |= {"mean": 1.5, "ci95": [1.0, 2.0], "n": 2}
    figures["anchor_psnr_db"] |= {"mean": 2.5, "ci95": [2.5, 2.5], "n": 1}
    write_report(report, tmp_path)

    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    part = text.partition("## Against draft")[2].partition("\n## ")[0]
    head, *_ = [line for line in part.splitlines() if line.startswith("| naive-static against draft")]
    cells = [cell.strip() for cell in head.strip("|").split("|")]
    assert cells[1:5] == ["all clips", "1 reference", "2 references", "3 references"]
    assert cells[5:] == ["with markers", "without markers"]
    rows = [line for line in part.splitlines() if line.startswith("| Spill")]
    assert "**−0.5000** (−0.7000 to −0.2000)" in rows[0]
    assert "*+0.2500* (+0.1000 to +0.4000)" in part
    assert " +0.25 (−0.10 to +0.40)" in part
    assert "**+1.50** (+1.00 to +2.00; 2 clips)" in part
    assert " +2.50 (1 clip)" in part  # one tells nothing for sure
    page = opened(tmp_path)
    assert "(worse)" in page.text
    assert "naive-moved against draft" in page.text


def test_the_same_report_gives_the_same_bytes(tmp_path, written):
    clip_media(tmp_path, "clip-001")
    write_report(json.loads(json.dumps(REPORT)), tmp_path)

    for name in ("index.html", "report.md"):
        assert (tmp_path / name).read_bytes() == (written / name).read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clips", "index.html", "report.md"]


def test_a_clips_name_never_leads_out_of_the_report(tmp_path):
    clip_media(tmp_path / "elsewhere", "x")
    out = tmp_path / "out"
    report = copy.deepcopy(REPORT)
    report["per_clip"][0]["clip"] = "../../elsewhere/clips/x"
    write_report(report, out)

    assert not opened(out).of("img")


def test_a_set_without_truth_says_so(tmp_path):
    write_report(REPORT | {"type": "replace", "size": None, "pairs": [], "groups": {}}, tmp_path)

    assert "nobody has the true composite" in opened(tmp_path).text


def test_a_report_without_its_keys_is_refused(tmp_path):
    with pytest.raises(KeyError, match="set"):
        write_report({"clips": 3}, tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_the_engines_note_of_a_clip_is_told(tmp_path):
    report = copy.deepcopy(REPORT)
    camera = [{"first": 1, "last": 4, "source": "tracked", "detail": "37 features"}]
    report["per_clip"][0] |= {"frames": 9, "seed": 12, "notes": {"draft": {"camera": camera}}}
    write_report(report, tmp_path)
    text = opened(tmp_path).text

    assert "draft: camera 1 to 4 tracked, 37 features." in text
    assert "9 frames" in text
    assert "seed 12" in text
