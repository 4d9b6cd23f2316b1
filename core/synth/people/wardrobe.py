"""Who may be cast: builds, outfits, patterns, colours, hair and things to carry, drawn from a generator."""

from __future__ import annotations

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.paint.noise import color
from pai_studio.core.synth.people import looks
from pai_studio.core.synth.people.looks import Hairstyle, Look, Outfit, Pattern
from pai_studio.core.synth.people.skeleton import Build

_SKINS = ("f0c8aa", "e6b899", "e0ac8a", "d49a74", "c98e6e", "b57a55", "9a6344", "7d4c33", "5e3826", "452a1e")
_HAIRS = (
    "0f0c0a",
    "1c130e",
    "3a2014",
    "5a3420",
    "7a3b1a",
    "a8642c",
    "b5803c",
    "d8b878",
    "8c8680",
    "d9d6d0",
    "b03a2a",
)

_COLORS = {
    "plain": (
        "a8342c",
        "c48a1e",
        "2f5f6b",
        "6b2f4a",
        "3d4f86",
        "8a5a3c",
        "b86a52",
        "7d6a92",
        "c9a27a",
        "9a9a96",
    ),
    "dark": ("0c0c0f", "15161c", "1a1420", "1f1a16", "101820", "241218"),
    "bright": ("f2f0ea", "f5e663", "ff5a3c", "f7b7c8", "ffffff", "e8e2d0", "ff8a1f", "e23b7a"),
    # Near green and blue screens: what a keyer must not eat.
    "screen": (
        "6b7a2a",
        "1c7d74",
        "a8d632",
        "7fc8a4",
        "2f5a34",
        "3fb0c8",
        "3c6ac8",
        "86902f",
        "4f8f7a",
        "274a8a",
    ),
}
_FAMILIES = ("plain", "dark", "bright", "screen")
_TROUSERS = (
    "1b2436",
    "2c3f63",
    "46608c",
    "15151a",
    "3a3a40",
    "6b5a44",
    "8a7a5c",
    "4b5a44",
    "5a3a2c",
    "a8a294",
)
_SHOES = ("1a1412", "3a2418", "5a3a24", "e6e2da", "7a1f1c", "2a2f3a", "9a8a70")

_CUTS = {
    #            sleeve, hem, skirt, legs, loose, flare, boots
    "coat": (1.0, 0.90, (0.46, 0.70), 0.09, 0.010, 0.0, 0.36),
    "jacket": (1.0, 0.86, None, 0.075, 0.009, 0.006, 0.14),
    "suit": (1.0, 0.82, None, 0.07, 0.007, 0.010, 0.0),
    "shirt": (1.0, 0.88, None, 0.075, 0.005, 0.006, 0.0),
    "tee": (0.36, 0.90, None, 0.08, 0.005, 0.004, 0.0),
    "hoodie": (1.0, 0.89, None, 0.09, 0.016, 0.012, 0.0),
    "tank": (0.0, 0.91, None, 0.58, 0.003, 0.004, 0.0),
    "dress": (0.30, 1.0, (0.42, 0.60), 0.95, 0.003, 0.0, 0.0),
    "skirt": (0.75, 0.97, (0.48, 0.66), 0.09, 0.004, 0.0, 0.22),
}
OUTFITS = tuple(_CUTS)
PROPS = ("umbrella", "bag", "staff", "guitar")


def _pick(
    rng: np.random.Generator, choices: tuple[str, ...], weights: tuple[float, ...] | None = None
) -> str:
    p = None if weights is None else np.array(weights) / sum(weights)
    return str(choices[int(rng.choice(len(choices), p=p))])


def _hue(rng: np.random.Generator) -> Array:
    family = _pick(rng, _FAMILIES, (0.36, 0.18, 0.20, 0.26))
    return color(_pick(rng, _COLORS[family])) * np.float32(rng.uniform(0.75, 0.95))


def draw_look(rng: np.random.Generator) -> Look:
    """A person's look."""
    kind = _pick(rng, OUTFITS, (1.0, 1.1, 0.9, 1.0, 1.4, 1.1, 0.8, 1.2, 1.1))
    womanly = bool(rng.random() < (0.95 if kind in ("dress", "skirt") else 0.42))
    outfit, build = _outfit(kind, womanly, rng), _build(womanly, rng)
    extras = _extras(kind, womanly, rng)
    hair = _hair(womanly, rng)
    if hair.kind == "afro":
        # No hat sits on it.
        extras = tuple(e for e in extras if e not in ("beanie", "cap", "hat"))
    top, second = _hue(rng), _hue(rng)
    skin = color(_pick(rng, _SKINS)) * 0.85
    colors = np.zeros((looks.MATERIALS, 3), np.float32)
    colors[looks.SKIN], colors[looks.TOP] = skin, top
    colors[looks.BOTTOM] = top if kind == "suit" else _bottom(kind, rng)
    colors[looks.LEGS] = color(_pick(rng, ("15151a", "2a2c38", "4a2430", "3a3f52", "8a7a62", "1d3a34")))
    colors[looks.SHOES] = color(_pick(rng, _SHOES)) * 0.9
    colors[looks.HAIR] = color(_pick(rng, _HAIRS)) * 0.8
    colors[looks.EXTRA], colors[looks.PROP] = _hue(rng), _hue(rng)
    colors[looks.METAL] = color(_pick(rng, ("3a2818", "8a6a42", "1a1a1c", "9a968e")))
    prop = _pick(rng, ("", *PROPS), (0.58, 0.13, 0.15, 0.06, 0.08)) or None
    if prop == "guitar":
        colors[looks.PROP] = color(_pick(rng, ("b8742e", "7a3a1c", "d9a860", "8a1f1a", "1d1512")))
    return Look(
        build,
        outfit,
        hair,
        colors,
        color(_pick(rng, ("f2f0ea", "d8dce6", "1a1a1e", "c8d6b0", "e6c8c0", "3a5a8a"))) * np.float32(0.85),
        _pattern(kind, second, rng),
        _pattern("skirt", second, rng) if kind == "skirt" else Pattern(),
        extras,
        prop,
        int(rng.choice([-1, 1])),
    )


def _build(womanly: bool, rng: np.random.Generator) -> Build:
    heavy = float(np.clip(rng.normal(0, 1), -1.6, 2.0))
    return Build(
        scale=float(np.clip(rng.normal(0.955 if womanly else 1.02, 0.035), 0.87, 1.11)),
        shoulders=float(rng.uniform(0.90, 0.98) if womanly else rng.uniform(0.98, 1.07)),
        hips=float(rng.uniform(1.02, 1.14) if womanly else rng.uniform(0.92, 1.02)),
        mass=1.0 + 0.085 * heavy - (0.06 if womanly else 0.0),
        head=float(rng.uniform(0.97, 1.04)),
        bust=float(rng.uniform(0.75, 1.1)) if womanly else 0.0,
        belly=float(np.clip(0.45 * heavy, 0, 1)),
    )


def _outfit(kind: str, womanly: bool, rng: np.random.Generator) -> Outfit:
    sleeve, hem, skirt, legs, loose, flare, boots = _CUTS[kind]
    if kind == "dress":
        sleeve = float(rng.choice([0.0, 0.30, 1.0]))
    elif kind in ("skirt", "shirt") and rng.random() < 0.4:
        sleeve = 0.75
    if kind in ("dress", "skirt", "tee") and rng.random() < 0.3:
        boots = float(rng.choice([0.14, 0.34]))
    if kind == "dress":
        legs = float(rng.choice([0.95, 0.09]))
    elif kind == "tee" and rng.random() < 0.3:
        legs = 0.53
    return Outfit(
        kind,
        sleeve,
        hem + float(rng.uniform(-0.015, 0.015)),
        None if skirt is None else float(rng.uniform(*skirt)),
        legs,
        loose * float(rng.uniform(0.7, 1.4)),
        flare * float(rng.uniform(0.5, 2.2)) * (1.4 if womanly else 1.0),
        boots,
    )


def _extras(kind: str, womanly: bool, rng: np.random.Generator) -> tuple[str, ...]:
    found = []
    if kind == "hoodie":
        found.append("hood")
    if kind in ("coat", "jacket", "suit", "shirt"):
        found.append("collar")
    if kind in ("coat", "jacket", "skirt") and rng.random() < 0.45:
        found.append("scarf")
    elif kind == "suit" and rng.random() < 0.6:
        found.append("tie")
    if kind in ("shirt", "dress", "skirt") and rng.random() < 0.4:
        found.append("belt")
    if "scarf" not in found and "tie" not in found and rng.random() < 0.30:
        found.append(_pick(rng, ("beanie", "cap", "hat")))
    if rng.random() < 0.24:
        found.append("glasses")
    if not womanly and rng.random() < 0.35:
        found.append("beard")
    return tuple(found)


def _hair(womanly: bool, rng: np.random.Generator) -> Hairstyle:
    kinds = ("bald", "buzz", "short", "bob", "long", "curly", "afro", "bun", "ponytail")
    odds = (0.01, 0.02, 0.10, 0.2, 0.27, 0.13, 0.09, 0.09, 0.12) if womanly else (
        0.09, 0.14, 0.38, 0.05, 0.09, 0.10, 0.08, 0.05, 0.02)  # fmt: skip
    kind = _pick(rng, kinds, odds)
    length, volume, curl = {
        "bald": (0.01, 0.0, 0.0),
        "buzz": (0.012, 0.002, 0.1),
        "short": (0.055, 0.010, 0.25),
        "bob": (0.21, 0.012, 0.12),
        "long": (0.38, 0.010, 0.18),
        "curly": (0.19, 0.022, 0.95),
        "afro": (0.062, 0.052, 0.9),
        "bun": (0.12, 0.006, 0.15),
        "ponytail": (0.40, 0.006, 0.15),
    }[kind]
    return Hairstyle(
        kind,
        length * float(rng.uniform(0.8, 1.25)),
        volume * float(rng.uniform(0.8, 1.3)),
        curl * float(rng.uniform(0.6, 1.2)),
        float(rng.uniform(0.7, 1.5)),
    )


def _bottom(kind: str, rng: np.random.Generator) -> Array:
    if kind == "skirt" or rng.random() < 0.15:
        return _hue(rng)
    return color(_pick(rng, _TROUSERS)) * np.float32(0.9)


def _pattern(kind: str, second: Array, rng: np.random.Generator) -> Pattern:
    odds = {
        "coat": (0.3, 0.55, 0.0, 0.0, 0.0, 0.15, 0.0),
        "suit": (0.55, 0.1, 0.0, 0.35, 0.0, 0.0, 0.0),
        "hoodie": (0.7, 0.0, 0.3, 0.0, 0.0, 0.0, 0.0),
        "dress": (0.25, 0.1, 0.1, 0.1, 0.2, 0.05, 0.2),
    }.get(kind, (0.36, 0.18, 0.18, 0.06, 0.08, 0.06, 0.08))
    drawn = _pick(rng, ("plain", "plaid", "stripes", "pinstripes", "dots", "check", "print"), odds)
    period = {"plaid": 0.085, "stripes": 0.07, "pinstripes": 0.022, "dots": 0.055, "check": 0.06}.get(
        drawn, 0.08
    )
    return Pattern(drawn, period * float(rng.uniform(0.7, 1.6)), second)
