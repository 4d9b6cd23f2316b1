"""All kinds of place by name, and the drawing of one from a seed.

Every place keeps to one convention, so that any camera move and any person fits any place: the camera works within
1.5 m of (0, 0, 1.4) and looks along +y; the floor is z = 0; the person stands at `Place.stand`, 5 to 7 m ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from pai_studio.core.synth.places import downtown, forest, gallery, loft, street
from pai_studio.core.synth.places.place import Place
from pai_studio.core.synth.places.wild import desert, shore

Layout = Callable[[int, int, float, str | None], Place]
"""(seed, width_px, focal in picture widths, mood or None) to a place."""


@dataclass(frozen=True)
class Family:
    """A kind of place: how one is laid out, and the moods that it may have."""

    lay_out: Layout
    moods: tuple[str, ...]


PLACES: Mapping[str, Family] = {
    "desert": Family(desert.lay_out, desert.ALLOWED),
    "downtown": Family(downtown.lay_out, downtown.ALLOWED),
    "forest": Family(forest.lay_out, forest.ALLOWED),
    "gallery": Family(gallery.lay_out, gallery.ALLOWED),
    "loft": Family(loft.lay_out, loft.ALLOWED),
    "shore": Family(shore.lay_out, shore.ALLOWED),
    "street": Family(street.lay_out, street.ALLOWED),
}


def build_place(name: str | None, seed: int, width_px: int, focal: float, mood: str | None = None) -> Place:
    """The place of this seed, of the kind `name` or of one drawn from the seed among those that may have `mood`.

    It is detailed enough for pictures `width_px` wide at a focal length of `focal` picture widths. Raises KeyError for
    a kind that is not in `PLACES` and for a mood that it may not have.
    """
    fitting = [kind for kind, family in sorted(PLACES.items()) if mood is None or mood in family.moods]
    if not fitting:
        raise KeyError(f"no place has the mood {mood}")
    kind = name or str(np.random.default_rng([seed, 7]).choice(fitting))
    return PLACES[kind].lay_out(seed, width_px, focal, mood)
