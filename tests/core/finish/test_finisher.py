"""What a finisher gives of a frame beyond its layers' laws: locked passes, and what it tells of its work."""

from __future__ import annotations

import numpy as np

from pai_studio.core.finish.finisher import Finisher
from pai_studio.core.media.frame import Box, Generated, ModelPicture, PlateFrame
from pai_studio.core.media.geometry import ModelFrame
from pai_studio.core.shot.document import Finish

H, W = 64, 96
BOX = Box(0, 0, W, H)


def a_frame(number=1001):
    """A grey block whose right part the given matte lacks, in a place of noise."""
    rng = np.random.default_rng(number)
    matte, whole = np.zeros((H, W), np.float32), np.zeros((H, W), np.float32)
    matte[20:60, 30:50], whole[20:60, 30:60] = 1, 1
    place = rng.uniform(0.3, 0.9, (H, W, 3)).astype(np.float32)
    plate = PlateFrame(number, np.full((H, W, 3), 0.2, np.float32), BOX, BOX, alpha=matte)
    at = ModelFrame.fitting(BOX, 1.0, (W, H), 8)
    composite = place * (1 - whole[..., None]) + 0.4 * whole[..., None]
    model = ModelPicture(composite.astype(np.float32), at.to_model(plate.rgb), at)
    return plate, Generated(number, matte, None, model=model, rebuilt=whole - matte)


def finisher(**controls):
    return Finisher([], BOX, Finish(despill=0, **controls), 7, gives_layers=False)


def test_locked_passes_stand_behind_all_of_the_subject():
    plate, made = a_frame()
    rng = np.random.default_rng(9)
    locked = {
        "background": rng.uniform(0.5, 2, (H, W, 3)).astype(np.float16).astype(np.float32),
        "shadow": rng.uniform(0.5, 1, (H, W)).astype(np.float16).astype(np.float32),
        "confidence": rng.uniform(0, 1, (H, W)).astype(np.float16).astype(np.float32),
    }
    one = finisher(grain=1.0, shadow=0.5)
    near = {plate.number: one.see(plate, made)}
    free, kept = one.finish(plate, made, near), one.finish(plate, made, near, locked)
    for name, pixels in kept.passes().items():
        if name in locked:
            assert np.array_equal(pixels, locked[name]), name
        elif name not in ("beauty", "wrap"):
            assert np.array_equal(pixels, free.passes()[name]), name
    assert kept.shift_px == near[plate.number].light.shift_px
    assert kept.rebuilt[30, 55] == 1  # what the given matte lacks is not left out
    behind = kept.background * (kept.shadow * (1 - kept.matte))[..., None]
    assert np.allclose(kept.beauty, kept.foreground * kept.gain + behind + kept.wrap, rtol=1e-6)
