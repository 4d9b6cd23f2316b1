"""What is under the cursor: scene-linear values of a pixel, or the mean of an area, never those of the screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.frame import Array, Box
from pai_studio.ui.panel.pictures.shown import Proxy
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.viewer.wanted import Wanted

_REST_MS = 90


@dataclass(frozen=True)
class Reading:
    """Values of `area`, in plate pixels. `own` is RGBA in `space`; `working` is RGB, None where `space` is data.

    `is_exact` where they were read from every pixel of the file.
    """

    area: Box
    label: str
    space: str
    own: tuple[float, float, float, float]
    working: tuple[float, float, float] | None
    luminance: float | None
    is_exact: bool

    def text(self) -> str:
        """One line; a tilde marks values of a proxy."""
        box, mark = self.area, "" if self.is_exact else "~"
        where = (
            f"x {box.x}  y {box.y}"
            if box.shape == (1, 1)
            else f"{box.width} x {box.height} at {box.x}, {box.y}"
        )
        red, green, blue, alpha = (f"{mark}{_number(value)}" for value in self.own)
        line = f"{where}    {self.space or 'data'}  R {red}  G {green}  B {blue}  A {alpha}"
        if self.working is not None:
            line += "    working  " + "  ".join(f"{mark}{_number(value)}" for value in self.working)
        return line + (f"    Y {mark}{_number(self.luminance)}" if self.luminance is not None else "")


def reading(picture: Proxy, area: Box, label: str, config: ColorConfig | None) -> Reading | None:
    """The mean of an area of the display window; None where the area lies outside. Light is averaged as light."""
    box = _inside(area, picture.display)
    if box is None:
        return None
    part = np.asarray(picture.pixels[_slices(box, picture)], np.float32)
    own = part.reshape(-1, 4).mean(axis=0, dtype=np.float64)
    working: tuple[float, float, float] | None = None
    luminance = None
    if picture.space and config is not None:
        rgb: Array = config.convert(np.ascontiguousarray(part[..., :3]), picture.space, config.working)
        mean = rgb.reshape(-1, 3).mean(axis=0, dtype=np.float64)
        working = (float(mean[0]), float(mean[1]), float(mean[2]))
        luminance = float(mean @ config.luminance_weights)
    values = (float(own[0]), float(own[1]), float(own[2]), float(own[3]))
    return Reading(box, label, picture.space, values, working, luminance, picture.scale == 1)


class Probe(QObject):
    """Reads at once from the proxy that is shown, and exactly as soon as the mouse rests."""

    changed = Signal()

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._area: Box | None = None
        self._target: tuple[Wanted, int] | None = None
        self._proxy: Proxy | None = None
        self._config: ColorConfig | None = None
        self.reading: Reading | None = None
        self._number = 0
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._read_exactly)
        studio.pictures.arrived.connect(self._arrived)

    def set_config(self, config: ColorConfig | None) -> None:
        """The config that converts to the working space."""
        self._config = config

    def look_at(self, want: Wanted | None, frame: int, proxy: Proxy | None, area: Box | None) -> None:
        """An area of a picture, in pixels of its display window; None is nothing at all."""
        self._area, self._proxy = area, proxy
        self._target = (want, frame) if want is not None else None
        self._number += 1
        if area is None or want is None or proxy is None:
            self._show(None)
            return
        self._in_worker(proxy, area, want)
        if proxy.scale > 1:
            self._rest.start()

    def _read_exactly(self) -> None:
        if self._target is None or self._area is None or self._studio.player.is_playing:
            return
        want, frame = self._target
        whole = self._studio.pictures.get(want.source, frame, 1)
        if whole is not None:
            self._in_worker(whole, self._area, want)

    def _arrived(self, key: str, frame: int) -> None:
        if self._target is not None and self._target[0].source.key == key and frame in (self._target[1], 0):
            self._rest.start()

    def _in_worker(self, picture: Proxy, area: Box, want: Wanted) -> None:
        number, config = self._number, self._config
        call: Callable[[], Reading | None] = lambda: reading(picture, area, want.label, config)  # noqa: E731
        if area.width * area.height == 1:
            self._show(call())  # one pixel: less work than to hand it over
        else:
            self._studio.work.run(call, done=lambda found: self._take(found, number))

    def _take(self, found: Reading | None, number: int) -> None:
        if number == self._number and not (self.reading and found and self._is_worse(found)):
            self._show(found)

    def _is_worse(self, found: Reading) -> bool:
        """Whether a proxy's values come after the exact ones of the same area."""
        assert self.reading is not None
        return self.reading.is_exact and not found.is_exact and self.reading.area == found.area

    def _show(self, found: Reading | None) -> None:
        if found != self.reading:
            self.reading = found
            self.changed.emit()


def _inside(area: Box, display: Box) -> Box | None:
    left, top = max(area.x, display.x), max(area.y, display.y)
    right = min(area.x + area.width, display.x + display.width)
    bottom = min(area.y + area.height, display.y + display.height)
    return Box(left, top, right - left, bottom - top) if right > left and bottom > top else None


def _slices(box: Box, picture: Proxy) -> tuple[slice, slice]:
    """Where an area lies in a proxy: at least one of its pixels, whatever its scale."""
    height, width = picture.pixels.shape[:2]
    across, down = width / picture.display.width, height / picture.display.height
    x, y = box.x - picture.display.x, box.y - picture.display.y
    left, top = min(int(x * across), width - 1), min(int(y * down), height - 1)
    right = min(max(round((x + box.width) * across), left + 1), width)
    bottom = min(max(round((y + box.height) * down), top + 1), height)
    return slice(top, bottom), slice(left, right)


def _number(value: float) -> str:
    """Four digits that matter, as compositors write them."""
    return f"{value:.4f}" if abs(value) < 100 else f"{value:.1f}"
