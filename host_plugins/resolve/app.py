"""Resolve as its script finds it: what was injected, its version, and whether it is still there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from ..host import Fault

if TYPE_CHECKING:
    from .api import Fusion, LaterTimeline, MediaPool, Project, Resolve, Timeline, TimelineItem, bmd


OLDEST = (19, 1)
"""The first version that has every call of ours; an older one makes up a call that gives nothing."""

OLDEST_FUSION = (18,)
"""The first Fusion Studio that takes a Python newer than 3.6; all calls of ours are older."""


class App:
    """One running Resolve, or Fusion alone: then `resolve` is None. Belongs to the script's own thread."""

    def __init__(self, resolve: Resolve | None, fusion: Fusion, module: bmd) -> None:
        self.resolve, self.fusion, self.bmd = resolve, fusion, module

    @classmethod
    def of(cls, names: Mapping[str, Any]) -> App:
        """From the names that stand ready in a script of the menu. Raises Fault."""
        module: bmd = names.get("bmd")
        fusion = names.get("fusion") or names.get("fu") or names.get("app")
        resolve = names.get("resolve") or (module.scriptapp("Resolve") if module is not None else None)
        if module is None or (resolve is None and fusion is None):
            what = "this script was not started by Resolve or Fusion"
            raise Fault(what, hint="choose it in the menu Workspace > Scripts")
        return cls(resolve, fusion, module)

    def require_version(self) -> None:
        """Raises Fault for a host that is older than what the plugin is written for."""
        least: tuple[int, ...]
        if self.resolve is not None:
            name, said, least, found = (
                "DaVinci Resolve",
                self.resolve.GetVersionString(),
                OLDEST,
                self.version,
            )
        else:
            name, said, least = "Fusion", self.fusion.Version, OLDEST_FUSION
            number = re.search(r"\d+", str(said))
            found = (int(number[0]),) if number else least  # its form is documented nowhere
        if found < least:
            what = f"this is {name} {said}, and PAI-Studio needs {'.'.join(map(str, least))} or newer"
            raise Fault(what, hint="update it, or use pai-studio render")

    def is_there(self) -> bool:
        """Whether the host still answers: every name of one that has closed is None."""
        if self.resolve is not None:
            return bool(_called(self.resolve.GetVersionString))
        return self.fusion is not None and bool(self.fusion.Version)

    @property
    def version(self) -> tuple[int, ...]:
        """Such as (21, 1); empty where Resolve is too old to tell."""
        said: Any = self._resolve().GetVersion() or ()
        return tuple(int(part) for part in said[:2])

    def project(self) -> Project:
        """The project that is open. Raises Fault."""
        found = self._resolve().GetProjectManager().GetCurrentProject()
        if found is None:
            raise Fault("no project is open", hint="open one")
        return found

    def pool(self) -> MediaPool:
        """The project's media pool."""
        return self.project().GetMediaPool()

    def timeline(self) -> Timeline:
        """The timeline that is open. Raises Fault."""
        found = self.project().GetCurrentTimeline()
        if found is None:
            raise Fault("no timeline is open", hint="open the one with your clip")
        return found

    def chosen(self) -> list[TimelineItem]:
        """The items that are selected, where Resolve tells; else the one under the playhead. Raises Fault."""
        timeline = self.timeline()
        selected: list[TimelineItem] = []
        if self.version >= (21, 1):
            selected = [
                item for item in cast("LaterTimeline", timeline).GetSelectedClips() or [] if _is_video(item)
            ]
        if selected:
            return selected
        item = timeline.GetCurrentVideoItem()
        if item is None:
            raise Fault("there is no clip under the playhead", hint="move it over the clip, or select clips")
        return [item]

    def open_page(self, page: Any) -> None:
        """Show a page, or leave it where there was none."""
        if page and self.page() != page:
            self._resolve().OpenPage(page)

    def page(self) -> str:
        """The page that is shown; empty where Resolve says none."""
        return str(self._resolve().GetCurrentPage() or "")

    def otio(self) -> Any:
        """The constant for an export as OpenTimelineIO."""
        return self._resolve().EXPORT_OTIO

    def _resolve(self) -> Resolve:
        if self.resolve is None:
            raise Fault("this is Fusion without Resolve", hint="use the Comp script")
        return self.resolve


def _called(call: Any) -> Any:
    return call() if call is not None else None


def _is_video(item: TimelineItem) -> bool:
    where: Any = item.GetTrackTypeAndIndex()
    return bool(where) and where[0] == "video"
