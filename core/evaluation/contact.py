"""The contact sheet: a shot at a glance, for people. Rows of pictures over a handful of frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.files import whole_file, write_file
from pai_studio.core.media.frame import Array
from pai_studio.core.shot.errors import OutOfResources

Ink = tuple[float, float, float]

_GROUND = 0.102  # display values of a dark neutral, as grading rooms have it
_PANEL = 0.135
_INK, _FAINT, _ACCENT = (0.84, 0.84, 0.84), (0.47, 0.47, 0.47), (0.93, 0.69, 0.33)
_GAP, _MARGIN, _HEADER, _LABELS, _TEXT_SCALE = 10, 28, 96, 132, 4
_QUALITIES = (92, 88, 84, 80, 75, 70, 65, 60)


@dataclass(frozen=True)
class Cell:
    """One picture: (h, w, 3) in the working space or, where `shown`, in display values already; (h, w) is data.

    `mark` is drawn in its corner.
    """

    pixels: Array
    mark: str = ""
    shown: bool = False


@dataclass(frozen=True)
class Row:
    """A row: its label, small print under it, and what shows at a frame (None leaves a gap).

    `key` is a small picture in display values, (h, w, 3), under the small print: what the row's colours mean.
    """

    label: str
    at: Callable[[int], Cell | None]
    note: str = ""
    key: Array | None = None


def pick_frames(frames: list[int], anchors: list[int], columns: int = 5) -> list[int]:
    """The frames of a sheet: the anchors, then those farthest from what is already picked, `columns` in all."""
    inside = [a for a in sorted(set(anchors)) if a in frames]
    if len(inside) > columns:
        inside = [inside[round(i * (len(inside) - 1) / (columns - 1))] for i in range(columns)]
    picked = inside or [frames[0]]
    while len(picked) < min(columns, len(frames)):
        picked.append(max(frames, key=lambda f: (min(abs(f - p) for p in picked), -f)))
    return sorted(picked)


def contact_sheet(
    rows: list[Row], frames: list[int], config: ColorConfig, *, title: str, notes: str = "", width: int = 320
) -> Array:
    """The sheet (H, W, 3) in display values 0..1. Pictures are made `width` pixels wide before the view."""
    cells = [[row.at(frame) for frame in frames] for row in rows]
    pictures = [[_shown(cell, config, width) for cell in line] for line in cells]
    height = max(
        (p.shape[0] for line in pictures for p in line if p is not None), default=round(width * 9 / 16)
    )
    sheet_w = 2 * _MARGIN + _LABELS + len(frames) * (width + _GAP) - _GAP
    sheet_h = _HEADER + len(rows) * (height + _GAP) - _GAP + 2 * _MARGIN
    sheet = np.full((sheet_h, sheet_w, 3), _GROUND, np.float32)
    _header(sheet, title, notes, frames, width)
    for line, row in enumerate(rows):
        top = _HEADER + _MARGIN + line * (height + _GAP)
        write(sheet, row.label.upper(), (_MARGIN, top + 20), 0.50, _INK)
        lines = row.note.split("\n") if row.note else []
        for k, text in enumerate(lines):
            write(sheet, text, (_MARGIN, top + 42 + 17 * k), 0.37, _FAINT)
        if row.key is not None:
            below = top + 34 + 17 * len(lines)
            sheet[below : below + row.key.shape[0], _MARGIN : _MARGIN + row.key.shape[1]] = row.key
        for column, (cell, picture) in enumerate(zip(cells[line], pictures[line], strict=True)):
            left = _MARGIN + _LABELS + column * (width + _GAP)
            _place(sheet, picture, left, top, (height, width))
            if cell is not None and cell.mark:
                write(sheet, cell.mark, (left + 9, top + height - 10), 0.37, _INK, shade=True)
    return sheet


def save_png(path: Path, sheet: Array) -> None:
    """Write (H, W, 3) display values as an 8-bit PNG, whole or not at all."""
    codes = np.round(sheet[..., ::-1] * 255).astype(np.uint8)
    done, data = cv2.imencode(".png", codes)
    if not done:
        raise OutOfResources("the contact sheet could not be encoded", where=str(path))
    with whole_file(path) as temp:
        temp.write_bytes(data.tobytes())


def save_jpeg(path: Path, sheet: Array, *, limit_bytes: int) -> None:
    """Write (H, W, 3) display values as a JPEG, whole or not at all: the best quality that keeps to the limit.

    A sheet that is over it even at the least quality that we would show anybody is written at that quality.
    """
    codes = np.round(sheet[..., ::-1] * 255).astype(np.uint8)
    for quality in _QUALITIES:
        options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
        done, data = cv2.imencode(".jpg", codes, options)
        if not done:
            raise OutOfResources("the contact sheet could not be encoded", where=str(path))
        if len(data) <= limit_bytes:
            break
    write_file(path, data.tobytes())


def _shown(cell: Cell | None, config: ColorConfig, width: int) -> Array | None:
    if cell is None:
        return None
    size = (width, max(1, round(cell.pixels.shape[0] * width / cell.pixels.shape[1])))
    small = np.asarray(cv2.resize(cell.pixels, size, interpolation=cv2.INTER_AREA), np.float32)
    if small.ndim == 2:
        return np.repeat(np.clip(small, 0, 1)[..., None], 3, axis=2)
    return small if cell.shown else config.display(small)


def _header(sheet: Array, title: str, notes: str, frames: list[int], width: int) -> None:
    write(sheet, title, (_MARGIN, _MARGIN + 10), 0.78, _INK)
    if notes:
        write(sheet, notes, (_MARGIN, _MARGIN + 34), 0.42, _FAINT)
    rule = _HEADER + 4
    sheet[rule : rule + 1, _MARGIN:-_MARGIN] = 0.22
    for column, frame in enumerate(frames):
        left = _MARGIN + _LABELS + column * (width + _GAP)
        write(sheet, str(frame), (left, _HEADER - 6), 0.42, _ACCENT)


def _place(sheet: Array, picture: Array | None, left: int, top: int, shape: tuple[int, int]) -> None:
    height, width = shape
    if picture is None:
        sheet[top : top + height, left : left + width] = _PANEL
        middle = top + height // 2
        sheet[middle : middle + 1, left + width // 2 - 9 : left + width // 2 + 9] = 0.26
        return
    inset = (height - picture.shape[0]) // 2
    sheet[top + inset : top + inset + picture.shape[0], left : left + width] = picture


def write(
    sheet: Array,
    text: str,
    at: tuple[int, int],
    scale: float,
    ink: Ink,
    *,
    shade: bool = False,
) -> None:
    """Draw text from the baseline pixel `at`, large and then reduced: OpenCV's strokes are coarse."""
    big, font = _TEXT_SCALE, cv2.FONT_HERSHEY_SIMPLEX
    thickness = max(1, round(scale * big * 1.3))
    (w, h), below = cv2.getTextSize(text, font, scale * big, thickness)
    pad = 2 * big
    mask = np.zeros((h + below + 2 * pad, w + 2 * pad), np.uint8)
    cv2.putText(mask, text, (pad, pad + h), font, scale * big, 255, thickness, cv2.LINE_AA)
    small = (
        cv2.resize(mask, None, fx=1 / big, fy=1 / big, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    )
    top, left = at[1] - (pad + h) // big, at[0] - pad // big
    rows = slice(max(top, 0), min(top + small.shape[0], sheet.shape[0]))
    columns = slice(max(left, 0), min(left + small.shape[1], sheet.shape[1]))
    cover = small[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left, None]
    part = sheet[rows, columns]
    if shade:
        halo = np.clip(cv2.GaussianBlur(np.ascontiguousarray(cover[..., 0]), (0, 0), 2.2), 0, 1)
        part *= 1 - 0.75 * halo[..., None]
    part += (np.array(ink, np.float32) - part) * cover
