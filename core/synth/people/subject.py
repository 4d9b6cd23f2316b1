"""The person in a shot: bent, drawn with motion blur, and lit twice: by the stage and by the place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Camera
from pai_studio.core.synth.paint import raster
from pai_studio.core.synth.paint.raster import Window
from pai_studio.core.synth.people import body, shading
from pai_studio.core.synth.people.cloth import Cloth
from pai_studio.core.synth.people.drawing import Bent, Drawing, Gathered, Moment, Sun
from pai_studio.core.synth.people.hair import Hair
from pai_studio.core.synth.people.looks import Look
from pai_studio.core.synth.people.motion import Motion
from pai_studio.core.synth.people.recording import Recorded, Recorder
from pai_studio.core.synth.people.shading import StageLight
from pai_studio.core.synth.people.skeleton import HEAD
from pai_studio.core.synth.places.light import Light

Cameras = Camera | Sequence[Camera] | Callable[[float], Camera]
"""One camera for all of a frame, one a sub-frame in order, or the camera by the share of the shot."""

SHUTTER = 0.5
"""The share of a frame's time that the shutter is open, half of it before the frame's own moment."""
_SUBFRAMES = (3, 9)
_STEP_PX = 2.5  # sub-frames are added until nothing moves farther between two of them
_LAG_S = 0.10  # how long hair's tips stay behind


@dataclass(frozen=True)
class Pictured:
    """The subject over a window of the frame, premultiplied: (h, w, 3) under the stage's light without and with the
    screen's spill, and under the place's; `matte` (h, w)."""

    window: Window
    matte: Array
    stage: Array
    spill: Array
    place: Array


class Subject:
    """A person, made once from a look and a motion, under the lights of a place and of a stage.

    `detail` is the person's size in the picture over that of a normal lens at 1280 pixels.
    """

    def __init__(
        self, look: Look, motion: Motion, lights: tuple[Light, StageLight], detail: float, seed: int
    ) -> None:
        self.look, self.motion = look, motion
        self.light, self.stage = lights
        self.skin = body.make_skin(look, float(np.clip(0.019 / detail, 0.017, 0.034)))
        self._thin = body.thin(self.skin, 7)
        self.hair = Hair(look, np.random.default_rng([seed, 5]), int(np.clip(1000 * detail, 260, 1600)))
        self.cloth = Cloth(look, np.random.default_rng([seed, 6]))
        sun = self.light.to_sun.astype(float)
        lighting = shading.lighting(self.light, self.stage, sun[None])
        self._drawing = Drawing(self.skin, self.cloth, lighting, self.light, [Sun(sun, self.light)])
        stage, spill = shading.stage_weights(self.stage), shading.spill_weights(self.stage)
        none = np.zeros((1, 3), np.float32)
        self._weights = (
            np.concatenate([stage, none]),
            np.concatenate([spill, none]),
            shading.place_weights(self.light),
        )

    def bent(self, share: float) -> Bent:
        """The person at `share` of the shot (a little before 0 and after 1 too)."""
        bones = self.motion.bones(share)
        points, normals = body.skinned(self.skin, bones)
        seconds = self.motion.seconds
        before = self.motion.bones(share - _LAG_S / seconds)[HEAD]
        return Bent(points, normals, self.hair.strands(bones[HEAD], before, share * seconds))

    @property
    def rest(self) -> Array:
        """The skin's vertices at rest (V, 3)."""
        return self.skin.points

    def solid(self, share: float) -> tuple[Array, npt.NDArray[np.int32]]:
        """The skin at `share`: its vertices (V, 3) in the world and its triangles (T, 3)."""
        return self.bent(share).points, self.skin.triangles

    def pictured(self, camera: Cameras, share: float, frame_share: float) -> Pictured | None:
        """The frame at `share`, of which it lasts `frame_share`; None when the person is out of the picture.

        Its sub-frames are spread over the open shutter, half the frame about `share`; the more of them the faster
        the person moves in the picture, or as many as cameras are given.
        """
        moments = self.moments(camera, share, frame_share)
        window = _window(moments)
        if window is None:
            return None
        out = Gathered(window, len(moments), 10)
        weights = self._weights
        for samples in self._drawing.samples(window, moments):
            response = samples.response
            parts = [response.under(w) for w in weights]
            parts[2] = parts[2] + response.albedo * response.lamps
            out.add(0, samples.pixel, np.concatenate(parts, axis=1))
            out.add(9, samples.pixel, np.ones((len(samples.pixel), 1), np.float32))
        pictures = out.mean()
        return Pictured(
            window, pictures[..., 9].clip(0, 1), pictures[..., 0:3], pictures[..., 3:6], pictures[..., 6:9]
        )

    def recorded(
        self, camera: Cameras, share: float, frame_share: float, lights: Recorder
    ) -> Recorded | None:
        """The frame as `pictured` draws it, one picture a light; None when the person is out of the picture."""
        moments = self.moments(camera, share, frame_share)
        window = _window(moments)
        if window is None:
            return None
        return lights.record(self.skin, self.cloth, (self.light, self.stage), window, moments)

    def moments(self, camera: Cameras, share: float, frame_share: float) -> list[Moment]:
        """The sub-frames of a frame."""
        open_share = frame_share * SHUTTER
        given = len(camera) if isinstance(camera, Sequence) else None
        count = self._needed(camera, share, open_share) if given is None else given
        found = []
        for number in range(count):
            at = share + open_share * ((number + 0.5) / count - 0.5)
            found.append(Moment(self.bent(at), _camera(camera, number, at), at))
        return found

    def _needed(self, camera: Cameras, share: float, open_share: float) -> int:
        """How many sub-frames leave no visible steps in what moves fastest."""
        ends = []
        for at in (share - open_share / 2, share + open_share / 2):
            points = body.skinned(self._thin, self.motion.bones(at))[0]
            ends.append(_camera(camera, 0, at).project(points)[:, :2])
        moved = float(np.percentile(np.linalg.norm(ends[1] - ends[0], axis=1), 99.5))
        return int(np.clip(np.ceil(moved / _STEP_PX), *_SUBFRAMES))


def _camera(camera: Cameras, number: int, share: float) -> Camera:
    if isinstance(camera, Camera):
        return camera
    return camera[number] if isinstance(camera, Sequence) else camera(share)


def _window(moments: list[Moment]) -> Window | None:
    """What all sub-frames are drawn in; None when all of them miss the picture."""
    seen = [
        moment.camera.project(np.concatenate([moment.bent.points, moment.bent.strands.points.reshape(-1, 3)]))
        for moment in moments
    ]
    return raster.window_of(np.concatenate(seen)[:, :2], moments[0].camera.size, 3)
