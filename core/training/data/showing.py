"""How takes are shown to what learns from them: as they are, or without one of the things that make them hard.

Legend of shapes: n frames, (h, w) pixels; pictures (3, n, h, w) are codes in 0..1, mattes (1, n, h, w) in 0..1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from pai_studio.core.media.modelspace import DISPLAY_16
from pai_studio.core.shot.errors import BadInput

_SOLID, _THERE = 0.9, 0.05


@dataclass(frozen=True)
class Showing:
    """`reduced` is how many times smaller than it was filmed a take is shown."""

    reduced: int = 1
    subject_light: Literal["plate", "place"] = "plate"
    """`place`: the plate's subject is in the place's light already, so that there is nothing to relight."""
    faults: bool = True
    """False: matte and plate are whole."""

    def small(self, plane: Tensor) -> Tensor:
        """A plane (C, n, h, w) in the size that it is shown in: the mean of the pixels that become one."""
        if self.reduced == 1:
            return plane
        return torch.nn.functional.avg_pool3d(plane[None], (1, self.reduced, self.reduced))[0]

    def size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Height and width of what is shown. Raises BadInput where they are no whole numbers."""
        if size[0] % self.reduced or size[1] % self.reduced:
            say = f"takes of {size[1]} x {size[0]} pixels cannot be shown {self.reduced} times smaller"
            raise BadInput(say, where="data.sources", hint="take another number as `reduced`")
        return size[0] // self.reduced, size[1] // self.reduced

    def plate(
        self, plate: Tensor, told: Tensor, *, truth: Tensor, matte: Tensor, rebuilt: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The plate and the matte that is told of it, given the `truth` in the light that the place has now."""
        if not self.faults:
            plate, told = mended(plate, truth, matte, rebuilt), matte
            rebuilt = torch.zeros_like(rebuilt)
        if self.subject_light == "place":
            plate = mixed(plate, truth, matte * (1 - rebuilt))
        return plate, told


def mixed(one: Tensor, other: Tensor, share: Tensor) -> Tensor:
    """`share` of the light of `other`, the rest of that of `one`; light mixes, codes do not."""
    light = _decode(one) * (1 - share) + _decode(other) * share
    return _encode(light)


def mended(plate: Tensor, truth: Tensor, matte: Tensor, rebuilt: Tensor) -> Tensor:
    """The plate with what it lacks of the subject, `rebuilt`, from the truth under the plate's mean light.

    What was filmed there is not kept. The gain of each primary is that of the subject where it is there and solid: it
    tells no more of the place's light than the plate does.
    """
    if not rebuilt.any():
        return plate
    solid = ((matte > _SOLID) & (rebuilt < _THERE)).float()
    shown, placed = ((_decode(each) * solid).sum(dim=(1, 2, 3)) for each in (plate, truth))
    gain = torch.where(placed > 0, shown / placed.clamp_min(1e-6), torch.ones(3))
    patch = _encode(_decode(truth) * gain[:, None, None, None])
    return mixed(plate, patch, rebuilt)


def _decode(codes: Tensor) -> Tensor:
    return torch.from_numpy(DISPLAY_16.decode(codes.numpy()))


def _encode(light: Tensor) -> Tensor:
    return torch.from_numpy(DISPLAY_16.encode(np.asarray(light.numpy(), np.float32)))
