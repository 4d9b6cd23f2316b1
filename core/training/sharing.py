"""Weights, gradients and moments shared out among GPUs (FSDP2: Zhao et al., 2023), each block a unit.

What stands outside a policy's cast matters here: timesteps up to 1000 and the rotations of positions do not survive 16
bits, a timestep of 997 becoming 996. So the policy casts weights alone, and autocast what they are multiplied with.
"""

from __future__ import annotations

import torch
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard

from pai_studio.core.model.transformer import PaiTransformer3DModel


def precision(dtype: torch.dtype) -> MixedPrecisionPolicy:
    """Weights are gathered in `dtype`, gradients added up in single precision; nothing that comes in is cast.

    A model that is shared out so computes under `torch.autocast` of the same type.
    """
    return MixedPrecisionPolicy(
        param_dtype=dtype,
        reduce_dtype=torch.float32,
        output_dtype=torch.float32,
        cast_forward_inputs=False,
    )


def share(model: PaiTransformer3DModel, mesh: DeviceMesh, dtype: torch.dtype) -> None:
    """Share a model out among the processes of a mesh, computing in `dtype`; the optimizer is made afterwards."""
    for unit in (*model.blocks, model):
        fully_shard(unit, mesh=mesh, mp_policy=precision(dtype))


def part_again(model: PaiTransformer3DModel) -> None:
    """Let go of weights that were put together: without a backward pass the outermost unit keeps them, and would
    compute with them once more after its parts were written anew.
    """
    for unit in model.modules():
        if isinstance(unit, FSDPModule):
            unit.reshard()
