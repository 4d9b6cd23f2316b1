"""What the walk knows of our own package beside the table: its names, its classes' attributes, what its calls give."""

from __future__ import annotations

import ast
import pathlib
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field, fields, replace
from typing import Any

from tests.hosts.surface.kinds import MODULE, Kind, Many, Own, Python, Text, Thing, a
from tests.hosts.surface.table import Row, Table


@dataclass
class World:
    """The table beside what our package defines: names, the kinds of its attributes and of what its calls give."""

    table: Table
    own_knobs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Rows by name, of the knobs that our node adds: `type`, and `values` where they are settled."""

    names: set[str] = field(default_factory=set)
    classes: dict[str, dict[str, Kind]] = field(default_factory=dict)
    returns: dict[str, Kind] = field(default_factory=dict)
    texts: dict[str, Kind] = field(default_factory=dict)
    """Constants of our modules that are text, or several texts."""

    _seen: set[str] = field(default_factory=set)

    def learn(self, tree: ast.Module) -> None:
        """Take in what one file of our package defines. Every file's class names must be known first: see `meet`."""
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                self._learn_class(node)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._learn_function(node)
            elif isinstance(node, (ast.AnnAssign, ast.Assign)):
                targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
                self.names.update(name for target in targets for name in _names(target))
            elif isinstance(node, ast.Call):
                self.names.update(_options(node))

    def beside(self, tree: ast.Module) -> World:
        """This world and what one more file defines."""
        copies = {f.name: copy(getattr(self, f.name)) for f in fields(self) if f.name != "table"}
        world = replace(self, **copies)
        world.meet(tree)
        world.learn(tree)
        return world

    def meet(self, tree: ast.Module) -> None:
        """Take in the names of one file's classes, and its constants."""
        for statement in tree.body:
            if isinstance(statement, ast.Assign) and (values := _texts(statement.value)):
                kind = Text(values) if isinstance(statement.value, ast.Constant) else Many(Text(values))
                for name in _names(statement.targets[0]):
                    # Of two constants of one name neither is known to be meant.
                    self.texts[name] = None if self.texts.get(name, kind) != kind else kind
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                self.classes.setdefault(node.name, {})

    def _learn_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.names.add(node.name)
        if node.name in self._seen:
            self.returns.pop(node.name, None)  # two of the name: neither is taken for the other
            return
        self._seen.add(node.name)
        self.returns[node.name] = self.annotated(node.returns)

    def _learn_class(self, node: ast.ClassDef) -> None:
        self.names.add(node.name)
        known = self.classes[node.name]
        for item in ast.walk(node):
            if isinstance(item, ast.AnnAssign):
                for name in _names(item.target):
                    known[name] = self.annotated(item.annotation)
            elif isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._learn_method(known, item)

    def _learn_method(self, known: dict[str, Kind], method: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        is_property = any(
            getattr(d, "id", "") in ("property", "cached_property") for d in method.decorator_list
        )
        known[method.name] = self.annotated(method.returns) if is_property else None
        known[f"{method.name}()"] = self.annotated(method.returns)
        given = {arg.arg: self.annotated(arg.annotation) for arg in _arguments(method.args)}
        for item in ast.walk(method):
            if isinstance(item, ast.Assign):
                for target, value in _pairs(item):
                    if _is_self(target) and isinstance(value, ast.Name) and value.id in given:
                        known.setdefault(target.attr, given[value.id])

    def annotated(self, note: ast.expr | None) -> Kind:
        """What an annotation says."""
        if isinstance(note, ast.Constant) and isinstance(note.value, str):
            note = ast.parse(note.value, mode="eval").body
        if isinstance(note, ast.BinOp):
            return self.annotated(note.left) or self.annotated(note.right)
        if isinstance(note, ast.Subscript):
            return self._generic(note)
        if isinstance(note, ast.Attribute) and getattr(note.value, "id", "") == MODULE:
            return a(note.attr) if note.attr in self.table.classes else None
        if isinstance(note, ast.Name):
            return self._plain(note.id)
        return None

    def _plain(self, name: str) -> Kind:
        if name in self.classes:
            return Own(name)
        found = {
            "str": str,
            "int": int,
            "float": float,
            "bool": bool,
            "bytes": bytes,
            "Path": pathlib.Path,
        }.get(name)
        return Python(found, instance=True) if found else None

    def _generic(self, note: ast.Subscript) -> Kind:
        outer = getattr(note.value, "id", getattr(note.value, "attr", ""))
        parts = note.slice.elts if isinstance(note.slice, ast.Tuple) else [note.slice]
        if outer == "Optional":
            return self.annotated(parts[0])
        if outer in ("dict", "Dict", "Mapping") and len(parts) == 2:
            return Many(self.annotated(parts[1]), is_dict=True)
        if outer in ("list", "List", "tuple", "Tuple", "set", "Sequence", "Iterable", "Iterator"):
            return Many(self.annotated(parts[0]))
        return None

    def returned(self, text: str, node: str = "") -> Kind:
        """What `returns` of a row says: `Node?`, `[Node]`, `{Knob}`."""
        name = text.strip("[]{}?")
        one = a(name, node) if name in self.table.classes else _python(name)
        if text.startswith("["):
            return Many(one)
        return Many(one, is_dict=True) if text.startswith("{") else one

    def member(self, thing: Thing, name: str) -> Row | None:
        """The row of a method that any of the thing's classes has."""
        rows = (self.table.method(cls, name) for cls in sorted(thing.classes))
        return next((row for row in rows if row is not None), None)

    def knob_rows(self, thing: Thing, name: str) -> tuple[Mapping[str, Any], ...]:
        """The knobs that `thing[name]` may be: of its own node class, else of any class and of our node."""
        if "Root" in thing.classes or thing.node:
            own = self.own_knobs.get(name) if thing.node == "Group" else None
            return tuple(row for row in (self.table.knob(thing.node or "Root", name), own) if row)
        rows = [knobs[name] for knobs in self.table.nodes.values() if name in knobs]
        return tuple([*rows, self.own_knobs[name]] if name in self.own_knobs else rows)

    def all_knobs(self) -> set[str]:
        """Every name that a knob may have."""
        return self.table.knob_names() | set(self.own_knobs)


def _python(name: str) -> Kind:
    found = {"str": str, "int": int, "float": float, "bool": bool}.get(name)
    return Python(found, instance=True) if found else None


def _names(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Attribute):
        yield target.attr
    elif isinstance(target, (ast.Tuple, ast.List)):
        for item in target.elts:
            yield from _names(item)


def _texts(value: ast.expr) -> frozenset[str]:
    """The texts of a constant or of a tuple of constants; nothing for anything else."""
    parts = value.elts if isinstance(value, ast.Tuple) else [value]
    found = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return frozenset(found) if len(found) == len(parts) else frozenset()


def _options(call: ast.Call) -> Iterator[str]:
    """What a parsed command line has for an option: `--node-name` is `node_name`."""
    if isinstance(call.func, ast.Attribute) and call.func.attr == "add_argument":
        for word in call.args:
            if isinstance(word, ast.Constant) and isinstance(word.value, str):
                yield word.value.lstrip("-").replace("-", "_")


def _arguments(args: ast.arguments) -> list[ast.arg]:
    return [*args.posonlyargs, *args.args, *args.kwonlyargs]


def _pairs(assign: ast.Assign) -> Iterator[tuple[ast.expr, ast.expr]]:
    for target in assign.targets:
        if isinstance(target, ast.Tuple) and isinstance(assign.value, ast.Tuple):
            yield from zip(target.elts, assign.value.elts, strict=False)
        else:
            yield target, assign.value


def _is_self(target: ast.expr) -> bool:
    return isinstance(target, ast.Attribute) and getattr(target.value, "id", "") == "self"
