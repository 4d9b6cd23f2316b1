"""What a script holds, as plain data: knobs, nodes, groups. No guards here; the faces have them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.hosts.fakes.errors import FakeGap
from tests.hosts.fakes.kinds import KINDS, kind_of, written
from tests.hosts.nk_reader import UserKnob

SPACES = ("colorspace", "in_colorspace", "out_colorspace", "ocioColorspace", "workingSpaceLUT", "floatLut")
"""Enums whose list is that of the colour spaces of the session."""


@dataclass(eq=False)
class KnobModel:
    """One knob of one node."""

    node: NodeModel
    name: str
    type: str
    """As the surface table has it: `File`, `Enum`, ..."""

    value: Any
    default: Any
    values: list[str] | None = None
    """Of an Enum: what it may be; None where the table does not say, so that any word goes."""

    only: str = ""
    """The file type without which the node has no such knob."""

    label: str = ""
    tooltip: str = ""
    definition: UserKnob | None = None
    """Of a knob that the node's user added."""

    expression: str = ""
    flags: int = 0
    enabled: bool = True
    visible: bool = True
    face: Any = None

    @property
    def kind(self) -> str:
        """What it holds: `text`, `whole`, `number`, `bool`, `enum`, `array` or `none`."""
        return kind_of(self.type)

    def set(self, value: Any) -> bool:
        """Take a value as Python gives it; gives whether it changed. Raises TypeError or ValueError."""
        value = self._chosen(value) if self.kind == "enum" else KINDS[self.kind].accept(value)
        changed = value != self.value or bool(self.expression)
        self.value, self.expression = value, ""
        return changed

    def read(self, text: str) -> None:
        """Take a value as a script has it. Raises ValueError."""
        if text.startswith("{") and self.kind in ("whole", "number", "bool"):
            self.expression = text.strip("{}").strip().strip('"')
            return
        self.set(KINDS[self.kind].parse(text))

    def script(self) -> str:
        """The value as a script has it."""
        if not self.expression:
            return written(self.kind, self.value)
        # Several words are one expression only between quotes.
        return "{{" + (f'"{self.expression}"' if " " in self.expression else self.expression) + "}}"

    def changed(self) -> bool:
        """Whether it differs from its default."""
        return bool(self.expression) or self.value != self.default

    def choices(self) -> list[str]:
        """What an Enum may be: its own list, or the colour spaces of the session. Raises FakeGap where none is told."""
        found = self.node.session.spaces if self.name in SPACES else self.values
        if found is None:
            raise FakeGap(f"the surface table does not say what {self.where()} may be")
        return list(found)

    def set_values(self, values: list[str]) -> None:
        """Give an Enum other values; the index of the chosen one stays, whatever stands there now."""
        old = self.values or []
        index = old.index(self.value) if self.value in old else 0
        self.values = list(values)
        self.value = self.values[min(index, len(values) - 1)] if values else ""

    def exists(self) -> bool:
        """Whether the node has it now: a Write has the knobs of its file type only."""
        return not self.only or self.only == file_type(self.node)

    def _chosen(self, value: Any) -> str:
        if (self.node.session.spaces if self.name in SPACES else self.values) is None:
            return str(KINDS["enum"].accept(value))
        choices = [choice.split("\t")[0] for choice in self.choices()]
        if isinstance(value, int | float) and not isinstance(value, bool):
            if not 0 <= int(value) < len(choices):
                raise ValueError(f"{self.where()} has no value number {value}")
            return choices[int(value)]
        if value not in choices:
            raise ValueError(f"{self.where()} has no value {value!r}; it has {choices}")
        return str(value)

    def where(self) -> str:
        """Its full name, for messages."""
        return f"{self.node.full_name()}.{self.name}"


@dataclass(eq=False)
class NodeModel:
    """One node; a group has children."""

    session: Any
    cls: str
    parent: NodeModel | None
    knobs: dict[str, KnobModel] = field(default_factory=dict)
    inputs: list[NodeModel | None] = field(default_factory=list)
    masks: int = 0
    children: list[NodeModel] = field(default_factory=list)
    deleted: bool = False
    face: Any = None

    @property
    def name(self) -> str:
        """Its name, `Root` for the root."""
        return "root" if self.parent is None else str(self.knobs["name"].value)

    def get(self, knob: str) -> Any:
        """The value of a knob. Raises KeyError."""
        return self.knobs[knob].value

    def input(self, index: int) -> NodeModel | None:
        """What is connected there."""
        return self.inputs[index] if index < len(self.inputs) else None

    def connect(self, index: int, node: NodeModel | None) -> None:
        """Connect an input."""
        self.inputs.extend([None] * (index + 1 - len(self.inputs)))
        self.inputs[index] = node
        while self.inputs and self.inputs[-1] is None:
            self.inputs.pop()

    def full_name(self) -> str:
        """The name with those of its groups: `Group1.Read1`."""
        if self.parent is None or self.parent.parent is None:
            return self.name
        return f"{self.parent.full_name()}.{self.name}"

    def is_gone(self) -> bool:
        """Whether it, or a group around it, was deleted."""
        return self.deleted or (self.parent is not None and self.parent.is_gone())

    def root(self) -> NodeModel:
        """The root above."""
        return self if self.parent is None else self.parent.root()

    def walk(self) -> Iterator[NodeModel]:
        """All nodes within, in order, a group before its own."""
        for child in self.children:
            yield child
            yield from child.walk()

    def child(self, dotted: str) -> NodeModel | None:
        """A node within, by its name or by a dotted one."""
        head, _, rest = dotted.partition(".")
        found = next((child for child in self.children if child.name == head), None)
        return found.child(rest) if found and rest else found

    def inner_inputs(self) -> list[NodeModel]:
        """The Input nodes of a group, in order of their number."""
        inputs = [child for child in self.children if child.cls == "Input"]
        return sorted(inputs, key=lambda node: int(node.get("number")))


def unique_name(group: NodeModel, stem: str) -> str:
    """The first free name in a group: `Write` gives Write1, Write2, ..."""
    taken = {child.name for child in group.children}
    stem = re.sub(r"\d+$", "", stem)
    number = 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


def new_node(session: Any, cls: str, parent: NodeModel | None) -> NodeModel:
    """A node with the knobs of its class, not yet in the group. Raises RuntimeError for an unknown class."""
    node = NodeModel(session, cls, parent)
    for name, row in session.surface.knobs(cls).items():
        node.knobs[name] = _table_knob(node, name, row)
    return node


def _table_knob(node: NodeModel, name: str, row: Mapping[str, Any]) -> KnobModel:
    values = row.get("values")
    default = row.get("default")
    if default is None:
        default = values[0] if values else KINDS[kind_of(row["type"])].empty
    knob = KnobModel(node, name, row["type"], default, default, values, row.get("only", ""), name)
    if knob.kind == "array":
        knob.value = knob.default = tuple(default) if isinstance(default, list | tuple) else (default,)
    return knob


def user_knob(node: NodeModel, row: UserKnob) -> KnobModel:
    """A knob that the script's user added. Raises FakeGap for a type that the fake does not know."""
    type_name = node.session.surface.user_type(row.code)
    kind = kind_of(type_name)
    values = list(row.choices) if kind == "enum" else None
    default = values[0] if values else KINDS[kind].empty
    knob = KnobModel(node, row.name, type_name, default, default, values, "", row.label, row.tooltip, row)
    if type_name in ("PyScript", "Text", "Link"):
        knob.value = knob.default = row.text
    knob.visible = not {"+INVISIBLE", "+HIDDEN"} & row.flags
    knob.enabled = "+DISABLED" not in row.flags
    return knob


def file_type(node: NodeModel) -> str:
    """What a Read or Write makes of its file: its `file_type`, else the file's ending."""
    return str(node.get("file_type")) or str(node.get("file")).rpartition(".")[2].lower()


def max_inputs(node: NodeModel) -> int:
    """How many inputs a node can have."""
    if node.cls == "Group":
        return len(node.inner_inputs())
    counts = {
        "Read": 0,
        "Input": 1,
        "Root": 0,
        "Merge2": 64,
        "Switch": 64,
        "Constant": 0,
        "Viewer": 10,
        "Copy": 3,
    }
    return counts.get(node.cls, 2 if node.cls in ("Shuffle2", "ShuffleCopy") else 1)


def refuse(what: str) -> FakeGap:
    """The fake lacks it."""
    return FakeGap(f"the fake does not do {what}; extend it before a test relies on it")
