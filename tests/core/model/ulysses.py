"""One of two processes that share a sequence out: `ulysses.py FOLDER RANK ATTENTION...`."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
import torch.distributed as dist
from diffusers import ContextParallelConfig

sys.path.insert(0, str(Path(__file__).parent))
import tiny


def main() -> None:
    folder, rank = Path(sys.argv[1]), int(sys.argv[2])
    # The library asks how many devices this machine has, and knows only accelerators; here a processor is the device.
    torch.accelerator.device_count = lambda: 1
    dist.init_process_group("gloo", init_method=f"file://{folder / 'meet'}", rank=rank, world_size=2)
    layout, conditions = tiny.whole()
    for attention in sys.argv[3:]:
        model = tiny.trained(attention=attention)
        model.enable_parallelism(config=ContextParallelConfig(ulysses_degree=2))
        with torch.inference_mode():
            found = model(**tiny.ASKED, layout=layout, conditions=conditions, null_text=tiny.NULL)
        torch.save(found, folder / f"{attention}{rank}.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
