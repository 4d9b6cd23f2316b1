"""The review movie: what a supervisor plays first, in display view, with burn-in."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.frame import Array
from pai_studio.core.media.video import MovieWriter

WIDTH_PX = 960
_STRIP_PX = 28
_GROUND = 18
_INK = (205, 205, 205)

Picture = npt.NDArray[np.uint8]


def picture(beauty: Array, config: ColorConfig, pixel_aspect: float = 1.0) -> Picture:
    """A beauty (H, W, 3) in the working space as a small display-view picture, unsqueezed, uint8 RGB."""
    height, width = beauty.shape[:2]
    across = min(WIDTH_PX, round(width * pixel_aspect)) // 2 * 2
    down = max(round(height * across / (width * pixel_aspect)) // 2 * 2, 2)
    small = cv2.resize(beauty, (max(across, 2), down), interpolation=cv2.INTER_AREA)
    shown = config.display(small.astype(np.float32, copy=False))
    encoded: Picture = np.rint(shown * 255).astype(np.uint8)
    return encoded


def burn_in(shown: Picture, left: str, right: str) -> Picture:
    """The picture over a strip of text: what it is at the left, which frame at the right."""
    height, width = shown.shape[:2]
    sheet = np.full((height + _STRIP_PX, width, 3), _GROUND, np.uint8)
    sheet[:height] = shown
    baseline = height + _STRIP_PX - 9
    (span, _), _ = cv2.getTextSize(right, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 1)
    for text, x in ((left, 10), (right, width - span - 10)):
        cv2.putText(sheet, text, (x, baseline), cv2.FONT_HERSHEY_SIMPLEX, 0.45, _INK, 1, cv2.LINE_AA)
    return sheet


@dataclass
class Review:
    """Writes the movie as frames come, in order; nothing is left behind when it is abandoned."""

    path: Path
    rate: Fraction
    label: str
    _movie: MovieWriter | None = None

    def add(self, shown: Picture, number: int) -> None:
        """The next frame."""
        sheet = burn_in(shown, self.label, f"{number}")
        if self._movie is None:
            self._movie = MovieWriter(self.path, self.rate, (sheet.shape[1], sheet.shape[0]))
        self._movie.write(sheet)

    def __enter__(self) -> Review:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._movie is not None:
            self._movie.__exit__(kind, error, trace)
