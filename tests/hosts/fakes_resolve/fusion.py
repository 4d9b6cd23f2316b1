"""Fusion and its compositions, as a plugin sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.hosts.fakes_resolve import pictures
from tests.hosts.fakes_resolve.errors import BadCall, FakeGuiError, UnknownName
from tests.hosts.fakes_resolve.fusion_files import write_comp
from tests.hosts.fakes_resolve.fusion_model import CompModel, ToolModel, saved_path
from tests.hosts.fakes_resolve.guard import Face
from tests.hosts.fakes_resolve.tools import Tool, known, told
from tests.hosts.fakes_resolve.ui import UIDispatcher, UIManager

UNDEFINED = -2_000_000_000.0


class Bmd(Face):
    """The module `bmd`."""

    _kind = "bmd"

    def scriptapp(self, name: str, host: Any = None) -> Any:
        resolve = None if self._session.is_alone else self._session.resolve
        return {"Resolve": resolve, "Fusion": self._session.fusion}.get(name)

    def UIDispatcher(self, ui: Any) -> Any:
        if not isinstance(ui, UIManager):
            raise BadCall("UIDispatcher takes the UI manager")
        return UIDispatcher(self._session)

    def wait(self, seconds: float) -> None:
        """Passes at once."""


class Fusion(Face):
    """Fusion."""

    _kind = "Fusion"

    @property
    def UIManager(self) -> Any:
        return UIManager(self._session) if self._session.has_windows else None

    @property
    def CurrentComp(self) -> Any:
        return self.GetCurrentComp()

    @property
    def Version(self) -> float:
        return float(self._session.version)

    def GetCurrentComp(self) -> Any:
        comp = self._session.comp_open
        return Composition(self._session, comp) if comp is not None else None

    def GetResolve(self) -> Any:
        return None if self._session.is_alone else self._session.resolve

    def MapPath(self, path: str) -> str:
        return path

    def GetAttrs(self, tag: Any = None) -> Any:
        return told(self._session, "fusion", {"FUSIONS_Version": "21.1"}, tag)


class Composition(Face):
    """A composition."""

    _kind = "Composition"

    @property
    def _comp(self) -> CompModel:
        comp: CompModel = self._model
        return comp

    @property
    def TIME_UNDEFINED(self) -> float:
        return UNDEFINED

    @property
    def CurrentTime(self) -> float:
        return self._comp.time

    @CurrentTime.setter
    def CurrentTime(self, time: float) -> None:
        self._comp.time = float(time)

    @property
    def ActiveTool(self) -> Any:
        return self._tool(self._comp.active)

    @property
    def CurrentFrame(self) -> Any:
        return ChildFrame(self._session, self._comp)

    def _tool(self, tool: ToolModel | None) -> Any:
        return Tool(self._session, (self._comp, tool)) if tool is not None else None

    def Lock(self) -> None:
        self._comp.locks += 1

    def Unlock(self) -> None:
        if not self._comp.locks:
            raise self._session.refuse(BadCall("Unlock without Lock"))
        self._comp.locks -= 1

    def StartUndo(self, name: str) -> None:
        self._comp.undo.append(name)

    def EndUndo(self, keep: bool) -> None:
        if not self._comp.undo:
            raise self._session.refuse(BadCall("EndUndo without StartUndo"))
        self._comp.done.append((self._comp.undo.pop(), bool(keep)))

    def AddTool(self, kind: str, x: float = 0, y: float = 0, _settings: Any = None) -> Any:
        """Unlocked, a Loader or Saver opens a file browser; beside an active tool a Loader comes with a Merge."""
        if kind not in self._session.surface.groups("tools"):
            self._session.refuse(UnknownName(f"no tool {kind!r} in the table"))
            return None
        if kind in ("Loader", "Saver") and not self._comp.locks:
            raise self._session.refuse(
                FakeGuiError(f"AddTool({kind!r}) asks for a file: the comp is not locked")
            )
        if kind == "Loader" and self._comp.active is not None:
            self._comp.add("Merge", (x, y))
        return self._tool(self._comp.add(kind, (x, y)))

    def FindTool(self, name: str) -> Any:
        return self._tool(self._comp.named(name))

    def FindToolByID(self, kind: str, _before: Any = None) -> Any:
        return self._tool(next((tool for tool in self._comp.tools if tool.kind == kind), None))

    def GetToolList(self, selected: bool = False, kind: Any = None) -> dict[int, Any]:
        found = [tool for tool in self._comp.tools if tool.selected or not selected]
        found = [tool for tool in found if kind is None or tool.kind == kind]
        return {index: self._tool(tool) for index, tool in enumerate(found, 1)}

    def GetAttrs(self, tag: Any = None) -> Any:
        comp = self._comp
        attrs = {
            "COMPN_GlobalStart": comp.start,
            "COMPN_GlobalEnd": comp.end,
            "COMPN_RenderStart": comp.start,
            "COMPN_RenderEnd": comp.end,
            "COMPN_CurrentTime": comp.time,
            "COMPS_Name": comp.name,
            "COMPS_FileName": comp.file,
            "COMPB_Locked": bool(comp.locks),
            "COMPB_Modified": bool(comp.done),
        }
        return told(self._session, "comp", {**attrs, **comp.attrs}, tag)

    def GetPrefs(self, prefname: str) -> Any:
        known(self._session, "attrs", "prefs", {prefname})
        return self._comp.rate if prefname == "Comp.FrameFormat.Rate" else None

    def SetAttrs(self, attrs: dict[str, Any]) -> None:
        known(self._session, "attrs", "comp", attrs)
        self._comp.start = float(attrs.get("COMPN_GlobalStart", self._comp.start))
        self._comp.end = float(attrs.get("COMPN_GlobalEnd", self._comp.end))
        self._comp.time = float(attrs.get("COMPN_CurrentTime", self._comp.time))
        own = ("COMPN_RenderStart", "COMPN_RenderEnd")
        self._comp.attrs.update({key: value for key, value in attrs.items() if key in own})

    def GetData(self, name: Any = None) -> Any:
        return self._comp.data.get(name) if name else dict(self._comp.data)

    def SetData(self, name: str, value: Any) -> None:
        self._comp.data[name] = value

    def SetActiveTool(self, tool: Any) -> None:
        self._comp.active = tool._tool if tool else None

    def MapPath(self, path: str) -> str:
        return path

    def ReverseMapPath(self, path: str) -> str:
        return path

    def Print(self, text: str) -> None: ...

    def IsRendering(self) -> bool:
        return False

    def Save(self, filename: str) -> bool:
        if not Path(filename).parent.is_dir():
            return False
        Path(filename).write_text(write_comp(self._comp), encoding="utf-8")
        self._comp.file = filename
        return True

    def Render(self, settings: Any = None) -> bool:
        """Writes what the Savers that are not passed through have above them."""
        given = settings if isinstance(settings, dict) else {}
        known(self._session, "attrs", "render", given)
        savers = [tool for tool in self._comp.tools if tool.kind == "Saver" and not tool.passed]
        if "Tool" in given:
            savers = [given["Tool"]._tool]
        first, last = int(given.get("Start", self._comp.start)), int(given.get("End", self._comp.end))
        for frame in range(first, last + 1):
            for saver in savers:
                if not self._write(saver, frame):
                    return False
        return bool(savers)

    def _write(self, saver: ToolModel, frame: int) -> bool:
        if "Input" not in saver.links or not saver.inputs.get("Clip"):
            return False
        path = saved_path(str(saver.inputs["Clip"]), frame)
        if not path.parent.is_dir():
            if not saver.inputs.get("CreateDir"):
                return False
            path.parent.mkdir(parents=True)
        pictures.write_exr(path, self._comp.picture(saver, frame), "RGBHalfZIP")
        self._comp.rendered.append((saver.name, frame))
        return True


class ChildFrame(Face):
    """The window that shows a composition."""

    _kind = "Frame"

    @property
    def FlowView(self) -> Any:
        return FlowView(self._session, self._model)

    @property
    def Composition(self) -> Any:
        return Composition(self._session, self._model)


class FlowView(Face):
    """Where the tools lie."""

    _kind = "FlowView"

    def GetPosTable(self, tool: Any) -> dict[int, float]:
        x, y = tool._tool.position
        return {1: x, 2: y}

    def SetPos(self, tool: Any, x: float, y: float) -> None:
        tool._tool.position = (x, y)

    def Select(self, tool: Any = None, select: bool = True) -> None:
        """Without a tool none is selected any more."""
        for one in self._model.tools:
            one.selected = (
                select if tool is not None and one is tool._tool else one.selected
            ) and tool is not None
