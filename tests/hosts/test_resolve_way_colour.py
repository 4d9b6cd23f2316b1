"""A clip's whole way in Resolve: the known values that export and result hold, and the numbers of its frames."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pai_studio.host_plugins.paths import Sequenced
from tests.conftest import write_picture
from tests.hosts.fakes_resolve import colour, pictures
from tests.hosts.nuke_scene import frames_in
from tests.hosts.resolve_scene import FILES, HOUR, LINEAR, ResolveScene

BRIGHT, GREY = 20.0, 0.18
LOG = "ARRI LogC4"


def patched(one: ResolveScene, held: str, space: str) -> None:
    """A patch of 20.0 and one of 0.18, scene-linear, into the clip's files: `held` is changed to `space`."""
    for index in range(12):
        path = one.media.file(HOUR + index)
        pixels = colour.convert(pictures.read(path)[..., :3], held, LINEAR)
        pixels[2:18, 2:26], pixels[2:18, 90:114] = BRIGHT, GREY
        write_picture(path, colour.convert(pixels, LINEAR, space))


def patches(path: Path) -> np.ndarray:
    """Both patches of a picture, two rows of RGB."""
    pixels = pictures.read(path)[..., :3]
    return np.stack([pixels[10, 14], pixels[10, 102]])


def delivered(one: ResolveScene, frame: int) -> Path:
    """The file of a frame of the result."""
    files = Sequenced.of(one.record()["result"]["files"])
    return Path(files.path(frame))


@pytest.mark.long
@pytest.mark.parametrize(
    ("mode", "timeline", "space", "camera"),
    [
        ("managed", {}, "DaVinci Intermediate WideGamut", ""),
        ("managed", {"colorSpaceTimelineGamma": "Linear"}, "Linear DaVinci WideGamut", ""),
        ("aces", {}, "ACES2065-1", ""),
        ("unmanaged", {}, LOG, LOG),
    ],
)
def test_a_patch_far_above_white_and_a_grey_one_are_exported_and_delivered(
    resolve_scene: Callable[..., ResolveScene],
    *,
    mode: str,
    timeline: dict[str, str],
    space: str,
    camera: str,
) -> None:
    """The engine returns the plate, so what is delivered is what was exported, and both within half precision."""
    one = resolve_scene(mode, wishes={"camera": camera, "engine": "plate"})
    if timeline:
        one.fake.project.settings.update(
            {"separateColorSpaceAndGamma": "1", "colorSpaceTimeline": "DaVinci WG", **timeline}
        )
    patched(one, FILES[mode], camera or FILES[mode])
    before = one.all_settings()
    assert one.render() == 0, one.said()
    made = one.record()["result"]
    assert (made["space"], made["engine"]) == (space, "plate")
    plate = Path(made["document"]).parent / f"plate.{HOUR + 2}.exr"
    linear = np.repeat(np.array([[[BRIGHT], [GREY]]], np.float32), 3, axis=2)
    want = colour.convert(linear, LINEAR, space)[0]
    for file in (plate, delivered(one, HOUR + 2)):
        ulp = np.spacing(want.astype(np.float16)).astype(np.float32)
        assert np.all(np.abs(patches(file) - want) <= 2 * ulp), file.name
    assert np.array_equal(pictures.read(plate), pictures.read(delivered(one, HOUR + 2)))
    assert one.all_settings() == before


@pytest.mark.long
@pytest.mark.parametrize("engine", ["plate", "draft"])
def test_a_result_tells_timecode_and_rate_of_its_frame(
    resolve_scene: Callable[..., ResolveScene], engine: str
) -> None:
    one = resolve_scene("aces", wishes={"engine": engine})
    assert one.render() == 0, one.said()
    rate = Fraction(24000, 1001)
    assert pictures.counted(delivered(one, HOUR)) == (0x01000000, rate)
    assert pictures.counted(delivered(one, HOUR + 7)) == (0x01000007, rate)


@pytest.mark.long
def test_a_drop_frame_clip_comes_back_with_its_own_numbers(
    resolve_scene: Callable[..., ResolveScene],
) -> None:
    one = resolve_scene("aces", rate=29.97, wishes={"place": "track"})
    one.media.start_tc = one.media.linked_tc = "00:59:59;28"
    assert one.render() == 0, one.said()
    first = 107892 - 2
    made = one.record()["result"]
    assert made["frames"] == [first, first + 7]
    assert frames_in(made["files"]) == list(range(first, first + 8))
    rate, drop = Fraction(30000, 1001), 1 << 6
    assert pictures.counted(delivered(one, first)) == (0x00595928 | drop, rate)
    assert pictures.counted(delivered(one, first + 2)) == (0x01000000 | drop, rate)
    (placed,) = one.timeline.of("video")[1].items
    assert (placed.start, placed.duration) == (one.item.start, 4)
    assert one.all_settings() == one.settings
