"""A clip's whole way in Resolve: the known values that its export holds, and the numbers of its frames."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

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


def patches(path: Path, space: str) -> np.ndarray:
    """Both patches of a picture in `space`, scene-linear, two rows of RGB."""
    pixels = pictures.read(path)[..., :3]
    return colour.convert(np.stack([pixels[10:11, 14], pixels[10:11, 102]], axis=1), space, LINEAR)[0]


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
def test_a_patch_far_above_white_and_a_grey_one_are_exported(
    resolve_scene: Callable[..., ResolveScene],
    *,
    mode: str,
    timeline: dict[str, str],
    space: str,
    camera: str,
) -> None:
    one = resolve_scene(mode, wishes={"camera": camera})
    if timeline:
        one.fake.project.settings.update(
            {"separateColorSpaceAndGamma": "1", "colorSpaceTimeline": "DaVinci WG", **timeline}
        )
    patched(one, FILES[mode], camera or FILES[mode])
    before = one.all_settings()
    assert one.render() == 0, one.said()
    made = one.record()["result"]
    assert made["space"] == space
    plate = Path(made["document"]).parent / f"plate.{HOUR + 2}.exr"
    want = np.repeat([[BRIGHT], [GREY]], 3, axis=1)
    assert patches(plate, space) == pytest.approx(want, rel=0.01)
    assert one.all_settings() == before


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
    (placed,) = one.timeline.of("video")[1].items
    assert (placed.start, placed.duration) == (one.item.start, 4)
    assert one.all_settings() == one.settings
