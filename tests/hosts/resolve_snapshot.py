"""Everything that a project of the stand-in for Resolve holds, and what has changed in it since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.hosts.fakes_resolve.model import Marker, Take, Track
from tests.hosts.resolve_scene import ResolveScene

Snapshot = dict[str, dict[str, Any]]
"""The fields of each thing, by what it is."""

TAKE_PLACED = {
    "+ bin PAI-Studio",
    "+ clip A001_C003_86402_v001.[86400-86407].exr",
    "bin Master: bins",
    "item Edit, Video 1, 86400: markers",
    "item Edit, Video 1, 86400: media",
    "item Edit, Video 1, 86400: take",
    "item Edit, Video 1, 86400: takes",
}
"""What a result that was placed as a take has changed in a scene, and nothing else."""

RECORD_MADE = {"item Edit, Video 1, 86400: markers"}
"""The marker of a record that says nothing any more."""


def everything(one: ResolveScene) -> Snapshot:
    """Settings, bins, clips with their properties and markers, timelines, tracks and items."""
    project = one.fake.project
    found: Snapshot = {"settings": one.all_settings()}
    for folder in project.root.walk():
        found[f"bin {folder.name}"] = _fields(folder)
        found |= {f"clip {media.name}": _fields(media) for media in folder.clips}
    for timeline in project.timelines:
        found[f"timeline {timeline.name}"] = _fields(timeline)
        for track in timeline.tracks:
            found[f"track {timeline.name}, {track.name}"] = _fields(track)
            for item in track.items:
                found[f"item {timeline.name}, {track.name}, {item.start}"] = _fields(item)
    return found


def _fields(model: Any) -> dict[str, Any]:
    return {name: _plain(value) for name, value in vars(model).items()}


def _plain(value: Any) -> Any:
    """A copy that later changes do not reach; another thing is named by its id."""
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, Marker | Take):
        return _fields(value)
    if isinstance(value, Track):
        return value.name
    return getattr(value, "id", value)


def changed(before: Snapshot, now: Snapshot) -> set[str]:
    """What came (`+`), what is gone (`-`), and which fields of what is still there are others."""
    both = set(before) & set(now)
    return (
        {f"+ {name}" for name in set(now) - both}
        | {f"- {name}" for name in set(before) - both}
        | {
            f"{name}: {field}"
            for name in both
            for field in now[name]
            if now[name][field] != before[name][field]
        }
    )
