from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pai_studio.core.shot import document
from pai_studio.core.shot.errors import BadInput, MissingFrames
from pai_studio.core.shot.inputs import input_files


@pytest.fixture
def shot(tmp_path: Path, shot_file: Callable[..., Path]) -> Callable[..., document.Shot]:
    """A shot of frames 1-3 in a folder that holds p.1-3.exr, m.exr, a.webm and r.exr."""
    for name in ("p.1.exr", "p.2.exr", "p.3.exr", "m.exr", "a.webm", "r.exr"):
        (tmp_path / name).touch()

    def make(plate: str = "p.#.exr", matte: str = "", reference: str = "r.exr") -> document.Shot:
        keys = {"plate": {"files": plate, "colorspace": "ACEScg"}, "mattes": {"garbage": {"files": matte}}}
        references = [{"file": reference, "frame": 1}]
        path = shot_file(tmp_path / "s.json", frames=[1, 3], references=references, **keys)
        return document.load(path)

    return make


def test_every_file_comes_once(shot, tmp_path: Path) -> None:
    found = input_files(shot(matte="p.#.exr", reference="p.2.exr"))
    assert found == [tmp_path / f"p.{n}.exr" for n in (1, 2, 3)]


def test_one_matte_may_serve_every_frame(shot, tmp_path: Path) -> None:
    assert tmp_path / "m.exr" in input_files(shot(matte="m.exr"))


@pytest.mark.parametrize("movie", ["a.webm"])
def test_a_movie_is_one_file(shot, tmp_path: Path, movie: str) -> None:
    assert input_files(shot(plate=movie)) == [tmp_path / movie, tmp_path / "r.exr"]


def test_one_picture_is_no_plate_for_many_frames(shot) -> None:
    with pytest.raises(BadInput, match=r"plate\.files .*m\.exr: names one picture"):
        input_files(shot(plate="m.exr"))


def test_what_is_absent_is_named_with_its_key(shot) -> None:
    with pytest.raises(MissingFrames, match=r"mattes\.garbage\.files .*3 of 3 frames are missing"):
        input_files(shot(matte="q.#.exr"))
    with pytest.raises(BadInput, match=r"mattes\.garbage\.files .*n\.exr: there is no such file"):
        input_files(shot(matte="n.exr"))
    with pytest.raises(BadInput, match=r"references\[0\]\.file .*q\.exr"):
        input_files(shot(reference="q.exr"))
