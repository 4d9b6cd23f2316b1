"""One worker process: started, fed, listened to, stopped, replaced."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pai_studio.core.shot.errors import EngineFailed

Message = dict[str, Any]
_TICK_S = 0.05
_REAP_S = 5.0
_LOOKS = 20
"""How often a silent worker is looked at, a tick apart, before it is taken for frozen."""


def _environment() -> dict[str, str]:
    """Ours without secrets, and without a colour config that the job did not ask for."""
    return {key: value for key, value in os.environ.items() if "TOKEN" not in key and key != "OCIO"}


def _ticks(pid: int) -> int:
    """The processor time that a process has spent so far, in the kernel's ticks; 0 when it is gone."""
    try:
        fields = (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
    except OSError:
        return 0
    return int(fields[11]) + int(
        fields[12]
    )  # utime and stime: 14 and 15 in proc(5), which counts from the pid


class WorkerDied(Exception):
    """The process ended, fell silent or made no progress; `str` says which."""


class Worker:
    """A child in its own session. Used by one thread, which must outlive it (the kernel ties the two)."""

    def __init__(
        self,
        entry: str,
        *,
        heartbeat_s: float,
        stall_s: float,
        grace_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._heartbeat_s, self._stall_s, self._grace_s, self._clock = heartbeat_s, stall_s, grace_s, clock
        command = [
            sys.executable,
            "-m",
            "pai_studio.server.worker",
            "--render",
            entry,
            "--parent",
            str(os.getpid()),
        ]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,
            text=True,
            encoding="utf-8",
            bufsize=1,
        )
        self._messages: queue.Queue[Message | None] = queue.Queue()
        self._heard = self._moved = clock()
        self._asked_at: float | None = None
        self._spent: list[int] = []
        self._reader = threading.Thread(target=self._read, daemon=True, name=f"worker-{self.pid}")
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process, which leads a group of the same number."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it can take a job."""
        return self._process.poll() is None

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._heard = self._clock()
            try:
                message = json.loads(line)
            except ValueError:
                continue  # the torn last line of a killed process
            if message["say"] != "beat":
                self._messages.put(message)
        self._messages.put(None)

    def send(self, order: Message) -> None:
        """Give an order. Raises WorkerDied when nobody takes it."""
        assert self._process.stdin is not None
        if order["do"] == "render":
            self._moved = self._clock()
            self._asked_at = None
        try:
            self._process.stdin.write(json.dumps(order) + "\n")
        except OSError:
            raise WorkerDied(self._how_it_ended()) from None

    def next(self, timeout_s: float = _TICK_S) -> Message | None:
        """What it says next, or None after `timeout_s`. Raises WorkerDied."""
        try:
            message = self._messages.get(timeout=timeout_s)
        except queue.Empty:
            self._check_clocks()
            return None
        if message is None:
            raise WorkerDied(self._how_it_ended())
        self._moved = self._clock()
        return message

    def _check_clocks(self) -> None:
        now = self._clock()
        if now - self._heard <= self._heartbeat_s:
            self._spent.clear()
        elif not self._computes():
            raise WorkerDied(f"the worker hangs (no sign of life for {self._heartbeat_s:g} s)")
        if self._stall_s and now - self._moved > self._stall_s:
            raise WorkerDied(f"the worker hangs (no progress for {self._stall_s:g} s)")

    def _computes(self) -> bool:
        """Whether a silent worker spends processor time, told after some looks.

        The heartbeat is a thread of the interpreter, and a call into a library may hold that for minutes.
        """
        self._spent.append(_ticks(self.pid))
        if self._spent[-1] > self._spent[0]:
            self._heard = self._clock()
            self._spent.clear()
        return len(self._spent) < _LOOKS

    def wait_ready(self, start_s: float, given_up: Callable[[], bool]) -> None:
        """Wait until the engine is loaded. Raises EngineFailed when it does not load, WorkerDied when given up."""
        limit = self._clock() + start_s
        try:
            while (message := self.next()) is None or message["say"] != "ready":
                if given_up():
                    break
                if self._clock() > limit:
                    raise WorkerDied(f"it was not ready after {start_s:g} s")
            else:
                return
        except WorkerDied as death:
            self.kill()
            hint = "the server's log has the details"
            raise EngineFailed(f"the engine does not load ({death})", hint=hint) from None
        self.kill()
        raise WorkerDied("nobody waits for the engine any more")

    def ask_to_stop(self) -> None:
        """Have it leave its job; call again and again: at half the grace it gets SIGTERM, at its end SIGKILL."""
        now = self._clock()
        if self._asked_at is None:
            self._asked_at = now
            self.send({"do": "stop"})
        elif now - self._asked_at > self._grace_s:
            self._signal(signal.SIGKILL)
        elif now - self._asked_at > self._grace_s / 2:
            self._signal(signal.SIGTERM)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def kill(self) -> None:
        """End it and everything it started, now; returns when it is gone."""
        self._signal(signal.SIGKILL)
        self._process.wait(_REAP_S)
        self._reader.join(_REAP_S)
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                assert pipe is not None
                pipe.close()

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(_REAP_S)
        except subprocess.TimeoutExpired:
            return "the worker closed its pipe"
        return (
            f"the worker died ({signal.Signals(-code).name})"
            if code < 0
            else f"the worker ended with code {code}"
        )
