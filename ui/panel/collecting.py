"""Python's collector of garbage, kept to the window's thread: a widget that ends in another one ends the process.

Reference cycles are collected in whatever thread happens to allocate. Widgets and their signals form such cycles.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_EVERY_MS = 500


class Collector(QObject):
    """From its making until `close` garbage is collected in the window's thread alone, between two events."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was_on = gc.isenabled()
        gc.disable()
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        """As much as Python itself would by now: each generation by its own threshold."""
        for generation, (count, threshold) in reversed(
            list(enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True)))
        ):
            if count > threshold > 0:
                gc.collect(generation)
                return

    def close(self) -> None:
        """Leave it to Python again, as it was: the window has gone."""
        self._timer.stop()
        if self._was_on:
            gc.enable()
