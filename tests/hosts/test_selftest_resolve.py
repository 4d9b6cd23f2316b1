"""The self-tests of Resolve and Fusion: they only ask, tell nobody's names, and their dumps judge the tables."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from pai_studio.host_plugins.resolve import selftest
from pai_studio.host_plugins.resolve.app import App
from pai_studio.host_plugins.resolve.fusion import selftest as of_fusion
from tests.hosts.fakes_resolve.fusion_model import CompModel
from tests.hosts.resolve_scene import ResolveScene
from tests.hosts.surface.compare import compare, main
from tests.hosts.surface.verdict import CONFIRMED, CONTRADICTED, UNTOLD, Verdict

QUESTIONS = ("Get", "Is", "MapPath")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> ResolveScene:
    return ResolveScene(tmp_path_factory.mktemp("Secret Show"), "aces")


@pytest.fixture(scope="module")
def resolve_dump(scene: ResolveScene) -> dict[str, Any]:
    before = scene.all_settings()
    scene.fake.calls.clear()
    path = scene.folder / "dump.json"
    assert "0 failed" in selftest.run(App.of(scene.fake.globals()), path)
    assert scene.all_settings() == before
    asked = {call.rpartition(".")[2] for call in scene.fake.calls}
    assert [name for name in sorted(asked) if not name.startswith(QUESTIONS)] == []
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def fusion_dump(scene: ResolveScene) -> dict[str, Any]:
    comp = CompModel.of_item("Composition 1", scene.item)
    comp.add("Loader", (0, 0))
    scene.fake.comp_open = comp
    app = App.of(scene.fake.globals())
    face = app.fusion.GetCurrentComp()
    before = [(tool.kind, dict(tool.inputs)) for tool in comp.tools]
    scene.fake.calls.clear()
    path = scene.folder / "fusion.json"
    assert "0 failed" in of_fusion.run(app, face, face.FindTool("MediaIn1"), path)
    asked = {call.rpartition(".")[2] for call in scene.fake.calls} - {"FindTool"}
    assert [name for name in sorted(asked) if not name.startswith(QUESTIONS)] == []
    assert [(tool.kind, dict(tool.inputs)) for tool in comp.tools] == before
    assert (comp.done, comp.undo, comp.locks) == ([], [], 0)
    return json.loads(path.read_text(encoding="utf-8"))


def verdicts(dump: dict[str, Any]) -> dict[str, Verdict]:
    return {verdict.row: verdict for verdict in compare(dump)}


def test_no_name_of_the_project_is_written(
    scene: ResolveScene, resolve_dump: dict[str, Any], fusion_dump: dict[str, Any]
) -> None:
    text = json.dumps([resolve_dump, fusion_dump])
    project = scene.fake.project
    for name in (scene.item.name, scene.timeline.name, project.id, "Secret Show", "dailies"):
        assert name not in text, name


def test_it_tells_edition_codecs_and_keys(resolve_dump: dict[str, Any]) -> None:
    assert resolve_dump["product"] == "DaVinci Resolve Studio"
    assert "RGBHalfZIP" in resolve_dump["codecs"]["exr"].values()
    assert "colorScienceMode" in resolve_dump["keys"]["project"]
    assert resolve_dump["answers"]["Project.GetName"] == "str"
    assert resolve_dump["windows"] is True


@pytest.mark.parametrize(
    "row",
    [
        "classes.Project.SetRenderSettings",
        "classes.TimelineItem.GetMarkers",
        "settings.project.colorScienceMode",
        "words.exr_codec.RGBHalfZIP",
    ],
)
def test_a_resolve_confirms_rows(resolve_dump: dict[str, Any], row: str) -> None:
    found = verdicts(resolve_dump)
    assert found[row].outcome == CONFIRMED
    assert [one for one in found.values() if one.outcome == CONTRADICTED] == []
    assert found["tools.Loader.Clip"].outcome == UNTOLD


@pytest.mark.parametrize(
    "row", ["tools.Loader.Clip", "classes.Composition.Render", "attrs.comp.COMPN_RenderStart"]
)
def test_a_fusion_confirms_rows(fusion_dump: dict[str, Any], row: str) -> None:
    found = verdicts(fusion_dump)
    assert found[row].outcome == CONFIRMED
    assert [one for one in found.values() if one.outcome == CONTRADICTED] == []
    assert found["tools.Saver.Clip"].outcome == UNTOLD


CONTRARY = {
    "no such call": (("classes", "Project"), ["GetName"], "classes.Project.AddRenderJob", "no AddRenderJob"),
    "another answer": (
        ("answers", "Timeline.GetStartFrame"),
        "str",
        "classes.Timeline.GetStartFrame",
        "a str",
    ),
    "another value": (
        ("colour", "project", "colorScienceMode"),
        "aces9",
        "settings.project.colorScienceMode",
        "it is 'aces9' there",
    ),
}
OF_FUSION = {
    "no such input": (("tools", "Loader"), {"File": "Text"}, "tools.Loader.Clip", "no input Clip"),
    "another type": (("tools", "Loader", "Clip"), "Image", "tools.Loader.Clip", "of the type Image"),
    "no such call": (("classes", "Tool"), ["GetInput"], "classes.Tool.SetInput", "no SetInput"),
}


def changed(dump: dict[str, Any], place: tuple[str, ...], value: Any) -> dict[str, Any]:
    made = copy.deepcopy(dump)
    at = made
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = value
    return made


@pytest.mark.parametrize(("place", "value", "row", "why"), CONTRARY.values(), ids=CONTRARY)
def test_a_resolve_contradicts_a_row(
    resolve_dump: dict[str, Any], place: tuple[str, ...], value: Any, row: str, why: str
) -> None:
    verdict = verdicts(changed(resolve_dump, place, value))[row]
    assert verdict.outcome == CONTRADICTED
    assert why in verdict.why


@pytest.mark.parametrize(("place", "value", "row", "why"), OF_FUSION.values(), ids=OF_FUSION)
def test_a_fusion_contradicts_a_row(
    fusion_dump: dict[str, Any], place: tuple[str, ...], value: Any, row: str, why: str
) -> None:
    verdict = verdicts(changed(fusion_dump, place, value))[row]
    assert verdict.outcome == CONTRADICTED
    assert why in verdict.why


def test_what_is_newer_than_that_resolve_is_not_contradicted(resolve_dump: dict[str, Any]) -> None:
    older = changed(changed(resolve_dump, ("version",), [20, 3]), ("classes", "Timeline"), ["GetName"])
    assert verdicts(older)["classes.Timeline.GetSelectedClips"].outcome == UNTOLD
    assert verdicts(older)["classes.Timeline.GetTrackCount"].outcome == CONTRADICTED


def test_the_report_names_host_and_rows(
    resolve_dump: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "dump.json"
    file.write_text(json.dumps(resolve_dump), encoding="utf-8")
    assert main(["--rows", str(file)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("DaVinci Resolve Studio 21.1, ")
    assert "  classes.Project.SetRenderSettings\n" in said
