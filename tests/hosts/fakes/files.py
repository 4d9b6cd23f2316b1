"""Files of Reads and Writes: their names at a frame, which frame is read, and that nothing is converted."""

from __future__ import annotations

import re
from pathlib import Path

from tests.hosts.fakes.model import NodeModel, refuse
from tests.hosts.fakes.tcl_eval import evaluated, number

_FRAME = re.compile(r"%0?(\d*)d|(#+)")


def file_name(node: NodeModel) -> str:
    """The node's file, Tcl evaluated and through the filename filters, the frame's number still open."""
    return str(node.session.callbacks.filtered(node, evaluated(node, str(node.get("file")))))


def path_at(node: NodeModel, frame: int) -> Path:
    """The node's file at a frame. Raises RuntimeError where it has none."""
    name = file_name(node)
    if not name:
        raise RuntimeError(f"{node.full_name()}: no file is given")
    return Path(numbered(name, frame))


def numbered(name: str, frame: int) -> str:
    """A file's name with the frame's number in it, for `%04d` and `####` alike."""

    def one(match: re.Match[str]) -> str:
        return f"{frame:0{int(match[1] or 1) if match[2] is None else len(match[2])}d}"

    return _FRAME.sub(one, name)


def read_frame(node: NodeModel, frame: int) -> int | None:
    """Which frame of its file a Read shows; None where it shows black. Raises FakeGap for modes that it lacks."""
    if str(node.get("frame")) or str(node.get("frame_mode")) not in ("", "expression"):
        raise refuse("a Read whose frames are renumbered")
    first, last = int(number(node.knobs["first"])), int(number(node.knobs["last"]))
    if first <= frame <= last or not _FRAME.search(file_name(node)):
        return frame
    mode = str(node.get("before" if frame < first else "after"))
    if mode == "black":
        return None
    if mode == "hold":
        return first if frame < first else last
    raise refuse(f"a Read that is to {mode}")


def check_raw(node: NodeModel) -> None:
    """Raises FakeGap where a Read or Write would convert colours, which the fake does not."""
    if number(node.knobs["raw"]):
        return
    root = node.root()
    working = str(root.get("workingSpaceLUT"))
    space = str(node.get("colorspace")) or str(root.get("floatLut"))
    if not working or space != working:
        raise refuse(f"colours: {node.full_name()} is not raw, and is to convert {space!r} and {working!r}")
