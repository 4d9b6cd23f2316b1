"""What is kept of a frame for those beside it."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from pai_studio.core.finish.finisher import Finisher
from pai_studio.core.media.frame import Box, Generated, ModelPicture, PlateFrame, Screen
from pai_studio.core.media.geometry import ModelFrame
from pai_studio.core.shot.document import Finish

H, W = 96, 160
BOX = Box(0, 0, W, H)


def held(kept: Any) -> dict[int, int]:
    """The bytes of all memory that a thing's arrays hold on to, by its owner."""
    if isinstance(kept, np.ndarray):
        owner = kept
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        return {id(owner): owner.nbytes}
    inner = kept.values() if isinstance(kept, dict) else ()
    if dataclasses.is_dataclass(kept) and hasattr(kept, "__dict__"):
        inner = vars(kept).values()  # what was cached, too
    return {owner: size for one in inner for owner, size in held(one).items()}


def test_of_a_frame_no_more_is_kept_than_those_beside_it_look_at():
    """The model's picture, the matte, the light with how far it is known, and a guide of half the size."""
    rng = np.random.default_rng(3)
    matte = np.zeros((H, W), np.float32)
    matte[20:, 50:100] = 1
    plate = PlateFrame(1001, rng.uniform(0.1, 0.6, (H, W, 3)).astype(np.float32), BOX, BOX, alpha=matte)
    at = ModelFrame.fitting(BOX, 1.0, (80, 48), 8)
    seen_by = at.to_model(plate.rgb)
    model = ModelPicture(1.5 * seen_by, seen_by, at)
    screen = Screen(np.float32([0.1, 0.4, 0.09]), 1)
    made = Generated(1001, matte, None, screen=screen, model=model)
    one = Finisher([], BOX, Finish(), 7, gives_layers=False).see(plate, made)
    assert one is not None
    px = at.width * at.height
    assert sum(held(one).values()) <= 4 * px * (3 + 1 + 3 + 3 + 1 / 4) + 200
    assert sum(held(one.far()).values()) <= 4 * px * (3 + 3 + 1 / 4) + 200
