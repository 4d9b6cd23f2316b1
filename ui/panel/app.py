"""The panel as a program: one window a user, which later calls hand their files to."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QApplication

import pai_studio
from pai_studio.core import config
from pai_studio.core.shot.errors import NotFound
from pai_studio.ui.panel import IS_OPEN, style
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.window import Window

_CALL_MS = 2000
_SIGNALS_MS = 200


def run(
    files: Sequence[Path], *, server: str | None = None, token_file: str | None = None, is_apart: bool = False
) -> int:
    """Show the window with some files until it is closed; or hand them to the window that is open already.

    `is_apart` opens another window. Raises NotFound where there is no screen.
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
    door = _door()
    if not is_apart and _handed_over(door, files):
        print(IS_OPEN, flush=True)  # noqa: T201 - read by the sidecar
        return 0
    style.dress(application)
    studio = Studio()
    style.choose_scheme(application, studio.memory.get("scheme", ""))
    window = Window(studio)
    listener = None if is_apart else Listener(door, window.open)
    window.show()
    window.open(list(files))
    print(IS_OPEN, flush=True)  # noqa: T201 - read by the sidecar
    _end_on_signals(application)
    try:
        return int(application.exec())
    finally:
        if listener is not None:
            listener.close()
        studio.close()


class Listener(QObject):
    """Hears the files of later calls. The door is open to this user alone."""

    def __init__(self, door: str, on_files: Callable[[list[Path]], object]) -> None:
        super().__init__()
        self._on_files = on_files
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        QLocalServer.removeServer(door)  # of a panel that was killed
        self._server.newConnection.connect(self._meet)
        self._server.listen(door)

    def close(self) -> None:
        """Hear nothing more."""
        self._server.close()

    def _meet(self) -> None:
        socket = self._server.nextPendingConnection()
        socket.setParent(self)
        socket.readyRead.connect(self._hear)
        socket.disconnected.connect(socket.deleteLater)

    def _hear(self) -> None:
        socket = self.sender()
        if not isinstance(socket, QLocalSocket) or not socket.canReadLine():
            return
        try:
            files = json.loads(bytes(socket.readLine().data()))["open"]
        except (ValueError, KeyError, TypeError):
            socket.abort()
            return
        socket.write(b"ok\n")
        socket.flush()
        self._on_files([Path(str(one)) for one in files])


def _door() -> str:
    """The name of this user's open window."""
    key = hashlib.sha256(str(config.state_dir()).encode()).hexdigest()[:16]
    return f"pai-studio-panel-{key}"


def _handed_over(door: str, files: Sequence[Path]) -> bool:
    """Whether a window was there and has taken the files."""
    socket = QLocalSocket()
    socket.connectToServer(door)
    if not socket.waitForConnected(_CALL_MS):
        return False
    socket.write(json.dumps({"open": [str(path) for path in files]}).encode() + b"\n")
    return socket.waitForBytesWritten(_CALL_MS) and socket.waitForReadyRead(_CALL_MS)


def _require_screen() -> None:
    named = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
    if sys.platform == "linux" and not named:
        hint = "run it on a desktop; `pai-studio render` needs no screen"
        raise NotFound("there is no screen here for the panel", hint=hint)


def _end_on_signals(application: QApplication) -> None:
    """Ctrl+C and a polite kill close the window as its button does."""

    def end(_number: int, _frame: FrameType | None) -> None:
        application.closeAllWindows()
        application.quit()

    for which in (signal.SIGINT, signal.SIGTERM):
        signal.signal(which, end)
    timer = QTimer(application)
    timer.start(_SIGNALS_MS)
    timer.timeout.connect(lambda: None)  # lets Python see the signal while Qt's loop waits
