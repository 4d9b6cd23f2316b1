"""What `auto` takes, from tables and models on disk."""

from __future__ import annotations

import json
import sys

import pytest

from pai_studio.core.engines import libraries
from pai_studio.core.engines.standing import SCHEMA, TABLE, Standing, pick, read
from pai_studio.core.model.manifest import FILE
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import BadInput

needs_libraries = pytest.mark.skipif(bool(libraries.missing()), reason="needs the extra model")


def asked(references=3, **engine):
    """A shot for `auto` with so many references."""
    return Shot.model_validate(
        {
            "schema": "pai-studio/shot/1",
            "name": "any",
            "rate": 24,
            "frames": [1, 24],
            "plate": {"files": "any.####.exr", "colorspace": "ACEScg"},
            "references": [{"file": "any.exr", "frame": 1 + n} for n in range(references)],
            "engine": {"name": "auto", **engine},
        }
    )


def row(engine, psnr, *, references=3, digest="", model="", over="one", **more):
    """A row of which background and subject PSNR are `psnr`."""
    return {
        "set": over,
        "code": "c0de",
        "references": references,
        "clips": 8,
        "inputs": "1n",
        "engine": engine,
        "version": "1",
        "model": model,
        "digest": digest,
        "background_psnr_db": psnr,
        "subject_psnr_db": psnr,
        **more,
    }


def table(*rows):
    return Standing.model_validate({"schema": SCHEMA, "rows": rows})


@needs_libraries
def test_the_engine_that_leads_is_taken_with_the_model_that_was_measured(models, install):
    digest, other = install("mini"), install("other")
    found = pick(asked(), models, table(row("draft", 20), row("pai", 22, digest=digest, model="mini")))
    assert (found.engine, found.model) == ("pai", "mini")
    assert found.from_draft == ()
    assert found.why == (
        "auto: pai (mini) gives background and gain; against draft: background +2.00 dB, gain +2.00 dB,"
        " with 3 references, over 8 clips of one"
    )
    assert other != digest


@needs_libraries
def test_draft_is_taken_where_it_leads_and_where_nobody_would_see_a_difference(models, install):
    digest = install("mini")
    for psnr in (18, 20, 20.05):
        found = pick(asked(), models, table(row("draft", 20), row("pai", psnr, digest=digest, model="mini")))
        assert (found.engine, found.model) == ("draft", "")
        assert "pai (mini)" in found.why


@needs_libraries
def test_the_greatest_lead_wins_whatever_the_order(models, install):
    one, two = install("one"), install("two", engine="vace", trained_for="video-editing")
    rows = [
        row("draft", 20),
        row("pai", 21, digest=one, model="one"),
        row("vace", 22, digest=two, model="two"),
    ]
    for order in (rows, rows[::-1]):
        assert pick(asked(), models, table(*order)).engine == "vace"


@needs_libraries
def test_each_layer_is_given_by_who_leads_in_it(models, install):
    digest = install("mini")
    own = {"digest": digest, "model": "mini"}
    light = table(row("draft", 20), row("pai", 15, **own) | {"subject_psnr_db": 21})
    found = pick(asked(), models, light)
    assert (found.engine, found.from_draft) == ("pai", ("background",))
    assert "gives gain; against draft: background -5.00 dB, gain +1.00 dB" in found.why
    place = table(row("draft", 20), row("pai", 21, **own) | {"subject_psnr_db": 20.05})
    assert pick(asked(), models, place).from_draft == ("gain",)


@needs_libraries
def test_of_several_the_one_is_taken_whose_layers_lead_by_most(models, install):
    one, two = install("one"), install("two")
    rows = [
        row("draft", 20),
        row("pai", 21, digest=one, model="one"),
        row("pai", 10, digest=two, model="two") | {"subject_psnr_db": 23},
    ]
    found = pick(asked(), models, table(*rows))
    assert (found.model, found.from_draft) == ("two", ("background",))


@needs_libraries
def test_clips_count_the_same(models, install):
    digest = install("mini")
    own = {"digest": digest, "model": "mini"}
    rows = [
        row("draft", 20, clips=8),
        row("pai", 21, clips=8, **own),
        row("draft", 20, over="two", clips=2),
        row("pai", 20, over="two", clips=2, **own) | {"subject_psnr_db": 16},
    ]
    found = pick(asked(), models, table(*rows))
    assert "background +0.80 dB, gain +0.00 dB, with 3 references, over 10 clips of one, two" in found.why
    assert (found.engine, found.from_draft) == ("pai", ("gain",))


@needs_libraries
def test_the_number_of_references_that_is_nearest_decides(models, install):
    digest = install("mini")
    own = {"digest": digest, "model": "mini"}
    rows = [
        row("draft", 20, references=1),
        row("pai", 25, references=1, **own),
        row("draft", 20, references=3),
        row("pai", 15, references=3, **own),
    ]
    taken = [pick(asked(references), models, table(*rows)).engine for references in (1, 2, 3, 5)]
    assert taken == ["pai", "pai", "draft", "draft"]


@needs_libraries
@pytest.mark.parametrize("other", [{"code": "else"}, {"inputs": "else"}, {"over": "else"}])
def test_what_was_measured_on_something_else_is_no_lead(models, install, other):
    digest = install("mini")
    found = pick(
        asked(), models, table(row("draft", 20), row("pai", 30, digest=digest, model="mini", **other))
    )
    assert found.engine == "draft"


@needs_libraries
def test_only_the_very_model_that_was_measured_counts(models, install):
    digest = install("mini")
    rows = table(row("draft", 20), row("pai", 30, digest=digest, model="mini"))
    install("another")
    assert pick(asked(model="another"), models, rows).engine == "draft"
    with pytest.raises(BadInput, match=r"no model 'absent' is installed.*models list"):
        pick(asked(model="absent"), models, rows)
    assert pick(asked(model="mini"), models, rows).engine == "pai"
    said = json.loads((models / "mini" / FILE).read_text())
    (models / "mini" / FILE).write_text(json.dumps(said | {"steps": 8}))
    found = pick(asked(), models, rows)
    assert found.engine == "draft"
    assert "nothing else that was measured runs here (pai (mini))" in found.why


@needs_libraries
def test_an_untrained_or_half_copied_model_never_counts(models, install):
    untrained, whole = install("noise", trained_for="none"), install("mini")
    rows = [
        row("draft", 20),
        row("pai", 90, digest=untrained, model="noise"),
        row("pai", 30, digest=whole, model="mini"),
    ]
    assert pick(asked(), models, table(*rows)).model == "mini"
    (models / "mini/weights.safetensors").write_bytes(b"m")
    assert pick(asked(), models, table(*rows)).engine == "draft"


def test_without_the_libraries_only_draft_counts(models, install, monkeypatch):
    digest = install("mini")
    monkeypatch.setitem(sys.modules, "torch", None)
    assert "torch" in libraries.missing()
    found = pick(asked(), models, table(row("draft", 20), row("pai", 30, digest=digest, model="mini")))
    assert found.engine == "draft"


def test_a_preview_takes_draft(models, install):
    digest = install("mini")
    rows = table(row("draft", 20), row("pai", 30, digest=digest, model="mini"))
    found = pick(asked(quality="preview"), models, rows)
    assert (found.engine, found.why) == ("draft", "auto: a preview is to be quick")


def test_where_nothing_else_was_measured_draft_is_taken(models):
    for rows in (table(), table(row("draft", 20), row("plate", 90))):
        found = pick(asked(), models, rows)
        assert (found.engine, found.why) == ("draft", "auto: no other engine has been measured")


def test_the_table_of_the_package_can_be_read_and_measures_draft():
    found = read()
    assert found.rows
    assert TABLE.is_file()
    assert {r.references for r in found.rows if r.engine == "draft"} >= {1, 3}


def test_a_table_that_is_not_there_is_empty_and_a_wrong_one_is_named(tmp_path):
    assert read(tmp_path / "none.json") == Standing()
    wrong = tmp_path / "standing.json"
    wrong.write_text(json.dumps({"schema": SCHEMA, "rows": [row("draft", 20) | {"clips": 0}]}))
    with pytest.raises(BadInput, match="clips"):
        read(wrong)
