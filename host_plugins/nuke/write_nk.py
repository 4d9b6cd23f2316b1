"""Writes our nodes as Nuke scripts: `python -m pai_studio.host_plugins.nuke.write_nk` makes the .nk files beside it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from .graph import Placed, Reckoned, studio
from .knobs import CHANNELS, Knob, Value
from .recombine import recombine

OLDEST = "14.0 v1"
"""The version that a script names: the oldest Nuke we support, so that none warns of a newer file."""

FILES = {"PAIStudio.nk": studio, "PAIRecombine.nk": recombine}
"""Our files, each with what it holds."""

_BARE = re.compile(r"[A-Za-z0-9_./:%+-][A-Za-z0-9_./:%#+-]*")
_ESCAPES = {
    "\\": "\\\\",
    '"': '\\"',
    "[": "\\[",
    "{": "\\{",
    "}": "\\}",
    "$": "\\$",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}


def quoted(value: Value | Reckoned) -> str:
    """A value as one word of a script. Raises ValueError for what a script cannot hold."""
    if isinstance(value, Reckoned):
        # Several words are one expression only between quotes.
        return "{{" + (f'"{value.text}"' if " " in value.text else value.text) + "}}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.10g}"
    text = str(value)
    if _BARE.fullmatch(text):
        return text
    escaped = "".join(_ESCAPES.get(char, char) for char in text)
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in escaped):
        raise ValueError(f"{text!r} holds a character that a script cannot")
    return f'"{escaped}"'


def row(knob: Knob) -> str:
    """The line that adds a user knob, without its value."""
    words = [str(knob.kind), quoted(knob.name), "l", quoted(knob.label)]
    if knob.tooltip:
        words += ["t", quoted(knob.tooltip)]
    words += knob.flags
    if knob.text:
        words += ["T", quoted(knob.text)]
    if knob.choices:
        words += ["M", "{" + " ".join(quoted(choice) for choice in knob.choices) + "}"]
    if knob.span:
        words += ["R", *(quoted(end) for end in knob.span)]
    return "addUserKnob {" + " ".join(words) + "}"


def snippet(node: Placed) -> str:
    """A node as text that Nuke pastes; its first input is what is selected then."""
    head = ["set cut_paste_input [stack 0]", f"version {OLDEST}", "push $cut_paste_input"]
    # A node may name a layer only once the script knows of it, be there a picture that has it or not.
    layers = [f"add_layer {{{name} {' '.join(channels)}}}" for name, channels in CHANNELS.items()]
    return "\n".join([*head, *layers, *_node(node, "")]) + "\n"


def _node(node: Placed, indent: str) -> Iterator[str]:
    yield f"{indent}{node.kind} {{"
    if len(node.feeds) != 1:
        yield f"{indent} inputs {len(node.feeds)}"
    yield f"{indent} name {node.name}"
    for name, value in node.knobs.items():
        yield f"{indent} {name} {quoted(value)}"
    for knob in node.rows:
        yield f"{indent} {row(knob)}"
        if knob.value is not None:
            yield f"{indent} {knob.name} {quoted(knob.value)}"
    yield f"{indent}}}"
    if node.inside:
        yield from _nodes(node.inside, indent + " ")
        yield f"{indent}end_group"


def _nodes(nodes: Sequence[Placed], indent: str) -> Iterator[str]:
    """Nodes in an order in which every feed comes before what it feeds."""
    used = {feed for node in nodes for feed in node.feeds}
    before: str | None = None
    for node in nodes:
        # What was written last lies on top of the stack already.
        if node.feeds != (before,):
            for feed in reversed(node.feeds):
                yield f"{indent}push {'0' if feed is None else f'$N{feed}'}"
        yield from _node(node, indent)
        if node.name in used:
            yield f"{indent}set N{node.name} [stack 0]"
        before = node.name


def main() -> None:
    """Write our files beside this one."""
    for name, node in FILES.items():
        with (Path(__file__).parent / name).open("w", encoding="utf-8", newline="\n") as file:
            file.write(snippet(node()))


if __name__ == "__main__":
    main()
