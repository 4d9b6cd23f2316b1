"""What a plate looks like, whatever is in it: the lens that drew it, and its grain. A few frames tell it for a shot.

So no frame of the place is softer or has more grain than the next, and a sub-range, a resumed and a refinished version
equal the whole.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from pai_studio.core.comp import noise
from pai_studio.core.comp.grain import Grain
from pai_studio.core.finish import softness
from pai_studio.core.media.frame import Array, PlateFrame


@dataclass(frozen=True)
class Look:
    """`lens_px` is the width of the sharpest edges, a Gaussian's sigma; None where the plate has too few. `grain` is
    its noise.
    """

    lens_px: float | None
    grain: Grain

    @classmethod
    def of(cls, plates: Iterable[PlateFrame]) -> Look:
        """The look of some frames of a shot; they are taken one by one."""
        widths, samples = [], []
        for rgb in (_filmed(plate) for plate in plates):
            widths.append(softness.lens_px(rgb))
            samples.append(noise.told(rgb))
        lens_px = min((width for width in widths if width is not None), default=None)
        return cls(lens_px, noise.together(one for one in samples if one is not None))


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
