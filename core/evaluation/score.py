"""Scores a rendered shot, and the two naive composites beside it, against the truth on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pai_studio.core.evaluation.judged import Facts, Judged
from pai_studio.core.evaluation.metrics import ClipMetrics, Value
from pai_studio.core.evaluation.naive import Matrix, motion_between, naive_moved, naive_static, placed
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


@dataclass(frozen=True)
class Truth:
    """The truth of a shot, as `core.synth` writes it: `composite` and `matte` EXRs, and `cameras.json`."""

    folder: Path
    colorspace: str
    homographies: dict[int, Matrix]

    @classmethod
    def open(cls, folder: Path, colorspace: str = "ACEScg") -> Truth:
        """Raises BadInput where the folder holds no cameras."""
        path = folder / "cameras.json"
        try:
            cameras = json.loads(path.read_text(encoding="utf-8"))["cameras"]
        except (OSError, ValueError, KeyError) as error:
            raise BadInput(f"holds no cameras of a truth ({error})", where=str(path)) from None
        return cls(folder, colorspace, {c["frame"]: np.array(c["background_homography"]) for c in cameras})

    def composite(self, frame: int, config: ColorConfig) -> Array:
        """The true composite (H, W, 3) in the working space."""
        return _picture(self._path("composite", frame), self.colorspace, config)

    def matte(self, frame: int) -> Array:
        """The true matte (H, W)."""
        return read_plane(self._path("matte", frame), "Y")[0].pixels[..., 0]

    def _path(self, name: str, frame: int) -> Path:
        return FramePattern(str(self.folder / f"{name}.####.exr")).path(frame)


@dataclass(frozen=True)
class Delivered:
    """A rendered shot's files under `folder`, which its `delivery.files` are relative to, in the working space."""

    shot: Shot
    folder: Path
    config: ColorConfig

    def beauty(self, frame: int) -> Array:
        """The delivered composite (H, W, 3)."""
        return _picture(self._path("beauty", frame), self.shot.delivery_colorspace, self.config)

    def foreground(self, frame: int) -> Array:
        """The premultiplied, despilled foreground before its relight (H, W, 3)."""
        if self._in_layers:
            return self._layer("foreground", frame)
        return _picture(self._path("foreground", frame), self.config.working, self.config)

    def matte(self, frame: int) -> Array:
        """The matte (H, W)."""
        image, _ = read_plane(self._path("matte", frame), "matte.A" if self._in_layers else "Y")
        return _displayed(image)[..., 0]

    @property
    def _in_layers(self) -> bool:
        return self.shot.delivery.layout == "multilayer"

    def _layer(self, name: str, frame: int) -> Array:
        return _displayed(read_image(self._path("beauty", frame), layer=name))

    def _path(self, name: str, frame: int) -> Path:
        pattern = str(self.folder / self.shot.delivery_files)
        return FramePattern(pattern if self._in_layers else pass_pattern(pattern, name)).path(frame)


def score(
    shot: Shot, result: Path, truth_folder: Path, config: ColorConfig, report: Report = silent
) -> dict[str, dict[str, object]]:
    """The `metrics` block of a demo's report: `result`, `naive_static` and `naive_moved`, each with its metrics.

    `shot` has absolute input paths (as `document.load` gives it), `result` is the folder that its `delivery.files`
    are relative to, delivered with `foreground` and `matte`, whose cut-out the naive composites share. The moved one
    follows the true homography of the place's far end.
    """
    truth, delivered = Truth.open(truth_folder), Delivered(shot, result, config)
    source = FileSource(shot, config)
    stills = sorted(source.stills, key=lambda still: still.frame)
    first = stills[0]
    references = {still.frame: placed(still, source.display.shape) for still in stills}
    facts = Facts(config=config, screen=shot.plate.screen, references=references)
    metrics = {name: ClipMetrics(facts, list(_DIGITS)) for name in ("result", "naive_static", "naive_moved")}
    for done, frame in enumerate(shot.frames, start=1):
        wanted, matte = truth.composite(frame, config), truth.matte(frame)
        foreground, own_matte = delivered.foreground(frame), delivered.matte(frame)
        motion = motion_between(truth.homographies, first.frame, frame)
        pictures = {
            "result": delivered.beauty(frame),
            "naive_static": naive_static(foreground, own_matte, first),
            "naive_moved": naive_moved(foreground, own_matte, first, motion),
        }
        for name, picture in pictures.items():
            metrics[name].add(
                Judged(number=frame, result=picture, matte=matte, source=foreground, truth=wanted)
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
