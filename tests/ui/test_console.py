from __future__ import annotations

import io
import json

import pytest

from pai_studio.core.shot.errors import BadInput
from pai_studio.ui.cli.console import Console, Eta, duration


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_terminal_gets_one_bar_that_gives_way_to_results() -> None:
    out, err, clock = io.StringIO(), Terminal(), Clock()
    console = Console(out=out, err=err, clock=clock)
    for done in (1, 2, 3):
        clock.now_s += 1
        console.progress("frames", done, 4, eta_s=61, note="frame 1003")
    console.result({"a": 1}, "done")
    assert out.getvalue() == "done\n"
    assert "\n" not in err.getvalue()
    assert err.getvalue().endswith("\r\x1b[2K")
    assert "3/4  frame 1003  ETA 1:01" in err.getvalue()


def test_a_bar_never_wraps() -> None:
    err = Terminal()
    console = Console(out=io.StringIO(), err=err)
    console.progress("frames", 1, 4, note="a note that is longer than any line of a terminal is " * 4)
    assert len(err.getvalue().removeprefix("\r\x1b[2K")) == 79


def test_elsewhere_there_are_few_plain_lines() -> None:
    err, clock = io.StringIO(), Clock()
    console = Console(out=io.StringIO(), err=err, clock=clock)
    for done in range(100):
        clock.now_s += 0.2
        console.progress("frames", done, 100)
    lines = err.getvalue().splitlines()
    assert 4 <= len(lines) <= 5
    assert "\x1b" not in err.getvalue()


def test_each_phase_is_told_at_once() -> None:
    err = io.StringIO()
    console = Console(out=io.StringIO(), err=err, clock=Clock())
    for phase in ("upload", "camera", "frames"):
        console.progress(phase, 0, 2)
    assert [line.split()[0] for line in err.getvalue().splitlines()] == ["upload", "camera", "frames"]


def test_phases_that_take_turns_are_told_like_one_and_a_new_run_at_once() -> None:
    err, clock = io.StringIO(), Clock()
    console = Console(out=io.StringIO(), err=err, clock=clock)
    for step in range(1, 21):
        clock.now_s += 1
        console.progress("sample", step, 60, eta_s=61)
        console.progress("frames", step, 40)
    lines = err.getvalue().splitlines()
    assert [line.split()[:2] for line in lines[:2]] == [["sample", "1/60"], ["frames", "1/40"]]
    assert 4 <= len(lines) <= 6
    console.progress("sample", 0, 60)
    assert err.getvalue().splitlines()[-1].split() == ["sample", "0/60"]


@pytest.mark.parametrize("as_json", [False, True])
def test_an_error_is_one_line_and_with_json_a_document(as_json: bool) -> None:
    out, err = io.StringIO(), io.StringIO()
    Console(as_json=as_json, out=out, err=err).error(BadInput("is odd", where="a.json", hint="mend it"))
    assert err.getvalue() == "error: a.json: is odd; mend it\n"
    if as_json:
        assert json.loads(out.getvalue())["error"]["hint"] == "mend it"
    else:
        assert not out.getvalue()


def test_the_eta_follows_the_pace_of_its_own_phase() -> None:
    clock = Clock()
    eta = Eta(clock)
    assert eta("render", 0, 10) is None
    clock.now_s = 4
    assert eta("render", 2, 10) == 16
    assert eta("score", 0, 10) is None


def test_durations_read_like_a_clock() -> None:
    assert [duration(s) for s in (7, 750, 3723)] == ["0:07", "12:30", "1:02:03"]
