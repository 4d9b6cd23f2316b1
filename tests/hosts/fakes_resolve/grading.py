"""Grades: a gain that an item has of its own, shares with every item of its media, or has from a group."""

from __future__ import annotations

from typing import Any

from tests.hosts.fakes_resolve.guard import Face
from tests.hosts.fakes_resolve.model import Item

LOCAL, REMOTE = 0, 1


class ColorGroup(Face):
    """A group of clips with a grade of its own."""

    _kind = "ColorGroup"

    def GetName(self) -> str:
        return str(self._model)


class Graph(Face):
    """The nodes of an item: one, which holds a tool where the grade is more than nothing."""

    _kind = "Graph"

    def GetNumNodes(self) -> int:
        return 1

    def GetToolsInNode(self, nodeIndex: int) -> list[str]:
        return ["Primary Controls"] if nodeIndex == 1 and self._model.own_grade != 1 else []

    def GetLUT(self, nodeIndex: int) -> str:
        del nodeIndex
        return ""

    def ResetAllGrades(self) -> bool:
        """A remote grade is reset for every item that has it."""
        if self._session.traps.grades_stay:
            return False
        self._model.set_grade(1.0)
        return True


class Graded(Face):
    """What an item has to do with grades."""

    @property
    def _item(self) -> Item:
        item: Item = self._model
        return item

    def GetNodeGraph(self, layerIdx: int = 1) -> Any:
        return self._session.face("Graph", self._item) if layerIdx == 1 else None

    def GetCurrentVersion(self) -> dict[str, Any]:
        return {"versionName": self._item.version, "versionType": REMOTE if self._item.is_remote else LOCAL}

    def AddVersion(self, versionName: str, versionType: int) -> bool:
        """A local version begins with the grade that was there; what Resolve does is not documented."""
        if versionType != LOCAL or self._session.traps.versions_refused:
            return False
        self._item.versions[versionName] = self._item.own_grade
        return True

    def LoadVersionByName(self, versionName: str, versionType: int) -> bool:
        if versionType != LOCAL or versionName not in self._item.versions:
            return False
        self._item.is_remote, self._item.version = False, versionName
        self._item.grade = self._item.versions[versionName]
        return True

    def GetColorGroup(self) -> Any:
        return self._session.face("ColorGroup", self._item.group) if self._item.group else None

    def RemoveFromColorGroup(self) -> bool:
        if self._session.traps.groups_stay:
            return False
        self._item.group = ""
        return True
