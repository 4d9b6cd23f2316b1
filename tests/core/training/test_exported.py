"""An adapter's run from its settings to a model: trained beside weights in 16 bits, merged in 32."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytest.importorskip("peft")
pytest.importorskip("tensorboard")

from pai_studio.core.model.checkpoint import load, save  # noqa: E402
from pai_studio.core.report import silent  # noqa: E402
from pai_studio.core.training import checkpoints  # noqa: E402
from pai_studio.core.training.adapt import adapt, merge  # noqa: E402
from pai_studio.core.training.run import Asked, export, started, train  # noqa: E402
from pai_studio.core.training.settings import read  # noqa: E402

FILMS = Path(__file__).parents[3] / "examples" / "train" / "films.toml"
ADAPTER = '\n[adapter]\nrank = 4\nalpha = 8\ntargets = ["to_q", "to_v", "ffn.net.2"]\nalso_full = ["head"]\n'
SHORT = {"steps = 300": "steps = 3", "warm_up = 50": "warm_up = 1", "sample_every = 100": "sample_every = 0"}


@pytest.mark.long
def test_an_adapter_is_merged_in_32_bits_whatever_the_frozen_weights_are(tmp_path):
    models = tmp_path / "models"
    models.mkdir()
    base = started(read(FILMS), models)
    base.transformer.to(torch.bfloat16)
    save(base, models / "base")
    text = FILMS.read_text(encoding="utf-8").replace(
        'dtype = "float32"', 'dtype = "bfloat16"\nweights = "base"'
    )
    for long, short in SHORT.items():
        assert long in text
        text = text.replace(long, short)
    path = tmp_path / "low.toml"
    path.write_text(text + ADAPTER, encoding="utf-8")
    run = tmp_path / "run"
    trainer = train(path, Asked(run, models, on_cpu=True), silent)
    assert trainer.done == 3
    export(run, tmp_path / "made", models, name="made", dtype=torch.float32)
    made = load(tmp_path / "made").transformer.state_dict()

    expected = load(models / "base").transformer
    adapt(expected, rank=4, alpha=8, targets=("to_q", "to_v", "ffn.net.2"), also_full=("head",))
    learnt = checkpoints.read(checkpoints.latest(run / "checkpoint")).average
    expected.load_state_dict(learnt, strict=False)
    merge(expected)
    assert made.keys() == expected.state_dict().keys()
    for name, value in expected.state_dict().items():
        assert torch.allclose(made[name], value, atol=1e-7, rtol=1e-6), name
