"""From the window: what this Resolve really has, as one JSON file that its user can send in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..selftest import SelfTest
from . import deliver

if TYPE_CHECKING:
    from .app import App

FILE = "pai-studio-selftest-resolve.json"
_SETTINGS = (
    *("colorScienceMode", "isAutoColorManage", "separateColorSpaceAndGamma", "timelineFrameRate"),
    *("colorSpaceTimeline", "colorSpaceTimelineGamma", "colorSpaceOutput", "colorSpaceOutputGamma"),
    *("colorAcesODT", "outputDRT", "timelineResolutionWidth", "timelineResolutionHeight"),
)


def run(app: App, path: Path | None = None) -> str:
    """Write the file into the home folder; gives what to tell. Nothing in the project is changed. Raises Fault."""
    path = path or Path.home() / FILE
    test = SelfTest("resolve")
    test.gather("version", lambda: list(app.version))
    test.gather("settings", lambda: {key: app.project().GetSetting(key) for key in _SETTINGS})
    test.gather("timeline", lambda: {key: app.timeline().GetSetting(key) for key in _SETTINGS})
    test.gather("formats", lambda: dict(app.project().GetRenderFormats()))
    test.check("codec", lambda: deliver.codec_of(app.project()))
    test.check("clip", lambda: _clip(app))
    test.write(path)
    return f"{test.tally()}; please send {path}"


def _clip(app: App) -> dict[str, Any]:
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


_PROPERTIES = ("FPS", "Frames", "Start", "End", "Start TC", "Resolution", "IDT", "Input Color Space", "Type")
