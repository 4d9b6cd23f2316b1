"""The names of our temporary timelines: whose they are, and whether whoever made one is still at it.

A project may be shared: what another machine has made is never ours to remove. The name says machine and process.
"""

from __future__ import annotations

import os
import platform
import re
import sys
import uuid

NAME = "PAI-Studio export"


def made() -> str:
    """A new name, of this machine and process."""
    return f"{NAME} {_machine()} {os.getpid()} {uuid.uuid4().hex[:12]}"


def is_left(name: str) -> bool:
    """Whether a name is of this machine, and of this process or one that has ended (on Windows: of any)."""
    found = re.fullmatch(rf"{NAME} ([\w-]+) (\d+) [0-9a-f]{{12}}", name)
    if found is None or found[1] != _machine():
        return False
    return int(found[2]) == os.getpid() or not _is_alive(int(found[2]))


def _machine() -> str:
    """Without its domain, which a laptop has from the network that it is in."""
    return re.sub(r"[^\w-]+", "-", platform.node().split(".")[0]) or "unnamed"


def _is_alive(process: int) -> bool:
    if sys.platform == "win32":  # os.kill would end it, and nothing else of Python's own can ask
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
