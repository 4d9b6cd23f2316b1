"""The place held still over time: each frame's picture and its stills' places steadied by those of the frames around.

What finishing takes from a still stands still, so a step in the light or the framing of a generation, as windows and
keyframes of a codec leave it, would show the more. Each frame is laid over the same stills, which tells the camera's
motion between two frames; carried along it, a step is spread over all frames that are near. What differs by more than
generations err has no say: a light that is switched on, somebody who walks through the place, a moving shadow.

(h, w) is the model's picture; what is carried is held at half its size, places and ways in the model's pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from pai_studio.core.comp.filters import as_f32, blur, fill
from pai_studio.core.finish import holes, stills
from pai_studio.core.finish.codes import light
from pai_studio.core.finish.seen import Seen
from pai_studio.core.finish.stills import Laid, View
from pai_studio.core.finish.uncovered import Elsewhere, uncovered
from pai_studio.core.media.frame import Array
from pai_studio.core.motion import features, flow
from pai_studio.core.motion.homography import Matrix, corner_error, inverse
from pai_studio.core.motion.resample import CUBIC, LINEAR, sample

_LOW_PX = 5.0
"""Light is steadied in averages of such a sigma where the camera moves; where it stands, pixel by pixel."""
_STILL_PX = 1.0
"""A camera that has moved its corners by less than this stands: a step of the model's framing moves them less."""
_SAME, _SAME_PX = 0.12, 2.0
"""A neighbour that differs by this much (base e) on the mean, within such a sigma, is something else; what differs by
half of it counts almost whole, so that a step is spread evenly."""
_APART_PX = 3.0
"""Places in a still that differ by this much are seen from elsewhere, or found wrongly. What differs by half of it, as
far as generations err, counts almost whole: had the nearer one more say, a step would show at its own two frames."""
_LEAST = 1e-3
_SMOOTH_PX = 12.0
"""A model's framing errs smoothly: what is known of it where stills agree is carried over within such a sigma."""


@dataclass(frozen=True)
class Alone:
    """What one frame tells by itself: its `code` (h, w, 3) and features, and the stills `laid` over it, by index.

    `low` (h/2, w/2, 3) is its light, `free` (h/2, w/2) how far that is the place's; `ways` (h/2, w/2, 2) and
    `agreements` (h/2, w/2) are what the stills' homographies leave, and how far the stills agree, by index.
    """

    seen: Seen
    code: Array
    described: features.Described
    laid: Mapping[int, Laid]
    low: Array
    free: Array
    ways: Mapping[int, Array]
    agreements: Mapping[int, Array]


def alone(seen: Seen, view: View, laid: Mapping[int, Laid]) -> Alone:
    """What a frame tells by itself, as the frames around it look at it."""
    known = blur(view.free, _LOW_PX)
    low = as_f32(blur(as_f32(view.code * view.free[..., None]), _LOW_PX) / np.maximum(known, 1e-3)[..., None])
    return Alone(
        seen,
        view.code,
        view.described,
        laid,
        low=_half(low),
        free=_half(view.free),
        ways={index: _half(one.way) for index, one in laid.items()},
        agreements={index: _half(one.agreement) for index, one in laid.items()},
    )


@dataclass(frozen=True)
class Steadied:
    """A frame with its composite steadied, the stills over it likewise; what it hides as frames around show it.

    `uncovered` are codes (h, w, 3), `known` says how far (h, w) they are: 0 where no frame shows the place.
    """

    seen: Seen
    laid: list[Laid]
    uncovered: Array
    known: Array


def steadied(near: Mapping[int, Alone], number: int) -> Steadied:
    """A frame steadied by all that is `near`."""
    here = near[number]
    beside, lights = [], []
    for other in (one for n, one in sorted(near.items()) if n != number):
        camera = _camera(here, other)
        if camera is not None and _stands(here, camera):
            beside.append(_beside(here, other))
        elif camera is not None:
            lights.append(_light(here, other, camera))
    free = holes.free(here.seen.covered)
    both: list[_Beside | _Light] = [*beside, *lights]
    around = sorted(both, key=lambda one: abs(one.of.seen.number - number))
    shown = uncovered(free, [one.elsewhere for one in around])
    if not around:
        return Steadied(here.seen, list(here.laid.values()), *shown)
    steady = replace(here.seen, composite=light(_code(here, beside, lights), here.seen.white))
    laid = [_still(here, index, beside) if beside else one for index, one in here.laid.items()]
    return Steadied(steady, laid, *shown)


@dataclass(frozen=True)
class _Over:
    """A neighbour's still as a frame would lay it: how far on (h/2, w/2, 2) than its own, and the agreement."""

    farther: Array
    agreement: Array


@dataclass(frozen=True)
class _Beside:
    """A neighbour whose camera stands where the frame's does.

    `at` (h/2, w/2, 2) are the places in the neighbour of what the frame shows, `drift` (h/2, w/2, 2) is how much
    farther on its model shows the place; `overs` are its stills, by index; `alike` (h/2, w/2) is 1 where it shows the
    same; `more` (h/2, w/2, 3) is by how much it is lighter, carried on from there.
    """

    of: Alone
    at: Array
    drift: Array
    overs: Mapping[int, _Over]
    alike: Array
    more: Array

    @property
    def elsewhere(self) -> Elsewhere:
        return Elsewhere(self.of.code, self.of.seen.covered, self.of.free, self.at, self.more)


@dataclass(frozen=True)
class _Light:
    """A neighbour whose camera does not: by how much (h/2, w/2, 3) it is lighter, and how far (h/2, w/2) that counts.

    `at` (h/2, w/2, 2) are the places in it of what the frame shows, carried on from where stills tell them.
    """

    of: Alone
    at: Array
    more: Array
    weight: Array

    @property
    def elsewhere(self) -> Elsewhere:
        return Elsewhere(self.of.code, self.of.seen.covered, self.of.free, self.at, self.more)


def _camera(here: Alone, other: Alone) -> Matrix | None:
    """From this frame's pixels to another's: by a still that both are laid over, else by their own features."""
    for index, one in here.laid.items():
        if index in other.laid and one.found and other.laid[index].found:
            return inverse(other.laid[index].matrix) @ one.matrix
    fit = features.register(here.described, other.described)
    return None if fit is None else fit.matrix


def _stands(here: Alone, camera: Matrix) -> bool:
    height, width = here.code.shape[:2]
    return corner_error(camera, np.eye(3), (width, height)) < _STILL_PX


def _beside(here: Alone, other: Alone) -> _Beside:
    own = _half_grid(here.free)
    overs, drift = {}, np.zeros_like(own)
    sums, total = np.zeros_like(own), np.zeros_like(here.free)
    for index in [index for index in here.laid if index in other.laid]:
        back = inverse(here.laid[index].matrix) @ other.laid[index].matrix
        farther = as_f32(stills.through(back, own + other.ways[index]) - own - here.ways[index])
        overs[index] = _Over(farther, other.agreements[index])
        held = other.agreements[index] * here.agreements[index] * _near(farther)
        sums, total = sums + farther * held[..., None], total + held
    if overs:
        drift = _smooth(as_f32(sums), as_f32(total))
    at = as_f32(own - drift)
    low, free = (_there(plane, at) for plane in (other.low, other.free))
    more = as_f32(low - here.low)
    alike = as_f32(_same(more) * free * here.free)
    return _Beside(other, at, drift, overs, alike, _smooth(as_f32(more * alike[..., None]), alike))


def _light(here: Alone, other: Alone, camera: Matrix) -> _Light:
    """A neighbour's light, from where both are known to show the same, and from there carried around."""
    height, width = here.code.shape[:2]
    straight = at = stills.through(camera, _half_grid(here.free))
    carried, held = at, here.free
    index = next((index for index in here.laid if index in other.laid), None)
    if index is not None:
        way = other.ways[index]
        onward = at + here.ways[index]
        for _ in range(2):
            at = as_f32(onward - _there(way, at))
        held = as_f32(held * here.agreements[index] * _there(other.agreements[index], at))
        carried = straight + _smooth(as_f32((at - straight) * held[..., None]), held)
    low, free = (_there(plane, at) for plane in (other.low, other.free))
    more = as_f32(low - here.low)
    held = as_f32(held * free * _inside(at, width, height))
    same = as_f32(held * _same(more))
    weight = _smooth(same[..., None], held)[..., 0]
    return _Light(other, as_f32(carried), _smooth(as_f32(more * same[..., None]), same), weight)


def _still(here: Alone, index: int, beside: Sequence[_Beside]) -> Laid:
    """A still over this frame, at the places and agreeing as far as the frames around say on the mean."""
    one, own = here.laid[index], here.agreements[index]
    weights = own + _LEAST
    moved, alike, agreed = np.zeros_like(here.ways[index]), np.ones_like(own), own
    for other in beside:
        if index in other.overs:
            over = other.overs[index]
            weight = (over.agreement + _LEAST) * (1 - own * (1 - _near(over.farther)))
            moved, weights = moved + over.farther * weight[..., None], weights + weight
            agreed, alike = agreed + over.agreement * other.alike, alike + other.alike
    shape = one.agreement.shape  # what is finer than these are held at is one frame's own error, and not kept
    way = _whole(as_f32(here.ways[index] + moved / weights[..., None]), shape)
    return replace(one, way=way, agreement=_whole(as_f32(agreed / alike), shape))


def _code(here: Alone, beside: Sequence[_Beside], lights: Sequence[_Light]) -> Array:
    """The frame's codes (h, w, 3) steadied: where the camera stands pixel by pixel, else its light alone."""
    shape = here.code.shape[:2]
    whole, half = flow.grid(np.eye(3), (shape[1], shape[0])), _half_grid(here.free)
    drift = as_f32(sum((one.drift for one in beside), np.zeros_like(half)) / np.float32(1 + len(beside)))
    own = here.code
    if beside:
        own = sample(own, whole + _whole(drift, shape), CUBIC)
    sums, total = np.zeros_like(own), np.ones(shape, np.float32)
    for one in beside:
        at = one.at + drift
        differs = as_f32(sample(one.of.code, whole + _whole(at - half, shape), LINEAR) - own)
        free = _there(one.of.free, at) * here.free
        alike = _whole(as_f32(free * _same(blur(_half(differs), _SAME_PX / 2))), shape)
        sums += differs * alike[..., None]
        total += alike
    for light_there in lights:
        sums += _whole(light_there.more * light_there.weight[..., None], shape)
        total += _whole(light_there.weight, shape)
    return as_f32(own + sums / total[..., None])


def _near(farther: Array) -> Array:
    x, y = farther[..., 0], farther[..., 1]
    return as_f32(np.exp(-(((x * x + y * y) / _APART_PX**2) ** 2)))


def _same(differs: Array) -> Array:
    """1 where pictures (h, w, 3) differ as generations of one place do, 0 where they differ by more."""
    mean = np.abs(differs) @ np.full(3, 1 / 3, np.float32)
    return as_f32(np.exp(-((mean / _SAME) ** 4)))


def _inside(at: Array, width: int, height: int) -> Array:
    x, y = at[..., 0], at[..., 1]
    return as_f32((x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1))


def _smooth(sums: Array, total: Array) -> Array:
    """Weighted sums (h/2, w/2, n) as a smooth field, 0 where hardly anything tells."""
    known = blur(total, _SMOOTH_PX / 2)
    field = blur(sums, _SMOOTH_PX / 2).reshape(sums.shape) / np.maximum(known, 1e-4)[..., None]
    return fill(as_f32(field), as_f32(np.clip(known / 0.1, 0, 1)))


def _half(plane: Array) -> Array:
    height, width = plane.shape[:2]
    return as_f32(cv2.resize(plane, (-(-width // 2), -(-height // 2)), interpolation=cv2.INTER_AREA))


def _half_grid(like: Array) -> Array:
    """The places (h/2, w/2, 2) in whole pixels of the pixels of a plane of half the size."""
    return 2 * flow.grid(np.eye(3), (like.shape[1], like.shape[0])) + np.float32(0.5)


def _there(half: Array, at: Array) -> Array:
    """A plane of half the size read at places (h/2, w/2, 2) in whole pixels."""
    return sample(half, as_f32((at - 0.5) / 2))


def _whole(plane: Array, shape: tuple[int, ...]) -> Array:
    return as_f32(cv2.resize(plane, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR))
