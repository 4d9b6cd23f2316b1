"""Digests that tell whether a version still fits its node: of what flows in, and of the node's own settings.

They are made from what a script saves, so they are the same in every session and on every machine. What only says how
a node looks or is called does not count, nor does where it stands.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import nuke

from ..host import Asked, Colour, State
from .node import above_of, connected, is_ours, outputs_of

_LOOKS = ("label", "icon", "help", "tile_color", "gl_color", "note_font", "note_font_size", "note_font_color")
_PLACE = (
    "xpos",
    "ypos",
    "bdwidth",
    "bdheight",
    "z_order",
    "selected",
    "hide_input",
    "dope_sheet",
    "bookmark",
)
_PANEL = ("panel", "indicators", "autolabel", "updateUI", "knobChanged", "onCreate", "onDestroy")
_CACHE = ("cached", "postage_stamp", "postage_stamp_frame", "localizationPolicy", "cacheLocal")
COSMETIC = frozenset(("name", *_LOOKS, *_PLACE, *_PANEL, *_CACHE))
"""Knobs that change no pixel."""

_OF_CLASS = {
    # An expression may lead to the script itself, which saves where the artist is.
    "Root": frozenset({"frame", "proxy", "lock_range"}),
    # Nuke counts the renders of a Write; what passes it is the same.
    "Write": frozenset({"version"}),
}
"""Knobs that change no pixel in some classes only."""

OWN_BOOKKEEPING = frozenset({"pinned", "job", "version", "status"})
"""Knobs of ours that follow a render; a node of ours upstream counts by the pictures that it reads."""


def of(node: nuke.Node, asked: Asked, colour: Colour) -> State:
    """The digests of a node as it is now."""
    document = dict(asked.document)
    finish = document.pop("finish")
    delivery = {key: value for key, value in document.pop("delivery").items() if key != "files"}
    document.pop("name")
    generation = {
        "document": document,
        "stills": [[still.name, still.frame, still.fit] for still in asked.stills],
        "export_type": node["export_type"].value(),
        "space": colour.space,
        "config": _config_name(colour.config or os.environ.get("OCIO", "")),
        "inputs": upstream(connected(node)),
    }
    return State(digest(generation), digest({"finish": finish, "delivery": delivery}))


def _config_name(config: str) -> str:
    """A config's file and its folder: the path before them differs between machines."""
    return "/".join(PurePath(config.replace("\\", "/")).parts[-2:])


def digest(data: Any) -> str:
    """Of plain data, the same wherever it is made."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).digest().hex()[:32]


def upstream(starts: dict[str, nuke.Node]) -> list[Any]:
    """Everything that the given nodes depend on, as plain data.

    Nodes are told apart by the order in which the walk meets them, never by name.
    """
    walk = _Walk()
    heads = [[name, walk.number(node)] for name, node in starts.items()]
    return [heads, list(walk.rows())]


@dataclass
class _Walk:
    """A walk up the graph that gives each node a number when it is first met. A loop, for scripts may be deep."""

    _numbers: dict[str, int] = field(default_factory=dict)
    _nodes: list[nuke.Node] = field(default_factory=list)

    def number(self, node: nuke.Node) -> int:
        name = node.fullName()
        if name not in self._numbers:
            self._numbers[name] = len(self._nodes)
            self._nodes.append(node)
        return self._numbers[name]

    def rows(self) -> Iterator[list[Any]]:
        """One row a node; those that it leads to are walked after it."""
        done = 0
        while done < len(self._nodes):
            yield self._row(self._nodes[done])
            done += 1

    def _row(self, node: nuke.Node) -> list[Any]:
        feeds = [None if other is None else self.number(other) for other in above_of(node)]
        named = {other.name(): self.number(other) for other in node.dependencies(nuke.EXPRESSIONS)}
        inside = [self.number(inner) for inner in outputs_of(node)]
        return [node.Class(), [[knob, _renamed(text, named)] for knob, text in _knobs(node)], feeds, inside]


def _knobs(node: nuke.Node) -> list[tuple[str, str]]:
    """The knobs that a script would save, as it would write them, less those that do not count."""
    ignored = COSMETIC | (OWN_BOOKKEEPING if is_ours(node) else _OF_CLASS.get(node.Class(), frozenset()))
    text = words(node.writeKnobs(nuke.WRITE_NON_DEFAULT_ONLY | nuke.TO_SCRIPT))
    pairs = zip(text, text)
    return sorted((knob, value) for knob, value in pairs if knob not in ignored)


def _renamed(text: str, named: dict[str, int]) -> str:
    """An expression with the numbers of the nodes that it names, so that a renamed node changes nothing."""
    if not named:
        return text
    names = "|".join(re.escape(name) for name in sorted(named, key=len, reverse=True))
    return re.sub(rf"\b(?:{names})\b", lambda found: f"#{named[found[0]]}", text)


def words(text: str) -> Iterator[str]:
    """The words of a TCL list as they are written: bare, "quoted" or {braced}."""
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at >= len(text):
            return
        end = _END.get(text[at], _bare_end)(text, at)
        yield text[at:end]
        at = end


def _bare_end(text: str, at: int) -> int:
    while at < len(text) and not text[at].isspace():
        at += 2 if text[at] == "\\" else 1
    return at


def _quoted_end(text: str, at: int) -> int:
    at += 1
    while at < len(text) and text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    return at + 1


def _braced_end(text: str, at: int) -> int:
    depth = 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        else:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
        if depth == 0:
            break
    return at


_END = {'"': _quoted_end, "{": _braced_end}
