"""Finishing that looks at the frames around: whatever is rendered of a shot equals the whole, bit by bit."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pai_studio.core import render as spine
from pai_studio.core.finish.finisher import Finisher
from pai_studio.core.finish.seen import Seen
from pai_studio.core.media.exr import read_channels
from pai_studio.core.media.frame import Generated, PlateFrame
from pai_studio.core.render import RenderRequest, RenderResult, render
from pai_studio.core.report import Progress, silent
from pai_studio.core.shot import document
from pai_studio.core.shot.errors import BadInput, Cancelled, EngineFailed
from pai_studio.core.shot.frames import FramePattern, FrameRange
from tests.core.finish.measures import around as window
from tests.core.picturing import CLOSE, REACH, Installed, MixingFinisher, PicturingEngine, install

SIZE = (32, 48)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Installed:
    return install(monkeypatch)


@pytest.fixture
def a_shot(
    tmp_path: Path, picture: Callable[..., Path], shot_file: Callable[..., Path]
) -> Callable[..., document.Shot]:
    """A cut-out subject that moves, some of whose files hold less than the whole picture."""

    def make(*frames: int) -> document.Shot:
        rng = np.random.default_rng(5)
        for place, frame in enumerate(FrameRange(*frames)):
            rgba = rng.uniform(0.1, 0.8, (*SIZE, 4)).astype(np.float32)
            rgba[..., 3] = 0
            rgba[8:24, 8 + place % 6 : 28 + place % 6, 3] = 1
            corner = 2 if place % 3 == 1 else 0
            picture(
                tmp_path / f"plate/p.{frame:04d}.exr", rgba[corner:, corner:], channels=("R", "G", "B", "A"),
                data=(corner, corner), display=(0, 0, 48, 32), facts={"DateTime": "2026:01:02 03:04:05"},
            )  # fmt: skip
        picture(tmp_path / "ref.exr", np.full((*SIZE, 3), 0.5, np.float32))
        path = shot_file(
            tmp_path / "a.shot.json",
            frames=list(frames),
            plate={"files": "plate/p.####.exr", "colorspace": "ACEScg", "alpha": "straight"},
            references=[{"file": "ref.exr", "frame": frames[0], "colorspace": "ACEScg"}],
            delivery={"files": "out/v001/a_v001.####.exr"},
        )
        return document.load(path)

    return make


def rendered(shot: document.Shot, folder: Path, **keys: Any) -> RenderResult:
    report = keys.pop("report", silent)
    return render(
        RenderRequest(shot=shot, out=folder, **{"generations": folder / "generations", **keys}), report
    )


def frame_of(folder: Path, number: int) -> Path:
    return FramePattern(str(folder / "out/v001/a_v001.####.exr")).path(number)


def delivered(folder: Path) -> dict[int, bytes]:
    pattern = FramePattern(str(folder / "out/v001/a_v001.####.exr"))
    return {n: pattern.path(n).read_bytes() for n in pattern.on_disk()}


def stored(folder: Path) -> list[int]:
    (key,) = (folder / "generations").iterdir()
    return FramePattern(str(key / "gen.####.exr")).on_disk()


@pytest.mark.parametrize(
    ("frames", "part"),
    [((1001, 1009), (3, 5)), ((10, 34, 3), (7, 8))],
    ids=["by one", "by three"],
)
def test_a_sub_range_equals_the_whole_and_leaves_its_neighbours_stored(
    a_shot, installed: Installed, tmp_path: Path, frames: tuple[int, ...], part: tuple[int, int]
) -> None:
    shot, numbers = a_shot(*frames), list(FrameRange(*frames))
    rendered(shot, tmp_path / "whole")
    assert installed.engine.made == numbers
    assert sorted(installed.finisher.seen) == numbers
    around, close = ({n: window(numbers, n, reach) for n in numbers} for reach in (REACH, CLOSE))
    assert installed.finisher.near == close
    assert installed.finisher.far == {n: [k for k in around[n] if k not in close[n]] for n in numbers}
    whole = delivered(tmp_path / "whole")
    first, last = part
    rendered(shot, tmp_path, frames=FrameRange(numbers[first], numbers[last], shot.frames.step))
    assert delivered(tmp_path) == {n: whole[n] for n in numbers[first : last + 1]}
    assert stored(tmp_path) == sorted({k for n in numbers[first : last + 1] for k in around[n]})
    assert installed.engine.made == stored(tmp_path)


def test_what_the_frames_around_show_enters_a_frame(
    a_shot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else no other test here could fail."""
    shot, pictures = a_shot(1001, 1003), []
    for reach in (REACH, 0):
        install(monkeypatch, reach)
        rendered(shot, tmp_path / str(reach))
        pictures.append(read_channels(frame_of(tmp_path / str(reach), 1002)).pixels)
    assert not np.array_equal(*pictures)


def test_resuming_equals_the_whole_and_generates_nothing_twice(
    a_shot, installed: Installed, tmp_path: Path
) -> None:
    shot = a_shot(1001, 1011)
    first = rendered(shot, tmp_path)
    whole = delivered(tmp_path)
    for number in (1002, 1010):
        frame_of(tmp_path, number).unlink()
    again = rendered(shot, tmp_path, resume=True)
    assert delivered(tmp_path) == whole
    assert again.qc == first.qc
    assert installed.engine.made == []
    # 1006 lies beside neither.
    assert sorted(installed.finisher.seen) == [n for n in range(1001, 1012) if n != 1006]


def test_a_shot_that_was_stopped_goes_on_and_equals_the_whole(
    a_shot, installed: Installed, tmp_path: Path
) -> None:
    shot = a_shot(1001, 1009)
    rendered(shot, tmp_path / "whole")

    def stop(progress: Progress) -> None:
        if progress.phase == "frames" and progress.done == 3:
            raise Cancelled("cancelled")

    with pytest.raises(Cancelled):
        rendered(shot, tmp_path / "part", report=stop)
    assert 3 <= len(delivered(tmp_path / "part")) < 9
    rendered(shot, tmp_path / "part", resume=True)
    assert delivered(tmp_path / "part") == delivered(tmp_path / "whole")


def test_refinishing_a_sub_range_asks_for_the_generations_around_it(
    a_shot, installed: Installed, tmp_path: Path
) -> None:
    shot = a_shot(1001, 1009)
    rendered(shot, tmp_path, frames=FrameRange(1003, 1003))
    made = delivered(tmp_path)
    frame_of(tmp_path, 1003).unlink()
    rendered(shot, tmp_path, frames=FrameRange(1003, 1003), mode="refinish")
    assert delivered(tmp_path) == made
    say = "for frame 1006, which finishing looks at beside those asked for; render the shot once"
    with pytest.raises(BadInput, match=say):
        rendered(
            shot,
            tmp_path / "b",
            frames=FrameRange(1003, 1004),
            mode="refinish",
            generations=tmp_path / "generations",
        )
    with pytest.raises(BadInput, match="for frames 1006-1009; render the shot once"):
        rendered(shot, tmp_path / "b", mode="refinish", generations=tmp_path / "generations")
    assert not (tmp_path / "b").exists()


def test_no_plate_is_held_once_it_was_looked_at(
    a_shot, installed: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read again when its turn comes; at 4K it is 230 MB, with its picture as it was in the file."""
    shot, looked_at = a_shot(1001, 1009), []

    def see(self: MixingFinisher, plate: PlateFrame, made: Generated) -> Seen | None:
        looked_at.append(weakref.ref(plate))
        return Finisher.see(self, plate, made)

    rendered(shot, tmp_path)
    monkeypatch.setattr(MixingFinisher, "see", see)
    again = RenderRequest(
        shot=shot, out=tmp_path / "b", generations=tmp_path / "generations", mode="refinish"
    )
    run = spine._Run(again, silent, lambda *_: None)
    making = run.making.frames([1001, 1002], pool := ThreadPoolExecutor(1), silent, is_stored=True)
    with pool, closing(making) as frames:
        assert next(frames).plate.number == 1001
        pool.submit(int).result()
        assert [one() for one in looked_at] == [None] * (1 + 2 * REACH)
    run.close()


def test_an_engine_that_fails_ends_the_render_at_once(
    a_shot, installed: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(self: PicturingEngine, frames: Any, report: Any) -> Any:
        for made in generate(self, frames, report):
            if made.number == 1006:
                raise EngineFailed("the model broke")
            yield made

    generate = PicturingEngine.generate
    monkeypatch.setattr(PicturingEngine, "generate", breaks)
    with pytest.raises(EngineFailed, match="the model broke"):
        rendered(a_shot(1001, 1009), tmp_path)
    assert 1003 <= max(stored(tmp_path)) <= 1005
    assert set(delivered(tmp_path)) <= {1001, 1002, 1003}
