"""Holds what contestants have delivered of a clip against its truth, or against the plate where there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np

from pai_studio.core.evaluation.at_model import ModelSize, Reduction, metrics_of
from pai_studio.core.evaluation.contestants import Delivered
from pai_studio.core.evaluation.cutout import CutOut, displayed, displayed_stills
from pai_studio.core.evaluation.faults import attempt
from pai_studio.core.evaluation.judged import Facts, Judged
from pai_studio.core.evaluation.metrics import ClipMetrics, Value
from pai_studio.core.evaluation.naive import placed
from pai_studio.core.evaluation.sets.layout import OpenClip
from pai_studio.core.evaluation.truth import Truth
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.frame import Array, PlateFrame
from pai_studio.core.media.source import FileSource
from pai_studio.core.report import Progress, Report
from pai_studio.core.shot.errors import BadInput, EngineFailed, PaiError


@dataclass
class ClipScene:
    """A clip with its files open: what does not depend on who is judged.

    With `at` all is judged at `size`, a model's own: `references`, and what is known of frames, are reduced.
    """

    clip: OpenClip
    config: ColorConfig
    source: FileSource
    cut_out: CutOut
    references: Mapping[int, Array]
    size: ModelSize | None = None
    at: Reduction | None = None

    @classmethod
    @contextmanager
    def opened(cls, clip: OpenClip, size: ModelSize | None = None) -> Iterator[ClipScene]:
        """Open a clip's files, to be judged at the plate's size or at a model's.

        Raises BadInput where they cannot be used.
        """
        config = ColorConfig.open(clip.shot.ocio)
        source = FileSource(clip.shot, config)
        try:
            shape = source.display.shape
            stills = {still.frame: placed(still, shape) for still in displayed_stills(source)}
            at = None
            if size is not None:
                aspect = source.frame(clip.shot.frames.first).pixel_aspect
                at = Reduction.of(size, source.display, aspect)
                stills = {frame: at.light(still) for frame, still in stills.items()}
            yield cls(clip, config, source, CutOut(source), stills, size, at)
        finally:
            source.close()

    def facts(self) -> Facts:
        """What the metrics are told before the first frame; the plate is tracked only where no camera is known.

        At a model's size no metric follows the camera.
        """
        if self.at is not None:
            return Facts(config=self.config, screen=self.cut_out.screen, references=self.references)
        camera = self.clip.truth.cameras() if self.clip.truth else None
        return Facts(
            config=self.config,
            screen=self.cut_out.screen,
            references=self.references,
            camera=camera,
            plate_camera=self.cut_out.motion() if camera is None else None,
        )

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the pictures as they are judged."""
        return self.source.display.shape if self.at is None else self.at.shape

    def taken(self, picture: Array) -> Array:
        """A picture as it is judged: one that a model gave at its own size stays as it is."""
        return picture if self.at is None or picture.shape[:2] == self.at.shape else self.at.light(picture)

    def frames(self) -> Iterator[tuple[PlateFrame, Callable[[Array], Judged]]]:
        """Every plate of the clip, and what makes a contestant's picture of it one under judgement."""
        for frame in self.source.stream(list(self.clip.shot.frames)):
            yield frame, self._judged(frame)

    def _judged(self, frame: PlateFrame) -> Callable[[Array], Judged]:
        number, truth = frame.number, self.clip.truth
        known = {} if truth is None else self._known(truth, number)
        matte = self.cut_out.matte(frame) if truth is None else truth.matte(number)
        for name, plane in {"matte": matte, **known}.items():
            if plane is not None and plane.shape[:2] != self.source.display.shape:
                raise BadInput(
                    f"the truth's {name} is {_size(plane)}, the plate {_size(displayed(frame).rgb)}",
                    where=f"frame {number}",
                    hint="write the truth at the plate's size",
                )
        source = self.cut_out.despilled(frame, matte)
        if self.at is not None:
            matte, source, known = self.at.share(matte), self.at.light(source), self.at.known(known)
        return lambda result: Judged(
            number=number, result=self.taken(result), matte=matte, source=source, **known
        )

    def _known(self, truth: Truth, number: int) -> dict[str, Array | None]:
        """What the truth tells of a frame, by its names in `Judged`."""
        return {
            "truth": truth.composite(number, self.config),
            "background": truth.background(number, self.config),
            "counted": truth.counted(number),
            "rebuilt": truth.rebuilt(number),
        }


def judge(
    scene: ClipScene, delivered: Mapping[str, Delivered], report: Report
) -> dict[str, dict[str, Value] | PaiError]:
    """The values of every contestant's metrics, or why there are none: one that fails does not stop the others.

    All are judged in one pass over the clip's files.
    """
    facts = scene.facts()
    keys = [metric.key for metric in metrics_of(scene.size)]
    metrics = {name: ClipMetrics(facts, keys) for name in delivered}
    failed: dict[str, PaiError] = {}
    total = len(scene.clip.shot.frames)
    for done, (frame, judged) in enumerate(scene.frames(), start=1):
        for name in [name for name in metrics if name not in failed]:
            error = attempt(partial(_add, metrics[name], delivered[name], frame, judged, scene))
            if error is not None:
                failed[name] = error
        report(Progress("judge", done, total, frame.number))
    return {
        name: failed[name] if name in failed else attempt(found.values) for name, found in metrics.items()
    }


def _add(
    metrics: ClipMetrics,
    delivered: Delivered,
    frame: PlateFrame,
    judged: Callable[[Array], Judged],
    scene: ClipScene,
) -> None:
    metrics.add(judged(_sound(delivered.frame(frame.number, scene.config), frame, scene.shape)))


def _sound(picture: Array, frame: PlateFrame, judged_at: tuple[int, int]) -> Array:
    """The picture, if it can be judged."""
    wanted = frame.display.shape
    if picture.shape[:2] not in (wanted, judged_at):
        say = f"delivered {_size(picture)}, the plate is {wanted[1]}x{wanted[0]}"
        if judged_at != wanted:
            say += f", and {judged_at[1]}x{judged_at[0]} at the model's size"
        raise EngineFailed(say, where=f"frame {frame.number}", hint="an engine delivers at the plate's size")
    if not np.isfinite(picture).all():
        raise EngineFailed("delivered NaN or Inf", where=f"frame {frame.number}", hint="mend the engine")
    return picture


def _size(picture: Array) -> str:
    return f"{picture.shape[1]}x{picture.shape[0]}"
