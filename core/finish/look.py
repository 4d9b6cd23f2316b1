"""What a plate looks like, whatever is in it: the lens that drew it. Told by a few frames for the whole shot.

So no frame of the place is softer than the next, and a sub-range, a resumed and a refinished version equal the whole.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from pai_studio.core.finish import softness
from pai_studio.core.media.frame import Array, PlateFrame


@dataclass(frozen=True)
class Look:
    """`lens_px` is the width of the sharpest edges, a Gaussian's sigma; None where the plate has too few."""

    lens_px: float | None

    @classmethod
    def of(cls, plates: Iterable[PlateFrame]) -> Look:
        """The look of some frames of a shot; they are taken one by one."""
        return cls(softness.lens_px(_filmed(plate) for plate in plates))


class ShotLook:
    """A shot's look, looked at once it is asked for; it may be from several threads."""

    def __init__(self, plates: Callable[[], Iterable[PlateFrame]]) -> None:
        """`plates` gives the frames that tell it: always the same ones of the whole shot, whatever is rendered."""
        self._plates = plates
        self._found: Look | None = None
        self._lock = threading.Lock()

    def told(self) -> Look:
        """The look. Raises what reading the plates raises."""
        with self._lock:
            if self._found is None:
                self._found = Look.of(self._plates())
            return self._found


def _filmed(plate: PlateFrame) -> Array:
    """The largest part (h, w, 3) of a plate's picture that a file without a border of its own would hold."""
    if plate.inside is None:
        return plate.rgb
    rows, columns = np.flatnonzero(plate.inside.any(axis=1)), np.flatnonzero(plate.inside.any(axis=0))
    if not len(rows):
        return plate.rgb
    return plate.rgb[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
