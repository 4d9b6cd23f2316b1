"""Layers at plate resolution from what a model made at its own.

Only the model's place and its light reach the plate; the subject's pixels stay the plate's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from pai_studio.core.finish.gain import at_plate
from pai_studio.core.finish.look import ShotLook
from pai_studio.core.finish.place import Place
from pai_studio.core.finish.seen import Far, Seen
from pai_studio.core.finish.softness import softened
from pai_studio.core.finish.steady import steadied
from pai_studio.core.media.frame import Array, Generated, ModelPicture, PlateFrame


def with_layers(
    plate: PlateFrame,
    made: Generated,
    near: Mapping[int, Seen],
    far: Mapping[int, Far],
    *,
    place: Place,
    look: ShotLook,
) -> Generated:
    """`made` with background, confidence, shadow and gain over the plate's canvas, made of what a model gave.

    `near` holds what was seen of this frame and of those close to it, `far` what is kept of those farther away. What
    the engine gave of these layers itself stays. Beyond the display window, which is all that a model sees, the edge is
    repeated with confidence 0. The place is made as soft as the plate's `look` is. `rebuilt` is what the stills tell a
    given matte to lack, unless the engine gave it. Where there is a background already only light and `rebuilt` are
    looked for.
    """
    seen, gain, rebuilt = near[made.number], made.gain, made.rebuilt
    if gain is None:
        gain = _over_canvas(plate, at_plate(steadied(near, made.number, far), seen.frame))
    lost = place.lost(seen) if plate.alpha is not None else None
    if rebuilt is None and lost is not None and lost.any():
        rebuilt = np.zeros(plate.canvas.shape, np.float32)
        rebuilt[plate.display.slices_in(plate.canvas)] = np.clip(seen.frame.to_plate(lost), 0, 1)
    if made.background is not None:
        return replace(made, gain=gain, rebuilt=rebuilt)
    behind = place.behind(made.number, near, lost)
    confidence, shadow = made.confidence, made.shadow
    if confidence is None:
        confidence = np.zeros(plate.canvas.shape, np.float32)
        confidence[plate.display.slices_in(plate.canvas)] = behind.confidence
    if shadow is None:
        shadow = _over_canvas(plate, behind.shadow)
    return replace(
        made,
        background=_over_canvas(plate, softened(behind.background, look.told().lens_px)),
        gain=gain,
        confidence=confidence,
        shadow=shadow,
        rebuilt=rebuilt,
    )


def restored(
    plate: PlateFrame, made: Generated, model: ModelPicture, foreground: Array, matte: Array
) -> tuple[Generated, Array, Array]:
    """`made`, foreground (H, W, 3) and matte (H, W) with what a model rebuilt of the subject, in the model's light.

    `made.rebuilt` becomes the part of the matte that was added, which garbage takes away as everywhere.
    """
    if made.rebuilt is None or not made.rebuilt.any():
        return made, foreground, matte
    added = made.rebuilt * (1 - matte)
    if plate.garbage is not None:
        added = added * (1 - plate.garbage)
    drawn = _over_canvas(plate, np.maximum(model.frame.to_plate(model.composite), 0))
    return replace(made, rebuilt=added), foreground + added[..., None] * drawn, matte + added


def _over_canvas(plate: PlateFrame, pixels: Array) -> Array:
    """(h, w[, 3]) of the display window over the whole canvas, which holds it; the edge is repeated."""
    if plate.canvas == plate.display:
        return pixels
    rows, columns = plate.display.slices_in(plate.canvas)
    height, width = plate.canvas.shape
    around = [(rows.start, height - rows.stop), (columns.start, width - columns.stop), (0, 0)]
    return np.pad(pixels, around[: pixels.ndim], mode="edge")
