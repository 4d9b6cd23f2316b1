"""Pictures of what was learned, for people: strips of frames, and the loss over the steps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from torch import Tensor

from pai_studio.core.evaluation.contact import save_png, write
from pai_studio.core.media.frame import Array

_GROUND, _INK, _FAINT, _LINE = 0.102, (0.84, 0.84, 0.84), (0.3, 0.3, 0.3), (0.93, 0.69, 0.33)
_SCALE, _GAP, _LABEL, _HEAD = 3, 4, 130, 54


Strip = tuple[str, Tensor]
"""A name, and frames (3, n, H, W) in -1..1."""


def write_contact(path: Path, strips: Sequence[Strip], title: str) -> None:
    """Save a `contact_sheet`."""
    save_png(path, contact_sheet(strips, title))


def contact_sheet(strips: Sequence[Strip], title: str) -> Array:
    """One row for each strip: its name and its frames; (h, w, 3) in 0..1. Strips may be of several shapes."""
    pictures = [strip.clamp(-1, 1).permute(1, 2, 3, 0).numpy() / 2 + 0.5 for _, strip in strips]
    frames, height, width = (max(sizes) for sizes in zip(*(each.shape[:3] for each in pictures), strict=True))
    cell = (height * _SCALE + _GAP, width * _SCALE + _GAP)
    sheet = _sheet(_HEAD + len(strips) * cell[0], _LABEL + frames * cell[1])
    write(sheet, title, (10, 22), 0.5, _INK)
    for frame in range(frames):
        write(sheet, str(frame), (_LABEL + frame * cell[1], _HEAD - 8), 0.37, _INK)
    for row, ((name, _), strip) in enumerate(zip(strips, pictures, strict=True)):
        top = _HEAD + row * cell[0]
        write(sheet, name, (10, top + 18), 0.37, _INK)
        for frame, picture in enumerate(strip):
            left = _LABEL + frame * cell[1]
            large = cv2.resize(picture, None, fx=_SCALE, fy=_SCALE, interpolation=cv2.INTER_NEAREST)
            sheet[top : top + large.shape[0], left : left + large.shape[1]] = large
    return sheet


def write_curve(path: Path, losses: Sequence[float], size: tuple[int, int] = (320, 640)) -> None:
    """The loss on a logarithmic scale, as a running mean over a fiftieth of the steps."""
    span = max(1, len(losses) // 50)
    means = np.convolve(losses, np.ones(span) / span, "valid")
    logs = np.log10(np.maximum(means, 1e-9))
    low, high = float(np.floor(logs.min() * 5) / 5), float(np.ceil(logs.max() * 5 + 1e-6) / 5)
    sheet, left, edge = _sheet(*size), 60, 24
    tall, wide = size[0] - 2 * edge, size[1] - left - edge
    for tick in np.arange(low, high + 0.1, 0.2):
        y = int(edge + tall * (high - tick) / (high - low))
        cv2.line(sheet, (left, y), (left + wide, y), _FAINT, 1)
        write(sheet, f"{10**tick:.3g}", (8, y + 4), 0.37, _INK)
    x = left + wide * np.arange(len(logs)) / max(1, len(logs) - 1)
    y = edge + tall * (high - logs) / (high - low)
    points = np.round(np.stack([x, y], axis=1)).astype(np.int32)
    cv2.polylines(sheet, [points], False, _LINE, 1, cv2.LINE_AA)
    write(sheet, f"loss over {len(losses)} steps", (left, size[0] - 6), 0.37, _INK)
    save_png(path, sheet)


def _sheet(height: int, width: int) -> Array:
    return np.full((height, width, 3), _GROUND, np.float32)
