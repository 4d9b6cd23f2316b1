"""How much memory a training has."""

from __future__ import annotations

import psutil
import torch


def memory_bytes() -> int:
    """Of this process: at most so far on the GPU where there is one, else resident now."""
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    return int(psutil.Process().memory_info().rss)
