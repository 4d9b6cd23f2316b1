"""What models compute on, and in how many bits."""

from __future__ import annotations

import torch

from pai_studio.core.shot.errors import BadInput


def pick(name: str) -> torch.device:
    """The device of a name: `auto` (a GPU where there is one), `cpu`, `cuda`, `cuda:N`, `mps`.

    Raises BadInput for one that is not here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "mps" if _mps() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    count = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(_mps())}
    if device is None or (device.index or 0) >= count.get(device.type, 0):
        there = ", ".join(kind for kind, number in count.items() if number)
        raise BadInput(f"{name!r} is no device of this machine", where="device", hint=f"here: auto, {there}")
    return device


def dtype_for(device: torch.device) -> torch.dtype:
    """What a transformer is computed in there: bfloat16 on a GPU, float32 on a processor, which has nothing faster."""
    return torch.float32 if device.type == "cpu" else torch.bfloat16


def ran_out(error: BaseException) -> bool:
    """Whether memory ran out, of a device or of the machine, whose allocator has no exception of its own."""
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "can't allocate memory" in str(error)


def _mps() -> bool:
    return torch.backends.mps.is_available()
