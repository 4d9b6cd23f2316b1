"""What colour management does to a clip's pixels, by OpenColorIO: the spaces' mathematics are real, the tone mapping
is ours and only there so that it shows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import PyOpenColorIO as ocio

from tests.hosts.fakes_resolve.errors import FakeGap
from tests.hosts.fakes_resolve.model import Media

ACES = ("acescc", "acescct")
MANAGED = ("davinciYRGBColorManaged", "davinciYRGBColorManagedv2")

PAIRS = {
    ("DaVinci WG", "DaVinci Intermediate"): "DaVinci Intermediate WideGamut",
    ("DaVinci WG", "Linear"): "Linear DaVinci WideGamut",
    ("Rec.709", "Linear"): "Linear Rec.709 (sRGB)",
    ("Rec.709", "Gamma 2.4"): "Gamma 2.4 Encoded Rec.709",
    ("Rec.2020", "Linear"): "Linear Rec.2020",
    ("P3-D65", "Linear"): "Linear P3-D65",
    ("Sony S-Gamut3.Cine", "S-Log3"): "S-Log3 S-Gamut3.Cine",
    ("ARRI Wide Gamut 4", "ARRI LogC4"): "ARRI LogC4",
    ("ARRI Wide Gamut 3", "ARRI LogC3"): "ARRI LogC3 (EI800)",
    ("REDWideGamutRGB", "Log3G10"): "Log3G10 REDWideGamutRGB",
    ("ACES (AP0)", "Linear"): "ACES2065-1",
    ("ACES (AP1)", "Linear"): "ACEScg",
}
"""A colour space and a gamma of Resolve, as OpenColorIO's studio config has it."""

SINGLE = {
    "DaVinci WG/Intermediate": ("DaVinci WG", "DaVinci Intermediate"),
    "Rec.709 Gamma 2.4": ("Rec.709", "Gamma 2.4"),
    "ARRI LogC4": ("ARRI Wide Gamut 4", "ARRI LogC4"),
    "ARRI LogC3": ("ARRI Wide Gamut 3", "ARRI LogC3"),
}
"""Names that stand for both, where space and gamma are not separate."""

OUTPUTS = {
    "No Output Transform": "ACES2065-1",
    "ACEScg - CSC": "ACEScg",
    "ACEScc - CSC": "ACEScc",
    "ACEScct - CSC": "ACEScct",
}
INPUTS = {
    "": "ACES2065-1",
    "No Input Transform": "ACES2065-1",
    "ACEScg - CSC": "ACEScg",
    "ACEScct - CSC": "ACEScct",
}


@cache
def config() -> Any:
    """OpenColorIO's own studio config."""
    return ocio.Config.CreateFromFile("ocio://studio-config-latest")


def convert(pixels: np.ndarray, source: str, target: str) -> np.ndarray:
    """RGB from one space of the config to another."""
    out = np.ascontiguousarray(pixels, np.float32).copy()
    config().getProcessor(source, target).getDefaultCPUProcessor().apply(
        ocio.PackedImageDesc(out, out.shape[1], out.shape[0], 3)
    )
    return out


def pair(settings: Mapping[str, Any], which: str) -> tuple[str, str]:
    """The space and gamma of `colorSpaceTimeline`, `colorSpaceOutput` or `colorSpaceInput`. Raises FakeGap."""
    space = str(settings[which])
    if str(settings["separateColorSpaceAndGamma"]) == "1":
        return space, str(settings[f"{which}Gamma"])
    if space not in SINGLE:
        raise FakeGap(f"the fake does not know the pair of {space!r}")
    return SINGLE[space]


def of(names: tuple[str, str]) -> str:
    """The space of the config. Raises FakeGap."""
    if names not in PAIRS:
        raise FakeGap(f"the fake knows no space for {names}")
    return PAIRS[names]


def input_space(media: Media, settings: Mapping[str, Any]) -> str:
    """The space that Resolve takes a clip's pixels for. Raises FakeGap."""
    if settings["colorScienceMode"] in ACES:
        return INPUTS[media.properties.get("IDT") or str(settings["colorAcesIDT"])]
    own = media.properties.get("Input Color Space", "")
    if not own or own == "Project":
        return of(pair(settings, "colorSpaceInput"))
    return of(SINGLE.get(own, (own, media.properties.get("Input Gamma", "Linear"))))


def rendered(pixels: np.ndarray, media: Media, grade: float, settings: Mapping[str, Any]) -> np.ndarray:
    """A clip's pixels as a render writes them."""
    mode = settings["colorScienceMode"]
    if mode == "davinciYRGB":
        return pixels * np.float32(grade)
    source = input_space(media, settings)
    if mode in ACES:
        return _aces(convert(pixels, source, "ACES2065-1") * np.float32(grade), str(settings["colorAcesODT"]))
    working, target = pair(settings, "colorSpaceTimeline"), pair(settings, "colorSpaceOutput")
    graded = convert(pixels, source, "ACES2065-1") * np.float32(grade)
    if str(settings["colorSpaceOutputGamutLimit"]) != "None":
        limit = of((str(settings["colorSpaceOutputGamutLimit"]), "Linear"))
        graded = convert(np.clip(convert(graded, "ACES2065-1", limit), 0, None), limit, "ACES2065-1")
    if target == working:
        return convert(graded, "ACES2065-1", of(target))
    if settings["outputDRT"] != "None":
        graded = graded / (1 + np.abs(graded))
    return np.clip(convert(graded, "ACES2065-1", of(target)), 0, None)


def _aces(linear: np.ndarray, output: str) -> np.ndarray:
    if output in OUTPUTS:
        return convert(linear, "ACES2065-1", OUTPUTS[output])
    shown = np.clip(convert(linear, "ACES2065-1", "Linear Rec.709 (sRGB)"), 0, 1)
    return np.asarray(shown ** (1 / 2.4), np.float32)
