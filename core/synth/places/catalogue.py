"""All kinds of place by name, and the drawing of one from a seed.

Every place keeps to one convention, so that any camera move and any person fits any place: the camera works within
1.5 m of (0, 0, 1.4) and looks along +y; the floor is z = 0; the person stands at `Place.stand`, 5 to 7 m ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from pai_studio.core.synth.places.downtown.layout import lay_out as downtown
from pai_studio.core.synth.places.forest.layout import lay_out as forest
from pai_studio.core.synth.places.gallery.layout import lay_out as gallery
from pai_studio.core.synth.places.loft.layout import lay_out as loft
from pai_studio.core.synth.places.place import Place
from pai_studio.core.synth.places.street.layout import lay_out as street

Layout = Callable[[int, int, float, str | None], Place]
"""(seed, width_px, focal in picture widths, mood or None) to a place."""

PLACES: Mapping[str, Layout] = {
    "downtown": downtown,
    "forest": forest,
    "gallery": gallery,
    "loft": loft,
    "street": street,
}


def build_place(name: str | None, seed: int, width_px: int, focal: float, mood: str | None = None) -> Place:
    """The place of this seed, of the kind `name` or of one drawn from the seed.

    It is detailed enough for pictures `width_px` wide at a focal length of `focal` picture widths. Raises KeyError for
    a kind that is not in `PLACES`.
    """
    kind = name or str(np.random.default_rng([seed, 7]).choice(sorted(PLACES)))
    return PLACES[kind](seed, width_px, focal, mood)
