"""What a model made of a frame, on disk: one half-float EXR of its own size beside the frame's generation.

Channels are `composite.R/G/B` and `conditioning.R/G/B`, scene-linear in the working space. The attribute
`pai/model_frame` places them over the plate, `pai/model_white` is the most light that the model could hold.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from pai_studio.core.media.exr import read_channels, write_exr
from pai_studio.core.media.frame import Array, Box, Image, ModelPicture
from pai_studio.core.media.geometry import ModelFrame
from pai_studio.core.shot.errors import UnreadableImage

_NAMES = tuple(f"{name}.{letter}" for name in ("composite", "conditioning") for letter in "RGB")


def write_model(path: Path, picture: ModelPicture) -> None:
    """Store a model's picture atomically; its values must be half already, or it would not come back equal."""
    frame = picture.frame
    whole = Box(0, 0, frame.width, frame.height)
    pixels = np.concatenate([picture.composite, picture.conditioning], axis=2)
    image = Image(pixels, _NAMES, "", whole, whole, file_types=("half",) * len(_NAMES))
    # repr of a float64 is exact, which no attribute of an EXR's own types would be.
    facts = {"pai/model_frame": json.dumps(_placed(frame)), "pai/model_white": repr(float(picture.white))}
    write_exr(path, image, compression="zips", metadata=facts)


def read_model(path: Path) -> ModelPicture:
    """Bring a model's picture back. Raises UnreadableImage for a damaged file, or one that holds something else."""
    image = read_channels(path)
    try:
        at = [image.channels.index(name) for name in _NAMES]
        window = image.data_window
        frame = _frame(json.loads(image.metadata["pai/model_frame"]), window)
        white = float(image.metadata["pai/model_white"])
    except (KeyError, TypeError, ValueError):
        raise UnreadableImage("is no stored picture of a model", where=str(path)) from None

    def planes(first: int) -> Array:
        return np.ascontiguousarray(image.pixels[..., at[first : first + 3]])

    return ModelPicture(planes(0), planes(3), frame, white)


def _placed(frame: ModelFrame) -> dict[str, Any]:
    return {
        "display": _corners(frame.display),
        "inner": _corners(frame.inner),
        "matrix": frame.matrix.tolist(),
    }


def _frame(placed: dict[str, Any], window: Box) -> ModelFrame:
    matrix = np.array(placed["matrix"], np.float64).reshape(3, 3)
    display, inner = Box(*placed["display"]), Box(*placed["inner"])
    return ModelFrame(display, matrix, window.width, window.height, inner)


def _corners(box: Box) -> list[int]:
    return [box.x, box.y, box.width, box.height]
