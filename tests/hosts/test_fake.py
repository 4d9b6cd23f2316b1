"""The strict fake of Nuke: what it refuses, and the traps that it sets as the real one does."""

from __future__ import annotations

import gc
import importlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.fake_shot import GROUP, refused
from tests.hosts.fakes.errors import FakeGap, FakeGuiError, FakeThreadError, UnknownName
from tests.hosts.fakes.nuke_fake import FakeNuke


@pytest.fixture
def fake() -> Iterator[FakeNuke]:
    with FakeNuke().installed() as session:
        yield session


@pytest.fixture
def nuke(fake: FakeNuke) -> Any:
    import nuke

    fake.read(GROUP)
    return nuke


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

    @pytest.mark.usefixtures("fake")
    def test_what_is_no_module_cannot_be_imported(self) -> None:
        for name in ("nuke.executeInMainThread", "nukescripts"):
            with pytest.raises(ImportError):
                importlib.import_module(name)

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
        "call",
        [lambda n: n.toNode("Dot1"), lambda n: n.root(), lambda n: n.message("x"), lambda n: n.execute("W")],
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
