"""What the person sees: results on stdout, progress and errors on stderr."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from pai_studio.core.shot.errors import PaiError

_BAR_CELLS = 28
_COLUMNS = 80
_REDRAW_S = 0.1
_LINE_EVERY_S = 5.0


class Console:
    """Prints a bar that is redrawn on a terminal, plain lines elsewhere; one document with `as_json`."""

    def __init__(
        self,
        *,
        as_json: bool = False,
        out: TextIO | None = None,
        err: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.as_json = as_json
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._clock = clock
        self._live = self._err.isatty()
        self._drawn = False
        self._last = float("-inf")
        self._seen: dict[str, int] = {}

    def result(self, document: Mapping[str, Any], text: str) -> None:
        """The command's outcome: the document with --json, else the text."""
        self._clear()
        print(
            json.dumps(document, indent=2, default=str) if self.as_json else text, file=self._out, flush=True
        )

    def line(self, text: str) -> None:
        """One line about what is going on."""
        self._clear()
        print(text, file=self._err, flush=True)

    def error(self, error: PaiError) -> None:
        """The one line of an error; with --json the error as a document too."""
        self._clear()
        print(f"error: {error}", file=self._err, flush=True)
        if self.as_json:
            print(json.dumps({"error": error.to_json()}), file=self._out, flush=True)

    def progress(
        self, phase: str, done: int, total: int, *, eta_s: float | None = None, note: str = ""
    ) -> None:
        """Where the work stands. Called as often as one likes; prints no more than a person can read.

        A phase is told when it begins, or begins anew; phases that take turns are told like one.
        """
        now = self._clock()
        fresh = phase not in self._seen or done < self._seen[phase]
        self._seen[phase] = done
        complete = total > 0 and done >= total
        pause_s = _REDRAW_S if self._live else _LINE_EVERY_S
        if not fresh and not (complete and self._live) and now - self._last < pause_s:
            return
        self._last = now
        text = _progress_text(phase, done, total, eta_s, note, bar=self._live)
        if self._live:
            # A line that wraps could not be drawn over.
            print(f"\r\x1b[2K{text[: self._columns() - 1]}", end="", file=self._err, flush=True)
            self._drawn = True
        else:
            print(text, file=self._err, flush=True)

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._err.fileno()).columns or _COLUMNS
        except OSError:
            return _COLUMNS

    def _clear(self) -> None:
        if self._drawn:
            print("\r\x1b[2K", end="", file=self._err, flush=True)
            self._drawn = False


def _progress_text(phase: str, done: int, total: int, eta_s: float | None, note: str, *, bar: bool) -> str:
    parts = [f"{phase:<9}"]
    if total:
        if bar:
            cells = round(_BAR_CELLS * done / total)
            parts.append("█" * cells + "░" * (_BAR_CELLS - cells))
        parts.append(f"{done}/{total}")
    if note:
        parts.append(note)
    if eta_s is not None and done < total:
        parts.append(f"ETA {duration(eta_s)}")
    return "  ".join(parts)


def duration(seconds: float) -> str:
    """`0:07`, `12:30` or `1:02:03`."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{secs:02d}" if hours else f"{minutes}:{secs:02d}"


class Eta:
    """Time left, from how long the finished part of a phase has taken."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._phase = ""
        self._start = 0.0

    def __call__(self, phase: str, done: int, total: int) -> float | None:
        """Seconds left in this phase, or None while nothing of it is done."""
        if phase != self._phase:
            self._phase, self._start = phase, self._clock()
        if done <= 0 or total <= 0:
            return None
        return (self._clock() - self._start) / done * (total - done)
