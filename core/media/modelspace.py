"""The picture space that a model sees: display-like codes in 0..1 that hold light up to a stated maximum.

A video model has learnt on sRGB pictures, which end at 1; a plate's light does not. The inverse of an ACES view reaches
further, but there one 8-bit step near white moves linear light by 41%, so that a model's least error is a lamp more or
less. This space is linear Rec.709 of the shot's exposure under a curve of two parts, per channel:

    code = sRGB(L)                                  up to the knee, L <= 0.5      (IEC 61966-2-1)
    code = sRGB(0.5) + a ln(1 + (L - 0.5) / b)      above it, 1 at the maximum    (b is solved for, a = b sRGB'(0.5))

which agree at the knee in value and slope. (At 0.0031308 the slope steps by 1.7%, as sRGB's own does.)

The knee: a surface in ordinary light lies below 0.5, grey at 0.18, and has sRGB's own code there; what is brighter is
rolled off as cameras do: a white of 0.9 has the code 0.83, where plain sRGB has 0.95. One step of 1/255 moves light by
1.2% at 0.5, by 4.4% at 1 and by 7.4% at 16, the most of all light above 0.01. With the knee at 0.7 it would be 14% at
16; at 0.35, 5%, but then white would have the code 0.78, and much of an ordinary picture would leave sRGB.

Arrays are (..., 3) float32 with at least two axes before the last, such as (H, W, 3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.frame import Array
from pai_studio.core.shot.errors import BadInput, UnknownColorSpace

_TOE = 0.0031308
_TOE_SLOPE, _SCALE, _OFFSET, _POWER = 12.92, 1.055, 0.055, 2.4
_ROUNDING = 2.0**-16
"""What a conversion of primaries leaves below 0, or relatively above the maximum, and is no clipped light."""


@dataclass(frozen=True)
class Clipped:
    """How many pixels a model space could not hold: any channel `below` 0 (out of gamut) or `above` the maximum."""

    below: int = 0
    above: int = 0

    def __add__(self, other: Clipped) -> Clipped:
        return Clipped(self.below + other.below, self.above + other.above)

    def __bool__(self) -> bool:
        return bool(self.below or self.above)


@dataclass(frozen=True)
class ModelSpace:
    """A curve between linear light in 0..`maximum` and codes in 0..1: sRGB up to `knee`, logarithmic above.

    Continuous, strictly increasing, and inverted exactly: in float32, light comes back from `display-16` within 4e-6
    of itself above 0.01, and within 4e-8 below.
    """

    name: str
    maximum: float
    knee: float

    @classmethod
    def named(cls, name: str) -> ModelSpace:
        """The space that a model's manifest names. Raises BadInput naming those that there are."""
        if name not in _SPACES:
            hint = f"known here: {', '.join(_SPACES)}"
            raise BadInput(f"{name!r} is no model space", where="model_space", hint=hint)
        return _SPACES[name]

    @cached_property
    def _shoulder(self) -> tuple[float, float, float]:
        """The code at the knee, the logarithm's factor a, and its width b in linear light."""
        at_knee = _SCALE * self.knee ** (1 / _POWER) - _OFFSET
        slope = _SCALE / _POWER * self.knee ** (1 / _POWER - 1)
        # b ln(1 + range / b) grows with b from 0 to the range: halving finds the one that ends at code 1.
        low, high, wanted = 0.0, self.maximum, (1 - at_knee) / slope
        for _ in range(100):
            width = (low + high) / 2
            if width * math.log1p((self.maximum - self.knee) / width) < wanted:
                low = width
            else:
                high = width
        return at_knee, slope * high, high

    def encode(self, linear: Array) -> Array:
        """Codes in 0..1 of linear light, which is clipped to 0..`maximum`."""
        at_knee, factor, width = self._shoulder
        light = np.clip(linear, 0, self.maximum).astype(np.float32)
        low = np.where(
            light <= _TOE, _TOE_SLOPE * light, _SCALE * np.minimum(light, self.knee) ** (1 / _POWER) - _OFFSET
        )
        high = at_knee + factor * np.log1p(np.maximum(light - self.knee, 0) / width)
        return np.minimum(np.where(light <= self.knee, low, high), 1).astype(np.float32)

    def decode(self, codes: Array) -> Array:
        """Linear light in 0..`maximum` of codes, which are clipped to 0..1."""
        at_knee, factor, width = self._shoulder
        code = np.clip(codes, 0, 1).astype(np.float32)
        lower = np.minimum(code, at_knee)
        low = np.where(code <= _TOE * _TOE_SLOPE, code / _TOE_SLOPE, ((lower + _OFFSET) / _SCALE) ** _POWER)
        high = self.knee + width * np.expm1(np.maximum(code - at_knee, 0) / factor)
        return np.minimum(np.where(code <= at_knee, low, high), self.maximum).astype(np.float32)


DISPLAY_16 = ModelSpace("display-16", maximum=16.0, knee=0.5)
_SPACES = {space.name: space for space in (DISPLAY_16,)}


@dataclass(frozen=True)
class ModelView:
    """How a model sees one shot: from the working space at an exposure of `stops`, by the curve of `space`.

    The same view serves the plate, the references and what the model makes. Raises UnknownColorSpace for a config
    without linear Rec.709.
    """

    config: ColorConfig
    space: ModelSpace
    stops: float = 0.0

    def __post_init__(self) -> None:
        if self.config.linear_rec709 is None:
            raise UnknownColorSpace(
                "has no linear Rec.709, which the model's picture space is built on",
                where=f"config {self.config.name}",
                hint="add one with the alias lin_rec709",
            )

    @property
    def white(self) -> float:
        """The most light, in the working space's grey, that this view can hold."""
        return float(self.space.maximum * 2.0**-self.stops)

    def to_codes(self, working: Array) -> tuple[Array, Clipped]:
        """Codes in 0..1 of (..., 3) in the working space, and the pixels that they do not hold; NaN counts as below."""
        linear = self._convert(working, self.config.working, self._linear) * np.float32(2.0**self.stops)
        held = linear >= -_ROUNDING
        below = int((~held).any(axis=-1).sum())
        above = int((linear > self.space.maximum * (1 + _ROUNDING)).any(axis=-1).sum())
        return self.space.encode(np.where(held, linear, 0)), Clipped(below, above)

    def to_working(self, codes: Array) -> Array:
        """The light in the working space of (..., 3) codes; codes beyond 0..1 are clipped."""
        linear = self.space.decode(codes) * np.float32(2.0**-self.stops)
        return self._convert(linear, self._linear, self.config.working)

    @property
    def _linear(self) -> str:
        space = self.config.linear_rec709
        assert space is not None
        return space

    def _convert(self, rgb: Array, source: str, target: str) -> Array:
        """(..., 3) as rows of one picture, which is what the config converts."""
        rows = np.ascontiguousarray(rgb, np.float32).reshape(-1, rgb.shape[-2], 3)
        return self.config.convert(rows, source, target).reshape(rgb.shape)
