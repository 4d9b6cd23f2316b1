"""Latents on disk, and as a source to learn from: what a codec of video makes of whole shots, encoded beforehand.

A codec with billions of operations a frame is not run within a step. A shot is encoded as one causal stream, as the
rollout encodes it, and a window is a slice of that. Stills are frames of their own to the codec, so those that may
anchor are encoded beside: one every `STILLS_EVERY` frames.

A file is `NAME.safetensors`: `clean` and `plate` (C, N, h, w), `half_plate` of half the size where the grid allows it,
`matte` and `half_matte` (1, N, ...) over them, `stills` (C, S, h, w) and the prompt's `text` (l, D) without its
padding, half floats; what is no tensor stands as JSON in the metadata.

Legend of shapes: B samples, C latent channels, N latents of a shot, S stills, K references, (h, w) latent pixels, l
text tokens, D their channels.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from pai_studio.core.media.files import whole_file, write_fault
from pai_studio.core.model.clock import Clock
from pai_studio.core.model.layout import Window
from pai_studio.core.model.manifest import Manifest
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.training.objective import (
    Plan,
    Recipe,
    Sample,
    chance,
    draw_anchors,
    fate_of,
    whole,
    with_matte,
)

SCHEMA: Final = "pai-studio/latents/1"
STILLS_EVERY = 20
_WEIGHTS = ".safetensors"
_HINT = "remove the file and encode the shot again with `pai-studio train CONFIG.toml --encode`"


@dataclass(frozen=True)
class KeptLatents:
    """An encoded shot: all but its latents. `stills` are the frames that stills were made of, from its first on."""

    path: Path
    latents: int
    frames: int
    stills: tuple[int, ...]
    size: tuple[int, int]
    """Height and width in latent pixels."""
    halved: bool


def coded_by(manifest: Manifest) -> str:
    """A digest of what latents and texts are made with: picture space, weights of codec and text encoder."""
    weights = {name: file.sha256 for name, file in manifest.files.items() if name.endswith(_WEIGHTS)}
    files = {name: sha256 for name, sha256 in weights.items() if not name.startswith("transformer/")}
    told = json.dumps([manifest.codec, manifest.model_space, files], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def write_latents(
    path: Path,
    parts: Mapping[str, Tensor],
    *,
    frames: int,
    stills: Sequence[int],
    stride: int,
    coded_by: str,
) -> None:
    """Write a shot, whole or not at all. Raises OutOfResources where the disk is full."""
    facts = {"frames": frames, "stills": list(stills), "stride": stride, "coded_by": coded_by}
    told = json.dumps(facts)
    # safetensors writes memory as it lies, whatever a tensor's strides.
    planes = {name: part.detach().half().cpu().contiguous() for name, part in parts.items()}
    with whole_file(path) as temp:
        try:
            save_file(planes, temp, metadata={"schema": SCHEMA, "shot": told})
        except SafetensorError as error:  # it does not tell a full disk from other faults
            raise write_fault(temp, path, str(error)) from error


def read_latents(path: Path, stride: int, coded_by: str) -> KeptLatents:
    """What a file holds, from its header, for a codec of `stride` frames a latent and models `coded_by` the same.

    Raises BadInput for one that is damaged, of another kind or another codec.
    """
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("schema") != SCHEMA:
                raise BadInput(
                    "holds no latents of a shot", where=str(path), hint="name a folder of such files"
                )
            told = json.loads(metadata["shot"])
            told_stride, told_by = told["stride"], told["coded_by"]
            frames, stills = told["frames"], tuple(told["stills"])
            _, count, height, width = file.get_slice("clean").get_shape()
            halved = "half_plate" in file.keys()  # noqa: SIM118 - it is no dict
    except (SafetensorError, OSError, ValueError, LookupError, TypeError) as error:
        raise BadInput(f"cannot be read ({error})", where=str(path), hint=_HINT) from None
    if told_stride != stride:
        say = f"is of a codec with {told_stride} frames a latent, the model's has {stride}"
        raise BadInput(say, where=str(path), hint="encode the shots again")
    if told_by != coded_by:
        say = "was encoded by another codec or text encoder than the model's"
        raise BadInput(say, where=str(path), hint="encode the shots again, into another folder")
    return KeptLatents(path, count, frames, stills, (height, width), halved)


def latents_in(folder: Path, stride: int, coded_by: str) -> list[KeptLatents]:
    """The shots of a folder by their names, read as `read_latents` does.

    Raises BadInput where there are none, or of several sizes, or one is damaged or of another codec.
    """
    shots = [read_latents(path, stride, coded_by) for path in sorted(folder.glob(f"*{_WEIGHTS}"))]
    hint = "encode some with `pai-studio train CONFIG.toml --encode SHOTS --out DIR`"
    if not shots:
        raise BadInput("holds no latents", where=str(folder), hint=hint)
    sizes = sorted({shot.size for shot in shots})
    if len(sizes) > 1:
        raise BadInput(f"holds latents of several sizes, {sizes}", where=str(folder), hint="part them")
    return shots


def read_part(shot: KeptLatents, name: str, which: Sequence[int] | None = None) -> Tensor:
    """A part of a shot in float32, `which` along its second axis; all of it for None.

    Raises BadInput where the file cannot be read, or holds what is no number.
    """
    try:
        with safe_open(shot.path, "pt") as file:
            part = file.get_slice(name)
            found = part[:] if which is None else torch.cat([part[:, at : at + 1] for at in which], dim=1)
    except (SafetensorError, OSError) as error:
        raise BadInput(f"cannot be read ({error})", where=str(shot.path), hint=_HINT) from None
    if not found.isfinite().all():
        raise BadInput(f"{name} has values that are no numbers", where=str(shot.path), hint=_HINT)
    return found.float()


class LatentSource:
    """Encoded shots of one size, at least one, each of at least `recipe.count` latents."""

    def __init__(
        self, shots: Sequence[KeptLatents], patch: tuple[int, int], clock: Clock, null_text: Tensor
    ) -> None:
        """`patch` is a token's rows and columns in latent pixels; `null_text` (1, L, D)."""
        height, width = shots[0].size
        self.shots, self.clock, self.null_text = shots, clock, null_text
        self.grid = (height // patch[0], width // patch[1])

    def plan(self, recipe: Recipe, generator: torch.Generator) -> Plan:
        """A window of one shot, with its history, and anchors among the stills that were encoded.

        Raises BadInput for a shot that is shorter than a window.
        """
        shot = self.shots[whole(0, len(self.shots) - 1, generator)]
        if shot.latents < recipe.count:
            say = f"has {shot.latents} latents, a window {recipe.count}"
            hint = "remove it, or take shorter windows (recipe.count)"
            raise BadInput(say, where=str(shot.path), hint=hint)
        history = recipe.history if chance(recipe.history_share, generator) else 0
        history = min(history, shot.latents - recipe.count)
        first = whole(history, shot.latents - recipe.count, generator)
        window = Window(first, recipe.count, history)
        half = chance(recipe.half_share, generator) and shot.halved
        wanted = whole(1, recipe.most_references, generator)
        no_references, null_text = fate_of(recipe, generator)
        drawn = draw_anchors(recipe, window, self.clock, wanted, generator, shot.stills)
        anchors = () if no_references else drawn
        return Plan(self.grid, window, anchors, half, null_text=null_text, pick=shot)

    def draw(self, plan: Plan, batch: int, generator: torch.Generator) -> Sample:  # noqa: ARG002 - nothing is drawn
        """As `Source.draw`, of the plan's shot; a batch repeats it, under other noise."""
        shot, window = plan.pick, plan.window
        assert isinstance(shot, KeptLatents)
        frames = range(window.first, window.first + window.count)
        before = range(window.first - window.history, window.first)
        lead = "half_" if plan.half_foreground else ""
        plate, told = (read_part(shot, f"{lead}{name}", frames) for name in ("plate", "matte"))
        at = [shot.stills.index(frame) for frame in plan.anchors]
        text = read_part(shot, "text")

        def batched(part: Tensor) -> Tensor:
            return part[None].expand(batch, *part.shape)

        padded = self.null_text.new_zeros(self.null_text.shape[1:])
        padded[: len(text)] = text
        return Sample(
            clean=batched(read_part(shot, "clean", frames)),
            foreground=batched(torch.cat([plate, told])),
            matte=batched(read_part(shot, "matte", frames)),
            text=batched(padded),
            references=with_matte(batched(read_part(shot, "stills", at)), None) if at else None,
            history=with_matte(batched(read_part(shot, "clean", before)), None) if window.history else None,
        )
