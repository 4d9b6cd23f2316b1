"""The stills of the place, laid over a model's picture of it: where each of them is seen there, and how well it agrees.

A generation may show the place anywhere near where it belongs, so its own picture tells: features give a homography,
dense flow what parallax leaves of it, and small windows the last tenths of a pixel. Pictures are compared as structure:
local contrast, whatever the light. (h, w) is the model's picture; maps are (h, w, 2) places (x, y).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np

from pai_studio.core.comp.filters import as_f32, blur, fill
from pai_studio.core.finish.codes import coded
from pai_studio.core.media.frame import Array, Still
from pai_studio.core.media.geometry import ModelFrame
from pai_studio.core.motion import features, flow
from pai_studio.core.motion.homography import Matrix, apply, scaling
from pai_studio.core.motion.resample import LINEAR, MIRROR, reduced, sample

_cv: Any = cv2

MOST = 2
"""Stills that one frame looks at: those anchored nearest to it."""
_POINTS = 1000
"""Features of a model's picture that are looked for in a still; more take time and tell no more."""
_LUMA = np.array([0.3, 0.6, 0.1], np.float32)
_FINER = 0.75
"""A still finer than this share of a plate's pixel is reduced, lest it alias."""
_CONTRAST_PX, _FLOOR = 6.0, 0.04
"""Structure is held against its own spread within such a sigma, but not raised above a spread of this (in stops, base
e): what a codec leaves on a flat wall is no structure."""
_WINDOW_PX, _ROUNDS, _STEP_PX = 4.0, 2, 1.0
"""The last tenths of a pixel: the windows' sigma, how often they are asked, the most that they may move."""
_SOFT_PX = 0.6
"""How soft a model's picture is, beside what its pixels hold."""
_LIKE_PX, _NOISE = 3.0, 0.03
"""Likeness: the windows' sigma, and the noise of a generation (base e)."""
_UNLIKE, _ALIKE = 0.45, 0.85
"""Correlations between which agreement goes from none to whole."""
_LAMP = 0.1
"""Codes of a lamp lie within this of the white's, and other light twice as far below it."""
_BEYOND = 0.35
"""A remaining difference of light (base e) at which agreement has fallen to 1/e, whatever the structure."""

_STRANGE, _UNFOUND = (0.015, 0.045), (0.15, 0.3)
"""A still that agrees on the mean with less than the first of what it reaches shows another place, and counts for
nothing; the second where no homography was found. Of five films' stills those of a wrong film came to 0.01 at most,
those of the right one to 0.08 at least; mere noise, for which no homography is found, came to 0.09.
"""


@dataclass(frozen=True)
class Prepared:
    """A still ready to be laid: its codes at about the plate's density, and smaller, at the model's."""

    fine: Array
    small: Array
    structure: Array
    described: features.Described
    guess: Matrix
    """The model's pixels to `small`'s, by the still's placement: true at its anchor, or where nothing moves."""

    to_fine: tuple[float, float]
    frame: int


@dataclass(frozen=True)
class View:
    """A model's picture as stills are laid over it: codes (h, w, 3), structure (h, w), features; 1 where `free`."""

    code: Array
    structure: Array
    described: features.Described
    free: Array
    ceiling: float
    """The code of the model's white."""

    @classmethod
    def of(cls, composite: Array, white: float, free: Array) -> View:
        """The view of what of a picture (h, w, 3) is not the subject; `white` is the most light that it holds."""
        code = coded(composite, white)
        found = features.describe(np.maximum(composite, 0))
        step = 1 + len(found.points) // _POINTS
        described = features.Described(found.points[::step], found.descriptors[::step], found.size)
        return cls(code, structure(code, free), described, free, float(np.log(white)))


@dataclass(frozen=True)
class Laid:
    """A still over a model's picture.

    `matrix` takes the picture's pixels to `of.small`'s but for the `way` (h, w, 2) that is added before it; `found`
    says whether features bear it out. `agreement` (h, w) in 0..1 is carried on under the subject; `ceiling` is the
    code of the model's white. All else follows, so that these are all that a frame has to keep.
    """

    of: Prepared
    matrix: Matrix
    found: bool
    way: Array
    agreement: Array
    ceiling: float

    @cached_property
    def softened(self) -> Array:
        """The still's codes (h, w, 3) there, as soft and as dim as a model draws."""
        return _softened(self.of, _placed(self.matrix, self.way), self.ceiling)

    @cached_property
    def reach(self) -> Array:
        """0 (h, w) where the still ends, else 1."""
        straight, at = _placed(self.matrix, 0 * self.way), _placed(self.matrix, self.way)
        return np.minimum(_inside(straight, self.of.small), _inside(at, self.of.small))

    @property
    def at(self) -> Array:
        """The places (h, w, 2) in `of.fine` that it is read at."""
        scale = np.array(self.of.to_fine, np.float32)
        return as_f32(_placed(self.matrix, self.way) * scale + (scale - 1) / 2)


def prepared(still: Still, at: ModelFrame, white: float) -> Prepared:
    """Bring a still to the densities of plate and model."""
    rgb, size = still.rgb, (still.rgb.shape[1], still.rgb.shape[0])
    fine_size = _reduced_size(size, still.placement, _FINER)
    fine = rgb if fine_size == size else reduced(rgb, fine_size)
    to_model = at.matrix @ still.placement
    small_size = _reduced_size(size, to_model, 1.0)
    small = rgb if small_size == size else reduced(rgb, small_size)
    code = coded(small, white)
    shrunk = scaling(small_size[0] / size[0], small_size[1] / size[1])
    return Prepared(
        fine=coded(fine, white),
        small=code,
        structure=structure(code, None),
        described=features.describe(np.maximum(small, 0)),
        guess=shrunk @ np.linalg.inv(to_model),
        to_fine=(fine_size[0] / small_size[0], fine_size[1] / small_size[1]),
        frame=still.frame,
    )


def _reduced_size(size: tuple[int, int], motion: Matrix, limit: float) -> tuple[int, int]:
    """The size (w, h) of a picture reduced to about one pixel a pixel of its goal, where it is finer than `limit`."""
    w, h = size
    middle = np.array([[w / 2, h / 2], [w / 2 + 1, h / 2], [w / 2, h / 2 + 1]])
    here, right, below = apply(motion, middle)
    spans = (float(np.linalg.norm(right - here)), float(np.linalg.norm(below - here)))
    shares = [span if span < limit else 1.0 for span in spans]
    return max(16, round(w * shares[0])), max(16, round(h * shares[1]))


def structure(code: Array, free: Array | None) -> Array:
    """Local contrast (h, w) of codes (h, w, 3), about -3..3, of what is `free` (h, w) alone; 0 elsewhere."""
    y = as_f32(code @ _LUMA)
    one = as_f32(np.ones_like(y) if free is None else free)
    known = np.maximum(blur(one, _CONTRAST_PX), 1e-3)
    away = as_f32((y - blur(as_f32(y * one), _CONTRAST_PX) / known) * one)
    spread = np.sqrt(blur(as_f32(away * away), _CONTRAST_PX) / known)
    return as_f32(cv2.GaussianBlur(away / (spread + _FLOOR), (0, 0), 0.7))


def lay(still: Prepared, view: View) -> Laid:
    """Register a still to what a model made, beside the subject."""
    seen, free = view.structure, view.free
    h, w = free.shape
    fit = features.register(view.described, still.described)
    seed = fit.matrix if fit is not None else still.guess
    here = flow.grid(np.eye(3), (w, h))
    start = flow.grid(seed, (w, h))
    reach = _inside(start, still.small)
    other = sample(still.structure, start)
    mine = as_f32(free * seen + (1 - free) * other)
    way, borne = _flowed(mine, other, reach)
    way = flow.spread(way, as_f32(np.clip(borne * free, 0.002, 1)))
    for _ in range(_ROUNDS):
        there = through(seed, here + way)
        way = as_f32(way + _rest(seen, sample(still.structure, there), free))
    at = through(seed, here + way)
    softened = _softened(still, at, view.ceiling)
    reach = np.minimum(reach, _inside(at, still.small))
    agreement = as_f32(_alike(view, softened, borne) * reach)
    overall = float((agreement * free).sum()) / max(float((reach * free).sum()), 1.0)
    low, high = _STRANGE if fit is not None else _UNFOUND
    agreement *= np.float32(np.clip((overall - low) / (high - low), 0, 1))
    return Laid(still, seed, fit is not None, way, agreement, view.ceiling)


def _placed(matrix: Matrix, way: Array) -> Array:
    h, w = way.shape[:2]
    return through(matrix, flow.grid(np.eye(3), (w, h)) + way)


def _softened(still: Prepared, at: Array, ceiling: float) -> Array:
    read = np.minimum(sample(still.small, at, LINEAR, MIRROR), ceiling)
    return as_f32(cv2.GaussianBlur(read, (0, 0), _SOFT_PX))


def _inside(at: Array, picture: Array) -> Array:
    """1 where places lie in a picture, 0 from two pixels beyond its border on."""
    h, w = picture.shape[:2]
    x, y = at[..., 0], at[..., 1]
    return as_f32(np.clip(1 + np.minimum(np.minimum(x, w - 1 - x), np.minimum(y, h - 1 - y)) / 2, 0, 1))


def _flowed(mine: Array, other: Array, reach: Array) -> tuple[Array, Array]:
    """The flow (h, w, 2) from one structure to another, and how far the way back bears it out."""
    one, two = (np.asarray(np.clip(128 + 42 * s, 0, 255), np.uint8) for s in (mine, other))
    way = flow.dense(one, two)
    back = flow.dense(two, one, finest=2)  # which only has to say whether it comes back
    return way, flow.agreement(way, back, np.eye(3), reach > 0)


def through(matrix: Matrix, points: Array) -> Array:
    """Places (h, w, 2) mapped by a homography."""
    return as_f32(_cv.perspectiveTransform(points, matrix))


def _rest(seen: Array, other: Array, free: Array) -> Array:
    """What is left of the way (h, w, 2): least squares over small windows (Lucas and Kanade, 1981), held to 0."""
    gx = as_f32(cv2.Scharr(other, cv2.CV_32F, 1, 0, scale=1 / 32))
    gy = as_f32(cv2.Scharr(other, cv2.CV_32F, 0, 1, scale=1 / 32))
    wrong = np.clip(seen - other, -2, 2)
    # A shadow's edge has no counterpart in a still, and must not pull at it.
    held = free / (1 + wrong * wrong)
    sums = np.dstack([gx * gx, gx * gy, gy * gy, gx * wrong, gy * wrong]) * held[..., None]
    xx, xy, yy, x, y = np.moveaxis(blur(as_f32(sums), _WINDOW_PX), 2, 0)
    hold = 0.004
    det = (xx + hold) * (yy + hold) - xy * xy
    step = np.dstack([(yy + hold) * x - xy * y, (xx + hold) * y - xy * x]) / det[..., None]
    return as_f32(np.clip(step, -_STEP_PX, _STEP_PX))


def _alike(view: View, softened: Array, borne: Array) -> Array:
    """How far (h, w) a still's codes are those of the picture but for the light; what is not free is carried over."""
    free = view.free
    known = np.maximum(blur(free, _LIKE_PX), 1e-3)

    def local(values: Array) -> Array:
        return as_f32(blur(as_f32(values * free), _LIKE_PX) / known)

    a, b = (as_f32(code @ _LUMA) for code in (view.code, softened))
    a, b = as_f32(a - local(a)), as_f32(b - local(b))
    va, vb, ab = local(a * a), local(b * b), local(a * b)
    noise = _NOISE**2
    tells = np.maximum(va, vb) / (np.maximum(va, vb) + noise)
    correlation = ab / np.sqrt((va + 0.3 * noise) * (vb + 0.3 * noise))
    share = np.clip((correlation - _UNLIKE) / (_ALIKE - _UNLIKE), 0, 1)
    missed = np.exp(-np.maximum(va + vb - 2 * ab, 0) / _BEYOND**2)
    # Where both are a lamp that the model cannot hold there is nothing to compare: they agree.
    lamp = np.clip((np.minimum(view.code, softened).max(axis=2) - view.ceiling) / _LAMP + 2, 0, 1)
    agreed = np.maximum(share * share * (3 - 2 * share) * missed * borne, lamp)
    weight = as_f32(free * np.maximum(tells * tells, lamp))
    return as_f32(np.clip(fill(as_f32(agreed), weight), 0, 1))
