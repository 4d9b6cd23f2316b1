"""The walk over the plugin of Resolve and Fusion: the same closed world as Nuke's, by their tables.

Resolve's objects come as arguments, so annotations tell what they are: by the names of the table's classes, which
`host_plugins/resolve/api.py` gives to mypy. A class that is made from one of them stands for a later version of it and
may use what that version brought; every other use of a row that is newer than `OLDEST` is a finding.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pai_studio.host_plugins.resolve.app import OLDEST
from tests.hosts.surface import own
from tests.hosts.surface.kinds import Bound, Kind, Many, Text, Thing, Told, a, shown
from tests.hosts.surface.resolve_keys import CHECKS, TOOLS, VALUES
from tests.hosts.surface.statements import Statements
from tests.hosts.surface.table import RESOLVE, load
from tests.hosts.surface.walk import Finding
from tests.hosts.surface.world import World

FOLDER = own.PACKAGE / "resolve"
API = "api.py"
OTHERS = {own.NUKE, own.PACKAGE / "farm"}
HOST_MODULES = ("nuke", "DaVinciResolveScript", "BlackmagicFusion", "fusionscript", "PeyeonScript")
LATER = "later"
_HANDED = re.compile(r"importlib\.import_module\('pai_studio_host\.resolve\.[a-z.]+'\)\.main\(globals\(\)\)")
"""The one way in which a menu's script may hand the names that stand ready in it to our package; that is walked."""


@dataclass(frozen=True)
class Keys:
    """A dict with these keys, as far as they are told."""

    names: frozenset[str]


@dataclass
class ResolveWorld(World):
    """The tables of Resolve and Fusion beside what our package defines."""

    later: dict[str, str] = field(default_factory=dict)
    """Classes of ours that stand for a later version of one of the table's."""

    def meet(self, tree: ast.Module) -> None:
        super().meet(tree)
        for node in ast.walk(tree):
            for base in node.bases if isinstance(node, ast.ClassDef) else ():
                if isinstance(base, ast.Name) and base.id in self.table.classes:
                    self.later[node.name] = base.id  # type: ignore[attr-defined]

    def _plain(self, name: str) -> Kind:
        if name in self.later:
            return Thing(frozenset({self.later[name]}), LATER)
        if name in self.table.classes and name not in self.classes:
            return a(name)
        return super()._plain(name)


class ResolveWalker(Statements):
    """Follows one file."""

    world: ResolveWorld

    def __init__(self, file: str, world: ResolveWorld, *, script: bool) -> None:
        self.file, self.world, self.may_look, self._is_script = file, world, False, script
        self.found: list[Finding] = []
        self.env: dict[str, Kind] = {}
        self._later: list[tuple[ast.FunctionDef | ast.AsyncFunctionDef, dict[str, Kind], str]] = []
        self._class = ""

    def say(self, node: ast.AST, what: str) -> None:
        self.found.append(Finding(self.file, getattr(node, "lineno", 0), what))

    def of_call(self, node: ast.Call) -> Kind:
        if self._is_script and _HANDED.fullmatch(ast.unparse(node)):
            return None
        return super().of_call(node)

    def on_import(self, node: ast.Import) -> None:
        for alias in node.names:
            if alias.name.partition(".")[0] in HOST_MODULES:
                self.say(node, f"import {alias.name}: the host's objects are handed to us")
                return
        super().on_import(node)

    def on_importfrom(self, node: ast.ImportFrom) -> None:
        if (node.module or "").partition(".")[0] in HOST_MODULES and self.file != API:
            self.say(node, f"from {node.module} import: the host's names for annotations are those of {API}")
            return
        super().on_importfrom(node)

    def of_thing(self, node: ast.expr, of: Thing, name: str) -> Kind:
        row = self.world.member(of, name)
        if row is None:
            self.say(node, f"{shown(node)}: {'/'.join(sorted(of.classes))} has no {name} in the table")
            return Told()
        since = tuple(int(part) for part in row.get("since", "0").split("."))
        if since > OLDEST and of.node != LATER:
            self.say(
                node, f"{shown(node)}: only since {row['since']}; ask the version, then cast to its class"
            )
            return Told()
        return Bound(name, row, of) if "args" in row else self.world.returned(row["returns"])

    def reached(self, node: ast.Call, name: str) -> Kind:
        found = super().reached(node, name)
        if name == "hasattr" and isinstance(self.env.get(shown(node.args[0])), Thing):
            self.say(node, f"{shown(node)}: Resolve makes up every name, so hasattr says nothing")
        return found

    def item(self, node: ast.expr, of: Thing, key: Kind, name: ast.expr) -> Kind:  # noqa: ARG002 - the base's
        row = self.world.member(of, "__getitem__")
        if row is None:
            self.say(node, f"{'/'.join(sorted(of.classes))} is not subscripted in the table")
            return Told()
        if "Tool" in of.classes:
            known = {word for rows in self.world.table.tools.values() for word in rows}
            self.each(node, key, known, "no tool of the table has an input {!r}")
        return self.world.returned(row["returns"])

    def stored(self, target: ast.Attribute) -> None:
        of = self.kind(target.value)
        if not isinstance(of, Thing):
            return
        row = self.world.member(of, target.attr)
        if row is None:
            self.say(
                target, f"{shown(target)}: {'/'.join(sorted(of.classes))} has no {target.attr} in the table"
            )
        elif not row.get("settable"):
            self.say(target, f"{shown(target)}: nothing that is set")

    def bind(self, target: ast.expr, kind: Kind) -> None:
        if not isinstance(target, ast.Subscript):
            super().bind(target, kind)
            return
        of, key = self.kind(target.value), self.kind(target.slice)
        if isinstance(of, Thing):
            self.item(target, of, key, target.slice)
        elif isinstance(of, Keys) and isinstance(key, Text) and isinstance(target.value, ast.Name):
            self.env[target.value.id] = Keys(of.names | key.values)

    def of_dict(self, node: ast.Dict) -> Kind:
        """A dict is known by those of its keys that are texts."""
        names: set[str] = set()
        for key, value in zip(node.keys, node.values, strict=True):
            given = self.kind(value)
            if key is None:
                names |= given.names if isinstance(given, Keys) else set()
            elif isinstance(text := self.kind(key), Text):
                names |= text.values
        return Keys(frozenset(names))

    def member(self, node: ast.expr, of: Kind, name: str) -> Kind:
        return super().member(node, None if isinstance(of, Keys) else of, name)

    def host_call(
        self,
        node: ast.Call,
        bound: Bound,
        args: list[Kind],
        named: Mapping[str | None, Kind],  # noqa: ARG002 - the base's
    ) -> Kind:
        """A call of the tables: its arguments must fit the row, and its words must be those of the tables."""
        self.fits(node, bound)
        for cls in sorted(bound.of.classes) if bound.of else ():
            self._words(node, (cls, bound.name), args)
        return self.world.returned(bound.row["returns"])

    def _words(self, node: ast.Call, call: tuple[str, str], args: list[Kind]) -> None:
        table = self.world.table
        for check in CHECKS.get(call, ()):
            given = args[check.argument] if len(args) > check.argument else None
            given = given.of if isinstance(given, Many) and check.keys else given
            if check.keys and isinstance(given, Keys):
                given = Text(given.names)
            elif check.keys:
                continue
            what = f"{call[1]}: {{!r}} is not among {check.part} {check.group} in the table"
            self.each(node, given, check.known(table), what)
        if call in TOOLS and len(args) > TOOLS[call]:
            known = set(table.tools) - {"*"}
            self.each(node, args[TOOLS[call]], known, f"{call[1]}: no tool {{!r}} in the table")
        if call in VALUES and len(args) > 1 and isinstance(args[0], Text):
            for key in sorted(args[0].values):
                values = table.settings[VALUES[call]].get(key, {}).get("values")
                if values:
                    self.each(node, args[1], values, f"{key}: {{!r}} is none of {', '.join(values)}")


def files() -> list[Path]:
    """Every Python file of the plugin of Resolve and Fusion."""
    return sorted(FOLDER.rglob("*.py"))


@cache
def world() -> ResolveWorld:
    """The tables, and our package but for other hosts' folders."""
    made = ResolveWorld(load(*RESOLVE))
    ours = [file for file in own.files() if not OTHERS & {file.parent, *file.parents}]
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in ours]
    for tree in trees:
        made.meet(tree)
    for tree in trees:
        made.learn(tree)
    return made


def is_script(file: Path) -> bool:
    """Whether a file is run from a menu of the host's, which no module's name can be: `PAI-Studio.py`."""
    return not file.stem.isidentifier()


def walk_text(text: str, name: str, around: ResolveWorld, *, script: bool = False) -> list[Finding]:
    """The findings in one file; before a script stand the names that the host puts there."""
    rows = around.table.module.items() if script else ()
    walker = ResolveWalker(name, around, script=script)
    walker.module(
        ast.parse(text, name),
        {name: around.returned(row["returns"]) for name, row in rows if "args" not in row},
    )
    return walker.found


def walk(paths: Iterable[Path], around: ResolveWorld) -> list[Finding]:
    """The findings in these files."""
    found = []
    for path in paths:
        found += walk_text(path.read_text(encoding="utf-8"), path.name, around, script=is_script(path))
    return found
