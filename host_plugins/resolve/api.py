"""Names of Resolve's and Fusion's classes, for annotations alone: at run time each is `Any`.

mypy takes Resolve's from `fusionscript-stubs`, which are made from the README that Resolve 21.0 ships. What 21.1 added
stands here in classes of its own: ask `Resolve.GetVersion()` first, then `cast` to them. Fusion's classes and those of
the UI manager have no stubs, mypy takes them for Any; the walk over the syntax (tests/hosts/surface) holds the names
that are taken of all of them to the tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fusionscript import (
        Folder,
        Gallery,
        GalleryStill,
        GalleryStillAlbum,
        MediaPool,
        MediaPoolItem,
        MediaStorage,
        Project,
        ProjectManager,
        Resolve,
        Timeline,
        TimelineItem,
    )

    class Resolve211(Resolve):
        """What Resolve 21.1 has beside."""

        def IsStudio(self) -> bool:
            """Whether this is the paid edition."""

    class Timeline211(Timeline):
        """What a timeline of Resolve 21.1 has beside."""

        def GetSelectedClips(self) -> list[TimelineItem]:
            """What the user has selected."""

    class TimelineItem211(TimelineItem):
        """What an item of Resolve 21.1 has beside."""

        def GetSpeed(self) -> dict[str, Any]:
            """Its speed: `Percentage` and more."""

        def GetType(self) -> str:
            """`video`, `audio`, `generator` or `transition`."""

else:
    Folder = Gallery = GalleryStill = GalleryStillAlbum = MediaPool = MediaPoolItem = MediaStorage = Any
    Project = ProjectManager = Resolve = Timeline = TimelineItem = Any
    Resolve211 = Timeline211 = TimelineItem211 = Any

Fusion = Any
Composition = Any
Frame = Any
FlowView = Any
Tool = Any
Input = Any
Output = Any
bmd = Any
UIManager = Any
UIDispatcher = Any
Window = Any
Element = Any
Label = Any
Button = Any
CheckBox = Any
ComboBox = Any
SpinBox = Any
Slider = Any
LineEdit = Any
TextEdit = Any

__all__ = [
    "Button",
    "CheckBox",
    "ComboBox",
    "Composition",
    "Element",
    "FlowView",
    "Folder",
    "Frame",
    "Fusion",
    "Gallery",
    "GalleryStill",
    "GalleryStillAlbum",
    "Input",
    "Label",
    "LineEdit",
    "MediaPool",
    "MediaPoolItem",
    "MediaStorage",
    "Output",
    "Project",
    "ProjectManager",
    "Resolve",
    "Resolve211",
    "Slider",
    "SpinBox",
    "TextEdit",
    "Timeline",
    "Timeline211",
    "TimelineItem",
    "TimelineItem211",
    "Tool",
    "UIDispatcher",
    "UIManager",
    "Window",
    "bmd",
]
