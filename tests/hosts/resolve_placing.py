"""Placing a result in the stand-in for Resolve, without a render before it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from pai_studio.host_plugins.host import Result, State
from pai_studio.host_plugins.resolve import attributes, handover, place
from pai_studio.host_plugins.resolve.app import App
from pai_studio.host_plugins.resolve.target import ClipTarget, Wishes
from tests.hosts.fakes_resolve.model import Item, Media
from tests.hosts.resolve_scene import HOUR, ResolveScene


def result_of(one: ResolveScene) -> Any:
    """A second clip of the same length, as a result would be."""
    pattern = Path(one.media.pattern)
    folder = one.folder / "result"
    shutil.copytree(pattern.parent, folder)
    made = one.fake.add_media(folder / pattern.name, HOUR, HOUR + 11)
    return one.fake.face("MediaPoolItem", made)


def lay(one: ResolveScene, media: Any) -> list[str]:
    """Place it above the scene's clip; what is left to do."""
    project = one.fake.globals()["resolve"].GetProjectManager().GetCurrentProject()
    item = one.fake.face("TimelineItem", one.item)
    placed = place.on_track(project, project.GetCurrentTimeline(), item, media, HOUR + 2)
    return attributes.give(project, item, placed, tuple(int(part) for part in one.fake.version.split(".")))


def bring(
    one: ResolveScene,
    where: str = place.TRACK,
    frames: tuple[int, int] = (HOUR, HOUR + 7),
    media: Media | None = None,
) -> list[str]:
    """Place a version that has these frames, as the flow does; what was told."""
    told: list[str] = []
    item: Any = one.fake.face("TimelineItem", one.item)
    target = ClipTarget(
        App.of(one.fake.globals()),
        item,
        Wishes(folder="out", place=where),
        sidecar=handover._NoSidecar(),
        step=lambda *_: False,
        tell=told.append,
    )
    files = (media or one.media).pattern
    made = Result(files, 1, *frames, "ACES2065-1", (), "draft", "a.shot.json", State("", ""))
    target.place(made)
    return told


def above(one: ResolveScene) -> list[Item]:
    """What lies on the tracks above the scene's."""
    return [item for track in one.timeline.of("video")[1:] for item in track.items]


def no(*_: Any) -> bool:
    """As Resolve fails."""
    return False


def broken(*_: Any) -> bool:
    """As it may break, too."""
    raise TypeError("'NoneType' object is not callable")
