"""Reckons the picture that a group of Fusion's makes, for the few tools that it knows; refuses all others.

A Loader shows the channels that it names of a real EXR file; a Custom tool reckons its formulas as the vendor's manual
tells them: r1 is the red of its first image, n1 its first number. Pictures are dicts from r, g, b, a to float32 arrays.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import OpenImageIO as oiio

from tests.hosts.lua_table import Table

Plane = npt.NDArray[np.float32]
Picture = dict[str, Plane]
_PARTS = {"r": "Red", "g": "Green", "b": "Blue", "a": "Alpha"}
_OPERATIONS: dict[type, Callable[[Plane, Plane], Plane]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
}


def evaluate(group: Table, frame: int, output: str = "MainOutput1") -> Picture:
    """What a group puts out at a frame. Raises NotImplementedError."""
    tools = group.table("Tools")
    done: dict[str, Picture] = {}

    def picture(name: str) -> Picture:
        if name not in done:
            tool = tools.table(name)
            if tool.cls not in ("Loader", "Custom"):
                raise NotImplementedError(f"{tool.cls} is not known here")
            done[name] = _loaded(tool, frame) if tool.cls == "Loader" else _reckoned(tool, picture)
        return done[name]

    return picture(_linked(group.table("Outputs").table(output)))


def _linked(link: Table) -> str:
    if set(link.items) != {"SourceOp", "Source"} or link["Source"] != "Output":
        raise NotImplementedError(f"the link of line {link.line} is not known here")
    return str(link["SourceOp"])


def _loaded(tool: Table, frame: int) -> Picture:
    inputs, clip = tool.table("Inputs"), tool.table("Clips").table(1)
    known = {f"Clip1.OpenEXRFormat.{part}Name" for part in _PARTS.values()}
    if set(inputs.items) != known | {"GlobalIn", "GlobalOut", "PostMultiplyByAlpha"}:
        raise NotImplementedError(f"a Loader with {sorted(map(str, inputs.items))} is not known here")
    first, last = (inputs.table(name)["Value"] for name in ("GlobalIn", "GlobalOut"))
    span = (clip["GlobalStart"], clip["GlobalEnd"], clip["StartFrame"], clip["Length"])
    if span != (first, last, first, int(last) - int(first) + 1) or not int(first) <= frame <= int(last):
        raise NotImplementedError(f"a Loader that shows {span} at {frame} is not known here")
    if inputs.table("PostMultiplyByAlpha")["Value"] != 0:
        raise NotImplementedError("a Loader that multiplies is not known here")
    path = Path(re.sub(rf"{first}(?=\.exr$)", f"{frame}", str(clip["Filename"])))
    file = oiio.ImageInput.open(str(path))
    pixels = file.read_image(oiio.FLOAT)
    planes = {name: pixels[..., at] for at, name in enumerate(file.spec().channelnames)}
    chosen = {
        letter: str(inputs.table(f"Clip1.OpenEXRFormat.{part}Name").table("Value")[1])
        for letter, part in _PARTS.items()
    }
    return {letter: planes[channel].astype(np.float32) for letter, channel in chosen.items()}


def _reckoned(tool: Table, picture: Callable[[str], Picture]) -> Picture:
    inputs = tool.table("Inputs")
    names: dict[str, Plane] = {}
    for key in inputs.items:
        if match := re.fullmatch(r"Image([123])", str(key)):
            for letter, plane in picture(_linked(inputs.table(key))).items():
                names[letter + match[1]] = plane
        elif match := re.fullmatch(r"NumberIn([1-8])", str(key)):
            names["n" + match[1]] = np.float32(inputs.table(key)["Value"])
        elif not re.fullmatch(r"(Red|Green|Blue|Alpha)Expression|NameforNumber[1-8]", str(key)):
            raise NotImplementedError(f"a Custom tool with {key!r} is not known here")
    size = next(plane.shape for plane in names.values() if plane.shape)
    formulas = {letter: str(inputs.table(f"{part}Expression")["Value"]) for letter, part in _PARTS.items()}
    made = {letter: _value(ast.parse(text, mode="eval").body, names) for letter, text in formulas.items()}
    return {letter: np.broadcast_to(plane, size).astype(np.float32) for letter, plane in made.items()}


def _value(node: ast.expr, names: dict[str, Plane]) -> Plane:
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        return _OPERATIONS[type(node.op)](_value(node.left, names), _value(node.right, names))
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return np.float32(node.value)
    if isinstance(node, ast.Name) and node.id in names:
        return names[node.id]
    raise NotImplementedError(f"{ast.unparse(node)!r} in a formula is not known here")
