"""How a person looks: build, clothes, hair and what they carry, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.people.skeleton import Build

SKIN, TOP, BOTTOM, LEGS, SHOES, HAIR, EXTRA, PROP, METAL = range(9)
"""Materials. EXTRA is scarf, hat or hood; PROP and METAL are what is carried and its fittings."""

MATERIALS = 9


@dataclass(frozen=True)
class Pattern:
    """A cloth's pattern in a second colour: `plain`, `plaid`, `stripes` (along the body's height), `pinstripes` (up
    and down), `dots`, `check` or `print` (blots). `period_m` is its repeat."""

    kind: str = "plain"
    period_m: float = 0.08
    color: Array = field(default_factory=lambda: np.full(3, 0.5, np.float32))


@dataclass(frozen=True)
class Hairstyle:
    """`kind` is a key of `people.hair.STYLES`; `length_m` the strands', `volume_m` the cap's thickness on the scalp."""

    kind: str
    length_m: float
    volume_m: float
    curl: float
    fly: float
    """How many strands stand off, and how far: about 1."""


@dataclass(frozen=True)
class Outfit:
    """The cut of the clothes, in metres of the rest pose."""

    kind: str
    sleeve: float
    """How much of the arm is covered: 0 none, 0.35 a T-shirt's, 1 to the wrist."""

    hem_m: float
    """Where the top ends."""

    skirt_m: float | None
    """Where a skirt ends, if there is one."""

    legs_m: float
    """Down to where BOTTOM (or LEGS under a skirt) covers the legs; above it they are bare below."""

    loose: float
    """How far the top stands off the body."""

    flare_m: float = 0.0
    """How much wider trousers are at the ankle."""

    boots_m: float = 0.0
    """How high boots go; 0 for low shoes."""


@dataclass(frozen=True)
class Look:
    """Everything about a person but their motion."""

    build: Build
    outfit: Outfit
    hair: Hairstyle
    colors: Array
    """(MATERIALS, 3) albedos."""

    inner: Array
    """The shirt under an open jacket, (3,)."""

    top: Pattern
    bottom: Pattern
    extras: tuple[str, ...] = ()
    """Among `scarf`, `hood`, `beanie`, `cap`, `hat`, `glasses`, `tie`, `belt`."""

    prop: str | None = None
    """`umbrella`, `bag`, `staff`, `guitar` or nothing."""

    prop_side: int = 1

    @property
    def skirt_is_top(self) -> bool:
        """Whether the skirt is of one piece with the top, as a coat's or a dress's."""
        return self.outfit.kind in ("coat", "dress")
