"""How near finishing comes to a film's truth: the subject's light, and what the passes must keep to.

Pictures are (H, W, 3), scene-linear, over the plate. What is judged as it is looked at is judged in codes: the curve of
the model's picture space, sRGB's up to half of white.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.comp.filters import as_f32, blur
from pai_studio.core.comp.space import luminance
from pai_studio.core.finish.finisher import Finisher
from pai_studio.core.finish.gain import at_plate
from pai_studio.core.finish.layers import beauty
from pai_studio.core.finish.steady import steadied
from pai_studio.core.media.frame import Array, Layers
from pai_studio.core.media.modelspace import DISPLAY_16
from pai_studio.core.shot.document import Finish
from tests.core.finish.simulated import Simulated
from tests.core.finish.simulated_film import Truth

Mask = npt.NDArray[np.bool_]
SOLID = 0.999
_SEEN = 0.05
_DARK = 0.005
"""Below this light a gain moves nothing that can be seen."""
_LIGHT_PX = 1 / 416
"""Light is compared in averages of such a sigma, in picture widths: two pixels of the model."""


def finisher_of(made: Simulated, controls: Finish, seed: int = 7) -> Finisher:
    """The finisher of a shot."""
    first = next(iter(made.plates.values()))
    return Finisher(made.stills, first.display, controls, seed, gives_layers=False, plates=made.plates.values)


def finished(made: Simulated, controls: Finish, only: Container[int] | None = None) -> dict[int, Layers]:
    """Every frame of a shot, or some `only`, finished as a render finishes it."""
    finisher = finisher_of(made, controls)
    seen = {
        n: one for n, plate in made.plates.items() if (one := finisher.see(plate, made.made[n])) is not None
    }
    found = {}
    for number, plate in made.plates.items():
        if only is not None and number not in only:
            continue
        close = around(list(seen), number, finisher.close)
        far = {n: seen[n].far() for n in around(list(seen), number, finisher.reach) if n not in close}
        found[number] = finisher.finish(plate, made.made[number], {n: seen[n] for n in close}, far=far)
    return found


def gains(made: Simulated) -> list[Array]:
    """The gain (H, W, 3) of every frame of a shot, as `finished` has it."""
    finisher = finisher_of(made, Finish())
    seen = {
        n: one for n, plate in made.plates.items() if (one := finisher.see(plate, made.made[n])) is not None
    }
    found = []
    for number, one in seen.items():
        close = around(list(seen), number, finisher.close)
        far = {n: seen[n].far() for n in around(list(seen), number, finisher.reach) if n not in close}
        light = steadied({n: seen[n] for n in close}, number, far)
        found.append(at_plate(light, one.frame))
    return found


def around(numbers: list[int], number: int, reach: int) -> list[int]:
    """So many frames on each side, and at the ends as many in all, as a render looks at them."""
    index = numbers.index(number)
    first = max(0, min(index - reach, len(numbers) - 2 * reach - 1))
    return numbers[first : max(index + reach, 2 * reach) + 1]


def codes(light: Array) -> Array:
    """As it is looked at: 0..1."""
    return DISPLAY_16.encode(light)


def psnr_db(one: Array, other: Array, where: Mask) -> float:
    """The peak signal-to-noise ratio of two pictures in codes, over `where`."""
    error = (codes(one) - codes(other))[where]
    return float(-10 * np.log10(max(float((error.astype(np.float64) ** 2).mean()), 1e-12)))


@dataclass(frozen=True)
class Relit:
    """How far a foreground's light is from the truth's, each against the same without any relighting."""

    unrelit_db: float
    relit_db: float
    generation_db: float
    """The generation's own subject, brought to the plate's size by a cubic: where the matte is solid, as the next."""

    solid_unrelit_db: float
    solid_relit_db: float
    unrelit_stops: float
    relit_stops: float
    generation_stops: float
    """Mean error of local averages over the solid subject."""

    @property
    def gained_db(self) -> float:
        return self.relit_db - self.unrelit_db

    @property
    def kept(self) -> float:
        """The share that is kept of the decibels that the generation itself gains over the unrelit plate."""
        return (self.solid_relit_db - self.solid_unrelit_db) / (self.generation_db - self.solid_unrelit_db)

    @property
    def kept_light(self) -> float:
        """The share that is kept of the stops by which the generation itself is nearer, detail apart."""
        return (self.unrelit_stops - self.relit_stops) / (self.unrelit_stops - self.generation_stops)


def relit(got: Layers, truth: Truth, generation: Array) -> Relit:
    """Judge the relit foreground; `generation` is the model's composite at the plate's size."""
    seen, solid = truth.matte > _SEEN, truth.matte > SOLID
    lit = got.foreground * got.gain
    wanted = _averages(truth.foreground, solid)

    def stops(picture: Array) -> float:
        off = np.log2((_averages(picture, solid) + _DARK) / (wanted + _DARK))
        return float(np.abs(off)[solid].mean())

    return Relit(
        unrelit_db=psnr_db(got.foreground, truth.foreground, seen),
        relit_db=psnr_db(lit, truth.foreground, seen),
        generation_db=psnr_db(generation, truth.foreground, solid),
        solid_unrelit_db=psnr_db(got.foreground, truth.foreground, solid),
        solid_relit_db=psnr_db(lit, truth.foreground, solid),
        unrelit_stops=stops(got.foreground),
        relit_stops=stops(lit),
        generation_stops=stops(generation),
    )


def _averages(picture: Array, solid: Mask) -> Array:
    """Local averages of the solid subject alone."""
    sigma_px, weight = _LIGHT_PX * picture.shape[1], as_f32(solid)
    known = np.maximum(blur(weight, sigma_px), 1e-3)
    return as_f32(np.maximum(blur(as_f32(picture * weight[..., None]), sigma_px), 0) / known[..., None])


def detail(got: Layers, truth: Truth) -> float:
    """The detail's correlation with the truth's, over that of the same foreground under the truth's own light."""
    solid = cv2.erode((truth.matte > SOLID).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    ours = _detail_correlation(got.foreground * got.gain, truth.foreground, solid)
    return ours / _detail_correlation(got.foreground * truth.gain, truth.foreground, solid)


def _detail_correlation(picture: Array, truth: Array, where: Mask) -> float:
    """The correlation of the gradients, weighted by the truth's."""
    one, other = (_gradients(luminance(codes(light)))[where] for light in (picture, truth))
    weight = np.linalg.norm(other, axis=1, keepdims=True).astype(np.float64)
    both = (weight * one * other).sum()
    return float(both / np.sqrt((weight * one * one).sum() * (weight * other * other).sum()))


def _gradients(plane: Array) -> Array:
    """(H, W, 2)."""
    return np.stack([as_f32(cv2.Sobel(plane, cv2.CV_32F, *order, ksize=3)) for order in ((1, 0), (0, 1))], 2)


@dataclass(frozen=True)
class GainError:
    """The mean absolute error of the gain's natural logarithm near the matte's edge, and farther inside."""

    near: float
    inside: float

    @property
    def ratio(self) -> float:
        return self.near / self.inside


def gain_error(got: Layers, truth: Truth, within_px: int = 12) -> GainError:
    """The gain against the truth's, inside the matte, within so many pixels of its edge and farther from it."""
    covered = (truth.matte > 0.5).astype(np.uint8)
    # What leaves the picture has no edge there.
    away = cv2.distanceTransform(np.pad(covered, 1, mode="edge"), cv2.DIST_L2, 5)[1:-1, 1:-1]
    error = np.abs(np.log(np.maximum(got.gain, 1e-3) / truth.gain))
    told = truth.foreground > _DARK
    near, inside = ((away > 0) & (away <= within_px), away > within_px)
    return GainError(*(float(error[part[..., None] & told].mean()) for part in (near, inside)))


def gain_changes(gains: Sequence[Array], solid: Mask, share: float = 0.99) -> float:
    """How much the solid subject's gain changes between two frames: in the worst pair, all but `share` change less."""
    return max(
        float(np.quantile(np.abs(after / before - 1)[solid], share)) for before, after in pairwise(gains)
    )


def recombination_error(got: Layers) -> float:
    """The farthest that the beauty lies from its passes, in halves' ulps of the sum of the absolute terms."""
    passes: Mapping[str, Array] = got.passes()
    names = ("foreground", "gain", "background", "shadow", "matte", "wrap")
    again = beauty(**{name: passes[name] for name in names})
    terms = beauty(**{name: np.abs(passes[name]) for name in names})
    ulp = np.spacing(np.maximum(terms, 2.0**-14).astype(np.float16)).astype(np.float32)
    return float((np.abs(got.beauty - again) / ulp).max())
