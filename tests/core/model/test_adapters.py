"""What the library offers for its models, tried on ours in both modes: adapters, attention backends, two processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from pai_studio.core.model.transformer import PaiTransformer3DModel  # noqa: E402
from tests.core.model import tiny  # noqa: E402

MODES = pytest.mark.parametrize("attention", ["bidirectional", "cached"])


def asked(model):
    layout, conditions = tiny.whole()
    with torch.inference_mode():
        return model(**tiny.ASKED, layout=layout, conditions=conditions, null_text=tiny.NULL)


@MODES
def test_a_lora_is_trained_saved_and_loaded_alone(attention, tmp_path):
    peft = pytest.importorskip("peft")
    model = tiny.trained(attention=attention)
    plain = asked(model)
    model.add_adapter(peft.LoraConfig(r=2, target_modules=["to_q", "to_k", "to_v", "to_out.0", "ffn.net.2"]))
    assert torch.allclose(asked(model), plain, atol=1e-6)  # it begins as nothing
    learning = [name for name, value in model.named_parameters() if value.requires_grad]
    assert learning
    assert all("lora_" in name for name in learning)
    layout, conditions = tiny.whole()
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=10.0)
    for _ in range(2):
        optimiser.zero_grad()
        out = model(**tiny.ASKED, layout=layout, conditions=conditions, null_text=tiny.NULL)
        out.square().mean().backward()
        optimiser.step()
    learned = asked(model)
    assert not torch.allclose(learned, plain, atol=1e-3)
    model.save_lora_adapter(tmp_path)
    assert [path.suffix for path in tmp_path.iterdir()] == [".safetensors"]
    other = tiny.trained(attention=attention)
    other.load_lora_adapter(
        tmp_path, weight_name="pytorch_lora_weights.safetensors", use_safetensors=True, prefix=None
    )
    assert torch.allclose(asked(other), learned, atol=1e-5)


@pytest.fixture
def _one_backend():
    """A backend that is set for one model is set for every one that is made later."""
    yield
    tiny.trained().set_attention_backend("native")


@MODES
@pytest.mark.usefixtures("_one_backend")
def test_another_attention_backend_gives_the_same(attention):
    model = tiny.trained(attention=attention)
    plain = asked(model)
    model.set_attention_backend("_native_math")
    assert {str(block.attn1.processor._attention_backend.value) for block in model.blocks} == {"_native_math"}
    assert torch.allclose(asked(model), plain, atol=1e-5)


@pytest.mark.long
def test_two_processes_share_one_sequence_out(tmp_path):
    modes = ["bidirectional", "cached"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    script = str(Path(__file__).with_name("ulysses.py"))
    running = [
        subprocess.Popen(
            [sys.executable, script, str(tmp_path), rank, *modes],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in "01"
    ]
    said = [process.communicate(timeout=200)[1] for process in running]
    assert [process.returncode for process in running] == [0, 0], said
    for mode in modes:
        alone = asked(tiny.trained(attention=mode))
        for rank in "01":
            assert (torch.load(tmp_path / f"{mode}{rank}.pt") - alone).abs().max() <= 1e-4


def test_a_model_from_disk_keeps_its_mode(tmp_path):
    model = tiny.trained(attention="cached", head_width=8)
    model.save_pretrained(tmp_path)
    again = PaiTransformer3DModel.from_pretrained(tmp_path).eval()
    assert again.config.attention == "cached"
    assert torch.equal(asked(again), asked(model))
