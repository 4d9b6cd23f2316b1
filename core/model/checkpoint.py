"""A whole model in memory and in its folder: transformer, text encoder and codec, with the manifest that tells of them.

A folder holds `manifest.json`, `transformer/`, `text_encoder/`, `tokenizer/` and, where the codec has weights, `vae/`.
Weights are safetensors only. Before any are read, their names and shapes are compared with what the configuration
needs, so that a folder that does not fit is told of by its first tensor that is wrong.
"""

from __future__ import annotations

import inspect
import json
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from pai_studio.core.media.files import as_pai_error, write_fault
from pai_studio.core.model import manifest as manifests
from pai_studio.core.model.codec import Codec, PixelCodec
from pai_studio.core.model.codec_wan import WanCodec
from pai_studio.core.model.manifest import GUIDE_CHANNELS, Manifest
from pai_studio.core.model.presets import PRESETS
from pai_studio.core.model.prompt import TextEncoder
from pai_studio.core.model.store import Installed, check, weigh
from pai_studio.core.model.transformer import PaiTransformer3DModel
from pai_studio.core.report import Report, silent
from pai_studio.core.shot.errors import AlreadyThere, BadInput, OutOfResources, PaiError

__all__ = ["PRESETS", "Bundle", "build", "load", "save"]

TRANSFORMER, CODEC = "transformer", "vae"
FURTHER = ("condition_embedding.", "type_embedding")
"""The weights that Wan's transformer has not, by how their names begin."""

_PLACES = frozenset({"_name_or_path", "name_or_path"})

WEIGHTS = "diffusion_pytorch_model"
"""The library's name for the weights of a part, without a shard's number and the suffix."""

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Bundle:
    """A model that can be run, trained further or saved. `manifest.files` tells of the folder that it came from."""

    manifest: Manifest
    transformer: PaiTransformer3DModel
    text: TextEncoder
    codec: Codec

    def __post_init__(self) -> None:
        config, codec = self.transformer.config, self.codec
        have = (codec.channels, codec.channels, self.text.dim)
        need = (config.in_channels, config.out_channels, config.text_dim)
        hint = "take parts that belong together"
        if have != need:
            say = f"codec (in, out) and text encoder have {have} channels, the transformer needs {need}"
            raise BadInput(say, where=self.manifest.name, hint=hint)
        told, guided = config.guide_channels, GUIDE_CHANNELS if self.manifest.guide else 0
        if told != guided:
            say = f"guide: the transformer takes {told} channels of a guide, the manifest says {guided}"
            raise BadInput(say, where=self.manifest.name, hint=hint)
        token_px = [codec.spatial * side for side in config.patch_size[1:]]
        if any(self.manifest.grid_px % side for side in token_px):
            say = f"grid_px: {self.manifest.grid_px} cuts through tokens of {token_px} pixels"
            raise BadInput(say, where=self.manifest.name, hint=hint)


def build(
    preset: str,
    seed: int,
    *,
    text: TextEncoder | None = None,
    codec: Codec | None = None,
    **overrides: Any,
) -> Bundle:
    """A model of random weights from a seed; the caller's random numbers are left as they were.

    `overrides` are values of the transformer's configuration or fields of the manifest. `text` and `codec` are needed
    for a preset whose own come with converted weights. Raises BadInput for an unknown preset, and where they lack.
    """
    if preset not in PRESETS:
        raise BadInput(f"{preset!r} is no preset", hint=f"known: {', '.join(PRESETS)}")
    chosen = PRESETS[preset]
    told = {key: overrides.pop(key) for key in list(overrides) if key in Manifest.model_fields}
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        transformer = PaiTransformer3DModel(**{**chosen.transformer, **overrides}).eval()
    if chosen.own_parts:
        text = text or TextEncoder.small(seed, dim=transformer.config.text_dim)
        codec = codec or PixelCodec()
    if text is None or codec is None:
        hint = "convert its weights, or give both parts"
        raise BadInput("has no text encoder and codec of its own", where=preset, hint=hint)
    given: dict[str, Any] = {
        "name": f"{preset}-{seed}",
        "engine": "pai",
        "preset": preset,
        "licence": "Apache-2.0",
        "source": f"random weights of seed {seed}",
        **chosen.manifest,
        **told,
    }
    return Bundle(Manifest(**given), transformer, text, codec)


def load(
    folder: Path,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
    *,
    verify: bool = True,
    report: Report = silent,
) -> Bundle:
    """The model of a folder. The transformer and the text encoder are of `dtype`; a codec's weights stay in float32,
    in which Wan's pipelines run it.

    Every file's digest is checked first, which reads all of them once (`report` hears of it); without `verify` only
    their sizes are. Raises BadInput naming the first file or tensor that is not as it should be.
    """
    told = manifests.read(folder)
    if told.engine != "pai":
        hint = "choose a model for the engine 'pai'; `pai-studio models list` shows each model's engine"
        raise BadInput(f"is a model for the engine {told.engine!r}", where=str(folder), hint=hint)
    for fault in check(Installed(folder, told), report, contents=verify):
        raise fault
    transformer = _read_transformer(folder / TRANSFORMER, dtype).to(device).eval()
    text = TextEncoder.load(folder, dtype)
    text.model.to(device)
    codec = PixelCodec() if told.codec == "pixel" else WanCodec.load(folder / CODEC, device)
    return Bundle(told, transformer, text, codec)


def save(bundle: Bundle, folder: Path, *, replace: bool = False) -> Manifest:
    """Write a model whole or not at all; returns its manifest, with the files that were written.

    Raises AlreadyThere where there is something, unless it may be replaced and is a model.
    """
    with whole_folder(folder, replace=replace) as temp:
        bundle.transformer.save_pretrained(temp / TRANSFORMER)
        bundle.text.save(temp)
        if isinstance(bundle.codec, WanCodec):
            bundle.codec.save(temp / CODEC)
        _forget_places(temp)
        return seal(bundle.manifest, temp)


def _forget_places(folder: Path) -> None:
    """Strike from a model's configurations where on this machine its parts were read from: the libraries note it."""
    for path in folder.rglob("*.json"):
        told = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(told, dict) and not _PLACES.isdisjoint(told):
            kept = {key: value for key, value in told.items() if key not in _PLACES}
            path.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


def seal(told: Manifest, folder: Path, report: Report = silent) -> Manifest:
    """Weigh the files of a finished folder and put the manifest beside them."""
    made = told.model_copy(update={"files": weigh(folder, report)})
    path = folder / manifests.FILE
    path.write_text(made.to_json(), encoding="utf-8")
    for name in made.files:  # safetensors are written for their owner alone; links are another folder's own
        if (folder / name).stat().st_nlink == 1:
            (folder / name).chmod(path.stat().st_mode)
    return made


@contextmanager
def whole_folder(folder: Path, *, replace: bool = False) -> Iterator[Path]:
    """A temporary folder beside `folder` that takes its name at the end, and is removed after any error.

    Raises AlreadyThere, OutOfResources where the disk is full, BadInput where the folder cannot be written.
    """
    if folder.exists() and not (replace and (folder / manifests.FILE).is_file()):
        raise AlreadyThere("is there already", where=str(folder), hint="name another folder, or remove it")
    temp = folder.with_name(f".pai-{secrets.token_hex(6)}-{folder.name}")
    try:
        temp.mkdir(parents=True)
    except OSError as error:
        raise as_pai_error(error, folder) from error
    try:
        yield temp
        _put(temp, folder)
    except SafetensorError as error:  # it does not tell a full disk from other faults
        raise _with_hint(write_fault(temp / "probe", folder, str(error))) from error
    except OSError as error:
        fault = as_pai_error(error, folder)
        if not isinstance(fault, OutOfResources):
            raise
        raise _with_hint(fault) from error
    finally:
        shutil.rmtree(temp, ignore_errors=True)


def _with_hint(fault: PaiError) -> PaiError:
    if isinstance(fault, OutOfResources):
        return OutOfResources(fault.what, where=fault.where, hint="make space, or name another folder")
    return fault


def _put(temp: Path, folder: Path) -> None:
    """Give a finished folder its name; the one that had it goes only when that is done."""
    if not folder.exists():
        temp.rename(folder)
        return
    gone = temp.with_name(f"{temp.name}.old")
    folder.rename(gone)
    try:
        temp.rename(folder)
    except OSError:
        gone.rename(folder)
        raise
    shutil.rmtree(gone)


def skeleton(config: Mapping[str, Any], where: Path) -> PaiTransformer3DModel:
    """A transformer of a configuration without memory for its weights. Raises BadInput for one that cannot be."""
    try:
        with torch.device("meta"):
            made: PaiTransformer3DModel = PaiTransformer3DModel.from_config(dict(config))
    except (ValueError, TypeError, RuntimeError, ArithmeticError, LookupError, AssertionError) as error:
        say = f"is no configuration of a transformer ({' '.join(str(error).split())[:200]})"
        raise BadInput(say, where=str(where), hint="get the model anew") from None
    known = inspect.signature(PaiTransformer3DModel).parameters
    unknown = [key for key in config if not key.startswith("_") and key not in known]
    if unknown:
        raise BadInput(f"{unknown[0]}: is not known here", where=str(where), hint="update PAI-Studio")
    return made


def read_config(part: Path, kind: str) -> dict[str, Any]:
    """A part's `config.json`, of the class `kind`. Raises BadInput for another."""
    path = part / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(f"cannot be read ({error})", where=str(path), hint="get the model anew") from None
    found = config.get("_class_name") if isinstance(config, dict) else None
    if found != kind:
        raise BadInput(f"is of a {found}, not a {kind}", where=str(path), hint="take the right folder")
    assert isinstance(config, dict)
    return config


def shapes_of(model: PaiTransformer3DModel) -> Shapes:
    """The shape of every tensor that a transformer is saved as, by name."""
    return {name: tuple(value.shape) for name, value in model.state_dict().items()}


def further_weights(
    model: PaiTransformer3DModel, patch: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """What a skeleton has beyond Wan's weights, as it begins: by name, made from Wan's patch embedding alone."""
    model.patch_embedding.load_state_dict(patch, assign=True)
    model.condition_embedding.to_empty(device="cpu").to(patch["weight"].dtype)
    types = torch.empty(model.type_embedding.shape, dtype=patch["weight"].dtype)
    model.type_embedding = torch.nn.Parameter(types)
    model.adopt_wan()
    return {name: value for name, value in model.state_dict().items() if name.startswith(FURTHER)}


def cast_to(tensor: torch.Tensor, name: str) -> torch.Tensor:
    """A tensor in the type of torch's name. Raises BadInput where torch has none of that name."""
    dtype = getattr(torch, name, None)
    if not isinstance(dtype, torch.dtype):
        raise BadInput(f"{name!r} is no type of numbers", hint="take float32, float16 or bfloat16")
    return tensor.to(dtype)


def stored(part: Path) -> dict[str, tuple[Path, tuple[int, ...]]]:
    """The file and the shape of every tensor of a part's safetensors, from their headers alone.

    Raises BadInput where there are none, one cannot be read, or two hold a tensor of one name.
    """
    found: dict[str, tuple[Path, tuple[int, ...]]] = {}
    paths = sorted(part.glob("*.safetensors"))
    if not paths:
        raise BadInput("holds no safetensors", where=str(part), hint="get the model anew")
    for path in paths:
        try:
            with safe_open(path, "pt") as file:
                names = list(file.keys())
                shapes = [tuple(file.get_slice(name).get_shape()) for name in names]
        except (SafetensorError, OSError) as error:
            raise BadInput(f"cannot be read ({error})", where=str(path), hint="get the model anew") from None
        for name, shape in zip(names, shapes, strict=True):
            if name in found:
                say = f"{name} stands in {found[name][0].name} too"
                raise BadInput(say, where=str(path), hint="remove the file that does not belong there")
            found[name] = path, shape
    return found


def compare(wanted: Shapes, found: Mapping[str, tuple[Path, tuple[int, ...]]], part: Path) -> None:
    """Raise BadInput naming the first tensor that is missing, has another shape, or is not known."""
    hint = "these are weights of another architecture"
    for name, shape in wanted.items():
        if name not in found:
            raise BadInput(f"{name} {list(shape)} is missing", where=str(part), hint=hint)
        path, there = found[name]
        if there != shape:
            raise BadInput(f"{name} is {list(there)}, not {list(shape)}", where=str(path), hint=hint)
    for name, (path, there) in found.items():
        if name not in wanted:
            raise BadInput(f"{name} {list(there)} is not known", where=str(path), hint=hint)


def _read_transformer(part: Path, dtype: torch.dtype) -> PaiTransformer3DModel:
    wanted = shapes_of(skeleton(read_config(part, PaiTransformer3DModel.__name__), part / "config.json"))
    compare(wanted, stored(part), part)
    made: PaiTransformer3DModel = PaiTransformer3DModel.from_pretrained(
        part, torch_dtype=dtype, use_safetensors=True, local_files_only=True
    )
    return made
