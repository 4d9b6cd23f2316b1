"""The engine `pai`: the in-context diffusion transformer, window after window, from plate, stills and prompt.

Legend of shapes: (h, w) pixels of the model's frame, K stills. Tensors are codes of the model's view, scaled to -1..1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from pai_studio.core.engines._modelled import TILE_PX, WHOLE_PX, jpeg, steps_for, told_of, within_memory
from pai_studio.core.engines.base import ShotSource
from pai_studio.core.engines.draft import DraftEngine
from pai_studio.core.engines.pai_shot import PaiShot, codes_of
from pai_studio.core.engines.registry import Models
from pai_studio.core.media.frame import Generated, ModelPicture, PlateFrame
from pai_studio.core.model import device as devices
from pai_studio.core.model.checkpoint import Bundle, load
from pai_studio.core.model.codec_wan import WanCodec
from pai_studio.core.model.keeping import Kept
from pai_studio.core.model.manifest import Manifest
from pai_studio.core.model.prompt import TextEncoder
from pai_studio.core.model.rollout import Manner, Moment, Rollout, Told
from pai_studio.core.model.sampler import Sampling
from pai_studio.core.model.store import find
from pai_studio.core.plan.windows import Passes, passes
from pai_studio.core.report import Progress, Report
from pai_studio.core.shot.document import EngineChoice

_TEXT_NOTE = "the prompt is longer than the model reads: its end was left out"


class PaiEngine:
    """Fills a shot with a model of this project's own kind; a "preview" takes fewer steps and half the plate's detail.

    `choice.steps` is taken up to the number that the model's manifest names as worth taking.
    Raises BadInput where no model for it is installed.
    """

    name = "pai"
    fills_background = True
    gives_layers = False

    def __init__(self, choice: EngineChoice, models: Models, *, chosen: str = "") -> None:
        """`chosen` says why it runs where the document did not name it."""
        self._choice, self._chosen = choice, chosen
        self._model = find(models.folder, choice.model, self.name)
        self._device = devices.pick(models.device)
        self.version = f"1+{self._model.manifest.digest[:16]}"
        if self._is_guided:
            self.version += f"+draft-{DraftEngine.version}"
        self._shot: PaiShot | None = None
        self._kept: Kept | None = None
        self._rollout: Rollout | None = None
        self._notes: dict[str, object] = {}

    @property
    def _manifest(self) -> Manifest:
        return self._model.manifest

    @property
    def _is_guided(self) -> bool:
        return self._manifest.guide and self._choice.guide

    @property
    def _steps(self) -> int:
        return steps_for(min(self._choice.steps, self._manifest.steps), self._choice.quality)

    def prepare(self, source: ShotSource, report: Report, state: Path) -> None:
        """Find the subject, plan the windows. Raises BadInput where there is neither a matte nor a screen to key."""
        untrained = self._manifest.trained_for == "none"
        say = f"{self._model.name} is untrained: its pictures mean nothing" if untrained else ""
        report(Progress("prepare", message=say))
        self._shot = PaiShot(source, self._choice, self._manifest, report)
        mark = {
            "version": self.version,
            "seed": self._choice.seed,
            "steps": self._steps,
            "quality": self._choice.quality,
            "guide": self._is_guided,
            "size": [self._shot.at.width, self._shot.at.height],
            "frames": len(self._shot.numbers),
            "device": self._device.type,
        }
        self._kept = Kept(state / self.name, mark)

    def generate(self, frames: Iterator[PlateFrame], report: Report) -> Iterator[Generated]:
        """The frames that come in, each from its window, which is made when the first of its frames is asked for.

        Call `prepare` before. Raises OutOfResources where memory or disk run out.
        """
        if self._shot is None or self._kept is None:
            raise RuntimeError("prepare() comes first")
        shot = self._shot
        for frame in frames:
            report(Progress("generate", frame=frame.number))
            place = shot.places[frame.number]
            rollout = self._made_through(place, report)
            composite, conditioning = (shot.light(codes) for codes in rollout.composite(place))
            matte, screen = shot.subject.matte(frame)
            picture = ModelPicture(composite, conditioning, shot.at, shot.view.white)
            yield Generated(frame.number, matte, background=None, model=picture, screen=screen)

    def notes(self) -> dict[str, object]:
        """The model, the size, the prompt and the screen."""
        told: dict[str, object] = {
            "engine": f"{self.name} {self.version}",
            **({"chosen": self._chosen} if self._chosen else {}),
            "quality": self._choice.quality,
            "model": told_of(self._model),
            "steps": self._steps,
            **({"guide": f"draft {DraftEngine.version}"} if self._is_guided else {}),
        }
        return told | (self._shot.notes() if self._shot else {}) | self._notes

    def close(self) -> None:
        """Let go of the model."""
        self._rollout = None
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    def _made_through(self, place: int, report: Report) -> Rollout:
        """The rollout with the window finished that makes a frame."""
        assert self._shot is not None
        shot = self._shot
        with within_memory(shot.at, shot.remedy):
            if self._rollout is None:
                report(Progress("load", message=f"loading {self._model.name}"))
                self._rollout = self._begun(shot, report)
            rollout = self._rollout
            window = rollout.window_of(place)
            if rollout.finished > window:
                return rollout
            now = Progress("sample", rollout.done, rollout.steps)

            def heard(moment: Moment) -> None:
                nonlocal now
                now = Progress("sample", moment.done, moment.total, message=moment.window)
                report(replace(now, preview=jpeg(codes_of(moment.shown))))

            def read(places: Sequence[int]) -> Iterator[tuple[Tensor, Tensor]]:
                for seen in shot.plate(places):
                    report(now)  # so that a cancel gets through
                    yield seen

            rollout.make(window, read, heard)
        return rollout

    def _begun(self, shot: PaiShot, report: Report) -> Rollout:
        """The rollout of a shot, with the model on its device."""
        assert self._kept is not None
        manifest, dtype = self._manifest, devices.dtype_for(self._device)
        bundle = load(self._model.folder, "cpu", dtype, verify=False, report=report)
        text, null, prompted = self._embedded(bundle.text, shot.prompt)
        self._settle(bundle, shot)
        sampling = Sampling(
            solver=manifest.solver,
            steps=self._steps,
            shift=manifest.shift,
            prediction=manifest.prediction,
            guidance=manifest.guidance,
        )
        manner = Manner(
            sampling=sampling,
            seed=self._choice.seed,
            references_most=manifest.references_most,
            reach=manifest.reach,
            half_foreground=shot.half,
        )
        plan = _plan(len(shot.numbers), bundle, manifest)
        told = Told(shot.stills(), shot.anchors, text, null, prompted)
        return Rollout(
            bundle.transformer,
            bundle.codec,
            shot=told,
            manner=manner,
            passes=plan,
            frame_count=len(shot.numbers),
            kept=self._kept,
        )

    def _embedded(self, encoder: TextEncoder, prompt: str) -> tuple[Tensor, Tensor, bool]:
        """The embeddings of the prompt and of none, and whether they differ; a prompt that is too long is noted."""
        if encoder.cut(prompt):
            self._notes["prompt_cut"] = _TEXT_NOTE
        both = encoder.encode([prompt, ""])
        return both[:1], both[1:], bool(prompt)

    def _settle(self, bundle: Bundle, shot: PaiShot) -> None:
        """Put the model on its device; where it has no room, block by block and only while it computes."""
        if isinstance(bundle.codec, WanCodec):
            bundle.codec.vae.to(self._device)
            if shot.at.width * shot.at.height > WHOLE_PX:
                bundle.codec.tile = TILE_PX // bundle.codec.spatial
        model = bundle.transformer
        if (
            self._device.type == "cuda"
            and _weight_bytes(model) > 0.6 * torch.cuda.mem_get_info(self._device)[0]
        ):
            model.enable_group_offload(
                onload_device=self._device,
                offload_device=torch.device("cpu"),
                offload_type="block_level",
                num_blocks_per_group=1,
                use_stream=True,
            )
            self._notes["offloaded"] = "blocks of the model wait in main memory"
        else:
            model.to(self._device)


def _plan(frames: int, bundle: Bundle, manifest: Manifest) -> Passes:
    clock = bundle.codec.clock
    # Keyframes are a shot of their own, thinned: a latent that holds several frames cannot be one.
    step = manifest.keyframe_step if clock.stride == 1 else 0
    most, history, ahead = manifest.window_latents, manifest.history_latents, manifest.ahead_latents
    return passes(clock.latents(frames), most, history, step, ahead)


def _weight_bytes(model: torch.nn.Module) -> int:
    return sum(weight.nbytes for weight in model.parameters())
