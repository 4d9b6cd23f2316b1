"""A generation as a video model would have made it, from a film whose truth is known: for finishing to be measured on.

`generation(Film(seed=22), folder)` films a synthetic shot at the plate's size, with its truth, and derives from that
truth what a model would have returned at 832x480: through its picture space in 8 bits, out of place by up to 1.5 of
its pixels, 5% off in light, blurred, and through a real video codec. Beside it stand the stills that such a shot would
have come with. All follows from the film and the faults alone; films are kept in `folder`, since they are slow to make.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.delivery.generations import quantised
from pai_studio.core.engines._modelled import at_model
from pai_studio.core.engines._subject import Subject
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.frame import Array, Box, Generated, ModelPicture, PlateFrame, Still
from pai_studio.core.media.geometry import ModelFrame, fit_placement
from pai_studio.core.media.modelspace import ModelSpace, ModelView
from pai_studio.core.motion.flow import grid
from pai_studio.core.motion.homography import Matrix
from pai_studio.core.motion.resample import sample
from pai_studio.core.synth.capture.codec import coded, decoded, recorded
from pai_studio.core.synth.capture.sensor import exposed
from tests.core.finish.simulated_film import FIRST, RATE, Film, Truth, filmed, half

MODEL_SIZE, MODEL_GRID = (832, 480), 16
_NO_KEY = np.zeros(3, np.float32)
"""A plate on green is shown as it is: its key colour is not asked for."""

SEEN, UNSEEN = (22, 29, 32), (23, 39, 47)
"""The seeds that finishing's constants may be chosen on, and those that nobody looks at while choosing them."""


@dataclass(frozen=True)
class Faults:
    """What a model gets wrong; the fields are smooth over the picture and drift, once around in `period` frames."""

    shift_px: float = 1.5
    gain: float = 0.05
    blur_px: float = 0.6
    quality: int = 20
    flickers: bool = False
    """Each frame is coded for itself: a stream holds what stands still, and errs anew at its keyframes alone."""

    period: int = 96
    window: int = 0
    """A new window after so many frames, 0 for one alone; at its border the fields jump by `jump` of themselves."""

    jump: float = 0.25


@dataclass(frozen=True)
class Simulated:
    """A shot's truth, plates and generations by frame number, and its stills.

    `moved` is how far (h, w, 2), in model pixels, the model put things out of place: what it shows at x is really at
    x + moved(x).
    """

    truths: Mapping[int, Truth]
    plates: Mapping[int, PlateFrame]
    made: Mapping[int, Generated]
    stills: tuple[Still, ...]
    moved: Mapping[int, Array]

    def meant(self, number: int, pixels: Array) -> Array:
        """A layer of the truth (H, W[, 3]) as the model meant it: in full detail, where the model put it."""
        model = self.made[number].model
        assert model is not None
        at, field = model.frame, self.moved[number]
        across = at.to_plate(np.ascontiguousarray(field)) / np.float32(at.matrix[0, 0])
        here = grid(np.eye(3), (pixels.shape[1], pixels.shape[0]))
        return sample(pixels, here + across, cv2.INTER_CUBIC)


def generation(film: Film, folder: Path, faults: Faults | None = None) -> Simulated:
    """The shot, and what a model would have made of it with `faults` (by default the issue's)."""
    faults = faults or Faults()
    truths, behind = filmed(film, folder)
    plates = _plates(film, truths)
    samples = list(plates.values())[:1]
    display = samples[0].display
    at = ModelFrame.fitting(display, 1.0, MODEL_SIZE, MODEL_GRID)
    view = ModelView(ColorConfig.open(""), ModelSpace.named("display-16"))
    subject = Subject.find(samples, "green")
    model = Model(film.seed, at, faults)
    made, shown, seen = {}, [], []
    for index, (number, plate) in enumerate(plates.items()):
        shown.append(model.shown(view, at.to_model(truths[number].composite), index))
        small = at_model(plate, at)
        codes, _ = view.to_codes(subject.on_key(small, *subject.matte(small), _NO_KEY))
        seen.append(eight_bits(codes))
    pictures = zip(through_codec(shown, faults), through_codec(seen, faults), strict=True)
    for (number, plate), (composite, conditioning) in zip(plates.items(), pictures, strict=True):
        matte, screen = subject.matte(plate)
        picture = ModelPicture(view.to_working(composite), view.to_working(conditioning), at, view.white)
        made[number] = quantised(Generated(number, matte, None, screen=screen, model=picture))
    moved = {number: model.shift(index) for index, number in enumerate(plates)}
    stills = tuple(_still(film, FIRST + index, pixels, display) for index, pixels in behind.items())
    return Simulated(truths, plates, made, stills, moved)


def through_codec(codes: list[Array], faults: Faults) -> list[Array]:
    """Codes (h, w, 3) as a video that was written and read."""
    runs = [[one] for one in codes] if faults.flickers else [codes]
    coded_again = (recorded((decoded(one) for one in run), faults.quality, RATE) for run in runs)
    return [coded(light) for run in coded_again for light in run]


@dataclass(frozen=True)
class Model:
    """A model's errors over its frame: smooth fields (h, w, n) that follow from a seed and the frame's index."""

    seed: int
    at: ModelFrame
    faults: Faults

    def shift(self, index: int) -> Array:
        """The misregistration (h, w, 2), at most `shift_px` long."""
        return self.faults.shift_px * self._drifting(self.seed, index, 2)

    def shown(self, view: ModelView, light: Array, index: int) -> Array:
        """The codes (h, w, 3) of a picture that is out of place, off in light, blurred, and in 8 bits."""
        here = grid(np.eye(3), (self.at.width, self.at.height))
        moved = sample(light, here + self.shift(index), cv2.INTER_CUBIC)
        error = np.log1p(np.float32(self.faults.gain)) * self._drifting(self.seed + 1, index, 1)
        codes, _ = view.to_codes(np.maximum(moved, 0) * np.exp(error))
        if self.faults.blur_px:
            codes = np.asarray(cv2.GaussianBlur(codes, (0, 0), self.faults.blur_px), np.float32)
        return eight_bits(codes)

    def _drifting(self, seed: int, index: int, count: int) -> Array:
        """A field of length 1 at most, which goes once around a circle of fields in a period."""
        turn = 2 * np.pi * index / self.faults.period
        field = np.cos(turn) * self._smooth([seed, 0], count) + np.sin(turn) * self._smooth([seed, 1], count)
        if self.faults.window:
            own = self._smooth([seed, 2 + index // self.faults.window], count)
            field = np.sqrt(1 - self.faults.jump**2) * field + self.faults.jump * own
        return np.asarray(field / max(1.0, float(np.linalg.norm(field, axis=2).max())), np.float32)

    def _smooth(self, seed: list[int], count: int) -> Array:
        coarse = np.random.default_rng(seed).standard_normal((5, 7, count)).astype(np.float32)
        wide = cv2.resize(coarse, (self.at.width, self.at.height), interpolation=cv2.INTER_CUBIC)
        field = np.asarray(wide, np.float32).reshape(self.at.height, self.at.width, count)
        return np.asarray(field / np.linalg.norm(field, axis=2).max(), np.float32)


def eight_bits(codes: Array) -> Array:
    """Codes (h, w, 3) as eight bits hold them."""
    return np.asarray(np.rint(codes * 255) / 255, np.float32)


def _plates(film: Film, truths: Mapping[int, Truth]) -> dict[int, PlateFrame]:
    """The plates with the sensor's noise and the camera's codec, the truth's matte given."""
    noisy = [
        exposed(truth.clean, film.seed, index, film.noise) for index, truth in enumerate(truths.values())
    ]
    if film.quality is not None:
        noisy = list(recorded(noisy, film.quality, RATE))
    box = Box(0, 0, *film.size)
    return {
        number: PlateFrame(number, half(rgb), box, box, alpha=truth.matte)
        for (number, truth), rgb in zip(truths.items(), noisy, strict=True)
    }


def _still(film: Film, frame: int, pixels: Array, display: Box) -> Still:
    """Another photograph of the place: 2% closer, turned a little, a third of a stop brighter, and warmer.

    Its placement says nothing of that: it is laid over the plate as an artist would.
    """
    seen = sample(pixels, grid(_to_plate(film.size), film.size), cv2.INTER_CUBIC)
    light = np.float32([1.03, 1.0, 0.97]) * np.float32(2 ** (1 / 3))
    rgb = np.maximum(seen, 0) * (light if not film.lamp else np.float32(1))
    return Still(half(rgb), frame, fit_placement(film.size, display), f"still.{frame}")


def _to_plate(size: tuple[int, int]) -> Matrix:
    """Where a still's pixels really are on the plate of its frame."""
    turn = np.radians(0.3)
    middle = np.array([(size[0] - 1) / 2, (size[1] - 1) / 2])
    spin = 0.98 * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    to_plate = np.eye(3)
    to_plate[:2, :2], to_plate[:2, 2] = spin, middle - spin @ middle
    return to_plate


def covered(size: tuple[int, int], margin_px: int = 8) -> npt.NDArray[np.bool_]:
    """Where (H, W) a still of the plate's own frame reaches, less a margin."""
    width, height = size
    at = grid(np.linalg.inv(_to_plate(size)), size)
    x, y = at[..., 0], at[..., 1]
    m = margin_px
    return np.asarray((x > m) & (x < width - 1 - m) & (y > m) & (y < height - 1 - m))
