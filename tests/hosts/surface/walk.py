"""The walk over a plugin's syntax: every name it takes of the host must be in the surface table, called as told there.

A closed world: what the walk cannot type may only be used by names of our own package or of Python's library; anything
else is a finding, not a guess. `walk(files, world)` gives the findings, each with file, line and name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.hosts.surface.kinds import Host, Kind
from tests.hosts.surface.statements import Statements
from tests.hosts.surface.table import Table
from tests.hosts.surface.world import World


@dataclass(frozen=True)
class Finding:
    """One thing that the table does not allow."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


def world_of(table: Table, package: Iterable[Path], own_knobs: Mapping[str, str] | None = None) -> World:
    """The table beside what these files of our package define."""
    world = World(table, own_knobs or {})
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in package]
    for tree in trees:
        world.meet(tree)
    for tree in trees:
        world.learn(tree)
    return world


def walk(files: Iterable[Path], world: World, looks_around: frozenset[str] = frozenset()) -> list[Finding]:
    """The findings in these files. `looks_around` names files that may hand the whole module to `dir` and the like."""
    found = []
    for path in files:
        text = path.read_text(encoding="utf-8")
        found += walk_text(text, path.name, world, may_look=path.name in looks_around)
    return found


def walk_text(text: str, name: str, world: World, *, may_look: bool = False, **known: Kind) -> list[Finding]:
    """The findings in one piece of Python; `known` are names that stand ready in it, such as `nuke` in a button."""
    walker = _Walker(name, world, may_look)
    walker.module(ast.parse(text, name), known)
    return walker.found


class _Walker(Statements):
    def __init__(self, file: str, world: World, may_look: bool) -> None:
        self.file, self.world, self.may_look = file, world, may_look
        self.found: list[Finding] = []
        self.env: dict[str, Kind] = {}
        self._later: list[tuple[ast.FunctionDef | ast.AsyncFunctionDef, dict[str, Kind], str]] = []
        self._class = ""

    def say(self, node: ast.AST, what: str) -> None:
        self.found.append(Finding(self.file, getattr(node, "lineno", 0), what))

    def walk_code(self, node: ast.AST, code: str) -> None:
        """Python that is handed to the host as text."""
        for finding in walk_text(code, self.file, self.world, nuke=Host()):
            self.say(node, f"in its code, line {finding.line}: {finding.what}")
