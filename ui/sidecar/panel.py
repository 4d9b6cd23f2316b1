"""Starts the panel for a host: a process of its own, which outlives host and sidecar."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pai_studio.core import config
from pai_studio.core.shot.errors import NotFound, PaiError
from pai_studio.ui.panel import IS_OPEN, LOG_VARIABLE

_START_S = 60.0
_LOOK_S = 0.05
_LOGS_KEPT = 8


def start(path: str) -> int:
    """Open the panel with a shot or a timeline, or hand it to the one that is open. Returns the process's number.

    Raises NotFound where no window opens, PaiError where its log cannot be written.
    """
    if find_spec("PySide6") is None:
        say = "the panel needs PySide6, which is not installed beside PAI-Studio"
        raise NotFound(say, hint=f"install it; the document is {path}, and `pai-studio render` takes it")
    log = _new_log()
    command = [sys.executable, "-m", "pai_studio.ui.cli.main", "panel", path]
    with log.open("ab") as told:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=subprocess.STDOUT,
            env={**os.environ, LOG_VARIABLE: str(log)},
            **_apart(),
        )
    threading.Thread(target=child.wait, name="panel's end", daemon=True).start()  # else it stays as a zombie
    _wait(child, log)
    return child.pid


def _wait(child: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        has_ended = child.poll() is not None
        said = log.read_text(encoding="utf-8", errors="replace").strip()
        if IS_OPEN in said:
            return
        if has_ended:
            raise NotFound(
                "the panel does not open", where=str(log), hint=said.splitlines()[-1] if said else ""
            )
        time.sleep(_LOOK_S)
    raise NotFound(
        f"the panel has not opened in {_START_S:.0f} s", where=str(log), hint="look into that file"
    )


def _apart() -> dict[str, Any]:
    """What keeps a child from ending with us, by the ways of this system."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _new_log() -> Path:
    """An empty file for the words of one panel; of those before it the newest are kept. Raises PaiError."""
    try:
        folder = config.state_dir() / "panel" / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=time.strftime("%Y%m%d-%H%M%S-"), suffix=".log", dir=folder)
    except OSError as error:
        say = f"the panel's log cannot be written ({error.strerror})"
        hint = "mend that folder, or name one of your own in PAI_STATE_DIR"
        raise PaiError(say, where=str(error.filename or ""), hint=hint) from None
    os.close(descriptor)
    others = sorted(one for one in folder.glob("*.log") if one != Path(name))
    for old in others[: 1 - _LOGS_KEPT]:
        with contextlib.suppress(
            OSError
        ):  # another call has taken it away, or Windows holds it for its panel
            old.unlink()
    return Path(name)
