"""The premultiplied foreground of a plate of any kind: photographed on a screen, cut out by a matte, or keyed."""

from __future__ import annotations

import numpy as np

from pai_studio.core.comp.despill import foreground, suppress_spill
from pai_studio.core.comp.filters import as_f32
from pai_studio.core.media.frame import Array, PlateFrame, Screen
from pai_studio.core.media.repairs import HALF_MAX

_COVERS = 1e-3
"""An alpha below this covers nothing; one that changed by less is the same."""


def lift(plate: PlateFrame, matte: Array, screen: Screen | None, despill: float) -> Array:
    """The subject of `plate` (H, W, 3), premultiplied by `matte` (H, W) and despilled by the amount `despill`.

    What is keyed already is neither cut from a screen nor despilled.
    """
    rgb = np.nan_to_num(plate.rgb, nan=0.0, posinf=HALF_MAX, neginf=-HALF_MAX)
    if plate.premultiplied:
        rgb = as_f32(rgb * _rescale(plate, matte)[..., None])
        return rgb if plate.keyed or screen is None else suppress_spill(rgb, screen, despill)
    if plate.keyed:
        return rgb * matte[..., None]
    return foreground(rgb, matte, screen, despill, premultiplied=False)


def _rescale(plate: PlateFrame, matte: Array) -> Array:
    """The factor (H, W) of a premultiplied plate whose alpha garbage or core mattes have changed into `matte`.

    Where it covers nothing, light (a glow, flames) adds itself as it is, unless garbage takes it away.
    """
    alpha = plate.alpha if plate.alpha is not None else matte
    covered = alpha > _COVERS
    # Finishing's mattes are rounded to half, which is no change.
    changed = np.abs(as_f32(alpha.astype(np.float16)) - matte) > _COVERS
    uncovered = 1 if plate.garbage is None else 1 - plate.garbage
    return as_f32(np.where(covered, np.where(changed, matte / np.maximum(alpha, _COVERS), 1), uncovered))
