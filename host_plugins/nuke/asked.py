"""What the artist wants: the knobs of our node as a shot document, checked in the artist's words."""

from __future__ import annotations

import posixpath
import re
from typing import Any, Callable

import nuke

from ..host import Asked, Fault, Record, Still
from ..paths import Sequenced, is_windows
from .knobs import FINISHES, LAYERS, MATTES, PROMPTS, STILLS
from .node import HAS_TCL, TCL, WITHOUT_TCL, connected, frames_of, knob_fault, path_of, text_of, unplugged

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_SEED_END = 2**31
_TAKEN: dict[str, tuple[str, ...]] = {"draft": ("seed", "quality"), "plate": ("seed",)}
"""The settings of engines that run no model; the others take them all."""


def read(node: nuke.Node) -> Asked:
    """The knobs as a document. Raises Fault naming the knob, or the input, that cannot be used."""
    inputs = connected(node)
    if "plate" not in inputs:
        raise unplugged(node)
    first, last = frames_of(node)
    handles = _whole(node, "handles", 0, 10_000)
    span = first - handles, last + handles
    notes = _plate_notes(node, inputs["plate"], (first, last), span)
    stills = tuple(_still(node, name, *span) for name in STILLS if name in inputs)
    if not stills:
        raise Fault(
            "no background still is connected",
            where=node.name(),
            hint=f"connect one to the input '{STILLS[0]}' and give its frame",
            code="INVALID_INPUT",
        )
    mattes = tuple(name for name in MATTES if name in inputs)
    document: Record = {
        "name": _shot(node),
        "rate": f"{nuke.root()['fps'].value():.6g}",
        "frames": [first, last],
        "handles": handles,
        "plate": {
            "alpha": node["plate_alpha"].value(),
            "screen": node["screen"].value(),
            "exposure": _within(node, "exposure", -20, 20),
        },
        "mattes": {name: {"invert": bool(node[f"{name}_invert"].value())} for name in mattes},
        "prompt": {name: text_of(node, name) for name in PROMPTS},
        "engine": _engine(node),
        "finish": {name: _within(node, name, 0, 1) for name in FINISHES},
        "delivery": _delivery(node),
    }
    return Asked(document, stills, mattes, notes)


def _plate_notes(
    node: nuke.Node, plate: nuke.Node, frames: tuple[int, int], span: tuple[int, int]
) -> tuple[str, ...]:
    """What is worth telling of a plate that is one picture. Raises Fault for a sequence that ends before the span does.

    Nuke holds a sequence's end pictures without a word. One frame may be a still that is meant to be held, or a
    generator: that is for the artist to judge.
    """
    found = plate.frameRange()
    low, high = int(found.first()), int(found.last())
    if low <= span[0] and span[1] <= high:
        return ()
    if low == high:
        return (f"the plate has one frame, {low}: Nuke holds it for {_frames(span)}",)
    is_for_handles = low <= frames[0] and frames[1] <= high
    raise knob_fault(
        node,
        "handles" if is_for_handles else "frame_source",
        f"{_frames(span)} goes beyond the plate's {_frames((low, high))}, where Nuke only holds its end pictures",
        "ask for fewer; for handles choose frames inside the plate. A FrameRange node says what a plate has",
    )


def _frames(span: tuple[int, int]) -> str:
    return f"{span[0]}-{span[1]}"


def _shot(node: nuke.Node) -> str:
    name = str(node["shot"].value())
    if not _NAME.fullmatch(name):
        raise knob_fault(
            node, "shot", f"{name!r} cannot name a shot", "use letters, digits, dot, dash and underscore"
        )
    return name


def _still(node: nuke.Node, name: str, first: int, last: int) -> Still:
    frame = int(node[f"{name}_frame"].value())
    if not first <= frame <= last:
        raise Fault(
            f"{node[f'{name}_frame'].label()} {frame} lies outside the frames {first}-{last}",
            where=node.name(),
            hint=f"give the frame whose camera took {name}",
            code="INVALID_INPUT",
        )
    return Still(name, frame, str(node[f"{name}_fit"].value()))


def _engine(node: nuke.Node) -> Record:
    """The knobs that the engine looks at: those that it does not must make no version stale."""
    name = str(node["engine"].value())
    settings: dict[str, Callable[[], Any]] = {
        "model": lambda: str(node["model"].value()),
        "seed": lambda: _whole(node, "seed", 0, _SEED_END - 1),
        "steps": lambda: _whole(node, "steps", 1, 1000),
        "quality": node["quality"].value,
    }
    return {"name": name, **{key: settings[key]() for key in _TAKEN.get(name, settings)}}


def _delivery(node: nuke.Node) -> Record:
    return {
        "files": output(node),
        "passes": ["beauty", *(name for name in LAYERS if node[f"pass_{name}"].value())],
        "compression": node["delivery_compression"].value(),
        "type": node["delivery_type"].value(),
    }


def output(node: nuke.Node) -> str:
    """The Output knob as an absolute pattern with `####`. Raises Fault."""
    text = path_of(node, "output")
    if not (text.startswith("/") or is_windows(text)):
        raise knob_fault(
            node,
            "output",
            f"{text!r} is no full path",
            "save the script first, or give a path that starts at the root",
        )
    if set(text) & set(TCL):
        raise knob_fault(node, "output", f"{text!r} {HAS_TCL}", WITHOUT_TCL)
    try:
        files = Sequenced.of(posixpath.normpath(text)).hashes
    except Fault as fault:
        raise knob_fault(node, "output", fault.what, "name it as NAME_v001.%04d.exr") from None
    if not files.lower().endswith(".exr"):
        raise knob_fault(
            node, "output", "does not end in .exr, which is what is written", "name it as NAME_v001.%04d.exr"
        )
    return files


def _whole(node: nuke.Node, knob: str, low: int, high: int) -> int:
    value: Any = node[knob].value()
    if value != int(value) or not low <= value <= high:
        raise knob_fault(node, knob, f"{value:g} is not a whole number from {low} to {high}", "change it")
    return int(value)


def _within(node: nuke.Node, knob: str, low: float, high: float) -> float:
    value = float(node[knob].value())
    if not low <= value <= high:
        raise knob_fault(node, knob, f"{value:g} is not from {low:g} to {high:g}", "change it")
    return value
