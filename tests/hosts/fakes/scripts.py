"""Scripts in and out of the model: reading through the strict reader, and writing what a second reading gives back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import count

from tests.hosts.fakes.kinds import KINDS, quoted
from tests.hosts.fakes.model import KnobModel, NodeModel, new_node, unique_name, user_knob
from tests.hosts.nk_reader import NkError, Node, Script

_FIRST = ("name", "xpos", "ypos")


def fill_root(root: NodeModel, script: Script) -> list[NodeModel]:
    """Bring a whole script into an empty root; gives the nodes in order."""
    for node in script.nodes:
        if node.cls == "Root":
            _read_knobs(root, node)
    return add_nodes(root, [node for node in script.nodes if node.cls != "Root"])


def add_nodes(group: NodeModel, nodes: Iterable[Node], hang: NodeModel | None = None) -> list[NodeModel]:
    """Bring nodes of a script into a group; `hang` is what an open first input is connected to.

    Raises NkError for a knob that the surface table lacks, RuntimeError for an unknown class.
    """
    made: dict[int, NodeModel] = {}
    for node in nodes:
        if node.clone_of is not None:
            raise NkError("the fake has no clones", node.line)
        model = new_node(group.session, node.cls, group)
        made[id(node)] = model
        _read_knobs(model, node)
        if not node.name or group.child(node.name):
            model.knobs["name"].value = unique_name(group, node.name or node.cls)
        group.children.append(model)
        model.masks = node.masks
        for index, above in enumerate(node.inputs):
            model.connect(index, made[id(above)] if above else hang)
        add_nodes(model, node.children)
    return list(made.values())


def _read_knobs(model: NodeModel, node: Node) -> None:
    for name, row in node.user_knobs.items():
        if name in model.knobs:
            raise NkError(f"{node.cls} already has a knob {name!r}", node.line)
        model.knobs[name] = user_knob(model, row)
    for name, text in node.knobs.items():
        knob = model.knobs.get(name)
        if knob is None:
            raise NkError(f"the surface table knows no knob {name!r} of {node.cls}", node.line)
        if not knob.exists():
            raise NkError(f"{node.cls} has no knob {name!r} before file_type is {knob.only}", node.line)
        try:
            knob.read(text)
        except ValueError as error:
            raise NkError(f"{node.cls}.{name}: {error}", node.line) from None


def script_text(root: NodeModel, version: str) -> str:
    """The whole script."""
    lines = [
        f"version {version}",
        "Root {",
        " inputs 0",
        *_knob_lines(root),
        "}",
        *_group_lines(root.children),
    ]
    return "\n".join(lines) + "\n"


def snippet_text(nodes: list[NodeModel], version: str) -> str:
    """Chosen nodes of one group, as copying puts them."""
    lines = ["set cut_paste_input [stack 0]", f"version {version}", *_group_lines(nodes)]
    return "\n".join(lines) + "\n"


def _group_lines(nodes: list[NodeModel], numbers: Iterator[int] | None = None) -> Iterator[str]:
    numbers = numbers or count()  # names are the whole script's: a group's must not take another's
    names = {id(node): f"N{next(numbers):04x}" for node in nodes}
    for node in _upstream_first(nodes):
        inputs = [above if above and id(above) in names else None for above in node.inputs]
        for above in reversed(inputs):
            yield f"push ${names[id(above)]}" if above else "push 0"
        yield node.cls + " {"
        yield f" inputs {_count(len(inputs), node.masks)}"
        yield from _knob_lines(node)
        yield "}"
        if node.cls == "Group":
            yield from (f" {line}" for line in _group_lines(node.children, numbers))
            yield "end_group"
        yield f"set {names[id(node)]} [stack 0]"


def _count(inputs: int, masks: int) -> str:
    return f"{inputs - masks}+{masks}" if masks and inputs > masks else str(inputs)


def _upstream_first(nodes: list[NodeModel]) -> list[NodeModel]:
    ordered: list[NodeModel] = []

    def take(node: NodeModel) -> None:
        if node in ordered or node not in nodes:
            return
        for above in node.inputs:
            if above:
                take(above)
        ordered.append(node)

    for node in nodes:
        take(node)
    return ordered


def _knob_lines(node: NodeModel) -> Iterator[str]:
    for knob in node.knobs.values():
        if knob.definition is None and knob.exists() and is_saved(knob):
            yield f" {knob.name} {knob.script()}"
    for knob in node.knobs.values():
        if knob.definition is not None:
            yield f" addUserKnob {{{_definition(knob)}}}"
            if is_saved(knob) and KINDS[knob.kind].stored and knob.type not in ("PyScript", "Link"):
                yield f" {knob.name} {knob.script()}"


def is_saved(knob: KnobModel) -> bool:
    """Whether a script has the value: what differs from the default, and a node's name and place."""
    return knob.changed() or knob.name in _FIRST


def _definition(knob: KnobModel) -> str:
    row = knob.definition
    assert row is not None
    words = [str(row.code), quoted(knob.name), "l", quoted(knob.label)]
    if knob.tooltip:
        words += ["t", quoted(knob.tooltip)]
    words += sorted(row.flags - {"+INVISIBLE", "+DISABLED"})
    words += ["+INVISIBLE"] * (not knob.visible and "+HIDDEN" not in row.flags)
    words += ["+DISABLED"] * (not knob.enabled)
    if knob.type in ("PyScript", "Text", "Link") and knob.value:
        words += ["T", quoted(knob.value)]
    if knob.values is not None:
        words += ["M", "{" + " ".join(quoted(value) for value in knob.values) + "}"]
    if row.range:
        words += ["R", *(f"{number:g}" for number in row.range)]
    if row.group:
        words += ["n", str(row.group)]
    return " ".join(words)


def numeric_version(version: str) -> str:
    """`15.1v3` as a script has it: `15.1 v3`."""
    return re.sub(r"(?=v\d+$)", " ", version)
