"""The plugin's end of the sidecar: starts it, asks it, and says in plain words how it ended when it did.

The sidecar is PAI-Studio's own process, in its own Python; the two exchange JSON lines (`pai_studio.ui.sidecar` tells
which). It is started when first asked, and anew after it has died. Any number of threads may ask at once.

Standard library, Python 3.9: this file runs inside the host.
"""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import threading
from collections.abc import Iterator, Sequence
from typing import Any, Callable

from .host import Fault, Record
from .launch import last_line, log_file, started
from .record import Installed, remedy

PROTOCOL = 1
SIDECAR_DIED, CLOSED = "SIDECAR_DIED", "CLOSED"
"""Codes of the faults that arise on this side of the pipe."""

_HANDSHAKE_S = 60.0
_END_S = 5.0


class Call:
    """One request that is under way."""

    def __init__(self, number: int, do: str, cancel: Callable[[int], None]) -> None:
        self.number, self.do = number, do
        self._cancel = cancel
        self._heard: queue.Queue[Record] = queue.Queue()
        self._end: Record | Fault | None = None

    def events(self, every_s: float | None = None) -> Iterator[Record | None]:
        """Each event as it comes, until the answer is there; None whenever `every_s` has passed without one."""
        while True:
            try:
                message = self._heard.get(timeout=every_s)
            except queue.Empty:
                yield None
                continue
            if "event" not in message:
                return
            yield message["event"]

    def answer(self) -> Record:
        """Wait for the end; what came of it. Raises Fault."""
        while self._end is None:
            for _ in self.events():
                pass
        if isinstance(self._end, Fault):
            raise self._end
        return self._end

    def cancel(self) -> None:
        """Ask for the end; `answer` then raises a fault of the code CANCELLED."""
        self._cancel(self.number)

    def hear(self, message: Record) -> None:
        """Take what the sidecar said to this request."""
        if "ok" in message:
            self._end = dict(message["ok"])
        elif "fault" in message:
            self._end = Fault.from_json(message["fault"])
        self._heard.put(message)

    def fail(self, fault: Fault) -> None:
        """End without an answer."""
        self._end = fault
        self._heard.put({})


class Bridge:
    """The sidecar of one host. Raises Fault wherever it cannot be had or has died."""

    def __init__(
        self,
        installed: Installed,
        host: str = "nuke",
        *,
        command: Sequence[str] | None = None,
        handshake_s: float = _HANDSHAKE_S,
    ) -> None:
        self._version, self._host = installed.version, host
        # -P: a folder that happens to be the host's current one is no place to import from.
        self._command = list(command or [installed.python, "-P", "-m", "pai_studio.ui.sidecar"])
        self._handshake_s = handshake_s
        self._lock = threading.Lock()
        self._process: _Process | None = None
        self._number = 0

    def ask(self, do: str, **keys: Any) -> Record:
        """Ask and wait for the answer; events are passed over. Raises Fault."""
        return self.begin(do, **keys).answer()

    def begin(self, do: str, **keys: Any) -> Call:
        """Ask; the answer is waited for through the call. Raises Fault where no sidecar can be started."""
        with self._lock:
            if self._process is None or self._process.is_dead():
                self._process = _Process(self._command, self._host)
                self._process.shake_hands(self._version, self._handshake_s)
            process = self._process
            self._number += 1
            number = self._number
        call = Call(number, do, lambda of: process.send({"id": self._next(), "do": "cancel", "of": of}))
        process.enter(call)
        process.send({"id": number, "do": do, **keys})
        return call

    def _next(self) -> int:
        with self._lock:
            self._number += 1
            return self._number

    def close(self) -> None:
        """End the sidecar. Jobs go on at the server; calls under way end with a fault."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.close()


class _Process:
    """One sidecar process, and the calls that wait for it."""

    def __init__(self, command: Sequence[str], host: str) -> None:
        self._command, self._host = command, host
        self._calls: dict[int, Call] = {}
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._hello: queue.Queue[Record] = queue.Queue()
        self._end: Fault | None = None
        self._closing = False
        self.log = log_file()
        self._child = started(command, self.log, host)
        threading.Thread(target=self._read, name="pai-studio sidecar", daemon=True).start()

    def is_dead(self) -> bool:
        return self._end is not None

    def shake_hands(self, version: str, timeout_s: float) -> None:
        """Wait for its first line and look whether it is the PAI-Studio that the plugin belongs to."""
        try:
            said = self._hello.get(timeout=timeout_s)
        except queue.Empty:
            fault = Fault(
                f"PAI-Studio's sidecar has not answered for {timeout_s:g} s",
                where=self._command[0],
                hint=f"see {self.log}",
                code=SIDECAR_DIED,
            )
            self._stop(fault)
            raise fault from None
        if self._end is not None:
            raise self._end
        theirs = said.get("version")
        if said.get("protocol") != PROTOCOL or theirs != version:
            fault = Fault(
                f"the plugin is of PAI-Studio {version}, what is installed is {theirs}",
                where=self._command[0],
                hint=remedy(self._host),
                code="VERSION_MISMATCH",
            )
            self._stop(fault)
            raise fault

    def enter(self, call: Call) -> None:
        """Have a call hear what is said to it."""
        with self._lock:
            if self._end is None:
                self._calls[call.number] = call
                return
            end = self._end
        call.fail(end)

    def send(self, message: Record) -> None:
        """Write one line. Where nobody reads any more, whoever reads its output learns so, and tells the calls."""
        line = json.dumps(message, ensure_ascii=True).encode("ascii") + b"\n"
        with self._writing, contextlib.suppress(OSError, ValueError):  # it has ended, or is being closed
            self._pipe_in().write(line)
            self._pipe_in().flush()

    def close(self) -> None:
        """Let it end by itself, which it does when its input ends; not longer than it may take."""
        self._closing = True
        with self._writing, contextlib.suppress(OSError):
            self._pipe_in().close()
        try:
            self._child.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._child.kill()

    def _pipe_in(self) -> Any:
        assert self._child.stdin is not None
        return self._child.stdin

    def _read(self) -> None:
        assert self._child.stdout is not None
        garbage = ""
        with self._child.stdout as lines:
            for line in lines:
                if not self._is_understood(line):
                    garbage = line.decode("utf-8", "replace").strip()[:80]
                    self._child.kill()
                    break
        self._stop(self._obituary(garbage))

    def _is_understood(self, line: bytes) -> bool:
        try:
            self._dispatch(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError):
            return False
        return True

    def _dispatch(self, message: Record) -> None:
        if "hello" in message:
            self._hello.put(dict(message["hello"]))
            return
        with self._lock:
            number = int(message["id"])
            is_event = "event" in message
            call = self._calls.get(number) if is_event else self._calls.pop(number, None)
        if call is not None:  # nobody waits for the answer to a cancel
            call.hear(message)

    def _obituary(self, garbage: str) -> Fault:
        """How it ended, once it has ended."""
        try:
            code = self._child.wait(_END_S)
        except subprocess.TimeoutExpired:  # it has closed its output and lives on
            self._child.kill()
            code = self._child.wait()
        with self._writing, contextlib.suppress(OSError):
            self._pipe_in().close()
        if self._closing:
            return Fault("PAI-Studio's sidecar was closed", code=CLOSED)
        if garbage:
            what = f"PAI-Studio's sidecar said something that is no message ({garbage!r})"
        else:
            how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
            last = last_line(self.log)
            what = f"PAI-Studio's sidecar {how}" + (f" ({last})" if last else "")
        return Fault(what, hint=f"see {self.log}", code=SIDECAR_DIED)

    def _stop(self, fault: Fault) -> None:
        """Take it for dead, and tell everybody who waits; the first fault is the one that is told."""
        with self._lock:
            self._end = self._end or fault
            calls = list(self._calls.values())
            self._calls.clear()
        if self._child.poll() is None:
            self._child.kill()
        self._hello.put({})
        for call in calls:
            call.fail(self._end)
