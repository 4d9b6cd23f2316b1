"""A small strict reader of saved Nuke scripts (.nk): what it does not understand, it refuses by line.

`read_nk(text)` gives a `Script`: its nodes in order, each with its knobs, its user knobs, its inputs as the stack of
the script has them, and the nodes of its group. Proven on the real scripts of footage `scripts_nuke`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.hosts.tcl import Lexer, NkError, Word, split_list

__all__ = ["CODES", "NkError", "Node", "Script", "UserKnob", "read_nk"]

CODES = {
    1: "String_Knob",
    2: "File_Knob",
    3: "Int_Knob",
    4: "Enumeration_Knob",
    6: "Boolean_Knob",
    7: "Double_Knob",
    12: "XY_Knob",
    13: "XYZ_Knob",
    14: "WH_Knob",
    15: "BBox_Knob",
    18: "Color_Knob",
    20: "Tab_Knob",
    22: "PyScript_Knob",
    26: "Text_Knob",
    30: "UV_Knob",
    35: "Pulldown_Knob",
    41: "Link_Knob",
    43: "Multiline_Eval_String_Knob",
    78: "Radio_Knob",
    83: "Choice_Knob",
}
"""Types of user knobs by their number in a script, as seen there; the names tell what such a knob shows."""

FLAGS = ("STARTLINE", "INVISIBLE", "HIDDEN", "DISABLED")
_GROUPS = ("Group", "Gizmo")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_KNOB = re.compile(r"[A-Za-z_][A-Za-z0-9_. ]*")
_INPUTS = re.compile(r"(\d+)(?:\+(\d+))?")


@dataclass(frozen=True)
class UserKnob:
    """A row that the node's user added to it."""

    code: int
    name: str
    label: str = ""
    tooltip: str = ""
    text: str = ""
    """Of `T`: a button's code, a text's words, or the knob that a link shows."""

    choices: tuple[str, ...] = ()
    range: tuple[float, ...] = ()
    group: int = 0
    """Of `n`, for a tab: 1 opens a closable group of rows, -1 ends it."""

    flags: frozenset[str] = frozenset()
    """With their sign: `+INVISIBLE`, `-STARTLINE`."""


@dataclass(eq=False)
class Node:
    """One node. `knobs` holds the values in the order in which they stand, the group's own and the user's.

    Rows without a name, or with one that is taken (`endGroup`), are kept in `user_knobs` under NAME#INDEX.
    """

    cls: str
    line: int
    knobs: dict[str, str] = field(default_factory=dict)
    user_knobs: dict[str, UserKnob] = field(default_factory=dict)
    inputs: list[Node | None] = field(default_factory=list)
    masks: int = 0
    """How many of the inputs are masks: a Merge2's is its third, whatever comes after."""

    children: list[Node] = field(default_factory=list)
    clone_of: Node | None = None

    @property
    def name(self) -> str:
        """Its `name`, or nothing where the script gives none."""
        return self.knobs.get("name", "")

    def walk(self) -> Iterator[Node]:
        """This node and all within, in the order of the script."""
        yield self
        for child in self.children:
            yield from child.walk()

    def child(self, name: str) -> Node:
        """The node of that name in this group. Raises KeyError."""
        return _named(self.children, name)


@dataclass
class Script:
    """All that a script says. A gizmo's file holds one node of class Gizmo."""

    nodes: list[Node] = field(default_factory=list)
    version: str = ""
    layout: str = ""
    layers: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def walk(self) -> Iterator[Node]:
        """Every node, those of groups too, in the order of the script."""
        for node in self.nodes:
            yield from node.walk()

    def classes(self) -> Counter[str]:
        """How many nodes there are of each class."""
        return Counter(node.cls for node in self.walk())

    def node(self, name: str) -> Node:
        """The node of that name at the top of the script. Raises KeyError."""
        return _named(self.nodes, name)


def _named(nodes: list[Node], name: str) -> Node:
    for node in nodes:
        if node.name == name:
            return node
    raise KeyError(f"no node {name!r}; there are {', '.join(node.name for node in nodes)}")


def read_nk(text: str) -> Script:
    """Read a script, a copied snippet or a gizmo. Raises NkError for anything that it does not understand."""
    return _Reader().read(text)


class _Reader:
    def __init__(self) -> None:
        self._script = Script()
        self._groups: list[tuple[Node, list[Node | None]]] = []
        self._stack: list[Node | None] = []
        # A snippet may push what is selected where it is pasted, without having set the name.
        self._names: dict[str, Node | None] = {"cut_paste_input": None}

    def read(self, text: str) -> Script:
        for words in Lexer(text).commands():
            self._command(words)
        if self._groups:
            raise NkError(f"{self._groups[-1][0].cls} has no end_group", self._groups[-1][0].line)
        return self._script

    def _command(self, words: list[Word]) -> None:
        name, rest = words[0].plain("a command"), words[1:]
        handlers = {
            "version": (2, self._version),
            "define_window_layout_xml": (1, self._layout),
            "add_layer": (1, self._layer),
            "set": (2, self._set),
            "push": (1, self._push),
            "end_group": (0, self._end_group),
            "clone": (2, self._clone),
        }
        if name not in handlers:
            self._node(words)
            return
        count, handle = handlers[name]
        if len(rest) != count:
            raise NkError(f"{name} has {len(rest)} words after it, not {count}", words[0].line)
        handle(*rest)

    def _version(self, number: Word, patch: Word) -> None:
        if not re.fullmatch(r"\d+\.\d+ v\d+", f"{number.text} {patch.text}"):
            raise NkError(f"version {number.text} {patch.text} is no version", number.line)
        self._script.version = f"{number.text}{patch.text}"

    def _layout(self, xml: Word) -> None:
        self._script.layout = xml.text

    def _layer(self, words: Word) -> None:
        name, *channels = [word.text for word in split_list(words.raw, words.line)]
        self._script.layers[name] = tuple(channels)

    def _set(self, name: Word, value: Word) -> None:
        if (value.kind, value.raw) != ("bracketed", "stack 0"):
            raise NkError(f"set {name.raw} is not given [stack 0]", name.line)
        # On an empty stack the name stands for what is selected where the snippet is pasted.
        self._names[name.plain("a name")] = self._stack[-1] if self._stack else None

    def _named(self, word: Word) -> Node | None:
        name = word.plain("a $NAME").removeprefix("$")
        if not word.raw.startswith("$") or name not in self._names:
            raise NkError(f"{word.raw} was never set", word.line)
        return self._names[name]

    def _push(self, what: Word) -> None:
        self._stack.append(None if what.raw == "0" else self._named(what))

    def _end_group(self) -> None:
        if not self._groups:
            raise NkError("end_group ends no group", 0)
        self._stack = self._groups.pop()[1]

    def _clone(self, of: Word, body: Word) -> None:
        original = self._named(of)
        if original is None:
            raise NkError(f"{of.raw} is no node", of.line)
        node = Node(original.cls, of.line, dict(original.knobs), dict(original.user_knobs), clone_of=original)
        self._fill(node, body)

    def _node(self, words: list[Word]) -> None:
        name = words[0].text
        if len(words) != 2 or words[1].kind != "braced" or not _NAME.fullmatch(name):
            raise NkError(f"{name!r} is neither a command nor a node", words[0].line)
        node = Node(name, words[0].line)
        self._fill(node, words[1])
        if name in _GROUPS:
            self._groups.append((node, self._stack))
            self._stack = []

    def _fill(self, node: Node, body: Word) -> None:
        count = _read_body(node, body)
        if count > len(self._stack):
            # A single input may hang open: a pasted snippet, or a first node of a group.
            if count > 1:
                raise NkError(f"{node.cls} takes {count} inputs of a stack of {len(self._stack)}", node.line)
            self._stack.append(None)
        node.inputs = [self._stack.pop() for _ in range(count)]
        siblings = self._groups[-1][0].children if self._groups else self._script.nodes
        siblings.append(node)
        if node.cls != "Root":
            self._stack.append(node)


def _read_body(node: Node, body: Word) -> int:
    """Read a node's knobs into it; gives how many inputs it takes."""
    words = split_list(body.raw, body.line)
    count = 1
    for key, value in zip(words[::2], [*words[1::2], None], strict=False):
        name = key.text
        if value is None:
            raise NkError(f"the knob {name!r} has no value", key.line)
        # Some knobs of Nuke's own have blanks in their names, and are quoted.
        if key.kind == "braced" or not _KNOB.fullmatch(name):
            raise NkError(f"{name!r} cannot name a knob", key.line)
        if name == "inputs":
            match = _INPUTS.fullmatch(value.text)
            if not match:
                raise NkError(f"inputs {value.text} is no count", value.line)
            node.masks = int(match[2] or 0)
            count = int(match[1]) + node.masks
        elif name == "addUserKnob":
            knob = _user_knob(value)
            taken = not knob.name or knob.name in node.user_knobs
            node.user_knobs[f"{knob.name}#{len(node.user_knobs)}" if taken else knob.name] = knob
        else:
            node.knobs[name] = value.text
    return count


def _user_knob(row: Word) -> UserKnob:
    words = split_list(row.raw, row.line)
    if len(words) < 2 or not words[0].text.isdigit() or int(words[0].text) not in CODES:
        raise NkError(f"{row.raw[:40]!r} is no row of a user knob", row.line)
    given: dict[str, str] = {}
    flags: set[str] = set()
    rest = iter(words[2:])
    for word in rest:
        if word.raw[:1] in ("+", "-"):
            if word.raw[1:] not in FLAGS:
                raise NkError(f"{word.raw} is no flag of a knob", word.line)
            flags.add(word.raw)
            continue
        value = next(rest, None)
        if value is None or word.raw in given or word.raw not in ("l", "t", "T", "M", "R", "n"):
            raise NkError(f"{word.raw!r} in a user knob is not understood", word.line)
        if word.raw == "R":
            given["R"] = f"{value.text} {next(rest, value).text}"
        else:
            given[word.raw] = value.text
    return UserKnob(
        code=int(words[0].text),
        name=words[1].text,
        label=given.get("l", ""),
        tooltip=given.get("t", ""),
        text=given.get("T", ""),
        choices=tuple(word.text for word in split_list(given.get("M", ""), row.line)),
        range=tuple(float(number) for number in given.get("R", "").split()),
        group=int(given.get("n", 0)),
        flags=frozenset(flags),
    )
