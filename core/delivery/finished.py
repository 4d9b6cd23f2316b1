"""Frames that an earlier run has finished: shown to be of this very delivery, and read back for its summary."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

import pai_studio
from pai_studio.core.delivery.qc import FrameQc
from pai_studio.core.media.exr import on_box, read_header, read_image
from pai_studio.core.media.frame import Array
from pai_studio.core.media.limits import Limits
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import AlreadyThere

GENERATION, DELIVERY, LOCK, QC = "pai/generation", "pai/delivery", "pai/lock", "pai/qc"


def marks(generation: str, shot: Shot, *, convert_plate: bool) -> dict[str, str]:
    """What tells in a file's header which generation it was finished from, and how: our own version is part of it."""
    controls = shot.model_dump(mode="json", include={"finish", "delivery"})
    controls["delivery"].pop("files")
    controls |= {"colorspace": shot.delivery_colorspace, "convert_plate": convert_plate}
    controls["pai_studio"] = pai_studio.__version__
    text = json.dumps(controls, sort_keys=True)
    return {GENERATION: generation, DELIVERY: hashlib.sha256(text.encode()).hexdigest()}


def record_text(record: FrameQc) -> str:
    """A frame's QC record as its header keeps it."""
    return json.dumps(asdict(record), separators=(",", ":"))


def require_marks(path: Path, wanted: Mapping[str, str], limits: Limits) -> None:
    """Raise AlreadyThere where a file on disk was made from other inputs, or finished in another way."""
    there = read_header(path, limits).parts[0].attributes
    for mark, changed in (
        (GENERATION, "another generation: an input or the engine changed since"),
        (DELIVERY, "other finishing or delivery settings, or another version of PAI-Studio"),
        (LOCK, "another locked background, or none"),
    ):
        if there.get(mark) != wanted.get(mark):
            raise AlreadyThere(
                f"is on disk from {changed}", where=str(path), hint="make the next version (--new-version)"
            )


def read_back(path: Path, layer: str, space: str, limits: Limits) -> tuple[FrameQc, Array, float]:
    """A finished beauty: its record, its display window (H, W, 3) in `space`, and its pixel aspect."""
    image = read_image(path, layer=layer, colorspace=space, limits=limits)
    record: dict[str, Any] = json.loads(str(image.metadata[QC]))
    shown = on_box(image.pixels[..., :3], image.data_window, image.display_window)
    return FrameQc(**record), np.ascontiguousarray(shown), image.pixel_aspect
