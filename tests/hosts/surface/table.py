"""The surface table: what the plugins may use of a host, in plain data, each row with the source that tells of it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from functools import cache
from inspect import Signature
from pathlib import Path
from typing import Any

NUKE = Path(__file__).with_name("nuke.json")

KINDS = ("official", "observed", "convention")
THREADS = ("main", "worker", "any")
PLAIN = ("Any", "None", "bool", "float", "int", "str", "type", "Nodes")
"""What `returns` may name beside the table's own classes."""

Row = Mapping[str, Any]


class TableError(ValueError):
    """A row that is incomplete, or a table that contradicts itself; the text names the row."""


@cache
def signature(args: str) -> Signature:
    """The signature that `node args='' / inpanel=True` tells of: a parameter list with spaces for commas."""
    return inspect.signature(eval(f"lambda {', '.join(args.split())}: None", {}))


class Table:
    """The rows of one host's file."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.module: Mapping[str, Row] = data["module"]
        self.classes: Mapping[str, Mapping[str, Row]] = data["classes"]
        self.bases: Mapping[str, str] = data["bases"]
        self.knob_types: Mapping[str, str] = data["knob_types"]
        self.nodes: Mapping[str, Mapping[str, Row]] = data["nodes"]
        self.user_knobs: Mapping[str, Row] = data["user_knobs"]
        self.user_flags: Mapping[str, Row] = data["user_flags"]
        self.script: Mapping[str, Row] = data["script"]
        self.env: Mapping[str, Mapping[str, Row]] = data["env"]

    def lineage(self, cls: str) -> Iterator[str]:
        """A class and its bases, nearest first."""
        while cls:
            yield cls
            cls = self.bases.get(cls, "")

    def method(self, cls: str, name: str) -> Row | None:
        """The row of a class or of the nearest of its bases that has this name."""
        return next((rows[name] for c in self.lineage(cls) if name in (rows := self.classes[c])), None)

    def knob(self, cls: str, name: str) -> Row | None:
        """The knob of a node class, or of every node."""
        return self.nodes[cls].get(name) or self.nodes["*"].get(name)

    def knob_names(self) -> set[str]:
        """Every knob name that any node class has."""
        return {name for knobs in self.nodes.values() for name in knobs}

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Every row with the path that names it, such as `classes.Node.setInput`."""
        for part in ("module", "user_knobs", "user_flags", "script"):
            yield from ((f"{part}.{name}", row) for name, row in getattr(self, part).items())
        for part in ("classes", "nodes", "env"):
            for group, rows in getattr(self, part).items():
                yield from ((f"{part}.{group}.{name}", row) for name, row in rows.items())


def load(path: Path = NUKE) -> Table:
    """Read and check a table. Raises TableError."""
    table = Table(json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_once))
    for name, row in table.rows():
        _check_row(table, name, row)
    for cls, base in table.bases.items():
        _need(cls in table.classes and base in table.classes, f"bases.{cls}", f"no class {cls} or {base}")
    return table


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        _need(name not in found, name, "there twice")
        found[name] = value
    return found


def _check_row(table: Table, name: str, row: Row) -> None:
    _need(row.get("kind") in KINDS, name, f"kind {row.get('kind')!r} is none of {', '.join(KINDS)}")
    _need(bool(row.get("source")), name, "no source")
    part = name.partition(".")[0]
    if part in ("module", "classes"):
        _check_call(table, name, row)
    elif part in ("nodes", "user_knobs"):
        _check_knob(table, name, row)


def _check_call(table: Table, name: str, row: Row) -> None:
    _need(row.get("thread") in THREADS, name, f"thread {row.get('thread')!r} is none of {', '.join(THREADS)}")
    returned = str(row.get("returns", "")).strip("[]{}?")
    _need(returned in PLAIN or returned in table.classes, name, f"returns an unknown {returned!r}")
    if "args" in row:
        try:
            signature(row["args"])
        except SyntaxError as error:
            raise TableError(f"{name}: args {row['args']!r} are no parameter list: {error.msg}") from None


def _check_knob(table: Table, name: str, row: Row) -> None:
    _need(row.get("type") in table.knob_types, name, f"type {row.get('type')!r} is none of knob_types")
    _need(table.knob_types[row["type"]] in table.classes, name, f"{row['type']}'s class is not in the table")
    if "values" in row and "default" in row:
        _need(row["default"] in row["values"], name, f"default {row['default']!r} is not among its values")


def _need(fine: bool, name: str, what: str) -> None:
    if not fine:
        raise TableError(f"{name}: {what}")
