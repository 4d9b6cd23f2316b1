"""A whole benchmark over two tiny clips: its report, that it repeats and goes on, and what it does when things fail."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from pai_studio.core.evaluation import clip_run, contestants
from pai_studio.core.evaluation.benchmark import Request, run
from pai_studio.core.evaluation.metrics import METRICS
from pai_studio.core.evaluation.sets.folder import folder_set
from pai_studio.core.shot.errors import AlreadyThere, BadInput, Cancelled

ENGINES = ("draft", "naive-static", "naive-moved")


def _run(folder, out, report=lambda _: None, **asked):
    request = {"set": folder_set(folder), "engines": ENGINES, "out": out, "workers": 0, **asked}
    return run(Request(**request), report)


@pytest.fixture
def made(monkeypatch):
    """Who made which clip, as they come."""
    found = []
    for kind in (contestants.HouseEngine, contestants.NaiveComposite):

        def counted(self, clip, folder, report, real=kind.make):
            found.append((clip.name, self.name))
            return real(self, clip, folder, report)

        monkeypatch.setattr(kind, "make", counted)
    return found


@pytest.fixture(scope="module")
def done(tiny_set, tmp_path_factory):
    """A finished run and its report."""
    out = tmp_path_factory.mktemp("done") / "out"
    return out, _run(tiny_set, out)


def test_the_report_has_every_engine_metric_pair_and_clip(done):
    out, report = done

    assert report["set"] == "tiny"
    assert report["type"] == "restore"
    assert report["clips"] == 2
    assert report["frames"] == 8
    assert report["size"] == [128, 72]
    assert report["failures"] == []
    assert list(report["engines"]) == list(ENGINES)
    for figures in report["engines"].values():
        assert list(figures) == [metric.key for metric in METRICS]
        assert figures["background_psnr_db"]["n"] == 2
    assert [(p["engine"], p["against"]) for p in report["pairs"]] == [
        ("draft", "naive-static"),
        ("draft", "naive-moved"),
    ]
    assert set(report["groups"]["markers"]) == {"with", "without"}
    assert [clip["clip"] for clip in report["per_clip"]] == ["a", "b"]
    assert report["versions"]["engines"]["draft"]
    assert json.loads((out / "report.json").read_text()) == report
    assert set(json.loads((out / "timings.json").read_text())["a"]) == {*ENGINES, "judge", "draw"}


def test_pages_and_pictures_lie_beside_it_and_nothing_else_is_left(done):
    out, _ = done

    for name in ("index.html", "report.md", "clips/a/contact.jpg", "clips/a/review.mp4"):
        assert (out / name).stat().st_size > 500, name
    assert not list(out.rglob("*.exr"))


def test_the_figures_order_the_contestants_rightly(done):
    figures = done[1]["engines"]

    static, moved, draft = (
        figures[name]["background_psnr_db"]["mean"] for name in ("naive-static", "naive-moved", "draft")
    )
    assert static + 3 < moved  # the camera moved
    assert static + 3 < draft
    assert figures["naive-moved"]["anchor_offset_frames"]["mean"] == 0
    assert figures["naive-static"]["anchor_offset_frames"]["mean"] > 0


def test_the_mean_is_that_of_the_clips_and_the_pair_that_of_their_differences(done):
    report = done[1]
    clips = report["per_clip"]

    values = [[clip["engines"][name]["background_psnr_db"] for clip in clips] for name in ENGINES[:2]]
    assert report["engines"]["draft"]["background_psnr_db"]["mean"] == pytest.approx(
        np.mean(values[0]), abs=1e-5
    )
    difference = report["pairs"][0]["metrics"]["background_psnr_db"]
    assert difference["mean"] == pytest.approx(np.mean(values[0]) - np.mean(values[1]), abs=1e-5)
    assert difference["wins"] == 2


def test_a_second_run_computes_nothing_and_repeats_to_the_last_byte(done, tiny_set, made):
    out, _ = done
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}

    _run(tiny_set, out)

    assert made == []
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


@pytest.mark.long
def test_a_run_elsewhere_has_the_same_bytes(done, tiny_set, tmp_path):
    moved = shutil.copytree(tiny_set, tmp_path / "elsewhere" / "tiny")

    _run(moved, tmp_path / "again")

    for name in ("report.json", "report.md", "index.html"):
        assert (tmp_path / "again" / name).read_bytes() == (done[0] / name).read_bytes(), name


def test_only_what_is_missing_is_computed(done, tiny_set, tmp_path, made):
    out = shutil.copytree(done[0], tmp_path / "out")
    (out / "clips/b/naive-static.json").unlink()

    _run(tiny_set, out, engines=("naive-static",))

    assert made == [("b", "naive-static")]
    figures = json.loads((out / "report.json").read_text())["engines"]["naive-static"]
    assert figures == done[1]["engines"]["naive-static"]


@pytest.mark.long
def test_another_engine_is_added_to_a_finished_run(done, tiny_set, tmp_path):
    out = tmp_path / "out"
    _run(tiny_set, out, engines=("naive-static",))

    report = _run(tiny_set, out, engines=("naive-static", "naive-moved"))

    for name in ("naive-static", "naive-moved"):
        assert report["engines"][name] == done[1]["engines"][name]


@pytest.mark.long
def test_a_clip_that_has_changed_is_judged_again(tiny_set, tmp_path, tiny_clip, made):
    folder = shutil.copytree(tiny_set, tmp_path / "tiny")
    _run(folder, tmp_path / "out", engines=("naive-static",))
    shutil.rmtree(folder / "b")
    tiny_clip(folder / "b", 7)

    _run(folder, tmp_path / "out", engines=("naive-static",))

    assert [clip for clip, _ in made] == ["a", "b", "b"]


def test_a_cancelled_run_goes_on_where_it_was(done, tiny_set, tmp_path, made):
    both = ("naive-static", "naive-moved")

    def stop_at_b(progress):
        if "b naive-moved" in progress.message:
            raise Cancelled("asked to")

    with pytest.raises(Cancelled):
        _run(tiny_set, tmp_path / "out", stop_at_b, engines=both)
    assert not (tmp_path / "out/report.json").exists()
    assert made == [("a", "naive-static"), ("a", "naive-moved"), ("b", "naive-static")]

    report = _run(tiny_set, tmp_path / "out", engines=both)

    assert made[3:] == [("b", "naive-moved")]
    for name in both:
        assert report["engines"][name] == done[1]["engines"][name]


def test_progress_is_told_of_every_clip_and_comes_to_its_end(tiny_set, tmp_path):
    heard = []
    _run(tiny_set, tmp_path / "out", heard.append, engines=("naive-static",))

    assert {p.message.split()[0] for p in heard if p.message} == {"a", "b"}
    assert [p.done for p in heard] == sorted(p.done for p in heard)
    assert heard[-1].done == heard[-1].total


@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.long), 2])
def test_processes_make_the_same_bytes_as_this_one(tiny_set, tmp_path, workers):
    _run(tiny_set, tmp_path / "here", engines=("naive-moved",))
    _run(tiny_set, tmp_path / "there", engines=("naive-moved",), workers=workers)

    assert (tmp_path / "there/report.json").read_bytes() == (tmp_path / "here/report.json").read_bytes()


def _without_truth(folder: Path) -> None:
    shutil.rmtree(folder / "truth")


def _truth_too_short(folder: Path) -> None:
    (folder / "truth/composite.1004.exr").unlink()


def _truth_too_long(folder: Path) -> None:
    shutil.copy(folder / "truth/matte.1004.exr", folder / "truth/matte.1005.exr")


def _plate_too_short(folder: Path) -> None:
    (folder / f"plate/{folder.name}.1002.exr").unlink()


def _plate_cut_off(folder: Path) -> None:
    path = folder / f"plate/{folder.name}.1003.exr"
    os.truncate(path, path.stat().st_size // 2)


def _no_still(folder: Path) -> None:
    (folder / "refs/ref.1001.exr").unlink()


def _no_document(folder: Path) -> None:
    (folder / f"{folder.name}.shot.json").unlink()


def _cameras_of_no_use(folder: Path) -> None:
    (folder / "truth/cameras.json").write_text('{"cameras": [{"frame": 1001}]}')


FAULTS = {
    _without_truth: ("truth", "has no truth"),
    _truth_too_short: ("composite", "1004"),
    _truth_too_long: ("matte", "5 frames, the shot 4"),
    _plate_too_short: ("plate", "1002"),
    _plate_cut_off: ("plate", "cannot be read"),
    _no_still: ("ref.1001.exr", "no such file"),
    _no_document: ("shot.json", "no such shot document"),
    _cameras_of_no_use: ("cameras.json", "no cameras"),
}


def test_faulty_clips_are_named_and_the_rest_goes_on(tiny_set, tmp_path):
    folder = tmp_path / "tiny"
    shutil.copytree(tiny_set / "a", folder / "a")
    shutil.copy(tiny_set / "set.json", folder)
    for fault in FAULTS:
        name = fault.__name__.lstrip("_")
        shutil.copytree(tiny_set / "a", folder / name)
        (folder / name / "a.shot.json").rename(folder / name / f"{name}.shot.json")
        text = (folder / name / f"{name}.shot.json").read_text()
        (folder / name / f"{name}.shot.json").write_text(text.replace("plate/a.", f"plate/{name}."))
        for path in (folder / name / "plate").iterdir():
            path.rename(path.with_name(path.name.replace("a.", f"{name}.", 1)))
        fault(folder / name)

    report = _run(folder, tmp_path / "out", engines=("naive-static",))

    told = {failure["clip"]: failure for failure in report["failures"]}
    assert set(told) == {fault.__name__.lstrip("_") for fault in FAULTS}
    for fault, (where, what) in FAULTS.items():
        failure = told[fault.__name__.lstrip("_")]
        assert where in failure["where"], failure
        assert what in failure["what"] + failure["hint"], failure
        assert str(tmp_path) not in json.dumps(failure), failure
        assert failure["engine"] is None
    assert report["engines"]["naive-static"]["background_psnr_db"]["n"] == 1
    assert report["clips"] == 1 + len(FAULTS)
    assert "has no truth" in (tmp_path / "out/report.md").read_text()


def test_a_truth_of_another_size_is_named(tiny_set, tmp_path, picture):
    folder = shutil.copytree(tiny_set, tmp_path / "tiny")
    for number in range(1001, 1005):
        small = np.zeros((36, 64, 1), np.float32)
        picture(folder / f"b/truth/matte.{number}.exr", small, channels=("Y",))

    report = _run(folder, tmp_path / "out", engines=("naive-static",))

    (failure,) = report["failures"]
    assert failure["clip"] == "b"
    assert "64x36, the plate 128x72" in failure["what"]


@pytest.mark.parametrize(
    "fault", [pytest.param(BadInput("will not", where="here"), marks=pytest.mark.long), RuntimeError("boom")]
)
def test_an_engine_that_fails_on_one_clip_is_named_and_tried_again(
    done, tiny_set, tmp_path, monkeypatch, fault
):
    out = shutil.copytree(done[0], tmp_path / "out")
    (out / "clips/b/draft.json").unlink()

    def fails(request, report):
        raise fault

    with monkeypatch.context() as broken:
        broken.setattr(contestants, "render", fails)
        report = _run(tiny_set, out)

    (failure,) = report["failures"]
    assert (failure["clip"], failure["engine"]) == ("b", "draft")
    assert ("boom" if isinstance(fault, RuntimeError) else "will not") in failure["what"]
    assert report["engines"]["draft"]["background_psnr_db"]["n"] == 1
    assert report["engines"]["naive-moved"]["background_psnr_db"]["n"] == 2
    assert report["pairs"][0]["metrics"]["background_psnr_db"]["n"] == 1
    assert "draft" not in report["per_clip"][1]["engines"]

    _run(tiny_set, out)
    assert (out / "report.json").read_bytes() == (done[0] / "report.json").read_bytes()


def test_what_an_engine_delivers_is_looked_at(tiny_set, tmp_path, monkeypatch):
    real = contestants._write
    monkeypatch.setattr(
        contestants, "_write", lambda folder, number, picture: real(folder, number, picture[:40])
    )

    report = _run(tiny_set, tmp_path / "out", engines=("naive-static",))

    assert [failure["engine"] for failure in report["failures"]] == ["naive-static"] * 2
    assert "delivered 128x40, the plate is 128x72" in report["failures"][0]["what"]


def test_a_fault_of_the_program_stops_one_clip_and_says_where_it_is(tiny_set, tmp_path, monkeypatch):
    real = clip_run.judge

    def judge(scene, delivered, report):
        if scene.clip.name == "a":
            raise ZeroDivisionError("by nothing")
        return real(scene, delivered, report)

    monkeypatch.setattr(clip_run, "judge", judge)

    report = _run(tiny_set, tmp_path / "out", engines=("naive-static",))

    (failure,) = report["failures"]
    assert (failure["clip"], failure["what"]) == ("a", "ZeroDivisionError: by nothing")
    assert failure["where"].startswith("test_benchmark.py:")
    assert report["engines"]["naive-static"]["background_psnr_db"]["n"] == 1


def test_a_set_without_truth_is_judged_by_what_the_plate_tells(tiny_set, tmp_path):
    folder = shutil.copytree(tiny_set, tmp_path / "place")
    (folder / "set.json").write_text('{"schema": "pai-studio/set/1", "name": "place", "type": "replace"}')
    for name in "ab":
        shutil.rmtree(folder / name / "truth")

    report = _run(folder, tmp_path / "out", engines=("naive-moved",))

    assert report["type"] == "replace"
    assert report["failures"] == []
    by_key = {metric.key: report["engines"]["naive-moved"][metric.key] for metric in METRICS}
    assert all(by_key[metric.key]["n"] == 0 for metric in METRICS if metric.needs_truth)
    assert by_key["identity"]["n"] == 2
    notes = [clip["notes"]["naive-moved"]["motion"] for clip in report["per_clip"]]
    assert notes == ["the plate's track", "held: the plate could not be followed"]


@pytest.mark.long
def test_kept_frames_lie_in_the_layout_of_a_set(tiny_set, tmp_path):
    _run(tiny_set, tmp_path / "out", engines=("naive-static",), keep_frames=True)

    assert len(list((tmp_path / "out/work/a/delivered/naive-static").glob("beauty.*.exr"))) == 4


def test_an_earlier_report_is_compared_with(done, tiny_set, tmp_path):
    report = _run(tiny_set, shutil.copytree(done[0], tmp_path / "out"), earlier=done[1])

    assert report["changes"]["paired"]
    assert report["changes"]["moved"] == []


@pytest.mark.parametrize("engines", [("draft", "no-such"), (), ("draft", "draft")])
def test_engines_that_cannot_be_run_are_refused_before_anything_is_done(tiny_set, tmp_path, engines):
    with pytest.raises(BadInput, match="engine"):
        _run(tiny_set, tmp_path / "out", engines=engines)
    assert not (tmp_path / "out").exists()


def test_a_folder_with_something_else_in_it_is_left_alone(tiny_set, tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"me")

    with pytest.raises(AlreadyThere):
        _run(tiny_set, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]
