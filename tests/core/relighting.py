"""A shot of any size whose still is what a model puts behind its subject, for measuring what a render costs.

`python -m tests.core.relighting FOLDER COUNT` finishes its first frames from its stored generation and prints how
many they are and the peak of memory in KiB.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from pai_studio.core import render as spine
from pai_studio.core.engines.base import ShotSource
from pai_studio.core.engines.registry import Models
from pai_studio.core.finish.finisher import Finisher
from pai_studio.core.finish.layers import untouched
from pai_studio.core.media.exr import write_exr
from pai_studio.core.media.frame import Box, Generated, Image, Layers, ModelPicture, PlateFrame, Screen
from pai_studio.core.media.geometry import ModelFrame
from pai_studio.core.report import Report
from pai_studio.core.shot import document
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.frames import FrameRange

_GREEN = np.array([0.1, 0.45, 0.09], np.float32)
_MODEL = (832, 480)
_FILMED = 3


class RelightingEngine:
    """Puts a brighter subject before the shot's still, at a model's size; a matte and a screen of the plate's size."""

    name = "relighting"
    version = "1"
    fills_background = True
    gives_layers = False

    def prepare(self, source: ShotSource, report: Report, state: Path) -> None:  # noqa: ARG002
        """Take the still."""
        self._still = source.stills[0].rgb

    def generate(self, frames: Iterator[PlateFrame], report: Report) -> Iterator[Generated]:  # noqa: ARG002
        """Frame after frame, by itself."""
        for frame in frames:
            assert frame.alpha is not None
            at = ModelFrame.fitting(frame.display, 1.0, _MODEL, 16)
            cover = frame.alpha[..., None]
            made = at.to_model(frame.rgb * np.float32([1.4, 1.1, 0.8]) * cover + self._still * (1 - cover))
            model = ModelPicture(made, at.to_model(frame.rgb), at)
            screen = Screen(np.broadcast_to(_GREEN, frame.rgb.shape).copy(), 1)
            yield Generated(frame.number, frame.alpha, None, model=model, screen=screen)

    def notes(self) -> dict[str, object]:
        """Nothing was found."""
        return {}

    def close(self) -> None:
        """Nothing is held."""


def _made(shot: Shot, models: Models) -> RelightingEngine:
    return RelightingEngine()


class _Idle(Finisher):
    """Finishes nothing: what is asked for is the generation."""

    def finish(self, plate: PlateFrame, made: Generated, *_: object) -> Layers:
        """The plate."""
        return untouched(plate, made, made.matte)


def request(folder: Path, out: str, frames: int | None = None) -> spine.RenderRequest:
    """The finishing of a folder's shot, or its first frames, into `out` below it from what is stored."""
    spine.make_engine = _made
    shot = document.load(folder / "a.shot.json")
    some = FrameRange(1001, 1000 + frames) if frames else None
    store = folder / "generations"
    return spine.RenderRequest(shot=shot, out=folder / out, generations=store, mode="refinish", frames=some)


def write_relighting(folder: Path, size: tuple[int, int], frames: int) -> None:
    """Film a few frames of `size` (width, height), to and fro, and store their generation."""
    width, height = size
    place, coat = (_texture(seed, size) for seed in (1, 2))
    _write(folder / "ref.exr", place)
    for index in range(frames):
        step = min(index % (2 * _FILMED), 2 * _FILMED - 1 - index % (2 * _FILMED))
        for kind in ("plate", "alpha"):
            film, link = folder / f"film/{kind}{step}.exr", folder / f"{kind}.{1001 + index}.exr"
            if not film.is_file():
                cover = np.zeros((height, width), np.float32)
                middle = width // 2 + 4 * step, int(0.6 * height)
                cv2.ellipse(cover, middle, (width // 8, int(0.45 * height)), 0, 0, 360, 1, -1)
                cover = cv2.GaussianBlur(cover, (0, 0), 2)[..., None]
                noise = np.random.default_rng(step).normal(0, 0.004, coat.shape).astype(np.float32)
                _write(film, coat * cover + _GREEN * (1 - cover) + noise if kind == "plate" else cover)
            link.symlink_to(film)
    told = {
        "schema": document.SCHEMA,
        "name": "S",
        "rate": 24,
        "frames": [1001, 1000 + frames],
        "plate": {"files": "plate.####.exr", "colorspace": "ACEScg"},
        "mattes": {"alpha": {"files": "alpha.####.exr"}},
        "references": [{"file": "ref.exr", "frame": 1001, "colorspace": "ACEScg"}],
        "delivery": {"files": "v001/S_v001.####.exr"},
    }
    (folder / "a.shot.json").write_text(json.dumps(told))
    whole = request(folder, "made")
    delivery = whole.shot.delivery.model_copy(update={"passes": ["beauty"], "compression": "none"})
    shot = whole.shot.model_copy(update={"delivery": delivery})
    finisher, spine.Finisher = spine.Finisher, _Idle
    try:
        spine.render(replace(whole, shot=shot, mode="render"))
    finally:
        spine.Finisher = finisher


def _texture(seed: int, size: tuple[int, int]) -> np.ndarray:
    rng = np.random.default_rng(seed)
    octaves = [rng.random((9 * 4**k, 16 * 4**k, 3), np.float32) for k in range(4)]
    return sum(cv2.resize(one, size, interpolation=cv2.INTER_CUBIC) for one in octaves) / 5 + 0.05


def _write(path: Path, pixels: np.ndarray) -> None:
    box = Box(0, 0, pixels.shape[1], pixels.shape[0])
    channels = ("R", "G", "B") if pixels.shape[2] == 3 else ("A",)
    write_exr(path, Image(np.asarray(pixels, np.float32), channels, "", box, box))


if __name__ == "__main__":
    result = spine.render(request(Path(sys.argv[1]), f"first{sys.argv[2]}", int(sys.argv[2])))
    # Not getrusage: that begins with the memory of the process that this one came from.
    status = Path("/proc/self/status").read_text()
    print(result.qc["frames"], status.partition("VmHWM:")[2].split()[0])
