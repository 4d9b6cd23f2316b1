"""What training the transformer costs, before it is run: floating point operations, memory of a GPU, hours and disk.

Operations are counted as in `cost`, as torch's own counter has them. A product of matrices that learns costs three
forwards: itself, the gradient of what came in, and that of the weights. A frozen one has no gradient of its weights,
but what lies before it learns too, so that the gradient of what came in is needed all the same. Checkpointing computes
every block's forward once more. Attention is two products forward and four backward; a fused kernel, which does not
keep its scores, computes a fifth again, which is in no figure here: a device's utilisation is to be given for these.

Legend: S tokens, L text tokens, D channels inside, F channels of the feed-forward, r the rank of an adapter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass, replace

from pai_studio.core.plan.cost import ROWS, Architecture, Tokens, forward_flops, remember_flops, step_flops

MASTER_BYTES = 4
"""What learns is kept in single precision, and so are its gradient, its two moments and its average."""

ROOM = 0.9
"""The part of a GPU's memory that may be planned for: the rest is the driver's, the network's and the allocator's."""

_MOMENTS = 2
_SINGLE_BYTES = 4


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """Matrices of low rank beside frozen ones of the blocks (LoRA, Hu et al., 2021), while the embeddings of patches
    and the types learn whole.
    """

    rank: int
    targets: tuple[str, ...]
    """Matrices by the ends of their names in a block, as peft has them: `to_q`, `attn1.to_q`, `ffn.net.2`."""


@dataclass(frozen=True)
class Matrix:
    """A matrix of a block: its name, whether it takes the text and not the tokens, channels in and out."""

    name: str
    text: bool
    into: int
    out: int

    def adapted(self, adapter: Adapter | None) -> int:
        """The rank of the adapter beside it; 0: it has none."""
        if adapter is None:
            return 0
        meant = any(self.name == end or self.name.endswith(f".{end}") for end in adapter.targets)
        return adapter.rank if meant else 0


def matrices(model: Architecture) -> Iterator[Matrix]:
    """Those of one block."""
    d = model.width
    for attention, told in (("attn1", False), ("attn2", True)):
        for name in ("to_q", "to_k", "to_v", "to_out.0"):
            yield Matrix(f"{attention}.{name}", told and name in {"to_k", "to_v"}, d, d)
    yield Matrix("ffn.net.0.proj", False, d, model.ffn)
    yield Matrix("ffn.net.2", False, model.ffn, d)


def adapter_parameters(model: Architecture, adapter: Adapter) -> int:
    """How many numbers an adapter adds."""
    return model.layers * sum(each.adapted(adapter) * (each.into + each.out) for each in matrices(model))


def training_flops(
    model: Architecture,
    tokens: Tokens,
    *,
    adapter: Adapter | None = None,
    cached: bool = False,
    checkpointing: bool = True,
) -> int:
    """Forward and backward of one sample; without an `adapter` everything learns.

    `cached` attention is trained by its two parts: the conditions to themselves, then the noise to all.
    """
    conditions = tokens.conditions
    joint = [(tokens.total, tokens.total**2)]
    apart = [
        (sum(conditions), sum(size**2 for size in conditions)),
        (tokens.noisy, tokens.noisy * tokens.total),
    ]
    told = [_block(model, *part, adapter) for part in (apart if cached else joint)]
    blocks = model.layers * sum(forward for forward, _ in told)
    backward = model.layers * sum(gradients for _, gradients in told)
    if (
        cached and conditions
    ):  # nobody asks what the last block makes of the conditions, only for keys and values
        backward -= told[0][1] - _keys_and_values(model, sum(conditions), adapter)
    calls = 1 + (cached and bool(conditions))
    return blocks * (1 + checkpointing) + backward + _outside(model, tokens, calls, learns=adapter is None)


def expected_seconds(flops: float, peak_flops: float, utilisation: float) -> float:
    """How long a GPU of `peak_flops` operations a second needs, of which the part `utilisation` is reached.

    Raises ValueError where either is impossible.
    """
    if peak_flops <= 0 or not 0 < utilisation <= 1:
        raise ValueError(f"no GPU does {utilisation:g} of {peak_flops:g} operations a second")
    return flops / (peak_flops * utilisation)


def checkpoint_bytes(trained: int, *, averaged: bool = True) -> int:
    """A checkpoint that a run goes on from: what learns, its moments and its average, in single precision."""
    return trained * MASTER_BYTES * (1 + _MOMENTS + averaged)


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What a GPU holds while it trains, in bytes, part by part."""

    weights: int
    """Those that learn in single precision, frozen ones in the type that is computed in."""
    gradients: int
    moments: int
    average: int
    gathered: int
    """Sharded: a block's whole weights and the next one's, and a block's gradients before they are shared out again.
    Not sharded: the copy of what learns in the type that is computed in."""
    kept: int
    """What the backward begins from: with checkpointing the tokens before every block."""
    block: int
    """What one block holds for its backward at most, and what the backward makes of it."""

    @property
    def total(self) -> int:
        """All of it: an upper bound, as not all parts are at their most at once."""
        return sum(astuple(self))

    def fits(self, gpu_bytes: float) -> bool:
        """Whether it does, with some room left."""
        return self.total <= ROOM * gpu_bytes


def training_memory(
    model: Architecture,
    tokens: Tokens,
    *,
    trained: int,
    parameters: int,
    adapter: Adapter | None = None,
    shards: int = 1,
    batch: int = 1,
    cached: bool = False,
    checkpointing: bool = True,
    averaged: bool = True,
    value_bytes: int = 2,
) -> Memory:
    """An estimate of what one of `shards` GPUs holds, among which all that learns and all that is frozen is shared.

    `parameters` are all there are, adapters among them, of which `trained` learn. `batch` is what one GPU takes at a
    time. Values are those of the tensors that live at once, as the code stands; a kernel that fuses a norm keeps less.
    """
    frozen = parameters - trained
    mine = -(-trained // shards)
    learns = adapter is None
    block = sum(each.into * each.out for each in matrices(model))
    learnt = block if learns else adapter_parameters(model, adapter) // model.layers if adapter else 0
    if shards > 1:
        gathered = 2 * block * value_bytes + learnt * (value_bytes + MASTER_BYTES)
    else:
        gathered = trained * value_bytes if value_bytes < MASTER_BYTES else 0
    busy = _busy_bytes(model, tokens, cached, value_bytes, learns=learns)
    kept = _kept_bytes(model, tokens, cached, value_bytes, learns=learns, checkpointing=checkpointing)
    return Memory(
        weights=mine * MASTER_BYTES + -(-frozen // shards) * value_bytes,
        gradients=mine * MASTER_BYTES,
        moments=mine * MASTER_BYTES * _MOMENTS,
        average=mine * MASTER_BYTES * averaged,
        gathered=gathered,
        kept=batch * kept,
        block=batch * busy if checkpointing else 0,
    )


def _block(model: Architecture, rows: int, pairs: int, adapter: Adapter | None) -> tuple[int, int]:
    """Forward and backward of one block over so many tokens, of which so many pairs attend."""
    forward = backward = 0
    for each in matrices(model):
        count = model.text_tokens if each.text else rows
        whole, rank = 2 * count * each.into * each.out, each.adapted(adapter)
        low, back = 2 * count * each.into * rank, 2 * count * rank * each.out
        asked = adapter is None or not each.text  # frozen, the text's own embedding asks for no gradient
        forward += whole + low + back
        backward += whole * (asked + (adapter is None)) + low * (asked + 1) + 2 * back
    attention = 4 * (pairs + rows * model.text_tokens) * model.width
    return forward + attention, backward + 2 * attention


def _keys_and_values(model: Architecture, rows: int, adapter: Adapter | None) -> int:
    """The backward of the keys and values alone of tokens."""
    total = 0
    for each in matrices(model):
        if each.name in {"attn1.to_k", "attn1.to_v"}:
            low = 2 * rows * (each.into + each.out) * each.adapted(adapter)
            total += 2 * rows * each.into * each.out * (1 + (adapter is None)) + 2 * low
    return total


def _outside(model: Architecture, tokens: Tokens, calls: int, *, learns: bool) -> int:
    """Forward and backward of what stands before and behind the blocks, `calls` times what is the same in each."""
    d, noisy, conditions = model.width, tokens.noisy, sum(tokens.conditions)
    blockless = replace(model, layers=0)
    forward = forward_flops(blockless, tokens)
    if calls > 1:
        forward = remember_flops(blockless, tokens) + step_flops(blockless, tokens)
    told = model.in_channels + model.told_channels
    patches = 2 * model.patch_px * d * (noisy * model.in_channels + conditions * told)
    first = 2 * d * (model.text_tokens * model.text_channels + ROWS * model.time_channels) * calls
    said = forward_flops(blockless, Tokens(noisy)) - forward_flops(blockless, Tokens(0))
    said -= 2 * model.patch_px * d * noisy * model.in_channels
    gradients = 2 * forward - patches - first if learns else patches + said
    return forward + gradients


def _busy_bytes(model: Architecture, tokens: Tokens, cached: bool, value: int, *, learns: bool) -> int:
    """What lives at most while one block is computed again and its backward runs, or that of the pixel head.

    The backward is at its most crowded in the feed-forward, whose gradient stands beside all that the block has kept;
    an adapter's gradient comes by two ways. The head's two layers are kept before and behind what bends them.
    """
    rows = tokens.total if not cached else max(tokens.noisy, sum(tokens.conditions))
    fed = rows * model.ffn * value * (1 if learns else 2)
    head = tokens.noisy * model.patch_px * value * (2 * model.head_sees + 6 * model.pixel_head)
    held = rows * _held_bytes(model, value, learns=learns) + _seen_bytes(model, tokens, cached, value)
    return max(held + fed, head if model.pixel_head else 0)


def _held_bytes(model: Architecture, value: int, *, learns: bool) -> int:
    """What a block keeps of a token for its backward.

    In single precision the norms' inputs, the factors that the rows of modulation give each token, and what the norms
    of queries and keys compute; where modulation and norms learn, what they multiply as well.
    """
    singles, values = (16, 10) if learns else (10, 9)
    return model.width * (singles * _SINGLE_BYTES + values * value) + 2 * model.ffn * value


def _seen_bytes(model: Architecture, tokens: Tokens, cached: bool, value: int) -> int:
    """Keys and values of all, put together for the noise, in `cached` attention."""
    return 2 * sum(tokens.conditions) * model.width * value if cached else 0


def _kept_bytes(
    model: Architecture, tokens: Tokens, cached: bool, value: int, *, learns: bool, checkpointing: bool
) -> int:
    """For all blocks: the tokens before each, and the keys and values that it hands on; or all that each keeps."""
    seen = _seen_bytes(model, tokens, cached, value)
    if checkpointing:
        return model.layers * (tokens.total * model.width * value + seen)
    unasked = sum(tokens.conditions) if cached else 0  # of the last block only their keys and values are
    rows = model.layers * tokens.total - unasked
    return rows * _held_bytes(model, value, learns=learns) + model.layers * seen
