"""What every test may use."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
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
