"""Keyed subjects for tests, painted."""

from __future__ import annotations

import json

import cv2
import numpy as np

from pai_studio.core.media.exr import write_exr
from pai_studio.core.media.frame import Box, Image
from pai_studio.core.synth.people.roll import ABOUT


def put(folder, *, frames=5, feet=False, side=0, color=(0.4, 0.3, 0.2)):
    """A roll: a round head on a broad trunk, which nods; or a figure on two feet. `side` shifts it to the right."""
    folder.mkdir(parents=True)
    for number in range(frames):
        matte = np.zeros((96, 80), np.float32)
        cv2.circle(matte, (40 + side + number, 26), 18, 1, -1, cv2.LINE_AA)
        if feet:
            cv2.rectangle(matte, (30, 40), (50, 70), 1, -1)
            cv2.rectangle(matte, (32, 70), (35, 90), 1, -1)
            cv2.rectangle(matte, (46, 70), (49, 90), 1, -1)
        else:
            cv2.rectangle(matte, (14 + side, 46), (66 + side, 96), 1, -1)
        pixels = np.dstack([np.broadcast_to(np.float32(color), (96, 80, 3)) * matte[..., None], matte])
        box = Box(0, 0, 80, 96)
        write_exr(folder / f"a.{number:04d}.exr", Image(pixels, ("R", "G", "B", "A"), "ACEScg", box, box))
    told = {"about": "a round head", "motion": "nods", "rate": 12}
    (folder / ABOUT).write_text(json.dumps(told), encoding="utf-8")
    return str(folder)
