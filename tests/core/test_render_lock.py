"""A background that stays while the subject's light changes, and every reason for which it cannot."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
import pytest

from pai_studio.core.media.exr import read_channels
from pai_studio.core.render import RenderRequest, RenderResult, render
from pai_studio.core.shot import document
from pai_studio.core.shot.errors import AlreadyThere, BadInput, MissingFrames, PaiError
from pai_studio.core.shot.frames import FrameRange
from pai_studio.core.shot.locked import LOCKED, locked_pattern, locked_version
from tests.core.picturing import install

SIZE = (32, 48)


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model's pictures."""
    install(monkeypatch)


@pytest.fixture
def a_shot(tmp_path: Path, picture: Callable[..., Path], shot_file: Callable[..., Path]) -> document.Shot:
    """Two frames with overscan on one side."""
    rng = np.random.default_rng(5)
    for frame in (1001, 1002):
        rgba = rng.uniform(0.1, 0.8, (*SIZE, 4)).astype(np.float32)
        rgba[..., 3] = 0
        rgba[8:24, 8:28, 3] = 1
        picture(
            tmp_path / f"plate/p.{frame}.exr", rgba, channels=("R", "G", "B", "A"), data=(-3, 0),
            display=(0, 0, 40, 32),
        )  # fmt: skip
    picture(tmp_path / "ref.exr", np.full((32, 40, 3), 0.5, np.float32))
    path = shot_file(
        tmp_path / "a.shot.json",
        frames=[1001, 1002],
        plate={"files": "plate/p.####.exr", "colorspace": "ACEScg", "alpha": "straight", "screen": "none"},
        references=[{"file": "ref.exr", "frame": 1001, "colorspace": "ACEScg"}],
        delivery={"files": "out/v001/a_v001.####.exr"},
    )
    return document.load(path)


def version(shot: document.Shot, number: int, **delivery: Any) -> document.Shot:
    files = f"out/v{number:03d}/a_v{number:03d}.####.exr"
    return shot.model_copy(update={"delivery": shot.delivery.model_copy(update={"files": files, **delivery})})


def rendered(shot: document.Shot, folder: Path, lock: int | None = None, **keys: Any) -> RenderResult:
    pattern = folder / f"out/v{lock:03d}/a_v{lock:03d}.####.exr" if lock else None
    return render(
        RenderRequest(shot=shot, out=folder, generations=folder / "generations", lock=pattern, **keys)
    )


def planes(folder: Path, number: int, frame: int = 1001) -> dict[str, np.ndarray]:
    image = read_channels(folder / f"out/v{number:03d}/a_v{number:03d}.{frame}.exr")
    return {name: image.pixels[..., i] for i, name in enumerate(image.channels)}


@pytest.mark.parametrize("layout", ["multilayer", "files"])
def test_the_locked_background_stands_behind_the_new_light(a_shot, tmp_path: Path, layout: str) -> None:
    before = a_shot.model_copy(update={"finish": document.Finish(grain=1.0)})
    rendered(version(before, 1, layout=layout), tmp_path)
    other = a_shot.model_copy(
        update={
            "finish": document.Finish(despill=0.0, grain=0.3, shadow=0.5),
            "engine": a_shot.engine.model_copy(update={"seed": 8}),
        }
    )
    result = rendered(version(other, 2), tmp_path, lock=1)
    free = rendered(version(other, 3), tmp_path)
    for frame in (1001, 1002):
        got, own = planes(tmp_path, 2, frame), planes(tmp_path, 3, frame)
        for name in LOCKED:
            if layout == "files":
                image = read_channels(tmp_path / f"out/v001/a_v001_{name}.{frame}.exr")
                was = image.pixels
            else:
                first = planes(tmp_path, 1, frame)
                was = np.stack([first[c] for c in first if c.startswith(f"{name}.")], axis=2)
            assert np.array_equal(np.stack([got[c] for c in got if c.startswith(f"{name}.")], axis=2), was)
        for c in "RGB":
            for name in ("foreground", "gain"):
                assert np.array_equal(got[f"{name}.{c}"], own[f"{name}.{c}"])
            assert not np.array_equal(got[f"background.{c}"], own[f"background.{c}"])
            behind = got[f"background.{c}"] * got["shadow.A"] * (1 - got["matte.A"])
            whole = got[f"foreground.{c}"] * got[f"gain.{c}"] + behind + got[f"wrap.{c}"]
            assert np.array_equal(got[c], whole.astype(np.float16))
    told = result.provenance["locked"]["background"]
    assert (told["version"], told["passes"]) == (1, list(LOCKED))
    assert len(told["files"]) == (2 if layout == "multilayer" else 6)
    assert free.provenance["locked"] == {}
    assert result.provenance["generation"] == free.provenance["generation"]


def test_a_version_that_was_begun_with_a_lock_is_gone_on_with_that_lock_alone(a_shot, tmp_path: Path) -> None:
    rendered(a_shot, tmp_path)
    second = version(a_shot, 2)
    rendered(second, tmp_path, lock=1)
    file = tmp_path / "out/v002/a_v002.1002.exr"
    made = file.read_bytes()
    file.unlink()
    with pytest.raises(AlreadyThere, match="from another locked background, or none"):
        rendered(second, tmp_path, resume=True)
    rendered(second, tmp_path, lock=1, resume=True)
    assert file.read_bytes() == made


def test_only_the_frames_that_are_rendered_have_to_be_there(a_shot, tmp_path: Path) -> None:
    rendered(a_shot, tmp_path, frames=FrameRange(1002, 1002))
    rendered(version(a_shot, 2), tmp_path, lock=1, frames=FrameRange(1002, 1002))
    say = r"the locked version lacks 1 of the 2 frames \(1001\); lock a version that has the same frames"
    with pytest.raises(MissingFrames, match=say):
        rendered(version(a_shot, 3), tmp_path, lock=1)
    assert not (tmp_path / "out/v003").exists()


def without_shadow(shot: document.Shot, folder: Path, _: Any) -> None:
    passes = [name for name in shot.delivery.passes if name != "shadow"]
    rendered(version(shot, 1, passes=passes), folder)


def another_size(shot: document.Shot, folder: Path, picture: Callable[..., Path]) -> None:
    rendered(shot, folder)
    rgba = np.ones((*SIZE, 4), np.float32)
    for frame in (1001, 1002):
        (folder / f"plate/p.{frame}.exr").unlink()
        picture(folder / f"plate/p.{frame}.exr", rgba, channels=("R", "G", "B", "A"))


def another_window(shot: document.Shot, folder: Path, picture: Callable[..., Path]) -> None:
    rendered(shot, folder)
    rgba = np.ones((*SIZE, 4), np.float32)
    (folder / "plate/p.1002.exr").unlink()
    picture(
        folder / "plate/p.1002.exr", rgba, channels=("R", "G", "B", "A"), data=(-1, 0), display=(0, 0, 40, 32)
    )


def another_working_space(shot: document.Shot, folder: Path, _: Any) -> None:
    rendered(shot, folder)
    for path in (folder / "out/v001").glob("*.exr"):
        image = oiio.ImageBuf(str(path))
        image.read()
        image.specmod().attribute("pai/passes_colorspace", "Linear P3-D65")
        assert image.write(str(path))


def of_somebody_else(shot: document.Shot, folder: Path, _: Any) -> None:
    (folder / "out/v001").mkdir(parents=True)
    for frame in (1001, 1002):
        shutil.copy(folder / f"plate/p.{frame}.exr", folder / f"out/v001/a_v001.{frame}.exr")


@pytest.mark.parametrize(
    ("prepared", "say"),
    [
        (without_shadow, "frame 1001 was delivered without its shadow pass; lock another version, or none"),
        (another_size, "frame 1001 is 40x32, the plate 48x32; lock another version, or none"),
        (
            another_window,
            "frame 1002 covers 48x32 from -3,0, the plate 48x32 from -1,0; lock another version",
        ),
        (
            another_working_space,
            "has its passes in 'Linear P3-D65', this shot works in 'ACEScg'; lock another",
        ),
        (of_somebody_else, "a_v001.1001.exr: cannot be locked: frame 1001 is no frame of a delivery; lock"),
    ],
    ids=lambda one: one.__name__ if callable(one) else "",
)
def test_what_does_not_fit_is_refused_in_one_line(
    a_shot, tmp_path: Path, picture: Callable[..., Path], prepared: Callable[..., None], say: str
) -> None:
    prepared(a_shot, tmp_path, picture)
    with pytest.raises(BadInput) as caught:
        rendered(version(a_shot, 2), tmp_path, lock=1)
    assert say in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list((tmp_path / "out").glob("v002/*1002*"))


def test_an_engine_that_leaves_the_plate_has_no_background_to_lock(
    a_shot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered(a_shot, tmp_path)
    monkeypatch.undo()
    plate = a_shot.model_copy(update={"engine": document.EngineChoice(name="plate")})
    with pytest.raises(BadInput, match="the engine plate leaves the background as it is"):
        rendered(version(plate, 2), tmp_path, lock=1)


@pytest.mark.parametrize("text", ["background", "gain:v003", "background:3", "background:v", ""])
def test_a_lock_is_written_in_one_way(text: str) -> None:
    assert locked_version("background:v003") == 3
    with pytest.raises(BadInput, match="write it as background:v003"):
        locked_version(text)


def test_a_version_to_lock_is_on_disk_and_another_one(tmp_path: Path) -> None:
    for number in (1, 4):
        path = tmp_path / f"out/v{number:03d}/a_v{number:03d}.1001.exr"
        path.parent.mkdir(parents=True)
        path.touch()
    pattern = "out/v005/a_v005.####.exr"
    assert locked_pattern(tmp_path, pattern, 4) == tmp_path / "out/v004/a_v004.####.exr"
    for number, say in ((3, "there are v001, v004"), (5, "add --new-version, or lock another one")):
        with pytest.raises(PaiError, match=say):
            locked_pattern(tmp_path, pattern, number)


def test_what_is_locked_is_a_difference_to_frames_of_the_version_before(a_shot, tmp_path: Path) -> None:
    from pai_studio.core.delivery.carry import differences

    rendered(a_shot, tmp_path)
    locked = rendered(version(a_shot, 2), tmp_path, lock=1).provenance
    assert differences(tmp_path, a_shot.delivery_files, locked) == ["locked"]
    path = tmp_path / "out/v001/a_v001.provenance.json"
    old = json.loads(path.read_text())
    del old["locked"]  # as versions from before there were locks
    path.write_text(json.dumps(old))
    assert differences(tmp_path, a_shot.delivery_files, locked) == ["locked"]
    path.write_text(json.dumps(old | {"pai_studio": "0.0.1"}))
    assert differences(tmp_path, a_shot.delivery_files, locked) == ["locked", "pai_studio"]
