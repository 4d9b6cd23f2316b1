"""The model that comes with the package is whole, small, and does what it was trained for."""

from __future__ import annotations

from pathlib import Path

import pytest

from pai_studio.core.model import store

FOLDER = Path(store.__file__).with_name("built_in")
MOST_BYTES = 40 << 20


@pytest.fixture
def built_in(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "BUILT_IN", FOLDER)
    return store.find(tmp_path / "no-models-here", "", "pai")


def test_it_is_whole_small_and_says_what_it_is(built_in):
    told = built_in.manifest
    assert built_in.name == told.name == "tiny"
    assert store.check(built_in) == []
    assert 0 < told.size <= MOST_BYTES
    assert (told.licence, told.trained_for) == ("Apache-2.0", "background-replacement")
    assert "panoramas" in told.trained_on
    assert {path.suffix for path in built_in.folder.rglob("*") if path.is_file()} <= {".json", ".safetensors"}
