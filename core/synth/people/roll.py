"""Rolls: subjects that were really filmed before a screen and keyed, in folders of EXRs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from pai_studio.core.media.exr import read_image
from pai_studio.core.media.frame import Array
from pai_studio.core.shot.errors import BadInput

ABOUT = "subject.json"
_BRIGHTEST = 0.75  # the albedo of the brightest twentieth in its strongest channel
_WHITE = 0.95  # the most of any
_THERE = 0.004
_TWO_FEET = 0.3  # of the subject's width


@dataclass(frozen=True)
class Roll:
    """Frames of a keyed subject: premultiplied albedo (T, h, w, 3) and mattes (T, h, w), at `rate` a second.

    `about` and `motion` are for the prompt.
    """

    albedo: Array
    matte: Array
    rate: float
    about: str
    motion: str

    @property
    def is_cut(self) -> bool:
        """Whether the subject goes on below: its lowest row is wide, which no two feet are."""
        return bool(self.matte[:, -1].mean(axis=1).max() > _TWO_FEET)


@lru_cache(maxsize=4)
def open_roll(folder: str) -> Roll:
    """The roll of a folder: `subject.json` (`about`, `motion`, `rate`) and RGBA EXRs, premultiplied linear ACEScg.

    It is cut to where the subject ever is. How bright that is followed from the set's light: its brightest twentieth is
    taken for nearly white. Raises BadInput where the folder lacks either or a subject, and for one cut off at a side.
    """
    about, motion, rate = _told(Path(folder))
    frames = _frames(Path(folder))
    colors, matte = frames[..., :3].clip(0, None), frames[..., 3].clip(0, 1)
    if not (matte > 0.9).any():
        raise BadInput("holds no subject: no matte is whole anywhere", where=folder, hint="key it again")
    if max(matte[:, :, 0].max(), matte[:, :, -1].max()) > 0.5:
        hint = "keep to who is whole, with a garbage matte"
        raise BadInput("is cut off at a side, which would show", where=folder, hint=hint)
    level = colors.max(axis=-1) / np.maximum(matte, _THERE)
    scale = _BRIGHTEST / max(float(np.percentile(level[matte > 0.9], 95)), 1e-4)
    albedo = np.minimum(colors * np.float32(scale), _WHITE * matte[..., None])
    box = _box(matte.max(axis=0))
    return Roll(
        np.ascontiguousarray(albedo[:, *box], np.float32),
        np.ascontiguousarray(matte[:, *box], np.float32),
        rate,
        about,
        motion,
    )


def _told(folder: Path) -> tuple[str, str, float]:
    try:
        told = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        return str(told["about"]), str(told["motion"]), float(told["rate"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        hint = f"a keyed subject's folder has a {ABOUT} with about, motion and rate"
        raise BadInput(f"is no keyed subject ({error})", where=str(folder), hint=hint) from None


def _frames(folder: Path) -> Array:
    images = [read_image(path) for path in sorted(folder.glob("*.exr"))]
    if not images:
        hint = "key a shot into it: RGBA EXRs, premultiplied"
        raise BadInput("holds no frames", where=str(folder), hint=hint)
    if any(image.channels != ("R", "G", "B", "A") for image in images):
        hint = "key it again"
        raise BadInput("holds other channels than R, G, B and A", where=str(folder), hint=hint)
    return np.stack([image.pixels for image in images])


def _box(matte: Array) -> tuple[slice, slice]:
    rows, columns = (np.flatnonzero((matte > 0.5).any(axis=axis)) for axis in (1, 0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
