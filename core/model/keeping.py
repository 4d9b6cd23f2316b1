"""What is kept of a shot while it is made: every finished window, and what the next one goes on from.

A killed job goes on at the first window that is not finished, with the same numbers as if nothing had happened. The
windows' pictures are read from here also when nothing was killed, so that both ways deliver the same.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from pai_studio.core.media.files import as_pai_error, sweep_temps, whole_file, write_fault, write_file
from pai_studio.core.shot.errors import EngineFailed

_MADE_FROM, _STREAMS = "made-from.json", "streams"
_DEAD_S = 3600
"""Nobody writes on one file for so long."""

Tensors = Mapping[str, Tensor]


class Kept:
    """A folder with the windows of one shot, all made from the same `mark`; another mark finds it empty.

    Raises OutOfResources where the disk is full, BadInput where the folder cannot be written.
    """

    def __init__(self, folder: Path, mark: Mapping[str, Any]) -> None:
        self.folder = folder
        told = json.dumps(mark, sort_keys=True).encode()
        path = folder / _MADE_FROM
        if not path.is_file() or path.read_bytes() != told:
            _clear(folder, path)
            write_file(path, told)
        # Of a job that was killed; another worker may be making this very shot, and writing here now.
        sweep_temps(folder, lambda name: name.endswith(".safetensors"), older_s=_DEAD_S)

    def has(self, name: str) -> bool:
        """Whether a window is finished."""
        return self._path(name).is_file()

    def put(self, name: str, tensors: Tensors) -> None:
        """Keep a window, whole or not at all."""
        _write(self._path(name), tensors, {})

    def read(self, name: str, *keys: str) -> tuple[Tensor, ...]:
        """Some tensors of a window; only they are read. Raises EngineFailed where the file is damaged."""
        with self._open(name) as file:
            return tuple(file.get_tensor(key) for key in keys)

    def row(self, name: str, key: str, index: int) -> Tensor:
        """One row of a window's tensor, without reading the others. Raises EngineFailed as `read`."""
        with self._open(name) as file:
            rows: Tensor = file.get_slice(key)[index : index + 1]
            return rows[0]

    def keep_streams(self, window: int, tensors: Tensors) -> None:
        """What the codec's streams carry after a window: only the newest is needed."""
        _write(self._path(_STREAMS), tensors, {"window": str(window)})

    @property
    def newest(self) -> int:
        """The window after which the streams were kept, -1 before the first; what they carry is not read."""
        if not self.has(_STREAMS):
            return -1
        with self._open(_STREAMS) as file:
            return int(file.metadata()["window"])

    def streams(self) -> dict[str, Tensor]:
        """What the streams carried after the newest window; nothing before the first."""
        if not self.has(_STREAMS):
            return {}
        with self._open(_STREAMS) as file:
            return {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.safetensors"

    @contextmanager
    def _open(self, name: str) -> Iterator[Any]:
        path = self._path(name)
        try:
            with safe_open(path, "pt") as file:
                yield file
        except (SafetensorError, OSError) as error:
            hint = "remove that folder and render again"
            raise EngineFailed(
                f"a kept window cannot be read ({error})", where=str(path), hint=hint
            ) from None


def _clear(folder: Path, mark: Path) -> None:
    """Remove a folder of other windows, if there is one: its mark first, lest a killed run leaves half of them."""
    try:
        if folder.is_symlink() or folder.is_file():
            folder.unlink()
        elif folder.exists():
            mark.unlink(missing_ok=True)
            shutil.rmtree(folder)
    except OSError as error:
        raise as_pai_error(error, folder) from error


def _write(path: Path, tensors: Tensors, facts: dict[str, str]) -> None:
    there = {key: tensor.detach().cpu().contiguous() for key, tensor in tensors.items()}
    with whole_file(path) as temp:
        try:
            save_file(there, temp, metadata=facts)
        except SafetensorError as error:  # it does not tell a full disk from other faults
            raise write_fault(temp, path, str(error)) from error
