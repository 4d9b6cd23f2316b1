"""Values of the module `nuke`: constants, `nuke.env`, `nuke.nodes`, `nuke.Undo`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from tests.hosts.fakes.guard import Guarded

_FLAGS = (
    "INVISIBLE DISABLED READ_ONLY DO_NOT_WRITE ALWAYS_SAVE NO_ANIMATION NO_UNDO STARTLINE ENDLINE REPLACE "
    "REPLACE_VIEWS WRITE_ALL WRITE_NON_DEFAULT_ONLY WRITE_USER_KNOB_DEFS TO_SCRIPT TO_VALUE INPUTS "
    "HIDDEN_INPUTS EXPRESSIONS"
)


def constants() -> dict[str, int]:
    """One bit for each flag; the host's own numbers are no part of the documents."""
    return {name: 1 << bit for bit, name in enumerate(_FLAGS.split())}


class Environment(Guarded):
    """`nuke.env`: only the keys of the table."""

    __slots__ = ("_values",)

    def __init__(self, session: Any) -> None:
        self._session, self._kind = session, "GlobalsEnvironment"
        major, _, rest = session.version.partition(".")
        self._values = {
            "NukeVersionMajor": int(major),
            "NukeVersionMinor": int(rest.partition("v")[0]),
            "NukeVersionString": session.version,
            "gui": session.has_gui,
            "MACOS": sys.platform == "darwin",
            "nc": False,
            "studio": False,
            "indie": False,
            "ExecutablePath": session.raw_args[0],
        }

    def __getitem__(self, index: str) -> Any:
        self._check("__getitem__", index)
        return self._values[index]

    def __contains__(self, other: str) -> bool:
        self._check("__contains__", other)
        return other in self._values

    def get(self, key: str, default: Any = None) -> Any:
        return self._values.get(key, default)

    def keys(self) -> list[str]:
        return list(self._values)

    def items(self) -> list[tuple[str, Any]]:
        return list(self._values.items())


class Makers:
    """`nuke.nodes`: `nuke.nodes.Dot(inputs=[node], label="x")` makes a node, unselected and without a panel."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def __getattr__(self, cls: str) -> Callable[..., Any]:
        session = self._session

        def make(**knobs: Any) -> Any:
            node = session.make_node(cls, session.group())
            for index, above in enumerate(knobs.pop("inputs", [])):
                node.connect(index, above._model if above else None)
            for name, value in knobs.items():
                if name not in node.knobs:
                    raise NameError(f"{cls} has no knob {name}")
                node.knobs[name].set(value)
            session.created(node)
            return session.face(node)

        return make


class Undo(Guarded):
    """`nuke.Undo`: counts steps that are open and what is switched off, for the session's check."""

    __slots__ = ()

    def __init__(self, session: Any) -> None:
        self._session, self._kind = session, "Undo"

    def __call__(self) -> Undo:
        return self

    def begin(self, name: str = "") -> None:
        self._session.undo_open += 1

    def end(self) -> None:
        self._session.undo_open -= 1

    cancel = end

    def disable(self) -> None:
        self._session.undo_off += 1

    def enable(self) -> None:
        self._session.undo_off -= 1

    def disabled(self) -> bool:
        return bool(self._session.undo_off > 0)

    def __enter__(self) -> Undo:
        self._check("__enter__")
        self._session.undo_open += 1
        return self

    def __exit__(self, *exc: object) -> None:
        self._check("__exit__", *exc)
        self._session.undo_open -= 1
