"""What a host really has, and what really happens in it, as one JSON file that its user can send in.

The part that is the same for every host: what is gathered never stops at an error, and what is written names no
person, no machine and no folder. Standard library, Python 3.9: this file runs inside the host.
"""

from __future__ import annotations

import getpass
import json
import os
import platform
import re
import sys
from pathlib import Path
from typing import Any, Callable

from .host import Fault

FORM = 1
"""Of the file; a reader refuses another."""

_FOLDERS = re.compile(r"(?<![\w.:/\\])(?:[A-Za-z]:|\\)?[\\/](?:[^\\/\n\"'<>|;,*?]+[\\/])+")
"""The folders of an absolute path, on any system; not those of `ocio://a/b`, nor the stroke in `and/or`."""


class SkippedError(Exception):
    """A check that is not made here; the text says why."""


class SelfTest:
    """Collects facts and the outcomes of checks. Nothing that goes wrong in one keeps the next from its turn."""

    def __init__(self, host: str) -> None:
        self.data: dict[str, Any] = {"selftest": FORM, "host": host, "machine": machine(), "checks": {}}

    def gather(self, name: str, look: Callable[[], Any]) -> None:
        """Keep what `look` gives under `name`; what it raises is kept as a check of that name that failed."""
        try:
            self.data[name] = look()
        except Exception as error:  # noqa: BLE001 - told in the file, whatever it is
            self.data["checks"][name] = {"ok": False, "what": _said(error)}

    def check(self, name: str, trial: Callable[[], Any]) -> None:
        """Try something and keep its outcome: `ok` and what it `told`, or what went wrong, or why it was skipped."""
        try:
            outcome = {"ok": True, "told": trial()}
        except SkippedError as skipped:
            outcome = {"ok": None, "what": str(skipped)}
        except Exception as error:  # noqa: BLE001 - told in the file, whatever it is
            outcome = {"ok": False, "what": _said(error)}
        self.data["checks"][name] = outcome

    def tally(self) -> str:
        """The outcomes in a line."""
        told = [outcome["ok"] for outcome in self.data["checks"].values()]
        return (
            f"{told.count(True)} checks passed, {told.count(False)} failed, {told.count(None)} were skipped"
        )

    def write(self, path: Path) -> None:
        """Write everything, redacted, whole or not at all. Raises Fault."""
        text = json.dumps(redact(_plain(self.data)), indent=1, sort_keys=True)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            beside.write_text(text + "\n", encoding="utf-8")
            beside.replace(path)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise Fault(
                error.strerror or str(error), where=str(path), hint="name another file for the self-test"
            ) from None


def machine() -> dict[str, str]:
    """Python and the operating system, without the machine's name."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "release": platform.release(),
        "processor": platform.machine(),
        "encoding": sys.getfilesystemencoding(),
    }


def redact(data: Any) -> Any:
    """The same data without the names of people, machines and folders in its texts; a path keeps its last part."""
    names = [(re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE), word) for name, word in _names()]
    return _redacted(data, names)


def _redacted(data: Any, names: list[tuple[re.Pattern[str], str]]) -> Any:
    if isinstance(data, dict):
        return {key: _redacted(value, names) for key, value in data.items()}
    if isinstance(data, list):
        return [_redacted(value, names) for value in data]
    if not isinstance(data, str):
        return data
    text = _FOLDERS.sub("<folder>/", data)
    for pattern, word in names:
        text = pattern.sub(word, text)
    return text


def _names() -> list[tuple[str, str]]:
    """What must not be read in the file, and what stands for it there. A word of one letter tells nothing."""
    node = platform.node()
    found = [
        (_user(), "<user>"),
        (Path.home().name, "<user>"),
        (node, "<machine>"),
        (node.partition(".")[0], "<machine>"),
    ]
    return [(name, word) for name, word in found if len(name) > 1]


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container without a name for its user
        return ""


def _plain(data: Any) -> Any:
    """Data as JSON has it: what it does not know becomes text."""
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, (list, tuple, set, frozenset)):
        return [_plain(value) for value in data]
    return data if isinstance(data, (str, int, float, bool, type(None))) else str(data)


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
