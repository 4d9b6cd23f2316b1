"""Fusion and its compositions, as a plugin sees them."""

from __future__ import annotations

from typing import Any

from tests.hosts.fakes_resolve import pictures
from tests.hosts.fakes_resolve.errors import BadCall, FakeGuiError, UnknownName
from tests.hosts.fakes_resolve.fusion_model import CompModel, ToolModel, saved_path
from tests.hosts.fakes_resolve.guard import Face
from tests.hosts.fakes_resolve.ui import UIDispatcher, UIManager

UNDEFINED = -2_000_000_000.0


class Bmd(Face):
    """The module `bmd`."""

    _kind = "bmd"

    def scriptapp(self, name: str, host: Any = None) -> Any:
        return {"Resolve": self._session.resolve, "Fusion": self._session.fusion}.get(name)

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
        return UIManager(self._session)

    @property
    def CurrentComp(self) -> Any:
        return self.GetCurrentComp()

    @property
    def Version(self) -> float:
        return 21.1

    def GetCurrentComp(self) -> Any:
        comp = self._session.comp_open
        return Composition(self._session, comp) if comp is not None else None

    def GetResolve(self) -> Any:
        return self._session.resolve

    def MapPath(self, path: str) -> str:
        return path

    def GetAttrs(self, tag: Any = None) -> Any:
        return _told(self._session, "fusion", {"FUSIONS_Version": "21.1"}, tag)


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
        return None

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
        """Unlocked, a Loader or Saver opens a file browser."""
        if kind not in self._session.surface.groups("tools"):
            self._session.refuse(UnknownName(f"no tool {kind!r} in the table"))
            return None
        if kind in ("Loader", "Saver") and not self._comp.locks:
            raise self._session.refuse(
                FakeGuiError(f"AddTool({kind!r}) asks for a file: the comp is not locked")
            )
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
        return _told(self._session, "comp", {**attrs, **comp.attrs}, tag)

    def SetAttrs(self, attrs: dict[str, Any]) -> None:
        _known(self._session, "attrs", "comp", attrs)
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
        self._comp.file = filename
        return True

    def Render(self, settings: Any = None) -> bool:
        """Writes what the Savers that are not passed through have above them."""
        given = settings if isinstance(settings, dict) else {}
        _known(self._session, "attrs", "render", given)
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


class Tool(Face):
    """A tool; `_model` is its composition and itself."""

    _kind = "Tool"

    @property
    def _tool(self) -> ToolModel:
        tool: ToolModel = self._model[1]
        return tool

    @property
    def _comp(self) -> CompModel:
        comp: CompModel = self._model[0]
        return comp

    def _alive(self) -> bool:
        return self._tool in self._comp.tools

    @property
    def Name(self) -> str:
        return self._tool.name

    @property
    def ID(self) -> str:
        return self._tool.kind

    @property
    def Composition(self) -> Any:
        return Composition(self._session, self._comp)

    @property
    def ParentTool(self) -> Any:
        return None

    def Comp(self) -> Any:
        return Composition(self._session, self._comp)

    def _input(self, name: Any) -> bool:
        known = name in self._session.surface.part("tools", self._tool.kind)
        if not known:
            self._session.refuse(UnknownName(f"{self._tool.kind} has no input {name!r} in the table"))
        return known

    def __getitem__(self, name: str) -> Any:
        self._check("__getitem__", name)
        return Input(self._session, (self._comp, self._tool, name)) if self._input(name) else None

    def __setitem__(self, name: str, value: Any) -> None:
        self._check("__setitem__", name, value)
        self.SetInput(name, value)

    def GetInput(self, name: str, _time: Any = None) -> Any:
        return self._tool.inputs.get(name) if self._input(name) else None

    def SetInput(self, name: str, value: Any, _time: Any = None) -> None:
        if self._input(name):
            self._comp.set_input(self._tool, name, value)

    def ConnectInput(self, name: str, target: Any) -> bool:
        if not self._input(name):
            return False
        return Input(self._session, (self._comp, self._tool, name))._connect(target)

    def FindMainInput(self, index: int) -> Any:
        names = [
            key
            for key, row in self._session.surface.part("tools", self._tool.kind).items()
            if row["type"] == "Image"
        ]
        return (
            Input(self._session, (self._comp, self._tool, names[index - 1]))
            if 1 <= index <= len(names)
            else None
        )

    def FindMainOutput(self, index: int) -> Any:
        has = index == 1 and self._tool.kind != "MediaOut"
        return Output(self._session, (self._comp, self._tool)) if has else None

    def Delete(self) -> None:
        self._comp.tools.remove(self._tool)
        for tool in self._comp.tools:
            tool.links = {name: one for name, one in tool.links.items() if one is not self._tool}

    def GetData(self, name: Any = None) -> Any:
        return self._tool.data.get(name) if name else dict(self._tool.data)

    def SetData(self, name: str, value: Any) -> None:
        self._tool.data[name] = value

    def GetAttrs(self, tag: Any = None) -> Any:
        tool = self._tool
        attrs: dict[str, Any] = {
            "TOOLS_Name": tool.name,
            "TOOLS_RegID": tool.kind,
            "TOOLB_PassThrough": tool.passed,
            "TOOLB_Selected": tool.selected,
            "TOOLNT_Region_Start": {1: tool.inputs.get("GlobalIn", self._comp.start)},
            "TOOLNT_Region_End": {1: tool.inputs.get("GlobalOut", self._comp.end)},
        }
        if tool.kind == "Loader" and tool.inputs["Clip"]:
            attrs.update(
                TOOLST_Clip_Name={1: tool.inputs["Clip"]},
                TOOLIT_Clip_Length={1: tool.length},
                TOOLNT_Clip_Start={1: tool.inputs["GlobalIn"]},
                TOOLNT_Clip_End={1: tool.inputs["GlobalOut"]},
                TOOLIT_Clip_TrimIn={1: int(tool.inputs["ClipTimeStart"])},
                TOOLIT_Clip_TrimOut={1: int(tool.inputs["ClipTimeEnd"])},
            )
        return _told(self._session, "tool", attrs, tag)

    def SetAttrs(self, attrs: dict[str, Any]) -> bool:
        _known(self._session, "attrs", "tool", attrs)
        self._tool.name = str(attrs.get("TOOLS_Name", self._tool.name))
        self._tool.passed = bool(attrs.get("TOOLB_PassThrough", self._tool.passed))
        return True


class Input(Face):
    """An input of a tool."""

    _kind = "Input"

    def __getitem__(self, time: Any) -> Any:
        self._check("__getitem__", time)
        _, tool, name = self._model
        return tool.inputs.get(name)

    def __setitem__(self, time: Any, value: Any) -> None:
        self._check("__setitem__", time, value)
        comp, tool, name = self._model
        comp.set_input(tool, name, value)

    def _connect(self, target: Any) -> bool:
        _, tool, name = self._model
        if target is None:
            tool.links.pop(name, None)
            return True
        if not isinstance(target, (Tool, Output)) or target._model[1].kind == "MediaOut":
            return False
        tool.links[name] = target._model[1]
        return True

    def ConnectTo(self, output: Any = None) -> bool:
        return self._connect(output)

    def GetConnectedOutput(self) -> Any:
        comp, tool, name = self._model
        above = tool.links.get(name)
        return Output(self._session, (comp, above)) if above else None

    def GetTool(self) -> Any:
        return Tool(self._session, self._model[:2])

    def GetAttrs(self, tag: Any = None) -> Any:
        _, tool, name = self._model
        kind = self._session.surface.part("tools", tool.kind)[name]["type"]
        types = {"float": "Number", "str": "Text"}
        attrs = {"INPS_ID": name, "INPS_Name": name, "INPS_DataType": types.get(kind, kind)}
        return _told(self._session, "input", {**attrs, "INPB_Connected": name in tool.links}, tag)


class Output(Face):
    """The output of a tool."""

    _kind = "Output"

    def GetTool(self) -> Any:
        return Tool(self._session, self._model)

    def GetConnectedInputs(self) -> dict[int, Any]:
        comp, above = self._model
        found = [(tool, name) for tool in comp.tools for name, one in tool.links.items() if one is above]
        return {index: Input(self._session, (comp, *one)) for index, one in enumerate(found, 1)}


def _known(session: Any, part: str, group: str, names: Any) -> None:
    unknown = set(names) - set(session.surface.part(part, group))
    if unknown:
        session.refuse(UnknownName(f"{group} {part} {sorted(unknown)} are not in the table"))


def _told(session: Any, group: str, attrs: dict[str, Any], tag: Any) -> Any:
    if tag is None:
        return dict(attrs)
    _known(session, "attrs", group, {tag})
    return attrs.get(tag)
