"""How a proxy becomes an image for the screen: roughly while it moves fast, sampled, or exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage

from pai_studio.core.media.display import Look, Screen
from pai_studio.ui.panel.pictures.shown import Proxy

_STRIP_PX = 1 << 19
"""So much of a picture is made before it is asked whether there is something more urgent."""

_ROUGH_PX = 600_000
"""A rough picture has fewer pixels than this: they are made within a fraction of a frame's time."""


class Grade(IntEnum):
    """How well a picture was made; each is better than the one before."""

    ROUGH = 0
    """Of every second pixel or fewer where there are many, through a sampled view."""

    SAMPLED = 1
    """Of every pixel, through a sampled view."""

    EXACT = 2
    """By the config's own mathematics."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A picture for the screen in a QImage that owns its bytes, over its proxy's display window."""

    image: QImage
    grade: Grade

    @property
    def is_exact(self) -> bool:
        """Whether there is nothing better."""
        return self.grade is Grade.EXACT


def made(
    proxy: Proxy, look: Look, screen: Screen, grade: Grade, is_stale: Callable[[], bool]
) -> Ready | None:
    """The picture; None where it has become stale meanwhile, which is asked often. Raises as `Screen.shown`."""
    by = step_of(proxy) if grade is Grade.ROUGH else 1
    pixels = _every(by, proxy.pixels)
    height, width, _ = pixels.shape
    image = QImage(width, height, QImage.Format.Format_RGB32)  # Qt paints it three times as fast as RGBX8888
    shown = np.frombuffer(image.bits(), np.uint8).reshape(height, width, 4)
    is_fast = grade is not Grade.EXACT
    rows = -(-_STRIP_PX // width)  # enough for several threads
    for first in range(0, height, rows):
        if is_stale():
            return None
        part = slice(first, first + rows)
        screen.shown(pixels[part], proxy.space, look, fast=is_fast, into=shown[part])
    return Ready(image, Grade.SAMPLED if by == 1 and is_fast else grade)


def _every(by: int, pixels: npt.NDArray[np.float16]) -> npt.NDArray[np.float16]:
    """Every `by`-th pixel of (h, w, 4), each moved whole: its four halves one by one take six times as long."""
    if by == 1:
        return pixels
    whole = np.ascontiguousarray(pixels).view(np.uint64)[::by, ::by]
    return np.ascontiguousarray(whole).view(np.float16)


def step_of(proxy: Proxy) -> int:
    """Every how many-th pixel across and down a rough picture takes."""
    height, width, _ = proxy.pixels.shape
    by = 1
    while height * width > _ROUGH_PX * by * by:
        by += 1
    return by
