"""The review movie's picture: panes side by side with their names, over a line that shows where in the clip we are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pai_studio.core.evaluation.contact import Ink, write
from pai_studio.core.media.frame import Array

_GROUND, _PANEL, _RULE = 0.07, 0.11, 0.26
_INK: Ink = (0.80, 0.80, 0.80)
_FAINT: Ink = (0.52, 0.52, 0.52)
_ACCENT: Ink = (0.93, 0.69, 0.33)
_GAP, _STRIP, _FOOT = 4, 22, 22
_SCALE = 0.40


@dataclass(frozen=True)
class Panes:
    """Panes of `pane` = (width, height) pixels for `names`, `columns` in a row; without a name a pane stays dark."""

    names: Sequence[str]
    columns: int
    pane: tuple[int, int]
    frames: Sequence[int]
    anchors: Sequence[int] = ()

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the whole picture in pixels, both even."""
        rows = -(-len(self.names) // self.columns)
        width = self.columns * (self.pane[0] + _GAP) - _GAP
        height = rows * (self.pane[1] + _STRIP) + _FOOT
        return width + width % 2, height + height % 2

    def blank(self) -> Array:
        """The picture (H, W, 3) without what changes from frame to frame; `draw` is given it."""
        sheet = np.full((self.size[1], self.size[0], 3), _GROUND, np.float32)
        for index, name in enumerate(self.names):
            left, top = self._corner(index)
            sheet[top : top + self.pane[1], left : left + self.pane[0]] = _PANEL
            write(sheet, name, (left + 8, top + self.pane[1] + 15), _SCALE, _INK)
        middle, first, last = self.size[1] - _FOOT // 2, self._x(0), self._x(len(self.frames) - 1)
        sheet[middle, first : last + 1] = _RULE
        for anchor in self.anchors:
            if anchor in self.frames:
                at = self._x(list(self.frames).index(anchor))
                sheet[middle - 4 : middle + 5, at] = _FAINT
        return sheet

    def draw(self, blank: Array, shown: Mapping[str, Array], index: int) -> npt.NDArray[np.uint8]:
        """Frame number `index` of the movie: `shown` has (h, w, 3) display values by the panes' names."""
        sheet = blank.copy()
        for place, name in enumerate(self.names):
            if name in shown:
                left, top = self._corner(place)
                sheet[top : top + self.pane[1], left : left + self.pane[0]] = shown[name]
        middle, at = self.size[1] - _FOOT // 2, self._x(index)
        sheet[middle - 5 : middle + 6, at - 1 : at + 3] = _ACCENT
        write(sheet, str(self.frames[index]), (self.size[0] - 52, middle + 5), _SCALE, _FAINT)
        codes: npt.NDArray[np.uint8] = np.rint(np.clip(sheet, 0, 1) * 255).astype(np.uint8)
        return codes

    def _corner(self, index: int) -> tuple[int, int]:
        row, column = divmod(index, self.columns)
        return column * (self.pane[0] + _GAP), row * (self.pane[1] + _STRIP)

    def _x(self, index: int) -> int:
        """Where a frame stands on the line, which leaves room for the frame's number at its right."""
        length = self.size[0] - 8 - 72
        return 8 + round(index * length / max(len(self.frames) - 1, 1))
