"""The Deliver page: which codec an export takes, and its settings kept and put back.

Resolve tells format, codec and mode, and nothing else of what the page is set to. The rest is kept as a render preset
of a unique name of ours, which is loaded and deleted afterwards; presets belong to Resolve, not to the project.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from ..host import Fault, Record

if TYPE_CHECKING:
    from .api import Project

PRESET = "PAI-Studio restore"
NOT_KEPT = (
    "Resolve saves no render preset, so folder, name and size on the Deliver page stay as the export set them; "
    "look at them before your next render"
)
_CODECS = ("RGBHalfZIP", "RGBHalfPIZ", "RGBHalfRLE", "RGBHalf", "RGBFloatZIP", "RGBFloatPIZ", "RGBFloat")
"""Without loss, the best first."""


def codec_of(project: Project) -> tuple[str, str]:
    """The extension of EXR and the id of the best codec that is there. Raises Fault."""
    formats = [
        str(ext) for ext in dict(project.GetRenderFormats() or {}).values() if str(ext).lower() == "exr"
    ]
    have = set(dict(project.GetRenderCodecs(formats[0]) or {}).values()) if formats else set()
    for codec in _CODECS:
        if codec in have:
            return formats[0], codec
    what = "Resolve offers no EXR of half or float without loss" + (
        f" (it has {sorted(have)})" if have else ""
    )
    raise Fault(what, where="Deliver", hint="install the codecs of this edition")


def as_it_is(project: Project) -> Record:
    """What Resolve tells of the page, and the name of the preset that `keep` saves."""
    chosen: Any = project.GetCurrentRenderFormatAndCodec() or {}
    return {
        "format": str(chosen.get("format", "")),
        "codec": str(chosen.get("codec", "")),
        "mode": project.GetCurrentRenderMode(),
        "preset": f"{PRESET} {uuid.uuid4().hex[:12]}",
    }


def keep(project: Project, before: Record) -> bool:
    """Save all of the page under the preset's name, which is remembered by then; whether Resolve did."""
    project.SaveAsNewRenderPreset(before["preset"])
    return _has(project, before["preset"])


def put_back(project: Project, before: Record) -> list[str]:
    """Set the page as it was, and delete the preset; what could not be put back, in words."""
    wrong = []
    preset = str(before.get("preset", ""))
    if preset and _has(project, preset):
        if not project.LoadRenderPreset(preset):
            wrong.append("folder, name and size on the Deliver page")
        elif not project.DeleteRenderPreset(preset):
            wrong.append(f"the render preset {preset}, which can be deleted")
    chosen = (str(before.get("format", "")), str(before.get("codec", "")))
    if all(chosen) and not project.SetCurrentRenderFormatAndCodec(*chosen):
        wrong.append("format and codec on the Deliver page")
    mode: Any = before.get("mode")
    if mode in (0, 1) and not project.SetCurrentRenderMode(mode):
        wrong.append("individual or single clip on the Deliver page")
    return wrong


def _has(project: Project, preset: str) -> bool:
    """Whether there is such a preset. Each is listed by its name or as a dict; its keys are not documented."""
    listed: Any = project.GetRenderPresetList() or []
    return any(preset in (one.values() if isinstance(one, dict) else (one,)) for one in listed)
