"""Shots to latents: plate, truth, stills and prompt of whole shots through a model's codec and text encoder.

A shot is a clip of a set of the type restore (docs/benchmark-sets.md), as `pai-studio evaluate` reads and
`core.synth.scene.write_shot` writes it. It is seen as the engine sees it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor

from pai_studio.core.engines.pai_shot import PaiShot
from pai_studio.core.evaluation.sets.layout import OpenClip, clip_folders, open_clip
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.geometry import ModelFrame
from pai_studio.core.media.source import FileSource
from pai_studio.core.model.checkpoint import Bundle
from pai_studio.core.model.codec import Codec
from pai_studio.core.model.seen import PlateStream, over_latents
from pai_studio.core.report import Progress, Report, silent
from pai_studio.core.shot.document import EngineChoice
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.training.data.latents import STILLS_EVERY, coded_by, read_latents, write_latents

_AT_ONCE = 4
"""Latents that are encoded at once."""


def encode_shots(
    shots: Path, into: Path, bundle: Bundle, size: tuple[int, int], report: Report
) -> list[Path]:
    """Encode the clips of a folder that are not there yet, at `size` (width, height); gives all their files.

    Raises BadInput for a folder without clips, a clip without its truth, one of another shape than `size`, and one
    that is there at another size or by another codec or text encoder.
    """
    folders = [folder for folder in clip_folders(shots) if any(folder.glob("*.shot.json"))]
    if not folders:
        raise BadInput(
            "holds no shots", where=str(shots), hint="name a folder of clips: docs/benchmark-sets.md"
        )
    made = []
    for done, folder in enumerate(folders):
        report(Progress("encode", done, len(folders), message=folder.name))
        path = into / f"{folder.name}.safetensors"
        if path.exists():
            _check(path, bundle, size)
        else:
            _encode(open_clip(folder, "restore"), path, bundle, size)
        made.append(path)
    report(Progress("encode", len(folders), len(folders)))
    return made


def _check(path: Path, bundle: Bundle, size: tuple[int, int]) -> None:
    """Raise BadInput for latents that are there and that a shot encoded now would not have."""
    kept = read_latents(path, bundle.codec.clock.stride, coded_by(bundle.manifest))
    width, height = (length // bundle.codec.spatial for length in size)
    if kept.size != (height, width):
        was = "x".join(str(length * bundle.codec.spatial) for length in reversed(kept.size))
        say = f"was encoded at {was}, not at data.size {size[0]}x{size[1]}"
        raise BadInput(say, where=str(path), hint="name another --out for shots of this size")


@torch.no_grad()
def _encode(clip: OpenClip, path: Path, bundle: Bundle, size: tuple[int, int]) -> None:
    source = FileSource(clip.shot, ColorConfig.open(clip.shot.ocio))
    try:
        area_px = _area_for(size, source, bundle.manifest.grid_px, clip.folder)
        manifest = bundle.manifest.model_copy(update={"area_px": area_px})
        shot = PaiShot(source, EngineChoice(), manifest, silent)
        stills = [*range(0, len(shot.numbers), STILLS_EVERY)]
        codec = bundle.codec
        parts = {
            **_plate(shot, codec, bundle.transformer.config.patch_size[1:]),
            "clean": _clean(clip, shot, codec),
            "stills": torch.cat([codec.still(_place(clip, shot, frame)[None]) for frame in stills], dim=2)[0],
            "text": _text(bundle, shot.prompt),
        }
        write_latents(
            path,
            parts,
            frames=len(shot.numbers),
            stills=stills,
            stride=codec.clock.stride,
            coded_by=coded_by(bundle.manifest),
        )
    finally:
        source.close()


def _area_for(size: tuple[int, int], source: FileSource, grid_px: int, clip: Path) -> int:
    """The area by which a plate is seen at `size`. Raises BadInput for a plate of another shape."""
    (frame,) = source.stream([source.frames.first])
    display, aspect = frame.display, frame.pixel_aspect
    area_px = ModelFrame.area_for(size, display.width * aspect / display.height)
    seen = ModelFrame.of_area(display, aspect, area_px, grid_px)
    if (seen.width, seen.height) != size:
        near = ModelFrame.of_area(display, aspect, size[0] * size[1], grid_px)
        say = f"of {display.width}x{display.height} is not seen at data.size {size[0]}x{size[1]}"
        hint = f"write data.size = [{near.width}, {near.height}], or encode shots of this shape apart"
        raise BadInput(say, where=str(clip), hint=hint)
    return area_px


def _plate(shot: PaiShot, codec: Codec, patch: Sequence[int]) -> dict[str, Tensor]:
    """The plate and its matte as the rollout encodes them, whole and, where the grid of tokens is even, at half."""
    token = codec.spatial * patch[0], codec.spatial * patch[1]
    even = not (shot.at.height // token[0] % 2 or shot.at.width // token[1] % 2)
    stream = PlateStream(codec, half=even)
    mattes: list[Tensor] = []
    for places in _pieces(codec, len(shot.numbers)):
        pairs = list(shot.plate(places))
        plate, matte = (torch.stack(each, dim=1)[None] for each in zip(*pairs, strict=True))
        before = stream.count
        stream.push(plate, matte)
        assert stream.waiting is not None
        mattes.append(over_latents(matte, stream.waiting.latents[:, :, before:], codec.clock.stride))
    seen = stream.waiting
    assert seen is not None
    found = {"plate": seen.latents[0], "matte": torch.cat(mattes, dim=2)[0]}
    return found | ({"half_plate": seen.told[0], "half_matte": seen.matte[0]} if even else {})


def _clean(clip: OpenClip, shot: PaiShot, codec: Codec) -> Tensor:
    """The true composite (C, N, h, w) as one causal stream."""
    assert clip.truth is not None
    encoder = codec.encoder()
    parts = []
    for places in _pieces(codec, len(shot.numbers)):
        numbers = [shot.numbers[place] for place in places]
        pictures = [clip.truth.composite(number, shot.view.config) for number in numbers]
        seen = [shot.picture(shot.at.to_model(each)) for each in pictures]
        parts.append(encoder.push(torch.stack(seen, dim=1)[None]).float())
    return torch.cat(parts, dim=2)[0]


def _place(clip: OpenClip, shot: PaiShot, place: int) -> Tensor:
    """The clean place (3, 1, H, W) at a frame. Raises BadInput where the truth has none."""
    assert clip.truth is not None
    number = shot.numbers[place]
    found = clip.truth.background(number, shot.view.config)
    if found is None:
        say = f"has no background at frame {number}, of which stills are made"
        raise BadInput(say, where=str(clip.truth.folder), hint="give background.####.exr for every frame")
    return shot.picture(shot.at.to_model(found))[:, None]


def _text(bundle: Bundle, prompt: str) -> Tensor:
    """The prompt's embedding (l, D) without what is only padding."""
    _, mask = bundle.text.tokens([prompt])
    return bundle.text.encode([prompt])[0, : int(mask.sum())]


def _pieces(codec: Codec, frames: int) -> Iterator[list[int]]:
    """Places to push one after the other, the shot's last held for as long as the codec wants more."""
    clock = codec.clock
    total = clock.latents(frames)
    edges = [*range(0, total, _AT_ONCE), total]
    for first, stop in pairwise(edges):
        begin, end = clock.frames_of(first).start, clock.frames_of(stop - 1).stop
        yield [min(place, frames - 1) for place in range(begin, end)]
