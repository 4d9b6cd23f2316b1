"""Takes on disk: safetensors files of a few takes each, read a window at a time.

A shard is `takes-NNNNNN.safetensors`, named by its first seed. Tensors are `K.truth`, `K.guide0` and so on for take K
of the shard, half floats; what is no tensor stands as JSON in the file's metadata. Files are written whole or not at
all, and one that is there is not filmed again, so that filming goes on where it was stopped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, overload

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from torch import Tensor

from pai_studio.core.media.files import whole_file, write_fault
from pai_studio.core.model.manifest import Manifest
from pai_studio.core.report import Progress, Report
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.training.data.takes import Filming, Halves, Take, film

SCHEMA: Final = "pai-studio/takes/1"
EACH = 8
"""Takes of a shard."""

PLANES = ("truth", "place", "matte", "rebuilt", "plate", "told")
_HINT = "remove the file and film it again with `pai-studio train --film`"


@dataclass(frozen=True)
class KeptTake:
    """A take in a shard, number `index` of it: all but its pictures."""

    path: Path
    index: int
    seed: int
    prompt: str
    frames: int
    size: tuple[int, int]
    """Height and width."""
    anchors: tuple[tuple[int, ...], ...]
    """Of each set of stills."""


def film_shards(
    folder: Path, shards: Iterable[int], filming: Filming, manifest: Manifest, report: Report
) -> None:
    """Film those shards that are not there yet: shard n has the `EACH` seeds from n * EACH on.

    Raises OutOfResources where the disk is full; what was filmed before stays.
    """
    numbers = list(shards)
    total = len(numbers) * EACH
    folder.mkdir(parents=True, exist_ok=True)
    for done, number in enumerate(numbers):
        first = number * EACH
        path = folder / f"takes-{first:06d}.safetensors"
        if path.exists():
            continue
        takes: list[Take] = []
        for seed in range(first, first + EACH):
            report(Progress("film", done * EACH + len(takes), total))
            takes.append(film(seed, filming, manifest))
        write_shard(path, takes)
    report(Progress("film", total, total))


def write_shard(path: Path, takes: Sequence[Take]) -> None:
    """Write a shard, whole or not at all. Raises OutOfResources where the disk is full."""
    planes: dict[str, Halves] = {}
    told = []
    for index, take in enumerate(takes):
        planes |= {f"{index}.{name}": getattr(take, name) for name in PLANES}
        planes |= {f"{index}.guide{n}": guided.guide for n, guided in enumerate(take.guided)}
        anchors = [guided.anchors for guided in take.guided]
        told.append({"seed": take.seed, "prompt": take.prompt, "anchors": anchors})
    # safetensors writes memory as it lies, whatever an array's strides.
    planes = {name: np.ascontiguousarray(plane) for name, plane in planes.items()}
    with whole_file(path) as temp:
        try:
            save_file(planes, temp, metadata={"schema": SCHEMA, "takes": json.dumps(told)})
        except SafetensorError as error:  # it does not tell a full disk from other faults
            raise write_fault(temp, path, str(error)) from error


def read_shard(path: Path) -> list[KeptTake]:
    """What a shard holds, from its header. Raises BadInput for a file that is damaged or no shard."""
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("schema") != SCHEMA:
                raise BadInput("is no shard of takes", where=str(path), hint="name a folder of such files")
            told = json.loads(metadata["takes"])
            return [_kept(path, index, take, file) for index, take in enumerate(told)]
    except (SafetensorError, OSError, ValueError, LookupError, TypeError) as error:
        raise BadInput(f"cannot be read ({error})", where=str(path), hint=_HINT) from None


def takes_in(folder: Path) -> list[KeptTake]:
    """The takes of all shards of a folder, in the order of their seeds.

    Raises BadInput where there are none, or a shard is damaged.
    """
    takes = [take for path in sorted(folder.glob("takes-*.safetensors")) for take in read_shard(path)]
    if not takes:
        hint = "film some with `pai-studio train --film`"
        raise BadInput("holds no takes", where=str(folder), hint=hint)
    return takes


class Filmed(Sequence[KeptTake]):
    """Takes of some seeds that are filmed when they are first asked for, and kept in a folder."""

    def __init__(self, folder: Path, seeds: range, filming: Filming, manifest: Manifest) -> None:
        self._folder, self._seeds = folder, seeds
        self._filming, self._manifest = filming, manifest

    def __len__(self) -> int:
        return len(self._seeds)

    @overload
    def __getitem__(self, index: int) -> KeptTake: ...
    @overload
    def __getitem__(self, index: slice) -> Filmed: ...
    def __getitem__(self, index: int | slice) -> KeptTake | Filmed:
        """Take number `index`, filmed now where it is not there; a slice films nothing yet."""
        if isinstance(index, slice):
            return Filmed(self._folder, self._seeds[index], self._filming, self._manifest)
        seed = self._seeds[index]
        path = self._folder / f"take-{seed:06d}.safetensors"
        if not path.exists():
            write_shard(path, [film(seed, self._filming, self._manifest)])
        return read_shard(path)[0]


def read_planes(take: KeptTake, names: Sequence[str], frames: Sequence[int]) -> list[Tensor]:
    """Some planes (C, n, h, w) of a take at n of its frames, float32.

    Raises BadInput where the file cannot be read, or holds what is no number.
    """
    try:
        with safe_open(take.path, "pt") as file:
            slices = [file.get_slice(f"{take.index}.{name}") for name in names]
            found = [
                torch.cat([part[frame : frame + 1] for frame in frames]).float().transpose(0, 1)
                for part in slices
            ]
    except (SafetensorError, OSError) as error:
        raise BadInput(f"cannot be read ({error})", where=str(take.path), hint=_HINT) from None
    if not all(plane.isfinite().all() for plane in found):
        say = f"take {take.index} (seed {take.seed}) has values that are no numbers"
        raise BadInput(say, where=str(take.path), hint=_HINT)
    return found


def _kept(path: Path, index: int, told: dict[str, Any], file: Any) -> KeptTake:
    frames, _, height, width = file.get_slice(f"{index}.truth").get_shape()
    anchors = tuple(tuple(each) for each in told["anchors"])
    return KeptTake(path, index, told["seed"], told["prompt"], frames, (height, width), anchors)
