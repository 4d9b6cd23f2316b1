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

from pai_studio.core.model.attention import Cache
from pai_studio.core.model.codec import Codec, Decoder, Preview
from pai_studio.core.model.keeping import Kept
from pai_studio.core.model.layout import Cloning, Kind, Layout, Window, lay_out
from pai_studio.core.model.sampler import Branch, Denoise, Sampling, Step, sample, start_noise
from pai_studio.core.model.seen import PlateStream, Seen, under
from pai_studio.core.model.transformer import Conditions, PaiTransformer3DModel
from pai_studio.core.plan.reach import nearest
from pai_studio.core.plan.windows import Passes, covering, told
from pai_studio.core.shot.errors import PaiError

Frames = Callable[[Sequence[int]], Iterator[tuple[Tensor, Tensor]]]
"""The plate (3, H, W) on its screen and its matte (1, H, W), with the guide's channels behind it for a model that takes
them, at some frames, in that order."""


@dataclass(frozen=True, eq=False)
class _Streams:
    """A shot's causal streams: the plate on its way in, the result on its way out, and the plate out again."""

    plate: PlateStream
    result: Decoder
    echo: Decoder

    def state(self) -> dict[str, Tensor]:
        """All that they carry."""
        states = {"plate": self.plate.state(), "result": self.result.state(), "echo": self.echo.state()}
        return {f"{name}/{key}": part for name, state in states.items() for key, part in state.items()}

    def restore(self, state: Mapping[str, Tensor], device: torch.device) -> None:
        """Go on from a `state`."""
        self.plate.restore(under(state, "plate"), device)
        self.result.restore(under(state, "result"))
        self.echo.restore(under(state, "echo"))


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
        self._frame: Tensor | None = None
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
        streams = self._streams()
        if self.finished:
            streams.restore(self.kept.streams(), self._device)
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
        plate = PlateStream(self.codec, half=self.manner.half_foreground)
        plate.push(*self._read(frames, numbers))
        assert plate.waiting is not None
        window = Window(span.first * step, span.count, span.history, step)
        behind = self._behind([_keyframes(other) for other in range(index)], span.history)
        reach = numbers[0], numbers[-1]
        preview = self._shown(frames, numbers[0])
        latents = self._sampled(
            _keyframes(index),
            window,
            reach,
            plate.waiting,
            behind=behind,
            on_step=self._heard(preview, on_moment),
        )
        self.kept.put(_keyframes(index), {"latents": latents})

    def _make_window(self, index: int, frames: Frames, on_moment: OnMoment, streams: _Streams) -> None:
        span, clock = self.passes.whole[index], self.codec.clock
        missing = span.sampled[streams.plate.count :]
        asked = [frame for latent in missing for frame in clock.frames_of(latent)]
        if asked:
            streams.plate.push(*self._read(frames, asked))
        seen = streams.plate.waiting
        assert seen is not None
        window = Window(span.first, len(span.sampled), span.history)
        first, last = clock.frames_of(span.first).start, clock.frames_of(span.sampled[-1]).stop - 1
        latents = self._sampled(
            _window(index),
            window,
            (first, min(last, self.frame_count - 1)),
            seen,
            behind=self._behind([_window(other) for other in range(index)], span.history),
            made=told(span, self.passes.keyframes),
            on_step=self._heard(self._shown(frames, first), on_moment),
        )[:, :, : span.count]
        real = min(clock.frames_of(span.stop - 1).stop, self.frame_count) - first
        out = {
            "composite": (streams.result, latents),
            "conditioning": (streams.echo, seen.latents[:, :, : span.count]),
        }
        pictures = {
            name: stream.push(each)[0, :, :real].transpose(0, 1).half().cpu()
            for name, (stream, each) in out.items()  # the device holds one of them at a time
        }
        self.kept.put(_window(index), {"latents": latents, **pictures})
        streams.plate.let_go(span.count)
        self.kept.keep_streams(index, streams.state())

    def _read(self, frames: Frames, asked: Sequence[int]) -> tuple[Tensor, Tensor]:
        """The plate (1, 3, n, H, W) and its matte (1, M + G, n, H, W) at some frames, the last held past the end."""
        there = [number for number in asked if number < self.frame_count]
        read = list(frames(there))
        read += read[-1:] * (len(asked) - len(there))
        plate, matte = (torch.stack(each, dim=1)[None].to(self._device) for each in zip(*read, strict=True))
        self._frame = plate[:, :, :1].clone()  # a view would keep the whole window alive
        return plate, matte

    def _streams(self) -> _Streams:
        plate = PlateStream(self.codec, half=self.manner.half_foreground)
        return _Streams(plate, self.codec.decoder(), self.codec.decoder())

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
        reach: tuple[int, int],
        seen: Seen,
        *,
        behind: list[Tensor],
        made: Sequence[int] = (),
        on_step: Callable[[Step], None],
    ) -> Tensor:
        """The clean latents (1, C, N, h, w) of a window that shows the frames of `reach`, first and last, float32.

        `made` are the keyframes that it is told of. Raises PaiError where the result is no numbers.
        """
        _, p, q = self.transformer.config.patch_size
        height, width = seen.latents.shape[-2:]
        anchors, chosen = self.shot.anchors, list[int]()
        if anchors:
            chosen = nearest(anchors, *reach, self.manner.references_most)
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

    def _heard(self, preview: Preview, on_moment: OnMoment) -> Callable[[Step], None]:
        """What tells of a window's steps."""

        def on_step(step: Step) -> None:
            self._done += 1
            middle = step.estimate[:, :, [step.estimate.shape[2] // 2]]
            on_moment(Moment(self._done, self.steps, self._doing, preview(middle)[0, :, 0]))

        return on_step

    def _shown(self, frames: Frames, first: int) -> Preview:
        """How latents of this shot look, learned from the stills and a frame of the plate, the last read or `first`."""
        if self._preview is None:
            plate = self._read(frames, [first])[0] if self._frame is None else self._frame
            pictures, latents = plate, self.codec.still(plate).float()
            if self._stills is not None:
                pictures = torch.cat([self.shot.stills.to(self._device), pictures], dim=2)
                latents = torch.cat([self._stills, latents], dim=2)
            alone = (each[0].transpose(0, 1)[:, :, None] for each in (latents, pictures))
            self._preview = self.codec.preview_map(*alone)
        return self._preview


def _window(index: int) -> str:
    return f"window-{index:04d}"


def _keyframes(index: int) -> str:
    return f"keyframes-{index:04d}"
