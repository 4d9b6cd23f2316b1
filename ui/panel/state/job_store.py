"""The queue on disk: what was asked for survives the panel, and another panel of this user keeps its hands off it."""

from __future__ import annotations

import json
import os
import secrets
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from pai_studio.core.log import logger
from pai_studio.core.media.files import write_file

_LOG = logger(__name__)
JobState = Literal[
    "WAITING",
    "CHECKING",
    "CONNECTING",
    "UPLOADING",
    "AWAY",
    "QUEUED",
    "RUNNING",
    "SUCCEEDED",
    "FAILED",
    "CANCELLED",
]
ENDED: frozenset[JobState] = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})
_KEPT_S = 14 * 86_400.0
_NOT_KEPT = ("preview",)


@dataclass(slots=True)
class Item:
    """One render that somebody has asked for."""

    shot: str
    document: str
    """The artist's document; what is rendered is the copy that was made of it when it was asked for."""

    mode: Literal["render", "refinish"] = "render"
    id: str = field(default_factory=lambda: secrets.token_hex(6))
    request: str = ""
    state: JobState = "WAITING"
    phase: str = ""
    done: int = 0
    total: int = 0
    frame: int | None = None
    eta_s: float | None = None
    message: str = ""
    error: str = ""
    job: str = ""
    files: str = ""
    """The pattern that is delivered, known once it has begun."""

    notes: list[str] = field(default_factory=list)
    created_s: float = field(default_factory=time.time)
    ended_s: float | None = None
    preview: bytes = b""
    """A small JPEG of what is being made."""

    @property
    def has_ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in ENDED

    @property
    def is_waiting(self) -> bool:
        """Whether it has not begun yet."""
        return self.state == "WAITING"


class JobStore:
    """A folder with `queue.json`, and beside it the copy of each shot document. All calls are quick and small."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = folder / "lock"
        self.is_ours = False

    def take(self) -> bool:
        """Become the one panel that runs this queue; False where another one, that lives, does."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for _ in range(2):
            try:
                descriptor = os.open(self._lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            except FileExistsError:
                if _lives(_pid_in(self._lock)):
                    return False
                with suppress(FileNotFoundError):
                    self._lock.unlink()
            else:
                os.write(descriptor, str(os.getpid()).encode())
                os.close(descriptor)
                self.is_ours = True
                return True
        return False

    def release(self) -> None:
        """Let another panel run it."""
        if self.is_ours:
            self._lock.unlink(missing_ok=True)
            self.is_ours = False

    def copy_of(self, item: Item) -> Path:
        """Where the document is that an item renders."""
        return self._folder / f"{item.id}.shot.json"

    def load(self) -> tuple[list[Item], str]:
        """What was in the queue, and a line where it cannot be read: the file is set aside then."""
        path = self._folder / "queue.json"
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))["items"]
            items = [Item(**one) for one in kept]
        except FileNotFoundError:
            return [], ""
        except (OSError, ValueError, KeyError, TypeError) as error:
            aside = path.with_name(f"queue.{int(time.time())}.broken.json")
            with suppress(OSError):
                path.replace(aside)
            return [], f"the queue of the last time cannot be read ({error}); it is kept as {aside}"
        kept_items = [one for one in items if not one.has_ended or (one.ended_s or 0) > time.time() - _KEPT_S]
        self._sweep({one.id for one in kept_items})
        return kept_items, ""

    def _sweep(self, needed: set[str]) -> None:
        """Remove old copies that no item needs; a young one may be another panel's, which waits for this one."""
        for path in self._folder.glob("*.shot.json"):
            with suppress(OSError):
                is_old = path.stat().st_mtime < time.time() - _KEPT_S
                if is_old and path.name.removesuffix(".shot.json") not in needed:
                    path.unlink()

    def save(self, items: list[dict[str, Any]]) -> None:
        """Write the queue whole."""
        write_file(self._folder / "queue.json", json.dumps({"items": items}, indent=1).encode())


def plain(items: list[Item]) -> list[dict[str, Any]]:
    """The items as JSON has them."""
    return [{key: value for key, value in asdict(one).items() if key not in _NOT_KEPT} for one in items]


def _pid_in(path: Path) -> int:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def _lives(pid: int) -> bool:
    """Whether a process is there. Where that cannot be asked, it is taken to be gone."""
    if pid <= 0 or os.name == "nt":
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
