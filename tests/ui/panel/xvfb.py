"""A screen of the tests' own: Xvfb on a display that is free, ended with the test."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_END_S = 10
_OPENS = "from PySide6.QtWidgets import QApplication; QApplication([])"


@contextmanager
def screen(size: str) -> Iterator[str]:
    """The name of a display of `size` (`1920x1080`) pixels. Raises RuntimeError where none starts."""
    reads, writes = os.pipe()
    command = [
        "Xvfb",
        "-displayfd",
        str(writes),
        "-screen",
        "0",
        f"{size}x24",
        "-nolisten",
        "tcp",
        "-noreset",
    ]
    server = subprocess.Popen(
        command, pass_fds=[writes], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(writes)
    try:
        with os.fdopen(reads) as told:
            number = told.readline().strip()
        if not number:
            raise RuntimeError(f"Xvfb has ended with {server.wait(_END_S)} and opened no display")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(_END_S)


def on_screen(display: str, scale: str = "1") -> dict[str, str]:
    """The environment of a process whose windows are drawn there, enlarged by `scale`."""
    others = {key: value for key, value in os.environ.items() if key != "WAYLAND_DISPLAY"}
    return {**others, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "QT_SCALE_FACTOR": scale}


def missing() -> str:
    """What keeps Qt's windows from such a screen here; empty where nothing does."""
    if shutil.which("Xvfb") is None:
        return "Xvfb is not installed"
    with screen("320x240") as display:
        command = [sys.executable, "-c", _OPENS]
        done = subprocess.run(command, env=on_screen(display), capture_output=True, text=True, check=False)
    why = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[0]
    return f"Qt cannot draw by X here: {why}" if done.returncode else ""
