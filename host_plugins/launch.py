"""Starts another Python from inside a host: a clean environment, a log of its own, no window.

Standard library, Python 3.9: this file runs inside the host.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from .host import Fault
from .record import NOT_INSTALLED, remedy

_LOG_BYTES = 1 << 20
_SCRUBBED = ("PYTHON", "LD_LIBRARY_PATH", "DYLD_", "QT_")


def scrubbed(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what would make another Python load the host's own libraries."""
    return {key: value for key, value in environment.items() if not key.upper().startswith(_SCRUBBED)}


def state_folder() -> Path:
    """Where the sidecar's log lies: `$PAI_STATE_DIR`, else `pai-studio` in the user's state folder."""
    named = os.environ.get("PAI_STATE_DIR")
    if named:
        return Path(named)
    base = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".local" / "state") / "pai-studio"


def log_file() -> Path:
    """The log that the next process writes to, begun anew where it has grown large. Raises Fault."""
    folder = state_folder()
    path = folder / "sidecar.log"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.exists() and path.stat().st_size > _LOG_BYTES:
            path.write_bytes(b"")
        with path.open("ab") as file:
            file.write(f"-- {time.strftime('%Y-%m-%d %H:%M:%S')}\n".encode("ascii"))
    except OSError as error:
        what = f"the sidecar's log cannot be written ({error.strerror})"
        raise Fault(what, where=str(path), hint="set PAI_STATE_DIR to a folder of yours") from None
    return path


def last_line(log: Path) -> str:
    """What a process said last; empty where it said nothing."""
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return "" if not lines or lines[-1].startswith("-- ") else lines[-1][:200]


def started(command: Sequence[str], log: Path, host: str) -> subprocess.Popen[bytes]:
    """The child, out of reach of the terminal's Ctrl+C: the host decides what that means."""
    try:
        with log.open("ab") as logged:
            return subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=logged,
                env=scrubbed(os.environ),
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
    except OSError as error:
        raise Fault(
            f"PAI-Studio's Python cannot be started ({error.strerror})",
            where=str(command[0]),
            hint=remedy(host),
            code=NOT_INSTALLED,
        ) from None
