"""Scores what engines made of a shot, and the two naive composites beside it, against the truth on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pai_studio.core.evaluation.cutout import CutOut, displayed_stills
from pai_studio.core.evaluation.judged import Facts, Judged
from pai_studio.core.evaluation.metrics import ClipMetrics, Value
from pai_studio.core.evaluation.naive import Matrix, motion_between, naive_moved, naive_static, placed
from pai_studio.core.evaluation.truth import Truth
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.exr import on_box, read_image, read_plane
from pai_studio.core.media.frame import Array, Image
from pai_studio.core.media.source import FileSource
from pai_studio.core.report import Progress, Report, silent
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import FramePattern
from pai_studio.core.shot.naming import pass_pattern

_DIGITS = {
    "background_psnr_db": 3,
    "foreground_psnr_db": 3,
    "spill": 6,
    "anchor_offset_frames": 0,
    "background_highlight_stops": 4,
}
"""What a demo reports, with the decimals that it is written with."""


def far_motion(truth: Truth) -> dict[int, Matrix]:
    """The true motion of the place's far end. Raises BadInput where the truth has no cameras."""
    found = truth.cameras()
    if found is None:
        raise BadInput("holds no cameras.json of a truth", where=str(truth.folder), hint="check the folder")
    return found


@dataclass(frozen=True)
class Delivered:
    """A rendered shot's files under `folder`, which its `delivery.files` are relative to, in the working space."""

    shot: Shot
    folder: Path
    config: ColorConfig

    def beauty(self, frame: int) -> Array:
        """The delivered composite (H, W, 3)."""
        return _picture(self._path("beauty", frame), self.shot.delivery_colorspace, self.config)

    def matte(self, frame: int) -> Array:
        """The matte (H, W)."""
        image, _ = read_plane(self._path("matte", frame), "matte.A" if self._in_layers else "Y")
        return _displayed(image)[..., 0]

    @property
    def _in_layers(self) -> bool:
        return self.shot.delivery.layout == "multilayer"

    def _path(self, name: str, frame: int) -> Path:
        pattern = str(self.folder / self.shot.delivery_files)
        return FramePattern(pattern if self._in_layers else pass_pattern(pattern, name)).path(frame)


def score(
    shot: Shot, results: Mapping[str, Path], truth_folder: Path, config: ColorConfig, report: Report = silent
) -> dict[str, dict[str, object]]:
    """The `metrics` block of a demo's report: each of `results`, `naive_static` and `naive_moved`, with its metrics.

    `shot` has absolute input paths (as `document.load` gives it), `results` are the folders that its `delivery.files`
    are relative to, by name. The naive composites share one cut-out, in which no engine has a hand; the moved one
    follows the true homography of the place's far end.
    """
    truth = Truth(truth_folder)
    delivered = {name: Delivered(shot, folder, config) for name, folder in results.items()}
    homographies = far_motion(truth)
    source = FileSource(shot, config)
    cut_out, stills = CutOut(source), displayed_stills(source)
    first = stills[0]
    references = {still.frame: placed(still, source.display.shape) for still in stills}
    facts = Facts(config=config, screen=cut_out.screen, references=references)
    metrics = {name: ClipMetrics(facts, list(_DIGITS)) for name in (*results, "naive_static", "naive_moved")}
    for done, plate in enumerate(source.stream(list(shot.frames)), start=1):
        frame = plate.number
        wanted, matte, own_matte = truth.composite(frame, config), truth.matte(frame), cut_out.matte(plate)
        subject = cut_out.despilled(plate, own_matte)
        motion = motion_between(homographies, first.frame, frame)
        pictures = {
            **{name: made.beauty(frame) for name, made in delivered.items()},
            "naive_static": naive_static(subject, own_matte, first),
            "naive_moved": naive_moved(subject, own_matte, first, motion),
        }
        under_truth = cut_out.despilled(plate, matte)
        for name, picture in pictures.items():
            metrics[name].add(
                Judged(number=frame, result=picture, matte=matte, source=under_truth, truth=wanted)
            )
        report(Progress("score", done, len(shot.frames), frame))
    return {name: _brief(found.values()) for name, found in metrics.items()}


def _brief(values: Mapping[str, Value]) -> dict[str, object]:
    """The values rounded for reading."""
    return {
        key: round(value, _DIGITS[key]) if isinstance(value, float) else value
        for key, value in values.items()
    }


def _picture(path: Path, colorspace: str, config: ColorConfig) -> Array:
    return config.convert_rgb(_displayed(read_image(path)), colorspace, config.working)


def _displayed(image: Image) -> Array:
    """What lies in the display window: overscan is kept in files and is nobody's to look at here."""
    return np.ascontiguousarray(on_box(image.pixels, image.data_window, image.display_window))
