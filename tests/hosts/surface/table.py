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
RESOLVE = (Path(__file__).with_name("resolve.json"), Path(__file__).with_name("fusion.json"))
"""Two files of one host: each names classes of the other."""

KINDS = ("official", "observed", "convention")
THREADS = ("main", "worker", "any")
PLAIN = ("Any", "None", "bool", "float", "int", "str", "type", "Nodes")
"""What `returns` may name beside the table's own classes."""

FLAT = ("module", "user_knobs", "user_flags", "script")
"""Parts whose rows stand right under them."""

GROUPED = ("classes", "nodes", "env", "settings", "words", "tools", "attrs", "elements", "events")
"""Parts whose rows stand in groups. Not every host has every part."""

TYPED = ("settings", "words", "tools", "attrs", "elements", "events")
"""Parts whose rows say the plain type of a value."""

IMAGES = ("Image", "Mask")

Row = Mapping[str, Any]


class TableError(ValueError):
    """A row that is incomplete, or a table that contradicts itself; the text names the row."""


@cache
def signature(args: str) -> Signature:
    """The signature that `node args='' / inpanel=True` tells of: a parameter list with spaces for commas."""
    return inspect.signature(eval(f"lambda {', '.join(args.split())}: None", {}))


class Table:
    """The rows of one host."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.module: Mapping[str, Row] = data["module"]
        self.classes: Mapping[str, Mapping[str, Row]] = data["classes"]
        self.bases: Mapping[str, str] = data["bases"]
        self.knob_types: Mapping[str, str] = data.get("knob_types", {})
        self.nodes: Mapping[str, Mapping[str, Row]] = data.get("nodes", {})
        self.user_knobs: Mapping[str, Row] = data.get("user_knobs", {})
        self.user_flags: Mapping[str, Row] = data.get("user_flags", {})
        self.script: Mapping[str, Row] = data.get("script", {})
        self.env: Mapping[str, Mapping[str, Row]] = data.get("env", {})
        self.settings: Mapping[str, Mapping[str, Row]] = data.get("settings", {})
        self.words: Mapping[str, Mapping[str, Row]] = data.get("words", {})
        self.tools: Mapping[str, Mapping[str, Row]] = data.get("tools", {})
        self.attrs: Mapping[str, Mapping[str, Row]] = data.get("attrs", {})
        self.elements: Mapping[str, Mapping[str, Row]] = data.get("elements", {})
        self.events: Mapping[str, Mapping[str, Row]] = data.get("events", {})

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
        for part in FLAT:
            yield from ((f"{part}.{name}", row) for name, row in getattr(self, part).items())
        for part in GROUPED:
            for group, rows in getattr(self, part).items():
                yield from ((f"{part}.{group}.{name}", row) for name, row in rows.items())


def load(*paths: Path) -> Table:
    """Read and check a table, of one file or several; Nuke's where none is named. Raises TableError."""
    table = Table(_merged(paths or (NUKE,)))
    for name, row in table.rows():
        _check_row(table, name, row)
    for cls, base in table.bases.items():
        _need(cls in table.classes and base in table.classes, f"bases.{cls}", f"no class {cls} or {base}")
    return table


def _merged(paths: tuple[Path, ...]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for path in paths:
        data = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_once)
        for part, rows in data.items():
            if isinstance(rows, dict):
                there = merged.setdefault(part, {})
                twice = (there.keys() & rows.keys()) if part != "sources" else set()
                _need(not twice, part, f"in two files: {', '.join(sorted(twice))}")
                there.update(rows)
    return merged


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
    elif part in TYPED:
        _check_value(table, name, row)


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


def _check_value(table: Table, name: str, row: Row) -> None:
    kind = str(row.get("type", "")).strip("{}")
    _need(kind in (*PLAIN, *IMAGES) or kind in table.classes, name, f"an unknown type {kind!r}")


def _need(fine: bool, name: str, what: str) -> None:
    if not fine:
        raise TableError(f"{name}: {what}")
