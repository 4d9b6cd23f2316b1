"""docs/training.md tells every key of a configuration, with its default."""

from __future__ import annotations

import re
import tomllib
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("diffusers")

from pai_studio.core.training.data.sources import KINDS
from pai_studio.core.training.objective import Recipe
from pai_studio.core.training.settings import Data, Learning, LowRank, Model, Parallel

PAGE = Path(__file__).parents[3] / "docs" / "training.md"
SECTIONS = {
    "model": Model,
    "data": Data,
    "recipe": Recipe,
    "training": Learning,
    "adapter": LowRank,
    "parallel": Parallel,
    **KINDS,
}
NEEDED = "needed"


def default(field):
    if field.default is not MISSING:
        value = field.default
    elif field.default_factory is not MISSING:
        value = field.default_factory()
    else:
        return NEEDED
    return list(value) if isinstance(value, tuple | frozenset) else value


def test_every_key_stands_there_with_its_default():
    rows = re.findall(
        r"^\| `([a-z0-9_]+\.[a-z0-9_]+)` \| (.+?) \| .+ \|$", PAGE.read_text("utf-8"), re.MULTILINE
    )
    told = {key: NEEDED if value == NEEDED else tomllib.loads(f"x = {value}")["x"] for key, value in rows}
    known = {
        f"{name}.{field.name}": default(field) for name, kind in SECTIONS.items() for field in fields(kind)
    }
    assert told == known
    assert len(told) == len(rows)
