"""Dataclasses as the schema of tables in TOML: what is unknown, missing or of the wrong kind is named in one line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from pai_studio.core.shot.errors import BadInput

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

HINT = "correct the configuration"
Section = TypeVar("Section", bound="DataclassInstance")


def section(kind: type[Section], told: Any, name: str, where: str) -> Section:
    """One table as its dataclass. Raises BadInput for the first key that is unknown, missing or of the wrong kind."""
    if not isinstance(told, Mapping):
        raise BadInput(f"[{name}]: is missing", where=where, hint=HINT)
    known = {each.name: each for each in fields(kind)}
    check_known(told, known, f"{name}.", where)
    for key, each in known.items():
        if key not in told and each.default is MISSING and each.default_factory is MISSING:
            raise BadInput(f"{name}.{key}: is missing", where=where, hint=HINT)
    try:
        return TypeAdapter(kind).validate_python(dict(told))
    except ValidationError as error:
        fault = error.errors()[0]
        key = ".".join(str(part) for part in (name, *fault["loc"]))
        say = str(fault["msg"]).replace("Input should be", "must be")
        raise BadInput(f"{key}: {say} (it is {fault['input']!r})"[:300], where=where, hint=HINT) from None


def check_known(told: Mapping[str, Any], known: Iterable[str], prefix: str, where: str) -> None:
    """Raise BadInput for the first key that is not known."""
    names = list(known)
    for key in told:
        if key not in names:
            near = difflib.get_close_matches(key, names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names)}"
            raise BadInput(f"{prefix}{key}: is not a known key", where=where, hint=hint)
