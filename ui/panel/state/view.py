"""How the viewer shows a picture: display and view, exposure, channel, comparison, which pass of which version."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal

Channel = Literal["rgb", "R", "G", "B", "A", "luminance"]
Compare = Literal["none", "wipe", "toggle", "difference"]


@dataclass(frozen=True, slots=True)
class View:
    """What is chosen. Empty `display` and `view` are the config's default ones."""

    display: str = ""
    view: str = ""
    exposure_stops: float = 0.0
    gamma: float = 1.0
    channel: Channel = "rgb"
    compare: Compare = "none"
    wipe: float = 0.5
    """Where the wipe's line stands, as a share of the picture's width."""

    shows_plate: bool = True
    """Plate or result; with a comparison, what is on the left of the line."""

    version: str = ""
    """The result's delivery pattern; empty: the newest."""

    against: str = ""
    """What it is compared with: another version's delivery pattern; empty: the plate."""

    scale: int = 0
    """Pictures are read at 1/`scale` of their pixels; 0: as many as the zoom shows."""

    layer: str = "beauty"
    """A pass, or `mix`: the layers put together live with the finishing controls of the shot."""


class ViewState(QObject):
    """The view, and the word that it has changed."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.now = View()

    def set(self, **changed: Any) -> None:
        """Change some of it."""
        new = replace(self.now, **changed)
        if new != self.now:
            self.now = new
            self.changed.emit()
