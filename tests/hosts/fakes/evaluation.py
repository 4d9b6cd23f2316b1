"""What each node makes of its inputs at a frame, with real pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tests.hosts.fakes import files
from tests.hosts.fakes.expressions import evaluate
from tests.hosts.fakes.model import NodeModel, refuse
from tests.hosts.fakes.pictures import Attribute, Picture, black, plane, read_exr, union
from tests.hosts.fakes.tcl_eval import number

RGBA = ["rgba.red", "rgba.green", "rgba.blue", "rgba.alpha"]


def picture_of(node: NodeModel, frame: int) -> Picture:
    """What a node shows at a frame. Raises RuntimeError as the host would, FakeGap for a node that the fake lacks."""
    if node.cls in ("Input", "Group"):
        return _input(node, frame) if node.cls == "Input" else _group(node, frame)
    if number(node.knobs["disable"]):
        return above(node, 0, frame)
    if node.cls not in _MAKERS:
        raise refuse(f"pictures of {node.cls}")
    return _MAKERS[node.cls](node, frame)


def above(node: NodeModel, index: int, frame: int) -> Picture:
    """The picture at an input; black of the script's format where nothing is connected."""
    source = node.input(index)
    return picture_of(source, frame) if source else black(root_format(node))


def root_format(node: NodeModel) -> tuple[int, int, float]:
    """Width, height and pixel aspect of the script."""
    return parse_format(str(node.root().get("format")))


def parse_format(text: str) -> tuple[int, int, float]:
    """Of `2048 1556 0 0 2048 1556 1 name`. The fake's script without a format is 2048 x 1556, as the host's."""
    words = text.split()
    return (int(words[0]), int(words[1]), float(words[6])) if len(words) > 6 else (2048, 1556, 1.0)


def _input(node: NodeModel, frame: int) -> Picture:
    group = node.parent
    assert group is not None
    return (
        above(group, int(number(node.knobs["number"])), frame) if group.parent else black(root_format(node))
    )


def _group(node: NodeModel, frame: int) -> Picture:
    if number(node.knobs["disable"]):
        return above(node, 0, frame)
    output = next((child for child in node.children if child.cls == "Output"), None)
    if output is None:
        raise RuntimeError(f"{node.full_name()}: a group without an Output")
    return picture_of(output, frame)


def _pass(node: NodeModel, frame: int) -> Picture:
    return above(node, 0, frame)


def _switch(node: NodeModel, frame: int) -> Picture:
    return above(node, int(number(node.knobs["which"], frame)), frame)


def _read(node: NodeModel, frame: int) -> Picture:
    files.check_raw(node)
    at = files.read_frame(node, frame)
    if at is None:
        first = _read(node, int(number(node.knobs["first"])))
        return replace(first, planes={name: np.zeros_like(values) for name, values in first.planes.items()})
    path = files.path_at(node, at)
    if not path.is_file():
        return _missing(node, f"{node.full_name()}: {path}: Read error: No such file or directory")
    found = read_exr(path)
    told = {
        "input/filename": Attribute(str(path), "string"),
        "input/frame": Attribute(at, "int"),
        "input/width": Attribute(found.format[0], "int"),
        "input/height": Attribute(found.format[1], "int"),
    }
    return replace(found, metadata={**found.metadata, **told})


def _missing(node: NodeModel, what: str) -> Picture:
    if node.get("on_error") == "error":
        raise RuntimeError(what)
    if node.get("on_error") == "black":
        width, height, aspect = root_format(node)
        planes = {name: np.zeros((height, width), np.float32) for name in RGBA}
        return Picture(planes, (0, 0, width, height), (width, height, aspect))
    raise refuse(f"on_error {node.get('on_error')}")


def layer_channels(picture: Picture, words: str) -> list[str]:
    """The channels that a channel knob names: `rgb`, `rgba`, `alpha`, `all`, `none`, a layer, `layer.part`."""
    names: list[str] = []
    for word in words.split():
        if word == "all":
            names += list(picture.planes)
        elif word in ("rgb", "rgba"):
            names += RGBA[: len(word)]
        elif word in ("alpha", "red", "green", "blue"):
            names.append(f"rgba.{word}")
        elif "." in word:
            names.append(word)
        elif word != "none" and not word.startswith("-"):
            names += [name for name in picture.planes if name.partition(".")[0] == word]
        elif word != "none":
            raise refuse(f"channels {words!r}")
    return list(dict.fromkeys(names))


_OPERATIONS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = {
    "multiply": lambda a, b, _: np.where((a < 0) & (b < 0), a, a * b),
    "plus": lambda a, b, _: a + b,
    "over": lambda a, b, alpha: a + b * (1 - alpha),
    "from": lambda a, b, _: b - a,
    "minus": lambda a, b, _: a - b,
    "max": lambda a, b, _: np.maximum(a, b),
}


def _merge(node: NodeModel, frame: int) -> Picture:
    b, a = above(node, 0, frame), above(node, 1, frame)
    operation = node.get("operation") or "over"
    if operation not in _OPERATIONS:
        raise refuse(f"Merge2 {operation}")
    data = union(a.data, b.data)
    alpha = plane(a, "rgba.alpha", data)
    mix = np.float32(number(node.knobs["mix"]))
    planes = {name: plane(b, name, data) for name in b.planes}
    for name in layer_channels(a, str(node.get("output") or "rgba")):
        first, second = plane(a, name, data), plane(b, name, data)
        made = _OPERATIONS[operation](first, second, alpha).astype(np.float32)
        planes[name] = second * (np.float32(1) - mix) + made * mix
    return replace(b, planes=planes, data=data)


def _shuffle(node: NodeModel, frame: int) -> Picture:
    source = above(node, 0, frame)
    planes = dict(source.planes)
    size = source.data[3:1:-1]
    for name in RGBA:
        wanted = str(node.get(name[5:]) or name[5:])
        if wanted in ("white", "black"):
            planes[name] = np.full(size, wanted == "white", np.float32)
        elif f"rgba.{wanted}" in RGBA:
            planes[name] = plane(source, f"{node.get('in') or 'rgba'}.{wanted}", source.data)
        else:
            raise refuse(f"Shuffle {wanted}")
    return replace(source, planes=planes)


def _copy(node: NodeModel, frame: int) -> Picture:
    b, a = above(node, 0, frame), above(node, 1, frame)
    data = union(a.data, b.data)
    planes = {name: plane(b, name, data) for name in b.planes}
    planes[str(node.get("to0"))] = plane(a, str(node.get("from0")), data)
    return replace(b, planes=planes, data=data)


_LETTERS = {"r": "rgba.red", "g": "rgba.green", "b": "rgba.blue", "a": "rgba.alpha"}


def _expression(node: NodeModel, frame: int) -> Picture:
    source = above(node, 0, frame)
    planes = dict(source.planes)
    for index, default in enumerate(("rgba.red", "rgba.green", "rgba.blue", "rgba.alpha")):
        text = str(node.get(f"expr{index}"))
        wanted = str(node.get(f"channel{index}"))
        if not text:
            continue
        made = evaluate(text, lambda name: plane(source, _LETTERS.get(name, name), source.data))
        for name in layer_channels(source, wanted) if wanted else [default]:
            planes[name] = np.broadcast_to(np.float32(made), source.data[3:1:-1]).astype(np.float32)
    return replace(source, planes=planes)


def _constant(node: NodeModel, frame: int) -> Picture:
    form = root_format(node)
    colour = np.broadcast_to(np.float32(node.get("color")), 4)
    planes = {name: np.full((form[1], form[0]), value) for name, value in zip(RGBA, colour, strict=True)}
    return Picture(planes, (0, 0, form[0], form[1]), form)


_MAKERS: dict[str, Callable[[NodeModel, int], Picture]] = {
    "Read": _read,
    "Constant": _constant,
    "Dot": _pass,
    "NoOp": _pass,
    "Output": _pass,
    "Write": _pass,
    "Switch": _switch,
    "Merge2": _merge,
    "Shuffle": _shuffle,
    "Copy": _copy,
    "Expression": _expression,
}
