"""The strict fake of Nuke: what it refuses, and the traps that it sets as the real one does."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.fakes.errors import FakeGap, FakeGuiError, FakeThreadError, UnknownName
from tests.hosts.fakes.nuke_fake import FakeNuke
from tests.hosts.tcl import NkError

GROUP = """version 15.1 v3
Root {
 inputs 0
 first_frame 1001
 last_frame 1010
}
Dot {
 inputs 0
 name Dot1
}
Group {
 name Group1
 knobChanged "nuke.tprint(nuke.thisNode().name() + '.' + nuke.thisKnob().name())"
 addUserKnob {20 tab l Tab}
 addUserKnob {4 engine l engine M {auto draft "two words"}}
 addUserKnob {3 count l count}
 count 3
 addUserKnob {2 out l out}
 out "\\[file dirname \\[value root.name]]/\\[value engine]_\\[value count].%04d.exr"
 addUserKnob {22 go l Go T "nuke.tprint(nuke.thisNode().name(), nuke.thisKnob().name(), len(nuke.allNodes()))"}
}
 Input {
  inputs 0
  name in
 }
 Dot {
  name middle
 }
 Output {
  name Output1
 }
end_group
"""


@pytest.fixture
def fake() -> Iterator[FakeNuke]:
    with FakeNuke().installed() as session:
        yield session


@pytest.fixture
def nuke(fake: FakeNuke) -> Any:
    import nuke

    fake.read(GROUP)
    return nuke


def refused(fake: FakeNuke, kind: type[Exception]) -> None:
    """What was refused counts as expected from now on."""
    assert fake.refused
    assert all(isinstance(error, kind) for error in fake.refused)
    fake.refused.clear()


def in_worker(fake: FakeNuke, call: Callable[[], Any]) -> Any:
    """What a call gives or raises in another thread, while the main loop runs."""
    box: list[Any] = []

    def run() -> None:
        try:
            box.append(call())
        except Exception as error:  # noqa: BLE001 - looked at by the test
            box.append(error)

    worker = threading.Thread(target=run)
    worker.start()
    fake.pump(worker)
    return box[0]


class TestTheTable:
    def test_a_name_that_the_table_lacks_raises_and_is_noted_even_when_it_is_caught(
        self, fake: FakeNuke
    ) -> None:
        import nuke

        assert not hasattr(nuke, "executeDeferred")
        with pytest.raises(AssertionError, match="executeDeferred"):
            fake.check()
        refused(fake, UnknownName)

    def test_a_method_that_the_table_lacks_raises(self, fake: FakeNuke, nuke: Any) -> None:
        with pytest.raises(AttributeError, match="renderNow"):
            nuke.toNode("Dot1").renderNow()
        with pytest.raises(AttributeError, match="press"):
            nuke.toNode("Dot1")["name"].press()
        refused(fake, UnknownName)

    def test_a_call_is_bound_to_the_documented_signature(self, nuke: Any) -> None:
        with pytest.raises(TypeError, match="createNode"):
            nuke.createNode("Dot", knobs="name x")
        with pytest.raises(TypeError, match="setInput"):
            nuke.toNode("Dot1").setInput(0)

    def test_an_attribute_cannot_be_made_up(self, nuke: Any) -> None:
        with pytest.raises(AttributeError):
            nuke.toNode("Dot1").progress = 3

    def test_what_is_documented_but_not_built_says_so(self, fake: FakeNuke, nuke: Any) -> None:
        with pytest.raises(FakeGap, match="formats"):
            nuke.formats()
        refused(fake, FakeGap)

    def test_the_environment_has_only_known_keys(self, nuke: Any) -> None:
        assert nuke.env["NukeVersionMajor"] == nuke.NUKE_VERSION_MAJOR == 15
        with pytest.raises(KeyError):
            nuke.env["PythonVersion"]


class TestThreads:
    @pytest.mark.parametrize(
        "call", [lambda n: n.toNode("Dot1"), lambda n: n.root(), lambda n: n.message("x")]
    )
    def test_a_worker_may_not_call(self, fake: FakeNuke, nuke: Any, call: Callable[[Any], Any]) -> None:
        assert isinstance(in_worker(fake, lambda: call(nuke)), FakeThreadError)
        refused(fake, FakeThreadError)

    def test_a_node_or_knob_that_a_worker_holds_is_guarded_too(self, fake: FakeNuke, nuke: Any) -> None:
        node, knob = nuke.toNode("Dot1"), nuke.toNode("Dot1")["label"]
        assert isinstance(in_worker(fake, node.name), FakeThreadError)
        assert isinstance(in_worker(fake, lambda: node["label"]), FakeThreadError)
        assert isinstance(in_worker(fake, knob.value), FakeThreadError)
        refused(fake, FakeThreadError)

    def test_a_worker_asks_the_main_thread(self, fake: FakeNuke, nuke: Any) -> None:
        ask = nuke.executeInMainThreadWithResult
        assert in_worker(fake, lambda: ask(lambda name: nuke.toNode(name).name(), "Dot1")) == "Dot1"
        assert in_worker(fake, lambda: ask(nuke.exists, args=("Dot1",))) is True

    def test_the_main_thread_would_hang(self, fake: FakeNuke, nuke: Any) -> None:
        with pytest.raises(FakeThreadError, match="hang"):
            nuke.executeInMainThreadWithResult(nuke.root)
        with pytest.raises(FakeThreadError, match="hang"):
            nuke.executeInMainThread(nuke.root)
        refused(fake, FakeThreadError)

    def test_an_exception_in_the_main_thread_is_printed_and_none_comes_back(
        self, fake: FakeNuke, nuke: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert in_worker(fake, lambda: nuke.executeInMainThreadWithResult(lambda: {}["x"])) is None
        assert "KeyError" in capsys.readouterr().err
        assert [type(error) for error in fake.loop.swallowed] == [KeyError]

    def test_nothing_runs_before_the_main_loop_does(self, fake: FakeNuke, nuke: Any) -> None:
        done = threading.Event()
        worker = threading.Thread(target=lambda: nuke.executeInMainThread(done.set))
        worker.start()
        worker.join()
        assert not done.is_set()
        fake.pump(done)

    def test_a_pump_that_waits_in_vain_ends(self, fake: FakeNuke) -> None:
        with pytest.raises(TimeoutError):
            fake.pump(threading.Event(), timeout_s=0.1)

    def test_a_progress_bar_is_for_any_thread_and_goes_with_its_last_holder(self, fake: FakeNuke) -> None:
        import nuke

        def work() -> bool:
            task = nuke.ProgressTask("PAI")
            task.setProgress(40)
            task.setMessage("exporting")
            fake.tasks[0].cancelled = True
            return bool(task.isCancelled())

        assert in_worker(fake, work) is True
        gc.collect()
        assert (fake.tasks[0].progress, fake.tasks[0].texts, fake.tasks[0].is_open) == (
            [40],
            ["exporting"],
            False,
        )
        with pytest.raises(TypeError, match="int"):
            nuke.ProgressTask("PAI").setProgress(0.5)


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


class TestCallbacks:
    def test_of_a_class_come_before_those_of_all_and_one_is_kept_once(self, nuke: Any) -> None:
        heard: list[str] = []
        for _ in range(2):
            nuke.addOnCreate(heard.append, "all")
        nuke.addOnCreate(heard.append, ("dot",), nodeClass="Dot")
        nuke.createNode("Dot")
        assert heard == ["dot", "all"]
        nuke.removeOnCreate(heard.append, "all")
        nuke.createNode("NoOp")
        assert heard == ["dot", "all"]

    def test_on_destroy_without_a_class_runs_for_every_node(self, nuke: Any) -> None:
        gone: list[str] = []
        nuke.addOnDestroy(lambda: gone.append(nuke.thisNode().name()))
        nuke.delete(nuke.toNode("Dot1"))
        nuke.scriptClear()
        assert gone == ["Dot1", "Group1", "in", "middle", "Output1"]

    def test_a_filename_filter_changes_names_and_none_leaves_them(self, nuke: Any) -> None:
        read = nuke.createNode("Read")
        read["file"].setValue("X:/shots/p.%04d.exr")
        nuke.addFilenameFilter(lambda name: name.replace("X:", "/mnt"))
        nuke.addFilenameFilter(lambda _: None, nodeClass="Read")
        assert nuke.filename(read) == "/mnt/shots/p.%04d.exr"
        assert read["file"].value() == "X:/shots/p.%04d.exr"

    def test_knob_changed_can_be_for_one_node(self, nuke: Any) -> None:
        heard: list[str] = []
        group = nuke.toNode("Group1")
        nuke.addKnobChanged(lambda: heard.append(nuke.thisKnob().name()), node=group)
        nuke.toNode("Dot1")["label"].setValue("x")
        group["count"].setValue(9)
        assert heard == ["count"]

    def test_loading_closing_and_idling_are_heard(self, fake: FakeNuke, nuke: Any, tmp_path: Path) -> None:
        heard: list[str] = []
        for name in ("OnScriptLoad", "OnScriptSave", "OnScriptClose"):
            getattr(nuke, f"add{name}")(heard.append, name)
        nuke.addUpdateUI(lambda: heard.append(nuke.thisNode().name()), nodeClass="Group")
        nuke.scriptSaveAs(str(tmp_path / "a.nk"))
        nuke.scriptOpen(str(tmp_path / "a.nk"))
        fake.idle()
        assert heard == ["OnScriptSave", "OnScriptClose", "OnScriptLoad", "Group1"]


class TestWindows:
    def test_a_message_that_the_test_does_not_take_fails_it(self, fake: FakeNuke, nuke: Any) -> None:
        nuke.message("Look here")
        with pytest.raises(AssertionError, match="Look here"):
            fake.check()
        assert fake.dialogs.taken() == ["Look here"]

    def test_a_question_without_an_answer_raises(self, fake: FakeNuke, nuke: Any) -> None:
        fake.dialogs.answers.append(True)
        assert nuke.ask("Really?") is True
        with pytest.raises(FakeGuiError, match="no answer"):
            nuke.ask("Really?")
        refused(fake, FakeGuiError)

    def test_menus_are_filled_and_chosen_from(self, fake: FakeNuke, nuke: Any) -> None:
        heard: list[int] = []
        nuke.menu("Nuke").addMenu("PAI").addCommand("Go", lambda: heard.append(1))
        nuke.menu("Nuke").addMenu("PAI").addCommand("Code", "nuke.tprint('x')")
        fake.choose("Nuke/PAI/Go")
        fake.choose("Nuke/PAI/Code")
        assert heard == [1]

    @pytest.mark.parametrize("mode", ["terminal", "execute"])
    def test_without_windows_there_is_nothing_of_them(self, mode: str) -> None:
        with FakeNuke(mode).installed() as fake:
            import nuke

            assert (False, mode == "terminal") == (nuke.GUI, nuke.INTERACTIVE)
            for call in (
                lambda: nuke.message("x"),
                lambda: nuke.menu("Nuke"),
                lambda: nuke.ProgressTask("x"),
            ):
                with pytest.raises(FakeGuiError):
                    call()
            refused(fake, FakeGuiError)
            assert isinstance(in_worker(fake, lambda: nuke.executeInMainThread(print)), FakeThreadError)
            refused(fake, FakeThreadError)


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
