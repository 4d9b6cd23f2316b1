"""The hours of the day that a place may be lit by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.paint.noise import color


@dataclass(frozen=True)
class Mood:
    """An hour of the day: all the light's colours."""

    sun: Array
    sky: Array
    glow: Array
    bounce: Array
    behind: Array
    haze: Array
    zenith: Array
    horizon: Array
    sky_glow: Array
    lamp: Array
    elevation_deg: tuple[float, float]
    lit_share: float


MOODS = {
    "golden": Mood(
        sun=color("ffb46c", 11.0),
        sky=color("9dbce8", 0.85),
        glow=color("ffbe90", 0.80),
        bounce=color("c79a70", 0.42),
        behind=color("f2bd90", 0.95),
        haze=color("ffd3a4", 0.66),
        zenith=color("3f78bd", 1.3),
        horizon=color("ffd2a0", 2.1),
        sky_glow=color("ffb060", 7.0),
        lamp=color("ffab4f", 1.3),
        elevation_deg=(19, 24),
        lit_share=0.34,
    ),
    "dusk": Mood(
        sun=color("ff8a4a", 4.6),
        sky=color("7c98dc", 0.95),
        glow=color("ffa68c", 0.8),
        bounce=color("8a6a78", 0.38),
        behind=color("c89aa0", 0.30),
        haze=color("d99a92", 0.62),
        zenith=color("2c4a90", 1.0),
        horizon=color("ff9d78", 2.1),
        sky_glow=color("ff7a40", 4.0),
        lamp=color("ffa145", 2.3),
        elevation_deg=(17, 21),
        lit_share=0.62,
    ),
    "noon": Mood(
        sun=color("fff2de", 8.5),
        sky=color("a4c4f2", 1.0),
        glow=color("dfe8f5", 0.55),
        bounce=color("b8ad98", 0.45),
        behind=color("ece6da", 0.6),
        haze=color("c4d6ea", 0.6),
        zenith=color("2f6cc0", 1.1),
        horizon=color("bcd6f0", 1.9),
        sky_glow=color("fff0d8", 4.0),
        lamp=color("ffb866", 0.8),
        elevation_deg=(40, 54),
        lit_share=0.06,
    ),
    "overcast": Mood(
        sun=color("e8ecf2", 0.7),
        sky=color("c6ced8", 1.05),
        glow=color("ccd4dc", 0.55),
        bounce=color("8f8d86", 0.35),
        behind=color("ccd2d8", 0.5),
        haze=color("bcc6d0", 0.62),
        zenith=color("93a0ae", 1.6),
        horizon=color("d8dee2", 2.3),
        sky_glow=color("e4e8ec", 0.9),
        lamp=color("ffb45c", 1.1),
        elevation_deg=(42, 58),
        lit_share=0.25,
    ),
    "night": Mood(
        sun=color("9db8e8", 0.16),
        sky=color("4a6296", 0.13),
        glow=color("4a5a8c", 0.10),
        bounce=color("3a3a4c", 0.06),
        behind=color("5a5a78", 0.10),
        haze=color("2c3a5c", 0.10),
        zenith=color("0a1430", 0.20),
        horizon=color("2c3d68", 0.32),
        sky_glow=color("6a80b4", 0.25),
        lamp=color("ffab4f", 2.2),
        elevation_deg=(34, 46),
        lit_share=0.5,
    ),
}


def draw_mood(rng: np.random.Generator, allowed: tuple[str, ...], name: str | None) -> str:
    """The mood `name`, or one of `allowed` by chance. Raises KeyError for a mood that is not allowed there."""
    return asked_mood(str(rng.choice(allowed)), allowed, name)


def asked_mood(drawn: str, allowed: tuple[str, ...], name: str | None) -> str:
    """The mood `name`, or the `drawn` one without. Raises KeyError for a mood that is not allowed there."""
    if name is not None and name not in allowed:
        raise KeyError(f"{name} is not a mood of this place; it has {', '.join(allowed)}")
    return name or drawn
