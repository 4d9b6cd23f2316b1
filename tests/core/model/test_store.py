"""Which models there are: those of a folder, and those that come with the package."""

from __future__ import annotations

import pytest

from pai_studio.core.model import manifest, store
from pai_studio.core.model.manifest import Manifest
from pai_studio.core.model.presets import PRESETS
from pai_studio.core.shot.errors import BadInput


def put(folder, name, content="weights", **told):
    """A model with one file."""
    place = folder / name
    place.mkdir(parents=True)
    (place / "transformer.safetensors").write_text(content, encoding="utf-8")
    facts = PRESETS["tiny"].manifest | {"trained_for": "background-replacement"} | told
    made = Manifest(
        name=name, engine="pai", preset="tiny", licence="Apache-2.0", files=store.weigh(place), **facts
    )
    (place / manifest.FILE).write_text(made.to_json(), encoding="utf-8")
    return place


@pytest.fixture
def package(tmp_path, monkeypatch):
    """What comes with the package: one model."""
    folder = tmp_path / "package"
    put(folder, "house")
    monkeypatch.setattr(store, "BUILT_IN", folder)
    return folder


def test_a_machine_without_models_has_the_packages_own(package, tmp_path):
    (found,) = store.installed(tmp_path / "none")
    assert (found.name, found.folder, found.is_built_in) == ("house", package / "house", True)
    assert store.find(tmp_path / "none", "", "pai") == found
    assert store.find(tmp_path / "none", "house", "pai") == found
    assert store.check(found) == []


def test_a_trained_model_of_ones_own_comes_before_it(package, tmp_path):
    own = put(tmp_path / "models", "mine")
    put(tmp_path / "models", "untrained", trained_for="none")
    assert [each.name for each in store.installed(tmp_path / "models")] == ["mine", "untrained", "house"]
    assert store.find(tmp_path / "models", "", "pai").folder == own
    assert not store.find(tmp_path / "models", "mine", "pai").is_built_in


def test_one_of_its_name_counts_in_its_place(package, tmp_path):
    own = put(tmp_path / "models", "house", "other weights")
    (found,) = store.installed(tmp_path / "models")
    assert found.folder == own
    assert store.find(tmp_path / "models", "house", "pai").folder == own


def test_a_name_that_is_no_folders_finds_nothing(package, tmp_path):
    put(tmp_path / "models", "mine")
    there = r"no model .* is installed \(there: mine \(pai\), house \(pai\)\)"
    for name in ("../package/house", "nobody", "."):
        with pytest.raises(BadInput, match=there):
            store.find(tmp_path / "models", name, "pai")


def test_damage_to_it_is_mended_by_installing_the_package_anew(package, tmp_path):
    (package / "house" / "transformer.safetensors").write_text("changed", encoding="utf-8")
    (found,) = store.installed(tmp_path / "none")
    (fault,) = store.check(found)
    assert "install pai-studio anew" in str(fault)
