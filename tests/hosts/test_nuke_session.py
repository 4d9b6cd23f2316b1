"""Nuke as a host: its main thread, its progress, its messages."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pai_studio.host_plugins.host import Fault
from tests.hosts.nuke_scene import FIRST, Scene, nuke_with_plugin, scene


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as one:
        yield one


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path, "terminal") as one:
        yield one


def in_worker(made: Scene, call: Callable[[], Any]) -> Any:
    """What a call gives in a thread of its own, or the error that it raises, while the main thread serves."""
    got: list[Any] = []

    def run() -> None:
        try:
            got.append(call())
        except Exception as error:  # noqa: BLE001 - handed to the test
            got.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    made.fake.pump(thread)
    return got[0]


def test_a_worker_gets_what_the_main_thread_gives(made: Scene) -> None:
    on_main, name = made.plug("session").on_main, made.node.name
    assert in_worker(made, lambda: on_main(name)) == "PAIStudio1"
    assert in_worker(made, lambda: on_main(lambda: None)) is None


def test_a_worker_gets_what_the_main_thread_raises(made: Scene) -> None:
    """Nuke's own call prints it and gives None."""
    on_main = made.plug("session").on_main

    def fail() -> None:
        raise Fault("no")

    raised = in_worker(made, lambda: on_main(fail))
    assert isinstance(raised, Fault)
    assert made.fake.loop.swallowed == []


def test_a_worker_waits_while_nuke_executes(made: Scene) -> None:
    """Nuke serves workers while it renders, and would refuse to write an export then."""
    session, seen = made.plug("session"), []
    made.fake.executing = True

    def call() -> None:
        seen.append(made.fake.executing)

    thread = threading.Thread(target=session.on_main, args=(call,))
    thread.start()
    asked = threading.Event()
    threading.Timer(2 * session.BUSY_S, asked.set).start()
    made.fake.pump(asked)
    assert seen == []
    made.fake.executing = False
    made.fake.pump(thread)
    assert seen == [False]


def test_an_export_lets_another_nodes_export_wait(made: Scene, shot_folder: Path) -> None:
    """While Nuke writes one, it serves the worker that wants the other."""
    session, export = made.plug("session"), made.plug("export")
    for read, file in ((made.plate, "plate.%04d.exr"), (made.still, "ref.exr")):
        read["file"].setValue((shot_folder / file).as_posix())
    failed: list[BaseException] = []

    def write(source: str) -> None:
        files = (shot_folder / f"out/{source}.####.exr").as_posix()
        try:
            session.on_main(lambda: export.write(made.node, source, files, FIRST, FIRST))
        except Exception as error:  # noqa: BLE001 - handed to the test
            failed.append(error)

    threads = [threading.Thread(target=write, args=(source,)) for source in ("plate", "ref1")]
    for thread in threads:
        thread.start()
    for thread in threads:
        made.fake.pump(thread)
    assert failed == []
    assert sorted(path.name for path in (shot_folder / "out").iterdir()) == [
        "plate.1001.exr",
        "ref1.1001.exr",
    ]


@pytest.mark.parametrize("mode", ["gui", "terminal"])
def test_the_main_thread_itself_does_not_wait_for_itself(tmp_path: Path, mode: str) -> None:
    with scene(tmp_path, mode) as made:
        on_main = made.plug("session").on_main
        assert on_main(made.node.name) == "PAIStudio1"
        with pytest.raises(KeyError):
            on_main(lambda: {}["a"])


def test_a_bar_shows_is_cancelled_and_goes_away(made: Scene) -> None:
    session = made.plug("session")
    followed: list[float] = []
    host = session.NukeHost(follow=followed.append)
    bar = host.progress("PAI-Studio: PAIStudio1")
    (task,) = made.fake.tasks
    for share, text in ((0.0, "exporting"), (0.334, "sampling"), (1.7, "done")):
        bar.show(share, text)
    assert (task.title, task.progress) == ("PAI-Studio: PAIStudio1", [0, 33, 100])
    assert task.texts == ["exporting", "sampling", "done"]
    assert followed == [0.0, 0.334, 1.7]
    assert not bar.is_cancelled()
    task.cancelled = True
    assert bar.is_cancelled()
    task.cancelled = False
    host.stop.ask()
    assert bar.is_cancelled()
    bar.close()
    assert not task.is_open
    bar.show(0.5, "late")
    assert task.texts[-1] == "done"


def test_a_terminal_prints_what_begins_and_how_far_it_is(terminal: Scene) -> None:
    session = terminal.plug("session")
    out, now = io.StringIO(), [0.0]
    lines = session.LineProgress("shot", session.Stop(), out, clock=lambda: now[0])
    for at, share, text in (
        (0.0, 0.0, "exporting plate, 3 frames"),
        (0.1, 0.5, "exporting ref1, 1 frames"),
        (0.2, 0.0, "sampling step 1 of 30"),
        (1.0, 0.1, "sampling step 3 of 30"),
        (2.5, 0.2, "sampling step 6 of 30, about 12 min left"),
        (2.6, 0.23, "sampling step 7 of 30"),
    ):
        now[0] = at
        lines.show(share, text)
    assert out.getvalue().splitlines() == [
        "shot:   0%  exporting plate, 3 frames",
        "shot:  50%  exporting ref1, 1 frames",
        "shot:   0%  sampling step 1 of 30",
        "shot:  20%  sampling step 6 of 30, about 12 min left",
    ]


def test_a_message_from_a_worker_is_shown_by_the_main_thread(made: Scene) -> None:
    host = made.plug("session").NukeHost()
    assert in_worker(made, lambda: host.warn(Fault("no", where="here", hint="do that"))) is None
    assert made.fake.dialogs.taken() == ["here: no; do that"]


def test_a_terminal_writes_errors_and_news_to_stderr(
    terminal: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    host = terminal.plug("session").NukeHost()
    host.warn(Fault("no", hint="do that"))
    host.tell("v001 is there")
    assert capsys.readouterr() == ("", "error: no; do that\nPAI-Studio: v001 is there\n")


def test_one_session_has_one_sidecar(dest: Path, tmp_path: Path) -> None:
    with nuke_with_plugin(dest, tmp_path) as make:
        session = make().plug("session")
        first = session.sidecar()
        assert session.sidecar() is first
        session.close_sidecar()
        assert session.sidecar() is not first
