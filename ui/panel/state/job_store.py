"""The queue on disk: what was asked for survives the panel, and another panel of this user keeps its hands off it."""

from __future__ import annotations

import json
import secrets
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from pai_studio.core.media.files import write_file
from pai_studio.ui.panel.state.file_lock import FileLock

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

    is_cancelling: bool = False
    """Whether somebody wants it to stop: kept, so that a panel that was closed meanwhile says so to the server."""

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

    @property
    def is_asked(self) -> bool:
        """Whether the server may have a job of it."""
        return bool(self.job) or self.state in ("UPLOADING", "AWAY")

    def hear(self, event: dict[str, Any]) -> bool:
        """Take what is new from a render's event; whether its state is another one."""
        before = self.state
        state = event.get("state", before)
        if state == "WAITING":
            self.state = "AWAY"
        elif state not in ENDED:  # its end comes with its answer
            self.state = state
        if self.state != before:  # what was counted before, bytes perhaps, is no progress of this
            self.phase, self.done, self.total, self.frame, self.eta_s = "", 0, 0, None, None
        for name in ("phase", "done", "total", "frame", "eta_s", "message", "job"):
            if name in event:
                setattr(self, name, event[name])
        return self.state != before

    def end(self, state: JobState, message: str = "") -> None:
        """It has succeeded, failed or been cancelled."""
        self.state, self.message, self.ended_s = state, message, time.time()
        self.is_cancelling, self.eta_s, self.preview = False, None, b""

    def start_over(self) -> None:
        """As if nobody had tried yet."""
        self.state, self.error, self.message, self.ended_s = "WAITING", "", "", None
        self.request, self.job, self.files = "", "", ""
        self.phase, self.done, self.total, self.frame = "", 0, 0, None


@dataclass(frozen=True)
class Kept:
    """What was in the queue, and a line where it could not be read."""

    items: tuple[Item, ...] = ()
    fault: str = ""


class JobStore:
    """A folder with `queue.json`, and beside it the copy of each shot document. All but `copy_of` is for the disk's
    thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = FileLock(folder / "queue.lock")

    def take_over(self) -> Kept | None:
        """Become the one panel that runs this queue, and read it; None where another one, that lives, runs it.

        A file that cannot be read is set aside. Raises BadInput or OutOfResources where nothing can be kept here.
        """
        return self._load() if self._lock.take() else None

    def release(self) -> None:
        """Let another panel run it."""
        self._lock.release()

    def copy_of(self, item: Item) -> Path:
        """Where the document is that an item renders."""
        return self._folder / f"{item.id}.shot.json"

    def save(self, items: list[dict[str, Any]]) -> None:
        """Write the queue whole. Raises as `write_file`."""
        write_file(self._folder / "queue.json", json.dumps({"items": items}, indent=1).encode())

    def _load(self) -> Kept:
        path = self._folder / "queue.json"
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))["items"]
            items = [Item(**one) for one in kept]
        except FileNotFoundError:
            return Kept()
        except (OSError, ValueError, KeyError, TypeError) as error:
            aside = path.with_name(f"queue.{int(time.time())}.broken.json")
            with suppress(OSError):
                path.replace(aside)
            return Kept(fault=f"the queue of the last time cannot be read ({error}); it is kept as {aside}")
        young = [one for one in items if not one.has_ended or (one.ended_s or 0) > time.time() - _KEPT_S]
        self._sweep({one.id for one in young})
        return Kept(tuple(young))

    def _sweep(self, needed: set[str]) -> None:
        """Remove old copies that no item needs; a young one may be another panel's, which waits for this one."""
        for path in self._folder.glob("*.shot.json"):
            with suppress(OSError):
                is_old = path.stat().st_mtime < time.time() - _KEPT_S
                if is_old and path.name.removesuffix(".shot.json") not in needed:
                    path.unlink()


def plain(items: list[Item]) -> list[dict[str, Any]]:
    """The items as JSON has them."""
    return [{key: value for key, value in asdict(one).items() if key not in _NOT_KEPT} for one in items]
