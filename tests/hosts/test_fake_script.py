"""The strict fake of Nuke: its knobs, the context of running code, and scripts in and out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.fake_shot import GROUP, refused
from tests.hosts.fakes.errors import FakeGap
from tests.hosts.fakes.nuke_fake import FakeNuke
from tests.hosts.nk_reader import read_nk
from tests.hosts.tcl import NkError


@pytest.fixture
def fake() -> Iterator[FakeNuke]:
    with FakeNuke().installed() as session:
        yield session


@pytest.fixture
def nuke(fake: FakeNuke) -> Any:
    import nuke

    fake.read(GROUP)
    return nuke


def feeds(inputs: Sequence[Any]) -> list[str]:
    """What is connected, by name."""
    return [above.name for above in inputs if above is not None]


class TestKnobs:
    def test_an_unknown_knob_raises_by_index_and_is_none_by_name(self, nuke: Any) -> None:
        assert nuke.toNode("Group1").knob("nothing") is None
        with pytest.raises(NameError, match="nothing"):
            nuke.toNode("Group1")["nothing"]

    def test_an_enum_takes_only_what_it_lists(self, nuke: Any) -> None:
        knob = nuke.toNode("Group1")["engine"]
        knob.setValue("two words")
        assert (knob.value(), knob.getValue()) == ("two words", 2.0)
        knob.setValue(1)
        assert knob.value() == "draft"
        for wrong in ("magic", 3):
            with pytest.raises(ValueError, match="engine"):
                knob.setValue(wrong)

    def test_new_values_leave_the_index_where_it_was(self, nuke: Any) -> None:
        knob = nuke.toNode("Group1")["engine"]
        knob.setValue("draft")
        knob.setValues(["v001", "v002", "v003"])
        assert knob.value() == "v002"

    @pytest.mark.parametrize(("knob", "wrong"), [("count", "3"), ("out", Path("x")), ("engine", None)])
    def test_a_value_of_the_wrong_type_is_refused(self, nuke: Any, knob: str, wrong: Any) -> None:
        with pytest.raises((TypeError, ValueError)):
            nuke.toNode("Group1")[knob].setValue(wrong)

    def test_exr_knobs_are_there_only_for_exr(self, nuke: Any) -> None:
        write = nuke.createNode("Write")
        assert write.knob("datatype") is None
        write["file_type"].setValue("exr")
        assert write["datatype"].value() == "16 bit half"
        with pytest.raises(ValueError, match="Zip"):
            write["compression"].setValue("Zip (16 scanline)")

    def test_a_file_keeps_its_tcl_until_it_is_evaluated(
        self, fake: FakeNuke, nuke: Any, tmp_path: Path
    ) -> None:
        fake.save(tmp_path / "shot.nk")
        knob = nuke.toNode("Group1")["out"]
        assert knob.value() == "[file dirname [value root.name]]/[value engine]_[value count].%04d.exr"
        assert knob.getEvaluatedValue() == f"{tmp_path}/auto_3.%04d.exr"
        nuke.frame(1007)
        assert knob.evaluate() == f"{tmp_path}/auto_3.1007.exr"

    def test_a_label_shows_what_its_tcl_gives(self, fake: FakeNuke, nuke: Any) -> None:
        nuke.toNode("Group1")["engine"].setValue("two words")
        assert fake.label("Group1") == "two words 3\n1010"

    @pytest.mark.parametrize("text", ["[python {1+1}]", "[exec rm x]", "$env(HOME)/x", "[if {1} {return a}]"])
    def test_other_tcl_is_refused(self, fake: FakeNuke, nuke: Any, text: str) -> None:
        nuke.toNode("Group1")["out"].setValue(text)
        with pytest.raises(FakeGap):
            nuke.toNode("Group1")["out"].evaluate()
        refused(fake, FakeGap)

    def test_an_open_bracket_in_a_path_is_an_error(self, nuke: Any) -> None:
        nuke.toNode("Group1")["out"].setValue("/shots/[old/a.exr")
        with pytest.raises(RuntimeError, match="bracket"):
            nuke.toNode("Group1")["out"].evaluate()

    def test_number_knobs_reckon_their_expressions(self, nuke: Any) -> None:
        knob = nuke.toNode("Group1")["count"]
        knob.setExpression("root.last_frame - root.first_frame + 1")
        assert (knob.value(), knob.hasExpression()) == (10, True)

    def test_a_range_behind_a_file_is_read_from_user_text(self, nuke: Any) -> None:
        read = nuke.createNode("Read")
        read["file"].fromUserText("p.%04d.exr 1001-1010")
        assert (read["file"].value(), read["first"].value(), read.lastFrame()) == ("p.%04d.exr", 1001, 1010)


class TestContexts:
    def test_a_button_runs_as_its_node_and_inside_the_group(
        self, fake: FakeNuke, nuke: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        fake.press("Group1", "go")
        assert capsys.readouterr().out == "Group1 go 3\n"
        assert nuke.thisGroup().name() == "Root"

    def test_knob_changed_runs_once_a_change_and_not_on_loading(
        self, nuke: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        nuke.toNode("Group1")["count"].setValue(4)
        nuke.toNode("Group1")["count"].setValue(4)
        assert capsys.readouterr().out == "Group1.count\n"

    def test_inputs_change_through_a_dummy_knob(self, nuke: Any, capsys: pytest.CaptureFixture[str]) -> None:
        assert nuke.toNode("Group1").setInput(0, None)
        assert capsys.readouterr().out == "Group1.inputChange\n"

    def test_with_a_group_its_nodes_are_meant(self, nuke: Any) -> None:
        group = nuke.toNode("Group1")
        with group:
            assert nuke.toNode("middle").fullName() == "Group1.middle"
            assert nuke.toNode("Dot1") is None
        assert nuke.toNode("middle") is None
        assert nuke.toNode("Group1.middle") == group.node("middle")
        assert [node.name() for node in nuke.allNodes("Dot", recurseGroups=True)] == ["Dot1", "middle"]

    def test_a_loop_and_an_input_too_many_are_refused(self, nuke: Any) -> None:
        group = nuke.toNode("Group1")
        assert group.maxInputs() == 1
        assert not group.setInput(1, nuke.toNode("Dot1"))
        assert not nuke.toNode("Dot1").setInput(0, group)

    def test_the_object_of_a_deleted_node_is_dead(self, nuke: Any) -> None:
        group = nuke.toNode("Group1")
        inner, knob = group.node("middle"), group["count"]
        nuke.delete(group)
        for call in (group.name, inner.name, knob.value, lambda: group["count"]):
            with pytest.raises(ValueError, match="not attached"):
                call()

    def test_dependencies_tell_inputs_from_expressions(self, nuke: Any) -> None:
        group, dot = nuke.toNode("Group1"), nuke.toNode("Dot1")
        other = nuke.createNode("NoOp")
        group["count"].setExpression("NoOp1.xpos")
        assert group.dependencies(nuke.INPUTS) == [dot]
        assert group.dependencies(nuke.EXPRESSIONS) == [other]


class TestScripts:
    def test_what_is_saved_is_read_again_as_it_was(self, fake: FakeNuke, nuke: Any, tmp_path: Path) -> None:
        group = nuke.toNode("Group1")
        group["engine"].setValues(["v001", 'a "quoted" [v] {2} $x \\ end'])
        group["engine"].setValue(1)
        group["label"].setValue("two\nlines\tand \\n no line")
        group["count"].setExpression("root.first_frame + 2")
        nuke.scriptSaveAs(str(tmp_path / "a.nk"))
        again = FakeNuke()
        again.open(tmp_path / "a.nk")
        assert again.text() == fake.text()
        assert again.knob("Group1", "engine").values == fake.knob("Group1", "engine").values
        assert again.knob("Group1", "label").value == "two\nlines\tand \\n no line"
        assert again.root.child("Group1").input(0).name == "Dot1"  # type: ignore[union-attr]

    @pytest.mark.parametrize(
        "name",
        [
            "deadline_cloud/ocio.nk",
            "jedypod/Keyer/HChKeyer.nk",
            "jedypod/Write/ReadWrite.nk",
            "nst/keying.nk",
        ],
    )
    def test_real_scripts_are_read_and_saved_as_they_were(
        self, footage: Callable[[str], Path], tmp_path: Path, name: str
    ) -> None:
        first, again = FakeNuke(), FakeNuke()
        path = footage("scripts_nuke") / name
        first.open(path)
        first.save(tmp_path / "a.nk")
        again.open(tmp_path / "a.nk")
        assert again.text() == first.text()
        told = [node for node in read_nk(path.read_text()).walk() if node.cls != "Root"]
        assert [(n.cls, n.name, feeds(n.inputs)) for n in again.root.walk()] == [
            (n.cls, n.name, feeds(n.inputs)) for n in told
        ]

    def test_a_knob_or_class_that_the_table_lacks_is_refused(self) -> None:
        with pytest.raises(NkError, match="sparkle"):
            FakeNuke().read("Dot {\n inputs 0\n sparkle 3\n}\n")
        with pytest.raises(RuntimeError, match="Unknown command"):
            FakeNuke().read("Sparkler {\n inputs 0\n}\n")

    def test_a_paste_hangs_below_the_selected_node_and_is_selected(self, nuke: Any, tmp_path: Path) -> None:
        (tmp_path / "dot.nk").write_text(
            "set cut_paste_input [stack 0]\npush $cut_paste_input\nDot {\n name Dot1\n}\n"
        )
        above = nuke.toNode("Group1")
        above.selectOnly()
        made = nuke.nodePaste(str(tmp_path / "dot.nk"))
        assert (made.name(), made.input(0), nuke.selectedNodes()) == ("Dot2", above, [made])

    def test_a_script_without_a_name_has_none(self, nuke: Any) -> None:
        assert nuke.root().name() == "Root"
        with pytest.raises(RuntimeError):
            nuke.scriptName()
        with pytest.raises(RuntimeError):
            nuke.scriptSave()

    def test_saving_over_a_file_asks_or_refuses(self, fake: FakeNuke, nuke: Any, tmp_path: Path) -> None:
        path = tmp_path / "a.nk"
        path.write_text("mine")
        with pytest.raises(RuntimeError, match="exists"):
            nuke.scriptSaveAs(str(path), overwrite=0)
        fake.dialogs.answers.append(False)
        nuke.scriptSaveAs(str(path))
        assert path.read_text() == "mine"
        nuke.scriptSaveAs(str(path), overwrite=1)
        assert "Group1" in path.read_text()
