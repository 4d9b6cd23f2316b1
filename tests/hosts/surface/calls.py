"""The part of the walk that looks at calls: arguments, node classes, enum values, and ways round the table."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.hosts.surface.kinds import (
    FOREIGN,
    MODULE,
    Bound,
    Class,
    Host,
    Kind,
    Many,
    Own,
    Pair,
    Python,
    Text,
    Thing,
    Told,
    a,
    element,
    shown,
)
from tests.hosts.surface.table import signature
from tests.hosts.surface.world import World

_REACHING = ("getattr", "hasattr", "setattr", "delattr")
_HIDING = ("eval", "exec", "compile", "__import__", "vars", "globals", "locals")
_LOOKING = ("dir", "getmembers")
_NODE_CLASSES = ("createNode", "allNodes", "selectedNodes")
_OWN_PLACE = "globals().get('__file__')"
"""As a script needs that a host runs without saying where it lies."""

_SAME = ("list", "sorted", "tuple", "set", "reversed", "filter")
_CODE = {"addCommand": (1, "command"), "PyScript_Knob": (2, "command"), "setCommand": (0, "cmd")}
"""Where a call takes Python as text."""


class Calls:
    """What the walker does with a call. The walker gives `kind`, `member`, `knob` and `say`."""

    world: World
    may_look: bool
    env: dict[str, Kind]
    here: dict[str, Kind]
    """What the functions of this file give."""

    kind: Callable[[ast.expr], Kind]
    member: Callable[[ast.expr, Kind, str], Kind]
    knob: Callable[[ast.expr, Thing, Kind, ast.expr], Kind]
    each: Callable[[ast.AST, Kind, Iterable[str], str], None]
    tested: Callable[[ast.expr], dict[str, Kind]]
    say: Callable[[ast.AST, str], None]
    walk_code: Callable[[ast.AST, str], None]

    def of_call(self, node: ast.Call) -> Kind:
        """What a call gives."""
        if shown(node) == _OWN_PLACE:
            return None
        name = node.func.id if isinstance(node.func, ast.Name) and node.func.id not in self.env else ""
        if name in _REACHING:
            return self.reached(node, name)
        if name in _HIDING:
            self.say(node, f"{name}(...): the walk cannot see what this reaches")
        of = self.kind(node.func.value) if isinstance(node.func, ast.Attribute) else None
        is_member = isinstance(node.func, ast.Attribute)
        callee = self.member(node.func, of, node.func.attr) if is_member else self.kind(node.func)
        args = [self.kind(arg.value if isinstance(arg, ast.Starred) else arg) for arg in node.args]
        named = {word.arg: self.kind(word.value) for word in node.keywords}
        self.handed_on(node, [*args, *named.values()])
        if isinstance(callee, Bound):
            return self.host_call(node, callee, args, named)
        return self.other_call(node, name, of, callee, args)

    def handed_on(self, node: ast.Call, kinds: Iterable[Kind]) -> None:
        """nuke itself as an argument is refused, but to what only looks at it, where that is allowed."""
        called = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if Host() in list(kinds) and not (self.may_look and called in _LOOKING):
            self.say(node, f"nuke itself is handed to {called}: the walk could not follow it")

    def reached(self, node: ast.Call, name: str) -> Kind:
        """getattr and its like: as the attribute of that name; a computed name only on what is not the host's."""
        of, key = self.kind(node.args[0]), self.kind(node.args[1])
        for more in node.args[2:]:
            self.kind(more)
        if isinstance(of, (Host, Thing, Class)) and name in ("setattr", "delattr"):
            self.say(node, f"{name} on the host: nothing of the host is assigned to")
        if isinstance(key, Text):
            kinds = [self.member(_at(node, text), of, text) for text in sorted(key.values)]
            return kinds[0] if name == "getattr" else None
        if not isinstance(of, (Own, Python)):
            self.say(node, f"{name} with a computed name on something that may be the host's: {shown(node)}")
        return None

    def host_call(
        self, node: ast.Call, bound: Bound, args: list[Kind], named: Mapping[str | None, Kind]
    ) -> Kind:
        """A call of the table: its arguments must fit the row."""
        self.fits(node, bound)
        if bound.name == "node_maker" and bound.of:
            return self.made(node, bound.of.node, named)
        if bound.name in _CODE:
            self.code(node, bound.name, args, named)
        self.classes_named(node, bound.name, args, named)
        first = args[0] if args else None
        if bound.of and bound.name in ("knob", "get") and node.args:
            return self.knob(node, bound.of, first, node.args[0])
        if bound.of and bound.name == "setValue":
            self.settled(node, bound.of, first)
        if bound.of and bound.name == "knobs":
            return Many(a("Knob"), is_dict=True, keys=bound.of)
        cls = next(iter(first.values)) if isinstance(first, Text) and bound.name in _NODE_CLASSES else ""
        return self.world.returned(bound.row["returns"], cls)

    def fits(self, node: ast.Call, bound: Bound) -> None:
        """The arguments against the row's own."""
        if "args" not in bound.row:
            self.say(node, f"{shown(node.func)} is no call in the table")
            return
        shape = signature(bound.row["args"])
        starred = any(isinstance(arg, ast.Starred) for arg in node.args) or any(
            w.arg is None for w in node.keywords
        )
        words = {word.arg: None for word in node.keywords if word.arg}
        try:
            if starred:
                shape.bind_partial(**words)
            else:
                shape.bind(*node.args, **words)
        except TypeError as error:
            self.say(node, f"{shown(node.func)}({bound.row['args']}): {error}")

    def made(self, node: ast.Call, cls: str, named: Mapping[str | None, Kind]) -> Kind:
        """`nuke.nodes.Write(file=...)`: each keyword is a knob of that class."""
        for word in filter(None, named):
            if cls in self.world.table.nodes and word != "inputs" and not self.world.table.knob(cls, word):
                self.say(node, f"no knob {word!r} of {cls} in the table")
        return a("Node", cls)

    def classes_named(
        self, node: ast.Call, name: str, args: list[Kind], named: Mapping[str | None, Kind]
    ) -> None:
        """Node classes given as text: `createNode("Write")`, `addUpdateUI(..., nodeClass="Group")`."""
        known = {*self.world.table.nodes}
        first = args[:1] if name in _NODE_CLASSES else []
        for kind in (*first, named.get("nodeClass"), named.get("filter")):
            self.each(node, kind, known, "no node class {!r} in the table")

    def code(self, node: ast.Call, name: str, args: list[Kind], named: Mapping[str | None, Kind]) -> None:
        """Python given as text is walked too."""
        index, word = _CODE[name]
        given = args[index] if len(args) > index else named.get(word)
        for text in given.values if isinstance(given, Text) else ():
            self.walk_code(node, text)

    def settled(self, node: ast.Call, of: Thing, value: Kind) -> None:
        """A constant set on an enum whose values are settled must be one of them."""
        values = {text for row in of.knobs for text in row.get("values", ())}
        if of.knobs and all("values" in row for row in of.knobs):
            self.each(node, value, values, "{!r} is none of the knob's values: " + ", ".join(sorted(values)))

    def other_call(self, node: ast.Call, name: str, of: Kind, callee: Kind, args: list[Kind]) -> Kind:
        """A call of our own package or of Python's."""
        if isinstance(callee, Told):
            return callee
        if isinstance(callee, (Thing, Text)) or (isinstance(callee, Python) and callee.instance):
            self.say(node, f"{shown(node.func)} is no call")
            return Told()
        if isinstance(callee, Own) and callee.is_class:
            return Own(callee.name)
        if isinstance(callee, Python):
            return self.library_call(node, callee, args)
        if isinstance(of, Many):
            return _of_many(of, getattr(node.func, "attr", ""), self, node, args)
        if isinstance(of, Own) and of.name:
            return self.world.classes.get(of.name, {}).get(f"{node.func.attr}()")  # type: ignore[attr-defined]
        if name and hasattr(builtins, name):
            return _of_builtin(name, args)
        word = getattr(node.func, "id", getattr(node.func, "attr", "") if isinstance(of, Own) else "")
        return self.here[word] if of is None and word in self.here else self.world.returns.get(word)

    def library_call(self, node: ast.Call, callee: Python, args: list[Kind]) -> Kind:
        """A call of Python's library: what loads modules by name is watched, `cast` is believed."""
        name = getattr(callee.what, "__name__", "")
        if name == "import_module":
            text = args[0] if args else None
            if not isinstance(text, Text) and not _inside_a_package(node.args[0]):
                self.say(node, "import_module with a computed name: the walk cannot see what this reaches")
            elif isinstance(text, Text) and any(
                v.partition(".")[0] in (MODULE, *FOREIGN) for v in text.values
            ):
                self.say(node, f"{shown(node)}: the host is imported by an import")
            is_own = isinstance(text, Text) and all(value.startswith(".") for value in text.values)
            return Own() if is_own else Told()
        if name in ("attrgetter", "methodcaller"):
            self.say(node, f"{name}: the walk cannot see of what this takes the name")
            return Told()
        if name == "cast":
            return self.world.annotated(node.args[0])
        return Python(callee.what, instance=True) if isinstance(callee.what, type) else None


def _inside_a_package(name: ast.expr) -> bool:
    """Whether a name is built as `{package}.module`, which no host's module is."""
    return (
        isinstance(name, ast.JoinedStr)
        and isinstance(last := name.values[-1], ast.Constant)
        and last.value[0] == "."
    )


def _at(node: ast.Call, name: str) -> ast.expr:
    """`x.name` where `getattr(x, "name")` stands."""
    return ast.copy_location(ast.Attribute(node.args[0], name, ast.Load()), node)


def _of_builtin(name: str, args: list[Kind]) -> Kind:
    first = args[0] if args else None
    if name in _SAME:
        return Many(element(args[-1] if name == "filter" else first)) if args else None
    if name in ("next", "min", "max"):
        return element(first)
    if name == "enumerate":
        return Many(Pair((None, element(first))))
    if name == "zip":
        return Many(Pair(tuple(element(arg) for arg in args)))
    return Python(str, instance=True) if name == "str" else None


def _of_many(of: Many, name: str, walker: Calls, node: ast.Call, args: list[Kind]) -> Kind:
    if not of.is_dict:
        return of.of if name == "pop" else None
    if of.keys and name == "get" and args:
        return walker.knob(node, of.keys, args[0], node.args[0])
    found: dict[str, Any] = {
        "values": Many(of.of),
        "items": Many(Pair((None, of.of))),
        "get": of.of,
        "pop": of.of,
    }
    return found.get(name)
