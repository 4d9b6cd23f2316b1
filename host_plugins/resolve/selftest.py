"""From the window: what this Resolve really has, as one JSON file that its user can send in.

Only questions are asked: nothing of the project is changed. Of what a project is called or made of, the file has the
kind of each answer and no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..host import Record
from ..selftest import SelfTest
from . import deliver

if TYPE_CHECKING:
    from .app import App

FILE = "pai-studio-selftest-resolve.json"
_COLOUR = (
    *("colorScienceMode", "isAutoColorManage", "separateColorSpaceAndGamma", "timelineFrameRate"),
    *("colorSpaceTimeline", "colorSpaceTimelineGamma", "colorSpaceOutput", "colorSpaceOutputGamma"),
    *("colorAcesODT", "outputDRT", "timelineResolutionWidth", "timelineResolutionHeight"),
)
_PROPERTIES = ("FPS", "Frames", "Start", "End", "Start TC", "Resolution", "IDT", "Input Color Space", "Type")


def run(app: App, path: Path | None = None) -> str:
    """Write the file into the home folder; gives what to tell. Nothing in the project is changed. Raises Fault."""
    path = path or Path.home() / FILE
    test = SelfTest("resolve")
    test.gather("version", lambda: list(app.version))
    test.gather("product", lambda: _product(app))
    test.gather("windows", lambda: app.fusion.UIManager is not None)
    test.gather("classes", lambda: names_of(_faces(app)))
    test.gather("answers", lambda: _answers(app))
    test.gather("keys", lambda: _keys(app))
    test.gather("colour", lambda: _colour(app))
    test.gather("formats", lambda: dict(app.project().GetRenderFormats()))
    test.gather("codecs", lambda: _codecs(app))
    test.check("codec", lambda: deliver.codec_of(app.project()))
    test.check("clip", lambda: _clip(app))
    test.write(path)
    return f"{test.tally()}; please send {path}"


def names_of(faces: Iterable[tuple[str, Any]]) -> Record:
    """The names that objects of the host have, by class: the one question that it answers truly."""
    return {cls: [name for name in dir(face) if not name.startswith("_")] for cls, face in faces}


def kind_of(value: Any) -> str:
    """What kind of value a call gave: the name of a plain one, `object` for one of the host's."""
    plain = (type(None), bool, int, float, str, list, dict)
    return type(value).__name__ if isinstance(value, plain) else "object"


def _product(app: App) -> str:
    return "" if app.resolve is None else str(app.resolve.GetProductName())


def _faces(app: App) -> Iterable[tuple[str, Any]]:
    project, timeline, item = app.project(), app.timeline(), app.chosen()[0]
    yield from (("Resolve", app.resolve), ("Project", project), ("MediaPool", app.pool()))
    yield from (("Timeline", timeline), ("TimelineItem", item), ("Fusion", app.fusion), ("bmd", app.bmd))
    media = item.GetMediaPoolItem()
    if media is not None:
        yield "MediaPoolItem", media


def _answers(app: App) -> Record:
    project, timeline, item = app.project(), app.timeline(), app.chosen()[0]
    said = {
        "Project.GetName": project.GetName(),
        "Project.GetUniqueId": project.GetUniqueId(),
        "Project.GetMediaPool": project.GetMediaPool(),
        "Project.GetCurrentTimeline": project.GetCurrentTimeline(),
        "Project.GetRenderJobList": project.GetRenderJobList(),
        "Project.GetRenderFormats": project.GetRenderFormats(),
        "Project.IsRenderingInProgress": project.IsRenderingInProgress(),
        "Timeline.GetName": timeline.GetName(),
        "Timeline.GetStartFrame": timeline.GetStartFrame(),
        "Timeline.GetStartTimecode": timeline.GetStartTimecode(),
        "Timeline.GetCurrentTimecode": timeline.GetCurrentTimecode(),
        "Timeline.GetCurrentVideoItem": timeline.GetCurrentVideoItem(),
        "TimelineItem.GetName": item.GetName(),
        "TimelineItem.GetUniqueId": item.GetUniqueId(),
        "TimelineItem.GetStart": item.GetStart(False),
        "TimelineItem.GetDuration": item.GetDuration(False),
        "TimelineItem.GetMarkers": item.GetMarkers(),
        "TimelineItem.GetTakesCount": item.GetTakesCount(),
        "TimelineItem.GetTrackTypeAndIndex": item.GetTrackTypeAndIndex(),
    }
    return {call: kind_of(value) for call, value in said.items()}


def _keys(app: App) -> Record:
    """The names of all settings that Resolve tells of; their values stay with the user."""
    # Asked without a name it tells all, which its README says and its stubs do not.
    project = app.project().GetSetting()  # type: ignore[call-arg]
    timeline = app.timeline().GetSetting()  # type: ignore[call-arg]
    found = {"project": sorted(project), "timeline": sorted(timeline)}
    media = app.chosen()[0].GetMediaPoolItem()
    if media is None:
        return found
    return {**found, "clip": sorted(media.GetClipProperty())}  # type: ignore[call-arg]


def _colour(app: App) -> Record:
    return {
        "project": {key: app.project().GetSetting(key) for key in _COLOUR},
        "timeline": {key: app.timeline().GetSetting(key) for key in _COLOUR},
    }


def _codecs(app: App) -> Record:
    project = app.project()
    return {end: dict(project.GetRenderCodecs(end) or {}) for end in project.GetRenderFormats().values()}


def _clip(app: App) -> Record:
    """How the clip under the playhead is told of."""
    item = app.chosen()[0]
    media = item.GetMediaPoolItem()
    return {
        "start": item.GetSourceStartFrame(),
        "end": item.GetSourceEndFrame(),
        "left": item.GetLeftOffset(True),
        "duration": item.GetDuration(False),
        "properties": None if media is None else {key: media.GetClipProperty(key) for key in _PROPERTIES},
    }
