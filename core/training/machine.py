"""What a training computes on: a process or several, with weights whole or shared out, in 32 bits or 16.

Processes, devices and precision are accelerate's business. Sharing weights out is torch's own FSDP2, since accelerate's
plugin has none of it on a CPU, where it has to be tried too: each block of the model is a unit, and the rest is one.

Several processes are begun by `torchrun` or `accelerate launch`, which tell each its rank.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from torch import Tensor
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from pai_studio.core.model.device import pick
from pai_studio.core.model.transformer import PaiTransformer3DModel
from pai_studio.core.training.sharing import share

Precision = Literal["float32", "bfloat16"]


class Machine:
    """The processes of one training, of which this is number `rank` of `count`."""

    def __init__(
        self, precision: Precision = "float32", *, shared: bool = False, on_cpu: bool = False
    ) -> None:
        """With `shared` weights, gradients and moments are shared out among the processes.

        Several processes on a CPU know of one another only where accelerate is told that it is to be the CPU; else each
        would take itself for the only one.
        """
        AcceleratorState._reset_state()  # one process may train in several precisions, one after the other
        mixed = "bf16" if precision == "bfloat16" else "no"
        self._accelerator = Accelerator(mixed_precision=mixed, cpu=on_cpu or pick("auto").type == "cpu")
        self.precision: Precision = precision
        self.shared = shared and self.count > 1
        self.device = self._accelerator.device

    @property
    def rank(self) -> int:
        """This process's number."""
        return int(self._accelerator.process_index)

    @property
    def count(self) -> int:
        """How many processes there are."""
        return int(self._accelerator.num_processes)

    @property
    def is_first(self) -> bool:
        """Whether this process writes what is written once."""
        return bool(self._accelerator.is_main_process)

    def prepare(self, model: PaiTransformer3DModel) -> None:
        """Put a model on this process's device, and share its weights out where they are to be.

        What learns is kept in 32 bits; what is frozen stays in the type that it has.
        """
        for value in model.parameters():
            if value.requires_grad:
                value.data = value.data.float()
        model.to(self.device)
        if not self.shared:
            return
        share(model, init_device_mesh(self.device.type, (self.count,)), getattr(torch, self.precision))

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Around a forward pass: its precision."""
        with self._accelerator.autocast():
            yield

    @contextmanager
    def attending(self) -> Iterator[None]:
        """Around a forward pass and its backward, which computes checkpointed blocks again: how attention is computed.

        A CPU has no fused attention in 16 bits that is worth having: plain products, kept in 16 bits, take half the
        time at the sizes that one trains there.
        """
        if self.device.type != "cpu" or self.precision == "float32":
            yield
            return
        torch.backends.cuda.allow_fp16_bf16_reduction_math_sdp(True)  # of the CPU too, whatever its name says
        with sdpa_kernel(SDPBackend.MATH):
            yield

    def average_gradients(self, parameters: Mapping[str, Tensor]) -> None:
        """Make gradients the mean over all processes; those that are shared out are so already."""
        if self.count == 1 or self.shared:
            return
        for value in parameters.values():
            if value.grad is None:
                value.grad = torch.zeros_like(value)
            value.grad = self._accelerator.reduce(value.grad, reduction="mean")

    def mean(self, value: Tensor) -> Tensor:
        """The mean over all processes of a number that each has."""
        found: Tensor = self._accelerator.reduce(value.detach(), reduction="mean")
        return found

    def any(self, told: bool) -> bool:
        """Whether any process says so."""
        if self.count == 1:
            return told
        return bool(self.mean(torch.tensor(float(told), device=self.device)) > 0)

    def wait(self) -> None:
        """Until every process is here."""
        self._accelerator.wait_for_everyone()


def whole(value: Tensor, *, keep: bool = True) -> Tensor:
    """A tensor put together from its parts on the CPU; every process has to ask, and one need `keep` it.

    The others get nothing: each of eight would hold 80 GB of a large model's run.
    """
    found = value.full_tensor() if isinstance(value, DTensor) else value
    return found.detach().cpu() if keep else torch.empty(0)


def parted_as(value: Tensor, like: Tensor) -> Tensor:
    """A whole tensor shared out as another is."""
    told = value.to(like.device, like.dtype)
    return distribute_tensor(told, like.device_mesh, like.placements) if isinstance(like, DTensor) else told
