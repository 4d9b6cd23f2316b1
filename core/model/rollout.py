"""A whole shot, window after window: each sampled from noise, told of the plate, the stills and what was made before.

Frames and latents are counted from the shot's first. The plate goes through the codec as one causal stream and the
result comes out of it as another, whatever the windows. What a window needs of those before it is on disk (`keeping`),
so that memory does not grow with the shot, and a job that was stopped goes on where it was.

Legend of shapes: C latent channels, N latents and n frames of a window, K stills, L text tokens, D channels of text,
(H, W) pixels, (h, w) latent pixels. Pictures are RGB in the model's codes, scaled to -1..1; mattes are 0..1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from pai_studio.core.model.attention import Cache
from pai_studio.core.model.codec import Codec, Preview
from pai_studio.core.model.keeping import Kept
from pai_studio.core.model.layout import Cloning, Kind, Layout, Window, lay_out
from pai_studio.core.model.sampler import Branch, Denoise, Sampling, Step, sample, start_noise
from pai_studio.core.model.transformer import Conditions, PaiTransformer3DModel
from pai_studio.core.plan.reach import nearest
from pai_studio.core.plan.windows import Passes, covering, told
from pai_studio.core.shot.errors import PaiError

Frames = Callable[[Sequence[int]], Iterator[tuple[Tensor, Tensor]]]
"""The plate (3, H, W) on its screen and its matte (1, H, W) at some frames, in that order."""

Streams = Mapping[str, Any]
"""The codec's streams of a shot by name: `encoder`, `decoder`, `echo` (the plate out again), and maybe `half`."""


@dataclass(frozen=True, eq=False)
class Told:
    """What is told of a shot besides its plate.

    `stills` are (1, 3, K, H, W), `anchors` their frames; `text` (1, L, D) is the prompt's embedding and `null` that of
    an empty one; `prompted` tells whether they differ.
    """

    stills: Tensor
    anchors: tuple[float, ...]
    text: Tensor
    null: Tensor
    prompted: bool


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a shot is made: the sampling, the seed, and what the model was trained for."""

    sampling: Sampling
    seed: int
    references_most: int
    reach: float | None = None
    half_foreground: bool = False
    """Tell the model of the plate at half its height and width: faster, and coarser where the subject is."""

    cloning: Cloning = "frame"


@dataclass(frozen=True, eq=False)
class Moment:
    """A step of the sampling that was just done, of all of the shot's; in which window, and how that looks by now.

    `shown` is a small picture (3, h, w) of the window's middle frame.
    """

    done: int
    total: int
    window: str
    shown: Tensor


OnMoment = Callable[[Moment], None]


class Rollout:
    """Makes the windows of one shot in their order; the finished ones are in `kept`.

    A window's file has `latents` (1, C, N, h, w), float32, and, in the pass over all frames, `composite` and
    `conditioning`, (n, 3, H, W), float16: the result, and the plate as the codec gives it back.
    """

    def __init__(
        self,
        transformer: PaiTransformer3DModel,
        codec: Codec,
        *,
        shot: Told,
        manner: Manner,
        passes: Passes,
        frame_count: int,
        kept: Kept,
    ) -> None:
        self.transformer, self.codec, self.shot, self.manner = transformer, codec, shot, manner
        self.passes, self.frame_count, self.kept = passes, frame_count, kept
        self._device = transformer.device
        self._dtype = transformer.dtype
        self._stills = codec.still(shot.stills.to(self._device)).float() if shot.anchors else None
        self._preview: Preview | None = None
        self._done, self._doing = 0, ""

    @property
    def steps(self) -> int:
        """The sampling's steps over all windows of the shot."""
        return (len(self.passes.thinned) + len(self.passes.whole)) * self.manner.sampling.steps

    @torch.no_grad()
    def make(self, through: int, frames: Frames, on_moment: OnMoment) -> None:
        """Make every window up to number `through` that is not finished, and the keyframes before them.

        What `on_moment` raises ends the work within a step; the windows before stay.
        """
        ahead, count = len(self.passes.thinned), len(self.passes.whole)
        for index in range(ahead):
            if not self.kept.has(_keyframes(index)):
                self._begin(index - ahead, f"keyframes {index + 1} of {ahead}")
                self._make_keyframes(index, frames, on_moment)
        if self.finished > through:
            return
        streams = self._streams(self.kept.streams())
        for index in range(self.finished, through + 1):
            self._begin(index, f"window {index + 1} of {count}")
            self._make_window(index, frames, on_moment, streams)

    @property
    def finished(self) -> int:
        """How many windows of the pass over all frames are finished."""
        return self.kept.newest + 1

    def window_of(self, frame: int) -> int:
        """The window that makes a frame."""
        return covering(self.passes.whole, int(self.codec.clock.latent(frame)))

    def composite(self, frame: int) -> tuple[Tensor, Tensor]:
        """The result and the conditioning (3, H, W) of a frame of a finished window, float32."""
        index = self.window_of(frame)
        row = frame - self.codec.clock.frames_of(self.passes.whole[index].first).start
        made, plate = (self.kept.row(_window(index), key, row) for key in ("composite", "conditioning"))
        return made.float(), plate.float()

    @property
    def done(self) -> int:
        """How many of all steps finished windows have taken."""
        ahead = sum(self.kept.has(_keyframes(index)) for index in range(len(self.passes.thinned)))
        return (ahead + self.finished) * self.manner.sampling.steps

    def _begin(self, window: int, doing: str) -> None:
        """Count on from a window's first step; keyframes have negative numbers."""
        ahead = len(self.passes.thinned)
        self._done, self._doing = (ahead + window) * self.manner.sampling.steps, doing
        if self.transformer.is_cache_enabled:  # the library's caches compare steps of one window
            self.transformer._reset_stateful_cache()

    def _make_keyframes(self, index: int, frames: Frames, on_moment: OnMoment) -> None:
        """A window of the pass over the thinned shot, whose latents are frames."""
        span, step = self.passes.thinned[index], self.passes.step
        numbers = [self.passes.keyframes[place] for place in span.made]
        seen = self._seen(*self._read(frames, numbers), self._streams({}))
        window = Window(span.first * step, span.count, span.history, step)
        behind = self._behind([_keyframes(other) for other in range(index)], span.history)
        latents = self._sampled(
            _keyframes(index), window, numbers, seen, behind=behind, made=[], on_moment=on_moment
        )
        self.kept.put(_keyframes(index), {"latents": latents})

    def _make_window(self, index: int, frames: Frames, on_moment: OnMoment, streams: Streams) -> None:
        span, clock = self.passes.whole[index], self.codec.clock
        asked = [frame for latent in span.made for frame in clock.frames_of(latent)]
        numbers = [frame for frame in asked if frame < self.frame_count]
        held = len(asked) - len(numbers)  # a last latent that is not full holds the last frame
        seen = self._seen(*self._read(frames, numbers, held), streams)
        window = Window(span.first, span.count, span.history)
        behind = self._behind([_window(other) for other in range(index)], span.history)
        made = told(span, self.passes.keyframes)
        latents = self._sampled(
            _window(index), window, numbers, seen, behind=behind, made=made, on_moment=on_moment
        )
        out = {"composite": (streams["decoder"], latents), "conditioning": (streams["echo"], seen.latents)}
        pictures = {
            name: stream.push(each)[0, :, : len(numbers)].transpose(0, 1).half().cpu()
            for name, (stream, each) in out.items()  # the device holds one of them at a time
        }
        self.kept.put(_window(index), {"latents": latents, **pictures})
        carried = {
            f"{name}/{key}": each for name, one in streams.items() for key, each in one.state().items()
        }
        self.kept.keep_streams(index, carried)

    def _read(self, frames: Frames, numbers: Sequence[int], held: int = 0) -> tuple[Tensor, Tensor]:
        """The plate (1, 3, n, H, W) and its matte (1, 1, n, H, W) at some frames, the last of them `held` on."""
        read = list(frames(numbers))
        read += read[-1:] * held
        plate, matte = (torch.stack(each, dim=1)[None] for each in zip(*read, strict=True))
        return plate.to(self._device), matte.to(self._device)

    def _seen(self, plate: Tensor, matte: Tensor, streams: Streams) -> _Seen:
        return _Seen(plate, matte, streams, self.manner.half_foreground, self.codec.clock.stride)

    def _streams(self, carried: Mapping[str, Tensor]) -> Streams:
        """The codec's streams, going on from what they carried: plate in, result out, and the plate out again."""
        made: dict[str, Any] = {"encoder": self.codec.encoder(), "decoder": self.codec.decoder()}
        made["echo"] = self.codec.decoder()
        if self.manner.half_foreground:
            made["half"] = self.codec.encoder()
        for name, stream in made.items():
            mine = {key: each for key, each in carried.items() if key.startswith(f"{name}/")}
            if carried:
                stream.restore({key.removeprefix(f"{name}/"): each for key, each in mine.items()})
        return made

    def _behind(self, names: Sequence[str], count: int) -> list[Tensor]:
        """The last `count` latents of some windows, as one run (1, C, count, h, w); an empty list for none."""
        parts: list[Tensor] = []
        for name in reversed(names):
            if count <= 0:
                break
            (latents,) = self.kept.read(name, "latents")
            parts.insert(0, latents[:, :, -count:])
            count -= parts[0].shape[2]
        return [torch.cat(parts, dim=2)] if parts else []

    def _keyframe(self, frame: int) -> Tensor:
        """The latents (1, C, 1, h, w) of a keyframe."""
        place = self.passes.keyframes.index(frame)
        index = covering(self.passes.thinned, place)
        (latents,) = self.kept.read(_keyframes(index), "latents")
        row = place - self.passes.thinned[index].first
        return latents[:, :, row : row + 1]

    def _sampled(
        self,
        name: str,
        window: Window,
        numbers: Sequence[int],
        seen: _Seen,
        *,
        behind: list[Tensor],
        made: Sequence[int],
        on_moment: OnMoment,
    ) -> Tensor:
        """The clean latents (1, C, N, h, w) of a window, float32. Raises PaiError where they are no numbers."""
        _, p, q = self.transformer.config.patch_size
        height, width = seen.latents.shape[-2:]
        anchors, chosen = self.shot.anchors, list[int]()
        if anchors:
            chosen = nearest(anchors, numbers[0], numbers[-1], self.manner.references_most)
        layout = lay_out(
            window,
            (height // p, width // q),
            [anchors[index] for index in chosen],
            self.codec.clock,
            cloning=self.manner.cloning,
            reach=self.manner.reach,
            half_foreground=self.manner.half_foreground,
            keyframes=made,
        )
        history = [each.to(self._device) for each in (*behind, *map(self._keyframe, made))]
        conditions = Conditions(
            self._with_mattes(seen.told, seen.matte),
            None if self._stills is None else self._with_mattes(self._stills[:, :, chosen]),
            self._with_mattes(torch.cat(history, dim=2)) if history else None,
        )
        sampling = self.manner.sampling.given(references=bool(chosen), prompt=self.shot.prompted)
        noise = start_noise(seen.latents.shape, self.manner.seed, name).to(self._device)
        shown = self._shown(seen.plate)

        def on_step(step: Step) -> None:
            self._done += 1
            middle = step.estimate[:, :, [step.estimate.shape[2] // 2]]
            on_moment(Moment(self._done, self.steps, self._doing, shown(middle)[0, :, 0]))

        latents = sample(self._denoiser(layout, conditions), noise, sampling, on_step)
        if not latents.isfinite().all():
            hint = "its weights are damaged, or made for other numbers than this device's"
            raise PaiError("the model's result has values that are no numbers", where=self._doing, hint=hint)
        return latents

    def _denoiser(self, layout: Layout, conditions: Conditions) -> Denoise:
        """The model under what each guidance branch is told."""
        model, kind = self.transformer, self._dtype
        text, null = (each.to(self._device, kind) for each in (self.shot.text, self.shot.null))
        cache: Cache | None = None
        if model.config.attention == "cached":
            cache = model.remember(conditions, layout, null)
        bare = layout.only([each for each in Kind if each is not Kind.REFERENCE])
        alone = replace(conditions, references=None)

        def denoise(noisy: Tensor, timestep: Tensor, branch: Branch) -> Tensor:
            if cache is not None:
                kept = cache.without(Kind.REFERENCE) if branch == "plain" else cache
                told: dict[str, Any] = {"layout": layout, "cache": kept}
            elif branch == "plain":
                told = {"layout": bare, "conditions": alone}
            else:
                told = {"layout": layout, "conditions": conditions}
            with model.cache_context(branch):
                out = model(noisy.to(kind), timestep, text if branch == "all" else null, **told)
            prediction: Tensor = out.float()
            return prediction

        return denoise

    def _with_mattes(self, latents: Tensor, matte: Tensor | None = None) -> Tensor:
        """Latents (1, C, n, h, w) with their matte channels, in the model's type; none means no subject."""
        count = self.transformer.condition_embedding.in_channels - latents.shape[1]
        batch, _, frames, height, width = latents.shape
        if matte is None:
            matte = latents.new_zeros(batch, 1, frames, height, width)
        return torch.cat([latents, matte.expand(-1, count, -1, -1, -1)], dim=1).to(self._dtype)

    def _shown(self, plate: Tensor) -> Preview:
        """How latents of this shot look, learned from the stills and a frame of the plate."""
        if self._preview is None:
            pictures, latents = plate[:, :, :1], self.codec.still(plate[:, :, :1]).float()
            if self._stills is not None:
                pictures = torch.cat([self.shot.stills.to(self._device), pictures], dim=2)
                latents = torch.cat([self._stills, latents], dim=2)
            alone = (each[0].transpose(0, 1)[:, :, None] for each in (latents, pictures))
            self._preview = self.codec.preview_map(*alone)
        return self._preview


class _Seen:
    """A window's plate (1, 3, n, H, W), and what the model is told of it.

    `latents` are the plate's (1, C, N, h, w); `told` those that the model sees, of half the size where it is to see the
    plate so, and `matte` (1, 1, N, ...) lies over them.
    """

    def __init__(self, plate: Tensor, matte: Tensor, streams: Streams, half: bool, stride: int) -> None:
        self.plate = plate
        self.latents: Tensor = streams["encoder"].push(plate).float()
        self.told: Tensor = streams["half"].push(_halved(plate)).float() if half else self.latents
        count = self.told.shape[2]
        sizes = [matte.shape[2] - (count - 1) * stride, *[stride] * (count - 1)]
        means = torch.stack([part.mean(dim=2) for part in matte.split(sizes, dim=2)], dim=2)
        self.matte = functional.adaptive_avg_pool3d(means, self.told.shape[2:])


def _halved(pictures: Tensor) -> Tensor:
    """Pictures (1, 3, n, H, W) at half their height and width, two by two pixels' mean."""
    return functional.avg_pool3d(pictures, (1, 2, 2))


def _window(index: int) -> str:
    return f"window-{index:04d}"


def _keyframes(index: int) -> str:
    return f"keyframes-{index:04d}"
