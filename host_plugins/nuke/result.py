"""The version that a node shows: its record in the script, the Read that shows it, and what is offered beside it.

A pinned version changes when the artist renders or chooses another; nothing here swaps pictures by itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import cast

import nuke

from ..host import Fault, Record, Result, State, result_of
from ..paths import Sequenced
from .graph import RESULT
from .knobs import NO_VERSION, NOTHING_RENDERED
from .node import here, inner, text_of
from .session import unrecorded

_EARLIER = 20
"""How many records of earlier versions a script keeps, so that going back knows what they were made from."""

_being_filled: list[str] = []


@dataclass(frozen=True)
class Pin:
    """What the hidden knob `pinned` holds."""

    result: Result
    pending: bool = False
    """The farm is to make its pictures."""

    earlier: tuple[Record, ...] = ()
    """Records of versions that were pinned before, the newest first."""

    def text(self) -> str:
        """As the knob keeps it: Result.record() and, where they say something, `pending` and `earlier`."""
        record = self.result.record()
        if self.pending:
            record["pending"] = True
        if self.earlier:
            record["earlier"] = list(self.earlier)
        return json.dumps(record, sort_keys=True)


def pin_of(node: nuke.Node) -> Pin | None:
    """The pinned version, or None. Raises Fault for a record that is damaged."""
    text = text_of(node, "pinned")
    if not text:
        return None
    try:
        record = json.loads(text)
        pending, earlier = bool(record.pop("pending", False)), tuple(record.pop("earlier", ()))
    except (ValueError, AttributeError, TypeError) as error:
        raise Fault(
            f"the script's record of its result is damaged ({error})", where=node.name(), hint="render again"
        ) from None
    return Pin(_read(record), pending, earlier)


def _read(record: Record) -> Result:
    """A record, which another machine may have written, with the paths of this one. Raises Fault."""
    made = result_of(record)
    return replace(made, files=here(made.files), document=here(made.document) if made.document else "")


def placed(node: nuke.Node) -> Result | None:
    """The pinned version whose pictures are there, or None."""
    pin = pin_of(node)
    return None if pin is None or pin.pending else pin.result


def place(node: nuke.Node, result: Result) -> bool:
    """Pin a version that was just rendered, and say whether it was.

    Of two renders that overtake one another the newer stays; the older is offered.
    """
    now = _pin_or_none(node)
    if now is not None and not now.pending and now.result.version > result.version:
        offer(node, [*offered(node), result.version])
        return False
    pin(node, result)
    return True


def pin(node: nuke.Node, result: Result, *, pending: bool = False) -> None:
    """Show a version: one step of undo. `pending`: the farm is yet to make it."""
    now = _pin_or_none(node)
    earlier: tuple[Record, ...] = ()
    if now is not None:
        before = () if now.pending else (now.result.record(),)
        others = [*before, *now.earlier]
        earlier = tuple(r for r in others if r.get("version") != result.version)[:_EARLIER]
    nuke.Undo.begin(f"PAI-Studio {label(result.version)}")
    try:
        _write(node, Pin(result, pending, earlier))
    finally:
        nuke.Undo.end()


def settle(node: nuke.Node) -> None:
    """Take note that the farm has made the pinned version's pictures."""
    now = pin_of(node)
    if now is not None and now.pending:
        _write(node, replace(now, pending=False))


def earlier(node: nuke.Node, version: int) -> Result | None:
    """The record of a version that was pinned before, or None."""
    now = pin_of(node)
    found = [record for record in now.earlier if record.get("version") == version] if now else []
    return _read(found[0]) if found else None


def foreign(found: Record, space: str) -> Result:
    """A version on disk that no record of this script tells of, as the sidecar's `versions` gives it."""
    return Result(
        files=str(found["files"]),
        version=int(found["version"]),
        first=int(found["first"]),
        last=int(found["last"]),
        space=space,
        passes=(),
        engine="",
        document="",
        state=State("", ""),
    )


def _pin_or_none(node: nuke.Node) -> Pin | None:
    """The pin; a damaged one is about to be written over, and counts for none."""
    try:
        return pin_of(node)
    except Fault:
        return None


def _write(node: nuke.Node, pin: Pin) -> None:
    result = pin.result
    read = inner(node, RESULT)
    # The file first: Nuke looks at it and fills in a range of its own.
    read["file"].setValue(Sequenced.of(result.files).printf)
    for knob, frame in (
        ("first", result.first),
        ("last", result.last),
        ("origfirst", result.first),
        ("origlast", result.last),
    ):
        read[knob].setValue(frame)
    read["origset"].setValue(True)
    read["on_error"].setValue("error")
    read["raw"].setValue(True)
    node["pinned"].setValue(pin.text())
    offer(node, [*offered(node), result.version])


def label(version: int) -> str:
    """`v003`."""
    return f"v{version:03d}"


def version_of(text: str) -> int | None:
    """The number of `v003`, or None for a text that is no version."""
    found = re.fullmatch(r"v(\d+)", text)
    return int(found[1]) if found else None


def offered(node: nuke.Node) -> list[int]:
    """The versions in the menu, oldest first."""
    values = cast("nuke.Enumeration_Knob", node["version"]).values()
    return sorted(number for number in map(version_of, values) if number is not None)


def chosen(node: nuke.Node) -> int | None:
    """The version that the menu stands at."""
    return version_of(str(node["version"].value()))


def offer(node: nuke.Node, versions: list[int]) -> None:
    """Fill the menu with versions; it stands at the pinned one, or says that none is."""
    now = pin_of(node)
    shown = label(now.result.version) if now else NO_VERSION
    others = (label(number) for number in sorted({*versions, *([now.result.version] if now else [])}))
    menu = cast("nuke.Enumeration_Knob", node["version"])
    with _filling(node):
        menu.setValues([*([] if now else [NO_VERSION]), *others])
        menu.setValue(shown)


def mend_menu(node: nuke.Node) -> None:
    """Let the menu of a node that has a version show it, where it came back from a script without its list."""
    if chosen(node) is None and _pin_or_none(node) is not None:
        with unrecorded():
            offer(node, [])


@contextmanager
def _filling(node: nuke.Node) -> Iterator[None]:
    _being_filled.append(node.fullName())
    try:
        yield
    finally:
        _being_filled.pop()


def is_being_filled(node: nuke.Node) -> bool:
    """Whether the menu changes because we fill it, and not because the artist chose."""
    return node.fullName() in _being_filled


def stale(result: Result, state: State) -> str:
    """What has changed since a version was made, in words; empty when nothing has."""
    if not result.state.generation:
        return "what it was made from is not known here"
    if result.state.generation != state.generation:
        return "stale: inputs changed"
    if result.state.finish != state.finish:
        return "stale: finishing changed (Re-finish)"
    return ""


def words(node: nuke.Node, state: State | Fault | None) -> str:
    """The status line. `state` is what the node is like now, or why that cannot be told; None: not looked at."""
    now = pin_of(node)
    if now is None:
        return NOTHING_RENDERED
    parts = [label(now.result.version)]
    if now.pending:
        parts.append("waits for the farm")
    if isinstance(state, Fault):
        parts.append(f"cannot be rendered as it is: {state.what}")
    elif state is not None:
        parts.append(stale(now.result, state))
    newest = max(offered(node), default=0)
    if newest > now.result.version:
        parts.append(f"{label(newest)} is there")
    return ", ".join(part for part in parts if part)
