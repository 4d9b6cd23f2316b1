"""What the subject hides of a model's picture, where no still shows it: from the frames beside it that do, believed
nearly as if it were seen; else filled smoothly from around, believed little.
"""

from __future__ import annotations

import cv2
import numpy as np

from pai_studio.core.comp.filters import as_f32, fill
from pai_studio.core.media.frame import Array

_FAINT = 0.02
"""A matte below this covers nothing: keyed ones keep some noise over the screen."""
_FRINGE, CLOSE = 0.006, 0.0035
"""How far beyond the matte a model smears its subject, in picture widths, two pixels at least: whatever is smeared, and
what is smeared much."""
_FEATHER_PX = 2
"""Over so many pixels beyond the fringe the fill goes over into the picture."""
_GUESSED, _FAR = 0.5, 0.05
"""The confidence of what is filled in at its border, and the picture widths over which it falls by a factor e."""


_LENT = 0.8
"""The confidence of what another frame shows."""


def free(covered: Array, fringe: float = _FRINGE) -> Array:
    """1 where a picture shows the place alone, 0 at the subject (h, w) and its fringe, feathered between."""
    reach = max(2, round(fringe * covered.shape[1]))
    taken = cv2.dilate(
        as_f32(covered > _FAINT), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)
    )
    if not taken.any():
        return np.ones(covered.shape, np.float32)
    away_px = cv2.distanceTransform((taken == 0).astype(np.uint8), cv2.DIST_L2, 5)
    return as_f32(np.clip(away_px / (_FEATHER_PX + 1), 0, 1))


def filled(code: Array, shown: Array, elsewhere: Array, known: Array) -> tuple[Array, Array]:
    """Codes (h, w, 3) with their hole filled, and how far (h, w) that is known.

    `elsewhere` (h, w, 3) is what other frames show there, `known` (h, w) how far they do.
    """
    borrowed = as_f32((1 - shown) * known)
    both = as_f32(shown + borrowed)
    code = as_f32(shown[..., None] * code + borrowed[..., None] * elsewhere)
    smooth = fill(as_f32(code / np.maximum(both, 1e-6)[..., None]), both)
    return as_f32(code + (1 - both)[..., None] * smooth), as_f32(_known(both) - (1 - _LENT) * borrowed)


def _known(shown: Array) -> Array:
    if not shown.any():
        return np.zeros(shown.shape, np.float32)
    inside_px = cv2.distanceTransform((shown < 1).astype(np.uint8), cv2.DIST_L2, 5)
    guessed = _GUESSED * np.exp(-inside_px / (_FAR * shown.shape[1]))
    return as_f32(shown + (1 - shown) * guessed)
