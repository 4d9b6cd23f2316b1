"""A line to a server that can be slow, fall silent or break; and a pulse that tells how long a window was held up."""

from __future__ import annotations

import contextlib
import socket
import threading

from PySide6.QtCore import QElapsedTimer, QObject, QTimer

_PIECE = 1 << 16
_BEAT_MS = 5


class Line:
    """Passes TCP on to a server, both ways."""

    def __init__(self, server: str) -> None:
        host, _, port = server.rpartition(":")
        self._server = host, int(port)
        self.delay_s = 0.0
        """How long each piece is held back."""

        self._flows = threading.Event()
        self._flows.set()
        self._is_over = threading.Event()
        self._ends: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._port = self._listener.getsockname()[1]
        self._listen()

    def hang(self) -> None:
        """Take connections and bytes, and pass nothing on."""
        self._flows.clear()

    def flow(self) -> None:
        """Pass on what was held, and what comes."""
        self._flows.set()

    def die(self) -> None:
        """Break every connection and refuse new ones, as the system does for a process that was killed."""
        with contextlib.suppress(
            OSError
        ):  # wakes the thread that accepts, which on Linux close alone does not
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._break()

    def come_back(self) -> None:
        """Listen again, where it did."""
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._listen()

    def close(self) -> None:
        self._is_over.set()
        self._flows.set()
        self.die()

    def _listen(self) -> None:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                here, _ = listener.accept()
                there = socket.create_connection(self._server)
                self._ends += [here, there]
                for source, sink in ((here, there), (there, here)):
                    threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):  # an end was closed
            while piece := source.recv(_PIECE):
                self._is_over.wait(self.delay_s)
                self._flows.wait()
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)

    def _break(self) -> None:
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._ends.clear()


class Pulse(QObject):
    """Beats while the event loop turns."""

    def __init__(self) -> None:
        super().__init__()
        self.beats = 0
        self.longest_s = 0.0
        self._since = QElapsedTimer()
        self._since.start()
        self._timer = QTimer(self, interval=_BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def look(self) -> float:
        """The longest time that the loop was held up so far, in seconds, up to now."""
        self._beat()
        return self.longest_s

    def _beat(self) -> None:
        self.beats += 1
        self.longest_s = max(self.longest_s, self._since.restart() / 1000)
