"""The draft engine: the background moved and blended from the stills, the subject keyed and relit. No weights.

It is the previz, the fallback without a network or a GPU, and the baseline that a model has to beat.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from pai_studio.core.comp.despill import foreground
from pai_studio.core.comp.filters import as_f32
from pai_studio.core.comp.prior import expected_gain
from pai_studio.core.comp.relight import SceneLight, gain, place_light, scene_light, subject_light
from pai_studio.core.comp.shadow import shadow
from pai_studio.core.engines._background import BackgroundBuilder
from pai_studio.core.engines._registered import register_all
from pai_studio.core.engines._subject import Subject, sample_frames
from pai_studio.core.engines.base import ShotSource
from pai_studio.core.media.frame import Array, Box, Generated, PlateFrame
from pai_studio.core.motion.camera import Camera
from pai_studio.core.motion.features import Mask, gray8, middle_of, relief8
from pai_studio.core.motion.homography import Size
from pai_studio.core.motion.resample import enlarged, reduced
from pai_studio.core.motion.track import ScreenTracker, Track
from pai_studio.core.report import Progress, Report
from pai_studio.core.shot.document import EngineChoice

_TRACK_WIDTH_PX = {"final": 960, "preview": 480}
_KEY_WIDTH_PX = 480
_RELIEF_WIDTH_PX = 320
_MARGIN = 0.012
_ALIKE = 0.8


def _size_within(display: Box, width_px: int) -> Size:
    """The display window's size, (w, h), reduced to a width."""
    width = min(display.width, width_px)
    return width, max(1, round(display.height * width / display.width))


def _display_at(frame: PlateFrame, width_px: int) -> Array:
    """The picture within the display window, reduced to a width."""
    window = frame.display.slices_in(frame.canvas)
    return reduced(frame.rgb[window], _size_within(frame.display, width_px))


def _reduced(frame: PlateFrame, rgb: Array) -> PlateFrame:
    """A frame's display window on the smaller raster of `rgb`, with its mattes; inside where all its pixels are."""
    window = frame.display.slices_in(frame.canvas)
    size = (rgb.shape[1], rgb.shape[0])
    inside = None if frame.inside is None else as_f32(frame.inside)
    given = (frame.alpha, frame.garbage, frame.core, inside)
    alpha, garbage, core, inside = (None if a is None else reduced(a[window], size) for a in given)
    box = Box(0, 0, *size)
    whole = None if inside is None else inside > 0.999
    return replace(
        frame, rgb=rgb, canvas=box, display=box, alpha=alpha, garbage=garbage, core=core, inside=whole
    )


def _taken(subject: Subject, frame: PlateFrame) -> Array:
    """1 where the subject is, with a margin, or where the file holds no pixels; else 0."""
    matte, _ = subject.matte(replace(frame, keyed=True))  # no screen is asked for
    taken = np.asarray(cv2.medianBlur(matte, 5)) > 0.25
    if frame.inside is not None:
        taken |= ~frame.inside
    margin = 2 * max(2, round(_MARGIN * taken.shape[1])) + 1
    return np.asarray(cv2.dilate(taken.astype(np.float32), np.ones((margin, margin), np.uint8)), np.float32)


class DraftEngine:
    """Fills a shot from its stills alone; `choice.quality` "preview" leaves out the parallax between stills."""

    name = "draft"
    version = "6"
    fills_background = True
    gives_layers = True

    def __init__(self, choice: EngineChoice, *, chosen: str = "") -> None:
        """`chosen` says why it runs where the document did not name it."""
        self.quality = choice.quality
        self._chosen = chosen
        self._subject: Subject | None = None
        self._builder: BackgroundBuilder | None = None
        self._expected: Array | None = None
        self._lit: SceneLight | None = None
        self._places: tuple[SceneLight, SceneLight] | None = None
        self._notes: dict[str, object] = {}

    def prepare(self, source: ShotSource, report: Report, state: Path) -> None:  # noqa: ARG002
        """Find the screen, follow it through the shot, register the stills, and solve the camera.

        Raises BadInput where there is neither a matte nor a screen to key.
        """
        numbers = list(source.frames)
        samples = sample_frames(source)
        display = samples[0].display
        self._subject = Subject.find(samples, source.shot.plate.screen)
        middle = middle_of(samples[0].rgb)
        # Light is smooth: a small picture tells it as well, and the large ones are let go.
        samples = [_reduced(frame, _display_at(frame, _KEY_WIDTH_PX)) for frame in samples]
        self._expected = expected_gain([still.rgb for still in source.stills])
        self._lit, seen = self._lights(self._subject, samples)
        if seen is not None:
            self._places = seen, scene_light([still.rgb for still in source.stills])
        size = (display.width, display.height)
        track = self._follow(self._subject, source, size, middle, report)
        links, points = register_all(source.stills, display, report)
        # A real place that was tracked is the place itself; a screen is not where the stills are.
        known = points if self._subject.estimate is not None else None
        camera = Camera([still.frame for still in source.stills], links, track, size, known)
        report(Progress("references", message="comparing the references"))
        self._builder = BackgroundBuilder(source.stills, camera, display, parallax=self.quality == "final")
        self._notes = self._found(self._subject, camera, numbers, self._builder)
        for span in camera.spans(numbers):
            say = f"camera {span.first}-{span.last}: {span.source} ({span.detail})"
            report(Progress("camera", len(numbers), len(numbers), message=say))

    def generate(self, frames: Iterator[PlateFrame], report: Report) -> Iterator[Generated]:
        """Make the layers of each frame, at plate resolution; call `prepare` before."""
        if self._builder is None or self._expected is None or self._subject is None or self._lit is None:
            raise RuntimeError("prepare() comes first")
        for frame in frames:
            report(Progress("generate", frame=frame.number))
            matte, screen = self._subject.matte(frame)
            backdrop = self._builder.make(frame.number, frame.canvas)
            yield Generated(
                frame.number,
                matte,
                backdrop.rgb,
                gain=gain(
                    matte,
                    backdrop.rgb,
                    self._expected,
                    self._lit,
                    place=(frame.rgb, *self._places) if self._places else None,
                ),
                shadow=shadow(matte, screen) if screen is not None else None,
                rebuilt=np.zeros(matte.shape, np.float32),
                confidence=backdrop.confidence,
                screen=screen,
            )

    def notes(self) -> dict[str, object]:
        """The screen, the camera's spans, the registrations and the exposure gains between the stills."""
        return dict(self._notes)

    def close(self) -> None:
        """Let go of the stills."""
        self._builder = None

    @staticmethod
    def _lights(subject: Subject, samples: list[PlateFrame]) -> tuple[SceneLight, SceneLight | None]:
        """The light on the subject over the whole shot, so that the gain does not pump; and the light of the place
        that it was photographed in, when that is a real one and no screen.
        """
        subjects, mattes = [], []
        for frame in samples:
            matte, screen = subject.matte(frame)
            subjects.append(foreground(frame.rgb, matte, screen, 1.0, frame.premultiplied))
            mattes.append(matte)
        is_place = subject.estimate is None and not any(frame.keyed for frame in samples)
        place = place_light([frame.rgb for frame in samples], mattes) if is_place else None
        return subject_light(subjects, mattes), place

    def _follow(
        self, subject: Subject, source: ShotSource, size: Size, middle: float, report: Report
    ) -> Track:
        """One look at every frame; of the pictures only the trackers' keys are kept.

        `size` is the display window's, `middle` the plate's level.

        Markers and sets are followed at a fine size. Should that fail, the screen's own faint unevenness may do,
        which stands out of the noise only at a coarse size.
        """
        fine, coarse = ScreenTracker(size), ScreenTracker(size)
        numbers = list(source.frames)
        for done, frame in enumerate(source.stream(numbers)):
            report(Progress("camera", done, len(numbers), frame.number))
            rgb, free = self._seen(subject, frame)
            fine.add(frame.number, gray8(rgb, middle), free)
            low = _size_within(frame.display, _RELIEF_WIDTH_PX)
            free = enlarged(free.astype(np.float32), low) > 0.99
            coarse.add(frame.number, relief8(reduced(rgb, low), free), free)
        tracks = [track.believed() for track in (fine.finish(), coarse.finish())]
        most = max(track.covered(numbers) for track in tracks)
        long = [track for track in tracks if track.covered(numbers) >= _ALIKE * most]
        return min(long, key=lambda track: track.doubt_px)

    def _seen(self, subject: Subject, frame: PlateFrame) -> tuple[Array, Mask]:
        """The display window at tracking size, and where it shows neither subject nor nothing."""
        rgb = _display_at(frame, _TRACK_WIDTH_PX[self.quality])
        size = (rgb.shape[1], rgb.shape[0])
        taken = _taken(subject, _reduced(frame, reduced(rgb, _size_within(frame.display, _KEY_WIDTH_PX))))
        return rgb, enlarged(taken, size) == 0

    def _found(
        self, subject: Subject, camera: Camera, numbers: list[int], builder: BackgroundBuilder
    ) -> dict[str, object]:
        spans = [
            {"first": s.first, "last": s.last, "source": s.source, "detail": s.detail}
            for s in camera.spans(numbers)
        ]
        return {
            "engine": f"{self.name} {self.version}",
            **({"chosen": self._chosen} if self._chosen else {}),
            "quality": self.quality,
            "parallax": "by flow between neighbouring references"
            if self.quality == "final"
            else "left out (preview)",
            "screen": subject.notes(),
            "set_light": "seen around the subject" if self._places else "taken to be neutral",
            "camera": spans,
            "reference_gains": {f"{i}->{j}": gains for (i, j), gains in builder.gains.items()},
        }
