"""A self-test's dump beside the table: which rows that host confirms, which it contradicts, of which it does not tell.

`python -m tests.hosts.surface.compare DUMP.json` ends with 1 where a row is contradicted, `--rows` lists every row.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.hosts.surface import compare_resolve
from tests.hosts.surface.own import knob_rows
from tests.hosts.surface.table import NUKE, RESOLVE, Row, Table, load
from tests.hosts.surface.verdict import CONFIRMED, CONTRADICTED, UNTOLD, Outcome, Verdict

FORM = 1
TABLES = {"nuke": (NUKE,), "resolve": RESOLVE, "fusion": RESOLVE}
"""The files of each host's table."""


def compare(dump: Mapping[str, Any]) -> list[Verdict]:
    """A verdict on every row of its host's table. Raises ValueError for a dump of another form or host."""
    host = dump.get("host")
    if dump.get("selftest") != FORM or host not in TABLES:
        raise ValueError("this is no dump of our self-test, or of another form of it")
    table = load(*TABLES[host])
    if host != "nuke":
        return [Verdict(name, *compare_resolve.judge(dump, name, row)) for name, row in table.rows()]
    return [_verdict(dump, table, name, row) for name, row in table.rows()]


def _verdict(dump: Mapping[str, Any], table: Table, path: str, row: Row) -> Verdict:
    part, *rest = path.split(".")
    judge = {
        "module": _module,
        "classes": _method,
        "nodes": _knob,
        "user_knobs": _user_knob,
        "env": _env,
    }.get(part)
    outcome, why = judge(dump, table, rest, row) if judge else (UNTOLD, "")
    return Verdict(path, outcome, why)


def _module(dump: Mapping[str, Any], _table: Table, rest: list[str], row: Row) -> Outcome:
    names = dump.get("names")
    if not names:
        return UNTOLD, ""
    found = names.get(rest[0])
    if found is None:
        return CONTRADICTED, "that Nuke has no such name"
    is_call = found["is"] in ("callable", "class")
    if ("args" in row) != is_call and row["returns"] != "type":
        return CONTRADICTED, f"it is there a {found['is']}"
    if (
        "args" not in row
        and row["returns"] in ("bool", "int", "str")
        and found["is"] not in (row["returns"], "bool")
    ):
        return CONTRADICTED, f"it is there a {found['is']}"
    return CONFIRMED, found["doc"]


def _method(dump: Mapping[str, Any], _table: Table, rest: list[str], _row: Row) -> Outcome:
    names = dump.get("classes", {}).get(rest[0])
    if names is None:
        return UNTOLD, ""
    return (CONFIRMED, "") if rest[1] in names else (CONTRADICTED, f"{rest[0]} has no {rest[1]} there")


def _knob(dump: Mapping[str, Any], table: Table, rest: list[str], row: Row) -> Outcome:
    nodes = {**dump.get("nodes", {}), **dump.get("root", {})}
    told = list(nodes.values()) if rest[0] == "*" else [nodes[rest[0]]] if rest[0] in nodes else []
    if not told:
        return UNTOLD, ""
    found = next((knobs[rest[1]] for knobs in told if rest[1] in knobs), None)
    if found is None:
        return CONTRADICTED, f"{rest[0]} has no knob {rest[1]} there"
    if "error" in found:
        return UNTOLD, found["error"]
    wanted = table.knob_types[row["type"]]
    if not _is_a(table, found["class"], wanted):
        return CONTRADICTED, f"it is there a {found['class']}, not a {wanted}"
    return _values(found, row)


def _values(found: Mapping[str, Any], row: Row) -> Outcome:
    """Whether every entry that we name is there; an entry may carry further names behind a tab."""
    if "values" not in row:
        return CONFIRMED, ""
    if "values" not in found:
        return UNTOLD, "its entries are not told"
    there = [entry.split("\t")[0] for entry in found["values"]]
    missing = [value for value in row["values"] if value not in there]
    return (CONTRADICTED, f"no {missing} among {there}") if missing else (CONFIRMED, "")


def _is_a(table: Table, cls: str, wanted: str) -> bool:
    """Whether a class is the wanted one or made from it; one that the table lacks is taken by its name's end."""
    if cls in table.classes:
        return wanted in table.lineage(cls)
    return wanted == "Enumeration_Knob" and cls.endswith(
        ("Enumeration_Knob", "ColorSpace_Knob", "Colorspace_Knob")
    )


def _user_knob(dump: Mapping[str, Any], table: Table, rest: list[str], row: Row) -> Outcome:
    """By the knobs of our own node, which were pasted as text with these numbers."""
    told = dump["checks"].get("paste_our_node", {}).get("told") or {}
    ours = [
        name for name, knob in knob_rows() if knob["type"] == row["type"] and name in told.get("knobs", {})
    ]
    if not ours:
        return UNTOLD, ""
    wanted = table.knob_types[row["type"]]
    others = {name: cls for name in ours if not _is_a(table, cls := told["knobs"][name], wanted)}
    return (CONTRADICTED, f"{others} instead of {wanted}") if others else (CONFIRMED, "")


def _env(dump: Mapping[str, Any], _table: Table, rest: list[str], row: Row) -> Outcome:
    group, name = rest
    told = dump.get("nuke", {})
    if group == "keys" and "env" in told:
        return (CONFIRMED, "") if name in told["env"] else (CONTRADICTED, f"nuke.env has no {name} there")
    if group == "versions" and str(told.get("version", "")).partition(".")[0] == name:
        return _binding(dump, row)
    return UNTOLD, ""


def _binding(dump: Mapping[str, Any], row: Row) -> Outcome:
    python = ".".join(dump["machine"]["python"].split(".")[:2])
    if python != row["python"]:
        return CONTRADICTED, f"its Python is {python}"
    qt = [name for name, version in dump.get("qt", {}).items() if version]
    if not qt:
        return UNTOLD, "no Qt could be imported"
    return (CONFIRMED, "") if row["qt"] in qt else (CONTRADICTED, f"its Qt is {', '.join(qt)}")


def report(dump: Mapping[str, Any], verdicts: list[Verdict], *, rows: bool = False) -> Iterator[str]:
    """The lines of a report; what is contradicted is always named, with `rows` every row is."""
    yield f"{_host(dump)}, {dump['machine']['system']}, plugin {dump.get('plugin', '?')}"
    for outcome in (CONTRADICTED, CONFIRMED, UNTOLD):
        found = [verdict for verdict in verdicts if verdict.outcome == outcome]
        yield f"{outcome}: {len(found)} rows"
        if rows or outcome == CONTRADICTED:
            yield from (f"  {one.row}: {one.why}" if one.why else f"  {one.row}" for one in found)
    yield "checks:"
    for name, check in sorted(dump["checks"].items()):
        state = {True: "ok", False: "failed", None: "skipped"}[check["ok"]]
        yield f"  {name}: {state}{': ' + check['what'] if 'what' in check else ''}"


def _host(dump: Mapping[str, Any]) -> str:
    if dump["host"] == "nuke":
        return f"Nuke {dump.get('nuke', {}).get('version', '?')}"
    return f"{dump.get('product', dump['host'])} {'.'.join(map(str, dump.get('version') or '?'))}"


def main(words: list[str]) -> int:
    """Print the report of one dump."""
    files = [word for word in words if word != "--rows"]
    if len(files) != 1:
        print("usage: python -m tests.hosts.surface.compare [--rows] DUMP.json", file=sys.stderr)
        return 2
    dump = json.loads(Path(files[0]).read_text(encoding="utf-8"))
    verdicts = compare(dump)
    print("\n".join(report(dump, verdicts, rows="--rows" in words)))
    return 1 if any(verdict.outcome == CONTRADICTED for verdict in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
