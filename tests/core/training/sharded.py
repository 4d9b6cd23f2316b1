"""One of two processes that share weights, gradients and moments out: `sharded.py FOLDER RANK CONFIG`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
import torch.distributed as dist
from torch.distributed.device_mesh import init_device_mesh

from pai_studio.core.training.objective import draw, loss
from pai_studio.core.training.sharing import share
from pai_studio.core.training.trainer import ask
from tests.core.training.latents import Latents
from tests.core.training.test_fitting import toy


def main() -> None:
    torch.set_num_threads(1)
    folder, rank, path = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    dist.init_process_group("gloo", init_method=f"file://{folder / 'meet'}", rank=rank, world_size=2)
    mesh = init_device_mesh("cpu", (2,))
    told = {}
    for dtype in (torch.float32, torch.bfloat16):
        settings, model = toy(path)
        share(model, mesh, dtype)
        learn = [value for value in model.parameters() if value.requires_grad]
        optimizer = torch.optim.AdamW(learn, lr=1e-3)
        source = Latents(grid=settings.grid)
        losses = []
        for step in range(3):
            drawn = draw(settings.recipe, source, 2, torch.Generator().manual_seed(step))
            optimizer.zero_grad()
            with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
                predicted = ask(model, drawn.asked, source.null_text)
            lost = loss(settings.recipe, drawn, predicted)
            lost.backward()
            optimizer.step()
            losses.append(lost.item())
        weights = sum(value.to_local().nbytes for value in model.parameters())
        gradients = sum(value.grad.to_local().nbytes for value in learn)
        moments = sum(
            optimizer.state[value][key].to_local().nbytes
            for value in learn
            for key in ("exp_avg", "exp_avg_sq")
        )
        told[str(dtype)] = {"losses": losses, "weights": weights, "gradients": gradients, "moments": moments}
    (folder / f"{rank}.json").write_text(json.dumps(told), encoding="utf-8")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
