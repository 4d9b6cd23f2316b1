"""Recordings of a person one light at a time, as a light stage makes them (Debevec et al. 2000).

A frame is drawn once; every light of a small fixed basis gives one premultiplied picture, and whatever the light, the
person's picture is their sum, each times its light's colour: edges, motion blur and hair included, since light adds up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pai_studio.core.media.files import whole_file
from pai_studio.core.media.frame import Array
from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.paint.raster import Window
from pai_studio.core.synth.people import shading
from pai_studio.core.synth.people.body import Skin
from pai_studio.core.synth.people.cloth import Cloth
from pai_studio.core.synth.people.drawing import Drawing, Gathered, Moment, Sun
from pai_studio.core.synth.people.shading import StageLight
from pai_studio.core.synth.places.light import Light

AMBIENT = ("sky", "bounce", "glow", "behind")
NAMED = ("stage", "spill", *AMBIENT, "lamps", "sun")
"""The lights before the basis's own directions. `stage` and `lamps` carry their own colours, the others are white."""


@dataclass(frozen=True)
class Recorded:
    """A frame's recording: `matte` (h, w) over a window of the frame and premultiplied `pictures` (L, h, w, 3)."""

    window: Window
    matte: Array
    pictures: Array

    def lit(self, weights: Array) -> Array:
        """The picture (h, w, 3) under lights of the colours (L, 3)."""
        return np.asarray(np.einsum("lhwc,lc->hwc", self.pictures, weights, optimize=True), np.float32)


@dataclass(frozen=True)
class Recorder:
    """The basis: `NAMED`, then far lights from `directions` (K, 3), unit vectors, each with the person's own shadow.

    `sun` is the place's own, its houses' shadows included; the others have nothing before them.
    """

    directions: Matrix

    @property
    def names(self) -> tuple[str, ...]:
        """The lights' names, in the order of the pictures."""
        return (*NAMED, *(f"far{k}" for k in range(len(self.directions))))

    def weights(self, light: Light) -> Array:
        """The colours (L, 3) under which the person is lit as by the place."""
        found = np.zeros((len(self.names), 3), np.float32)
        for name in AMBIENT:
            found[NAMED.index(name)] = getattr(light, name)
        found[NAMED.index("lamps")], found[NAMED.index("sun")] = 1, light.sun
        return found

    def alone(self, name: str, color: Sequence[float] | Array = (1, 1, 1)) -> Array:
        """The colours (L, 3) of one light by itself."""
        found = np.zeros((len(self.names), 3), np.float32)
        found[self.names.index(name)] = color
        return found

    def record(
        self,
        skin: Skin,
        cloth: Cloth,
        lights: tuple[Light, StageLight],
        window: Window,
        moments: list[Moment],
    ) -> Recorded:
        """Draw sub-frames under every light at once."""
        light, stage = lights
        far = [Sun(direction, None) for direction in self.directions]
        suns = [Sun(light.to_sun.astype(float), light), *far]
        lighting = shading.lighting(light, stage, np.stack([s.to_sun for s in suns]))
        stage_lit = np.zeros((shading.SUNS + len(suns), 3), np.float32)
        stage_lit[: shading.SUNS] = shading.stage_weights(stage)
        columns = [shading.SPILL, *range(shading.SKY, shading.SUNS), None]
        columns += list(range(shading.SUNS, shading.SUNS + len(suns)))
        count = 1 + len(columns)
        out = Gathered(window, len(moments), 3 * count + 1)
        for samples in Drawing(skin, cloth, lighting, light, suns).samples(window, moments):
            r, pixel = samples.response, samples.pixel
            out.add(0, pixel, r.under(stage_lit))
            for number, column in enumerate(columns, start=1):
                if column is None:
                    picture = r.albedo * r.lamps
                else:
                    picture = r.albedo * r.diffuse[:, column, None] + r.gloss[:, column, None]
                out.add(3 * number, pixel, picture)
            out.add(3 * count, pixel, np.ones((len(pixel), 1), np.float32))
        found = out.mean()
        pictures = found[..., :-1].reshape(window.height, window.width, count, 3).transpose(2, 0, 1, 3)
        return Recorded(window, found[..., -1].clip(0, 1), np.ascontiguousarray(pictures))


def even_directions(count: int) -> Matrix:
    """Unit vectors (count, 3) spread evenly over all but the lowest fifth of a sphere (a golden spiral)."""
    number = np.arange(count) + 0.5
    z = 1 - 1.6 * number / count
    angle = number * np.pi * (3 - np.sqrt(5))
    flat = np.sqrt(1 - z * z)
    return np.stack([flat * np.cos(angle), flat * np.sin(angle), z], axis=1)


@dataclass(frozen=True)
class Clip:
    """A shot's recordings, one a frame (None where the person is out of the picture), with what they were lit by."""

    size: tuple[int, int]
    directions: Matrix
    frames: tuple[Recorded | None, ...]

    def save(self, path: Path) -> None:
        """Write one compressed npz of half floats; values beyond half's largest, 65504, are refused (ValueError)."""
        parts: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]] = {
            "size": np.array(self.size),
            "directions": self.directions,
            "count": np.array(len(self.frames)),
        }
        for number, frame in enumerate(self.frames):
            if frame is None:
                continue
            if float(np.abs(frame.pictures).max(initial=0)) > float(np.finfo(np.float16).max):
                raise ValueError(f"frame {number} is brighter than half floats hold")
            w = frame.window
            parts[f"window{number}"] = np.array([w.x, w.y, w.width, w.height])
            parts[f"matte{number}"] = frame.matte.astype(np.float16)
            parts[f"pictures{number}"] = frame.pictures.astype(np.float16)
        with whole_file(path) as temp, temp.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **parts)

    @classmethod
    def load(cls, path: Path) -> Clip:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as parts:
            frames: list[Recorded | None] = []
            for number in range(int(parts["count"])):
                if f"window{number}" not in parts:
                    frames.append(None)
                    continue
                x, y, width, height = (int(n) for n in parts[f"window{number}"])
                matte = parts[f"matte{number}"].astype(np.float32)
                pictures = parts[f"pictures{number}"].astype(np.float32)
                frames.append(Recorded(Window(x, y, width, height), matte, pictures))
            width, height = (int(n) for n in parts["size"])
            return cls((width, height), parts["directions"], tuple(frames))
