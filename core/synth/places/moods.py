"""The hours of the day that a place may be lit by."""

from __future__ import annotations

from dataclasses import dataclass

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
}
