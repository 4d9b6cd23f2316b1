"""Finished windows on disk: whole or not there, of one mark only, and cheap to ask after."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from pai_studio.core.model import keeping  # noqa: E402
from pai_studio.core.model.keeping import Kept  # noqa: E402
from pai_studio.core.shot.errors import BadInput, EngineFailed, PaiError  # noqa: E402


def test_the_newest_window_is_told_without_reading_what_the_streams_carried(tmp_path, monkeypatch) -> None:
    kept = Kept(tmp_path / "kept", {"seed": 1})
    assert (kept.newest, kept.streams()) == (-1, {})
    kept.keep_streams(2, {"encoder/0.1": torch.ones(3)})
    assert torch.equal(kept.streams()["encoder/0.1"], torch.ones(3))

    read, real = [], keeping.safe_open

    class Watched:
        def __init__(self, path, framework):
            self._file = real(path, framework)

        def __enter__(self):
            self._opened = self._file.__enter__()
            return self

        def __exit__(self, *error):
            return self._file.__exit__(*error)

        def metadata(self):
            return self._opened.metadata()

        def keys(self):
            return self._opened.keys()

        def get_tensor(self, key):
            read.append(key)
            return self._opened.get_tensor(key)

    monkeypatch.setattr(keeping, "safe_open", Watched)
    assert kept.newest == 2
    assert read == []
    kept.streams()
    assert read == ["encoder/0.1"]


def test_a_mark_that_is_damaged_begins_anew(tmp_path: Path) -> None:
    Kept(tmp_path / "kept", {"seed": 1}).put("window-0000", {"latents": torch.ones(1)})
    assert Kept(tmp_path / "kept", {"seed": 1}).has("window-0000")
    (tmp_path / "kept" / "made-from.json").write_bytes(b"\xff\xfe torn")
    assert not Kept(tmp_path / "kept", {"seed": 1}).has("window-0000")


def test_a_clearing_that_was_killed_leaves_no_windows_of_its_mark(tmp_path: Path, monkeypatch) -> None:
    one = Kept(tmp_path / "kept", {"seed": 1})
    one.put("window-0000", {"latents": torch.ones(1)})

    def killed(folder):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(keeping.shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            Kept(tmp_path / "kept", {"seed": 2})
    assert (tmp_path / "kept" / "window-0000.safetensors").exists()
    assert not Kept(tmp_path / "kept", {"seed": 1}).has("window-0000")


def test_what_stands_in_the_folders_place_is_replaced_and_a_link_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("")
    (tmp_path / "kept").symlink_to(elsewhere)
    kept = Kept(tmp_path / "kept", {"seed": 1})
    kept.put("window-0000", {"latents": torch.ones(1)})
    assert [path.name for path in elsewhere.iterdir()] == ["precious"]
    (tmp_path / "file").write_text("")
    assert Kept(tmp_path / "file", {"seed": 1}).newest == -1


def test_a_folder_that_cannot_be_cleared_is_an_error_for_a_person(tmp_path: Path, monkeypatch) -> None:
    Kept(tmp_path / "kept", {"seed": 1})

    def refused(folder):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(keeping.shutil, "rmtree", refused)
    with pytest.raises(BadInput, match="kept: cannot be written"):
        Kept(tmp_path / "kept", {"seed": 2})


def test_a_window_that_cannot_be_written_is_not_there(tmp_path: Path, monkeypatch) -> None:
    kept = Kept(tmp_path / "kept", {"seed": 1})

    def torn(tensors, path, metadata):
        Path(path).write_bytes(b"half")
        raise keeping.SafetensorError("I/O error")

    monkeypatch.setattr(keeping, "save_file", torn)
    with pytest.raises(PaiError, match=r"window-0000.*could not be written"):
        kept.put("window-0000", {"latents": torch.ones(1)})
    assert not kept.has("window-0000")
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["made-from.json"]


def test_a_tensor_that_a_window_has_not_is_a_damaged_window(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "kept", {"seed": 1})
    kept.put("window-0000", {"latents": torch.ones(1)})
    with pytest.raises(EngineFailed, match=r"window-0000.*render again"):
        kept.read("window-0000", "composite")


def test_only_what_nobody_can_be_writing_any_more_is_swept(tmp_path) -> None:
    """Another worker may be making the very same shot: what it is writing now stays."""
    folder = tmp_path / "kept"
    Kept(folder, {"seed": 1})
    dead, alive = (folder / f".pai-{letter * 12}-window-0001.safetensors" for letter in "ab")
    for path in (dead, alive):
        path.write_bytes(b"half")
    os.utime(dead, (0, 0))
    Kept(folder, {"seed": 1})
    assert (dead.exists(), alive.exists()) == (False, True)
