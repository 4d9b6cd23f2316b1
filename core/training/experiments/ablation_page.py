"""The figures of the ablations as Markdown, put into a page by code so that none is typed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pai_studio.core.evaluation.contact import save_jpeg
from pai_studio.core.media.files import write_file
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.training.experiments.gauging import METRICS

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
_PICTURE = Path("images") / "ablations.jpg"
_CAPTION = "Takes that were held back: the plate, two stills, the truth, and what each of them makes of it"
_LIMIT_BYTES = 400_000


def table(found: dict[str, Any]) -> str:
    """The figures of a report, as tables in Markdown."""
    variants = found["variants"]
    names = list(variants)
    takes, (width, height) = found["takes"], found["size"]
    rows = [
        f"{found['steps']:,} steps of each, {found['samples']:,} samples, from {takes['learnt']} takes at "
        f"{width} × {height}, {found['frames']} frames a window; measured on {takes['held_back']} others.",
        "",
        *_head(["", *METRICS.values()]),
        *(_row([f"`{name}`", *(_mean(variants[name]["figures"][key]) for key in METRICS)]) for name in names),
        "",
        "Against `full`, take by take, with 95% intervals:",
        "",
        *_head(["", *METRICS.values()]),
    ]
    for name in names:
        against = variants[name].get("against_full")
        if against:
            rows.append(_row([f"`{name}`", *(_difference(against[key]) for key in METRICS)]))
    if found["references"]:
        rows += ["", "What one more still is worth to the background in `full`, dB:", ""]
        rows += [*_head(["the first", "the second", "the third"])]
        rows.append(_row([_difference(found["references"][count]) for count in ("1", "2", "3")]))
    rows += ["", *_head(["", "what is other", "loss, first and last 5%", "training, minutes"])]
    for name, run in variants.items():
        losses = f"{run['loss_first']:.3f} → {run['loss_last']:.3f}"
        rows.append(_row([f"`{name}`", run["says"], losses, f"{run['training_s'] / 60:.1f}"]))
    return "\n".join(rows) + "\n"


def write_page(page: Path, out: Path) -> None:
    """Put the figures and the contact sheet of a folder of ablations into a page.

    Raises BadInput where the folder has no report, or the page no place for figures.
    """
    report = out / "report.json"
    if not report.is_file():
        raise BadInput("holds no report of ablations", where=str(out), hint="train them into it first")
    try:
        told = page.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"cannot be read ({error})", where=str(page), hint="name a page") from None
    if told.count(BEGIN) != 1 or told.count(END) != 1:
        raise BadInput("has no place for figures", where=str(page), hint=f"put {BEGIN} and {END} into it")
    before, _, rest = told.partition(BEGIN)
    _, _, after = rest.partition(END)
    found = table(json.loads(report.read_text(encoding="utf-8")))
    sheet = cv2.imread(str(out / "contact.png"))
    if sheet is not None:
        codes = sheet[..., ::-1].astype(np.float32) / np.float32(255)
        picture = page.parent / _PICTURE
        picture.parent.mkdir(parents=True, exist_ok=True)
        save_jpeg(picture, codes, limit_bytes=_LIMIT_BYTES)
        found += f"\n![{_CAPTION}]({_PICTURE.as_posix()})\n"
    write_file(page, f"{before}{BEGIN}\n{found}{END}{after}".encode())


def _head(cells: Sequence[str]) -> list[str]:
    return [_row(cells), _row(["---", *["---:"] * (len(cells) - 1)])]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _mean(told: dict[str, Any]) -> str:
    return "–" if told["mean"] is None else f"{told['mean']:.{_digits(told['mean'])}f}"


def _difference(told: dict[str, Any]) -> str:
    """A difference with its sign, bold where its interval leaves 0 out."""
    if told["mean"] is None:
        return "–"
    low, high = told["ci95"]
    digits = _digits(max(abs(low), abs(high)))
    text = f"{told['mean']:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"
    return f"**{text}**" if low > 0 or high < 0 else text


def _digits(value: float) -> int:
    """Decimals: two, more for what is smaller than a tenth."""
    return 2 if abs(value) >= 0.1 else 4
