"""Two processes that share all out train as one does, and each holds the half that was reckoned."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytest.importorskip("peft")

from pai_studio.core.training.estimate import Hardware  # noqa: E402
from pai_studio.core.training.fitting import fitted  # noqa: E402
from pai_studio.core.training.objective import draw, loss  # noqa: E402
from pai_studio.core.training.settings import read  # noqa: E402
from pai_studio.core.training.trainer import ask  # noqa: E402
from tests.core.training.latents import Latents  # noqa: E402
from tests.core.training.test_fitting import KINDS, TOY, toy  # noqa: E402
from tests.core.training.test_settings import LORA  # noqa: E402


def alone(path):
    """What three steps lose in one process."""
    settings, model = toy(path)
    optimizer = torch.optim.AdamW([value for value in model.parameters() if value.requires_grad], lr=1e-3)
    source, losses = Latents(grid=settings.grid), []
    for step in range(3):
        drawn = draw(settings.recipe, source, 2, torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        lost = loss(settings.recipe, drawn, ask(model, drawn.asked, source.null_text))
        lost.backward()
        optimizer.step()
        losses.append(lost.item())
    return losses


@pytest.mark.long
@KINDS
def test_two_that_share_train_as_one_and_hold_half_each(path, tmp_path):
    script, root = Path(__file__).with_name("sharded.py"), Path(__file__).parents[3]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(root)}
    running = [
        subprocess.Popen(
            [sys.executable, str(script), str(tmp_path), rank, str(path)],
            env=environment,
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
        assert told["torch.float32"]["losses"] == pytest.approx(losses, rel=1e-4)
        assert told["torch.bfloat16"]["losses"] == pytest.approx(losses, rel=0.01)
    low = {"adapter": {"rank": 4, "alpha": 4}} if path == LORA else {}
    for dtype in ("float32", "bfloat16"):
        model = {"model": TOY["model"] | {"dtype": dtype}}
        settings = read(path, TOY | low | model | {"parallel": {"gpus": 2, "shard": "fsdp2"}})
        memory = fitted(settings, Hardware(gpus=2), path).memory
        held = [told[f"torch.{dtype}"] for told in ranks]
        for part in ("weights", "gradients", "moments"):
            found = max(each[part] for each in held)
            assert getattr(memory, part) == pytest.approx(found, rel=0.02), part
