"""What of a transformer learns: all of it, or matrices of low rank beside frozen ones (LoRA, Hu et al., 2021).

An adapter begins as nothing, so that the model begins as it was; merged into the weights it leaves a model like any
other, which engines run without knowing of it. All of it works without memory for the weights too, on the meta device.
"""

from __future__ import annotations

from collections.abc import Sequence

from peft import LoraConfig

from pai_studio.core.model.transformer import PaiTransformer3DModel
from pai_studio.core.shot.errors import BadInput

_MARK = ".lora_"


def adapt(
    model: PaiTransformer3DModel,
    *,
    rank: int,
    alpha: int,
    targets: Sequence[str],
    also_full: Sequence[str] = (),
) -> None:
    """Freeze a model but for an adapter beside its `targets`, and the weights whose names begin with `also_full`.

    `targets` are the ends of the names of matrices, as peft has them, such as `to_q` or `ffn.net.2`. What the adapter
    says is scaled by `alpha / rank`. Raises BadInput for one that names nothing, before anything is changed.
    """
    layers = [name for name, _ in model.named_modules()]
    for target in targets:
        if not any(name == target or name.endswith(f".{target}") for name in layers):
            _refuse("targets", target, "name matrices by the ends of their names, as to_q or ffn.net.2")
    for part in also_full:
        if not any(name.startswith(part) for name, _ in model.named_parameters()):
            _refuse("also_full", part, "name weights by how they begin, as patch_embedding")
    model.add_adapter(LoraConfig(r=rank, lora_alpha=alpha, target_modules=list(targets)))
    for name, value in model.named_parameters():
        value.requires_grad_(_MARK in name or name.startswith(tuple(also_full)))


def merge(model: PaiTransformer3DModel) -> None:
    """Put the adapter into the weights beside which it stands, and take it away.

    The sum is of the weights' own type, and 16 bits hold little of what was learnt: bring them to float32 before.
    """
    model.fuse_lora()
    model.unload_lora()


def counted(model: PaiTransformer3DModel) -> tuple[int, int]:
    """How many parameters there are, adapters among them, and how many of them learn."""
    sizes = [(value.numel(), value.requires_grad) for value in model.parameters()]
    return sum(size for size, _ in sizes), sum(size for size, learns in sizes if learns)


def _refuse(key: str, name: str, hint: str) -> None:
    raise BadInput(f"{name!r} is no part of the transformer", where=f"adapter.{key}", hint=hint)
