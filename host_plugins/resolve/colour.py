"""What space a project's pixels are exported in, which settings that takes, and how the result is told to Resolve.

The result comes back in the space that the plate was exported in, so its input is set to that space, not to the
original's: the original may be a camera's log and the export is already in the timeline's space. With an unmanaged
project the two are the same and nothing is set. Either way the original's grade fits the result.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..host import Colour, Fault

if TYPE_CHECKING:
    from .api import Project

CONFIG = "ocio://studio-config-v4.0.0_aces-v2.0_ocio-v2.5"
"""The config whose names stand below: OpenColorIO's own studio config."""

ACES = ("acescct", "acescc")
MANAGED = ("davinciYRGBColorManagedv2", "davinciYRGBColorManaged")
UNMANAGED = "davinciYRGB"

PAIRS = {
    ("DaVinci WG", "DaVinci Intermediate"): "DaVinci Intermediate WideGamut",
    ("DaVinci Wide Gamut", "DaVinci Intermediate"): "DaVinci Intermediate WideGamut",
    ("DaVinci WG", "Linear"): "Linear DaVinci WideGamut",
    ("DaVinci Wide Gamut", "Linear"): "Linear DaVinci WideGamut",
    ("Rec.709", "Linear"): "Linear Rec.709 (sRGB)",
    ("Rec.709", "Gamma 2.4"): "Gamma 2.4 Encoded Rec.709",
    ("Rec.2020", "Linear"): "Linear Rec.2020",
    ("P3-D65", "Linear"): "Linear P3-D65",
    ("ARRI Wide Gamut 3", "ARRI LogC3"): "ARRI LogC3 (EI800)",
    ("ARRI Wide Gamut 4", "ARRI LogC4"): "ARRI LogC4",
    ("Sony S-Gamut3.Cine", "S-Log3"): "S-Log3 S-Gamut3.Cine",
    ("REDWideGamutRGB", "Log3G10"): "Log3G10 REDWideGamutRGB",
    ("ACES (AP1)", "Linear"): "ACEScg",
    ("ACES (AP0)", "Linear"): "ACES2065-1",
}
"""A colour space and gamma as Resolve's menus name them, by the same primaries and curve in the config."""

SINGLE = {
    "DaVinci WG/Intermediate": ("DaVinci WG", "DaVinci Intermediate"),
    "Rec.709 Gamma 2.4": ("Rec.709", "Gamma 2.4"),
    "ARRI LogC3": ("ARRI Wide Gamut 3", "ARRI LogC3"),
    "ARRI LogC4": ("ARRI Wide Gamut 4", "ARRI LogC4"),
}
"""Names that stand for both, where the project does not keep space and gamma apart."""

CAMERAS = (
    "ARRI LogC4",
    "ARRI LogC3 (EI800)",
    "BMDFilm WideGamut Gen5",
    "DaVinci Intermediate WideGamut",
    "CanonLog2 CinemaGamut D55",
    "CanonLog3 CinemaGamut D55",
    "V-Log V-Gamut",
    "Log3G10 REDWideGamutRGB",
    "S-Log3 S-Gamut3",
    "S-Log3 S-Gamut3.Cine",
    "S-Log3 Venice S-Gamut3.Cine",
    "Apple Log",
    "D-Log D-Gamut",
    "Gamma 2.4 Encoded Rec.709",
    "sRGB Encoded Rec.709 (sRGB)",
    "Linear Rec.709 (sRGB)",
    "ACEScg",
    "ACES2065-1",
)
"""What an unmanaged clip may be in; the dialog offers these."""


@dataclass(frozen=True)
class Plan:
    """How a project's clips are exported and taken back."""

    space: str
    settings: dict[str, str] = field(default_factory=dict)
    """Of the temporary timeline, read back after they are set."""

    optional: dict[str, str] = field(default_factory=dict)
    """The same, of those that some versions do not have."""

    result: dict[str, str] = field(default_factory=dict)
    """Properties of the result's clip."""

    @property
    def colour(self) -> Colour:
        """For the flow."""
        return Colour(self.space, CONFIG)

    @property
    def is_linear(self) -> bool:
        """Whether values above 1 are to be expected: a log curve has none."""
        return self.space.startswith(("Linear ", "ACES2065-1", "ACEScg"))


def is_asked(project: Project) -> bool:
    """Whether somebody has to say what the clips are in."""
    return str(project.GetSetting("colorScienceMode")) == UNMANAGED


def plan(project: Project, camera: str) -> Plan:
    """The plan for a project; `camera` is what an unmanaged one's clips are in. Raises Fault."""
    if str(project.GetSetting("limitBroadcastSafeOn") or "") == "1":
        what = "the project's output is limited to broadcast safe levels, which would cut the plate off"
        raise Fault(what, where="Colour Management", hint="switch Broadcast Safe off", code="INVALID_INPUT")
    mode = str(project.GetSetting("colorScienceMode"))
    if mode in ACES:
        settings = {"colorAcesODT": "No Output Transform"}
        # It is made again of the result, which has to be as the original is.
        optional = {"colorAcesGamutCompressType": "None"}
        return Plan("ACES2065-1", settings, optional, {"IDT": "No Input Transform"})
    if mode in MANAGED:
        return _managed(project, mode)
    if mode == UNMANAGED:
        return _unmanaged(camera)
    what = f"the project's colour science {mode!r} is not known"
    raise Fault(what, where="Colour Management", hint="choose DaVinci YRGB, its Color Managed, or ACES")


def _managed(project: Project, mode: str) -> Plan:
    if str(project.GetSetting("isAutoColorManage")) == "1":
        what = "automatic colour management does not let its output be set, so a plate would come out display-ready"
        hint = "switch Automatic Color Management off in the project settings"
        raise Fault(what, where="Colour Management", hint=hint, code="UNKNOWN_COLORSPACE")
    space = str(project.GetSetting("colorSpaceTimeline"))
    gamma = str(project.GetSetting("colorSpaceTimelineGamma"))
    apart = str(project.GetSetting("separateColorSpaceAndGamma")) == "1"
    pair = (space, gamma) if apart else SINGLE.get(space, (space, ""))
    if pair not in PAIRS:
        what = f"the timeline's colour space {' / '.join(filter(None, pair))} is not known here"
        hint = "choose DaVinci WG/Intermediate, or a space with Linear, as the timeline's"
        raise Fault(what, where="Colour Management", hint=hint, code="UNKNOWN_COLORSPACE")
    settings, result = {"colorSpaceOutput": space}, {"Input Color Space": space}
    if apart:
        settings["colorSpaceOutputGamma"] = result["Input Gamma"] = gamma
    tone = "outputDRT" if mode == MANAGED[0] else "colorSpaceOutputToneMapping"
    limits = (tone, "colorSpaceOutputGamutMapping", "colorSpaceOutputGamutLimit")
    return Plan(PAIRS[pair], settings, dict.fromkeys(limits, "None"), result)


def _unmanaged(camera: str) -> Plan:
    if not camera:
        what = "the project is not colour managed and nobody has said what its clips are in"
        raise Fault(what, hint="choose the camera's space in PAI-Studio's window", code="UNKNOWN_COLORSPACE")
    return Plan(camera)
