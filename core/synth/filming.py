"""One frame of a shot, filmed twice at once: on the screen stage, and as it would be in the place itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth import shadow
from pai_studio.core.synth.camera import Camera
from pai_studio.core.synth.capture.sensor import exposed
from pai_studio.core.synth.moves import draw_kind, draw_lens, make_move
from pai_studio.core.synth.people.cast import cast
from pai_studio.core.synth.people.subject import Pictured
from pai_studio.core.synth.places.catalogue import build_place
from pai_studio.core.synth.stage import build_stage


@dataclass(frozen=True)
class SceneSpec:
    """All that a scene follows from; plain data, so that another process can make the same one."""

    size: tuple[int, int]
    frames: int
    fps: float
    seed: int
    screen: Literal["green", "blue"]
    markers: bool
    mood: str | None = None
    place: str | None = None
    move: str | None = None


@dataclass(frozen=True)
class Filmed:
    """A frame's plate and its truth, (H, W, 3) linear ACEScg and (H, W).

    `composite == foreground + background * shadow * (1 - matte)` where `foreground` is premultiplied and lit by the
    place; `gain` is that light over the stage's neutral light, 1 where the subject is not.
    """

    plate: Array
    composite: Array
    background: Array
    matte: Array
    foreground: Array
    gain: Array
    shadow: Array
    camera: Camera


class Scene:
    """A place, a stage, a person and a camera move, all from one seed."""

    def __init__(self, spec: SceneSpec) -> None:
        self.spec = spec
        seconds = max(spec.frames, 2) / spec.fps
        width, height = spec.size
        kind = spec.move or draw_kind(np.random.default_rng([spec.seed, 8]))
        lens = draw_lens(np.random.default_rng([spec.seed, 9]), kind, seconds)
        self.place = build_place(spec.place, spec.seed, width, lens.longest, spec.mood)
        rng = np.random.default_rng([spec.seed, 0])
        stand, aspect = self.place.stand, width / height
        self.move = make_move(rng, kind, lens, seconds=seconds, stand=stand, aspect=aspect)
        focal = lens.longest * width
        density = float(np.clip(1.2 * focal / 8.0, 10, 165))
        self.stage = build_stage(
            spec.screen, self.place.stand, spec.markers, density, np.random.default_rng([spec.seed, 2])
        )
        lights = (self.place.light, self.stage.light)
        self.subject = cast(spec.seed, self.place.stand, seconds, lights, width / 1280)
        self.floor = shadow.FloorMap(self.place.stand)

    @cached_property
    def _sun_map(self) -> Array:
        return shadow.sun_share(self.floor, self.place.light)

    def share(self, index: int) -> float:
        """Where frame `index` lies in the shot, 0..1."""
        return index / max(self.spec.frames - 1, 1)

    def camera(self, index: int) -> Camera:
        """The camera of frame `index`, counted from 0."""
        return self.move.at(self.share(index), self.spec.size)

    def background(self, index: int) -> tuple[Array, Array]:
        """The place without the subject, and where it shows bare floor."""
        picture, floor = self.place.seen(self.camera(index))
        return _half(picture), floor

    def filmed(self, index: int) -> Filmed:
        """Frame `index`: plate and truth. Layers are rounded to half, as they are stored, before they are joined."""
        camera, share = self.camera(index), self.share(index)
        background, bare = self.background(index)
        screen, screen_floor = self.stage.seen(camera)
        bent = self.subject.bent(share)
        triangles = self.subject.skin.triangles
        in_place = shadow.place_shadow(
            self.floor, bent.points, triangles, self.place.light.to_sun, self._sun_map
        )
        on_stage = shadow.stage_shadow(self.floor, bent.points, triangles, self.stage.light.directions)
        cast = 1 - (1 - _where_mapped(self.floor, in_place, camera)) * bare
        stage_cast = 1 - (1 - _where_mapped(self.floor, on_stage, camera)) * screen_floor
        pictured = self.subject.pictured(camera, share, 1 / max(self.spec.frames - 1, 1))
        matte, stage_lit, spill, lit = _spread(pictured, screen.shape[:2])
        matte, cast, lit = _half(matte), _half(cast), _half(lit)
        gain = np.where(matte[..., None] > 0.004, lit / np.maximum(stage_lit, 1e-4), 1).clip(1 / 64, 64)
        composite = lit + background * (cast * (1 - matte))[..., None]
        plate = stage_lit + spill + screen * (stage_cast * (1 - matte))[..., None]
        return Filmed(
            exposed(plate, self.spec.seed, index),
            composite,
            background,
            matte,
            lit,
            gain.astype(np.float32),
            cast,
            camera,
        )


def _where_mapped(floor: shadow.FloorMap, left: Array, camera: Camera) -> Array:
    """The share of light that is left, on the picture; 1 beyond the map."""
    return np.asarray(1 - floor.on_picture(1 - left, camera), np.float32)


def _half(picture: Array) -> Array:
    return picture.astype(np.float16).astype(np.float32)


def _spread(pictured: Pictured | None, shape: tuple[int, int]) -> tuple[Array, Array, Array, Array]:
    """The subject's window in the whole picture: matte (H, W), and (H, W, 3) on stage, spill, in the place."""
    matte = np.zeros(shape, np.float32)
    layers = [np.zeros((*shape, 3), np.float32) for _ in range(3)]
    if pictured is not None:
        part = pictured.window.part
        matte[part] = pictured.matte
        for layer, picture in zip(layers, (pictured.stage, pictured.spill, pictured.place), strict=True):
            layer[part] = picture
    return matte, layers[0], layers[1], layers[2]
