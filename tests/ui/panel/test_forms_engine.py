"""What the form measures and asks away from the window: the camera's move, the server, models, what a render takes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from pai_studio.core.shot.saving import text_beside
from pai_studio.server.api.client import Client
from pai_studio.server.local import ensure_local, stop_local
from pai_studio.ui.panel.forms import ShotForm
from pai_studio.ui.panel.forms.engine import EngineSection
from pai_studio.ui.panel.forms.facts import LOCAL_ENGINES, Renderer
from pai_studio.ui.panel.forms.prompt import PromptSection
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.cost import Machine, Past
from pai_studio.ui.panel.state.studio import Studio
from tests.ui.panel.files import picture, plate
from tests.ui.panel.marked import marked
from tests.ui.panel.shots import a_shot, opened
from tests.ui.panel.test_cost import CONFIG, MANIFEST

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one model, as `models pull` leaves it, and beside it what is none."""
    folder = tmp_path / "models"
    for name, manifest in (("ours-5b", json.dumps(MANIFEST)), ("broken", "{")):
        (folder / name / "transformer").mkdir(parents=True)
        (folder / name / "manifest.json").write_text(manifest)
    (folder / "ours-5b" / "transformer" / "config.json").write_text(json.dumps(CONFIG))
    monkeypatch.setenv("PAI_MODELS_DIR", str(folder))
    monkeypatch.setenv("PAI_DEVICE", "cpu")
    monkeypatch.delenv("PAI_SERVER", raising=False)
    return folder


@pytest.fixture
def form(qtbot: QtBot, studio: Studio, models: Path, tmp_path: Path) -> Iterator[ShotForm]:
    opened(studio, a_shot(tmp_path, stills=2), tmp_path)
    form = ShotForm(studio)
    qtbot.addWidget(form)
    form.resize(420, 900)
    form.show()
    qtbot.waitUntil(lambda: bool(form.facts.renderer.models), timeout=10_000)
    yield form
    qtbot.waitUntil(lambda: studio.work.is_idle)


def names(engine: EngineSection) -> list[str]:
    return [engine.name.combo.itemText(i) for i in range(engine.name.combo.count())]


def test_without_a_server_what_this_version_knows_is_offered_and_said_to_be(form):
    assert names(form.engine) == ["auto", *LOCAL_ENGINES]
    assert "not running" in form.engine.name.note.text()
    assert [one.name for one in form.facts.renderer.models] == ["ours-5b"]


def test_what_the_server_has_is_offered_and_what_the_shot_names_stays(form):
    state = form.current.state
    form.current.edit("Name an engine", lambda shot: edits.set_keys(shot, "engine", name="vace"))
    form.facts.renderer = Renderer(("draft", "plate"))
    form.facts.renderer_changed.emit()
    assert names(form.engine) == ["auto", "draft", "plate", "vace"]
    assert form.engine.name.combo.currentText() == "vace"
    assert state.undo.count() == 1


def test_an_engine_is_chosen_and_its_cost_said(form):
    combo = form.engine.name.combo
    form.facts.renderer = Renderer(machine=Machine("here", (Past("draft", "", "final", 10, 30, 5.0),)))
    form.facts.renderer_changed.emit()
    combo.setCurrentIndex(combo.findText("draft"))
    combo.activated.emit(combo.currentIndex())
    assert form.current.shot.engine.name == "draft"
    assert form.engine.cost.text() == "About 24 s for 49 frames, from the last render with draft."


def test_auto_is_draft_where_nothing_else_can_run_and_open_where_the_server_picks(form):
    assert "picked when the render starts" in form.engine.cost.text()
    for renderer in (Renderer(), Renderer(("draft", "plate"), form.facts.renderer.models)):
        form.facts.renderer = renderer
        form.facts.renderer_changed.emit()
        assert form.engine.cost.text().startswith(
            "Here auto takes draft.\nAbout 6 min for 49 frames: a first guess"
        )


def test_a_model_that_does_not_fit_is_said_before_it_is_asked_for(form):
    models = form.facts.renderer.models
    form.facts.renderer = Renderer(models=models, machine=Machine("this GPU", (), 16_000_000_000))
    form.facts.renderer_changed.emit()
    combo = form.engine.name.combo
    combo.setCurrentIndex(combo.findText("pai"))
    combo.activated.emit(combo.currentIndex())
    assert "Will not fit" in form.engine.cost.text()
    assert [form.engine.model.combo.itemData(i) for i in range(form.engine.model.combo.count())] == [
        "",
        "ours-5b",
    ]


def measured(qtbot: QtBot, prompt: PromptSection) -> None:
    qtbot.mouseClick(prompt.suggestion.measure, LEFT)
    assert prompt.suggestion.is_measuring
    qtbot.waitUntil(lambda: not prompt.suggestion.is_measuring, timeout=10_000)


def test_the_measured_camera_is_a_suggestion_until_somebody_uses_it(qtbot, form, studio, tmp_path):
    shot = marked(tmp_path / "pan", 12)
    own = shot.prompt.model_copy(update={"camera_motion_analysis": "as I say"})
    state = opened(studio, shot.model_copy(update={"name": "PAN", "prompt": own}), tmp_path)
    suggestion = form.prompt.suggestion
    measured(qtbot, form.prompt)
    assert suggestion.said.text() == "a pan from a tripod"
    assert state.shot.prompt.camera_motion_analysis == "as I say"
    assert state.undo.count() == 0
    qtbot.mouseClick(suggestion.use, LEFT)
    assert state.shot.prompt.camera_motion_analysis == "a pan from a tripod"
    assert form.prompt.fields["camera_motion_analysis"].control.text() == "a pan from a tripod"
    assert suggestion.offered.isHidden()
    state.undo.undo()
    assert form.prompt.fields["camera_motion_analysis"].control.text() == "as I say"


def test_a_plate_that_cannot_be_measured_is_said_in_place(qtbot, form, studio):
    measured(qtbot, form.prompt)
    assert "missing" in form.prompt.suggestion.note.text()
    assert form.prompt.suggestion.offered.isHidden()
    assert studio.faults.all == []


def test_measuring_stops_when_it_is_told_to_and_when_another_shot_is_looked_at(qtbot, form, studio, tmp_path):
    shot = marked(tmp_path / "pan", 12)
    suggestion = form.prompt.suggestion
    for name in ("A", "B"):
        opened(studio, shot.model_copy(update={"name": name}), tmp_path)
        qtbot.mouseClick(suggestion.measure, LEFT)
        assert suggestion.measure.text() == "Stop"
        if name == "A":
            qtbot.mouseClick(suggestion.measure, LEFT)
            assert suggestion.note.text() == "Stopped"
    studio.project.step(-1)
    assert not suggestion.is_measuring
    qtbot.waitUntil(lambda: studio.work.is_idle, timeout=10_000)
    assert suggestion.said.text() == ""


@pytest.mark.long
def test_a_real_server_tells_its_engines_and_what_its_renders_have_taken(qtbot, form, studio, tmp_path):
    files = plate(tmp_path / "plate", range(1001, 1004))
    still = picture(tmp_path / "still.exr", np.full((36, 64, 3), 0.2, np.float32))
    keys = {"plate": {"files": str(files), "colorspace": "ACEScg"}, "frames": [1001, 1003]}
    references = [{"file": str(still), "frame": 1001, "colorspace": "ACEScg"}]
    shot = a_shot(tmp_path, name="REAL", references=references, engine={"name": "draft"}, **keys)
    (tmp_path / "REAL.shot.json").write_text(text_beside(shot, tmp_path))
    try:
        with Client(*ensure_local()) as client:
            client.render(tmp_path / "REAL.shot.json")
        form.facts.ask_renderer()
        qtbot.waitUntil(lambda: bool(form.facts.renderer.machine.past), timeout=30_000)
    finally:
        stop_local()
    renderer = form.facts.renderer
    assert renderer.absent == ""
    assert set(renderer.engines) <= set(LOCAL_ENGINES)
    assert {"draft", "plate"} <= set(renderer.engines)
    (past,) = renderer.machine.past
    assert (past.engine, past.frames, past.quality) == ("draft", 3, "final")
    assert renderer.machine.memory_bytes > 1e9
    opened(studio, shot, tmp_path)
    assert "for 3 frames, from the last render with draft" in form.engine.cost.text()
