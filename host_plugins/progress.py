"""What the sidecar tells of a render, as the share and the words of a progress bar.

Standard library, Python 3.9: this file runs inside the host.
"""

from __future__ import annotations

from .host import Record

_STATES = {
    "CHECKING": "looking at the exported pictures",
    "CONNECTING": "connecting to the server",
    "QUEUED": "waiting in the server's queue",
    "SUCCEEDED": "fetching the last frames",
}
_PHASES = {
    "check": "checking the inputs",
    "references": "comparing the references",
    "camera": "following the camera",
    "prepare": "preparing",
    "load": "loading the model",
    "sample": "sampling step",
    "generate": "generating",
    "frames": "finishing frame",
}
_MIB = 1 << 20


class Story:
    """Follows the events of one render."""

    def __init__(self) -> None:
        self._share, self._message = 0.0, ""
        self._at = ("", "")
        self._told = (0.0, "")

    def hear(self, event: Record) -> tuple[float, str]:
        """The share of what is going on just now, 0 to 1, and one line about it."""
        state, phase = str(event.get("state", "")), str(event.get("phase", ""))
        done, total = int(event.get("done", 0)), int(event.get("total", 0))
        if state == self._at[0] == "RUNNING" and self._at[1] and not phase:
            return self._told  # news of a file: the phase goes on
        if (state, phase) != self._at:
            self._at = (state, phase)
            self._message, self._share = "", 0.0
        self._message = str(event.get("message", "")) or self._message
        if total > 0:
            self._share = min(done / total, 1.0)
        self._told = self._share, self._words(state, phase, done, total, event)
        return self._told

    def _words(self, state: str, phase: str, done: int, total: int, event: Record) -> str:
        if state == "WAITING":
            return self._message
        parts = [_doing(state, phase, done, total)]
        if "frame" in event and phase != "frames":
            parts.append(f"frame {event['frame']}")
        if "eta_s" in event:
            parts.append(f"about {duration(float(event['eta_s']))} left")
        line = ", ".join(parts)
        return f"{line} ({self._message})" if self._message else line


def _doing(state: str, phase: str, done: int, total: int) -> str:
    if state == "UPLOADING":
        return f"uploading, {done // _MIB} of {max(total // _MIB, 1)} MiB"
    doing = _PHASES.get(phase, phase) if state == "RUNNING" and phase else _STATES.get(state, state.lower())
    return f"{doing} {done} of {total}" if total > 0 else doing


def duration(seconds: float) -> str:
    """A time in words that need no clock: `40 s`, `12 min`, `2 h 5 min`."""
    if seconds < 60:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
