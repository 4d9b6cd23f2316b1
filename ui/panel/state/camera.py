"""How the plate's camera moves, measured from small pictures of it: for a suggestion that nobody has to take."""

from __future__ import annotations

import threading
from collections.abc import Callable

import cv2
import numpy as np

from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.frame import Array, Box, Image
from pai_studio.core.media.limits import LIMITS
from pai_studio.core.media.pictures import rgb_of
from pai_studio.core.media.plates import open_plate
from pai_studio.core.motion.features import Mask, gray8, middle_of, relief8
from pai_studio.core.motion.homography import Size
from pai_studio.core.motion.resample import reduced
from pai_studio.core.motion.told import Told, tell
from pai_studio.core.motion.track import ScreenTracker, Track
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import BadInput, Cancelled
from pai_studio.core.shot.frames import FrameRange

_WIDTH_PX, _RELIEF_WIDTH_PX = 640, 320
_MOST_FRAMES = 240
"""A longer shot is looked at every second frame, or third, ...: a move is told by its whole."""

_ALIKE = 0.9
_BORDER = 0.1
"""Of the picture's width: where a screen is looked for, at the top and at both sides."""

_SATURATED, _YELLOWISH, _SAME_HUE, _SHADED = 0.4, 0.85, 0.08, 0.2
"""A screen's least saturation, how far its red may pass its green, how far its hue goes, how dark a shadow on it is."""

_LEAST_SCREEN = 0.5
"""Of that border: less is no screen but something green or blue in a place."""

_MARKER, _MARGIN = 0.03, 0.02
"""Of the picture's width: what is smaller on a screen is a marker; how far beside the subject nothing is followed."""

OnFrame = Callable[[int, int], None]


def measure(shot: Shot, stop: threading.Event, on_frame: OnFrame = lambda _done, _total: None) -> Told:
    """Follow the set or the screen's markers behind the subject through the shot. Looks at disks, and takes a while.

    `on_frame` hears of every frame, in this thread. Raises Cancelled soon after `stop` is set, BadInput where nothing
    in the plate can be followed, and what reading a plate raises.
    """
    step = -(-len(shot.frames) // _MOST_FRAMES) * shot.frames.step
    frames = FrameRange(shot.frames.first, shot.frames.last, step)
    config = ColorConfig.open(shot.ocio)
    plate = open_plate(shot, frames, config, LIMITS, 1)
    try:
        display = plate.format.display
        follower = _Follower((display.width, display.height))
        for done, number in enumerate(frames):
            if stop.is_set():
                raise Cancelled("the camera was not measured: stopped")
            on_frame(done, len(frames))
            rgb = _small(plate.read(number, others=False), display, shot, config)
            follower.add(
                number, rgb, _free(rgb) if shot.plate.screen != "none" else np.ones(rgb.shape[:2], bool)
            )
    finally:
        plate.close()
    told = tell(follower.track(list(frames)), list(frames), (display.width, display.height), shot.rate)
    if told is None:
        hint = "a plain screen needs markers; write the camera's move yourself"
        raise BadInput("the camera cannot be measured: nothing can be followed through the plate", hint=hint)
    return told


def _small(image: Image, display: Box, shot: Shot, config: ColorConfig) -> Array:
    """The display window in light, at tracking size; black where the file holds no pixels."""
    rgb = rgb_of(image)
    if image.data_window != display:
        canvas = image.data_window.union(display)
        whole = np.zeros((*canvas.shape, 3), np.float32)
        whole[image.data_window.slices_in(canvas)] = rgb
        rgb = whole[display.slices_in(canvas)]
    small = reduced(np.ascontiguousarray(rgb), _size_within(display, _WIDTH_PX))
    small = config.convert_rgb(np.ascontiguousarray(small), shot.plate.colorspace, config.working)
    return np.nan_to_num(small, copy=False, nan=0.0, posinf=0.0, neginf=0.0)


def _size_within(display: Box, width: int) -> Size:
    scale = min(1.0, width / display.width)
    return max(16, round(display.width * scale)), max(16, round(display.height * scale))


class _Follower:
    """Two trackers, as the draft engine has: markers and sets at a fine size, a screen's unevenness at a coarse one."""

    def __init__(self, size: Size) -> None:
        self._fine, self._coarse = ScreenTracker(size), ScreenTracker(size)
        self._middle: float | None = None

    def add(self, number: int, rgb: Array, free: Mask) -> None:
        """The next frame, and where it may be followed."""
        if self._middle is None:
            self._middle = middle_of(rgb)
        self._fine.add(number, gray8(rgb, self._middle), free)
        height, width = rgb.shape[:2]
        low = min(width, _RELIEF_WIDTH_PX), round(height * min(1.0, _RELIEF_WIDTH_PX / width))
        there = reduced(free.astype(np.float32), low) > 0.99
        self._coarse.add(number, relief8(reduced(rgb, low), there), there)

    def track(self, frames: list[int]) -> Track:
        """The surer of the two that reach about as far."""
        tracks = [track.believed() for track in (self._fine.finish(), self._coarse.finish())]
        most = max(track.covered(frames) for track in tracks)
        return min(
            (t for t in tracks if t.covered(frames) >= _ALIKE * most), key=lambda track: track.doubt_px
        )


def _free(rgb: Array) -> Mask:
    """Where the screen is seen with its markers and no subject; everywhere where there is no screen."""
    width = rgb.shape[1]
    band = max(1, round(_BORDER * width))
    border = np.concatenate([p.reshape(-1, 3) for p in (rgb[:band], rgb[band:, :band], rgb[band:, -band:])])
    screen = np.median(border, axis=0)
    top = screen.max()
    is_key = screen[1:].max() > _YELLOWISH * top and screen.min() < (1 - _SATURATED) * top
    if not is_key or _like(border, screen).mean() < _LEAST_SCREEN:
        return np.ones(rgb.shape[:2], np.bool_)
    other = (~_like(rgb, screen)).astype(np.uint8)
    solid = cv2.morphologyEx(other, cv2.MORPH_OPEN, _disc(_MARKER * width))
    return np.asarray(cv2.dilate(solid, _disc(_MARGIN * width)) == 0)


def _like(rgb: Array, screen: Array) -> Mask:
    """Which pixels (..., 3) have the screen's colour, lit or shaded."""
    total = np.maximum(rgb.sum(axis=-1), 1e-6)
    off = np.abs(rgb / total[..., None] - screen / max(float(screen.sum()), 1e-6)).max(axis=-1)
    return np.asarray((off < _SAME_HUE) & (total > _SHADED * screen.sum()))


def _disc(across_px: float) -> np.ndarray:
    side = 2 * max(1, round(across_px / 2)) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
