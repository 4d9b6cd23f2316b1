"""The host's classes by name, for annotations alone; nothing of it is there when the plugin runs.

Those of Resolve are of Blackmagic's documents (fusionscript-stubs). A clip's node graph, Fusion, its compositions and
the UI manager cannot be imported from them; their names stand for what our tables say.
"""

# ruff: noqa: PLC0414 - under their own names, so that mypy lets others import them
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from fusionscript import Folder as Folder
    from fusionscript import MediaPool as MediaPool
    from fusionscript import MediaPoolItem as MediaPoolItem
    from fusionscript import Project as Project
    from fusionscript import Resolve as Resolve
    from fusionscript import Timeline as Timeline
    from fusionscript import TimelineItem as TimelineItem

    Graph = Any
    Fusion = Any
    bmd = Any
    UIManager = Any
    UIDispatcher = Any
    Window = Any
    Element = Any
    ComboBox = Any
    Composition = Any
    Tool = Any

    class LaterItem(TimelineItem):
        """An item of Resolve 21.1 and newer."""

        def GetSpeed(self) -> dict[str, Any]:
            """`Percentage` and more."""

        def GetProperties(self) -> dict[str, Any]:
            """All of them, with the switches of their groups."""

        def SetProperties(self, properties: dict[str, Any]) -> bool:
            """Set some of them."""

    class LaterTimeline(Timeline):
        """A timeline of Resolve 21.1 and newer."""

        def GetSelectedClips(self) -> list[TimelineItem]:
            """What is selected."""
