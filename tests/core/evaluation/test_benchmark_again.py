"""A benchmark that is run again: nothing that has changed in between may leave an old figure in the report."""

from __future__ import annotations

import ast
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import pai_studio.core
from pai_studio.core.evaluation import clip_run, contestants, kept
from pai_studio.core.evaluation.benchmark import Request, run
from pai_studio.core.evaluation.sets.base import BenchmarkSet
from pai_studio.core.evaluation.sets.folder import folder_set
from pai_studio.core.evaluation.sets.layout import content_digest, open_clip
from pai_studio.core.report import Progress
from pai_studio.core.shot.errors import BadInput, Cancelled

NAIVE = ("naive-static",)


def _run(found, out, report=lambda _: None, **asked):
    return run(Request(**{"set": found, "engines": NAIVE, "out": out, "workers": 0, **asked}), report)


@pytest.fixture
def one(tiny_set, tmp_path):
    """A set of one clip that may be changed."""
    folder = tmp_path / "tiny"
    shutil.copytree(tiny_set / "a", folder / "a")
    shutil.copy(tiny_set / "set.json", folder)
    return folder


@pytest.fixture
def made(monkeypatch):
    """The clips that were rendered, as they come."""
    found = []
    real = contestants.NaiveComposite.make

    def counted(self, clip, folder, report):
        found.append(clip.name)
        return real(self, clip, folder, report)

    monkeypatch.setattr(contestants.NaiveComposite, "make", counted)
    return found


@dataclass(frozen=True)
class Copied:
    """A clip that is made when it is needed, as the house's own are: by copying `source`."""

    name: str
    source: Path
    frames: int = 4
    at: None = None

    def recipe(self):
        return str(self.source)

    def write(self, folder, report):
        report(Progress("film", 0, 2))
        shutil.copytree(self.source, folder, dirs_exist_ok=True)
        report(Progress("film", 2, 2))


@pytest.fixture
def filmed(tiny_clip, tmp_path):
    """`filmed(seed)` -> a set of one clip that is always called `a`."""

    def make(seed):
        source = tmp_path / f"source{seed}" / "a"
        if not source.is_dir():
            tiny_clip(source, seed)
        return BenchmarkSet("filmed", "restore", [Copied("a", source)])

    return make


def _psnr(report):
    return report["engines"]["naive-static"]["background_psnr_db"]


def test_a_clip_that_has_become_unusable_leaves_the_figures(one, tmp_path):
    before = _run(folder_set(one), tmp_path / "out")
    (one / "a/truth/composite.1002.exr").unlink()

    after = _run(folder_set(one), tmp_path / "out")

    assert _psnr(before)["n"] == 1
    assert [failure["engine"] for failure in after["failures"]] == [None]
    assert _psnr(after)["n"] == 0
    assert after["per_clip"] == []


def test_a_truth_that_is_read_in_another_space_is_another_truth(one):
    before = content_digest(open_clip(one / "a", "restore"))
    said = json.loads((one / "a/clip.json").read_text())
    (one / "a/clip.json").write_text(json.dumps(said | {"truth_colorspace": "ACEScct"}))

    assert content_digest(open_clip(one / "a", "restore")) != before


@pytest.mark.parametrize("here", [True, False])
def test_another_colour_config_is_judged_anew(request, tmp_path, made, monkeypatch, here):
    found = folder_set(request.getfixturevalue("one")) if here else request.getfixturevalue("filmed")(1)
    _run(found, tmp_path / "out")
    monkeypatch.setenv("OCIO", "ocio://cg-config-v2.1.0_aces-v1.3_ocio-v2.3")

    _run(found, tmp_path / "out")

    assert made == ["a", "a"]


def test_other_libraries_and_other_code_are_other_judges(monkeypatch):
    before = kept.judging_code()
    monkeypatch.setattr(kept, "version", lambda name: "0.0" if name == "numpy" else "1.0")
    changed = kept.judging_code()
    monkeypatch.setattr(kept, "version", lambda _: "1.0")

    assert len({before, changed, kept.judging_code()}) == 3


def test_all_code_that_a_result_follows_from_is_in_its_digest():
    core = Path(pai_studio.core.__file__).parent
    judged_by = [core / part for part in kept.JUDGED_BY]
    assert all(part.exists() for part in judged_by)
    seen, waiting = set(), [core / "evaluation/judging.py", core / "evaluation/contestants.py"]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting += _imported(path, core)

    assert core / "engines/draft.py" in seen
    strays = [path for path in seen if not any(path.is_relative_to(part) for part in judged_by)]
    named = sorted({path.name for path in strays} - {"__init__.py"})
    assert named == ["config.py", "report.py"]  # where things lie, and progress


def _imported(path, core):
    """The files of core that a file imports, wherever it does so."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pai_studio.core."):
            for name in ("", *(alias.name for alias in node.names)):
                place = core.joinpath(*node.module.split(".")[2:], name)
                yield from (p for p in (place.with_suffix(".py"), place / "__init__.py") if p.is_file())


def test_a_clip_filmed_from_something_else_is_filmed_again(filmed, tmp_path):
    alone = _run(filmed(7), tmp_path / "alone")
    _run(filmed(1), tmp_path / "out", keep_frames=True)

    after = _run(filmed(7), tmp_path / "out", keep_frames=True)

    assert _psnr(after) == _psnr(alone)
    assert after["per_clip"][0]["inputs"] == alone["per_clip"][0]["inputs"]


def test_a_clip_filmed_before_a_stop_is_filmed_again_only_if_it_would_be_another(
    filmed, tmp_path, monkeypatch
):
    def stop(progress):
        if "naive-static" in progress.message:
            raise Cancelled("asked to")

    with pytest.raises(Cancelled):
        _run(filmed(1), tmp_path / "out", stop)
    written = []
    real = Copied.write
    monkeypatch.setattr(Copied, "write", lambda *a: (written.append(a[0].source.parent.name), real(*a)))
    with pytest.raises(Cancelled):
        _run(filmed(1), tmp_path / "out", stop)
    assert written == []

    report = _run(filmed(7), tmp_path / "out")

    assert written == ["source7"]
    assert _psnr(report) == _psnr(_run(filmed(7), tmp_path / "alone"))


def test_a_half_filmed_clip_is_none(filmed, tmp_path, monkeypatch):
    def broken(self, folder, report):
        (folder / "plate").mkdir()
        raise Cancelled("asked to")

    with monkeypatch.context() as stopped:
        stopped.setattr(Copied, "write", broken)
        with pytest.raises(Cancelled):
            _run(filmed(1), tmp_path / "out")

    assert _run(filmed(1), tmp_path / "out")["failures"] == []


def test_the_progress_of_a_filmed_clip_never_goes_back(filmed, tmp_path):
    heard = []
    _run(filmed(1), tmp_path / "out", heard.append, engines=("naive-static", "naive-moved"))

    assert "a film" in {p.message for p in heard}
    assert [p.done for p in heard] == sorted(p.done for p in heard)


@pytest.mark.parametrize("here", [True, False])
def test_frames_are_kept_of_a_finished_run_too(one, filmed, tmp_path, here):
    found = folder_set(one) if here else filmed(1)
    before = _run(found, tmp_path / "out")

    after = _run(found, tmp_path / "out", keep_frames=True)

    work = tmp_path / "out/work/a"
    assert len(list((work / "delivered/naive-static").glob("beauty.*.exr"))) == 4
    assert here or (work / "a/truth").is_dir()
    assert after == before


@pytest.mark.parametrize("name", ["contact.jpg", "review.mp4"])
def test_a_picture_that_is_gone_is_drawn_again(one, tmp_path, name):
    _run(folder_set(one), tmp_path / "out")
    before = (tmp_path / "out/clips/a" / name).read_bytes()
    (tmp_path / "out/clips/a" / name).unlink()

    _run(folder_set(one), tmp_path / "out")

    assert (tmp_path / "out/clips/a" / name).read_bytes() == before


def test_what_failed_leaves_no_frames_and_no_paths(one, tmp_path, monkeypatch):
    def judge(scene, delivered, report):
        raise OSError(f"No such file: '{one / 'a'}/x.exr'")

    monkeypatch.setattr(clip_run, "judge", judge)

    (failure,) = _run(folder_set(one), tmp_path / "out")["failures"]

    assert failure["what"] == "OSError: No such file: 'a/x.exr'"
    assert not list((tmp_path / "out").rglob("*.exr"))


def test_a_figure_that_is_no_number_never_gets_into_a_report(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        kept.write_json(tmp_path / "a.json", {"mean": float("nan")})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [255.0, -3.0, float("nan")])
def test_a_matte_that_holds_no_shares_is_named(one, tmp_path, picture, value):
    wrong = np.zeros((72, 128, 1), np.float32)
    wrong[20:40, 30:50] = value
    picture(one / "a/truth/matte.1002.exr", wrong, channels=("Y",))

    (failure,) = _run(folder_set(one), tmp_path / "out")["failures"]

    assert failure["where"] == "a/truth/matte.1002.exr"
    assert "holds values from" in failure["what"]


@pytest.mark.parametrize("inside", ["", "report", "a/deep/report"])
def test_a_report_inside_the_set_is_refused(one, inside):
    before = sorted(one.rglob("*"))

    with pytest.raises(BadInput, match="lies in the set"):
        _run(folder_set(one), one / inside)
    assert sorted(one.rglob("*")) == before


@pytest.mark.parametrize("other", [{"set": "large"}, {"type": "replace"}])
def test_a_report_of_another_set_is_refused_before_anything_is_done(one, tmp_path, other):
    earlier = {"set": "tiny", "type": "restore", "engines": {}, "per_clip": []} | other

    with pytest.raises(BadInput, match="is of the set"):
        _run(folder_set(one), tmp_path / "out", earlier=earlier)
    assert not (tmp_path / "out").exists()


def test_what_one_contestants_pictures_break_is_not_the_others_loss(one, tmp_path, monkeypatch):
    """The judging of one delivery breaks, not by an error that anybody foresaw."""
    real = contestants.Delivered.frame

    def frame(self, number, config):
        if self.folder.name == "naive-moved" and number == 1003:
            raise np.linalg.LinAlgError("SVD did not converge")
        return real(self, number, config)

    monkeypatch.setattr(contestants.Delivered, "frame", frame)

    report = _run(folder_set(one), tmp_path / "out", engines=("naive-static", "naive-moved"))

    (failure,) = report["failures"]
    assert (failure["clip"], failure["engine"]) == ("a", "naive-moved")
    assert failure["what"] == "LinAlgError: SVD did not converge"
    assert _psnr(report)["n"] == 1


def test_the_stills_are_counted_in_the_document_whatever_a_tag_says(one, tmp_path):
    (one / "a/clip.json").write_text('{"tags": {"place": "yard", "references": 7}}')

    report = _run(folder_set(one), tmp_path / "out")

    assert list(report["per_clip"][0]["tags"].items()) == [("references", 2), ("place", "yard")]
