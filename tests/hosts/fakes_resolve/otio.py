"""A timeline as OpenTimelineIO's JSON, as Resolve's own export has it: tracks of clips and gaps, media by its path."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.hosts.fakes_resolve.model import Item, TimelineModel, Track


def write_otio(path: Path, timeline: TimelineModel) -> None:
    """Write the timeline."""
    data = {
        "OTIO_SCHEMA": "Timeline.1",
        "name": timeline.name,
        "global_start_time": _time(timeline.start, timeline.rate),
        "metadata": {"Resolve_OTIO": {}},
        "tracks": {
            "OTIO_SCHEMA": "Stack.1",
            "name": "",
            "children": [_track(track, timeline) for track in timeline.of("video")],
        },
    }
    path.write_text(json.dumps(data), encoding="utf-8")


def _time(frame: int, rate: float) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "RationalTime.1", "rate": rate, "value": float(frame)}


def _range(first: int, length: int, rate: float) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "TimeRange.1",
        "start_time": _time(first, rate),
        "duration": _time(length, rate),
    }


def _track(track: Track, timeline: TimelineModel) -> dict[str, Any]:
    children, at = [], timeline.start
    for item in sorted(track.items, key=lambda one: one.start):
        if item.start > at:
            gap = _range(0, item.start - at, timeline.rate)
            children.append({"OTIO_SCHEMA": "Gap.1", "name": "", "source_range": gap})
        children.append(_clip(item, timeline.rate))
        at = item.end
    return {"OTIO_SCHEMA": "Track.1", "name": track.name, "kind": "Video", "children": children}


def _clip(item: Item, rate: float) -> dict[str, Any]:
    media = item.media
    reference: dict[str, Any] = {"OTIO_SCHEMA": "MissingReference.1", "name": ""}
    if media is not None and media.pattern:
        reference = {
            "OTIO_SCHEMA": "ExternalReference.1",
            "name": media.name,
            "target_url": media.shown_path(),
            "available_range": _range(media.first, media.length, media.rate),
        }
    return {
        "OTIO_SCHEMA": "Clip.2",
        "name": item.name,
        "enabled": item.enabled,
        "source_range": _range(item.first, item.duration, media.rate if media else rate),
        "media_references": {"DEFAULT_MEDIA": reference},
        "active_media_reference_key": "DEFAULT_MEDIA",
        "metadata": {"Resolve_OTIO": {}},
    }
