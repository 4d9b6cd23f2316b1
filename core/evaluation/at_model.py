"""Judging at a small model's own resolution: its raw pictures, and everybody's else reduced as it sees the plate.

Finishing puts a model's light and place onto the plate at the plate's size. What the model itself knows is told by the
pictures that it gave, held against all others in its frame: delivered pictures, stills and truth are reduced in
scene-linear light by the filter that reduces the plate for the model (`ModelFrame.to_model`), and cut to where the
plate lies in its frame. So what is lost by being small is lost by all alike.

Legend of shapes: (H, W) the plate's display window, (h, w) where it lies in the model's frame.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pai_studio.core.evaluation.measures.base import Metric
from pai_studio.core.evaluation.metrics import METRICS
from pai_studio.core.media.frame import Array, Box
from pai_studio.core.media.geometry import ModelFrame
from pai_studio.core.shot.errors import BadInput

LEFT_OUT = (
    "halo",
    "edge_profile",
    "anchor_aligned_psnr_db",
    "camera_error",
    "camera_found",
    "motion_ratio",
    "motion_residual",
    "flow_epe",
    "flow_cosine",
    "persistence",
    "persistence_near",
    "persistence_far",
)
"""The metrics that mean nothing there. A rim or an edge has some six pixels, which a small picture has not; corners and
the background's flow are looked for in patches, and believed within tolerances, that are pixels of a larger picture.
"""

_GRID_PX = 16
_ALL = 0.999
_SPELLED = re.compile(r"(\d{1,9})(?:/(\d{1,4}))?")


def metrics_of(size: ModelSize | None) -> tuple[Metric, ...]:
    """The metrics that are measured: all of them at the plate's size, some not at a model's."""
    return tuple(metric for metric in METRICS if size is None or metric.key not in LEFT_OUT)


@dataclass(frozen=True)
class ModelSize:
    """A model's resolution, as its manifest names it; plain data for another process."""

    area_px: int
    grid_px: int = _GRID_PX

    @classmethod
    def parse(cls, text: str) -> ModelSize:
        """From `AREA_PX` or `AREA_PX/GRID_PX`. Raises BadInput."""
        found = _SPELLED.fullmatch(text)
        numbers = [int(number) for number in found.groups() if number] if found else []
        if not numbers or 0 in numbers:
            hint = f"write AREA_PX or AREA_PX/GRID_PX, such as 11664/{_GRID_PX}"
            raise BadInput("is no size of a model", where=f"--at-model {text}", hint=hint)
        return cls(*numbers)

    def __str__(self) -> str:
        return f"{self.area_px}/{self.grid_px}"


@dataclass(frozen=True)
class Reduction:
    """From a plate's pictures to where the plate lies in a model's frame."""

    frame: ModelFrame

    @classmethod
    def of(cls, size: ModelSize, display: Box, pixel_aspect: float) -> Reduction:
        """That of a plate."""
        return cls(ModelFrame.of_area(display, pixel_aspect, size.area_px, size.grid_px))

    @property
    def shape(self) -> tuple[int, int]:
        """(h, w)."""
        return self.frame.inner.shape

    def light(self, picture: Array) -> Array:
        """A scene-linear picture (H, W, 3) as (h, w, 3), or a plane alike."""
        return cut(self.frame, self.frame.to_model(picture))

    def share(self, plane: Array) -> Array:
        """A plane of shares (H, W) as (h, w); what the filter overshoots by is cut off."""
        return np.asarray(np.clip(self.light(plane), 0, 1), np.float32)

    def known(self, parts: Mapping[str, Array | None]) -> dict[str, Array | None]:
        """What a truth tells, by its names in `Judged`; a pixel counts where all that it is made from counts."""
        ways = {"truth": self.light, "background": self.light, "rebuilt": self.share, "counted": self._whole}
        return {name: None if part is None else ways[name](part) for name, part in parts.items()}

    def _whole(self, plane: Array) -> Array:
        return (self.light(plane) > _ALL).astype(np.float32)


def cut(frame: ModelFrame, picture: Array) -> Array:
    """Of a picture over a model's frame the part (h, w[, C]) where the plate lies."""
    whole = Box(0, 0, frame.width, frame.height)
    return np.ascontiguousarray(picture[frame.inner.slices_in(whole)])
