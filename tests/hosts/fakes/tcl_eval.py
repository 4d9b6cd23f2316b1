"""The few forms of Tcl that the plugin's knobs use: `[value KNOB]` and `[file dirname PATH]`; all else is refused.

What is no command or variable at all is an error of Tcl's, as in Nuke; one that exists and is not known here is a gap.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from tests.hosts.fakes.errors import FakeGap
from tests.hosts.fakes.expressions import evaluate
from tests.hosts.fakes.kinds import value_text
from tests.hosts.fakes.model import KnobModel, NodeModel

_WORDS = frozenset(
    ("exec", "expr", "file", "format", "getenv", "if", "join", "knob", "lindex", "list", "lrange", "proc")
)
_WORDS |= frozenset(("python", "regexp", "regsub", "return", "set", "source", "split", "string", "topnode"))
_VARIABLES = frozenset(("gui", "env", "program_name", "version"))


def evaluated(node: NodeModel, text: str) -> str:
    """A text with its bracketed commands carried out, as seen from a node.

    Raises FakeGap for another command, RuntimeError for a word that is none.
    """
    out, at = "", 0
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text):
            out, at = out + text[at + 1], at + 2
        elif text[at] == "[":
            end = _closing(text, at)
            out, at = out + command(node, text[at + 1 : end]), end + 1
        elif text[at] == "$":
            raise _no_variable(re.match(r"\w*", text[at + 1 :])[0])  # type: ignore[index]
        else:
            out, at = out + text[at], at + 1
    return out


def command(node: NodeModel, text: str) -> str:
    """One Tcl command without its brackets."""
    head, _, rest = text.strip().partition(" ")
    rest = rest.strip()
    if head == "value":
        knob = find_knob(node, evaluated(node, rest))
        return evaluated(knob.node, shown(knob)) if knob.kind == "text" else shown(knob)
    if head == "file" and rest.startswith("dirname "):
        path = evaluated(node, rest.removeprefix("dirname ").strip())
        return str(PurePosixPath(path).parent)
    if head in _WORDS:
        raise FakeGap(f"the fake does not know the Tcl command [{text}]")
    raise RuntimeError(f'invalid command name "{head}"')


def _no_variable(name: str) -> Exception:
    if name in _VARIABLES:
        return FakeGap(f"the fake knows no Tcl variables: ${name}")
    return RuntimeError(f'can\'t read "{name}": no such variable')


def find_knob(node: NodeModel, dotted: str) -> KnobModel:
    """The knob of `shot`, `this.shot`, `parent.shot`, `root.name` or `Node1.shot`, as seen from a node.

    Raises RuntimeError where there is none.
    """
    *path, name = dotted.split(".")
    at: NodeModel | None = node
    for word in path:
        at = _step(at, word)
    if at is None or name not in at.knobs or not at.knobs[name].exists():
        raise RuntimeError(f"{dotted}: nothing is named that, seen from {node.full_name()}")
    return at.knobs[name]


def _step(node: NodeModel | None, word: str) -> NodeModel | None:
    if node is None:
        return None
    if word in ("this", "input", "input0"):
        return node if word == "this" else node.input(0)
    if word == "parent":
        return node.parent
    if word == "root":
        return node.root()
    return (node.parent or node).child(word) or node.child(word)


def named_in_expressions(node: NodeModel) -> list[NodeModel]:
    """The nodes beside this one that its knobs' expressions name, and the root."""
    found: list[NodeModel] = []
    for knob in node.knobs.values():
        for name in re.findall(r"[A-Za-z_]\w*(?=\.)", knob.expression):
            other = _step(node, name) if name == "root" else node.parent.child(name) if node.parent else None
            found += [other] if other else []
    return found


def number(knob: KnobModel, frame: int | None = None) -> float:
    """The value of a number knob, its expression reckoned; one that names `frame` has a value at a frame only."""
    if not knob.expression:
        return float(knob.value)
    return float(evaluate(knob.expression, lambda name: _resolved(knob, name, frame)))


def _resolved(knob: KnobModel, name: str, frame: int | None) -> float:
    if name == "frame" and frame is not None:
        return float(frame)
    found = find_knob(knob.node, name)
    return float(found.choices().index(found.value)) if found.kind == "enum" else number(found)


def shown(knob: KnobModel) -> str:
    """A knob's value as `[value ...]` gives it."""
    if knob.kind == "bool":
        return str(int(number(knob)))
    if knob.kind in ("whole", "number"):
        return value_text(number(knob))
    return value_text(knob.value)


def _closing(text: str, start: int) -> int:
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == "[") - (text[at] == "]")
        if depth == 0:
            return at
    raise RuntimeError(f"missing close-bracket in {text!r}")
