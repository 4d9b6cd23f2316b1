"""Real footage with truth: a man with a ball before a locked-off camera, seen through still and moving windows.

The truth is the footage itself. For the plate the subject is cut out by the footage's mattes, his light is perturbed,
and he is laid over a screen of the house's stage by real compositing, spill and noise included. Screen and footage go
through the same windows, so the screen tells the camera's motion, where it tells anything. The stills are the footage's
clean plate through the anchors' windows. Where that was never revealed nothing but the subject himself is judged.

The mattes are approximate (small errors at a shoulder and between arm and body), and so is the truth of the cut-out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from pai_studio.core.evaluation.naive import Matrix
from pai_studio.core.evaluation.sets.base import BenchmarkSet, code_digest
from pai_studio.core.evaluation.sets.dealing import dealt
from pai_studio.core.evaluation.sets.layout import write_clip
from pai_studio.core.evaluation.sets.windows import KINDS, seen_through, window_path
from pai_studio.core.evaluation.sets.writing import ClipWriter
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.frame import Array
from pai_studio.core.media.pictures import read_picture
from pai_studio.core.media.still import read_still
from pai_studio.core.media.video import MovieReader
from pai_studio.core.report import Progress, Report
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import FrameRange
from pai_studio.core.synth.camera import Camera, turned
from pai_studio.core.synth.capture.form import form_of
from pai_studio.core.synth.capture.perturb import Perturbation, draw_perturbation
from pai_studio.core.synth.capture.sensor import exposed
from pai_studio.core.synth.scene import spread
from pai_studio.core.synth.stage import build_stage

NAME = "cine-juggle"
_FOLDER = "cine_juggle"
_MOVIE, _CLEAN, _UNSEEN = "05_default_juggle.mp4", "clean_plate.png", "clean_plate_unseen_mask.png"
_MATTE = "mattes/matte.{}.png"
_FIRST = 1001
_MATTES = 81
_SUBJECT_PX = (740.0, 275.0)
"""His chest, which windows keep in view."""

_SIZES = {
    "quick": (5, (512, 288), (21, 25)),
    "full": (20, (768, 432), (49, 65, 81)),
    "model": (20, (512, 288), (17, 21, 25)),
}
_FOCAL, _STAND_M = 1.55, 6.0
_SPILL = (0.10, 0.35)
"""How much of the screen's bounce the subject gets all over, and at his rim."""
_SOLID = 0.999


@dataclass(frozen=True)
class JuggleClip:
    """A window's way over the footage, from its frame `start` on."""

    name: str
    footage: str
    seed: int
    size: tuple[int, int]
    frames: int
    start: int
    references: int
    markers: bool
    screen: Literal["green", "blue"]
    move: str

    @property
    def at(self) -> None:
        """It is made."""
        return None

    def recipe(self) -> str:
        """What it is made from: the footage's contents, the renderer's code and this room's."""
        folder = Path(self.footage)
        total = hashlib.sha256()
        for path in (
            folder / _MOVIE,
            folder / _CLEAN,
            folder / _UNSEEN,
            *sorted((folder / "mattes").iterdir()),
        ):
            total.update(path.name.encode() + path.read_bytes())
        code = code_digest("synth", "evaluation/sets")
        return json.dumps(asdict(self) | {"footage": total.hexdigest(), "code": code})

    def write(self, folder: Path, report: Report) -> None:
        """Make the plate, the stills and the truth."""
        numbers = FrameRange(_FIRST, _FIRST + self.frames - 1)
        anchors = tuple(_FIRST + index for index in spread(self.frames, self.references))
        writer = ClipWriter(folder, numbers, anchors)
        with MovieReader(Path(self.footage) / _MOVIE) as movie:
            made = _Making(self, movie)
            for index, number in enumerate(numbers):
                made.frame(index, number, writer)
                report(Progress("film", index + 1, self.frames, number))
            ways = zip(numbers, made.windows, strict=True)
            writer.cameras({n: _unit(np.linalg.inv(window) @ made.windows[0]) for n, window in ways})
            writer.document(self.screen, self.seed, movie.rate)
        write_clip(folder, self.tags(made.perturbation), self.seed)

    def tags(self, light: Perturbation) -> dict[str, str | int | bool]:
        """What the report groups by."""
        return {
            "references": self.references,
            "markers": self.markers,
            "move": self.move,
            "place": "park",
            "light": light.kind,
            "moving_light": light.moving,
            "screen": self.screen,
        }


class _Making:
    """A clip's parts while it is made."""

    def __init__(self, clip: JuggleClip, movie: MovieReader) -> None:
        self.clip, self.movie = clip, movie
        self.folder = Path(clip.footage)
        self.config = ColorConfig.open()
        rng = np.random.default_rng([clip.seed, 20])
        self.windows: list[Matrix] = window_path(
            clip.move, rng, picture=movie.size, subject=_SUBJECT_PX, size=clip.size, frames=clip.frames
        )
        self.perturbation = draw_perturbation(clip.seed)
        self.clean = read_still(self.folder / _CLEAN, "", self.config)[0]
        self.unseen = read_picture(self.folder / _UNSEEN).pixels[..., 0]

    @cached_property
    def screen(self) -> tuple[Array, Array]:
        """The stage behind the subject at the footage's size, (H, W, 3), and the bounce of its light (3,)."""
        width, height = self.movie.size
        f = _FOCAL * width
        intrinsics = np.array([[f, 0, (width - 1) / 2], [0, f, (height - 1) / 2], [0, 0, 1.0]])
        camera = Camera(intrinsics, turned(0, -2.0, 0), np.array([0, 0, 1.3]), (width, height))
        rng = np.random.default_rng([self.clip.seed, 21])
        density = f / _STAND_M
        stage = build_stage(self.clip.screen, np.array([0, _STAND_M, 0.0]), self.clip.markers, density, rng)
        return stage.seen(camera)[0], stage.light.bounce

    def frame(self, index: int, number: int, writer: ClipWriter) -> None:
        """Make and write one frame."""
        clip, window = self.clip, self.windows[index]
        source = self.clip.start + index
        seen = self.config.from_srgb(self.movie.read(source))
        matte = read_picture(self.folder / _MATTE.format(_FIRST + source)).pixels[..., 0]
        plate = self._plate(seen, matte, index)

        def through(picture: Array) -> Array:
            return seen_through(window, np.ascontiguousarray(picture, np.float32), clip.size)

        own = through(matte)
        background = through(self.clean)
        unknown = np.where(own < _SOLID, through(self.unseen) > 0.01, False).astype(np.float32)
        writer.plate(number, exposed(through(plate), clip.seed, index))
        writer.truth(number, composite=through(seen), matte=own, background=background, ignore=unknown)
        if number in writer.anchors:
            writer.reference(number, background)

    def _plate(self, seen: Array, matte: Array, index: int) -> Array:
        """The subject in another light before the screen, at the footage's size.

        He is what the footage shows less the clean plate's share, F a = C - (1 - a) B; the screen's bounce colours him
        as it does the renderer's people, more at his rim.
        """
        screen, bounce = self.screen
        cover = matte[..., None]
        own = np.clip(seen - (1 - cover) * self.clean, 0, seen)
        form = form_of(matte)
        lit = self.perturbation.apply(own, matte, index / max(self.clip.frames - 1, 1), form)
        rim = _SPILL[0] + _SPILL[1] * (1 - form.ahead[..., None]) ** 2
        spill = (0.8 * own + 0.05 * cover) * rim * bounce
        return np.asarray(lit + spill + screen * (1 - cover), np.float32)


def footage_set(footage: Path, size: str, seed: int) -> BenchmarkSet:
    """The set from `footage`, which is the footage's own folder or holds it. Raises BadInput where it does not."""
    folder = footage if (footage / _MOVIE).is_file() else footage / _FOLDER
    missing = [
        name for name in (_MOVIE, _CLEAN, _UNSEEN, _MATTE.format(_FIRST)) if not (folder / name).is_file()
    ]
    if missing:
        hint = f"it needs {_MOVIE}, {_CLEAN}, {_UNSEEN} and {_MATTE.format('####')}"
        raise BadInput(f"lacks {missing[0]}", where=str(folder), hint=hint)
    return BenchmarkSet(NAME, "restore", list(_clips(folder.resolve(), size, seed)), seed)


def _clips(folder: Path, size: str, seed: int) -> Iterator[JuggleClip]:
    count, picture, lengths = _SIZES[size]
    rng = np.random.default_rng([20, seed, count])
    kinds = dealt(KINDS, count, rng)
    references, frames, screens = (dealt(pack, count, rng) for pack in ((1, 2, 3), lengths, (0, 1)))
    for number, move in enumerate(kinds):
        yield JuggleClip(
            name=f"{number + 1:02d}-{move}",
            footage=str(folder),
            seed=1000 * seed + number,
            size=picture,
            frames=frames[number],
            start=int(rng.integers(0, _MATTES - frames[number] + 1)),
            # Every still of a locked-off camera is the same one.
            references=1 if move == "locked-off" else references[number],
            markers=number % 2 == 0,
            screen="green" if screens[number] == 0 else "blue",
            move=move,
        )


def _unit(matrix: Matrix) -> Matrix:
    return np.asarray(matrix / matrix[2, 2])
