"""The panel as a program: one window a user, which later calls hand their files to."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

import pai_studio
from pai_studio.core.log import logger
from pai_studio.core.shot.errors import NotFound
from pai_studio.ui.panel import IS_OPEN, LOG_VARIABLE, door, style
from pai_studio.ui.panel.bugs import Bugs
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.window import Window

_LOG = logger(__name__)
_SIGNALS_MS = 200
_LOG_LOOK_MS = 10_000
_LOG_BYTES = 4 << 20


def run(
    files: Sequence[Path], *, server: str | None = None, token_file: str | None = None, is_apart: bool = False
) -> int:
    """Show the window with some files until it is closed; or hand them to the window that is open already.

    `is_apart` opens another window. Raises NotFound where there is no screen, Unreachable where a window is open and
    does not answer.
    """
    _require_screen()
    for name, value in (("PAI_SERVER", server), ("PAI_TOKEN_FILE", token_file)):
        if value:
            os.environ[name] = value  # every connection of this process, and of what it starts
    QGuiApplication.setDesktopFileName("pai-studio")
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("PAI-Studio")
    application.setApplicationVersion(pai_studio.__version__)
    files = [path.absolute() for path in files]
    if not is_apart and door.hand_over(door.name(), files):
        print(IS_OPEN, flush=True)  # noqa: T201 - read by the sidecar
        return 0
    style.dress(application)
    studio = Studio()
    bugs = Bugs(studio)
    style.choose_scheme(application, studio.memory.get("scheme", ""))
    window = Window(studio)
    listener = None if is_apart else door.Listener(door.name(), window.open)
    if listener is not None and listener.error:
        studio.faults.note(f"files of later calls are not taken by this window: {listener.error}")
    window.show()
    window.open(files)
    print(IS_OPEN, flush=True)  # noqa: T201 - read by the sidecar
    _end_on_signals(application, window)
    _keep_log_small(application)
    try:
        return int(application.exec())
    finally:
        if listener is not None:
            listener.close()
        studio.close()
        bugs.close()


def _require_screen() -> None:
    named = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
    if sys.platform == "linux" and not named:
        hint = "run it on a desktop; `pai-studio render` needs no screen"
        raise NotFound("there is no screen here for the panel", hint=hint)


def _end_on_signals(application: QApplication, window: Window) -> None:
    """Ctrl+C and a polite kill end it without a question: what cannot be saved is offered at the next start."""

    def end(_number: int, _frame: FrameType | None) -> None:
        window.leaving.leave()
        application.quit()

    for which in (signal.SIGINT, signal.SIGTERM):
        signal.signal(which, end)
    timer = QTimer(application)
    timer.start(_SIGNALS_MS)
    timer.timeout.connect(lambda: None)  # lets Python see the signal while Qt's loop waits


def _keep_log_small(application: QApplication) -> None:
    """Begin the log anew when it is long: an error that comes again and again must not fill the disk."""
    if os.environ.get(LOG_VARIABLE):
        timer = QTimer(application)
        timer.timeout.connect(lambda: shorten(sys.stderr.fileno()))
        timer.start(_LOG_LOOK_MS)


def shorten(log: int, most_bytes: int = _LOG_BYTES) -> None:
    """Empty a log that is too long. It was opened to append, so what comes next is written at the new end."""
    if os.fstat(log).st_size > most_bytes:
        os.ftruncate(log, 0)
        _LOG.warning("the log was over %d bytes long and begins anew", most_bytes)
