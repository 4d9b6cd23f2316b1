"""What tests of several rooms of core may use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pai_studio.core.model import store
from pai_studio.core.model.manifest import FILE, Manifest


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder for models, which is not there yet."""
    return tmp_path / "models"


@pytest.fixture
def install(models: Path) -> Callable[..., str]:
    """`install(name, engine, trained_for)` puts a model whose one file is its name there, and returns its digest."""

    def put(name: str, engine: str = "pai", trained_for: str = "background-replacement") -> str:
        folder = models / name
        folder.mkdir(parents=True)
        (folder / "weights.safetensors").write_bytes(name.encode())
        made = Manifest(
            name=name,
            engine=engine,
            preset="small",
            licence="Apache-2.0",
            trained_for=trained_for,
            prediction="sample",
            codec="pixel",
            window_latents=13,
            references_most=5,
            area_px=36864,
            grid_px=16,
            files=store.weigh(folder),
        )
        (folder / FILE).write_text(made.to_json())
        return made.digest

    return put
