"""What a dump of Resolve or Fusion says of one row of their tables.

Only what such a host tells of itself can contradict a row: it makes up a call for any name, `dir` alone is answered
truly, and it leaves out of a list of settings what its present mode has no use for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.hosts.surface.table import Row
from tests.hosts.surface.verdict import CONFIRMED, CONTRADICTED, UNTOLD, Outcome

_PLAIN = {"str": ("str",), "int": ("int", "float"), "float": ("float", "int"), "bool": ("bool",)}
_DATA_TYPES = {"Number": ("float", "int", "bool"), "Text": ("str",), "Image": ("Image",), "Mask": ("Mask",)}
"""What Fusion calls the type of an input, and what the table calls it."""


def judge(dump: Mapping[str, Any], path: str, row: Row) -> Outcome:
    """The outcome of the row of a path such as `classes.Project.GetName`."""
    part, *rest = path.split(".", 2)
    found = {"classes": _method, "settings": _setting, "words": _word, "tools": _input, "attrs": _attribute}
    return found[part](dump, rest, row) if part in found else (UNTOLD, "")


def _method(dump: Mapping[str, Any], rest: list[str], row: Row) -> Outcome:
    cls, name = rest
    answer = dump.get("answers", {}).get(f"{cls}.{name}")
    if answer is not None:
        return _answer(answer, str(row["returns"]))
    names = dump.get("classes", {}).get(cls, [])
    if name in names:
        return CONFIRMED, ""
    # Values, and what Python calls by a sign, are no calls that `dir` would list.
    if not names or "args" not in row or name.startswith("_") or _is_newer(dump, row):
        return UNTOLD, ""
    return CONTRADICTED, f"{cls} has no {name} there"


def _answer(answer: str, returns: str) -> Outcome:
    if answer == "NoneType":
        may_be_none = returns.endswith("?") or returns in ("None", "Any")
        return (CONFIRMED, "") if may_be_none else (UNTOLD, "it gives nothing there")
    wanted = returns.rstrip("?")
    if wanted == "Any":
        return CONFIRMED, answer
    # A list of Fusion's is a dict that counts from 1.
    kinds = ("list", "dict") if wanted[0] == "[" else ("dict",) if wanted[0] == "{" else _PLAIN.get(wanted)
    if answer in (kinds or ("object",)):
        return CONFIRMED, ""
    return CONTRADICTED, f"it gives a {answer}, not {wanted}"


def _is_newer(dump: Mapping[str, Any], row: Row) -> bool:
    since = [int(part) for part in row.get("since", "0").split(".")]
    return since > list(dump.get("version") or [])


def _setting(dump: Mapping[str, Any], rest: list[str], row: Row) -> Outcome:
    group, key = rest
    if key not in dump.get("keys", {}).get(group, []):
        return UNTOLD, ""
    value = dump.get("colour", {}).get(group, {}).get(key)
    if value and "values" in row and value not in row["values"]:
        return CONTRADICTED, f"it is {value!r} there, none of {', '.join(row['values'])}"
    return CONFIRMED, ""


def _word(dump: Mapping[str, Any], rest: list[str], _row: Row) -> Outcome:
    """An edition may lack a codec; one that is there confirms its row."""
    group, word = rest
    exr = dump.get("codecs", {}).get("exr", {})
    return (CONFIRMED, "") if group == "exr_codec" and word in exr.values() else (UNTOLD, "")


def _input(dump: Mapping[str, Any], rest: list[str], row: Row) -> Outcome:
    """The table calls a choice a str; Fusion has a type of its own for it."""
    tool, name = rest
    inputs = dump.get("tools", {}).get(tool)
    if not inputs:
        return UNTOLD, f"there was no {tool} with inputs"
    if name not in inputs:
        # Those of a file's format stand there once a file of that format is chosen.
        return (UNTOLD, "") if "." in name else (CONTRADICTED, f"{tool} has no input {name} there")
    kinds = _DATA_TYPES.get(inputs[name])
    if kinds and row["type"] not in kinds:
        return CONTRADICTED, f"it is of the type {inputs[name]} there, not {row['type']}"
    return CONFIRMED, inputs[name]


def _attribute(dump: Mapping[str, Any], rest: list[str], _row: Row) -> Outcome:
    """One that is not told may be told of another tool."""
    group, name = rest
    return (CONFIRMED, "") if name in dump.get("attributes", {}).get(group, []) else (UNTOLD, "")
