"""Learned judges over a set: what they say stands beside the metrics, is kept, and costs the metrics nothing."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap

import pytest

from pai_studio.core.evaluation import contestants
from pai_studio.core.evaluation.benchmark import Request, run
from pai_studio.core.evaluation.learned import learned_judge
from pai_studio.core.evaluation.metrics import METRICS
from pai_studio.core.evaluation.page import write_docs
from pai_studio.core.evaluation.plugins import JUDGES
from pai_studio.core.evaluation.sets.folder import folder_set
from pai_studio.core.shot.errors import BadInput

ENGINES = ("naive-static", "naive-moved")
TITLE = "Learned judges: optional, not part of the ranking"
PAGES = ("report.json", "report.md", "index.html")
_MODULE = """
    class Bright:
        name, keys = "bright", ("brightness", "nothing")
        about, notice = "the mean of the result, times a gain: more is more", ""

        def __init__(self, facts, gain: float = 1.0, breaks: str = "", gives: float = 0.0):
            self.gain, self.breaks, self.gives, self.seen = gain, breaks, gives, []

        def version(self):
            return "bright 1"

        def add(self, frame):
            if self.breaks == "add" and len(self.seen) == 1:
                raise ZeroDivisionError("by nothing")
            self.seen.append(self.gain * float(frame.result.mean()))

        def values(self):
            if self.breaks == "values":
                return {"brightness": 1.0}
            return {"brightness": self.gives or sum(self.seen) / len(self.seen), "nothing": None}
"""


@pytest.fixture(scope="module", autouse=True)
def bright(tmp_path_factory):
    """A judge that needs nothing, reached as the house's own are."""
    folder = tmp_path_factory.mktemp("judge")
    (folder / "pai_test_judge.py").write_text(textwrap.dedent(_MODULE))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "path", [*sys.path, str(folder)])
        patched.setitem(JUDGES, "bright", "pai_test_judge:Bright")
        yield


@pytest.fixture
def made(monkeypatch):
    """Who made which clip, as they come."""
    found = []
    real = contestants.NaiveComposite.make

    def counted(self, clip, folder, report):
        found.append((clip.name, self.name))
        return real(self, clip, folder, report)

    monkeypatch.setattr(contestants.NaiveComposite, "make", counted)
    return found


def _run(folder, out, *judges, **asked):
    chosen = tuple(learned_judge(text) for text in judges)
    request = {"set": folder_set(folder), "engines": ENGINES, "out": out, "workers": 0, "judges": chosen}
    return run(Request(**request | asked))


@pytest.fixture(scope="module")
def plain(tiny_set, tmp_path_factory):
    """A finished run without a judge, and its report."""
    out = tmp_path_factory.mktemp("plain") / "out"
    return out, _run(tiny_set, out)


@pytest.fixture(scope="module")
def judged(plain, tiny_set, tmp_path_factory):
    """The same with one."""
    out = shutil.copytree(plain[0], tmp_path_factory.mktemp("judged") / "out")
    return out, _run(tiny_set, out, "bright:gain=2")


def test_what_a_judge_says_stands_beside_the_metrics(plain, judged):
    report = judged[1]

    assert report["judges"]["asked"] == [
        {
            "name": "bright",
            "version": "bright 1",
            "keys": ["brightness", "nothing"],
            "about": "the mean of the result, times a gain: more is more",
        }
    ]
    for engine in ENGINES:
        said = [clip["judges"][engine] for clip in report["per_clip"]]
        figure = report["judges"]["engines"][engine]["brightness"]
        assert [list(values) for values in said] == [["brightness", "nothing"]] * 2
        assert figure["n"] == 2
        assert figure["mean"] == pytest.approx(sum(values["brightness"] for values in said) / 2, abs=1e-6)
        assert figure["ci95"][0] <= figure["mean"] <= figure["ci95"][1]
        assert report["judges"]["engines"][engine]["nothing"] == {"mean": None, "ci95": [None, None], "n": 0}
    assert json.loads((judged[0] / "report.json").read_text()) == report
    without = {key: value for key, value in report.items() if key not in ("judges", "per_clip")}
    assert without == {key: value for key, value in plain[1].items() if key != "per_clip"}
    clips = [{key: v for key, v in clip.items() if key != "judges"} for clip in report["per_clip"]]
    assert clips == plain[1]["per_clip"]
    assert "brightness" not in {metric.key for metric in METRICS}


def test_it_is_a_table_of_its_own_on_every_page(judged, tmp_path):
    out, report = judged
    write_docs([(report, out)], tmp_path / "benchmark.md", tmp_path / "images")

    mean = report["judges"]["engines"]["naive-moved"]["brightness"]["mean"]
    for path in (out / "report.md", out / "index.html", tmp_path / "benchmark.md"):
        before, _, after = path.read_text(encoding="utf-8").rpartition(TITLE)
        assert f"{mean:.3f}" in after, path
        assert "brightness" not in before, path
        assert "times a gain" in after, path
        assert "bright 1" in after, path
    row = next(line for line in (out / "report.md").read_text().splitlines() if "| brightness |" in line)
    assert "**" not in row


def test_without_a_judge_nothing_tells_of_any(plain, judged, tiny_set, tmp_path):
    out = shutil.copytree(judged[0], tmp_path / "out")

    _run(tiny_set, out)

    for name in PAGES:
        assert (out / name).read_bytes() == (plain[0] / name).read_bytes()
        assert TITLE not in (out / name).read_text(encoding="utf-8")
    assert "judges" not in plain[1]
    assert all("judges" not in clip for clip in plain[1]["per_clip"])


def test_a_second_run_asks_no_judge_and_repeats_to_the_last_byte(judged, tiny_set, tmp_path, made):
    out = judged[0]
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}

    _run(tiny_set, out, "bright:gain=2")

    assert made == []
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    _run(tiny_set, tmp_path / "anew", "bright:gain=2")
    for name in PAGES:
        assert (tmp_path / "anew" / name).read_bytes() == (out / name).read_bytes(), name


def test_other_options_are_judged_anew_and_the_metrics_are_not(judged, tiny_set, tmp_path):
    out = shutil.copytree(judged[0], tmp_path / "out")
    kept = {path: path.stat().st_mtime_ns for path in out.glob("clips/*/*.json") if path.stem in ENGINES}

    report = _run(tiny_set, out, "bright:gain=6")

    for engine in ENGINES:
        now, then = (r["judges"]["engines"][engine]["brightness"]["mean"] for r in (report, judged[1]))
        assert now == pytest.approx(3 * then, abs=1e-5)
    assert len(kept) == 4
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_another_version_of_a_judge_is_another_judge(judged, tiny_set, tmp_path, monkeypatch):
    import pai_test_judge

    out = shutil.copytree(judged[0], tmp_path / "out")
    monkeypatch.setattr(pai_test_judge.Bright, "version", lambda _: "bright 2")
    monkeypatch.setattr(pai_test_judge.Bright, "values", lambda _: {"brightness": 7.0, "nothing": None})

    report = _run(tiny_set, out, "bright:gain=2")

    assert report["judges"]["engines"]["naive-static"]["brightness"]["mean"] == 7


def test_another_result_is_judged_anew(judged, tiny_set, tmp_path, monkeypatch):
    import pai_test_judge

    out = shutil.copytree(judged[0], tmp_path / "out")
    monkeypatch.setattr(contestants.NaiveComposite, "version", lambda _: "another")
    monkeypatch.setattr(pai_test_judge.Bright, "values", lambda _: {"brightness": 7.0, "nothing": None})

    report = _run(tiny_set, out, "bright:gain=2")

    assert report["judges"]["engines"]["naive-static"]["brightness"]["mean"] == 7


@pytest.mark.parametrize(
    ("option", "say"),
    [
        ("breaks=add", "the judge bright: ZeroDivisionError: by nothing"),
        ("breaks=values", "the judge bright: gave {'brightness': 1.0}"),
        ("gives=nan", "the judge bright: gave {'brightness': nan"),
    ],
)
def test_a_judge_that_breaks_is_named_and_costs_the_metrics_nothing(plain, tiny_set, tmp_path, option, say):
    report = _run(tiny_set, tmp_path / "out", f"bright:{option}", engines=("naive-static",))

    assert [(f["clip"], f["engine"]) for f in report["failures"]] == [
        ("a", "naive-static"),
        ("b", "naive-static"),
    ]
    assert all(failure["what"].startswith(say) for failure in report["failures"])
    assert report["engines"]["naive-static"] == plain[1]["engines"]["naive-static"]
    assert report["judges"]["engines"]["naive-static"]["brightness"]["n"] == 0
    assert (tmp_path / "out/clips/a/contact.jpg").is_file()


def test_what_a_judge_failed_at_is_tried_again(judged, tiny_set, tmp_path, monkeypatch):
    import pai_test_judge

    def breaks(self, frame):
        raise ZeroDivisionError("by nothing")

    out = shutil.copytree(judged[0], tmp_path / "out")
    (out / "clips/b/naive-moved.bright.json").unlink()
    with monkeypatch.context() as broken:
        broken.setattr(pai_test_judge.Bright, "add", breaks)
        report = _run(tiny_set, out, "bright:gain=2")
    assert [(f["clip"], f["engine"]) for f in report["failures"]] == [("b", "naive-moved")]
    assert report["per_clip"][1]["judges"] == {
        "naive-static": judged[1]["per_clip"][1]["judges"]["naive-static"],
        "naive-moved": {},
    }

    _run(tiny_set, out, "bright:gain=2")

    assert (out / "report.json").read_bytes() == (judged[0] / "report.json").read_bytes()


def test_a_judge_is_named_once(tiny_set, tmp_path):
    with pytest.raises(BadInput, match="named twice"):
        _run(tiny_set, tmp_path / "out", "bright", "bright:gain=2")
    assert not (tmp_path / "out").exists()


def test_a_judge_that_cannot_be_loaded_is_named_in_one_line(monkeypatch):
    import pai_test_judge

    def breaks(_):
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(pai_test_judge.Bright, "version", breaks)

    with pytest.raises(BadInput, match=r"the judge bright cannot be loaded \(RuntimeError: operator"):
        learned_judge("bright")


def test_how_a_judge_is_asked_for():
    assert dict(learned_judge("bright").options) == {}
    assert dict(learned_judge("bright:gain=2,breaks=a,b").options) == {"gain": 2.0, "breaks": "a,b"}
    with pytest.raises(BadInput, match="--judge bright: 'gain' gives no option a value; write OPTION=VALUE"):
        learned_judge("bright:gain")
