from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pai_studio.core.model import manifest, store
from pai_studio.core.model.manifest import Manifest
from pai_studio.core.report import Progress
from pai_studio.core.shot.errors import BadInput


def install(folder: Path, name: str, **changes) -> store.Installed:
    """A model of three small files, as its manifest says."""
    place = folder / name
    for file, content in (("transformer/a.safetensors", b"abc"), ("transformer/config.json", b"{}")):
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        (place / file).write_bytes(content)
    given = {
        "name": name,
        "engine": "pai",
        "preset": "tiny",
        "licence": "Apache-2.0",
        "prediction": "sample",
        "codec": "pixel",
        "window_latents": 13,
        "references_most": 5,
        "area_px": 36864,
        "grid_px": 16,
        "trained_for": "background-replacement",
    }
    made = Manifest.model_validate(given | changes | {"files": store.weigh(place)})
    (place / manifest.FILE).write_text(made.to_json())
    return store.Installed(place, made)


def test_models_are_found_by_name(tmp_path: Path) -> None:
    install(tmp_path, "b")
    install(tmp_path, "a")
    (tmp_path / ".pulling-c").mkdir()
    (tmp_path / "notes").mkdir()
    assert [model.name for model in store.installed(tmp_path)] == ["a", "b"]
    assert store.find(tmp_path, "b", "pai").folder == tmp_path / "b"
    assert store.installed(tmp_path / "nowhere") == []


def test_without_a_name_the_model_made_for_the_task_is_taken(tmp_path: Path) -> None:
    install(tmp_path, "a", trained_for="none")
    install(tmp_path, "b", trained_for="video-editing")
    install(tmp_path, "c")
    install(tmp_path, "d")
    install(tmp_path, "e", engine="vace", trained_for="video-editing")
    assert store.find(tmp_path, "", "pai").name == "c"
    assert store.find(tmp_path, "", "vace").name == "e"
    assert store.find(tmp_path, "a", "pai").manifest.trained_for == "none"


@pytest.mark.parametrize(
    ("name", "engine", "says"),
    [
        ("", "pai", "no trained model for the engine 'pai' is installed (there: a (pai, untrained), s (none"),
        ("", "vace", "`pai-studio models pull wan2.1-vace-1.3b` gets it"),
        ("b", "pai", "no model 'b' is installed (there: a (pai, untrained)"),
        ("wan2.1-vace-14b", "vace", "`pai-studio models pull wan2.1-vace-14b` gets it"),
        ("../a", "pai", "no model '../a' is installed"),
        ("..", "pai", "no model '..' is installed"),
        ("a", "vace", "'a' is a model for the engine 'pai', not 'vace'; name that engine"),
        ("s", "pai", "`pai-studio models convert s NAME`"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(tmp_path: Path, name: str, engine: str, says: str) -> None:
    models = tmp_path / "models"
    shutil.copy(install(models, "a", trained_for="none").folder / manifest.FILE, tmp_path)
    install(models, "s", engine="none", trained_for="none")
    with pytest.raises(BadInput) as caught:
        store.find(models, name, engine)
    assert says in str(caught.value)


def test_a_broken_model_hides_no_other(tmp_path: Path) -> None:
    install(tmp_path, "a")
    broken = install(tmp_path, "b").folder / manifest.FILE
    broken.write_text(broken.read_text().replace("model/1", "model/9"))
    found, faults = store.survey(tmp_path)
    assert [model.name for model in found] == ["a"]
    assert "b/manifest.json: schema: pai-studio/model/9 is newer" in str(faults[0])
    with pytest.raises(BadInput, match="is newer"):
        store.find(tmp_path, "b", "pai")


def test_a_folder_that_may_not_be_read_hides_no_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "a")
    (tmp_path / "lost+found").mkdir()
    real = Path.is_file

    def guarded(path: Path) -> bool:  # what the system says to all but root
        if path.parent.name == "lost+found":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(Path, "is_file", guarded)
    found, (fault,) = store.survey(tmp_path)
    assert [model.name for model in found] == ["a"]
    assert "lost+found: cannot be read (Permission denied)" in str(fault)


def test_a_disk_that_gives_a_file_no_longer_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = install(tmp_path, "a")

    def torn(*arguments: object) -> str:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(store, "sha256", torn)
    faults = [str(fault) for fault in store.check(model)]
    assert len(faults) == 2
    assert "a.safetensors: cannot be read (Input/output error)" in faults[0]


def test_a_part_that_is_a_link_to_another_folder_is_a_fault(tmp_path: Path) -> None:
    model = install(tmp_path / "models", "a")
    (tmp_path / "elsewhere").mkdir()
    (model.folder / "tokenizer").symlink_to(tmp_path / "elsewhere")
    (fault,) = store.check(model)
    assert "tokenizer: is a link to a folder" in str(fault)


def test_a_whole_model_has_no_faults_and_all_of_it_is_read(tmp_path: Path) -> None:
    heard: list[Progress] = []
    assert store.check(install(tmp_path, "a"), heard.append) == []
    assert (heard[-1].done, heard[-1].total) == (5, 5)


@pytest.mark.parametrize(
    ("file", "content", "says", "without_reading"),
    [
        ("transformer/a.safetensors", None, "is missing", True),
        ("transformer/a.safetensors", b"abcd", "has 4 bytes, not 3", True),
        ("transformer/a.safetensors", b"abd", "has the SHA-256 a52d159f262b..., not ba7816bf8f01", False),
        ("transformer/b.safetensors", b"", "is no file of this model", True),
    ],
)
def test_the_file_that_is_wrong_is_named(
    tmp_path: Path, file: str, content: bytes | None, says: str, without_reading: bool
) -> None:
    model = install(tmp_path, "a")
    path = model.folder / file
    path.unlink() if content is None else path.write_bytes(content)
    (fault,) = store.check(model)
    assert str(fault).startswith(f"{path}: {says}")
    assert len(store.check(model, contents=False)) == without_reading


@pytest.mark.parametrize("name", ["pytorch_model.bin", "last.ckpt", "a/b.PT"])
def test_pickled_weights_are_refused_by_name(tmp_path: Path, name: str) -> None:
    path = install(tmp_path, "a").folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"")
    with pytest.raises(BadInput, match=f"{path.name}: pickled weights"):
        store.weigh(tmp_path / "a")
