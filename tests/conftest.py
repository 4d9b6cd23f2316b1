"""What every test may use."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
import pytest

FOOTAGE = Path(__file__).resolve().parents[2] / "shared" / "footage"


@pytest.fixture
def footage() -> Callable[[str], Path]:
    """The folder of a footage set, `footage("exr_beachball")`; the test is skipped by name where it is absent."""

    def folder(name: str) -> Path:
        path = FOOTAGE / name
        if not path.is_dir():
            pytest.skip(f"footage {name} is not on this machine")
        return path

    return folder


@pytest.fixture(autouse=True)
def nothing_built_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """No model comes with the package, in this process: a test that wants one names it."""
    monkeypatch.setattr("pai_studio.core.model.store.BUILT_IN", Path(__file__).with_name("no-models"))


def write_picture(
    path: Path,
    pixels: np.ndarray,
    *,
    channels: tuple[str, ...] = ("R", "G", "B"),
    kind: str = "half",
    data: tuple[int, int] = (0, 0),
    display: tuple[int, int, int, int] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Path:
    """Write an image straight through OpenImageIO, so that no test trusts our own writer for its input.

    `data` is the data window's top left corner, `display` is x, y, width, height.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width, count = pixels.shape
    spec = oiio.ImageSpec(width, height, count, kind)
    spec.channelnames = channels
    spec.x, spec.y = data
    spec.full_x, spec.full_y, spec.full_width, spec.full_height = display or (0, 0, width, height)
    for name, value in (facts or {}).items():
        spec.attribute(name, value)
    file = oiio.ImageOutput.create(str(path))
    assert file.open(str(path), spec), file.geterror()
    assert file.write_image(np.ascontiguousarray(pixels)), file.geterror()
    assert file.close(), file.geterror()
    return path


@pytest.fixture(scope="session")
def picture() -> Callable[..., Path]:
    """`write_picture`, for tests that make their own files."""
    return write_picture


@pytest.fixture(scope="session")
def shot_file() -> Callable[..., Path]:
    """Write a shot document with the required keys filled in: `shot_file(path, plate={...}, ...)`."""

    def write(path: Path, **keys: Any) -> Path:
        shot = {"schema": "pai-studio/shot/1", "name": "SH010", "rate": "24", "frames": [1001, 1003], **keys}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(shot), encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def tiny_clip() -> Callable[..., Path]:
    """Make a clip with truth in the benchmark's layout: `tiny_clip(folder, seed=1, markers=True)`.

    A textured place and a screen slide by three pixels a frame; a block stands before them, in the plate under another
    light. So the truth is exact, and small enough to be judged in a second.
    """
    return _tiny_clip


def _tiny_clip(
    folder: Path, seed: int = 1, *, markers: bool = True, frames: int = 4, references: int = 2
) -> Path:
    import cv2

    from pai_studio.core.evaluation.sets.layout import write_clip
    from pai_studio.core.evaluation.sets.writing import ClipWriter
    from pai_studio.core.shot.frames import FrameRange

    width, height, step = 128, 72, 3
    rng = np.random.default_rng(seed)
    place = np.full((height, width + step * frames, 3), 0.15, np.float32)
    for _ in range(90):
        x, y, w, h = rng.integers([0, 0, 4, 4], [place.shape[1], height, 26, 26])
        cv2.rectangle(
            place, (int(x), int(y)), (int(x + w), int(y + h)), rng.uniform(0.03, 0.9, 3).tolist(), -1
        )
    place = cv2.GaussianBlur(place, (0, 0), 0.8)
    screen = np.full(place.shape, (0.12, 0.45, 0.08), np.float32)
    for x in range(8, place.shape[1], 16) if markers else ():
        for y in range(6, height, 14):
            screen[y : y + 3, x + y % 5 : x + y % 5 + 3] *= 0.55
    block = np.zeros((height, width), np.float32)
    block[18:, 48:80] = 1
    matte = cv2.GaussianBlur(block, (0, 0), 1.0)
    subject = cv2.GaussianBlur(rng.uniform(0.1, 0.5, (height, width, 3)).astype(np.float32), (0, 0), 3)
    last = 1000 + frames
    anchors = tuple(int(n) for n in np.linspace(1001, last, references))
    writer = ClipWriter(folder, FrameRange(1001, last), anchors)
    for index, number in enumerate(writer.frames):
        part = slice(step * index, step * index + width)
        cover = matte[..., None]
        stage = subject * np.array([1.3, 1.2, 1.1], np.float32)
        plate = stage * cover + screen[:, part] * (1 - cover)
        noise = rng.normal(0, 0.002, plate.shape).astype(np.float32)
        writer.plate(number, plate + noise)
        lit = subject * np.array([0.9, 0.7, 0.5], np.float32)
        behind = np.ascontiguousarray(place[:, part])
        writer.truth(number, composite=lit * cover + behind * (1 - cover), matte=matte, background=behind)
        if number in anchors:
            writer.reference(number, behind)
    moved = {n: np.array([[1.0, 0, -step * i], [0, 1, 0], [0, 0, 1]]) for i, n in enumerate(writer.frames)}
    writer.cameras(moved)
    writer.document("green", seed, Fraction(24))
    write_clip(folder, {"references": references, "markers": markers, "move": "pan"}, seed)
    return folder


@pytest.fixture(scope="session")
def tiny_set(tmp_path_factory: pytest.TempPathFactory, tiny_clip: Callable[..., Path]) -> Path:
    """A set of two such clips, one with screen markers; not to be changed."""
    from pai_studio.core.evaluation.sets.layout import write_set

    folder = tmp_path_factory.mktemp("tiny") / "tiny"
    tiny_clip(folder / "a", 1)
    tiny_clip(folder / "b", 2, markers=False)
    write_set(folder, "tiny", "restore")
    return folder
