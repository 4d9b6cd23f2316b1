"""Settings that are set and read back, since Resolve may say yes and change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..host import Fault

if TYPE_CHECKING:
    from .api import MediaPoolItem, Timeline


def same(found: Any, wanted: str) -> bool:
    """Whether a value that was read is the one that was set: numbers are read as numbers and set as texts."""
    if isinstance(found, (int, float)) and not isinstance(found, bool):
        return abs(float(found) - float(wanted.partition(" ")[0])) < 0.01
    return str(found) == wanted


def on_timeline(timeline: Timeline, wanted: dict[str, str]) -> None:
    """Set what differs on a temporary timeline. Raises Fault naming the setting that does not stay."""
    for key, value in wanted.items():
        if same(timeline.GetSetting(key), value):
            continue
        timeline.SetSetting(key, value)
        found = timeline.GetSetting(key)
        if not same(found, value):
            what = f"Resolve does not keep the timeline setting {key} = {value} (it is {found!r})"
            hint = "set it in the project settings yourself, then render again"
            raise Fault(what, hint=hint, code="INVALID_INPUT")


def where_there(timeline: Timeline, wanted: dict[str, str]) -> dict[str, str]:
    """Those settings that this version has."""
    return {key: value for key, value in wanted.items() if str(timeline.GetSetting(key) or "")}


def on_clip(media: MediaPoolItem, wanted: dict[str, str]) -> None:
    """Set a clip's properties. Raises Fault naming the one that does not stay."""
    for key, value in wanted.items():
        media.SetClipProperty(key, value)
        found = media.GetClipProperty(key)
        if not same(found, value):
            what = f"Resolve does not keep {key} = {value} for the result (it is {found!r})"
            hint = f"set it by hand on {media.GetName()} in the bin PAI-Studio, then place it"
            raise Fault(what, hint=hint, code="INVALID_INPUT")
