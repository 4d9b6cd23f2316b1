"""What the engine `vace` needs of memory, what it says where there is too little, and its previews."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import cv2
import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.media.geometry import ModelFrame
from pai_studio.core.shot.errors import OutOfResources

_NO_MEMORY = ("out of memory", "not enough memory", "can't allocate memory")
_PREVIEW_SCALE = 4


def working_bytes(config: Any, latents: int, at: ModelFrame) -> int:
    """An estimate of what sampling needs beside the weights, from the transformer's configuration.

    It holds a hint for each VACE layer, about twelve more copies of the tokens and three of the feed-forward's, at two
    bytes; a token is 16 by 16 pixels of a latent.
    """
    tokens = latents * at.width * at.height // 256
    dim = config.num_attention_heads * config.attention_head_dim
    return 2 * tokens * ((len(config.vace_layers) + 12) * dim + 3 * config.ffn_dim)


@contextmanager
def within_memory(at: ModelFrame, smaller: ModelFrame | None) -> Iterator[None]:
    """Say it in our words when memory runs out, and which size would do. Raises OutOfResources."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        said = str(error).lower()
        # The processor's allocator has no exception of its own.
        if not isinstance(error, MemoryError) and not any(words in said for words in _NO_MEMORY):
            raise
        hint = "take a smaller model or another device, or close what else uses it"
        if smaller is not None:
            hint = f'set engine.quality to "preview": {smaller.width}x{smaller.height} takes about a fourth'
        raise OutOfResources(
            f"memory ran out at {at.width}x{at.height}", where="engine", hint=hint
        ) from error


def jpeg(picture: Array) -> bytes:
    """A small picture (h, w, 3) in codes, enlarged. Codes are made to be looked at."""
    pixels = np.asarray(np.rint(np.clip(picture, 0, 1) * 255), np.uint8)[..., ::-1]
    size = pixels.shape[1] * _PREVIEW_SCALE, pixels.shape[0] * _PREVIEW_SCALE
    done, data = cv2.imencode(".jpg", cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC))
    assert done, "eight bits in three channels are always a JPEG"
    return bytes(data)
