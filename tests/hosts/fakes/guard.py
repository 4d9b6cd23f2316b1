"""The guard on every object that a plugin gets: only what the table has, from the right thread, as documented."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.hosts.fakes.errors import REFUSALS, FakeGap, FakeThreadError
from tests.hosts.fakes.table import Row


class Guarded:
    """An object of the host. `_kind` is its class in the table; what begins with an underscore is the fake's own."""

    __slots__ = ("_kind", "_session")
    _kind: str
    _session: Any

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_"):
            return object.__getattribute__(self, name)
        session = object.__getattribute__(self, "_session")
        kind = object.__getattribute__(self, "_kind")
        with session.noting():
            row = session.surface.method(kind, name)
            try:
                method = object.__getattribute__(self, name)
            except AttributeError:
                raise FakeGap(f"the fake has no {kind}.{name} yet") from None
        return guarded(session, row, method, object.__getattribute__(self, "_alive"))

    def _alive(self) -> None:
        """Raises ValueError where what it stands for is gone."""

    def _check(self, dunder: str, *args: Any) -> None:
        """Guard a method that Python calls by its sign."""
        self._alive()
        with self._session.noting():
            row = self._session.surface.method(self._kind, dunder)
            check_thread(self._session, row)
            row.bind(args, {})


def guarded(
    session: Any, row: Row, call: Callable[..., Any], alive: Callable[[], None] = lambda: None
) -> Callable[..., Any]:
    """A call that is checked against its row when it is made; naming it is free, from any thread."""

    def checked(*args: Any, **kwargs: Any) -> Any:
        with session.noting():
            check_thread(session, row)
            alive()
            row.bind(args, kwargs)
            return call(*args, **kwargs)

    checked.__name__ = row.name
    return checked


def check_thread(session: Any, row: Row) -> None:
    """Raises FakeThreadError where this thread may not make the call."""
    is_main = session.loop.is_main()
    if row.thread == "main" and not is_main:
        raise FakeThreadError(f"{row.name} was called outside the main thread")
    if row.thread == "worker" and not session.has_gui:
        raise FakeThreadError(f"{row.name} was called without windows: no loop would ever run the call")
    if row.thread == "worker" and is_main:
        raise FakeThreadError(f"{row.name} was called from the main thread: Nuke would hang")


class Noting:
    """Notes refusals in the session as they pass, so that a plugin cannot swallow them unseen."""

    def __init__(self, refused: list[BaseException]) -> None:
        self._refused = refused

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, REFUSALS) and error not in self._refused:
            self._refused.append(error)
