"""Where Resolve's and Fusion's calls take words and keys of the table: settings, pages, colours, inputs of tools."""

from __future__ import annotations

from dataclasses import dataclass

from tests.hosts.surface.table import Table


@dataclass(frozen=True)
class Check:
    """What one argument of a call is held to: as a text, or (`keys`) by the keys of a dict or of dicts in a list."""

    argument: int
    part: str
    group: str
    keys: bool = False

    def known(self, table: Table) -> set[str]:
        """The words that the table has for it."""
        groups = getattr(table, self.part)
        if self.group == "*":
            return {word for rows in groups.values() for word in rows}
        return {*groups.get("*", {}), *groups[self.group]}


def _words(group: str, argument: int = 0) -> tuple[Check, ...]:
    return (Check(argument, "words", group),)


def _settings(group: str) -> tuple[Check, ...]:
    return (Check(0, "settings", group),)


def _dict(group: str, argument: int = 0) -> tuple[Check, ...]:
    return (Check(argument, "settings", group, keys=True),)


_MARKED = ("MediaPoolItem", "Timeline", "TimelineItem")
_TRACKS = (
    *("GetTrackCount", "AddTrack", "DeleteTrack", "GetTrackName", "SetTrackName", "GetIsTrackEnabled"),
    *("SetTrackEnable", "GetIsTrackLocked", "SetTrackLock", "GetItemListInTrack"),
)
_ELEMENTS = (
    *("VGroup", "HGroup", "Label", "Button", "CheckBox", "ComboBox", "SpinBox", "DoubleSpinBox", "Slider"),
    *("LineEdit", "TextEdit"),
)

CHECKS: dict[tuple[str, str], tuple[Check, ...]] = {
    ("Resolve", "OpenPage"): _words("page"),
    ("Project", "GetSetting"): _settings("project"),
    ("Project", "SetSetting"): _settings("project"),
    ("Project", "SetSettings"): _dict("project"),
    ("Project", "SetRenderSettings"): _dict("render"),
    ("Timeline", "GetSetting"): _settings("timeline"),
    ("Timeline", "SetSetting"): _settings("timeline"),
    ("Timeline", "SetSettings"): _dict("timeline"),
    ("MediaPoolItem", "GetClipProperty"): _settings("clip"),
    ("MediaPoolItem", "SetClipProperty"): _settings("clip"),
    ("TimelineItem", "GetProperty"): _settings("item"),
    ("TimelineItem", "SetProperty"): (*_settings("item"), *_dict("item")),
    ("TimelineItem", "SetProperties"): (*_dict("item"), *_dict("item_switch")),
    ("TimelineItem", "SetSpeed"): _dict("speed"),
    ("MediaPool", "AppendToTimeline"): _dict("append"),
    ("MediaPool", "CreateTimelineFromClips"): _dict("append", 1),
    ("MediaPool", "ImportMedia"): _dict("import"),
    ("MediaPool", "ImportTimelineFromFile"): _dict("import_timeline", 1),
    ("GalleryStillAlbum", "ExportStills"): _words("still_format", 3),
    **{(cls, "AddMarker"): _words("marker_color", 1) for cls in _MARKED},
    **{("Timeline", name): _words("track") for name in _TRACKS},
    ("TimelineItem", "SetClipColor"): _words("clip_color"),
    **{("UIManager", name): (Check(0, "elements", name, keys=True),) for name in _ELEMENTS},
    **{
        ("UIDispatcher", name): (Check(0, "elements", "Window", keys=True),)
        for name in ("AddWindow", "AddDialog")
    },
    ("Composition", "GetAttrs"): (Check(0, "attrs", "comp"),),
    ("Composition", "SetAttrs"): (Check(0, "attrs", "comp", keys=True),),
    ("Composition", "Render"): (Check(0, "attrs", "render", keys=True),),
    ("Tool", "GetAttrs"): (Check(0, "attrs", "tool"),),
    ("Tool", "SetAttrs"): (Check(0, "attrs", "tool", keys=True),),
    ("Tool", "GetInput"): (Check(0, "tools", "*"),),
    ("Tool", "SetInput"): (Check(0, "tools", "*"),),
    ("Tool", "ConnectInput"): (Check(0, "tools", "*"),),
    ("Input", "GetAttrs"): (Check(0, "attrs", "input"),),
    ("Output", "GetAttrs"): (Check(0, "attrs", "output"),),
    ("Fusion", "GetAttrs"): (Check(0, "attrs", "fusion"),),
    ("Fusion", "GetPrefs"): (Check(0, "attrs", "prefs"),),
    ("Composition", "GetPrefs"): (Check(0, "attrs", "prefs"),),
}

TOOLS = {("Composition", "AddTool"): 0, ("Composition", "FindToolByID"): 0, ("Composition", "GetToolList"): 1}
"""Where a call takes a tool's registry name."""

VALUES = {("Project", "SetSetting"): "project", ("Timeline", "SetSetting"): "timeline"}
"""Calls that set the key of their first argument to their second, and the group of settings."""
