"""The surface table as the fake uses it: what is not in it raises, and calls are bound to the documented signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import Signature
from typing import Any

from tests.hosts.fakes.errors import FakeGap, UnknownName
from tests.hosts.surface.table import Table, load, signature


@dataclass(frozen=True)
class Row:
    """One function, method or constant."""

    name: str
    signature: Signature | None
    """None for a constant."""

    thread: str
    """`main`, `any`, or `worker`: any but the main one."""

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """Raises TypeError for arguments that the documented call does not take."""
        if self.signature is None:
            raise TypeError(f"{self.name} is a value, not a call")
        try:
            self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{self.name}{self.signature}: {error}") from None


class Surface:
    """What may be used of Nuke."""

    def __init__(self, table: Table | None = None) -> None:
        self._table = table or load()
        self.env_keys = frozenset(self._table.env["keys"])

    def names(self) -> frozenset[str]:
        """Functions and constants of the module."""
        return frozenset(self._table.module)

    def function(self, name: str) -> Row:
        """A function or constant of the module. Raises UnknownName."""
        if name not in self._table.module:
            raise UnknownName(f"module 'nuke' has no attribute {name!r} in the surface table")
        return _row(f"nuke.{name}", self._table.module[name])

    def method(self, cls: str, name: str) -> Row:
        """A method of a class or of one of its bases. Raises UnknownName."""
        row = self._table.method(cls, name)
        if row is None:
            raise UnknownName(f"{cls!r} object has no attribute {name!r} in the surface table")
        return _row(f"{cls}.{name}", row)

    def is_a(self, cls: str, base: str) -> bool:
        """Whether a class is another one, or made from it."""
        return base in self._table.lineage(cls)

    def knob_class(self, type_name: str) -> str:
        """The class that Python sees of a type of knob."""
        return self._table.knob_types[type_name]

    def user_type(self, code: int) -> str:
        """The type of a user knob by its number in a script. Raises FakeGap."""
        if str(code) not in self._table.user_knobs:
            raise FakeGap(f"the surface table has no user knob of number {code}")
        return str(self._table.user_knobs[str(code)]["type"])

    def knobs(self, cls: str) -> dict[str, Mapping[str, Any]]:
        """The knobs of a node class, those that every node has included. Raises RuntimeError for an unknown class."""
        if cls not in self._table.nodes or cls == "*":
            raise RuntimeError(f"{cls}: Unknown command")
        return {**self._table.nodes["*"], **self._table.nodes[cls]}


def _row(name: str, row: Mapping[str, Any]) -> Row:
    args = row.get("args")
    return Row(name, None if args is None else signature(args), row["thread"])
