"""Settings of projects and timelines: which keys there are, which values are taken, and what one does to another."""

from __future__ import annotations

from typing import Any

from tests.hosts.fakes_resolve.colour import ACES, MANAGED
from tests.hosts.fakes_resolve.errors import UnknownName
from tests.hosts.fakes_resolve.model import ProjectModel, TimelineModel
from tests.hosts.fakes_resolve.timecode import timecode_of

DEFAULTS: dict[str, Any] = {
    "timelineResolutionWidth": "8",
    "timelineResolutionHeight": "4",
    "timelineFrameRate": 24.0,
    "timelineDropFrameTimecode": "0",
    "timelineInterlaceProcessing": "0",
    "timelineOutputResMatchTimelineRes": "1",
    "timelineInputResMismatchBehavior": "scaleToFit",
    "colorScienceMode": "davinciYRGB",
    "isAutoColorManage": "0",
    "rcmPresetMode": "Custom",
    "separateColorSpaceAndGamma": "0",
    "colorSpaceTimeline": "Rec.709 Gamma 2.4",
    "colorSpaceTimelineGamma": "",
    "colorSpaceInput": "Rec.709 Gamma 2.4",
    "colorSpaceInputGamma": "",
    "colorSpaceOutput": "Rec.709 Gamma 2.4",
    "colorSpaceOutputGamma": "",
    "colorSpaceOutputToneMapping": "None",
    "colorSpaceOutputGamutMapping": "None",
    "colorSpaceOutputGamutLimit": "None",
    "limitBroadcastSafeOn": "0",
    "inputDRT": "None",
    "outputDRT": "DaVinci",
    "colorAcesIDT": "No Input Transform",
    "colorAcesODT": "Rec.709 BT.1886",
    "colorAcesGamutCompressType": "None",
    "perfProxyMediaMode": "0",
    "perfRenderCacheMode": "none",
    "perfOptimisedMediaOn": "1",
    "nodeStackLayers": "1",
    "videoDataLevels": "Full",
    "superScale": 1,
}

PRESETS: dict[str, dict[str, Any]] = {
    "aces": {"colorScienceMode": "acescct"},
    "managed": {
        "colorScienceMode": "davinciYRGBColorManagedv2",
        "separateColorSpaceAndGamma": "1",
        "colorSpaceInput": "Rec.709",
        "colorSpaceInputGamma": "Gamma 2.4",
        "colorSpaceTimeline": "DaVinci WG",
        "colorSpaceTimelineGamma": "DaVinci Intermediate",
        "colorSpaceOutput": "Rec.709",
        "colorSpaceOutputGamma": "Gamma 2.4",
    },
    "unmanaged": {},
}
"""Ready colour management for tests."""

_LIMITS = ("colorSpaceOutputToneMapping", "colorSpaceOutputGamutMapping", "colorSpaceOutputGamutLimit")
_COLOUR = ("colorSpaceTimeline", "colorSpaceOutput", "colorSpaceInput")


class Settings:
    """The settings that a project or one of its timelines has."""

    def __init__(self, session: Any, project: ProjectModel, timeline: TimelineModel | None = None) -> None:
        self._session, self._project, self._timeline = session, project, timeline
        self._group = "timeline" if timeline else "project"

    def all(self) -> dict[str, Any]:
        """Every key with its value; a timeline without settings of its own has its project's."""
        found = dict(self._project.settings)
        if self._timeline:
            found = {key: value for key, value in found.items() if key in self._keys()}
            found.update(self._timeline.settings if self._timeline.custom else {})
            found["timelineFrameRate"] = self._timeline.rate
            found["timelineDropFrameTimecode"] = "1" if self._timeline.drop else "0"
            found["useCustomSettings"] = "1" if self._timeline.custom else "0"
        return found

    def in_force(self) -> dict[str, Any]:
        """What a render goes by: the project's, and over them what the timeline has of its own."""
        return {**self._project.settings, **self.all()}

    def _keys(self) -> Any:
        return self._session.surface.settings(self._group)

    def get(self, name: Any = "") -> Any:
        """A value, `""` for what it has not, or all where no name is given."""
        if not name:
            return self.all()
        if name not in self._keys():
            self._session.refuse(UnknownName(f"{self._group} setting {name!r} is not in the table"))
        return self.all().get(name, "")

    def set(self, name: Any, value: Any) -> bool:
        """Whether it was taken; whether it was kept is another question."""
        row = self._keys().get(name)
        traps = self._session.traps
        if row is None:
            self._session.refuse(UnknownName(f"{self._group} setting {name!r} is not in the table"))
            return False
        if name in traps.settings_refused or row.get("readonly") or not isinstance(value, str):
            return False
        if "values" in row and value not in row["values"]:
            return False
        if name in traps.settings_not_kept:
            return True
        return self._rules(name, value)

    def update(self, settings: dict[str, Any]) -> bool:
        """Set several; whether all were taken."""
        taken = [self.set(name, value) for name, value in settings.items()]
        return all(taken)

    def _rules(self, name: str, value: str) -> bool:
        if name == "useCustomSettings" and self._timeline:
            self._customise(value == "1")
            return True
        if self._timeline and not self._timeline.custom:
            return False
        if name == "timelineFrameRate":
            return self._set_rate(value)
        if name == "timelineDropFrameTimecode" and self._timeline:
            self._count(self._timeline, drop=value == "1")
            return True
        if name.startswith(_COLOUR) or name == "colorAcesODT":
            return self._set_colour(name, value)
        self._store(name, value)
        return True

    def _customise(self, custom: bool) -> None:
        assert self._timeline is not None
        if custom and not self._timeline.custom:
            kept = {k: v for k, v in self._project.settings.items() if k in self._keys()}
            self._timeline.settings = kept
        self._timeline.custom = custom

    def _set_rate(self, value: str) -> bool:
        """A rate is settled once there is something that counts in it."""
        try:
            rate = float(value.removesuffix(" DF"))
        except ValueError:
            return False
        if self._timeline:
            if any(track.items for track in self._timeline.tracks):
                return False
            self._timeline.rate = rate
            self._count(self._timeline, drop=value.endswith(" DF"))
            return True
        if self._project.timelines or any(self._project.media()):
            return rate == self._project.rate()
        self._store("timelineFrameRate", rate)
        return True

    @staticmethod
    def _count(timeline: TimelineModel, *, drop: bool) -> None:
        """Show the same start with or without drop frames."""
        timeline.start_tc = timecode_of(timeline.start, timeline.rate, drop=drop)

    def _set_colour(self, name: str, value: str) -> bool:
        mode, now = self.all()["colorScienceMode"], self.all()
        surface = self._session.surface
        if name == "colorAcesODT":
            fits = mode in ACES and value in surface.words("aces_output")
        elif name in _LIMITS:
            fits = mode in MANAGED
        elif now["isAutoColorManage"] == "1":
            return True  # it says so, and does nothing
        elif name.endswith("Gamma"):
            fits = (
                mode in MANAGED
                and now["separateColorSpaceAndGamma"] == "1"
                and value in surface.words("gamma")
            )
        else:
            fits = mode in MANAGED and value in surface.words("space")
        if fits:
            self._store(name, value)
        return fits

    def _store(self, name: str, value: Any) -> None:
        (self._timeline.settings if self._timeline else self._project.settings)[name] = value
