"""A shot's pictures from its files: plate, mattes and stills, in the working space."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from functools import partial
from operator import itemgetter
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.frame import Array, Box, Image, PlateFrame, Still
from pai_studio.core.media.geometry import fit_placement
from pai_studio.core.media.limits import LIMITS, Limits
from pai_studio.core.media.mattes import GivenMatte
from pai_studio.core.media.plates import Plate, open_plate
from pai_studio.core.media.readahead import read_ahead
from pai_studio.core.media.repairs import Repairs, clean, clean_pixels
from pai_studio.core.media.still import read_still
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import BadInput, PaiError, UnreadableImage
from pai_studio.core.shot.frames import FrameRange

_INSIDE = (1 / 6, 1 / 2, 5 / 6)
"""Shares of a shot's length at which `few` frames lie."""


class FileSource:
    """Implements `engines.base.ShotSource`: looks at every file at once, decodes frames when they are asked for.

    `frame`, `image` and any number of streams may be used from several threads.
    Raises MissingFrames, BadInput, UnreadableImage or UnknownColorSpace before anything is decoded.
    """

    def __init__(
        self, shot: Shot, config: ColorConfig, limits: Limits = LIMITS, *, depth: int = 4, threads: int = 2
    ) -> None:
        self.shot = shot
        self.config = config
        self.frames: FrameRange = shot.all_frames
        self._depth = depth
        self._lock = threading.Lock()
        self._repairs: dict[int, dict[str, Repairs]] = {}
        self._space = config.require(shot.plate.colorspace)
        self._is_linear = config.is_linear(self._space)
        self._plate = open_plate(shot, self.frames, config, limits, threads)
        self._notes: list[str] = [f"plate: {note}" for note in self._plate.notes]
        if config.is_data(self._space):
            self._notes.append(
                f"plate: {self._space!r} is data and no colour: its numbers are taken as light"
            )
        if not config.works_in_acescg:
            self._notes.append(
                f"config: {config.working!r} has other primaries than ACEScg: key, despill and relight are off"
            )
        self.display = self._plate.format.display
        self._check_alpha()
        self._mattes = {
            name: given
            for name in ("alpha", "garbage", "core")
            if (given := self._matte(name, limits)) is not None
        }
        self._notes += [matte.note for matte in self._mattes.values() if matte.note]
        self.stills: list[Still] = [self._still(index, limits) for index in range(len(shot.references))]

    @property
    def notes(self) -> list[str]:
        """What is worth knowing of the files, and of every frame read so far that held NaN or Inf."""
        with self._lock:
            repairs = [(n, what, r) for n, each in sorted(self._repairs.items()) for what, r in each.items()]
        return self._notes + [
            f"{what}: frame {number}: {found.nan} NaN and {found.inf} Inf replaced"
            for number, what, found in repairs
        ]

    @property
    def layer(self) -> str:
        """The layer that the picture of an `image` forms, by the names of its channels."""
        return self._plate.prefix.removesuffix(".") or "rgba"

    def repaired(self, number: int) -> Repairs:
        """How many NaN and Inf of a frame, in its plate and mattes, were replaced when it was last read."""
        with self._lock:
            return sum(self._repairs.get(number, {}).values(), Repairs())

    def frame(self, number: int) -> PlateFrame:
        """One frame, decoded now."""
        image = self._cleaned(self._plate.read(number, others=False), number)
        return self._assembled(image, number)

    def image(self, number: int) -> Image:
        """One frame with every channel that can be carried through, in the plate's own space and values.

        Its picture is named R, G, B(, A), behind `plate.layer` and a dot where that is not rgba.
        """
        return self._cleaned(self._plate.read(number, others=True), number)

    def stream(self, numbers: Iterable[int]) -> Generator[PlateFrame]:
        """Those frames in order, decoded ahead in the background; who waits for the next holds none of them."""
        with closing(self._ahead(numbers, others=False)) as pairs:
            yield from map(itemgetter(0), pairs)

    def stream_pairs(self, numbers: Iterable[int]) -> Generator[tuple[PlateFrame, Image]]:
        """As `stream`, each frame with its `image`, decoded once for both."""
        return self._ahead(numbers, others=True)

    def few(self) -> Iterator[PlateFrame]:
        """Up to three frames from inside the whole shot, where no slate and no fade is, decoded one by one.

        One that is damaged is left out: who asked for other frames is not to be held up by it.
        """
        numbers = list(self.frames)
        for number in dict.fromkeys(numbers[int(share * len(numbers))] for share in _INSIDE):
            try:
                frame = self.frame(number)
            except UnreadableImage:
                continue
            yield frame

    def close(self) -> None:
        """Let go of open files."""
        self._plate.close()

    def _ahead(self, numbers: Iterable[int], *, others: bool) -> Generator[tuple[PlateFrame, Image]]:
        with closing(self._plate.session()) as plate:
            jobs = (partial(self._pair, plate, number, others=others) for number in numbers)
            yield from read_ahead(jobs, self._depth, plate.threads)

    def _pair(self, plate: Plate, number: int, *, others: bool) -> tuple[PlateFrame, Image]:
        image = self._cleaned(plate.read(number, others=others), number)
        return self._assembled(image, number), image

    def _cleaned(self, image: Image, number: int) -> Image:
        image, repairs = clean(image)
        self._count("plate", number, repairs)
        return image

    def _count(self, what: str, number: int, repairs: Repairs) -> None:
        """Remember what the last reading of a frame had to replace; a shot is read several times."""
        if repairs:
            with self._lock:
                self._repairs.setdefault(number, {})[what] = repairs

    def _assembled(self, image: Image, number: int) -> PlateFrame:
        plate = self.shot.plate
        canvas = self.display.union(image.data_window)
        rgb, alpha = self._picture(image)
        if not self._is_linear:
            # Code values far beyond 1 overflow where a log curve is undone.
            rgb, repairs = clean_pixels(rgb)
            self._count(f"plate in {self.config.working}", number, repairs)
        covered: npt.NDArray[np.bool_] | None = None
        if canvas != image.data_window:
            rows, columns = image.data_window.slices_in(canvas)
            covered = np.zeros(canvas.shape, bool)
            covered[rows, columns] = True
            rgb = _padded(rgb, canvas, rows, columns)
            alpha = None if alpha is None else _padded(alpha, canvas, rows, columns)
        given: dict[str, Array] = {}
        for name, matte in self._mattes.items():
            given[name], repairs = matte.over(number, canvas, image.pixel_aspect)
            self._count(matte.key, number, repairs)
        return PlateFrame(
            number=number,
            rgb=rgb,
            canvas=canvas,
            display=self.display,
            pixel_aspect=image.pixel_aspect,
            alpha=given.get("alpha", alpha),
            premultiplied=plate.alpha == "premultiplied",
            # A matte over an unkeyed plate leaves the old background in the edges, whatever the screen.
            keyed=plate.alpha == "premultiplied" or (plate.alpha == "straight" and plate.screen == "none"),
            garbage=given.get("garbage"),
            core=given.get("core"),
            inside=covered,
        )

    def _picture(self, image: Image) -> tuple[Array, Array | None]:
        """The picture in the working space and, where the document says that the plate has one, its alpha."""
        kind = self.shot.plate.alpha
        if kind == "none":
            # The picture's channels come first; up to four of them go to OpenColorIO as they lie.
            planes = image.pixels if image.pixels.shape[2] <= 4 else image.pixels[..., :3]
            return self.config.convert_rgb(planes, self._space, self.config.working), None
        alpha = np.ascontiguousarray(np.clip(image.pixels[..., 3], 0, 1))
        rgb = image.pixels[..., :3]
        if kind == "straight" or self._is_linear:
            return self.config.convert_rgb(rgb, self._space, self.config.working), alpha
        # Code values were multiplied, not light: divide, convert, multiply.
        safe = np.where(alpha > 0, alpha, 1)[..., None]
        light = self.config.convert_rgb(np.ascontiguousarray(rgb / safe), self._space, self.config.working)
        return light * alpha[..., None], alpha

    def _check_alpha(self) -> None:
        plate = self.shot.plate
        if plate.alpha != "none" and not self._plate.format.has_alpha:
            hint = 'set plate.alpha to "none", or give mattes.alpha'
            raise BadInput(
                f"plate.alpha is {plate.alpha!r}, but there is no alpha", where=plate.files, hint=hint
            )
        if plate.alpha == "premultiplied" and self.shot.mattes.alpha.files:
            hint = "leave mattes.alpha out, or write the plate straight"
            raise BadInput("mattes.alpha is given for a premultiplied plate", where=plate.files, hint=hint)

    def _matte(self, name: str, limits: Limits) -> GivenMatte | None:
        matte = getattr(self.shot.mattes, name)
        return GivenMatte.of(f"mattes.{name}", matte, self.frames, self.display, limits)

    def _still(self, index: int, limits: Limits) -> Still:
        reference = self.shot.references[index]
        path = Path(reference.file)
        try:
            rgb, space, note = read_still(path, reference.colorspace, self.config, limits)
        except PaiError as error:
            error.where = f"references[{index}] {error.where}"
            raise
        if not reference.colorspace:
            self._notes.append(f"references[{index}]: {path.name} is taken to be {space!r}")
        if note:
            self._notes.append(f"references[{index}]: {path.name}: {note}")
        size = rgb.shape[1], rgb.shape[0]
        placement = fit_placement(size, self.display, self._plate.format.pixel_aspect, reference.fit)
        return Still(rgb, reference.frame, placement, path.name)


def _padded(pixels: Array, canvas: Box, rows: slice, columns: slice) -> Array:
    out = np.zeros((*canvas.shape, *pixels.shape[2:]), np.float32)
    out[rows, columns] = pixels
    return out
