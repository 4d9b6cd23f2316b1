"""The place behind the subject at plate resolution: a model's picture of it, with all that the stills know better.

The still that agrees stands in for the composite, in the composite's light: so its detail comes back, what the subject
hides, and light above the model's white; and what is darker near the subject than it should be is their shadow. Where
no still agrees, the composite stays. Decided at the model's resolution, read at the plate's, strip by strip.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

import numpy as np

from pai_studio.core.comp.filters import as_f32, blur, fill
from pai_studio.core.finish import holes, shadows, stills
from pai_studio.core.finish.codes import coded, light
from pai_studio.core.finish.rebuilt import missing
from pai_studio.core.finish.seen import Seen
from pai_studio.core.finish.standing import Alone, Steadied, alone, steadied
from pai_studio.core.finish.stills import Laid, Prepared
from pai_studio.core.media.frame import Array, Box, Still
from pai_studio.core.media.geometry import ModelFrame
from pai_studio.core.motion.resample import CUBIC, MIRROR, sample

_STRIP_PX = 2**18
"""Pixels of a strip: what it needs beside the result is some 20 MB."""
_MATCH_PX, _AROUND = 5.0, 0.04
"""Light is matched within such a sigma; where a shadow may lie, within this share of the picture's width."""
_AT_WHITE = 0.9
"""Light above this share of the model's white may be any brighter: it tells no ratio, and is believed by half."""
_SHADED = 0.05
"""Where a shadow takes this share of the light, what is behind is wholly lit as its surroundings are."""
_KEPT = 16
"""Frames whose stills are kept: those that two frames look at, which are finished beside each other, and some."""
_PICKY = 4
"""The power of agreement by which stills share a pixel: two that are blended are less sharp than either."""
_NEARER = 16
"""The power of nearness in time by which they share what the subject hides. Both are right as far as can be seen there;
where they differ, in what stands apart from its surroundings, all would be seen twice."""


@dataclass(frozen=True)
class Behind:
    """The place without the subject over the display window: (H, W, 3) scene-linear, how far it is to be believed
    (H, W) 0..1, and the factor (H, W) 0..1 by which the subject shadows it.
    """

    background: Array
    confidence: Array
    shadow: Array


@dataclass(frozen=True)
class _Decided:
    """What is known at the model's resolution: background = sum of share * still + rest, in codes."""

    laid: list[Laid]
    shares: list[Array]
    rest: Array
    confidence: Array
    shadow: Array


class Place:
    """The place of one shot; frames may be asked for in any order, and from several threads."""

    def __init__(self, stills: Sequence[Still]) -> None:
        """`stills` are kept; of each another copy is made at the plate's density once it is needed."""
        self._stills = list(stills)
        self._prepared: dict[int, Prepared] = {}
        self._kept: dict[int, tuple[Seen, Future[Alone]]] = {}
        self._lock = threading.Lock()

    def lost(self, seen: Seen) -> Array:
        """At the model's size (h, w): how far a pixel is a part of the subject that a frame's matte lacks.

        It follows from that frame and the stills alone.
        """
        # Copies: what is derived of them here would be kept with them.
        return missing(seen, [replace(one) for one in self._alone(seen).laid.values()])

    def behind(self, number: int, near: Mapping[int, Seen], lost: Array | None = None) -> Behind:
        """The place at frame `number`; `near` holds what was seen of it and of the frames around it.

        What its matte has `lost` (h, w) is the subject's, too. It follows from the arguments and the stills alone.
        """
        around = {n: self._alone(seen) for n, seen in near.items()}
        seen = near[number]
        if lost is not None and lost.any():
            seen = replace(seen, covered=as_f32(np.minimum(seen.covered + lost, 1)))
            around[number] = self._by_itself(seen)
        return _at_plate(_decided(steadied(around, number)), seen.frame, seen.white)

    def _alone(self, seen: Seen) -> Alone:
        """What a frame tells by itself; the last ones are kept, for all frames around ask for it."""
        with self._lock:
            kept = self._kept.pop(seen.number, None)
            if kept is None or kept[0] is not seen:
                kept = (seen, Future())
                mine = True
            else:
                mine = False
            self._kept[seen.number] = kept
            while len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]
        found = kept[1]
        if mine:
            try:
                found.set_result(self._by_itself(seen))
            except BaseException as error:
                found.set_exception(error)
                raise
        return found.result()

    def _by_itself(self, seen: Seen) -> Alone:
        """A frame with the stills anchored nearest to it over its picture."""
        away = [(abs(still.frame - seen.number), index) for index, still in enumerate(self._stills)]
        view = stills.View.of(seen.composite, seen.white, holes.free(seen.covered))
        nearest = [index for _, index in sorted(away)[: stills.MOST]]
        return alone(seen, view, {index: stills.lay(self._ready(index, seen), view) for index in nearest})

    def _ready(self, index: int, seen: Seen) -> Prepared:
        with self._lock:
            if index not in self._prepared:
                self._prepared[index] = stills.prepared(self._stills[index], seen.frame, seen.white)
            return self._prepared[index]


def _decided(steady: Steadied) -> _Decided:
    """What is known at the model's resolution."""
    seen, laid = steady.seen, steady.laid
    free = holes.free(seen.covered)
    code = coded(seen.composite, seen.white)
    dim = as_f32(seen.composite.max(axis=2) < _AT_WHITE * seen.white)
    lit = _lit(seen, laid, code, free, dim)
    bare = coded(seen.composite / lit.shadow[..., None], seen.white)
    base, known = holes.filled(bare, free, steady.uncovered, steady.known)
    trust = sum(lit.shares, np.zeros_like(free))
    rest = (1 - trust)[..., None] * base
    for share, difference in zip(lit.shares, lit.lights, strict=True):
        rest += share[..., None] * difference
    known = known * (1 - 0.5 * free * (1 - dim))
    return _Decided(laid, lit.shares, as_f32(rest), as_f32(trust + (1 - trust) * known), lit.shadow)


@dataclass(frozen=True)
class _Lit:
    """How far each still stands for a pixel (h, w), by what difference of codes (h, w, 3), and what is in shadow."""

    shares: list[Array]
    lights: list[Array]
    shadow: Array


def _lit(seen: Seen, laid: list[Laid], code: Array, free: Array, dim: Array) -> _Lit:
    if not laid:
        return _Lit([], [], np.ones_like(free))
    white = seen.white
    away = shadows.distance(seen.covered)
    close = shadows.nearness(away)
    helds = [_told(one, free * dim, float(np.log(white))) for one in laid]
    wides = [_widely(one, free, close) for one in laid]
    around = [_light_around(code, one, held, close) for one, held in zip(laid, helds, strict=True)]
    agreed = [
        as_f32(np.where(free > 0, one.agreement, np.clip(2 * one.agreement - 0.2, 0, 1))) for one in laid
    ]
    reached = [as_f32(wide * one.reach) for wide, one in zip(wides, laid, strict=True)]
    parts = _parts(agreed, reached, [_there(one, seen.number, laid, free) for one in laid])
    expected = _joined(
        [part[..., None] for part in parts],
        [one.softened + there for one, there in zip(laid, around, strict=True)],
    )
    most = np.float32(_AT_WHITE * white)  # a lamp that the model cannot hold is no shadow
    without = np.minimum(light(expected, white), most)
    shown = as_f32(holes.free(seen.covered, holes.CLOSE) * _joined(parts, reached))
    shade = shadows.shadow(np.minimum(seen.composite, most), without, shown, away)
    shade = as_f32(1 - (1 - shade) * _joined(parts, wides))
    shaded = np.clip((1 - shade) / _SHADED, 0, 1)[..., None]
    trust = _joined(parts, agreed)
    lights = []
    for one, held, far in zip(laid, helds, around, strict=True):
        beside = _averaged(as_f32(code - one.softened), held, _MATCH_PX)
        lights.append(as_f32(beside + shaded * (far - beside)))
    return _Lit([as_f32(part * trust) for part in parts], lights, shade)


def _there(one: Laid, number: int, laid: Sequence[Laid], free: Array) -> Array:
    """What a still counts (h, w): 1 where its agreement can be seen, less the farther its frame is where not."""
    least, away = min(abs(other.of.frame - number) for other in laid), abs(one.of.frame - number)
    nearer = np.float32(((1 + least) / (1 + away)) ** _NEARER)
    return as_f32(free + (1 - free) * nearer)


def _parts(agreed: list[Array], reached: list[Array], theres: list[Array]) -> list[Array]:
    """How stills share the pixels, in parts of 1: by agreement; where a shadow hides that, by what is around."""
    weights = [
        there * np.maximum(a, 0.5 * wide) ** _PICKY + np.float32(1e-6)
        for a, wide, there in zip(agreed, reached, theres, strict=True)
    ]
    total = sum(weights[1:], weights[0])
    return [as_f32(weight / total) for weight in weights]


def _joined(parts: list[Array], values: list[Array]) -> Array:
    """The sum of some values by their parts."""
    products = [part * value for part, value in zip(parts, values, strict=True)]
    return as_f32(sum(products[1:], products[0]))


def _widely(one: Laid, free: Array, close: Array) -> Array:
    """How far (h, w) a still agrees around a place, where a shadow may lie on it."""
    weight = as_f32(free * one.reach * (1 - 0.9 * close))
    wide = _averaged(one.agreement[..., None], weight, _AROUND * free.shape[1])[..., 0]
    return as_f32(np.clip((wide - 0.1) / 0.3, 0, 1))


def _light_around(code: Array, one: Laid, held: Array, close: Array) -> Array:
    """The light (h, w, 3) that a still needs, from wide surroundings: what is darker near the subject has no say."""
    px = _AROUND * code.shape[1]
    difference = as_f32(code - one.softened)
    first = _averaged(difference, as_f32(held * (1 - 0.98 * close)), px)
    darker = np.maximum((first - blur(difference, 2.0)).mean(axis=2), 0)
    return _averaged(difference, as_f32(held * np.exp(-((darker / 0.1) ** 2) * close)), px)


def _told(one: Laid, weight: Array, ceiling: float) -> Array:
    """Where a still and the composite tell a ratio of light: where they agree, and neither is clipped."""
    dim = one.softened.max(axis=2) < ceiling + np.log(_AT_WHITE)
    return as_f32(weight * one.agreement * dim)


def _averaged(values: Array, weight: Array, sigma_px: float) -> Array:
    known = blur(weight, sigma_px)
    sums = blur(as_f32(values * weight[..., None]), sigma_px).reshape(values.shape)
    mean = sums / np.maximum(known, 1e-6)[..., None]
    return fill(as_f32(mean), as_f32(np.clip(known / 0.2, 0, 1)))


def _at_plate(decided: _Decided, frame: ModelFrame, white: float) -> Behind:
    """Read everything at the plate's resolution, some rows at a time."""
    display = frame.display
    background = np.empty((*display.shape, 3), np.float32)
    confidence, shadow = (np.empty(display.shape, np.float32) for _ in range(2))
    read = [np.dstack([one.at, share]) for one, share in zip(decided.laid, decided.shares, strict=True)]
    within = (float(decided.rest.min()), float(decided.rest.max()))
    rows = max(16, _STRIP_PX // display.width)
    for top in range(0, display.height, rows):
        strip = Box(display.x, display.y + top, display.width, min(rows, display.height - top))
        part = slice(top, top + strip.height)
        there = replace(frame, display=strip)
        # A cubic overshoots beside a lamp.
        code = np.clip(there.to_plate(decided.rest), *within)
        for one, known in zip(decided.laid, read, strict=True):
            at = there.to_plate(known)
            share = np.clip(at[..., 2:], 0, 1)
            if share.max() > 0:
                code += share * sample(one.of.fine, np.ascontiguousarray(at[..., :2]), CUBIC, MIRROR)
        background[part] = light(code, white)
        confidence[part] = np.clip(there.to_plate(decided.confidence), 0, 1)
        shadow[part] = np.clip(there.to_plate(decided.shadow), 0, 1)
    return Behind(background, confidence, shadow)
