"""A composition as plain data: tools, their inputs, what is connected, and the pictures that come of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.hosts.fakes_resolve import pictures
from tests.hosts.fakes_resolve.errors import FakeGap
from tests.hosts.fakes_resolve.model import Item, unique

NUMBERED = re.compile(r"(\d+)(\.\w+)$")
LOADER: dict[str, Any] = {
    "Clip": "",
    "GlobalIn": 0.0,
    "GlobalOut": 0.0,
    "ClipTimeStart": 0.0,
    "ClipTimeEnd": 0.0,
    "HoldFirstFrame": 0.0,
    "HoldLastFrame": 0.0,
    "Reverse": 0.0,
    "Depth": 0.0,
    "KeyCode": "",
    "TimeCodeOffset": 0.0,
}


@dataclass(eq=False)
class ToolModel:
    """A tool."""

    kind: str
    name: str
    inputs: dict[str, Any] = field(default_factory=dict)
    links: dict[str, ToolModel] = field(default_factory=dict)
    """What its inputs are connected to, by the input's name."""

    passed: bool = False
    selected: bool = False
    position: tuple[float, float] = (0.0, 0.0)
    data: dict[str, Any] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    item: Item | None = None
    """What a MediaIn shows."""

    id: str = field(default_factory=unique)

    @property
    def length(self) -> int:
        """Of a Loader's clip, in frames."""
        return len(self.files)


@dataclass(eq=False)
class CompModel:
    """A composition."""

    name: str
    start: float = 0.0
    end: float = 100.0
    rate: float = 24.0
    """Frames per second, as its preferences say."""

    tools: list[ToolModel] = field(default_factory=list)
    locks: int = 0
    undo: list[str] = field(default_factory=list)
    done: list[tuple[str, bool]] = field(default_factory=list)
    """The steps of undo that were closed, and whether they were kept."""

    attrs: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    file: str = ""
    time: float = 0.0
    active: ToolModel | None = None
    rendered: list[tuple[str, int]] = field(default_factory=list)
    imported: CompModel | None = None
    """As it was in the file that it came from; None for one that a script made."""

    @classmethod
    def of_item(cls, name: str, item: Item) -> CompModel:
        """That of a timeline's item: its frames count from 0."""
        comp = cls(name, 0.0, float(item.duration - 1))
        media_in = ToolModel("MediaIn", "MediaIn1", {"GlobalIn": 0.0, "GlobalOut": comp.end}, item=item)
        media_out = ToolModel("MediaOut", "MediaOut1", links={"Input": media_in})
        comp.tools = [media_in, media_out]
        return comp

    def named(self, name: str) -> ToolModel | None:
        """The tool of a name."""
        return next((tool for tool in self.tools if tool.name == name), None)

    def add(self, kind: str, position: tuple[float, float]) -> ToolModel:
        """A new tool, named as Fusion does."""
        number = 1
        while self.named(f"{kind}{number}"):
            number += 1
        inputs = dict(LOADER) if kind == "Loader" else {}
        tool = ToolModel(kind, f"{kind}{number}", inputs, position=position)
        if kind == "Loader":
            tool.inputs["GlobalIn"] = tool.inputs["GlobalOut"] = self.start
        self.tools.append(tool)
        return tool

    def load(self, tool: ToolModel, path: str) -> None:
        """Give a Loader another clip: another length resets where it lies and what is trimmed; holds are lost too."""
        before, tool.files = tool.length, sequence(Path(path))
        keep = {key: tool.inputs[key] for key in ("GlobalIn", "GlobalOut", "ClipTimeStart", "ClipTimeEnd")}
        tool.inputs.update(LOADER)
        tool.inputs["Clip"] = path
        if tool.length == before:
            tool.inputs.update(keep)
            return
        last = max(tool.length - 1, 0)
        tool.inputs.update(GlobalIn=self.start, GlobalOut=self.start + last, ClipTimeEnd=float(last))

    def set_input(self, tool: ToolModel, name: str, value: Any) -> None:
        """Set an input, with what Fusion does on its own to a Loader."""
        if tool.kind == "Loader" and name == "Clip":
            self.load(tool, str(value))
        elif tool.kind == "Loader" and name == "GlobalIn":
            self._move_in(tool, float(value))
        elif tool.kind == "Loader" and name == "GlobalOut":
            tool.inputs[name] = max(float(value), tool.inputs["GlobalIn"])
        else:
            tool.inputs[name] = value

    def _move_in(self, tool: ToolModel, value: float) -> None:
        """GlobalIn never passes GlobalOut, and what it moves by is trimmed or held."""
        value = min(value, tool.inputs["GlobalOut"])
        start = tool.inputs["ClipTimeStart"] + value - tool.inputs["GlobalIn"]
        tool.inputs["GlobalIn"] = value
        tool.inputs["ClipTimeStart"] = max(start, 0.0)
        tool.inputs["HoldFirstFrame"] += max(-start, 0.0)

    def picture(self, tool: ToolModel, frame: int) -> np.ndarray:
        """What a tool gives at a frame. Raises FakeGap for tools whose pictures the fake does not reckon."""
        if tool.kind == "Loader":
            return self._loaded(tool, frame)
        if tool.kind == "MediaIn" and tool.item is not None and tool.item.media is not None:
            media = tool.item.media
            return pictures.read(media.file(tool.item.source_at(tool.item.start + frame)))
        if tool.kind in ("Saver", "MediaOut") and "Input" in tool.links:
            return self.picture(tool.links["Input"], frame)
        if tool.kind == "Merge":
            return _over(
                self.picture(tool.links["Foreground"], frame), self.picture(tool.links["Background"], frame)
            )
        raise FakeGap(f"the fake reckons no picture of {tool.kind}")

    def _loaded(self, tool: ToolModel, frame: int) -> np.ndarray:
        value = tool.inputs
        if not value["GlobalIn"] <= frame <= value["GlobalOut"] or not tool.files:
            raise FakeGap(f"{tool.name} has no picture at {frame}")
        index = int(frame - value["GlobalIn"] - value["HoldFirstFrame"] + value["ClipTimeStart"])
        return pictures.read(
            tool.files[min(max(index, int(value["ClipTimeStart"])), int(value["ClipTimeEnd"]))]
        )

    def descends(self, tool: ToolModel, kind: str) -> bool:
        """Whether a tool has one of a kind above it."""
        return tool.kind == kind or any(self.descends(one, kind) for one in tool.links.values())


def _over(front: np.ndarray, back: np.ndarray) -> np.ndarray:
    """Premultiplied; a picture without alpha is opaque."""
    alpha = front[..., 3:4] if front.shape[-1] > 3 else np.ones_like(front[..., :1])
    return np.asarray(front[..., :3] + back[..., :3] * (1 - alpha), np.float32)


def sequence(path: Path) -> list[Path]:
    """The files of the sequence that one of its files stands for, from that one on; that file alone where it has no
    number."""
    match = NUMBERED.search(path.name)
    if match is None:
        return [path] if path.is_file() else []
    found, number = [], int(match[1])
    stem, width = path.name[: match.start()], len(match[1])
    while (file := path.with_name(f"{stem}{number:0{width}d}{match[2]}")).is_file():
        found.append(file)
        number += 1
    return found


def saved_path(clip: str, frame: int) -> Path:
    """The file that a Saver writes: its name's number is replaced, and four digits are put where it has none."""
    path = Path(clip)
    match = NUMBERED.search(path.name)
    if match is None:
        return path.with_name(f"{path.stem}{frame:04d}{path.suffix}")
    return path.with_name(f"{path.name[: match.start()]}{frame:0{max(len(match[1]), 4)}d}{match[2]}")
