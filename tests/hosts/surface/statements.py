"""The part of the walk that follows statements: imports, what names are bound to, and what tests say of them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from tests.hosts.surface.expressions import Expressions
from tests.hosts.surface.kinds import (
    FOREIGN,
    MODULE,
    Bound,
    Class,
    Host,
    Kind,
    Own,
    Pair,
    Python,
    Text,
    Thing,
    a,
    attribute,
    element,
    library,
    shown,
)


class Statements(Expressions):
    """What the walker does with statements."""

    _class: str
    _later: list[tuple[ast.FunctionDef | ast.AsyncFunctionDef, dict[str, Kind], str]]

    def module(self, tree: ast.Module, known: Mapping[str, Kind]) -> None:
        """A whole file. Bodies of functions come last, when every name of the module is known."""
        self.env = dict(known)
        functions = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
        self.here = {function.name: self.world.annotated(function.returns) for function in functions}
        self.block(tree.body)
        everywhere = self.env
        while self._later:
            function, env, self._class = self._later.pop(0)
            self.env = {**everywhere, **env}
            self.function(function)

    def block(self, body: Iterable[ast.stmt]) -> None:
        for statement in body:
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        special = getattr(self, f"on_{type(node).__name__.lower()}", None)
        if special:
            special(node)
        else:
            self.children(node)

    def children(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                self.statement(child)
            elif isinstance(child, ast.expr):
                if self.kind(child) == Host():
                    self.say(child, "nuke itself is handed on: the walk could not follow it")
            elif isinstance(child, (ast.ExceptHandler, ast.withitem, ast.keyword, ast.comprehension)):
                self.children(child)

    def on_import(self, node: ast.Import) -> None:
        for alias in node.names:
            top = alias.name.partition(".")[0]
            if alias.name == MODULE:
                self.env[alias.asname or MODULE] = Host()
            elif top == MODULE or top in FOREIGN:
                self.say(
                    node, f"import {alias.name}: the table knows the module nuke alone, which is no package"
                )
            else:
                self.env[alias.asname or top] = library(alias.name if alias.asname else top)

    def on_importfrom(self, node: ast.ImportFrom) -> None:
        top = (node.module or "").partition(".")[0]
        for alias in node.names:
            name = alias.asname or alias.name
            if node.level:
                self.env[name] = self._own(alias.name)
            elif node.module == MODULE:
                self.env[name] = self.of_module(node, alias.name)
            elif top == MODULE or top in FOREIGN:
                self.say(node, f"from {node.module} import {alias.name}: not in the table")
            else:
                module = library(node.module or "")
                self.env[name] = attribute(module, alias.name) if module else None

    def _own(self, name: str) -> Kind:
        if name in self.world.classes:
            return Own(name, is_class=True)
        if name in self.world.texts:
            return self.world.texts[name]
        return None if name in self.world.names else Own()

    def on_functiondef(self, node: ast.FunctionDef) -> None:
        for expression in (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)):
            self.kind(expression)
        self.annotations(node)
        self.env[node.name] = None
        self._later.append((node, dict(self.env), self._class))

    on_asyncfunctiondef = on_functiondef

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for arg in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]:
            self.env[arg.arg] = self.world.annotated(arg.annotation)
        decorated = {getattr(decorator, "id", "") for decorator in node.decorator_list}
        if self._class and node.args.args and "staticmethod" not in decorated:
            self.env[node.args.args[0].arg] = Own(self._class, is_class="classmethod" in decorated)
        self._class = ""
        self.block(node.body)

    def annotations(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        for note in filter(None, [node.returns, *(arg.annotation for arg in arguments)]):
            self.annotation(note)

    def annotation(self, note: ast.expr) -> None:
        if isinstance(note, ast.Constant) and isinstance(note.value, str):
            note = ast.parse(note.value, mode="eval").body
        for part in ast.walk(note):
            of_host = (
                isinstance(part, ast.Attribute) and self.env.get(getattr(part.value, "id", "")) == Host()
            )
            if of_host and part.attr not in self.world.table.classes:
                self.say(note, f"nuke.{part.attr}: no class of the table")

    def on_classdef(self, node: ast.ClassDef) -> None:
        for expression in (*node.bases, *node.decorator_list):
            self.kind(expression)
        outer, self._class = self._class, node.name
        self.block(node.body)
        self._class = outer
        self.env[node.name] = Own(node.name, is_class=True)

    def on_annassign(self, node: ast.AnnAssign) -> None:
        self.annotation(node.annotation)
        given = self.kind(node.value) if node.value else None
        self.bind(node.target, self.world.annotated(node.annotation) or given)

    def on_assign(self, node: ast.Assign) -> None:
        value = node.value
        for target in node.targets:
            if (
                isinstance(target, ast.Tuple)
                and isinstance(value, ast.Tuple)
                and len(target.elts) == len(value.elts)
            ):
                for one, given in zip(target.elts, [self.kind(item) for item in value.elts], strict=True):
                    self.bind(one, given)
            else:
                self.bind(target, self.kind(value))

    def bind(self, target: ast.expr, kind: Kind) -> None:
        if isinstance(kind, Host):
            self.say(target, "nuke under another name: the walk could not follow it")
        if isinstance(target, ast.Name):
            self.env = {
                name: known for name, known in self.env.items() if not name.startswith(f"{target.id}.")
            }
            self.env[target.id] = kind
        elif isinstance(target, (ast.Tuple, ast.List)):
            kinds = kind.of if isinstance(kind, Pair) else [element(kind)] * len(target.elts)
            for item, one in zip(target.elts, kinds, strict=False):
                self.bind(item.value if isinstance(item, ast.Starred) else item, one)
        elif isinstance(target, ast.Attribute):
            self.stored(target)
        elif isinstance(target, ast.Subscript):
            self.kind(target.value)
            self.kind(target.slice)

    def stored(self, target: ast.Attribute) -> None:
        of = self.kind(target.value)
        if isinstance(of, (Host, Thing, Class)):
            self.say(target, f"{shown(target)}: nothing of the host is assigned to")

    def on_for(self, node: ast.For) -> None:
        self.bind(node.target, element(self.kind(node.iter)))
        self.block([*node.body, *node.orelse])

    def on_with(self, node: ast.With) -> None:
        for item in node.items:
            kind = self.kind(item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, kind)
        self.block(node.body)

    def on_if(self, node: ast.If) -> None:
        self.kind(node.test)
        known, before = self.tested(node.test), dict(self.env)
        self.env.update(known)
        self.block(node.body)
        after, self.env = self.env, dict(before)
        turned = self.tested(node.test.operand) if isinstance(node.test, ast.UnaryOp) else {}
        self.env.update(turned)
        self.block(node.orelse)
        ends = isinstance(node.body[-1], (ast.Return, ast.Raise, ast.Continue, ast.Break))
        self.env = (
            self.env if ends else {n: _either(after.get(n), k) for n, k in {**after, **self.env}.items()}
        )
        if turned and not ends:
            self.env.update({name: before.get(name) for name in turned})

    def on_assert(self, node: ast.Assert) -> None:
        self.kind(node.test)
        self.env.update(self.tested(node.test))

    def tested(self, test: ast.expr) -> dict[str, Kind]:
        """What `isinstance(name, Class)` says of a name, or of `name.attribute`, where it holds."""
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
            return {name: kind for value in test.values for name, kind in self.tested(value).items()}
        if not (
            isinstance(test, ast.Call)
            and getattr(test.func, "id", "") == "isinstance"
            and len(test.args) == 2
        ):
            return {}
        known = self._named_class(test.args[1])
        return {shown(test.args[0]): known} if known else {}

    def _named_class(self, node: ast.expr) -> Kind:
        kind = self.kind(node)
        if isinstance(kind, Python):
            return Python(kind.what, instance=True)
        is_class = isinstance(kind, Class) or (
            isinstance(kind, Bound) and kind.name in self.world.table.classes
        )
        return a(kind.name) if is_class else None


def _either(one: Kind, other: Kind) -> Kind:
    if isinstance(one, Text) and isinstance(other, Text):
        return Text(one.values | other.values)
    return one if one == other else one or other
