"""One frame of a shot, filmed twice at once: on the screen stage, and as it would be in the place itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from pai_studio.core.media.frame import Array
from pai_studio.core.synth import shadow
from pai_studio.core.synth.camera import Camera
from pai_studio.core.synth.capture.faults import Setting, cut, draw_fault, missing
from pai_studio.core.synth.capture.form import form_of
from pai_studio.core.synth.capture.perturb import draw_perturbation
from pai_studio.core.synth.capture.sensor import Capture, draw_capture
from pai_studio.core.synth.moves import ROTATIONS, draw_kind, draw_lens, make_move
from pai_studio.core.synth.people import keyed
from pai_studio.core.synth.people.cast import cast
from pai_studio.core.synth.people.keyed import Keyed
from pai_studio.core.synth.people.roll import open_roll
from pai_studio.core.synth.people.subject import SHUTTER, Pictured, Subject
from pai_studio.core.synth.places.catalogue import build_place
from pai_studio.core.synth.places.panorama import Panorama, open_panorama
from pai_studio.core.synth.places.place import Place
from pai_studio.core.synth.stage import build_stage

_SHARP_PX = 0.5  # a camera that moves less while the shutter is open draws no streaks
_MOST_VIEWS = 6
_NORMAL_LENS = 1.09
GAIN_FROM = 0.004
"""The matte above which the truth's gain is told."""

MOST_GAIN = 64
"""The truth's gain is held within this and one over it."""


@dataclass(frozen=True)
class SceneSpec:
    """All that a scene follows from; plain data, so that another process can make the same one.

    `mood`, `place`, `move` and `capture` are drawn from the seed where they are None.
    """

    size: tuple[int, int]
    frames: int
    fps: float
    seed: int
    screen: Literal["green", "blue"]
    markers: bool
    mood: str | None = None
    place: str | None = None
    move: str | None = None
    fault: str | None = None
    """One of `capture.faults.FAULTS`, or `any`: the plate and the given matte have it; the truth stays whole."""

    light: Literal["stage", "perturbed"] = "stage"
    """What the plate's subject is lit by: the stage, or the place, perturbed."""

    capture: Capture | None = Capture()  # noqa: RUF009 - frozen
    panorama: str | None = None
    """An equirectangular picture to be the place, which the camera then can only turn and zoom in."""

    roll: str | None = None
    """The folder of a keyed subject (`people.roll`) to be the person; the camera then keeps its place."""

    camera_blur: bool = False
    """Whether a moving camera blurs what it sees while the shutter is open; the person's own motion always does."""


@dataclass(frozen=True)
class Filmed:
    """A frame's plate and its truth, (H, W, 3) linear ACEScg and (H, W).

    `composite == foreground + background * shadow * (1 - matte)` where `foreground` is premultiplied and lit by the
    place; `gain` is that light over the light of the plate's subject, spill left out and held within `MOST_GAIN`, 1
    where the subject is not. Noise and spill are in the plate alone. With a fault, `given` is the faulty matte and
    `rebuilt` what the plate lacks of the subject.
    """

    plate: Array
    composite: Array
    background: Array
    matte: Array
    foreground: Array
    gain: Array
    shadow: Array
    camera: Camera
    given: Array | None = None
    rebuilt: Array | None = None


@dataclass(frozen=True)
class _View:
    """What a camera sees at one moment, or the mean of several: place, screen, and the person's layers."""

    background: Array
    cast: Array
    """What the person's shadow leaves of the place's light."""

    screen: Array
    """The screen, the person's shadow on it."""

    matte: Array
    stage: Array
    spill: Array
    lit: Array


class Scene:
    """A place, a stage, a person and a camera move, all from one seed."""

    def __init__(self, spec: SceneSpec) -> None:
        self.spec = spec
        seconds = max(spec.frames, 2) / spec.fps
        width, height = spec.size
        kinds = keyed.MOVES if spec.roll else ROTATIONS if spec.panorama else None
        kind = spec.move or draw_kind(np.random.default_rng([spec.seed, 8]), kinds)
        if spec.panorama and kind not in ROTATIONS:
            raise ValueError(f"a {kind} leaves the point that a panorama is seen from")
        lens = draw_lens(np.random.default_rng([spec.seed, 9]), kind, seconds)
        self.place: Place | Panorama = (
            open_panorama(spec.panorama, spec.seed, width, lens.longest)
            if spec.panorama
            else build_place(spec.place, spec.seed, width, lens.longest, spec.mood)
        )
        rng = np.random.default_rng([spec.seed, 0])
        stand, aspect = self.place.stand, width / height
        self.move = make_move(rng, kind, lens, seconds=seconds, stand=stand, aspect=aspect)
        density = float(np.clip(1.2 * lens.longest * width / 8.0, 10, 165))
        self.stage = build_stage(
            spec.screen, stand, spec.markers, density, np.random.default_rng([spec.seed, 2])
        )
        lights = (self.place.light, self.stage.light)
        detail = width / 1280 * lens.longest / _NORMAL_LENS
        self.subject: Subject | Keyed = (
            Keyed(open_roll(spec.roll), self.move, lights, spec.size, spec.seed)
            if spec.roll
            else cast(spec.seed, stand, seconds, lights, detail)
        )
        self.floor = shadow.FloorMap(stand)
        self.capture = draw_capture(spec.seed) if spec.capture is None else spec.capture
        self.fault = draw_fault(spec.seed, spec.fault) if spec.fault else None
        self.perturbation = draw_perturbation(spec.seed) if spec.light == "perturbed" else None

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
        """The place without the subject, and where it shows bare floor; without the camera's blur."""
        picture, floor = self.place.seen(self.camera(index), self.share(index))
        return _half(picture), floor

    def filmed(self, index: int) -> Filmed:
        """Frame `index`: plate and truth. Layers are rounded to half, as they are stored, before they are joined."""
        share, camera = self.share(index), self.camera(index)
        view = self._seen(share)
        composite = view.lit + view.background * (view.cast * (1 - view.matte))[..., None]
        in_plate = view.stage
        if self.perturbation is not None:
            in_plate = self.perturbation.apply(view.lit, view.matte, share, form_of(view.matte))
        light = np.maximum(in_plate * self.capture.gain, 1e-4)
        gain = np.where(view.matte[..., None] > GAIN_FROM, view.lit / light, 1).clip(1 / MOST_GAIN, MOST_GAIN)
        subject, shown, given, rebuilt = in_plate + view.spill, view.matte, None, None
        if self.fault is not None:
            at = Setting(self.subject.rest, *self.subject.solid(share), camera, view.screen)
            given = _half(self.fault.spoiled(view.matte, at, share, index))
            rebuilt = np.zeros_like(given)
            if self.fault.in_plate:
                subject, shown = cut(subject, view.matte, given), given
                rebuilt = missing(view.matte, given)
        plate = subject + view.screen * (1 - shown)[..., None]
        return Filmed(
            self.capture.exposed(plate, self.spec.seed, index),
            composite,
            view.background,
            view.matte,
            view.lit,
            gain.astype(np.float32),
            view.cast,
            camera,
            given,
            rebuilt,
        )

    def _seen(self, share: float) -> _View:
        """The mean of what is seen while the shutter is open, focused, and rounded as it is stored."""
        open_share = SHUTTER / max(self.spec.frames - 1, 1)
        count = self._views(share, open_share) if self.spec.camera_blur else 1
        at = [share + open_share * ((k + 0.5) / count - 0.5) for k in range(count)]
        sets = [self._set_seen(moment) for moment in at]
        background, cast, screen = (_mean([one[k] for one in sets]) for k in range(3))
        matte, stage, spill, lit = map(self.capture.focused, self._person(share, blurred=count > 1))
        return _View(
            _half(background),
            _half(cast),
            self.capture.focused(screen),
            _half(matte),
            stage,
            spill,
            _half(lit),
        )

    def _views(self, share: float, open_share: float) -> int:
        """How many moments blur as smoothly as a camera would that moves that far while its shutter is open."""
        box = np.array([[x, y, z] for x in (-1.5, 1.5) for y in (4.0, 12.0) for z in (0.3, 2.8)])
        ends = [self.move.at(share + side * open_share / 2, self.spec.size) for side in (-1, 1)]
        first, last = (camera.project(box)[:, :2] for camera in ends)
        gone_px = float(np.abs(last - first).max())
        return 1 if gone_px < _SHARP_PX else int(np.clip(np.ceil(gone_px), 2, _MOST_VIEWS))

    def _set_seen(self, share: float) -> tuple[Array, Array, Array]:
        """The place, what the person's shadow leaves of its light, and the screen with the person's shadow."""
        camera = self.move.at(share, self.spec.size)
        background, bare = self.place.seen(camera, share)
        screen, screen_floor = self.stage.seen(camera)
        points, triangles = self.subject.solid(share)
        in_place = shadow.place_shadow(
            self.floor, points, triangles, self.place.light, self._sun_map, share=share
        )
        on_stage = shadow.stage_shadow(self.floor, points, triangles, self.stage.light.directions)
        cast = 1 - (1 - _where_mapped(self.floor, in_place, camera)) * bare
        stage_cast = 1 - (1 - _where_mapped(self.floor, on_stage, camera)) * screen_floor
        return background, cast, screen * stage_cast[..., None]

    def _person(self, share: float, *, blurred: bool) -> tuple[Array, Array, Array, Array]:
        """The person's matte (H, W), and (H, W, 3) on the stage, the spill, and in the place."""
        width, height = self.spec.size
        camera = (
            (lambda at: self.move.at(at, self.spec.size)) if blurred else self.move.at(share, self.spec.size)
        )
        pictured = self.subject.pictured(camera, share, 1 / max(self.spec.frames - 1, 1))
        return _spread(pictured, (height, width))


def _mean(pictures: Sequence[Array]) -> Array:
    total = pictures[0].copy()
    for picture in pictures[1:]:
        total += picture
    return total / np.float32(len(pictures))


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
