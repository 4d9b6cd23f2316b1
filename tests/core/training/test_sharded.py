"""Two processes that share all out train as one does, and each holds the half that was reckoned."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytest.importorskip("peft")

from pai_studio.core.training.estimate import Hardware  # noqa: E402
from pai_studio.core.training.fitting import fitted  # noqa: E402
from pai_studio.core.training.settings import Parallel  # noqa: E402
from pai_studio.core.training.trainer import Trainer  # noqa: E402
from tests.core.training.latents import Latents  # noqa: E402
from tests.core.training.test_fitting import KINDS, toy  # noqa: E402


def alone(path):
    """What a process loses that does the work of both, one part after the other."""
    settings, model = toy(path)
    training = replace(settings.training, accumulate=2 * settings.training.accumulate, checkpoint_every=0)
    run = Trainer(model, Latents(grid=settings.grid), settings.recipe, training)
    run.run()
    return run.losses


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.mark.long
@KINDS
def test_two_that_share_train_as_one_and_hold_half_each(path, tmp_path):
    script, root, port = Path(__file__).with_name("sharded.py"), Path(__file__).parents[3], free_port()
    running = [
        subprocess.Popen(
            [sys.executable, str(script), str(tmp_path), str(path)],
            env={
                **os.environ,
                "OMP_NUM_THREADS": "1",
                "PYTHONPATH": str(root),
                "MASTER_ADDR": "127.0.0.1",
                "MASTER_PORT": str(port),
                "RANK": rank,
                "LOCAL_RANK": rank,
                "WORLD_SIZE": "2",
                "LOCAL_WORLD_SIZE": "2",
            },
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in "01"
    ]
    said = [process.communicate(timeout=200)[1] for process in running]
    assert [process.returncode for process in running] == [0, 0], said
    ranks = [json.loads((tmp_path / f"{rank}.json").read_text(encoding="utf-8")) for rank in "01"]
    losses = alone(path)
    for told in ranks:
        assert told["float32"]["losses"] == pytest.approx(losses, rel=1e-4)
        assert told["bfloat16"]["losses"] == pytest.approx(losses, rel=0.01)
    for dtype in ("float32", "bfloat16"):
        settings = replace(toy(path, dtype)[0], parallel=Parallel(gpus=2, shard="fsdp2"))
        memory = fitted(settings, Hardware(gpus=2), path).memory
        for part in ("weights", "gradients", "moments", "average"):
            found = max(told[dtype][part] for told in ranks)
            assert getattr(memory, part) == pytest.approx(found, rel=0.02), part
