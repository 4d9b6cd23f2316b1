"""A model of ours from Wan's weights, as the library has them: Wan2.2-TI2V-5B, and any of its form.

Every tensor of Wan's transformer is taken as it is. Beyond them ours has the embedding of what is clean and the types,
which begin as Wan's own and as zeros, so that the model starts where Wan ends and has learnt nothing of this task.
Shards are written one after the other: no more than one of them is in memory, however large the model is.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import safe_open
from safetensors.torch import save_file

from pai_studio.core.model import manifest as manifests
from pai_studio.core.model.catalogue import KNOWN
from pai_studio.core.model.checkpoint import (
    CODEC,
    FURTHER,
    TRANSFORMER,
    WEIGHTS,
    cast_to,
    compare,
    further_weights,
    read_config,
    seal,
    shapes_of,
    skeleton,
    stored,
    whole_folder,
)
from pai_studio.core.model.manifest import Manifest
from pai_studio.core.model.origins import LICENCES
from pai_studio.core.model.presets import PRESETS
from pai_studio.core.model.store import Installed, check, refuse_pickles
from pai_studio.core.report import Progress, Report, silent
from pai_studio.core.shot.errors import BadInput

if TYPE_CHECKING:
    import torch

    from pai_studio.core.model.transformer import PaiTransformer3DModel

_PRESET = "wan2.2-5b"
_WHOLE_PARTS = (CODEC, "text_encoder", "tokenizer")
_UNUSED = ("rope_max_seq_len",)
_MUST_BE_EMPTY = ("image_dim", "added_kv_proj_dim", "pos_embed_seq_len")


def convert(
    source: Path,
    out: Path,
    *,
    licence: str = "",
    dtype: str | None = None,
    shard_bytes: int = 2 << 30,
    report: Report = silent,
) -> Installed:
    """Make the model `out` of the diffusers folder `source`; it is marked as trained for nothing.

    `licence` is that of the weights, needed where `source` was not pulled and so does not tell. The transformer is
    written in the type that torch calls `dtype` (such as "bfloat16"), as it is stored for None; codec, text encoder
    and tokenizer are linked, or copied where the disk is another. `report` hears of `convert` and `check`, in bytes.

    Raises BadInput naming the first file, key or tensor that is not Wan's, AlreadyThere where `out` exists.
    """
    manifests.check_name(out.name)
    refuse_pickles(source)
    told = _provenance(source, licence)
    config = _our_config(source)
    wanted = skeleton(config, source / TRANSFORMER / "config.json")
    found = stored(source / TRANSFORMER)
    of_wan = {name: shape for name, shape in shapes_of(wanted).items() if not name.startswith(FURTHER)}
    compare(of_wan, found, source / TRANSFORMER)
    with whole_folder(out) as temp:
        wanted.save_config(temp / TRANSFORMER)
        files = {name: path for name, (path, _) in found.items()}
        total, done = sum(path.stat().st_size for path in set(files.values())), 0
        shards = _Shards(temp / TRANSFORMER, shard_bytes)
        for key, tensor in _tensors(wanted, files):
            shards.put(key, tensor if dtype is None else cast_to(tensor, dtype))
            done += tensor.nbytes
            report(Progress("convert", min(done, total), total, message=key))
        shards.finish()
        report(Progress("convert", total, total))  # headers are no tensors: the sum falls short of the files
        for part in _WHOLE_PARTS:
            _take(source / part, temp / part)
        for notice in LICENCES:
            if (source / notice).is_file():
                _link(source / notice, temp / notice)
        name = {"name": out.name, "grid_px": _grid(source, config)}
        made = seal(Manifest(**{**PRESETS[_PRESET].manifest, **told, **name}), temp, report)
    return Installed(out, made)


def _provenance(source: Path, licence: str) -> dict[str, Any]:
    """Whose weights these are. A pulled folder tells, and is checked; a bare one needs the licence named."""
    told = {"engine": "pai", "preset": _PRESET, "trained_for": "none"}
    if not (source / manifests.FILE).is_file():
        if not licence:
            hint = "name the licence of the weights with --licence, as Apache-2.0"
            raise BadInput("does not tell the licence of its weights", where=str(source), hint=hint)
        return told | {"licence": licence, "source": f"converted from {source.name}"}
    pulled = manifests.read(source)
    for fault in check(Installed(source, pulled), contents=False):
        raise fault
    return told | {
        "licence": licence or pulled.licence,
        "attribution": pulled.attribution,
        "source": f"converted from {pulled.source}",
    }


def _our_config(source: Path) -> dict[str, Any]:
    """Our transformer's configuration for Wan's. Raises BadInput where Wan's has what ours has not."""
    part = source / TRANSFORMER
    config = read_config(part, "WanTransformer3DModel")
    for key in _MUST_BE_EMPTY:
        if config.pop(key, None) is not None:
            known = ", ".join(entry.name for entry in KNOWN if entry.manifest.engine == "none")
            say = f"{key}: this transformer takes pictures by attention, which ours does not"
            raise BadInput(say, where=str(part / "config.json"), hint=f"convert {known}")
    vae = read_config(source / CODEC, "AutoencoderKLWan")
    if config.get("in_channels") != vae.get("z_dim") or config.get("out_channels") != vae.get("z_dim"):
        have = f"{config.get('in_channels')} in and {config.get('out_channels')} out"
        say = f"takes {have}, its codec has {vae.get('z_dim')} channels"
        raise BadInput(say, where=str(part / "config.json"), hint="only text-to-video transformers fit")
    kept = {key: value for key, value in config.items() if not key.startswith("_") and key not in _UNUSED}
    return {**kept, **PRESETS[_PRESET].transformer}


def _grid(source: Path, config: Mapping[str, Any]) -> int:
    """Pixels of a token each way."""
    vae = read_config(source / CODEC, "AutoencoderKLWan")
    latent_px = (vae.get("patch_size") or 1) * 2 ** (len(vae["dim_mult"]) - 1)
    return int(latent_px * config["patch_size"][-1])


class _Shards:
    """Writes weights into files of `most_bytes` at most, and the library's index; a larger tensor stands alone."""

    def __init__(self, part: Path, most_bytes: int) -> None:
        self._part, self._most_bytes = part, most_bytes
        self._pending: dict[str, torch.Tensor] = {}
        self._bytes = self._all_bytes = 0
        self._written: list[tuple[Path, list[str]]] = []

    def put(self, name: str, tensor: torch.Tensor) -> None:
        """Take the next tensor; what was taken before goes to disk where it would not fit beside it."""
        if self._pending and self._bytes + tensor.nbytes > self._most_bytes:
            self._flush()
        self._pending[name] = tensor.contiguous()
        self._bytes += tensor.nbytes

    def finish(self) -> None:
        """Write the rest, name the files as the library does, which tells how many there are, and index them."""
        self._flush()
        count = len(self._written)
        if count == 1:
            self._written[0][0].rename(self._part / f"{WEIGHTS}.safetensors")
            return
        places: dict[str, str] = {}
        for number, (path, names) in enumerate(self._written, 1):
            shard = f"{WEIGHTS}-{number:05d}-of-{count:05d}.safetensors"
            path.rename(self._part / shard)
            places |= dict.fromkeys(names, shard)
        table = {"metadata": {"total_size": self._all_bytes}, "weight_map": places}
        index = self._part / f"{WEIGHTS}.safetensors.index.json"
        index.write_text(json.dumps(table, indent=2), encoding="utf-8")

    def _flush(self) -> None:
        path = self._part / f"part-{len(self._written)}"
        save_file(self._pending, path, metadata={"format": "pt"})
        self._written.append((path, list(self._pending)))
        self._all_bytes += self._bytes
        self._pending, self._bytes = {}, 0


def _tensors(wanted: PaiTransformer3DModel, files: Mapping[str, Path]) -> Iterator[tuple[str, torch.Tensor]]:
    """Every tensor of Wan's, read when it is asked for, then those that ours begins with."""
    for path in sorted(set(files.values())):
        with safe_open(path, "pt") as file:
            for name in sorted(file.keys()):
                yield name, file.get_tensor(name)
    patch = {}
    for name in ("weight", "bias"):
        with safe_open(files[f"patch_embedding.{name}"], "pt") as file:
            patch[name] = file.get_tensor(f"patch_embedding.{name}")
    yield from further_weights(wanted, patch).items()


def _take(source: Path, target: Path) -> None:
    """A part as it is, by links where the disk is the same. Raises BadInput where it is missing."""
    if not source.is_dir():
        hint = f"give the folder that holds {', '.join((TRANSFORMER, *_WHOLE_PARTS))}"
        raise BadInput("there is no such folder", where=str(source), hint=hint)
    target.mkdir()
    for path in sorted(source.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            _link(path, target / path.name)


def _link(source: Path, target: Path) -> None:
    real = source.resolve()
    try:
        os.link(real, target)
    except OSError:  # another disk, or one that knows no links
        shutil.copyfile(real, target)
