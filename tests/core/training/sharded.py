"""One of two processes that train one run: `sharded.py FOLDER CONFIG`, its rank in the environment."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
import torch.distributed as dist

from pai_studio.core.training.machine import Machine
from pai_studio.core.training.trainer import Trainer
from tests.core.training.latents import Latents
from tests.core.training.test_fitting import toy


def main() -> None:
    torch.set_num_threads(1)
    folder, path = Path(sys.argv[1]), Path(sys.argv[2])
    told = {}
    for dtype in ("float32", "bfloat16"):

        def begun(dtype=dtype):
            settings, model = toy(path, dtype)
            machine = Machine(dtype, shared=True, on_cpu=True)
            source = Latents(grid=settings.grid)
            return Trainer(model, source, settings.recipe, settings.training, folder / dtype, machine=machine)

        first = begun()
        first.run(asked_to_stop=lambda first=first: first.done == 2)
        run = begun()
        assert run.done == 2
        run.run()
        learn = [value for value in run.model.parameters() if value.requires_grad]
        moments = [
            value.to_local().nbytes for _, moment, value in run._optimizer.moments() if moment != "step"
        ]
        told[dtype] = {
            "losses": run.losses,
            "weights": sum(value.to_local().nbytes for value in run.model.parameters()),
            "gradients": sum(value.grad.to_local().nbytes for value in learn),
            "moments": sum(moments),
            "average": sum(value.to_local().nbytes for value in run.average.values()),
        }
    (folder / f"{dist.get_rank()}.json").write_text(json.dumps(told), encoding="utf-8")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
