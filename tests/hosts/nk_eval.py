"""Reckons the picture that a group of a script makes, for the few kinds of node that it knows; refuses all others.

The arithmetic is that of the vendor's reference of these nodes (learn.foundry.com: Merge, Merge Operations, Shuffle,
Copy). A picture is a dict from channel name to a float32 array.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from tests.hosts.nk_reader import Node
from tests.hosts.nk_values import Expression, animation

Plane = npt.NDArray[np.float32]
Planes = dict[str, Plane]
RGBA = ("rgba.red", "rgba.green", "rgba.blue", "rgba.alpha")
_LOOKS = {"name", "label", "xpos", "ypos"}
_ONE = np.float32(1)


def evaluate(group: Node, inputs: list[Planes]) -> Planes:
    """What a group puts out when its inputs are fed those pictures. Raises NotImplementedError."""
    done: dict[int, Planes] = {}
    size = next(iter(inputs[0].values())).shape

    def picture(node: Node | None) -> Planes:
        if node is None:
            raise NotImplementedError("an input hangs open")
        if id(node) not in done:
            if node.cls == "Input":
                done[id(node)] = inputs[int(node.knobs.get("number", 0))]
            else:
                done[id(node)] = _make(node, group, [picture(above) for above in node.inputs], size)
        return done[id(node)]

    (output,) = [node for node in group.children if node.cls == "Output"]
    return picture(output)


def _make(node: Node, group: Node, above: list[Planes], size: tuple[int, ...]) -> Planes:
    makers: dict[str, tuple[set[str], Callable[..., Planes]]] = {
        "Dot": (set(), lambda one: one),
        "Output": (set(), lambda one: one),
        "Shuffle": ({"in", "red", "green", "blue", "alpha"}, lambda one: _shuffle(node.knobs, one, size)),
        "Copy": ({"from0", "to0"}, lambda b, a: {**b, node.knobs["to0"]: a[node.knobs["from0"]]}),
        "Merge2": ({"operation", "mix"}, lambda b, a: _merge(node, group, b, a, size)),
    }
    if node.cls not in makers:
        raise NotImplementedError(f"{node.cls} is not known here")
    known, make = makers[node.cls]
    if strange := set(node.knobs) - known - _LOOKS:
        raise NotImplementedError(f"{node.cls} with {sorted(strange)} is not known here")
    return make(*above)


def _shuffle(knobs: Mapping[str, str], one: Planes, size: tuple[int, ...]) -> Planes:
    layer = knobs["in"]
    made = dict(one)
    for part in ("red", "green", "blue", "alpha"):
        source = knobs.get(part, part)
        if source in ("white", "black"):
            made[f"rgba.{part}"] = np.full(size, source == "white", np.float32)
        else:
            made[f"rgba.{part}"] = one.get(f"{layer}.{source}", np.zeros(size, np.float32))
    return made


def _merge(node: Node, group: Node, b: Planes, a: Planes, size: tuple[int, ...]) -> Planes:
    nothing = np.zeros(size, np.float32)
    alpha = a.get(RGBA[3], nothing)
    mix = np.float32(_number(node.knobs.get("mix", "1"), group))
    made = dict(b)
    for name in RGBA:
        first, second = a.get(name, nothing), b.get(name, nothing)
        result = _operate(node.knobs.get("operation", "over"), first, second, alpha)
        made[name] = second * (_ONE - mix) + result * mix
    return made


def _operate(operation: str, a: Plane, b: Plane, alpha: Plane) -> Plane:
    if operation == "over":
        return a + b * (_ONE - alpha)
    if operation == "plus":
        return a + b
    if operation == "multiply":
        return np.where((a < 0) & (b < 0), a, a * b)
    raise NotImplementedError(f"the operation {operation} is not known here")


def _number(value: str, group: Node) -> float:
    (part,) = animation(value)
    if isinstance(part, str):
        return float(part)
    match = re.fullmatch(r"parent\.(\w+)", part.text) if isinstance(part, Expression) else None
    if not match:
        raise NotImplementedError(f"the value {value!r} is not known here")
    return float(group.knobs[match[1]])
