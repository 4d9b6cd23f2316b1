"""Windows that move over a picture of a locked-off camera, as a virtual camera does that turns and zooms.

A window is the 3x3 from the clip's pixels to the picture's. The picture is resampled once, and every layer by the same
matrices, so the truth of such a camera is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from pai_studio.core.evaluation.naive import Matrix
from pai_studio.core.media.frame import Array
from pai_studio.core.motion.homography import apply, corners

_SAMPLES = 3
"""Each pixel of a window is the mean of so many samples across and down: enough for windows that reduce by three."""
_INSET_PX = 2.0

Size = tuple[int, int]


@dataclass(frozen=True)
class Framing:
    """What the window shows at one moment: its centre and width in the picture's pixels, its roll in degrees."""

    x: float
    y: float
    width: float
    roll: float = 0.0

    def matrix(self, size: Size) -> Matrix:
        """The 3x3 from pixel centres of a clip of `size` (width, height) to those of the picture."""
        step = self.width / size[0]
        a = np.radians(self.roll)
        turn = step * np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
        middle = np.array([(size[0] - 1) / 2, (size[1] - 1) / 2])
        shift = np.array([self.x, self.y]) - turn @ middle
        return np.array([[*turn[0], shift[0]], [*turn[1], shift[1]], [0, 0, 1.0]])


@dataclass(frozen=True)
class _Field:
    """The picture that windows move over, and the point that they keep in view."""

    picture: Size
    subject: tuple[float, float]
    aspect: float

    def kept(self, framing: Framing) -> Framing:
        """The framing pushed inside the picture, corners and all."""
        a = np.radians(abs(framing.roll))
        half_w, half_h = framing.width / 2, framing.width / self.aspect / 2
        reach_x = half_w * np.cos(a) + half_h * np.sin(a) + _INSET_PX
        reach_y = half_w * np.sin(a) + half_h * np.cos(a) + _INSET_PX
        x = float(np.clip(framing.x, reach_x, max(reach_x, self.picture[0] - 1 - reach_x)))
        y = float(np.clip(framing.y, reach_y, max(reach_y, self.picture[1] - 1 - reach_y)))
        return Framing(x, y, framing.width, framing.roll)


Path = Callable[[float], Framing]
Draw = Callable[[np.random.Generator, _Field], Path]


def _ease(share: float) -> float:
    return share * share * (3 - 2 * share) * 0.6 + share * 0.4


def _between(field: _Field, start: Framing, end: Framing) -> Path:
    """From one framing to another, both pushed inside the picture; the width goes at a constant ratio."""
    first, last = field.kept(start), field.kept(end)

    def at(share: float) -> Framing:
        e = _ease(share)
        width = first.width * (last.width / first.width) ** e
        return Framing(first.x + (last.x - first.x) * e, first.y + (last.y - first.y) * e, width)

    return at


def _locked(rng: np.random.Generator, field: _Field) -> Path:
    width = field.picture[0] * float(rng.uniform(0.86, 0.98))
    framing = Framing(*field.subject, width)
    return lambda _: framing


def _pan(rng: np.random.Generator, field: _Field) -> Path:
    width = field.picture[0] * float(rng.uniform(0.58, 0.68))
    reach = field.picture[0] * float(rng.uniform(0.10, 0.17)) * float(rng.choice([-1, 1]))
    x, y = field.subject
    return _between(field, Framing(x - reach, y, width), Framing(x + reach, y, width))


def _tilt(rng: np.random.Generator, field: _Field) -> Path:
    width = field.picture[0] * float(rng.uniform(0.58, 0.66))
    ends = (0.0, float(field.picture[1]))
    low, high = ends if rng.random() < 0.5 else ends[::-1]
    x = field.subject[0] + float(rng.uniform(-40, 40))
    room = (field.picture[1] - width / field.aspect) / 2
    middle = field.picture[1] / 2
    return _between(
        field,
        Framing(x, middle + np.sign(low - middle) * room, width),
        Framing(x, middle + np.sign(high - middle) * room, width),
    )


def _zoom(rng: np.random.Generator, field: _Field) -> Path:
    wide, near = (field.picture[0] * float(rng.uniform(*span)) for span in ((0.86, 0.97), (0.52, 0.62)))
    x, y = field.subject
    ends = (Framing(x, y, wide), Framing(x, y - 0.12 * field.picture[1], near))
    return _between(field, *(ends if rng.random() < 0.6 else ends[::-1]))


def _handheld(rng: np.random.Generator, field: _Field) -> Path:
    width = field.picture[0] * float(rng.uniform(0.66, 0.76))
    x, y = field.subject
    hertz = rng.uniform((0.6, 1.2, 2.2), (1.0, 2.0, 3.4), (3, 3))
    phase = rng.uniform(0, 2 * np.pi, (3, 3))
    strength = np.array([[1.0, 0.5, 0.2]]) * np.array([[22.0], [16.0], [0.7]])
    drift = rng.uniform(-30, 30, 2)

    def at(share: float) -> Framing:
        dx, dy, roll = (np.sin(2 * np.pi * hertz * share + phase) * strength).sum(axis=1)
        return Framing(x + float(dx + drift[0] * share), y + float(dy + drift[1] * share), width, float(roll))

    return at


_MOVES: Mapping[str, Draw] = {
    "locked-off": _locked,
    "pan": _pan,
    "zoom": _zoom,
    "handheld": _handheld,
    "tilt": _tilt,
}
KINDS = tuple(_MOVES)
"""The kinds of move."""


def window_path(
    kind: str,
    rng: np.random.Generator,
    *,
    picture: Size,
    subject: tuple[float, float],
    size: Size,
    frames: int,
) -> list[Matrix]:
    """The windows of a clip of `frames` pictures of `size`, moving over a `picture` (width, height) about `subject`.

    No window leaves the picture. Raises KeyError for a kind that is not in `KINDS`.
    """
    field = _Field(picture, subject, size[0] / size[1])
    path = _MOVES[kind](rng, field)
    found = [field.kept(path(n / max(frames - 1, 1))).matrix(size) for n in range(frames)]
    for matrix in found:
        seen = apply(matrix, corners(size))
        assert (seen >= 0).all(), "a window left the picture"
        assert (seen <= np.array(picture) - 1.0).all(), "a window left the picture"
    return found


def seen_through(matrix: Matrix, picture: Array, size: Size) -> Array:
    """What a window of `size` shows of a picture (H, W) or (H, W, C): areas averaged, in light that adds up."""
    n = _SAMPLES
    fine = np.array([[1 / n, 0, (1 - n) / (2 * n)], [0, 1 / n, (1 - n) / (2 * n)], [0, 0, 1.0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    large = cv2.warpPerspective(
        picture, matrix @ fine, (size[0] * n, size[1] * n), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(cv2.resize(large, size, interpolation=cv2.INTER_AREA), np.float32)
