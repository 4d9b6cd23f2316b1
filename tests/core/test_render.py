"""The spine with an engine that returns the plate: what comes back is what went in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
import pytest

import pai_studio
from pai_studio.core.render import RenderRequest, RenderResult, render
from pai_studio.core.shot import document
from pai_studio.core.shot.errors import AlreadyThere, BadInput, Cancelled
from pai_studio.core.shot.frames import FramePattern, FrameRange

# Each with the code values that hold light: from the camera's black (LogC4) or a tenth of an 8-bit step to white.
SPACES = {"ACEScg": (0.001, 20.0), "ARRI LogC4": (0.093, 1.0), "sRGB - Texture": (0.002, 1.0)}
DISPLAY = (0, 0, 24, 16)


def pixels_of(path: Path) -> tuple[np.ndarray, oiio.ImageSpec]:
    file = oiio.ImageInput.open(str(path))
    assert file, oiio.geterror()
    return file.read_image("float"), file.spec()


def a_picture(frame: int, shape: tuple[int, int], space: str) -> np.ndarray:
    rng = np.random.default_rng(frame % 1000)
    return rng.uniform(*SPACES[space], (*shape, 3)).astype(np.float16).astype(np.float32)


@pytest.fixture
def a_shot(
    tmp_path: Path, picture: Callable[..., Path], shot_file: Callable[..., Path]
) -> Callable[..., document.Shot]:
    """A shot whose plate has an offset data window, metadata and a depth channel; `engine` is plate."""

    def make(frames: list[int], space: str = "ACEScg", **keys: Any) -> document.Shot:
        pattern = FramePattern(str(tmp_path / "plate/p.####.exr"))
        for frame in FrameRange(*frames):
            rgbz = np.concatenate(
                [a_picture(frame, (12, 18), space), np.full((12, 18, 1), 7.25 + frame, np.float32)], axis=2
            )
            picture(
                pattern.path(frame), rgbz, channels=("R", "G", "B", "Z"), data=(-2, 3), display=DISPLAY,
                facts={"Copyright": "a studio", "reelName": "A001", "PixelAspectRatio": 2.0},
            )  # fmt: skip
        picture(tmp_path / "ref.exr", np.full((16, 24, 3), 0.5, np.float32))
        path = shot_file(
            tmp_path / "a.shot.json",
            frames=frames,
            plate={"files": "plate/p.####.exr", "colorspace": space},
            references=[{"file": "ref.exr", "frame": frames[0], "colorspace": "ACEScg"}],
            engine={"name": "plate"},
            delivery={"files": "out/v001/a_v001.####.exr", **keys.pop("delivery", {})},
            **keys,
        )
        return document.load(path)

    return make


def rendered(shot: document.Shot, tmp_path: Path, **keys: Any) -> RenderResult:
    return render(RenderRequest(shot=shot, out=tmp_path, generations=tmp_path / "generations", **keys))


def output(tmp_path: Path, frame: int, version: int = 1) -> Path:
    return FramePattern(str(tmp_path / f"out/v{version:03d}/a_v{version:03d}.####.exr")).path(frame)


@pytest.mark.parametrize("frames", [[1001, 1003], [-3, -1], [10, 16, 3]])
@pytest.mark.parametrize("space", SPACES)
def test_an_untouched_plate_comes_back_exactly(a_shot, tmp_path: Path, frames: list[int], space: str) -> None:
    shot = a_shot(frames, space)
    rendered(shot, tmp_path)
    for frame in FrameRange(*frames):
        given, was = pixels_of(FramePattern(shot.plate.files).path(frame))
        got, spec = pixels_of(output(tmp_path, frame))
        order = [list(spec.channelnames).index(name) for name in was.channelnames]
        assert np.array_equal(got[..., order], given)
        assert (spec.x, spec.y, spec.width, spec.height) == (-2, 3, 18, 12)
        assert (spec.full_x, spec.full_y, spec.full_width, spec.full_height) == DISPLAY
        assert spec.getattribute("Copyright") == "a studio"
        assert spec.getattribute("PixelAspectRatio") == 2.0


@pytest.mark.parametrize("space", SPACES)
def test_through_the_working_space_it_comes_back_within_one_ulp_of_half(
    a_shot, tmp_path: Path, space: str
) -> None:
    shot = a_shot([1001, 1002], space)
    rendered(shot, tmp_path, convert_plate=True)
    for frame in (1001, 1002):
        given, was = pixels_of(FramePattern(shot.plate.files).path(frame))
        got, spec = pixels_of(output(tmp_path, frame))
        order = [list(spec.channelnames).index(name) for name in was.channelnames]
        got = got[..., order]
        ulp = np.spacing(np.abs(given[..., :3]).astype(np.float16)).astype(np.float32)
        assert np.all(np.abs(got[..., :3] - given[..., :3]) <= ulp)
        assert np.array_equal(got[..., 3], given[..., 3])


def test_a_delivery_in_another_space_is_converted(a_shot, tmp_path: Path) -> None:
    shot = a_shot([1001, 1001], "sRGB - Texture", delivery={"colorspace": "ACEScg", "type": "float"})
    rendered(shot, tmp_path)
    given, _ = pixels_of(FramePattern(shot.plate.files).path(1001))
    got, _ = pixels_of(output(tmp_path, 1001))
    linear = np.where(
        given[..., :3] <= 0.04045, given[..., :3] / 12.92, ((given[..., :3] + 0.055) / 1.055) ** 2.4
    )
    # Grey is grey in both primaries; the luminance of a colour is kept whatever its primaries are.
    to_acescg_luminance = np.array([0.2722287, 0.6740818, 0.0536895])
    rec709 = np.array([0.2126, 0.7152, 0.0722])
    assert np.allclose(got[..., :3] @ to_acescg_luminance, linear @ rec709, rtol=0.03, atol=2e-3)


@pytest.mark.parametrize("to_log", [True, False])
def test_a_premultiplied_edge_changes_its_space_as_the_light_it_holds(
    tmp_path: Path, picture: Callable[..., Path], shot_file: Callable[..., Path], *, to_log: bool
) -> None:
    own, asked = ("ACEScg", "ARRI LogC4") if to_log else ("ARRI LogC4", "ACEScg")
    edge = np.array([[[0.3, 0.3, 0.3, 1.0], [0.15, 0.15, 0.15, 0.5], [0, 0, 0, 0]]], np.float32)
    picture(tmp_path / "p.1.exr", edge, channels=("R", "G", "B", "A"), kind="float")
    picture(tmp_path / "ref.exr", np.full((4, 4, 3), 0.5, np.float32))
    path = shot_file(
        tmp_path / "a.shot.json",
        frames=[1, 1],
        plate={"files": "p.#.exr", "colorspace": own, "alpha": "premultiplied"},
        references=[{"file": "ref.exr", "frame": 1, "colorspace": "ACEScg"}],
        engine={"name": "plate"},
        delivery={"files": "out/v001/a_v001.####.exr", "colorspace": asked},
    )
    rendered(document.load(path), tmp_path)
    got, _ = pixels_of(output(tmp_path, 1))
    assert got[0, 1, :3] == pytest.approx(got[0, 0, :3] / 2, rel=1e-5)
    assert got[0, 2].tolist() == [0, 0, 0, 0]


def test_what_was_replaced_and_clipped_is_told(a_shot, tmp_path: Path, picture: Callable[..., Path]) -> None:
    shot = a_shot([1001, 1003], "ARRI LogC4", delivery={"colorspace": "ACEScg"})
    broken = a_picture(1002, (16, 24), "ARRI LogC4")
    broken[0, 0], broken[1, 1] = np.nan, 1.9
    picture(
        FramePattern(shot.plate.files).path(1002), broken, facts={"PixelAspectRatio": 2.0}, display=DISPLAY
    )
    summary = rendered(shot, tmp_path).qc
    assert summary["replaced"] == [1002]
    assert summary["clipped"] == [1002]
    assert [record["replaced"] for record in summary["records"]] == [0, 3, 0]
    assert "plate: frame 1002: 3 NaN and 0 Inf replaced" in summary["notes"]
    assert rendered(shot, tmp_path, resume=True).qc["records"] == summary["records"]


def test_what_lies_beside_the_frames(a_shot, tmp_path: Path) -> None:
    result = rendered(a_shot([1001, 1003]), tmp_path)
    names = {path.name for path in result.files}
    assert {"a_v001.qc.json", "a_v001.provenance.json", "a_v001.review.mp4"} <= names
    origin = json.loads((tmp_path / "out/v001/a_v001.provenance.json").read_text())
    assert origin["engine"]["name"] == "plate"
    assert origin["frames"] == [1001, 1002, 1003]
    assert len(origin["inputs"]["p.1001.exr"]) == 64
    assert origin["finishing"] == {"rebuilt": 0.0, "shift_px": None}
    assert not any(name.endswith((".nk", ".sh")) for name in names)  # without passes nothing can be rebuilt
    assert result.qc["frames"] == 3


def test_a_version_on_disk_is_never_overwritten(a_shot, tmp_path: Path) -> None:
    shot = a_shot([1001, 1002])
    rendered(shot, tmp_path)
    before = output(tmp_path, 1001).read_bytes()
    with pytest.raises(AlreadyThere):
        rendered(shot, tmp_path)
    assert output(tmp_path, 1001).read_bytes() == before


def test_resuming_makes_only_what_is_missing(a_shot, tmp_path: Path) -> None:
    shot = a_shot([1001, 1004])
    rendered(shot, tmp_path)
    kept = output(tmp_path, 1001).stat().st_mtime_ns
    whole = output(tmp_path, 1003).read_bytes()
    output(tmp_path, 1003).unlink()
    result = rendered(shot, tmp_path, resume=True)
    assert output(tmp_path, 1001).stat().st_mtime_ns == kept
    assert output(tmp_path, 1003).read_bytes() == whole
    assert result.qc["frames"] == 4


def test_resuming_over_a_changed_input_is_refused(
    a_shot, tmp_path: Path, picture: Callable[..., Path]
) -> None:
    shot = a_shot([1001, 1002])
    rendered(shot, tmp_path)
    picture(tmp_path / "ref.exr", np.full((16, 24, 3), 0.25, np.float32))
    output(tmp_path, 1001).unlink()
    with pytest.raises(AlreadyThere, match="another generation"):
        rendered(shot, tmp_path, resume=True)
    assert not output(tmp_path, 1001).exists()  # told before anything is made


def test_resuming_with_other_settings_is_refused(a_shot, tmp_path: Path) -> None:
    shot = a_shot([1001, 1002])
    rendered(shot, tmp_path)
    output(tmp_path, 1001).unlink()
    for update in (
        {"finish": document.Finish(wrap=0.0)},
        {"delivery": shot.delivery.model_copy(update={"colorspace": "ACES2065-1"})},
    ):
        with pytest.raises(AlreadyThere, match="other finishing or delivery settings"):
            rendered(shot.model_copy(update=update), tmp_path, resume=True)
    rendered(shot, tmp_path, resume=True)


def test_resuming_what_another_version_began_is_refused(a_shot, tmp_path: Path, monkeypatch) -> None:
    """Finishing may have changed in between, and one shot would be finished in two ways."""
    shot = a_shot([1001, 1002])
    rendered(shot, tmp_path)
    output(tmp_path, 1001).unlink()
    monkeypatch.setattr(pai_studio, "__version__", "0.0.1")
    with pytest.raises(AlreadyThere, match="another version of PAI-Studio"):
        rendered(shot, tmp_path, resume=True)


def test_a_plate_of_another_layer_is_resumed(
    tmp_path: Path, picture: Callable[..., Path], shot_file: Callable[..., Path]
) -> None:
    for frame in (1, 2):
        names = ("fg.B", "fg.G", "fg.R", "Z")
        picture(tmp_path / f"p.{frame}.exr", np.full((16, 24, 4), 0.25, np.float32), channels=names)
    picture(tmp_path / "ref.exr", np.full((16, 24, 3), 0.5, np.float32))
    path = shot_file(
        tmp_path / "a.shot.json",
        frames=[1, 2],
        plate={"files": "p.#.exr", "colorspace": "ACEScg", "layer": "fg"},
        references=[{"file": "ref.exr", "frame": 1, "colorspace": "ACEScg"}],
        engine={"name": "plate"},
        delivery={"files": "out/v001/a_v001.####.exr"},
    )
    whole = rendered(document.load(path), tmp_path)
    output(tmp_path, 2).unlink()
    assert rendered(document.load(path), tmp_path, resume=True).qc == whole.qc


def test_only_its_own_torn_files_are_swept(a_shot, tmp_path: Path) -> None:
    shot = a_shot([1001, 1001])
    folder = output(tmp_path, 1001).parent
    folder.mkdir(parents=True)
    own, others = folder / ".pai-0123456789ab-a_v001.1001.exr", folder / ".pai-0123456789ab-b_v001.1001.exr"
    own.touch()
    others.touch()
    rendered(shot, tmp_path)
    assert not own.exists()
    assert others.exists()


@pytest.fixture
def a_keyed_shot(
    tmp_path: Path, picture: Callable[..., Path], shot_file: Callable[..., Path]
) -> document.Shot:
    """A premultiplied render with overscan on one side and emptiness on the other, for the draft engine."""
    rng = np.random.default_rng(3)
    for frame in range(-1, 3):
        rgba = rng.uniform(0, 2, (40, 60, 4)).astype(np.float32)
        rgba[..., 3] = 0
        rgba[8:32, 10 + frame : 30 + frame, 3] = 1
        rgba[..., :3] *= rgba[..., 3:]
        picture(
            tmp_path / f"cg/{frame}.exr", rgba, channels=("R", "G", "B", "A"), data=(-8, 4),
            display=(0, 0, 64, 48),
        )  # fmt: skip
    picture(tmp_path / "ref.exr", rng.uniform(0, 30, (48, 64, 3)).astype(np.float32))
    path = shot_file(
        tmp_path / "a.shot.json",
        frames=[-1, 2],
        plate={"files": "cg/#.exr", "colorspace": "ACEScg", "alpha": "premultiplied"},
        references=[{"file": "ref.exr", "frame": 0, "colorspace": "ACEScg"}],
        delivery={"files": "out/v001/a_v001.####.exr"},
    )
    return document.load(path)


def test_refinished_frames_are_the_same_bytes_and_their_origin_is_kept(
    a_keyed_shot: document.Shot, tmp_path: Path
) -> None:
    whole = rendered(a_keyed_shot, tmp_path)
    made = {n: output(tmp_path, n).read_bytes() for n in range(-1, 3)}
    for n in (0, 2):
        output(tmp_path, n).unlink()
    again = rendered(a_keyed_shot, tmp_path, mode="refinish", resume=True)
    assert {n: output(tmp_path, n).read_bytes() for n in range(-1, 3)} == made
    assert again.provenance["engine"]["notes"] == whole.provenance["engine"]["notes"]
    assert whole.provenance["engine"]["notes"]["camera"]
    assert whole.provenance["shot"]["plate"]["files"] == "#.exr"
    assert again.qc == whole.qc


def test_the_beauty_on_disk_is_the_formula_of_the_passes_on_disk(
    a_keyed_shot: document.Shot, tmp_path: Path
) -> None:
    rendered(a_keyed_shot, tmp_path)
    pixels, spec = pixels_of(output(tmp_path, 1))
    there = {name: pixels[..., i].astype(np.float64) for i, name in enumerate(spec.channelnames)}
    assert (spec.x, spec.y, spec.width, spec.height) == (-8, 0, 72, 48)
    for c in "RGB":
        behind = there[f"background.{c}"] * there["shadow.A"] * (1 - there["matte.A"])
        exact = there[f"foreground.{c}"] * there[f"gain.{c}"] + behind + there[f"wrap.{c}"]
        ulp = np.spacing(np.maximum(np.abs(exact), 6.2e-5).astype(np.float16)).astype(np.float64)
        # Rounded once to float32 and once to half: a hair over half an ulp where the first meets a tie.
        assert (np.abs(there[c] - exact) <= 0.501 * ulp).all()
    assert (there["A"] == 1).all()


def test_the_same_generation_gives_the_same_bytes(a_shot, tmp_path: Path) -> None:
    shot = a_shot([1001, 1001])
    rendered(shot, tmp_path)
    first = output(tmp_path, 1001).read_bytes()
    output(tmp_path, 1001).unlink()
    rendered(shot, tmp_path, resume=True)
    assert output(tmp_path, 1001).read_bytes() == first


def test_a_sub_range_equals_the_same_frames_of_the_whole(a_shot, tmp_path: Path) -> None:
    shot = a_shot([1001, 1004])
    rendered(shot, tmp_path)
    part = shot.model_copy(
        update={"delivery": shot.delivery.model_copy(update={"files": "out/v002/a_v002.####.exr"})}
    )
    rendered(part, tmp_path, frames=FrameRange(1002, 1003))
    assert not output(tmp_path, 1001, version=2).exists()
    for frame in (1002, 1003):
        assert np.array_equal(pixels_of(output(tmp_path, frame, 2))[0], pixels_of(output(tmp_path, frame))[0])


def test_frames_outside_the_shot_are_refused(a_shot, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="do not all lie in the shot's 1001-1002"):
        rendered(a_shot([1001, 1002]), tmp_path, frames=FrameRange(1000, 1002))


def test_refinishing_without_a_generation_says_what_to_do(a_shot, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no generation is stored for frames 1001-1002; render the shot once"):
        rendered(a_shot([1001, 1002]), tmp_path, mode="refinish")


def test_a_cancelled_render_leaves_whole_files_only(a_shot, tmp_path: Path) -> None:
    shot = a_shot([1001, 1006])

    def stop_at_the_second(progress: Any) -> None:
        if progress.phase == "frames" and progress.done == 2:
            raise Cancelled("cancelled")

    with pytest.raises(Cancelled):
        render(RenderRequest(shot=shot, out=tmp_path, generations=tmp_path / "g"), stop_at_the_second)
    files = sorted(p.name for p in (tmp_path / "out/v001").iterdir())
    assert files
    assert all(name.endswith(".exr") and not name.startswith(".") for name in files)
    for name in files:
        pixels_of(tmp_path / "out/v001" / name)


def test_a_delivery_of_two_versions_is_refused_before_anything_is_read(a_shot, tmp_path: Path) -> None:
    shot = a_shot([1001, 1001], delivery={"files": "out/v001/a_v002.####.exr"})
    FramePattern(shot.plate.files).path(1001).unlink()
    with pytest.raises(BadInput, match="several versions"):
        rendered(shot, tmp_path)


def test_a_folder_that_cannot_be_made_is_named(a_shot, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(BadInput, match=r"out/v001.*cannot be written"):
        rendered(a_shot([1001, 1001]), tmp_path)


def test_an_unknown_delivery_space_is_refused_before_anything_is_written(a_shot, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="ACESgc"):
        rendered(a_shot([1001, 1001], delivery={"colorspace": "ACESgc"}), tmp_path)
    assert not (tmp_path / "out").exists()
