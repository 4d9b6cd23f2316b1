"""What every test may use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

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
