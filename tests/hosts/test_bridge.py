"""The bridge against real child processes that misbehave."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pai_studio.host_plugins.bridge import SIDECAR_DIED, Bridge
from pai_studio.host_plugins.host import Fault
from pai_studio.host_plugins.launch import scrubbed
from pai_studio.host_plugins.record import Installed

HELLO = """
import json, os, sys, threading
def say(**message): sys.stdout.write(json.dumps(message) + "\\n"); sys.stdout.flush()
def hear(): return json.loads(sys.stdin.readline())
say(hello={"protocol": 1, "version": "1.2.3"})
"""
ECHO = """
for line in sys.stdin:
    asked = json.loads(line)
    say(id=asked["id"], event={"n": 1})
    say(id=asked["id"], event={"n": 2})
    say(id=asked["id"], ok={"said": asked["text"]})
"""
CANCEL = """
first = hear()
say(id=first["id"], event={"state": "RUNNING"})
second = hear()
assert second["do"] == "cancel" and second["of"] == first["id"], second
say(id=second["id"], ok={})
say(id=first["id"], fault={"code": "CANCELLED", "what": "the render was cancelled", "where": "jobs/1", "hint": ""})
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path / "a state"))


@pytest.fixture
def bridge() -> Iterator[Callable[..., Bridge]]:
    """`bridge(code)` runs a child with that code; all are closed after the test."""
    made: list[Bridge] = []

    def make(code: str, handshake_s: float = 30.0, python: str = sys.executable) -> Bridge:
        command = [python, "-c", code]
        made.append(Bridge(Installed("1.2.3", python), command=command, handshake_s=handshake_s))
        return made[-1]

    yield make
    for one in made:
        one.close()


def fault(bridge: Bridge, **keys: object) -> Fault:
    with pytest.raises(Fault) as caught:
        bridge.ask("anything", **keys)
    return caught.value


def test_events_come_before_the_answer(bridge: Callable[..., Bridge]) -> None:
    call = bridge(HELLO + ECHO).begin("echo", text="größer")
    assert list(call.events()) == [{"n": 1}, {"n": 2}]
    assert call.answer() == {"said": "größer"}
    assert call.answer() == {"said": "größer"}


def test_many_threads_ask_at_once_and_each_hears_its_own(bridge: Callable[..., Bridge]) -> None:
    one = bridge(HELLO + ECHO)
    heard: dict[int, object] = {}

    def ask(number: int) -> None:
        heard[number] = one.ask("echo", text=str(number))["said"]

    asking = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(30)
    assert heard == {number: str(number) for number in range(20)}


def test_who_waits_may_look_up_between_events(bridge: Callable[..., Bridge]) -> None:
    call = bridge(HELLO + "asked = hear(); hear(); say(id=asked['id'], ok={})\nsys.stdin.read()").begin(
        "slow"
    )
    heard = call.events(every_s=0.01)
    assert next(heard) is None
    call.cancel()
    assert all(event is None for event in heard)
    assert call.answer() == {}


def test_a_cancel_ends_the_call_it_names(bridge: Callable[..., Bridge]) -> None:
    call = bridge(HELLO + CANCEL).begin("render")
    heard = call.events()
    assert next(heard) == {"state": "RUNNING"}
    call.cancel()
    with pytest.raises(Fault, match="jobs/1: the render was cancelled") as caught:
        call.answer()
    assert caught.value.code == "CANCELLED"


def test_an_interpreter_that_is_gone_says_what_to_do(bridge: Callable[..., Bridge], tmp_path: Path) -> None:
    gone = str(tmp_path / "old venv/bin/python")
    say = str(fault(bridge("", python=gone)))
    assert gone in say
    assert "run `pai-studio install nuke` again" in say


@pytest.mark.parametrize(
    "hello", [{"protocol": 1, "version": "1.3.0"}, {"protocol": 2, "version": "1.2.3"}, {}]
)
def test_another_version_says_what_to_do(bridge: Callable[..., Bridge], hello: dict[str, object]) -> None:
    line = json.dumps({"hello": hello})
    found = fault(bridge(f"import sys; print({line!r}, flush=True); sys.stdin.read()"))
    assert found.code == "VERSION_MISMATCH"
    assert "PAI-Studio 1.2.3" in str(found)
    assert "run `pai-studio install nuke` again" in str(found)


def test_one_that_dies_at_once_is_told_with_its_exit_code_and_log(
    bridge: Callable[..., Bridge], tmp_path: Path
) -> None:
    found = fault(bridge("import sys; sys.exit('No module named pai_studio')"))
    assert found.code == SIDECAR_DIED
    assert "exit code 1 (No module named pai_studio)" in found.what
    assert str(tmp_path / "a state/sidecar.log") in found.hint


def test_one_that_says_no_hello_is_given_up(bridge: Callable[..., Bridge]) -> None:
    found = fault(bridge("import sys; sys.stdin.read()", handshake_s=0.2))
    assert found.code == SIDECAR_DIED
    assert "has not answered for 0.2 s" in found.what


@pytest.mark.parametrize("line", ["libfoo: loaded", "[]", "7", '{"id": [], "ok": {}}', '{"hello": 3}'])
def test_one_that_talks_nonsense_is_ended(bridge: Callable[..., Bridge], line: str) -> None:
    found = fault(bridge(f"import sys; print({line!r}, flush=True); sys.stdin.read()"))
    assert found.code == SIDECAR_DIED
    assert "no message" in found.what


def test_nonsense_after_the_hello_ends_the_call(bridge: Callable[..., Bridge]) -> None:
    found = fault(bridge(HELLO + "hear(); print('segmentation', flush=True); sys.stdin.read()"))
    assert "'segmentation'" in found.what


def test_one_that_dies_in_between_fails_every_call_and_the_next_one_starts_anew(
    bridge: Callable[..., Bridge], tmp_path: Path
) -> None:
    code = f"""
first = hear()
if not os.path.exists({str(tmp_path / "died")!r}):
    open({str(tmp_path / "died")!r}, "w").close()
    hear()
    os.kill(os.getpid(), 9)
say(id=first["id"], ok={{"again": True}})
sys.stdin.read()
"""
    one = bridge(HELLO + code)
    calls = [one.begin("render"), one.begin("render")]
    for call in calls:
        with pytest.raises(Fault, match="was ended by signal 9") as caught:
            call.answer()
        assert caught.value.code == SIDECAR_DIED
    assert one.ask("render") == {"again": True}


def test_closing_ends_the_child_and_the_calls(bridge: Callable[..., Bridge]) -> None:
    one = bridge(HELLO + "asked = hear(); say(id=asked['id'], event={'pid': os.getpid()}); sys.stdin.read()")
    call = one.begin("render")
    pid = next(call.events())["pid"]
    one.close()
    with pytest.raises(Fault, match="was closed"):
        call.answer()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_child_gets_nothing_that_would_mix_two_pythons(
    bridge: Callable[..., Bridge], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "QT_PLUGIN_PATH"):
        monkeypatch.setenv(name, "/host")
    monkeypatch.setenv("OCIO", "/show/config.ocio")
    monkeypatch.setenv("PAI_SERVER", "farm:7345")
    kept = scrubbed(os.environ)
    assert "/host" not in kept.values()
    asked = "asked = hear(); say(id=asked['id'], ok=dict(os.environ)); sys.stdin.read()"
    heard = bridge(HELLO + asked).ask("environment")
    assert "/host" not in heard.values()
    assert (heard["OCIO"], heard["PAI_SERVER"]) == ("/show/config.ocio", "farm:7345")


def test_a_log_that_cannot_be_written_is_told(
    bridge: Callable[..., Bridge], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path / "file"))
    assert "set PAI_STATE_DIR" in str(fault(bridge(HELLO)))


def test_a_log_does_not_grow_without_end(bridge: Callable[..., Bridge], tmp_path: Path) -> None:
    log = tmp_path / "a state/sidecar.log"
    log.parent.mkdir()
    log.write_bytes(b"x" * (2 << 20))
    bridge(HELLO + ECHO).ask("echo", text="")
    assert log.stat().st_size < 1000
