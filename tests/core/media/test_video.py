"""Movies: tags and sizes on the way out, exact frames on the way in."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from pai_studio.core.media.video import MovieReader, MovieWriter
from pai_studio.core.shot.errors import BadInput, MissingFrames, UnreadableImage

RATE = Fraction(24000, 1001)


def picture(index: int, size: tuple[int, int]) -> np.ndarray:
    frame = np.full((size[1], size[0], 3), 40, np.uint8)
    frame[..., 1] = 10 + index * 6
    return frame


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    path = tmp_path / "a.mp4"
    with MovieWriter(path, RATE, (65, 49)) as writer:
        for index in range(30):
            writer.write(picture(index, (65, 49)))
    return path


def test_what_was_written_is_a_tagged_movie(movie: Path) -> None:
    with av.open(str(movie)) as file:
        stream = file.streams.video[0]
        context = stream.codec_context
        assert (context.name, context.pix_fmt, stream.average_rate) == ("h264", "yuv420p", RATE)
        assert (context.width, context.height) == (66, 50)
        assert (context.color_primaries, context.color_trc, context.colorspace, context.color_range) == (
            1,
            1,
            1,
            1,
        )
    content = movie.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


_NOISE_IN_18_COLUMNS = """
import sys
from fractions import Fraction
import numpy as np
from pai_studio.core.media.video import MovieWriter
random = np.random.default_rng(0)
with MovieWriter(sys.argv[1], Fraction(24), (18, 136), crf=26) as writer:
    for index in range(4):
        writer.write(random.normal(120 + 3 * index, 8, (136, 18, 3)).astype(np.uint8))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc fills new memory with what it is told")
def test_the_same_pictures_give_the_same_bytes_whatever_memory_held(tmp_path: Path) -> None:
    """Pages of reports differed now and then, by a movie."""
    for held in ("0", "85"):
        run = [sys.executable, "-c", _NOISE_IN_18_COLUMNS, str(tmp_path / f"{held}.mp4")]
        subprocess.run(run, env={**os.environ, "MALLOC_PERTURB_": held}, check=True)
    assert (tmp_path / "0.mp4").read_bytes() == (tmp_path / "85.mp4").read_bytes()


def test_frames_are_exact_in_any_order(movie: Path) -> None:
    with MovieReader(movie) as reader:
        assert (reader.count, reader.rate, reader.size) == (30, RATE, (66, 50))
        for index in (0, 1, 2, 29, 5, 6, 28, 0):
            green = reader.read(index)[20:30, 20:30, 1].mean() * 255
            assert green == pytest.approx(10 + index * 6, abs=2.5)
        with pytest.raises(MissingFrames, match="0-29, not 30"):
            reader.read(30)


def test_the_footages_own_frames(footage: Callable[[str], Path]) -> None:
    """The PNG frames were decoded from pictures 420..580 in steps of 2."""
    folder = footage("gs_mdn_handheld")
    with MovieReader(folder / "video.mp4") as reader:
        for number in (1001, 1002, 1081, 1040):
            stored = cv2.imread(str(folder / "frames" / f"mdn.{number}.png"))
            assert np.array_equal(np.rint(reader.read(420 + 2 * (number - 1001)) * 255), stored[..., ::-1])


def test_an_abandoned_movie_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"old")

    def stopped() -> None:
        with MovieWriter(path, RATE, (16, 16)) as writer:
            writer.write(picture(0, (16, 16)))
            raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"):
        stopped()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_wrong_size_and_no_folder(tmp_path: Path) -> None:
    with MovieWriter(tmp_path / "a.mp4", RATE, (16, 16)) as writer:
        writer.write(picture(0, (16, 16)))
        with pytest.raises(ValueError, match="16x16"):
            writer.write(picture(0, (18, 16)))

    def into_nowhere() -> None:
        with MovieWriter(tmp_path / "file" / "a.mp4", RATE, (16, 16)) as writer:
            writer.write(picture(0, (16, 16)))

    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="cannot be written"):
        into_nowhere()


def test_damaged_movies_are_refused(movie: Path) -> None:
    whole = movie.read_bytes()
    for length in (0, 100, 600):
        movie.write_bytes(whole[:length])
        with pytest.raises(UnreadableImage, match=r"a\.mp4"):
            MovieReader(movie)
    movie.write_bytes(whole[: len(whole) // 2])

    def read_all() -> list[np.ndarray]:
        with MovieReader(movie) as reader:
            return [reader.read(index) for index in range(reader.count)]

    with pytest.raises(UnreadableImage, match=r"a\.mp4"):
        read_all()
