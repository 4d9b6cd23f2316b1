"""Logging: plain lines on stderr, so that stdout stays free for results."""

from __future__ import annotations

import logging
import sys

_ROOT = "pai_studio"


def logger(name: str) -> logging.Logger:
    """The logger of a module: pass `__name__`."""
    return logging.getLogger(name if name.startswith(_ROOT) else f"{_ROOT}.{name}")


def set_up(level: str = "INFO") -> None:
    """Send our log to stderr once; calling it again only changes the level."""
    root = logging.getLogger(_ROOT)
    if not root.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(
            logging.Formatter("%(asctime)s %(levelname).1s %(name)s: %(message)s", "%H:%M:%S")
        )
        root.addHandler(handler)
        root.propagate = False
    root.setLevel(level.upper())
