"""What a result that lies above its clip is given of it: the grade, the place in the picture, and how it is mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from .api import LaterItem, Project, TimelineItem

PROPERTIES_SINCE = (21, 1)
"""The first version that tells and takes them all at once, with the switches of their groups."""

_PROPERTIES = (
    *("ZoomGang", "ZoomX", "ZoomY", "Pan", "Tilt"),
    *("RotationAngle", "AnchorPointX", "AnchorPointY", "Pitch", "Yaw"),
    *("FlipX", "FlipY", "CropLeft", "CropRight", "CropTop", "CropBottom", "CropSoftness", "CropRetain"),
    *("Distortion", "Scaling", "ResizeFilter", "DynamicZoomEase", "CompositeMode", "Opacity"),
)
"""Each has one value: no call tells keyframes, the frames of the dynamic zoom, or effects."""

_SWITCHES = (
    *("TransformEnabled", "CroppingEnabled", "DynamicZoomEnabled"),
    *("CompositeEnabled", "LensCorrectionEnabled", "RetimeAndScalingEnabled"),
)


def give(project: Project, item: TimelineItem, placed: TimelineItem, version: tuple[int, ...]) -> list[str]:
    """Give a placed result what its clip has; what is left to do by hand, in words. `version` is Resolve's."""
    left = []
    if not _copies_grade(item, placed):
        left.append("the result is placed, but Resolve does not copy the clip's grade to it; copy it by hand")
    elif str(project.GetSetting("nodeStackLayers") or "1") != "1":
        left.append("Resolve copies the grade of the node stack layer that is shown; copy the others by hand")
    wanted, there = _told(item, version), _told(placed, version)
    given = _differing(wanted, there)
    _set(placed, given, version)
    lost = _differing(wanted, _told(placed, version))
    if lost:
        what = f"the result is placed, but Resolve does not give it the clip's {', '.join(lost)}"
        left.append(f"{what}; paste the clip's attributes onto it")
    elif given:
        what = f"the clip's {', '.join(given)} went to the result as Resolve tells them, which is without keyframes"
        left.append(f"{what}; paste the clip's attributes onto it where it has any, or a dynamic zoom")
    if item.GetFusionCompCount():
        left.append("the clip's Fusion composition is not copied to the result; copy it by hand")
    if {"Opacity", "CompositeMode"} & given.keys() and wanted.get("CompositeEnabled", True):
        what = "the result is mixed as its clip is, so the clip below it shows through"
        left.append(f"{what}; disable the clip, or place the result as a take")
    return left


def _copies_grade(item: TimelineItem, placed: TimelineItem) -> bool:
    try:
        return bool(item.CopyGrades([placed]))
    except Exception:  # noqa: BLE001 - the result lies there by then: it is told, and must not be lost by it
        return False


def _told(item: TimelineItem, version: tuple[int, ...]) -> dict[str, Any]:
    if version < PROPERTIES_SINCE:
        return {key: item.GetProperty(key) for key in _PROPERTIES}
    told = cast("LaterItem", item).GetProperties() or {}
    return {key: told[key] for key in (*_PROPERTIES, *_SWITCHES) if key in told}


def _set(item: TimelineItem, given: dict[str, Any], version: tuple[int, ...]) -> None:
    if version >= PROPERTIES_SINCE:
        cast("LaterItem", item).SetProperties(given)
        return
    for key, value in given.items():
        item.SetProperty(key, value)


def _differing(wanted: dict[str, Any], there: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in wanted.items() if not _alike(value, there.get(key))}


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, (int, float)):
        return abs(one - other) <= 1e-5 * max(1.0, abs(one))
    return bool(one == other)
