"""A whole clip on a device: plate and truth, from a scene whose person was drawn once, under any light.

Drawing a person is the CPU's work and the slowest part, so it is done once, one light at a time (`stage`); places,
cameras, screens, shadows, light and compositing are tensors. The same person may then be lit by any weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pai_studio.core.media.files import whole_file
from pai_studio.core.media.frame import Array
from pai_studio.core.synth import shadow
from pai_studio.core.synth.camera import Camera
from pai_studio.core.synth.device.panorama import DevicePanorama
from pai_studio.core.synth.device.place import DevicePlace
from pai_studio.core.synth.device.quads import see, upload
from pai_studio.core.synth.device.textures import sample
from pai_studio.core.synth.filming import GAIN_FROM, MOST_GAIN, Scene
from pai_studio.core.synth.people.keyed import Keyed
from pai_studio.core.synth.people.recording import Clip, Recorder, even_directions
from pai_studio.core.synth.places.panorama import Panorama

FAR_LIGHTS = 6
Halves = npt.NDArray[np.float16]


@dataclass(frozen=True)
class Staged:
    """What is drawn on the CPU, once: the person under each light, and what its shadows leave of the floors' light.

    The maps are (T, side, side) over `shadow.FloorMap`'s cells, half floats.
    """

    person: Clip
    in_place: Halves
    on_stage: Halves

    def save(self, folder: Path) -> None:
        """Write `person.npz` and `shadows.npz` into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self.person.save(folder / "person.npz")
        with whole_file(folder / "shadows.npz") as temp, temp.open("wb") as file:
            np.savez_compressed(file, in_place=self.in_place, on_stage=self.on_stage)

    @classmethod
    def load(cls, folder: Path) -> Staged:
        """Read what `save` wrote."""
        person = Clip.load(folder / "person.npz")
        with np.load(folder / "shadows.npz", allow_pickle=False) as parts:
            return cls(person, parts["in_place"], parts["on_stage"])


def stage(scene: Scene, far_lights: int = FAR_LIGHTS) -> Staged:
    """Draw every frame's person of a scene, under the basis of `Recorder` with `far_lights` far lights.

    Raises ValueError for a scene whose camera blurs, as here each frame has one camera, and for a keyed subject.
    """
    if scene.spec.camera_blur:
        raise ValueError("a camera's own blur is not drawn on the device")
    subject = scene.subject
    if isinstance(subject, Keyed):
        raise ValueError("a keyed subject is not drawn on the device: it has no recording light by light")
    directions = even_directions(far_lights)
    recorder = Recorder(directions)
    light, set_light = scene.place.light, scene.stage.light
    sun = shadow.sun_share(scene.floor, light)
    frame_share = 1 / max(scene.spec.frames - 1, 1)
    recorded, in_place, on_stage = [], [], []
    for index in range(scene.spec.frames):
        share, camera = scene.share(index), scene.camera(index)
        recorded.append(subject.recorded(camera, share, frame_share, recorder))
        points, triangles = subject.solid(share)
        in_place.append(shadow.place_shadow(scene.floor, points, triangles, light, sun, share=share))
        on_stage.append(shadow.stage_shadow(scene.floor, points, triangles, set_light.directions))
    clip = Clip(scene.spec.size, directions, tuple(recorded))
    return Staged(clip, np.stack(in_place).astype(np.float16), np.stack(on_stage).astype(np.float16))


@dataclass(frozen=True)
class DeviceFilmed:
    """Frames of plate and truth, (T, 3, H, W) and (T, 1, H, W), as `filming.Filmed` has them, linear ACEScg.

    The plate is the set as it is: without a camera's noise, focus and exposure, faults and perturbed light.

    `composite == foreground + background * shadow * (1 - matte)`, exactly.
    """

    plate: Tensor
    composite: Tensor
    background: Tensor
    matte: Tensor
    foreground: Tensor
    gain: Tensor
    shadow: Tensor


class DeviceScene:
    """A scene whose place, screen and staged person lie on the device."""

    def __init__(self, scene: Scene, staged: Staged, device: torch.device) -> None:
        self.scene, self.staged, self.device = scene, staged, device
        place = scene.place
        self._place: DevicePlace | DevicePanorama = (
            DevicePanorama(place, device) if isinstance(place, Panorama) else DevicePlace(place, device)
        )
        self._wall, self._floor = upload(scene.stage.wall, device), upload(scene.stage.floor, device)
        self._recorder = Recorder(staged.person.directions)

    @property
    def place_weights(self) -> Array:
        """The colours (L, 3) of the person's lights in the place."""
        return self._recorder.weights(self.scene.place.light)

    def filmed(self, indices: Sequence[int], weights: Array | None = None) -> DeviceFilmed:
        """Those frames, with the person lit by the place, or by lights of the colours `weights` (L, 3)."""
        cameras = [self.scene.camera(index) for index in indices]
        shares = [self.scene.share(index) for index in indices]
        background, bare = self._place.seen(cameras, shares)
        screen, screen_floor = self._screen(cameras)
        cast = 1 - self._hidden(self.staged.in_place, indices, cameras) * bare
        set_cast = 1 - self._hidden(self.staged.on_stage, indices, cameras) * screen_floor
        set_lights = [
            self._recorder.alone("stage"),
            self._recorder.alone("spill", self.scene.stage.light.bounce),
        ]
        in_place = self.place_weights if weights is None else weights
        matte, (stage_lit, spill, lit) = self._person(indices, [*set_lights, in_place])
        composite = lit + background * cast * (1 - matte)
        plate = stage_lit + spill + screen * set_cast * (1 - matte)
        gain = torch.where(matte > GAIN_FROM, lit / stage_lit.clamp(min=1e-4), 1).clamp(
            1 / MOST_GAIN, MOST_GAIN
        )
        return DeviceFilmed(plate, composite, background, matte, lit, gain, cast)

    def _screen(self, cameras: Sequence[Camera]) -> tuple[Tensor, Tensor]:
        """The screen without the person (T, 3, H, W), and where it is floor (T, 1, H, W)."""
        width, height = cameras[0].size
        picture = torch.zeros(len(cameras), 3, height, width, device=self.device)
        floor = torch.zeros(len(cameras), 1, height, width, device=self.device)
        for quad in (self._wall, self._floor):
            found = see(quad, cameras)
            if found is None:
                continue
            at = (slice(None), slice(None), *found.part)
            picture[at] = found.rgb + picture[at] * (1 - found.alpha)
            if quad is self._floor:
                floor[at] = found.alpha
        return picture, floor

    def _hidden(self, maps: Halves, indices: Sequence[int], cameras: Sequence[Camera]) -> Tensor:
        """What shadows take of the floor's light as each camera sees it, (T, 1, H, W); 0 outside the map."""
        width, height = cameras[0].size
        x = torch.arange(width, dtype=torch.float32, device=self.device)[None, :]
        y = torch.arange(height, dtype=torch.float32, device=self.device)[:, None]
        found = []
        for index, camera in zip(indices, cameras, strict=True):
            m = np.linalg.inv(self.scene.floor.to_pixel(camera))
            w = m[2, 0] * x + (m[2, 1] * y + m[2, 2])
            u = (m[0, 0] * x + (m[0, 1] * y + m[0, 2])) / w
            v = (m[1, 0] * x + (m[1, 1] * y + m[1, 2])) / w
            taken = 1 - torch.from_numpy(maps[index].astype(np.float32)).to(self.device)
            found.append(sample(taken[None, None], u[None], v[None], "zeros")[0])
        return torch.stack(found)

    def _person(self, indices: Sequence[int], lights: Sequence[Array]) -> tuple[Tensor, list[Tensor]]:
        """The person's matte (T, 1, H, W), and its premultiplied picture (T, 3, H, W) under each of the lights."""
        width, height = self.scene.spec.size
        weights = torch.from_numpy(np.stack(lights)).to(self.device)
        matte = torch.zeros(len(indices), 1, height, width, device=self.device)
        layers = torch.zeros(len(lights), len(indices), 3, height, width, device=self.device)
        for number, index in enumerate(indices):
            frame = self.staged.person.frames[index]
            if frame is None:
                continue
            rows, columns = frame.window.part
            matte[number, 0, rows, columns] = torch.from_numpy(frame.matte).to(self.device)
            pictures = torch.from_numpy(frame.pictures).to(self.device)
            layers[:, number, :, rows, columns] = torch.einsum("lhwc,nlc->nchw", pictures, weights)
        return matte, list(layers)
