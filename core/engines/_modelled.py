"""What the engines that run a video model have in common: how it sees plate and stills, previews, want of memory.

Legend of shapes: (h, w) pixels of the model's frame.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.comp.filters import as_f32
from pai_studio.core.engines._placed import place
from pai_studio.core.media.frame import Array, Box, PlateFrame, Still
from pai_studio.core.media.geometry import ModelFrame
from pai_studio.core.model.manifest import Manifest
from pai_studio.core.model.store import Installed
from pai_studio.core.shot.errors import OutOfResources

WHOLE_PX, TILE_PX = 832 * 480, 512
"""Above so many pixels a codec works in tiles: its memory then stays what it is at 480p."""

_PREVIEW_STEPS = 3
_PREVIEW_PX, _PREVIEW_BYTES = 480, 60_000
_PREVIEW_QUALITIES = (90, 60, 30, 10)
_INSIDE = 0.999
_NO_MEMORY = ("out of memory", "not enough memory", "can't allocate memory")


def steps_for(steps: int, quality: str) -> int:
    """How many steps a window takes: a third of those asked for in a preview."""
    return math.ceil(steps / _PREVIEW_STEPS) if quality == "preview" else steps


def at_model(frame: PlateFrame, at: ModelFrame) -> PlateFrame:
    """A frame's display window in the model's frame, with its mattes; inside where all its pixels are."""
    window = frame.display.slices_in(frame.canvas)

    def seen(plane: Array | None) -> Array | None:
        return None if plane is None else as_f32(np.clip(at.to_model(as_f32(plane[window])), 0, 1))

    inside = seen(None if frame.inside is None else as_f32(frame.inside))
    box = Box(0, 0, at.width, at.height)
    return replace(
        frame,
        rgb=at.to_model(np.ascontiguousarray(frame.rgb[window])),
        canvas=box,
        display=box,
        pixel_aspect=1.0,
        alpha=seen(frame.alpha),
        garbage=seen(frame.garbage),
        core=seen(frame.core),
        inside=None if inside is None else inside > _INSIDE,
    )


def laid(still: Still, at: ModelFrame) -> tuple[Array, npt.NDArray[np.bool_]]:
    """A still as it lies over the plate at its anchor, in the model's frame (h, w, 3), and where it covers it.

    Around the plate the edge is repeated, as it is of the plate.
    """
    placed = place(replace(still, placement=at.matrix @ still.placement), Box(0, 0, at.width, at.height))
    inner = at.inner
    columns, rows = np.meshgrid(
        np.clip(np.arange(at.width), inner.x, inner.x + inner.width - 1),
        np.clip(np.arange(at.height), inner.y, inner.y + inner.height - 1),
    )
    points = np.stack([columns, rows, np.ones_like(columns)], -1) @ np.linalg.inv(placed.to_plate).T
    places = as_f32(points[..., :2] / points[..., 2:])
    wide, high = placed.size
    x, y = places[..., 0], places[..., 1]
    there = (points[..., 2] > 0) & (x > -0.5) & (x < wide - 0.5) & (y > -0.5) & (y < high - 0.5)
    return placed.read(places), there


@contextmanager
def within_memory(at: ModelFrame, remedy: str = "") -> Iterator[None]:
    """Say it in our words when memory runs out; `remedy` is what would do with less. Raises OutOfResources."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        said = str(error).lower()
        # The processor's allocator has no exception of its own.
        if not isinstance(error, MemoryError) and not any(words in said for words in _NO_MEMORY):
            raise
        hint = remedy or "take a smaller model or another device, or close what else uses it"
        say = f"memory ran out at {at.width}x{at.height}"
        raise OutOfResources(say, where="engine", hint=hint) from error


def jpeg(picture: Array) -> bytes:
    """A small picture (h', w', 3) in codes, brought to a size for looking at. Codes are made to be looked at."""
    pixels = np.asarray(np.rint(np.clip(picture, 0, 1) * 255), np.uint8)[..., ::-1]
    scale = _PREVIEW_PX / max(pixels.shape[:2])
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    shown = cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA)
    found = b""
    for quality in _PREVIEW_QUALITIES:  # the first steps show noise, which no good JPEG holds in so few bytes
        done, data = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, quality])
        assert done, "eight bits in three channels are always a JPEG"
        found = bytes(data)
        if len(found) <= _PREVIEW_BYTES:
            break
    return found


def told_of(model: Installed) -> dict[str, object]:
    """What provenance says of a model."""
    manifest: Manifest = model.manifest
    return {
        "name": model.name,
        "digest": manifest.digest,
        "source": manifest.source,
        "licence": manifest.licence,
        "attribution": manifest.attribution,
        "trained_for": manifest.trained_for,
    }
