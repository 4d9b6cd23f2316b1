"""What `auto` chooses by, as reports tell it; and that no random weights come into a report."""

from __future__ import annotations

import copy

import pytest

from pai_studio.core.engines import libraries
from pai_studio.core.engines.registry import Models
from pai_studio.core.engines.standing import read
from pai_studio.core.evaluation.benchmark import Request, run
from pai_studio.core.evaluation.contestants import contestant, model_of
from pai_studio.core.evaluation.sets.folder import folder_set
from pai_studio.core.evaluation.standing import rows, write_standing
from pai_studio.core.shot.document import EngineChoice
from pai_studio.core.shot.errors import BadInput

needs_libraries = pytest.mark.skipif(bool(libraries.missing()), reason="needs the extra model")


@pytest.fixture(scope="module")
def report(tiny_set, tmp_path_factory):
    """A report of two tiny clips, with an engine that fills nothing."""
    out = tmp_path_factory.mktemp("standing") / "out"
    return run(Request(set=folder_set(tiny_set), engines=("plate", "naive-static"), out=out, workers=0))


def with_model(report, name, digest, better_db):
    """The report with a further engine, as good as the plate but for some dB."""
    made = copy.deepcopy(report)
    made["engines"][name] = made["engines"]["plate"]
    made["versions"]["engines"][name] = "1"
    made["versions"]["models"] = {name: {"name": "mini", "digest": digest}}
    for clip in made["per_clip"]:
        clip["engines"][name] = {
            key: value + better_db if key.endswith("psnr_db") and isinstance(value, float) else value
            for key, value in clip["engines"]["plate"].items()
        }
    return made


def test_a_row_has_the_means_of_its_clips(report, tmp_path):
    (row,) = write_standing([report], tmp_path / "standing.json").rows
    clips = [clip["engines"]["plate"] for clip in report["per_clip"]]
    assert (row.engine, row.model, row.set, row.clips) == ("plate", "", "tiny", 2)
    assert row.code == report["versions"]["code"]
    assert row.references == report["per_clip"][0]["tags"]["references"]
    assert row.background_psnr_db == pytest.approx(sum(c["background_psnr_db"] for c in clips) / 2, abs=1e-6)
    assert row.subject_psnr_db == pytest.approx(sum(c["foreground_psnr_db"] for c in clips) / 2, abs=1e-6)
    assert row.spill == pytest.approx(sum(abs(c["spill"]) for c in clips) / 2, abs=1e-6)
    assert read(tmp_path / "standing.json").rows == (row,)


def test_the_same_reports_give_the_same_bytes_in_any_order(report, tmp_path):
    other = with_model(report, "pai@mini", "d1", 1.0) | {"set": "other"}
    write_standing([report, other, report], tmp_path / "a.json")
    write_standing([other, report], tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert len(read(tmp_path / "a.json").rows) == 3


def test_a_model_is_told_by_its_engine_and_digest(report):
    found = {row.engine: row for row in rows(with_model(report, "pai@mini", "d1", 1.0))}
    assert (found["pai"].model, found["pai"].digest) == ("mini", "d1")
    assert found["pai"].trial == found["plate"].trial
    for figure in ("background_psnr_db", "subject_psnr_db"):
        ahead = getattr(found["pai"], figure) - getattr(found["plate"], figure)
        assert ahead == pytest.approx(1.0, abs=1e-5)


def test_an_engine_that_failed_on_a_clip_was_not_measured_on_the_same(report):
    made = with_model(report, "pai", "d1", 1.0)
    del made["per_clip"][0]["engines"]["pai"]
    found = {row.engine: row for row in rows(made)}
    assert found["pai"].clips == 1
    assert found["pai"].trial != found["plate"].trial


def test_a_report_of_unknown_code_is_refused(report):
    old = copy.deepcopy(report)
    del old["versions"]["code"]
    with pytest.raises(BadInput, match="measured by"):
        rows(old)


@needs_libraries
def test_random_weights_never_enter_a_table(install, models, tiny_set, tmp_path):
    install("noise", trained_for="none")
    with pytest.raises(BadInput, match="untrained; random weights never enter a table"):
        contestant("pai@noise", Models(models))
    request = Request(
        set=folder_set(tiny_set),
        engines=("pai@noise",),
        out=tmp_path / "out",
        workers=0,
        models=Models(models),
    )
    with pytest.raises(BadInput, match="untrained"):
        run(request)
    assert not (tmp_path / "out").exists()


@needs_libraries
def test_without_a_name_the_trained_model_is_measured(install, models):
    install("noise", trained_for="none")
    with pytest.raises(BadInput, match="no trained model"):
        model_of("pai", Models(models))
    digest = install("mini")
    assert model_of("pai", Models(models)).manifest.digest == digest
    (models / "mini/weights.safetensors").write_bytes(b"m")
    with pytest.raises(BadInput, match="bytes"):
        model_of("pai", Models(models))


def test_only_engines_with_a_model_take_one():
    for name in ("draft@mini", "naive-static@mini", "magic"):
        with pytest.raises(BadInput, match="not a known engine"):
            contestant(name)
    assert model_of("draft", Models()) is None


def test_a_clip_s_own_choice_of_a_model_is_not_another_engine_s():
    asked = contestant("draft")._choice(EngineChoice(name="vace", model="another", steps=9))
    assert (asked.name, asked.model, asked.steps) == ("draft", "", 9)
