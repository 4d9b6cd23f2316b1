"""The clips that a job has finished, on disk, so that a job that was stopped goes on at the first unfinished one.

A clip is one safetensors file of two half-float tensors (n, h, w, 3), `composite` and `conditioning`: codes of the
model's view. What follows from a clip is always read from here, so that it is the same whether the job was stopped or
not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from pai_studio.core.comp.filters import as_f32
from pai_studio.core.media.files import sweep_temps, whole_file, write_file
from pai_studio.core.media.frame import Array
from pai_studio.core.shot.errors import UnreadableImage

_CLIP = re.compile(r"clip_\d{4,}\.safetensors")


class ClipStore:
    """The finished clips of one job in `folder`, made with `facts`: with other facts none of them is of use."""

    def __init__(self, folder: Path, facts: Mapping[str, Any]) -> None:
        self.folder = folder
        told = folder / "facts.json"
        asked = json.dumps(facts, sort_keys=True)
        sweep_temps(folder, lambda name: _CLIP.fullmatch(name) is not None)
        if not told.is_file() or told.read_text(encoding="utf-8") != asked:
            for path in folder.glob("clip_*.safetensors"):
                path.unlink()
            write_file(told, asked.encode())

    def path(self, index: int) -> Path:
        """The file of a clip."""
        return self.folder / f"clip_{index:04d}.safetensors"

    def has(self, index: int) -> bool:
        """Whether a clip is finished."""
        return self.path(index).is_file()

    def write(self, index: int, composite: Array, conditioning: Array) -> None:
        """Keep a clip, whole or not at all. Raises OutOfResources where the disk is full."""
        planes = {"composite": composite, "conditioning": conditioning}
        with whole_file(self.path(index)) as temp:
            save_file({name: np.ascontiguousarray(plane, np.float16) for name, plane in planes.items()}, temp)

    def read(self, index: int, plane: str, frames: slice) -> Array:
        """Some frames (n, h, w, 3) of a clip's `plane`, counted from 0; no others are read.

        Raises UnreadableImage for a damaged file.
        """
        path = self.path(index)
        try:
            with safe_open(path, framework="np") as file:
                return as_f32(file.get_slice(plane)[frames])
        except (SafetensorError, OSError) as error:
            hint = "remove that file and render again"
            raise UnreadableImage(f"is no finished clip ({error})", where=str(path), hint=hint) from None
