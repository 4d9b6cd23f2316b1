"""Resolve without windows: what is printed, Ctrl+C, and what the script gives back."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pai_studio
from pai_studio.host_plugins.install import install
from pai_studio.host_plugins.resolve import menu
from pai_studio.host_plugins.resolve.console import AGAIN_S, Console, ctrl_c
from tests.hosts.fakes_resolve.traps import Traps
from tests.hosts.resolve_scene import HOUR, ResolveScene


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line.removeprefix("PAI-Studio: ") for line in capsys.readouterr().out.splitlines()]


def test_progress_is_a_line_for_each_thing_and_now_and_then_for_the_time_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = [0.0]
    console = Console(["A001"], clock=lambda: now[0])
    for step in range(1, 31):
        now[0] += AGAIN_S / 10
        console.row(0, step / 30, f"sampling step {step} of 30, about {31 - step} s left")
    console.row(0, 1.0, "v001 is placed, frames 1-8")
    assert lines(capsys) == [
        "  3%  sampling step 1 of 30, about 30 s left",
        " 37%  sampling step 11 of 30, about 20 s left",
        " 70%  sampling step 21 of 30, about 10 s left",
        "100%  v001 is placed, frames 1-8",
    ]


def test_each_of_several_renders_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(["A001", "B002"])
    console.row(0, 0.5, "checking the shot")
    console.row(1, 0.5, "checking the shot")
    assert lines(capsys) == ["A001:  50%  checking the shot", "B002:  50%  checking the shot"]


@pytest.mark.parametrize("row_first", [True, False])
def test_a_line_is_said_once(capsys: pytest.CaptureFixture[str], *, row_first: bool) -> None:
    console = Console()
    calls: list[Callable[[], None]] = [
        lambda: console.row(0, 0.0, "A001: its speed is 50 %"),
        lambda: console.say("A001: its speed is 50 %"),
    ]
    for call in calls if row_first else reversed(calls):
        call()
    assert len(lines(capsys)) == 1


def test_the_first_ctrl_c_stops_and_the_second_breaks_in() -> None:
    before, stops = signal.getsignal(signal.SIGINT), []
    with ctrl_c(lambda: stops.append(1)):
        signal.raise_signal(signal.SIGINT)
        assert stops == [1]
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


@pytest.fixture
def without_windows(resolve_scene: Callable[..., ResolveScene]) -> Callable[..., ResolveScene]:
    def make(*given: Any, **options: Any) -> ResolveScene:
        one = resolve_scene(*given, **options)
        one.fake.has_windows = False
        return one

    return make


def test_a_fault_is_printed_once_and_what_would_be_asked_is_told(
    without_windows: Callable[..., ResolveScene], capsys: pytest.CaptureFixture[str]
) -> None:
    one = without_windows()
    one.item.speed, one.item.duration = 50.0, 8
    assert menu.main(one.fake.globals()) == 1
    said = lines(capsys)
    assert said[0].startswith("draft, final, 2 handles, as a take of the clip, into ")
    assert Path(said[0].rpartition(" edit ")[2]).is_file()
    assert len([line for line in said if "its speed is 50 %" in line]) == 1


def test_ctrl_c_cancels_an_export_and_leaves_everything_as_it_was(
    without_windows: Callable[..., ResolveScene], capsys: pytest.CaptureFixture[str]
) -> None:
    one = without_windows(traps=Traps(frames_per_poll=1))
    one.fake.hooks["Project.StartRendering"] = [lambda: signal.raise_signal(signal.SIGINT)]
    assert menu.main(one.fake.globals()) == 1
    said = lines(capsys)
    assert len([line for line in said if "the render was cancelled" in line]) == 1
    assert one.all_settings() == one.settings
    assert one.record() == {}


@pytest.mark.parametrize("is_of_the_menu", [True, False])
def test_only_a_script_that_was_started_outside_ends_with_an_exit_code(
    without_windows: Callable[..., ResolveScene],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_of_the_menu: bool,
) -> None:
    one = without_windows()
    one.timeline.playhead = HOUR + 100
    install("resolve", tmp_path / "Fusion", version=pai_studio.__version__, python=sys.executable)
    monkeypatch.setattr(sys, "path", list(sys.path))
    names = one.fake.globals()
    if not is_of_the_menu:
        del names["resolve"]
    script = (tmp_path / "Fusion/Scripts/Utility/PAI-Studio.py").read_text(encoding="utf-8")
    code = None
    try:
        exec(compile(script, "<script>", "exec"), names)
    except SystemExit as left:
        code = left.code
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "pai_studio_host"]:
            del sys.modules[name]
    assert code == (None if is_of_the_menu else 1)
