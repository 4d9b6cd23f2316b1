"""What a camera does to light on its way into a file: focus, exposure, white balance, noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.paint.noise import blur

_READ_NOISE = 0.0011
_SHOT_NOISE = 0.00016
_REFERENCE_PX = 1280


@dataclass(frozen=True)
class Capture:
    """A camera's settings and failings; the default is a good one, well set up, recording without a codec."""

    noise: float = 1.0
    """Strength of the sensor's noise: its standard deviation over the good camera's."""

    quality: int | None = None
    """H.264's constant rate factor (`codec`), None for a plate that no codec has seen."""

    focus_px: float = 0.0
    """Softness of what is filmed on the set: a Gaussian's sigma in pixels of a picture 1280 wide."""

    exposure: float = 0.0
    """Stops that the plate is brighter than the set's light."""

    white: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Gains of the plate's primaries, by a white balance that is a little off."""

    @property
    def gain(self) -> Array:
        """Exposure and white balance as one gain (3,) of the plate."""
        return np.asarray(np.array(self.white) * 2**self.exposure, np.float32)

    def focused(self, picture: Array) -> Array:
        """A picture or layer (H, W) or (H, W, C), premultiplied where it has a matte, as sharp as the lens draws it."""
        return blur(picture, self.focus_px * picture.shape[1] / _REFERENCE_PX)

    def exposed(self, picture: Array, seed: int, index: int) -> Array:
        """Frame `index` (H, W, 3) of the set as the sensor gives it: gained, with noise. Light above 1 stays."""
        return exposed(picture * self.gain, seed, index, self.noise)


def draw_capture(seed: int) -> Capture:
    """The camera of this seed: half record without a codec; noise, focus, exposure and white vary a little."""
    rng = np.random.default_rng([seed, 10])
    coded = rng.random() < 0.5
    warmth = float(rng.normal(0, 0.03))
    return Capture(
        noise=float(np.exp2(rng.uniform(-1, 1.7))),
        quality=int(rng.integers(12, 25)) if coded else None,
        focus_px=float(rng.choice([0.0, rng.uniform(0.4, 1.6)])),
        exposure=float(rng.normal(0, 0.22)),
        white=(1 + warmth, 1.0 + float(rng.normal(0, 0.012)), 1 - warmth),
    )


def exposed(picture: Array, seed: int, index: int, strength: float = 1.0) -> Array:
    """Frame `index` with read noise, and shot noise whose variance grows with light (EMVA 1288's linear model)."""
    rng = np.random.default_rng([seed, 4, index])
    sigma = np.float32(strength) * np.sqrt(_READ_NOISE**2 + _SHOT_NOISE * np.clip(picture, 0, None))
    return np.asarray(picture + sigma * rng.standard_normal(picture.shape, np.float32), np.float32)
