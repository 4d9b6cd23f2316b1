"""Lines in, lines out: each request in a thread of its own, every error an answer."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import pai_studio
from pai_studio.core import config, log
from pai_studio.core.log import logger
from pai_studio.core.shot.errors import PaiError
from pai_studio.ui.rendering import Rendering
from pai_studio.ui.sidecar.pictures import PICTURES
from pai_studio.ui.sidecar.requests import REQUESTS, render_mode, text

_LOG = logger(__name__)
PROTOCOL = 1


class Wire:
    """The pipe to the plugin; whole lines, from any thread."""

    def __init__(self, out: BinaryIO) -> None:
        self._out, self._lock = out, threading.Lock()

    def say(self, message: dict[str, Any]) -> None:
        """Write one message. Where nobody reads it any more the process ends."""
        line = json.dumps(message, ensure_ascii=True).encode("ascii") + b"\n"
        try:
            with self._lock:
                self._out.write(line)
                self._out.flush()
        except OSError:
            os._exit(0)  # the host is gone


class Reply:
    """What is said to one request: events, then one answer; what comes after that is dropped."""

    def __init__(self, wire: Wire, number: int) -> None:
        self._wire, self._number = wire, number
        self._lock, self._over = threading.Lock(), False

    def event(self, event: dict[str, Any]) -> None:
        """Tell how it goes."""
        self._say("event", event, last=False)

    def ok(self, answer: dict[str, Any]) -> None:
        """Answer."""
        self._say("ok", answer, last=True)

    def fault(self, error: BaseException) -> None:
        """Answer that it failed, and how."""
        self._say("fault", fault_of(error), last=True)

    def _say(self, kind: str, what: dict[str, Any], *, last: bool) -> None:
        with self._lock:
            if not self._over:
                self._over = last
                self._wire.say({"id": self._number, kind: what})


def fault_of(error: BaseException) -> dict[str, str]:
    """An error as the plugin shows it; one that nobody foresaw is in the log with its traceback."""
    if isinstance(error, PaiError):
        return error.to_json()
    if isinstance(error, OSError) and error.strerror:
        return PaiError(error.strerror, where=str(error.filename or "")).to_json()
    _LOG.error("a request failed", exc_info=error)
    hint = "sidecar.log in PAI-Studio's state folder tells where"
    return PaiError(f"PAI-Studio failed ({type(error).__name__}: {error})", hint=hint).to_json()


class Loop:
    """Takes requests until there are no more."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._renders: dict[int, Rendering] = {}

    def run(self, lines: Iterable[bytes]) -> int:
        """Say hello, then answer. Returns the exit code: 2 where the plugin says what is no request."""
        log.set_up(_log_level())
        self._wire.say({"hello": {"protocol": PROTOCOL, "version": pai_studio.__version__}})
        for line in lines:
            try:
                asked = json.loads(line)
                number, do = int(asked["id"]), str(asked["do"])
            except (ValueError, KeyError, TypeError):
                _LOG.error("this is no request: %r", line[:200])
                return 2
            self._take(number, do, asked)
        return 0

    def _take(self, number: int, do: str, asked: dict[str, Any]) -> None:
        reply = Reply(self._wire, number)
        if do == "render":  # known before the next line is read, which may cancel it
            self._renders[number] = Rendering(reply.event)
        work = threading.Thread(target=self._answer, args=(number, do, asked, reply), daemon=True)
        work.start()

    def _answer(self, number: int, do: str, asked: dict[str, Any], reply: Reply) -> None:
        try:
            if do == "render":
                reply.ok(self._render(number, asked, reply))
            elif do == "cancel":
                self._cancel(asked)
                reply.ok({})
            elif do in REQUESTS:
                reply.ok(REQUESTS[do](asked))
            elif do in PICTURES:
                reply.ok(PICTURES[do](asked))
            else:
                raise PaiError(f"the sidecar knows no {do!r}", hint="plugin and PAI-Studio differ")
        except BaseException as error:  # noqa: BLE001 - whatever it is, somebody waits for an answer
            reply.fault(error)
        finally:
            self._renders.pop(number, None)

    def _render(self, number: int, asked: dict[str, Any], reply: Reply) -> dict[str, Any]:
        return self._renders[number].run(
            Path(text(asked, "document")).absolute(),
            render_mode(asked),
            text(asked, "request"),
            resume=bool(asked.get("resume")),
            on_deaf=reply.fault,
        )

    def _cancel(self, asked: dict[str, Any]) -> None:
        rendering = self._renders.get(int(text(asked, "of")))
        if rendering is not None:  # else it has ended meanwhile
            rendering.cancel()


def _log_level() -> str:
    try:
        return config.load().settings.log_level
    except PaiError as error:  # each request that needs the settings says so itself
        _LOG.warning("the settings cannot be used: %s", error)
        return "INFO"
