"""One frame as the measures look at it: encodings, masks and reduced copies, each made once and only when asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.comp.filters import fill
from pai_studio.core.evaluation.judged import Facts, Judged
from pai_studio.core.media.frame import Array
from pai_studio.core.motion.features import Gray, gray8, middle_of
from pai_studio.core.motion.flow import dense, grid
from pai_studio.core.motion.resample import sample

Mask = npt.NDArray[np.bool_]

SMALL_WIDTH_PX = 384
"""Width of the reduced copies that flow, features and anchors are looked for in."""

MARGIN = 0.004
"""How far, in picture widths, the background keeps from the subject and the band reaches around its edge."""

_CLEAR = 1 / 512
"""A matte below half a step of 8 bits is 0: keyers leave such a haze, and files round to it."""

_SOLID = 0.999
_TRUSTED_PX = 1.0
"""How far from where it set out a flow may come back."""

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)  # ITU-R BT.709-6, item 3.2


def background_mask(matte: Array) -> Mask:
    """Where only the background shows: the subject's matte is 0 there and within 0.4% of the width around."""
    return np.asarray(cv2.dilate(np.asarray(matte > _CLEAR, np.uint8), _disc(matte, MARGIN)) == 0)


def foreground_mask(matte: Array, margin: float = MARGIN) -> Mask:
    """Where only the subject shows: its matte is 1 there and within `margin` picture widths (0.4%) around."""
    solid = np.asarray(matte >= _SOLID, np.uint8)
    return np.asarray(cv2.erode(solid, _disc(matte, margin)) > 0)


def edge_band(matte: Array) -> Mask:
    """The band around the matte's boundary: 0.4% of the width to either side of the soft edge."""
    return np.asarray(~background_mask(matte) & ~foreground_mask(matte))


def _disc(matte: Array, margin: float) -> npt.NDArray[np.uint8]:
    reach = max(1, round(margin * matte.shape[1]))
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1)).astype(np.uint8)


def luma(shown: Array) -> Array:
    """Rec.709 luma (H, W) of sRGB-encoded values (H, W, 3)."""
    return np.asarray(shown @ _LUMA, np.float32)


def small(picture: Array) -> Array:
    """The picture at most 384 pixels wide, area-averaged: enough to tell frames apart and to follow motion."""
    height, width = picture.shape[:2]
    if width <= SMALL_WIDTH_PX:
        return picture
    size = (SMALL_WIDTH_PX, max(1, round(height * SMALL_WIDTH_PX / width)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


@dataclass(frozen=True)
class Flow:
    """From a frame's reduced pixels to where they were in the frame before, (H, W, 2), and where that can be trusted.

    Trusted is what the flow that comes back bears out (occlusions are not), and what lies inside both frames.
    """

    back: Array
    trusted: Mask

    @classmethod
    def between(cls, now: Gray, before: Gray) -> Flow:
        """Estimate it both ways."""
        height, width = now.shape
        back, forth = dense(now, before), dense(before, now)
        there = back + grid(np.eye(3), (width, height))
        x, y = there[..., 0], there[..., 1]
        inside = (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)
        astray = back + sample(forth, there)
        return cls(back, inside & (np.hypot(astray[..., 0], astray[..., 1]) < _TRUSTED_PX))


class View:
    """A frame under judgement with what several measures need of it. Masks are the truth's, and only where it counts.

    `before` is the view of the frame just before this one (its number is one less), None where that was not given.
    """

    def __init__(self, facts: Facts, frame: Judged, before: View | None = None) -> None:
        self.facts, self.frame = facts, frame
        self.before = before if before is not None and before.number == frame.number - 1 else None

    @property
    def number(self) -> int:
        """The frame's number."""
        return self.frame.number

    @cached_property
    def counted(self) -> Mask:
        """Where the truth holds."""
        counted = self.frame.counted
        return np.ones(self.frame.matte.shape, bool) if counted is None else np.asarray(counted > 0.5)

    @cached_property
    def behind(self) -> Mask:
        """Where only the background shows."""
        return background_mask(self.frame.matte) & self.counted

    @cached_property
    def inside(self) -> Mask:
        """Where only the subject shows."""
        return foreground_mask(self.frame.matte) & self.counted

    @cached_property
    def band(self) -> Mask:
        """The band around the subject's edge."""
        return edge_band(self.frame.matte) & self.counted

    @cached_property
    def presence(self) -> Array:
        """The matte where it counts: soft edges count for what they hold of the subject."""
        return np.asarray(self.frame.matte * self.counted, np.float32)

    @cached_property
    def shown(self) -> Array:
        """The result's sRGB values."""
        return self.facts.config.srgb(self.frame.result)

    @cached_property
    def wanted(self) -> Array | None:
        """The truth's sRGB values."""
        return None if self.frame.truth is None else self.facts.config.srgb(self.frame.truth)

    @cached_property
    def shown_luma(self) -> Array:
        """Luma of `shown`."""
        return luma(self.shown)

    @cached_property
    def wanted_luma(self) -> Array | None:
        """Luma of `wanted`."""
        return None if self.wanted is None else luma(self.wanted)

    @cached_property
    def small_shown(self) -> Array:
        """`shown`, reduced."""
        return small(self.shown)

    @cached_property
    def small_wanted(self) -> Array | None:
        """`wanted`, reduced."""
        return None if self.wanted is None else small(self.wanted)

    @cached_property
    def small_counted(self) -> Mask:
        """Where all of a reduced pixel counts."""
        if self.frame.counted is None:
            return np.ones(self.small_shown.shape[:2], bool)
        return np.asarray(small(self.counted.astype(np.float32)) >= _SOLID)

    @cached_property
    def small_behind(self) -> Mask:
        """Where only the background shows in the reduced copies."""
        return background_mask(small(self.frame.matte)) & self.small_counted

    @cached_property
    def gray_shown(self) -> Gray:
        """The reduced result's brightness in stops around its background's median, so that exposure does not matter."""
        return self._gray(self.frame.result)

    @cached_property
    def gray_wanted(self) -> Gray | None:
        """The truth's in the same way."""
        return None if self.frame.truth is None else self._gray(self.frame.truth)

    @cached_property
    def ground_shown(self) -> Gray:
        """`gray_shown` with the subject filled from around it, so that what moves there leads no corner astray."""
        return self._ground(self.gray_shown)

    @cached_property
    def ground_wanted(self) -> Gray | None:
        """`gray_wanted` in the same way."""
        return None if self.gray_wanted is None else self._ground(self.gray_wanted)

    def _ground(self, gray: Gray) -> Gray:
        filled = fill(gray.astype(np.float32), self.small_behind.astype(np.float32))
        return np.where(self.small_behind, gray, np.asarray(np.clip(filled, 0, 255), np.uint8))

    @cached_property
    def flow_shown(self) -> Flow | None:
        """The result's motion since the frame before, None where that was not given."""
        return None if self.before is None else Flow.between(self.gray_shown, self.before.gray_shown)

    @cached_property
    def flow_wanted(self) -> Flow | None:
        """The truth's motion since the frame before."""
        if self.before is None or self.gray_wanted is None or self.before.gray_wanted is None:
            return None
        return Flow.between(self.gray_wanted, self.before.gray_wanted)

    def _gray(self, picture: Array) -> Gray:
        reduced = small(picture)
        return gray8(reduced, middle_of(reduced, self.small_behind))
