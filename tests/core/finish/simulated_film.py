"""Films for finishing to be measured on: synthetic shots at the plate's size with their truth, kept in a folder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from pai_studio.core import synth
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.frame import Array, Box
from pai_studio.core.media.geometry import fit_placement
from pai_studio.core.media.still import read_still
from pai_studio.core.motion.flow import grid
from pai_studio.core.motion.resample import sample
from pai_studio.core.synth.capture.sensor import Capture
from pai_studio.core.synth.filming import Scene, SceneSpec

FIRST = 1001
RATE = Fraction(24)
HD, UHD = (1920, 1080), (3840, 2160)

_PHOTO_ZOOM = 1.3
"""A photograph reaches so much farther than the first frame, so that a camera may turn."""


@dataclass(frozen=True)
class Film:
    """What is filmed; everything else follows from it.

    Of `length` frames those at the indices `at` are filmed, or the first of them alone, `held` times over, as in a
    shot where nothing moves but the noise. The stills are what stands behind the subject at the indices `stills`, as
    another photograph of it: a little larger, brighter and warmer.
    """

    seed: int
    size: tuple[int, int] = HD
    place: str = "street"
    move: str = "static"
    length: int = 9
    at: tuple[int, ...] = (4,)
    stills: tuple[int, ...] = (0,)
    focus_px: float = 0.0
    """Softness of the subject, as `Capture.focus_px`."""

    noise: float = 1.0
    quality: int | None = None
    """The plate's own codec: H.264's rate factor."""

    held: int = 0
    panorama: str = ""
    """A panorama that lights the subject, in place of `place`."""

    photograph: str = ""
    """A picture file that stands behind instead of the panorama's blur, seen by a camera that only turns."""

    lamp: float = 0.0
    """The light of a disc in the upper left, in the place and in its stills."""


@dataclass(frozen=True)
class Truth:
    """One filmed frame over the plate, (H, W[, 3]): `clean` is the plate without noise, the rest as in `Filmed`."""

    clean: Array
    background: Array
    matte: Array
    foreground: Array
    gain: Array
    shadow: Array

    @cached_property
    def composite(self) -> Array:
        """The subject in the place."""
        return self.foreground + self.background * (self.shadow * (1 - self.matte))[..., None]


def filmed(film: Film, folder: Path) -> tuple[dict[int, Truth], dict[int, Array]]:
    """The truth by frame number and the places behind the stills by index, from the folder where they are there."""
    named = replace(film, noise=1.0, quality=None, lamp=0.0, held=0)
    path = folder / f"{_digest(named)}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _film(named, path)
    with np.load(path) as stored:
        kept = {name: stored[name].astype(np.float32) for name in stored.files}
    names = [field.name for field in fields(Truth)]
    truths = [Truth(**{name: kept[f"{name}.{index}"] for name in names}) for index in film.at]
    behind = {index: kept[f"still.{index}"] for index in film.stills}
    if film.lamp:
        truths = [replace(truth, background=_lit(truth.background, film.lamp)) for truth in truths]
        behind = {index: _lit(pixels, film.lamp) for index, pixels in behind.items()}
    if film.held:
        truths = truths[:1] * film.held
        return {FIRST + index: truth for index, truth in enumerate(truths)}, behind
    return {FIRST + index: truth for index, truth in zip(film.at, truths, strict=True)}, behind


def _digest(film: Film) -> str:
    """What a film follows from: what it is, and the code that films it."""
    found = hashlib.sha256(repr(film).encode())
    for file in sorted(Path(synth.__file__).parent.rglob("*.py")):
        found.update(file.read_bytes())
    return found.hexdigest()[:16]


def lamp_of(size: tuple[int, int]) -> Array:
    """Where a film's lamp is, (H, W) in 0..1: a disc, and a halo of 2% around it."""
    width, height = size
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    away = np.hypot(columns - 0.22 * width, rows - 0.2 * height) / (0.012 * width)
    return np.asarray(np.clip((1 - away) * 20, 0, 1) + 0.02 / (1 + (away / 1.5) ** 4), np.float32)


def _lit(picture: Array, lamp: float) -> Array:
    share = lamp_of((picture.shape[1], picture.shape[0]))[..., None]
    return np.asarray(picture * np.maximum(1 - share, 0) + lamp * share, np.float32)


def _film(film: Film, path: Path) -> None:
    """Film it and keep it as halves."""
    capture = Capture(noise=0.0, focus_px=film.focus_px)
    spec = SceneSpec(
        film.size, film.length, float(RATE), film.seed, "green", True, None, film.place, film.move, None, "stage",
        capture, film.panorama or None,
    )  # fmt: skip
    scene = Scene(spec)
    kept = {}
    for index in film.at:
        filmed = scene.filmed(index)
        behind = _behind(film, scene, index)
        found = Truth(filmed.plate, behind, filmed.matte, filmed.foreground, filmed.gain, filmed.shadow)
        kept |= {f"{field.name}.{index}": getattr(found, field.name) for field in fields(Truth)}
    kept |= {f"still.{index}": _behind(film, scene, index) for index in film.stills}
    part = path.with_name(f"{path.stem}.part.npz")
    np.savez(
        part, **{name: np.clip(values, -65504, 65504).astype(np.float16) for name, values in kept.items()}
    )
    part.rename(path)


def _behind(film: Film, scene: Scene, index: int) -> Array:
    """The place behind the subject at an index: the scene's own, or the photograph as the turned camera sees it."""
    if not film.photograph:
        return scene.background(index)[0]
    rgb, _, _ = read_still(film.photograph, "", ColorConfig.open(""))
    wide, high = film.size
    first, here = scene.camera(0), scene.camera(index)
    turned = here.intrinsics @ here.rotation @ np.linalg.inv(first.intrinsics @ first.rotation)
    placed = fit_placement((rgb.shape[1], rgb.shape[0]), Box(0, 0, wide, high))
    middle = np.array([[1, 0, (wide - 1) / 2], [0, 1, (high - 1) / 2], [0, 0, 1]])
    larger = middle @ np.diag([_PHOTO_ZOOM, _PHOTO_ZOOM, 1]) @ np.linalg.inv(middle)
    return sample(rgb, grid(np.linalg.inv(turned @ larger @ placed), film.size), cv2.INTER_CUBIC)


def half(picture: Array) -> Array:
    """Rounded to what a half holds."""
    return np.asarray(picture, np.float16).astype(np.float32)
