"""The surface table as the fake uses it: which names a version has, and how they are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from inspect import Signature
from typing import Any

from tests.hosts.fakes_resolve.errors import BadCall
from tests.hosts.surface.table import RESOLVE, Table, load, signature


@dataclass(frozen=True)
class Row:
    """One call or value."""

    name: str
    signature: Signature | None
    """None for a value."""

    settable: bool

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """Raises BadCall for arguments that the documented call does not take."""
        if self.signature is None:
            raise BadCall(f"{self.name} is a value, not a call")
        try:
            self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise BadCall(f"{self.name}{self.signature}: {error}") from None


@cache
def rows() -> Table:
    """Resolve's and Fusion's rows."""
    return load(*RESOLVE)


def number(version: str) -> tuple[int, ...]:
    """`21.1` as something to compare."""
    return tuple(int(part) for part in version.split("."))


class Surface:
    """What a version of Resolve has."""

    def __init__(self, version: str) -> None:
        self._table, self._version = rows(), number(version)

    def has(self, row: Mapping[str, Any]) -> bool:
        """Whether this version has a row."""
        return number(row.get("since", "0")) <= self._version

    def method(self, cls: str, name: str) -> Row | None:
        """A call or value of a class; None for what this version has not."""
        row = self._table.method(cls, name)
        if row is None or not self.has(row):
            return None
        args = row.get("args")
        return Row(f"{cls}.{name}", None if args is None else signature(args), bool(row.get("settable")))

    def names(self, cls: str) -> set[str]:
        """The names that a class has in this version."""
        rows = (rows for one in self._table.lineage(cls) for rows in self._table.classes[one].items())
        return {name for name, row in rows if self.has(row) and not name.startswith("_")}

    def settings(self, group: str) -> dict[str, Mapping[str, Any]]:
        """The keys of a group of settings that this version has."""
        return {key: row for key, row in self._table.settings[group].items() if self.has(row)}

    def words(self, group: str) -> list[str]:
        """The words of a group that this version has, such as `page` or `marker_color`."""
        return [word for word, row in self._table.words[group].items() if self.has(row)]

    def descriptions(self, group: str) -> dict[str, str]:
        """What Resolve's menus call the words of a group, to the words."""
        return {row["description"]: word for word, row in self._table.words[group].items()}

    def part(self, part: str, group: str) -> Mapping[str, Mapping[str, Any]]:
        """The rows of a group with those that every group has: of tools, attrs, elements or events."""
        groups: Mapping[str, Mapping[str, Any]] = getattr(self._table, part)
        return {**groups.get("*", {}), **groups.get(group, {})}

    def groups(self, part: str) -> set[str]:
        """The groups of a part."""
        return set(getattr(self._table, part)) - {"*"}
