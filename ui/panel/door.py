"""How later calls hand their files to the window that is open: one a user and state folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from pai_studio.core import config
from pai_studio.core.log import logger
from pai_studio.core.shot.errors import BadInput, Unreachable

_LOG = logger(__name__)
_CALL_MS = 5000
_OK = b"ok\n"
_NOBODY = (
    QLocalSocket.LocalSocketError.ServerNotFoundError,
    QLocalSocket.LocalSocketError.ConnectionRefusedError,
)


def name() -> str:
    """The door of this user's open window."""
    key = hashlib.sha256(str(config.state_dir()).encode()).hexdigest()[:16]
    return f"pai-studio-panel-{key}"


def hand_over(door: str, files: Sequence[Path], *, within_ms: int = _CALL_MS) -> bool:
    """Give files, by absolute paths, to the open window; False where none is open.

    Raises Unreachable where a window is open and does not answer, BadInput where it does not take them.
    """
    socket = QLocalSocket()
    socket.connectToServer(door)
    if not socket.waitForConnected(within_ms) and socket.error() in _NOBODY:
        return False
    socket.write(json.dumps({"open": [str(path) for path in files]}).encode() + b"\n")
    socket.waitForBytesWritten(within_ms)
    if not socket.canReadLine() and not socket.waitForReadyRead(within_ms):
        raise Unreachable(
            "the open window does not answer", hint="wait and try again, or open another with --apart"
        )
    said = bytes(socket.readLine().data())
    if said != _OK:
        raise BadInput(
            "the open window does not take these files", hint=said.decode(errors="replace").strip()
        )
    return True


class Listener(QObject):
    """Hears the files of later calls. The door is open to this user alone."""

    def __init__(self, door: str, on_files: Callable[[list[Path]], object]) -> None:
        super().__init__()
        self._on_files = on_files
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._meet)
        self.error = self._open(door)
        """Why later calls will not be heard; empty where they will."""

    def close(self) -> None:
        """Hear nothing more."""
        self._server.close()

    def _open(self, door: str) -> str:
        if _is_somebody_behind(door):  # to listen would take its door away without a word
            return "another window was opened at the same moment: it takes what is opened from now on"
        QLocalServer.removeServer(door)  # of a panel that was killed
        return "" if self._server.listen(door) else self._server.errorString()

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
            files = _files(bytes(socket.readLine().data()))
        except ValueError as error:
            _LOG.warning("a call was refused: %s", error)
            socket.write(f"{error}\n".encode())
            socket.disconnectFromServer()
            return
        socket.write(_OK)
        socket.flush()
        self._on_files(files)


def _files(line: bytes) -> list[Path]:
    """What a call asks for. Raises ValueError for anything else than a list of absolute paths."""
    said = json.loads(line)
    asked = said.get("open") if isinstance(said, dict) else None
    if not isinstance(asked, list) or not all(isinstance(one, str) and one for one in asked):
        raise ValueError("it names no list of files")
    files = [Path(one) for one in asked]
    for path in files:
        if not path.is_absolute():
            raise ValueError(f"{path} is no absolute path")
    return files


def _is_somebody_behind(door: str) -> bool:
    socket = QLocalSocket()
    socket.connectToServer(door)
    return socket.waitForConnected(_CALL_MS) or socket.error() not in _NOBODY
