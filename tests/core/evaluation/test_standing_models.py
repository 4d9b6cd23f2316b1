"""From the benchmark of a model, tiny but of the real classes, to the engine that `auto` makes of it."""

from __future__ import annotations

import json

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from pai_studio.core.engines import standing  # noqa: E402
from pai_studio.core.engines.registry import Models, make_engine  # noqa: E402
from pai_studio.core.evaluation.benchmark import Request, run  # noqa: E402
from pai_studio.core.evaluation.sets.folder import folder_set  # noqa: E402
from pai_studio.core.evaluation.sets.layout import open_clip  # noqa: E402
from pai_studio.core.evaluation.standing import write_standing  # noqa: E402
from pai_studio.core.model import manifest  # noqa: E402
from tests.core.engines.tiny_pai import NAME, tiny_pai  # noqa: E402

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder with one model, called trained: of what is measured here nothing is published."""
    folder = tmp_path_factory.mktemp("models")
    tiny_pai(folder, trained_for="background-replacement")
    return Models(folder, "cpu")


@pytest.fixture(scope="module")
def report(models, tiny_set, tmp_path_factory):
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("measured") / "out"
    engines = ("draft", f"pai@{NAME}")
    return run(Request(set=folder_set(tiny_set), engines=engines, out=out, workers=0, models=models))


def test_a_model_is_measured_as_an_engine_is(report, models):
    own = manifest.read(models.folder / NAME)
    assert report["failures"] == []
    assert report["versions"]["models"] == {f"pai@{NAME}": {"name": NAME, "digest": own.digest}}
    assert own.digest[:16] in report["versions"]["engines"][f"pai@{NAME}"]
    assert f"torch-{torch.__version__.partition('+')[0]}" in report["versions"]["engines"][f"pai@{NAME}"]
    assert report["engines"][f"pai@{NAME}"]["background_psnr_db"]["n"] == 2


def test_auto_makes_the_engine_that_leads_with_its_model_and_tells_why(
    report, models, tiny_set, tmp_path, monkeypatch
):
    table = tmp_path / "standing.json"
    write_standing([report], table)
    monkeypatch.setattr(standing, "TABLE", table)
    shot = open_clip(tiny_set / "a", "restore").shot
    shot = shot.model_copy(update={"engine": shot.engine.model_copy(update={"name": "auto"})})

    behind = make_engine(shot, models)
    assert behind.name == "draft"
    assert f"pai ({NAME}) gives nothing" in standing.pick(shot, models.folder).why

    said = json.loads(table.read_text())
    for row in said["rows"]:
        for figure in ("background_psnr_db", "subject_psnr_db"):
            row[figure] += 60 if row["engine"] == "pai" else 0
    table.write_text(json.dumps(said))
    ahead = make_engine(shot, models)
    assert ahead.name == "pai"
    assert f"pai ({NAME}) gives background and gain" in ahead.notes()["chosen"]
    assert make_engine(shot, Models(tmp_path / "empty", "cpu")).name == "draft"
