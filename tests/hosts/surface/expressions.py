"""The part of the walk that follows expressions: what each is known to be, and whether the table has its names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from typing import Any

from tests.hosts.surface.calls import Calls
from tests.hosts.surface.kinds import (
    PYTHON_NAMES,
    Bound,
    Class,
    Host,
    Kind,
    Many,
    Own,
    Python,
    Text,
    Thing,
    Told,
    a,
    attribute,
    element,
    shown,
)


class Expressions(Calls):
    """What the walker does with expressions."""

    def kind(self, node: ast.expr) -> Kind:
        """What an expression is known to be; it is looked at once."""
        special = getattr(self, f"of_{type(node).__name__.lower()}", None)
        if special:
            return special(node)
        self.children(node)
        return None

    def of_name(self, node: ast.Name) -> Kind:
        if node.id in self.env:
            return self.env[node.id]
        return Own(node.id, is_class=True) if node.id in self.world.classes else None

    def of_constant(self, node: ast.Constant) -> Kind:
        return Text(frozenset({node.value})) if isinstance(node.value, str) else None

    def of_ifexp(self, node: ast.IfExp) -> Kind:
        self.kind(node.test)
        one, other = self.kind(node.body), self.kind(node.orelse)
        if isinstance(one, Text) and isinstance(other, Text):
            return Text(one.values | other.values)
        return one or other

    def of_boolop(self, node: ast.BoolOp) -> Kind:
        before, kinds = dict(self.env), []
        for value in node.values:
            kinds.append(self.kind(value))
            if isinstance(node.op, ast.And):
                self.env.update(self.tested(value))
        self.env = before
        return next((kind for kind in kinds if kind and not isinstance(kind, Text)), None)

    def of_namedexpr(self, node: ast.NamedExpr) -> Kind:
        kind = self.kind(node.value)
        self.bind(node.target, kind)
        return kind

    def of_listcomp(self, node: Any) -> Kind:
        before = dict(self.env)
        for part in node.generators:
            self.bind(part.target, element(self.kind(part.iter)))
            for test in part.ifs:
                self.kind(test)
        kind = Many(self.kind(node.elt))
        self.env = before
        return kind

    of_setcomp = of_generatorexp = of_listcomp

    def of_dictcomp(self, node: ast.DictComp) -> Kind:
        before = dict(self.env)
        for part in node.generators:
            self.bind(part.target, element(self.kind(part.iter)))
            for test in part.ifs:
                self.kind(test)
        self.kind(node.key)
        kind = Many(self.kind(node.value), is_dict=True)
        self.env = before
        return kind

    def of_list(self, node: Any) -> Kind:
        kinds = [self.kind(item) for item in node.elts]
        if kinds and all(isinstance(kind, Text) for kind in kinds):
            return Many(Text(frozenset().union(*(kind.values for kind in kinds))))
        return Many(kinds[0] if kinds else None)

    of_tuple = of_set = of_list

    def of_lambda(self, node: ast.Lambda) -> Kind:
        before = dict(self.env)
        self.env.update({arg.arg: None for arg in node.args.args})
        self.kind(node.body)
        self.env = before
        return None

    def of_subscript(self, node: ast.Subscript) -> Kind:
        of, key = self.kind(node.value), self.kind(node.slice)
        if isinstance(of, Thing):
            return self.item(node, of, key, node.slice)
        if shown(node.value) == "sys.modules":
            self.say(node, "sys.modules: a module is imported by its name")
            return Told()
        if isinstance(of, Many) and of.keys:
            return self.knob(node, of.keys, key, node.slice)
        if isinstance(of, Many):
            return of if isinstance(node.slice, ast.Slice) else of.of
        return None

    def item(self, node: ast.expr, of: Thing, key: Kind, name: ast.expr) -> Kind:
        """What a thing of the host gives for `thing[name]`."""
        if self.world.member(of, "__getitem__") is None:
            self.say(node, f"{'/'.join(sorted(of.classes))} is not subscripted in the table")
        return self.knob(node, of, key, name)

    def knob(self, node: ast.expr, of: Thing, key: Kind, name: ast.expr) -> Kind:
        """What `node[name]` is; the name must be that of a knob, or of a key of `nuke.env`."""
        if "GlobalsEnvironment" in of.classes:
            self.each(node, key, self.world.table.env["keys"], "nuke.env has no key {!r} in the table")
            return None
        rows: tuple[Mapping[str, Any], ...] = ()
        for text in sorted(key.values) if isinstance(key, Text) else ():
            found = self.world.knob_rows(of, text)
            if not found:
                where = of.node or ("Root" if "Root" in of.classes else "any node")
                self.say(node, f"no knob {text!r} of {where} in the table, nor of our own node")
            rows += found
        self.pattern(node, name)
        types = self.world.table.knob_types
        return Thing(frozenset({"Knob", *(types[row["type"]] for row in rows)}), knobs=rows)

    def pattern(self, node: ast.expr, name: ast.expr) -> None:
        """A name built by an f-string must be able to be that of a knob."""
        if isinstance(name, ast.JoinedStr):
            parts = [re.escape(p.value) if isinstance(p, ast.Constant) else r"\w+" for p in name.values]
            if not any(re.fullmatch("".join(parts), known) for known in self.world.all_knobs()):
                self.say(node, f"{shown(name)}: no knob has such a name")

    def each(self, node: ast.AST, key: Kind, known: Iterable[str], what: str) -> None:
        for text in sorted(key.values) if isinstance(key, Text) else ():
            if text not in known:
                self.say(node, what.format(text))

    def of_compare(self, node: ast.Compare) -> Kind:
        left = self.kind(node.left)
        for operator, other in zip(node.ops, node.comparators, strict=True):
            right = self.kind(other)
            if isinstance(operator, (ast.In, ast.NotIn)) and isinstance(right, Many) and right.keys:
                self.knob(node, right.keys, left, node.left)
        return None

    def of_attribute(self, node: ast.Attribute) -> Kind:
        if (tested := shown(node)) in self.env:
            return self.env[tested]
        return self.member(node, self.kind(node.value), node.attr)

    def member(self, node: ast.expr, of: Kind, name: str) -> Kind:
        """What `of.name` is, or a finding."""
        if isinstance(of, Told):
            return of
        if isinstance(of, Host):
            return self.of_module(node, name)
        if isinstance(of, Thing):
            return self.of_thing(node, of, name)
        if isinstance(of, Class):
            return self.of_thing(node, a(of.name), name)
        if isinstance(of, Python):
            try:
                return attribute(of, name)
            except AttributeError:
                self.say(node, f"{shown(node)}: Python's library has no such name")
                return None
        return self.of_our_own(node, of, name)

    def of_module(self, node: ast.AST, name: str) -> Kind:
        table = self.world.table
        if name in table.module:
            row = table.module[name]
            if "args" not in row:
                return Class(name) if row["returns"] == "type" else self._value(name, row)
            return Bound(name, row)
        if name in table.classes:
            return Class(name)
        self.say(node, f"nuke.{name}: not in the table")
        return Told()

    def _value(self, name: str, row: Mapping[str, Any]) -> Kind:
        return Bound("nodes", row) if name == "nodes" else self.world.returned(row["returns"])

    def of_thing(self, node: ast.expr, of: Thing, name: str) -> Kind:
        row = self.world.member(of, name)
        if row is None:
            self.say(node, f"{shown(node)}: {'/'.join(sorted(of.classes))} has no {name} in the table")
            return None
        return Bound(name, row, of)

    def of_our_own(self, node: ast.expr, of: Kind, name: str) -> Kind:
        if isinstance(of, Bound) and of.name == "nodes":
            if name not in self.world.table.nodes:
                self.say(node, f"nuke.nodes.{name}: no node class of the table")
            return Bound(
                "node_maker", {"args": "**knobs", "returns": "Node"}, Thing(frozenset({"Node"}), name)
            )
        if isinstance(of, Bound) and of.name in self.world.table.classes and not of.of:
            return self.of_thing(node, a(of.name), name)  # nuke.Undo.begin
        if name not in self.world.names and name not in PYTHON_NAMES:
            self.say(
                node, f"{shown(node)}: the walk cannot tell what this is; annotate what it is taken from"
            )
        if of == Own() and name in self.world.texts:
            return self.world.texts[name]
        if isinstance(of, Own) and not of.is_class:
            return self.world.classes.get(of.name, {}).get(name)
        return Own("", is_class=False) if of == Own() else None
