"""Tools of a composition, their inputs and outputs, as a plugin sees them."""

from __future__ import annotations

from typing import Any

from tests.hosts.fakes_resolve.errors import UnknownName
from tests.hosts.fakes_resolve.fusion_model import CompModel, ToolModel
from tests.hosts.fakes_resolve.guard import Face


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
        return self._session.composition(self._comp)

    @property
    def ParentTool(self) -> Any:
        return None

    def Comp(self) -> Any:
        return self._session.composition(self._comp)

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

    def GetInputList(self, kind: Any = None) -> dict[int, Any]:
        rows = self._session.surface.part("tools", self._tool.kind)
        faces = [Input(self._session, (self._comp, self._tool, name)) for name in rows]
        found = [one for one in faces if kind is None or one.GetAttrs()["INPS_DataType"] == kind]
        return dict(enumerate(found, 1))

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
        return told(self._session, "tool", attrs, tag)

    def SetAttrs(self, attrs: dict[str, Any]) -> bool:
        known(self._session, "attrs", "tool", attrs)
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
        return told(self._session, "input", {**attrs, "INPB_Connected": name in tool.links}, tag)


class Output(Face):
    """The output of a tool."""

    _kind = "Output"

    def GetTool(self) -> Any:
        return Tool(self._session, self._model)

    def GetConnectedInputs(self) -> dict[int, Any]:
        comp, above = self._model
        found = [(tool, name) for tool in comp.tools for name, one in tool.links.items() if one is above]
        return {index: Input(self._session, (comp, *one)) for index, one in enumerate(found, 1)}


def known(session: Any, part: str, group: str, names: Any) -> None:
    unknown = set(names) - set(session.surface.part(part, group))
    if unknown:
        session.refuse(UnknownName(f"{group} {part} {sorted(unknown)} are not in the table"))


def told(session: Any, group: str, attrs: dict[str, Any], tag: Any) -> Any:
    if tag is None:
        return dict(attrs)
    known(session, "attrs", group, {tag})
    return attrs.get(tag)
