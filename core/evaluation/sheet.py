"""Makes the contact sheet of a rendered shot: plate, references, result, and truth where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pai_studio.core.evaluation.contact import Cell, Row, contact_sheet, pick_frames, save_png
from pai_studio.core.evaluation.cutout import CutOut, displayed_stills
from pai_studio.core.evaluation.naive import motion_between, naive_moved, placed
from pai_studio.core.evaluation.score import Delivered, far_motion
from pai_studio.core.evaluation.truth import Truth
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.source import FileSource
from pai_studio.core.shot.document import Shot


def write_contact_sheet(
    path: Path,
    shot: Shot,
    result: Path,
    config: ColorConfig,
    *,
    truth_folder: Path | None = None,
    metrics: Mapping[str, Mapping[str, Any]] | None = None,
    engine: str = "",
    beside: Mapping[str, Path] | None = None,
    columns: int = 5,
) -> Path:
    """Write the sheet of a shot (with absolute input paths) that was delivered under `result`; returns `path`.

    With a truth the rows are plate, reference, result, truth and the naive composite with its still moved; without one
    plate, reference, result and matte. `beside` has further results, by engine. `metrics` is what `score.score` gives,
    by `result` and those engines, for the small print.
    """
    source = FileSource(shot, config)
    frames = pick_frames(list(shot.all_frames), [r.frame for r in shot.references], columns)
    delivered = Delivered(shot, result, config)
    stills = {still.frame: still for still in source.stills}

    def plate(frame: int) -> Cell:
        seen = source.frame(frame)
        return Cell(seen.rgb[seen.display.slices_in(seen.canvas)])

    def reference(frame: int) -> Cell | None:
        still = stills.get(frame)
        return Cell(placed(still, source.display.shape), f"anchor {frame}") if still else None

    rows = [
        Row("Plate", plate, f"{shot.plate.colorspace}\n{source.display.width} x {source.display.height}"),
        Row("Reference", reference, _stills(len(stills))),
        _result(delivered, _small_print("result", metrics, engine)),
    ]
    for other, folder in (beside or {}).items():
        rows.append(_result(Delivered(shot, folder, config), _small_print(other, metrics, other)))
    if truth_folder is not None:
        rows += _truth_rows(source, Truth(truth_folder), config, metrics)
    elif "matte" in shot.delivery.passes:
        rows.append(Row("Matte", lambda f: Cell(delivered.matte(f))))
    notes = f"frames {shot.frames}   {_rate(shot)} fps   {_stills(len(stills))}" + (
        f"   engine {' and '.join([engine, *(beside or {})])}" if engine else ""
    )
    save_png(path, contact_sheet(rows, frames, config, title=shot.name, notes=notes))
    return path


def _result(delivered: Delivered, small_print: str) -> Row:
    return Row("Result", lambda frame: Cell(delivered.beauty(frame)), small_print)


def _truth_rows(
    source: FileSource, truth: Truth, config: ColorConfig, metrics: Mapping[str, Mapping[str, Any]] | None
) -> list[Row]:
    """The truth, and the naive composite with its still moved as the truth's far plane."""
    homographies, cut_out, first = far_motion(truth), CutOut(source), displayed_stills(source)[0]

    def naive(frame: int) -> Cell:
        seen = source.frame(frame)
        matte = cut_out.matte(seen)
        motion = motion_between(homographies, first.frame, frame)
        return Cell(naive_moved(cut_out.despilled(seen, matte), matte, first, motion))

    return [
        Row("Truth", lambda f: Cell(truth.composite(f, config)), "rendered in place"),
        Row("Naive", naive, _small_print("naive_moved", metrics, "first still, moved")),
    ]


def _stills(count: int) -> str:
    return f"{count} still{'s' if count != 1 else ''}"


def _rate(shot: Shot) -> str:
    return f"{float(shot.rate):.3f}".rstrip("0").rstrip(".")


def _small_print(name: str, metrics: Mapping[str, Mapping[str, Any]] | None, heading: str) -> str:
    lines = [heading] if heading else []
    for label, key in (("bg", "background_psnr_db"), ("fg", "foreground_psnr_db")):
        value = (metrics or {}).get(name, {}).get(key)
        if value is not None:
            lines.append(f"{label} {value:.1f} dB")
    return "\n".join(lines)
