"""The plate's subject and motion as anybody finds them, without the engine that is judged.

All naive composites, and the judging where there is no truth, work from this one cut-out: the house's keyer and despill
on the plate alone, with the artist's mattes where the shot gives some. No engine's matte and no truth enters it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import cv2
import numpy as np

from pai_studio.core.comp.despill import foreground
from pai_studio.core.comp.key import key
from pai_studio.core.comp.screen import ScreenEstimate, clean_screen, estimate_screen
from pai_studio.core.evaluation.naive import Matrix
from pai_studio.core.media.frame import Array, PlateFrame, Screen, Still
from pai_studio.core.media.geometry import to_canvas
from pai_studio.core.media.source import FileSource
from pai_studio.core.motion.features import gray8, middle_of
from pai_studio.core.motion.resample import enlarged, reduced
from pai_studio.core.motion.track import ScreenTracker
from pai_studio.core.shot.errors import BadInput

_SAMPLES = 5
_TRACK_WIDTH_PX = 960
_MARGIN = 0.008
"""How far, in picture widths, the tracker keeps from the subject."""


class CutOut:
    """The keyed and despilled subject of a shot; pictures cover the display window."""

    def __init__(self, source: FileSource) -> None:
        """Look at a few frames for the screen. Raises BadInput where there is neither a screen nor a matte."""
        self._source = source
        numbers = list(source.frames)
        picked = np.linspace(0, len(numbers) - 1, min(_SAMPLES, len(numbers)))
        samples = [source.frame(numbers[round(k)]) for k in picked]
        self._estimate = self._found(samples)

    @property
    def screen(self) -> str:
        """`green` or `blue`; green where no screen was found."""
        return "blue" if self._estimate is not None and self._estimate.channel == 2 else "green"

    def matte(self, frame: PlateFrame) -> Array:
        """The subject's matte (H, W): the artist's where there is one, else the key."""
        frame = displayed(frame)
        if frame.alpha is None:
            assert self._estimate is not None
            return key(frame.rgb, self._estimate, frame.garbage, frame.core).matte
        matte = frame.alpha if frame.core is None else np.maximum(frame.alpha, frame.core)
        return matte if frame.garbage is None else np.asarray(matte * (1 - frame.garbage), np.float32)

    def despilled(self, frame: PlateFrame, matte: Array) -> Array:
        """The plate's subject (H, W, 3) under a matte (H, W), premultiplied, without screen and spill, not relit."""
        frame = displayed(frame)
        return foreground(frame.rgb, matte, self._behind(frame, matte), 1.0, frame.premultiplied)

    def motion(self) -> Mapping[int, Matrix] | None:
        """From the first frame's pixels to each frame's, tracked on what is around the subject.

        None where it cannot be followed over the whole shot: a plain screen tells nothing.
        """
        display = self._source.display
        tracker = ScreenTracker((display.width, display.height))
        middle = None
        for frame in self._source.stream(list(self._source.frames)):
            seen = displayed(frame)
            small = _small(seen.rgb)
            middle = middle_of(small) if middle is None else middle
            tracker.add(frame.number, gray8(small, middle), ~self._taken(frame, small.shape))
        track = tracker.finish()
        first = self._source.frames.first
        found = {number: track.relative(first, number) for number in self._source.frames}
        known = {number: matrix for number, matrix in found.items() if matrix is not None}
        return known if len(known) == len(found) else None

    def _found(self, samples: list[PlateFrame]) -> ScreenEstimate | None:
        prefer = self._source.shot.plate.screen
        unkeyed = [displayed(frame).rgb for frame in samples if not frame.keyed]
        found = estimate_screen(unkeyed, prefer) if unkeyed and prefer != "none" else None
        if found is None and any(frame.alpha is None for frame in samples):
            say = "the plate has no matte and no green or blue screen was found in it"
            raise BadInput(say, where="plate.screen", hint="give a matte in mattes.alpha, or name the screen")
        return found

    def _behind(self, frame: PlateFrame, matte: Array) -> Screen | None:
        if frame.keyed or self._estimate is None:
            return None
        taken = matte if frame.garbage is None else np.maximum(matte, frame.garbage)
        return clean_screen(frame.rgb, self._estimate, taken)

    def _taken(
        self, frame: PlateFrame, shape: tuple[int, ...]
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Where the subject is, with a margin, at the tracker's size."""
        matte = np.asarray(cv2.medianBlur(self.matte(frame), 5))
        reach = 2 * max(2, round(_MARGIN * matte.shape[1])) + 1
        wide = np.asarray(cv2.dilate((matte > 0.25).astype(np.float32), np.ones((reach, reach), np.uint8)))
        resized = reduced if wide.shape[1] > shape[1] else enlarged
        return resized(wide.astype(np.float32), (shape[1], shape[0])) > 0


def displayed(frame: PlateFrame) -> PlateFrame:
    """The frame cut to its display window; the same one where that is all it has."""
    if frame.canvas == frame.display:
        return frame
    part = frame.display.slices_in(frame.canvas)

    def cut(plane: Array | None) -> Array | None:
        return None if plane is None else np.ascontiguousarray(plane[part])

    return replace(
        frame,
        rgb=np.ascontiguousarray(frame.rgb[part]),
        canvas=frame.display,
        alpha=cut(frame.alpha),
        garbage=cut(frame.garbage),
        core=cut(frame.core),
        inside=None if frame.inside is None else np.ascontiguousarray(frame.inside[part]),
    )


def displayed_stills(source: FileSource) -> list[Still]:
    """The shot's stills by their anchors, placed over the pictures of `displayed`."""
    stills = sorted(source.stills, key=lambda still: still.frame)
    return [replace(still, placement=to_canvas(still.placement, source.display)) for still in stills]


def _small(rgb: Array) -> Array:
    height, width = rgb.shape[:2]
    if width <= _TRACK_WIDTH_PX:
        return rgb
    return reduced(rgb, (_TRACK_WIDTH_PX, max(1, round(height * _TRACK_WIDTH_PX / width))))
