"""The guard on every object that a plugin gets: what the table lacks is answered as Resolve does, and noted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.hosts.fakes_resolve.errors import FakeGap, FakeThreadError, UnknownName
from tests.hosts.fakes_resolve.table import Row


def nothing(*_args: Any, **_kwargs: Any) -> None:
    """What Resolve makes up for a name that it has not."""


class Face:
    """An object of the host. `_kind` is its class in the table; what begins with an underscore is the fake's own.

    Every question gives a new object: two of the same clip are not equal, as `GetUniqueId` is there for.
    """

    _kind: str = ""

    def __init__(self, session: Any, model: Any = None) -> None:
        object.__setattr__(self, "_session", session)
        object.__setattr__(self, "_model", model)

    _session: Any
    _model: Any

    def _alive(self) -> bool:
        """Whether what it stands for is still there."""
        return True

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_"):
            return object.__getattribute__(self, name)
        session, kind = self._session, self._kind
        if session.has_quit:
            return None
        row = _row(session, kind, name)
        if row is None:
            return nothing
        try:
            found = object.__getattribute__(self, name)
        except AttributeError:
            raise session.refuse(FakeGap(f"the fake has no {kind}.{name} yet")) from None
        return found if row.signature is None else self._guarded(row, found)

    def __dir__(self) -> list[str]:
        """What this version has: the one question that is answered truly."""
        return sorted(self._session.surface.names(self._kind))

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            object.__setattr__(self, name, value)
            return
        row = _row(self._session, self._kind, name)
        if row is not None and not row.settable:
            raise self._session.refuse(UnknownName(f"{row.name} is assigned to, and is nothing to be set"))
        if row is not None:
            object.__setattr__(self, name, value)

    def _guarded(self, row: Row, call: Callable[..., Any]) -> Callable[..., Any]:
        session = self._session

        def checked(*args: Any, **kwargs: Any) -> Any:
            session.check_thread(row.name)
            with session.noting():
                row.bind(args, kwargs)
            session.called(row.name)
            if session.has_quit or not self._alive():
                return None
            with session.noting():
                return call(*args)

        return checked

    def _check(self, dunder: str, *args: Any) -> None:
        """Guard a method that Python calls by its sign."""
        self._session.check_thread(dunder)
        row = _row(self._session, self._kind, dunder)
        if row is None:
            raise TypeError(f"{self._kind} has no {dunder}")
        with self._session.noting():
            row.bind(args, {})


def _row(session: Any, kind: str, name: str) -> Row | None:
    session.check_thread(f"{kind}.{name}")
    row: Row | None = session.surface.method(kind, name)
    if row is None:
        session.refuse(UnknownName(f"{kind}.{name}: Resolve {session.version} has none in the table"))
    return row


def thread_error(name: str) -> FakeThreadError:
    """Resolve's objects belong to the script's own thread."""
    return FakeThreadError(f"{name} was used outside the script's own thread")
