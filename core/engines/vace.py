"""The engine `vace`: a general video editor, Wan2.1-VACE, as a background replacer.

The subject is kept over grey, and the model makes what is grey (`_vace_control`). Every still is a reference; one
that is anchored at a frame of a clip also stands behind the subject there, and that frame is kept. The model neither
relights the subject nor was it made for this task: it shows what can be had without a training of our own.

With the quality "preview" a fourth of the area is made, in a third of the steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import torch
from diffusers import FlowMatchEulerDiscreteScheduler, UniPCMultistepScheduler, WanVACEPipeline
from diffusers.utils import logging
from safetensors import SafetensorError
from torch import Tensor

from pai_studio.core.comp.filters import as_f32
from pai_studio.core.engines._modelled import TILE_PX, WHOLE_PX, jpeg, steps_for, told_of, within_memory
from pai_studio.core.engines._vace_control import Control, levelled
from pai_studio.core.engines._vace_shot import VaceShot
from pai_studio.core.engines.base import ShotSource
from pai_studio.core.engines.registry import Models
from pai_studio.core.media.frame import Array, Generated, ModelPicture, PlateFrame
from pai_studio.core.media.geometry import ModelFrame
from pai_studio.core.model import device as devices
from pai_studio.core.model.clock import Clock
from pai_studio.core.model.codec import Preview, linear_preview, shrunk
from pai_studio.core.model.codec_wan import WanCodec
from pai_studio.core.model.keeping import Kept
from pai_studio.core.model.manifest import Manifest
from pai_studio.core.model.prompt import TextEncoder, serialise
from pai_studio.core.model.sampler import start_noise
from pai_studio.core.model.store import find
from pai_studio.core.report import Progress, Report
from pai_studio.core.shot.document import EngineChoice
from pai_studio.core.shot.errors import BadInput

logging.disable_progress_bar()  # a job tells of its progress in one way

_NEGATIVE = (
    "plain grey areas, green screen, coloured fringe or halo around the subject, frozen background, flicker, "
    "blurred, low quality, compression artefacts, overexposed, subtitles, watermark, deformed limbs, extra people"
)
_WEIGHTS_MOST = 0.6
"""The most of a GPU's free memory that weights may take; the rest is for what is computed."""

Bytes = npt.NDArray[np.uint8]


class _Pipeline(WanVACEPipeline):  # type: ignore[misc]
    """The library's pipeline, which also tells a step's prediction: without it a preview would be mostly noise."""

    _callback_tensor_inputs = [*WanVACEPipeline._callback_tensor_inputs, "noise_pred"]  # noqa: RUF012


class Sampler:
    """The loaded model: makes one clip after another. Text is embedded first, and its encoder let go of."""

    def __init__(
        self, folder: Path, manifest: Manifest, device: torch.device, prompt: str, at: ModelFrame
    ) -> None:
        """Raises BadInput for a model that cannot be read."""
        self._device, self._at = device, at
        dtype = devices.dtype_for(device)
        scale = manifest.guidance[1] if manifest.guidance else 1.0
        texts = [prompt, _NEGATIVE] if scale > 1 else [prompt]
        embedded = _embedded(folder, texts, device, dtype)
        tile = TILE_PX if at.width * at.height > WHOLE_PX else None
        self.codec = WanCodec.load(folder / "vae", device, tile_px=tile)
        if tile:
            self.codec.vae.enable_tiling(tile, tile, tile * 3 // 4, tile * 3 // 4)
        self.pipe = _loaded(folder, self.codec, dtype)
        self.pipe.scheduler = _scheduler(manifest)
        self.pipe.set_progress_bar_config(disable=True)
        self._told = {"prompt_embeds": embedded[:1], "guidance_scale": scale}
        if scale > 1:
            self._told["negative_prompt_embeds"] = embedded[1:]
        settle(self.pipe, device, offload=not _fits(self.pipe))

    def make(
        self,
        control: Control,
        references: list[Bytes],
        *,
        noise: tuple[int, int],
        steps: int,
        on_step: Callable[[int, Array], None],
    ) -> tuple[Array, Array]:
        """The composite and the conditioning of a clip, codes (n, h, w, 3).

        `noise` is the seed and the clip's number. The conditioning is the subject alone as the codec gives it back,
        so that what the codec changes is in both. `on_step` is told each step and a small picture, (h', w', 3).
        """
        video = torch.from_numpy(control.video).permute(0, 3, 1, 2)[None]
        mask = torch.from_numpy(control.mask)[None, :, None]
        count = video.shape[1]
        latents, shown = self._seen(control.alone, references)
        conditioning = self._decoded(latents)
        ahead = len(references)

        def step(_: Any, index: int, __: Any, told: dict[str, Tensor]) -> dict[str, Tensor]:
            # The flow: x = (1 - sigma) x0 + sigma eps and v = eps - x0, so x0 = x - sigma v.
            sigma = float(self.pipe.scheduler.sigmas[index + 1])
            middle = ahead + latents.shape[2] // 2
            seen = (told["latents"] - sigma * told["noise_pred"].float())[:, :, middle : middle + 1]
            on_step(index, _codes(shown(seen))[0])
            return {}

        shape = (1, self.codec.channels, latents.shape[2] + ahead, *latents.shape[3:])
        made = self.pipe(
            video=video,
            mask=mask,
            reference_images=[PIL.Image.fromarray(picture) for picture in references],
            height=self._at.height,
            width=self._at.width,
            num_frames=count,
            num_inference_steps=steps,
            latents=start_noise(shape, *noise),
            output_type="latent",
            callback_on_step_end=step,
            callback_on_step_end_tensor_inputs=["latents", "noise_pred"],
            **self._told,
        ).frames
        return self._decoded(made[:, :, ahead:]), conditioning

    @torch.no_grad()
    def _seen(self, alone: Array, references: list[Bytes]) -> tuple[Tensor, Preview]:
        """The latents (1, C, m, h', w') of the subject alone, and a map to show latents by, learned from them and the
        references: the subject and grey alone would leave the place's colours to chance."""
        frames = _pictures(alone, self._device)
        latents = self.codec.encoder().push(frames)
        size = alone.shape[1:3]
        stills = np.stack([_filled(picture, size) for picture in references])
        known = _pictures(as_f32(stills / 255), self._device)
        spatial = self.codec.spatial
        means = shrunk(frames, self.codec.clock, spatial), shrunk(known, Clock(1), spatial)
        both = torch.cat([latents, self.codec.still(known)], dim=2)
        return latents, linear_preview(both, torch.cat(means, dim=2))

    @torch.no_grad()
    def _decoded(self, latents: Tensor) -> Array:
        """Codes (n, h, w, 3) of latents (1, C, m, h', w'), decoded one by one."""
        decoder = self.codec.decoder()
        parts = [decoder.push(latent).cpu() for latent in latents.split(1, dim=2)]
        return _codes(torch.cat(parts, dim=2))


def _pictures(codes: Array, device: torch.device) -> Tensor:
    """Codes (n, h, w, 3) as the codec takes them: (1, 3, n, h, w) in -1..1."""
    return (2 * torch.from_numpy(codes).permute(3, 0, 1, 2)[None] - 1).to(device)


def _codes(pictures: Tensor) -> Array:
    """The other way."""
    return as_f32((pictures[0].permute(1, 2, 3, 0) / 2 + 0.5).cpu().numpy())


def _filled(picture: Bytes, size: tuple[int, int]) -> Bytes:
    """A picture grown to a size (h, w) by its edges."""
    high, wide = size[0] - picture.shape[0], size[1] - picture.shape[1]
    return np.pad(picture, ((0, high), (0, wide), (0, 0)), mode="edge")


def settle(pipe: Any, device: torch.device, *, offload: bool) -> None:
    """Put a pipeline on its device; with `offload` its transformer's blocks go there only while they compute."""
    if not offload:
        pipe.to(device)
        return
    pipe.transformer.enable_group_offload(
        onload_device=device,
        offload_device=torch.device("cpu"),
        offload_type="block_level",
        num_blocks_per_group=1,
        use_stream=device.type == "cuda",
    )


def _embedded(folder: Path, texts: list[str], device: torch.device, dtype: torch.dtype) -> Tensor:
    """Embeddings (B, L, D) on the device; the encoder computes on the processor where it has no room there."""
    encoder = TextEncoder.load(folder, dtype)
    if device.type != "cuda" or _bytes_of(encoder.model) < torch.cuda.mem_get_info(device)[0]:
        encoder.model.to(device)
    embedded = encoder.encode(texts).to(device)
    del encoder
    if device.type == "cuda":
        torch.cuda.empty_cache()  # what is only cached would count as taken
    return embedded


def _loaded(folder: Path, codec: WanCodec, dtype: torch.dtype) -> Any:
    """The pipeline of a model's folder with this codec, and without its text encoder."""
    try:
        return _Pipeline.from_pretrained(
            folder,
            vae=codec.vae,
            text_encoder=None,
            tokenizer=None,
            dtype=dtype,
            local_files_only=True,
            use_safetensors=True,
        )
    except (OSError, ValueError, SafetensorError) as error:
        hint = "install the model again"
        raise BadInput(f"cannot be loaded: {error}", where=str(folder), hint=hint) from error


def _scheduler(manifest: Manifest) -> Any:
    """The solver that a manifest names, over the flow's noise levels."""
    if manifest.solver == "euler":
        return FlowMatchEulerDiscreteScheduler(shift=manifest.shift)
    return UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=manifest.shift
    )


def _bytes_of(model: torch.nn.Module) -> int:
    return sum(weight.numel() * weight.element_size() for weight in model.parameters())


def _fits(pipe: Any) -> bool:
    """Whether the transformer and its work have room on the GPU that the codec is on already."""
    device = pipe.vae.device
    if device.type != "cuda":
        return True
    return _bytes_of(pipe.transformer) < _WEIGHTS_MOST * torch.cuda.mem_get_info(device)[0]


def _name(index: int) -> str:
    return f"window-{index:04d}"


class VaceEngine:
    """Fills a shot with Wan2.1-VACE, clip after clip; `choice.steps` steps each, fewer and smaller as a "preview".

    Raises BadInput where no model for it is installed.
    """

    name = "vace"
    fills_background = True
    gives_layers = False

    def __init__(self, choice: EngineChoice, models: Models, *, chosen: str = "") -> None:
        """`chosen` says why it runs where the document did not name it."""
        self._choice, self._chosen = choice, chosen
        self._model = find(models.folder, choice.model, self.name)
        self._device = devices.pick(models.device)
        self.version = f"1+{self._model.manifest.digest[:16]}"
        self._steps = steps_for(choice.steps, choice.quality)
        self._prompt = ""
        self._shot: VaceShot | None = None
        self._kept: Kept | None = None
        self._sampler: Sampler | None = None

    def prepare(self, source: ShotSource, report: Report, state: Path) -> None:
        """Find the subject, and plan the clips. Raises BadInput where there is neither a matte nor a screen to key."""
        untrained = self._model.manifest.trained_for == "none"
        say = f"{self._model.name} is untrained: its pictures mean nothing" if untrained else ""
        report(Progress("prepare", message=say))
        self._shot = shot = VaceShot(source, self._choice, self._model.manifest)
        self._prompt = serialise(source.shot.prompt)
        mark = {
            "version": self.version,
            "seed": self._choice.seed,
            "steps": self._steps,
            "size": [shot.at.width, shot.at.height],
            "clips": [[clip.first, clip.count, clip.kept] for clip in shot.clips],
        }
        self._kept = Kept(state / self.name, mark)

    def generate(self, frames: Iterator[PlateFrame], report: Report) -> Iterator[Generated]:
        """The frames that come in, each from its clip; a clip is made when the first of its frames is asked for.

        Call `prepare` before. Raises OutOfResources where memory or disk run out.
        """
        if self._shot is None or self._kept is None:
            raise RuntimeError("prepare() comes first")
        shot, kept = self._shot, self._kept
        for frame in frames:
            report(Progress("generate", frame=frame.number))
            index, place = shot.clip_of(frame.number)
            for wanted in range(index + 1):  # each goes on from the one before it
                if not kept.has(_name(wanted)):
                    self._make(shot, kept, wanted, report)
            composite, conditioning = (
                shot.view.to_working(as_f32(kept.row(_name(index), plane, place).numpy()))
                for plane in ("composite", "conditioning")
            )
            matte, screen = shot.subject.matte(frame)
            picture = ModelPicture(composite, conditioning, shot.at, shot.view.white)
            yield Generated(frame.number, matte, background=None, model=picture, screen=screen)

    def _make(self, shot: VaceShot, kept: Kept, index: int, report: Report) -> None:
        """One clip, from what the plate, the stills and the clip before it show."""
        clip, count = shot.clips[index], len(shot.clips)
        begun = np.zeros((clip.kept, shot.at.height, shot.at.width, 3), np.float32)
        for place in range(clip.kept):
            before = clip.first - shot.clips[index - 1].first + place
            begun[place] = kept.row(_name(index - 1), "composite", before).numpy()
        now = Progress(
            "sample", index * self._steps, count * self._steps, message=f"window {index + 1} of {count}"
        )
        report(now)

        def on_step(step: int, picture: Array) -> None:
            report(replace(now, done=now.done + step + 1, preview=jpeg(picture)))

        control = shot.control(clip, begun, report, now)
        with within_memory(shot.at, shot.remedy):
            if self._sampler is None:
                report(replace(now, message=f"loading {self._model.name}"))
                loaded = self._model.folder, self._model.manifest
                self._sampler = Sampler(*loaded, self._device, self._prompt, shot.at)
            composite, conditioning = self._sampler.make(
                control,
                shot.references(clip),
                noise=(self._choice.seed, index),
                steps=self._steps,
                on_step=on_step,
            )
        planes = {"composite": levelled(composite, begun, control), "conditioning": conditioning}
        kept.put(_name(index), {name: torch.from_numpy(plane).half() for name, plane in planes.items()})

    def notes(self) -> dict[str, object]:
        """The model, the size and the clips, the prompt and the screen."""
        told: dict[str, object] = {
            "engine": f"{self.name} {self.version}",
            **({"chosen": self._chosen} if self._chosen else {}),
            "quality": self._choice.quality,
            "model": told_of(self._model),
            "steps": self._steps,
            "light": "the subject is not relit by this model",
        }
        return told | ({"prompt": self._prompt} | self._shot.notes() if self._shot else {})

    def close(self) -> None:
        """Let go of the model."""
        self._sampler = None
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
