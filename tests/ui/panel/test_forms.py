"""The form of a shot, worked as a person works it; what comes of it is in the document."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QSlider,
    QWidget,
)
from pytestqt.qtbot import QtBot

from pai_studio.core.shot.document import Prompt
from pai_studio.core.shot.frames import FrameRange
from pai_studio.ui.panel import style
from pai_studio.ui.panel.forms import ShotForm
from pai_studio.ui.panel.forms.fields import Field
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.shot import ShotState, Status
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.state.versions import Version
from tests.ui.panel.files import plate
from tests.ui.panel.shots import a_shot, opened

PLAIN, CONTROL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
RETURN = Qt.Key.Key_Return


@pytest.fixture
def state(studio: Studio, tmp_path: Path) -> ShotState:
    return opened(studio, a_shot(tmp_path, stills=2), tmp_path)


@pytest.fixture
def form(qtbot: QtBot, studio: Studio, state: ShotState) -> Iterator[ShotForm]:
    form = ShotForm(studio)
    qtbot.addWidget(form)
    form.resize(420, 900)
    form.show()
    yield form
    qtbot.waitUntil(lambda: studio.work.is_idle)


def typed(qtbot: QtBot, line: QLineEdit, text: str) -> None:
    """Type over what is there, and leave with Return."""
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, text)
    qtbot.keyClick(line, RETURN)


def wheel(widget: QWidget) -> None:
    at = QPointF(widget.rect().center())
    event = QWheelEvent(
        at,
        QPointF(widget.mapToGlobal(at.toPoint())),
        QPoint(0, 0),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        PLAIN,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def dropped(widget: QWidget, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, PLAIN)
    widget.dropEvent(event)  # type: ignore[arg-type]


# Texts


def test_the_prompt_has_the_schemas_keys_in_its_order(form):
    assert list(form.prompt.fields) == list(Prompt.model_fields)
    assert list(form.prompt.fields)[-1] == "caption"


def test_what_is_typed_is_in_the_document_and_undone_as_one(qtbot, form, state):
    area = form.prompt.fields["background_content"].control
    area.setFocus()
    qtbot.keyClicks(area, "a street")
    assert state.shot.prompt.background_content == "a street"
    assert state.undo.count() == 1
    qtbot.keyClick(area, Qt.Key.Key_Z, CONTROL)
    assert state.shot.prompt.background_content == ""
    assert area.toPlainText() == ""
    qtbot.keyClick(area, Qt.Key.Key_Z, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert area.toPlainText() == "a street"


def test_a_field_that_was_left_is_undone_apart(qtbot, form, state):
    line = form.prompt.fields["camera_angle"].control
    for word in ("low", " angle"):
        line.setFocus()
        qtbot.keyClicks(line, word)
        form.prompt.fields["focal_length"].control.setFocus()
    assert state.undo.count() == 2


def test_a_change_from_elsewhere_leaves_the_cursor_where_it_is(qtbot, form, state):
    line = form.prompt.fields["camera_angle"].control
    line.setFocus()
    qtbot.keyClicks(line, "eye level")
    line.setCursorPosition(3)
    state.edit("Rename", state.shot.model_copy(update={"name": "SH020"}))
    assert line.cursorPosition() == 3


def test_another_shot_shows_its_own_values(form, state, studio, tmp_path):
    other = a_shot(tmp_path, name="SH020", prompt={"caption": "another"})
    opened(studio, other, tmp_path)
    assert form.prompt.fields["caption"].area.toPlainText() == "another"
    assert form.current.shot is other
    studio.project.close(studio.project.shots)
    assert not form.prompt.fields["caption"].control.isEnabled()


# Numbers


@pytest.mark.parametrize(
    ("text", "last"), [("1060", 1060), ("+20", 1069), ("-9", 1040), ("1001+23", 1024), (" 1100 ", 1100)]
)
def test_frames_take_arithmetic(qtbot, form, state, text, last):
    typed(qtbot, form.plate.last.line, text)
    assert state.shot.frames.last == last
    assert form.plate.last.line.text() == str(last)


@pytest.mark.parametrize(
    ("text", "said"), [("x", "number"), ("1000", "1001"), ("/0", "number"), (" ", "number")]
)
def test_a_refused_number_is_said_in_place_and_the_last_good_one_kept(qtbot, form, state, text, said):
    typed(qtbot, form.plate.last.line, text)
    assert state.shot.frames.last == 1049
    assert form.plate.last.line.text() == text
    assert said in form.plate.last.note.text()
    assert form.plate.last.note.isVisible()
    qtbot.keyClick(form.plate.last.line, Qt.Key.Key_Escape)
    assert form.plate.last.line.text() == "1049"
    assert not form.plate.last.note.isVisible()


def test_what_the_schema_refuses_is_refused_in_its_words(qtbot, form, state):
    typed(qtbot, form.engine.steps.line, "5000")
    assert state.shot.engine.steps == 30
    assert "1000" in form.engine.steps.note.text()


def test_exposure_takes_a_sign_as_its_own(qtbot, form, state):
    typed(qtbot, form.plate.exposure.line, "-1.5")
    assert state.shot.plate.exposure == -1.5
    qtbot.keyClick(form.plate.exposure.line, Qt.Key.Key_Up)
    assert state.shot.plate.exposure == -1.25


@pytest.mark.parametrize("text", ["nan", "inf", "1e9", "one"])
def test_what_is_no_exposure_is_refused(qtbot, form, state, text):
    typed(qtbot, form.plate.exposure.line, text)
    assert state.shot.plate.exposure == 0
    assert form.plate.exposure.note.text()


def test_a_rate_is_chosen_or_written(qtbot, form, state):
    assert form.plate.rate.line.text() == "23.976"
    typed(qtbot, form.plate.rate.line, "25 fps")
    assert state.shot.rate == Fraction(25)
    typed(qtbot, form.plate.rate.line, "24.1")
    assert state.shot.rate == Fraction(25)
    assert "frame rate" in form.plate.rate.note.text()


def test_dice_throw_another_seed(qtbot, form, state):
    qtbot.mouseClick(form.engine.dice, Qt.MouseButton.LeftButton)
    assert state.shot.engine.seed != 7
    assert form.engine.seed.line.text() == str(state.shot.engine.seed)


# Sliders


def test_a_slider_is_one_undo_a_drag_and_a_double_click_resets_it(qtbot, form, state):
    form.area.ensureWidgetVisible(form.finish)
    field = form.finish.fields["wrap"]
    field.slider.setSliderDown(True)
    for value in (60, 70, 80):
        field.slider.setValue(value)
    field.slider.setSliderDown(False)
    assert state.shot.finish.wrap == 0.8
    assert field.line.text() == "0.80"
    assert state.undo.count() == 1
    qtbot.mouseDClick(field.slider, Qt.MouseButton.LeftButton)
    assert state.shot.finish.wrap == 0.5
    state.undo.undo()
    assert field.slider.value() == 80
    typed(qtbot, field.line, "1.5")
    assert state.shot.finish.wrap == 0.8
    assert "1" in field.note.text()


def test_the_wheel_changes_nothing_that_has_no_focus(form, state):
    form.prompt.fields["camera_angle"].control.setFocus()
    for widget in (*form.findChildren(QComboBox), *form.findChildren(QSlider)):
        wheel(widget)
    assert state.undo.count() == 0


# Colour, files, passes


def test_the_configs_spaces_are_offered_and_another_is_refused(qtbot, form, state):
    qtbot.waitUntil(lambda: form.facts.spaces is not None, timeout=10_000)
    field = form.plate.space
    names = [field.combo.itemText(i) for i in range(field.combo.count())]
    assert {"ACEScg", "ACEScct"} <= set(names)
    assert field.line.text() == "ACEScg"
    typed(qtbot, field.line, "acesc")
    assert state.shot.plate.colorspace == "ACEScg"
    assert "did you mean" in field.note.text()
    typed(qtbot, field.line, "lin_rec709_scene")  # an alias, kept as it is named
    assert state.shot.plate.colorspace == "lin_rec709_scene"


def test_a_space_is_found_by_any_part_of_its_name(qtbot, form, state):
    qtbot.waitUntil(lambda: form.facts.spaces is not None, timeout=10_000)
    line = form.plate.space.line
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, "cct")
    popup = form.plate.space.combo.completer().popup()
    qtbot.waitUntil(popup.isVisible)
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, RETURN)
    assert state.shot.plate.colorspace == "ACEScct"
    assert line.text() == "ACEScct"
    assert state.undo.count() == 1


def test_a_space_that_the_file_says_otherwise_is_shown_beside(qtbot, studio, form, tmp_path):
    rec709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
    pattern = plate(tmp_path / "own", range(1001, 1003), chromaticities=("float[8]", rec709))
    shot = a_shot(tmp_path, name="SH030", plate={"files": str(pattern), "colorspace": "ACEScg"})
    state = opened(studio, shot, tmp_path)
    qtbot.waitUntil(lambda: "Rec.709" in form.plate.space.note.text(), timeout=10_000)
    assert form.facts.plate.size == (64, 36)
    typed(qtbot, form.plate.space.line, form.facts.plate.space)
    assert state.shot.plate.colorspace == form.facts.plate.space
    assert form.plate.space.note.text() == ""


def test_a_space_that_the_config_does_not_have_is_said_and_kept(qtbot, studio, form, tmp_path):
    shot = a_shot(tmp_path, name="SH040", plate={"files": "a.####.exr", "colorspace": "House Log"})
    state = opened(studio, shot, tmp_path)
    qtbot.waitUntil(lambda: "has no 'House Log'" in form.plate.space.note.text(), timeout=10_000)
    assert form.plate.space.line.text() == "House Log"
    assert state.undo.count() == 0


def test_one_of_a_range_that_is_dropped_is_the_range(form, state, tmp_path):
    dropped(form.plate.files, tmp_path / "take2.0123.exr")
    assert state.shot.plate.files == str(tmp_path / "take2.####.exr")
    dropped(form.plate.files, tmp_path / "notes.txt")
    assert state.shot.plate.files == str(tmp_path / "take2.####.exr")


def test_a_matte_comes_with_its_channel_and_goes(qtbot, form, state, tmp_path):
    qtbot.mouseClick(form.mattes.header, Qt.MouseButton.LeftButton)
    assert form.mattes.is_open
    dropped(form.mattes.files["core"], tmp_path / "core.0001.exr")
    typed(qtbot, form.mattes.channels["core"].line, "R")
    qtbot.mouseClick(form.mattes.inverts["core"].box, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    core = state.shot.mattes.core
    assert (Path(core.files).name, core.channel, core.invert) == ("core.####.exr", "R", True)
    qtbot.mouseClick(form.mattes.files["core"].clear, Qt.MouseButton.LeftButton)
    assert state.shot.mattes.core.files == ""


def test_passes_are_chosen_and_never_none(qtbot, form, state):
    qtbot.mouseClick(form.delivery.header, Qt.MouseButton.LeftButton)
    boxes = form.delivery.passes.boxes
    for name, box in boxes.items():
        if name != "matte":
            box.click()
    assert state.shot.delivery.passes == ["matte"]
    boxes["matte"].click()
    assert state.shot.delivery.passes == ["matte"]
    assert boxes["matte"].isChecked()
    assert form.delivery.passes.note.text()


def test_a_delivery_that_is_no_exr_is_refused_as_the_document_refuses_it(qtbot, form, state):
    form.delivery.files.line.setFocus()
    qtbot.keyClicks(form.delivery.files.line, "out/x.mov")
    assert state.shot.delivery.files == ""
    assert "does not end in .exr" in form.delivery.files.note.text()
    for _ in range(3):
        qtbot.keyClick(form.delivery.files.line, Qt.Key.Key_Backspace)
    qtbot.keyClicks(form.delivery.files.line, "####.exr")
    assert state.shot.delivery.files == "out/x.####.exr"
    assert form.delivery.files.note.text() == ""


def test_a_folder_that_cannot_be_written_is_said(qtbot, form, state, tmp_path):
    (tmp_path / "taken").write_text("no folder")
    qtbot.mouseClick(form.delivery.header, Qt.MouseButton.LeftButton)
    line = form.delivery.files.line
    line.setFocus()
    line.insert("taken/v001/x.####.exr")
    line.textEdited.emit(line.text())
    qtbot.waitUntil(lambda: "is no folder" in form.delivery.files.note.text())


# The selected still


def test_the_selected_still_can_be_moved_framed_and_removed(qtbot, form, state):
    assert form.reference.empty.isVisible()
    state.select(state.shot.references[1])
    assert not form.reference.empty.isVisible()
    typed(qtbot, form.reference.frame.line, "-4")
    assert [one.frame for one in state.shot.references] == [1001, 1021]
    assert state.selected is state.shot.references[1]
    matrix = ((1.0, 0.0, 3.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    state.edit("Frame", edits.frame_reference(state.shot, state.selected, matrix)[0])
    assert form.reference.fit.combo.currentText() == "custom"
    qtbot.mouseClick(form.reference.reset, Qt.MouseButton.LeftButton)
    assert state.selected.fit == "fill"
    typed(qtbot, form.reference.frame.line, "2000")
    typed(qtbot, form.reference.frame.line, "2000")
    assert "Outside" in form.reference.frame.note.text()
    qtbot.mouseClick(form.reference.remove, Qt.MouseButton.LeftButton)
    assert len(state.shot.references) == 1
    assert form.reference.empty.isVisible()


# Rendering


def test_render_is_asked_for_when_the_shot_is_ready_and_why_not_is_said(qtbot, form, state):
    wanted: list[str] = []
    form.render_wanted.connect(wanted.append)
    state.stand(Status.FAULTY, ("references[0]: is not there",))
    assert not form.foot.render_.isEnabled()
    assert "references[0]" in form.foot.reason.text()
    qtbot.keyClick(form.prompt.fields["caption"].control, RETURN, CONTROL)
    assert wanted == []
    state.stand(Status.READY)
    assert not form.foot.reason.isVisible()
    qtbot.mouseClick(form.foot.render_, Qt.MouseButton.LeftButton)
    qtbot.keyClick(form.prompt.fields["caption"].control, RETURN, CONTROL)
    assert wanted == ["render", "render"]


def test_refinish_is_offered_once_there_is_what_it_starts_from(qtbot, form, state):
    wanted: list[str] = []
    form.render_wanted.connect(wanted.append)
    state.stand(Status.READY)
    assert not form.foot.refinish.isEnabled()
    assert form.foot.refinish.toolTip() == "Nothing is rendered yet: re-finish starts from a version"
    versions = form.current.studio.versions
    shot = json.loads(state.shot.model_dump_json(by_alias=True))
    versions._found[state.path] = (Version(1, "", FrameRange(1001, 1049), engine="draft", shot=shot),)
    versions.changed.emit()
    assert "Ctrl+Shift+Return" in form.foot.refinish.toolTip()
    qtbot.mouseClick(form.foot.refinish, Qt.MouseButton.LeftButton)
    assert wanted == ["refinish"]
    state.edit("Type", edits.change(state.shot, "prompt", caption="another"))
    assert form.foot.refinish.toolTip() == "Render first: prompt changed since v001"
    assert not form.foot.refinish.isEnabled()


def test_without_a_shot_it_says_what_to_do(qtbot, studio):
    form = ShotForm(studio)
    qtbot.addWidget(form)
    form.show()
    assert form.foot.reason.text() == "Open a shot first."
    assert not form.foot.render_.isEnabled()
    assert not form.plate.first.line.isEnabled()
    qtbot.waitUntil(lambda: studio.work.is_idle)


# For everybody


def test_what_is_refused_is_red_in_the_dark_and_in_the_light(qtbot, qapp, form):
    style.choose_scheme(qapp, "dark")
    typed(qtbot, form.plate.last.line, "x")
    assert style.DARK.bad.name() in form.plate.last.note.styleSheet()
    style.choose_scheme(qapp, "light")
    assert style.LIGHT.bad.name() in form.plate.last.note.styleSheet()
    style.choose_scheme(qapp, "")


def test_every_control_has_a_name_a_tip_and_a_label(form):
    kinds = (QLineEdit, QPlainTextEdit, QComboBox, QSlider, QAbstractButton)
    for kind in kinds:
        for control in form.findChildren(kind):
            if control.objectName().startswith("qt_"):
                continue
            assert control.accessibleName() or control.text(), control
    for field in form.findChildren(Field):
        assert field.key.tip, field.key.label
        assert field.label.buddy() is not None


def test_the_tab_key_goes_down_the_form_and_ends_at_render(qtbot, form, state):
    state.stand(Status.READY)
    form.prompt.header.setFocus()
    seen: list[QWidget] = []
    while (now := QApplication.focusWidget()) is not None and now not in seen:
        seen.append(now)
        qtbot.keyClick(now, Qt.Key.Key_Tab)
    heights = [one.mapTo(form.area.widget(), QPoint(0, 0)).y() for one in seen if form.area.isAncestorOf(one)]
    assert len(heights) > 30
    assert all(below >= above - 12 for above, below in itertools.pairwise(heights))
    assert seen[-1] is form.foot.render_  # nothing is rendered that could be re-finished


def test_it_is_no_wider_than_320_pixels_with_everything_unfolded(qtbot, form):
    for section in (form.mattes, form.delivery):
        qtbot.mouseClick(section.header, Qt.MouseButton.LeftButton)
    assert (
        form.area.widget().minimumSizeHint().width() <= 320 - form.area.verticalScrollBar().sizeHint().width()
    )


def test_what_is_folded_stays_folded(qtbot, form, studio):
    qtbot.mouseClick(form.prompt.header, Qt.MouseButton.LeftButton)
    again = ShotForm(studio)
    qtbot.addWidget(again)
    assert not again.prompt.is_open
    assert again.plate.is_open
