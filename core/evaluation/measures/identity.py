"""Whether the subject is still the same one, whatever light it stands in."""

from __future__ import annotations

import cv2
import numpy as np

from pai_studio.core.evaluation.judged import Facts
from pai_studio.core.evaluation.measures.base import Measure, Metric, Value
from pai_studio.core.evaluation.measures.pixels import PooledError
from pai_studio.core.evaluation.measures.structure import PooledMean, similarity
from pai_studio.core.evaluation.measures.view import Mask, View, luma
from pai_studio.core.media.frame import Array

_FEWEST_PX = 64
_TOE = 0.01
"""Linear light below which the sRGB curve's slope is held."""

_FLAT = 1e-4
"""A gradient below this many code values a pixel has no direction."""


class Identity(Measure):
    """The subject against the plate's own, after the colour affine that brings the result nearest to the plate.

    Per frame `A = argmin sum w |A [r; 1] - s|^2`, a 3x4 least-squares fit where only the subject shows, w its matte: as
    much of the source s as can be read back from the result r. The other way round, from s to r, a subject that is
    blurred to one flat colour would be met exactly. It is fitted in linear light, which takes out a relight by gains,
    with w times the squared slope of the sRGB curve so that shadows count as they are seen; and on sRGB values, which
    takes out a grade. The one that leaves the smaller error of sRGB values holds, and what remains is another texture,
    shape or face. Then SSIM and PSNR of A r against s, and the cosine of their gradients' directions,
    `sum |grad s| cos / sum |grad s|` on luma. What had to be rebuilt has no source and is left out.
    """

    metrics = (
        Metric(
            "identity",
            "Identity",
            unit="",
            better="higher",
            digits=3,
            needs_truth=False,
            definition=(
                "SSIM of the subject against the plate's own after the 3x4 colour affine that brings it nearest, "
                "frame by frame, where the eroded matte shows only the subject; below 0 counts as 0"
            ),
            source="own; Wang et al., 2004",
        ),
        Metric(
            "identity_psnr_db",
            "Identity PSNR",
            unit="dB",
            better="higher",
            digits=2,
            needs_truth=False,
            definition="PSNR of the subject against the plate's own after the same affine",
            source="own",
        ),
        Metric(
            "identity_gradient",
            "Identity, gradients",
            unit="",
            better="higher",
            digits=3,
            needs_truth=False,
            definition=(
                "cosine of the luma gradients' directions after the same affine, weighted by |grad L| of the"
                " source"
            ),
            source="own",
        ),
    )

    def __init__(self, facts: Facts) -> None:  # noqa: ARG002 - every measure is made alike
        self._alike, self._error = PooledMean(), PooledError()
        self._agreeing, self._steep = 0.0, 0.0

    def add(self, view: View) -> None:
        """Take in one frame."""
        where = view.inside
        if view.frame.rebuilt is not None:
            where = where & (view.frame.rebuilt <= 0)
        if int(where.sum()) < _FEWEST_PX:
            return
        part = _around(where)
        where = where[part]
        source = np.ascontiguousarray(view.frame.source[part])
        own = view.facts.config.srgb(source)
        matched = self._matched(view, part, where, source, own)
        self._error.add(matched, own, where.astype(np.float32))
        one, other = luma(own), luma(matched)
        self._alike.add(similarity(one, other, where))
        self._add_gradients(one, other, where)

    def _matched(
        self, view: View, part: tuple[slice, slice], where: Mask, source: Array, own: Array
    ) -> Array:
        """The result's sRGB values (h, w, 3) under the affine that brings them nearest to `own`, the source's."""
        weight = view.presence[part][where]
        graded = _fitted(view.shown[part], own, where, weight)
        slope = np.power(np.maximum(source[where].max(axis=1), 0) + _TOE, 1 / 2.4 - 1)
        lit = view.facts.config.srgb(_fitted(view.frame.result[part], source, where, weight * slope**2))
        pairs = [
            (float(np.square(one[where] - own[where]).sum()), one) for one in (np.clip(graded, 0, 1), lit)
        ]
        return min(pairs, key=lambda pair: pair[0])[1]

    def _add_gradients(self, one: Array, other: Array, where: Mask) -> None:
        core = cv2.erode(where.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        ax, ay = _gradient(one, core)
        bx, by = _gradient(other, core)
        steep, there = np.hypot(ax, ay), np.hypot(bx, by)
        cosine = np.where(there > _FLAT, (ax * bx + ay * by) / np.maximum(steep * there, 1e-12), 0)
        steep = np.where(steep > _FLAT, steep, 0)
        self._agreeing += float(np.sum(steep * cosine, dtype=np.float64))
        self._steep += float(np.sum(steep, dtype=np.float64))

    def values(self) -> dict[str, Value]:
        """None where no frame shows enough of the subject, or the subject has no texture."""
        alike = self._alike.mean
        return {
            "identity": None if alike is None else max(0.0, alike),
            "identity_psnr_db": self._error.psnr_db,
            "identity_gradient": self._agreeing / self._steep if self._steep else None,
        }


def _fitted(picture: Array, target: Array, where: Mask, weight: Array) -> Array:
    """`picture` (H, W, 3) under the 3x4 affine that brings it nearest to `target` at `where`, by `weight` (N,)."""
    w = np.sqrt(weight.astype(np.float64))[:, None]
    known = np.concatenate([picture[where], np.ones((len(w), 1))], axis=1)
    affine = np.linalg.lstsq(known * w, target[where] * w, rcond=1e-6)[0]
    return np.asarray(picture @ affine[:3] + affine[3], np.float32)


def _around(where: Mask) -> tuple[slice, slice]:
    """The rows and columns that hold every pixel of a mask."""
    rows, columns = np.flatnonzero(where.any(axis=1)), np.flatnonzero(where.any(axis=0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _gradient(plane: Array, where: Mask) -> tuple[Array, Array]:
    """Derivatives (N,) in x and y of a plane smoothed by 5x5 (Sobel), per pixel, at `where`."""
    x = cv2.Sobel(plane, cv2.CV_32F, 1, 0, ksize=5, scale=1 / 128)
    y = cv2.Sobel(plane, cv2.CV_32F, 0, 1, ksize=5, scale=1 / 128)
    return np.asarray(x, np.float32)[where], np.asarray(y, np.float32)[where]
