"""What keeping the conditions gains, in a process's time against the arithmetic that it saves."""

from __future__ import annotations

import statistics
import time

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from pai_studio.core.model.clock import Clock  # noqa: E402
from pai_studio.core.model.layout import Window, lay_out  # noqa: E402
from pai_studio.core.model.transformer import Conditions, PaiTransformer3DModel  # noqa: E402

# The shape of a 480p window: as many tokens of plate as of noise, three references.
SMALL = {
    "patch_size": (1, 2, 2),
    "num_attention_heads": 6,
    "attention_head_dim": 64,
    "ffn_dim": 1024,
    "num_layers": 4,
}
SMALL |= {"in_channels": 16, "out_channels": 16, "text_dim": 64}
FRAMES, HEIGHT, WIDTH, ANCHORS, PAIRS = 5, 32, 48, (0, 8, 16), 7


def asked(device):
    layout = lay_out(Window(0, FRAMES), (HEIGHT // 2, WIDTH // 2), ANCHORS, Clock(4))
    made = {"device": device}
    conditions = Conditions(
        torch.randn(1, 17, FRAMES, HEIGHT, WIDTH, **made), torch.randn(1, 17, 3, HEIGHT, WIDTH, **made)
    )
    noise, text = torch.randn(1, 16, FRAMES, HEIGHT, WIDTH, **made), torch.randn(1, 64, 64, **made)
    arguments = {
        "hidden_states": noise,
        "timestep": torch.tensor([500.0], **made),
        "encoder_hidden_states": text,
    }
    return arguments | {"layout": layout}, conditions


def steps(device):
    """One step of the joint model, and one of the cached with its cache made."""
    joint, cached = (
        PaiTransformer3DModel(**SMALL, attention=mode).eval() for mode in ("bidirectional", "cached")
    )
    arguments, conditions = asked(device)
    null = torch.zeros_like(arguments["encoder_hidden_states"])
    cache = cached.remember(conditions, arguments["layout"], null)
    return lambda: joint(**arguments, conditions=conditions), lambda: cached(**arguments, cache=cache)


def flops(step):
    with FlopCounterMode(display=False) as counter:
        step()
    return counter.get_total_flops()


@pytest.mark.long
@torch.inference_mode()
def test_a_cached_step_is_as_much_faster_as_it_computes_less():
    with torch.device("meta"):  # the counter knows no attention on a processor
        fewer = [flops(step) for step in steps("meta")]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        joint, cached = steps("cpu")
        ratios = []
        for _ in range(PAIRS):
            spent = []
            for step in (joint, cached):
                begun = time.process_time()
                step()
                spent.append(time.process_time() - begun)
            ratios.append(spent[0] / spent[1])
    finally:
        torch.set_num_threads(threads)
    gained, wanted = statistics.median(ratios), fewer[0] / fewer[1]
    print(f"\na cached step: {gained:.2f}x faster, {wanted:.2f}x fewer FLOPs ({gained / wanted:.0%})")
    assert gained >= 0.9 * wanted
