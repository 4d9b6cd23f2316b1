"""What nobody has foreseen, in a slot or a thread: logged with its traceback, and shown where it can be copied."""

from __future__ import annotations

import sys
import threading
import traceback
from types import TracebackType

from pai_studio.core.log import logger
from pai_studio.ui.panel.state.studio import Studio

_LOG = logger(__name__)


class Bugs:
    """Takes the process's two hooks for exceptions until it is closed. `note` shows a line in the bar at the foot."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._before = sys.excepthook, threading.excepthook
        self._last = ""
        sys.excepthook = self._hear
        threading.excepthook = self._hear_of_a_thread

    def close(self) -> None:
        """Give the hooks back."""
        sys.excepthook, threading.excepthook = self._before

    def _hear(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not isinstance(error, Exception):  # Ctrl+C, the interpreter's end
            self._before[0](kind, error, trace)
            return
        self._tell(error)

    def _hear_of_a_thread(self, args: threading.ExceptHookArgs) -> None:
        if isinstance(args.exc_value, Exception):
            self._tell(args.exc_value)

    def _tell(self, error: Exception) -> None:
        detail = "".join(traceback.format_exception(error))
        if detail == self._last:  # a slot that a timer or a repaint calls again and again
            return
        self._last = detail
        _LOG.error("an error of the panel itself\n%s", detail)
        self._studio.work.here(lambda: self._show(error, detail))

    def _show(self, error: Exception, detail: str) -> None:
        line = f"an error of PAI-Studio itself: {type(error).__name__}: {error}"
        self._studio.faults.tell(line, detail=detail)
