"""`nuke.execute`: frame by frame through a Write, into real files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.hosts.fakes import files
from tests.hosts.fakes.evaluation import layer_channels, picture_of
from tests.hosts.fakes.model import NodeModel, file_type, refuse
from tests.hosts.fakes.pictures import Attribute, Picture, write_exr
from tests.hosts.fakes.tcl_eval import number

_KINDS = {"16 bit half": "half", "32 bit float": "float"}
_COMPRESSIONS = {
    "none": "none",
    "Zip (1 scanline)": "zips",
    "Zip (16 scanlines)": "zip",
    "PIZ Wavelet (32 scanlines)": "piz",
    "RLE": "rle",
    "B44": "b44",
    "B44A": "b44a",
    "DWAA": "dwaa",
    "DWAB": "dwab",
}
_STANDARD = ("timeCode", "framesPerSecond", "keyCode")


def execute(node: NodeModel, first: int, last: int, step: int) -> None:
    """Write frames. Raises RuntimeError, its text beginning with `Cancelled` where the user stopped it."""
    session = node.session
    if node.cls != "Write":
        raise RuntimeError(f"{node.full_name()} is not a node that can be executed")
    if number(session.root.knobs["proxy"]):
        raise refuse("proxies")
    if number(node.knobs["disable"]):
        raise RuntimeError(f"{node.full_name()} is disabled, so it cannot be executed")
    files.check_raw(node)
    if session.executing:
        raise RuntimeError("I'm already executing something else")
    session.executing = True
    session.callbacks.run("beforeRender", node)
    try:
        for frame in range(first, last + 1, step):
            if session.has_gui:
                session.loop.drain()
            if session.cancel_at == frame:
                raise RuntimeError("Cancelled")
            session.callbacks.run("beforeFrameRender", node)
            session.frame, before = frame, session.frame
            try:
                _write(node, frame)
            finally:
                session.frame = before
            session.rendered.append((node.full_name(), frame))
            session.callbacks.run("afterFrameRender", node)
    finally:
        session.callbacks.run("afterRender", node)
        session.executing = False


def _write(node: NodeModel, frame: int) -> None:
    if file_type(node) != "exr":
        raise refuse(f"files of type {file_type(node)!r}")
    if number(node.knobs["use_limit"]):
        raise refuse("a Write with a limit")
    source = node.input(0)
    if source is None:
        raise RuntimeError(f"{node.full_name()}: nothing is connected to its input")
    picture = picture_of(source, frame)
    header = _header(node, picture)
    chosen = picture.only(layer_channels(picture, str(node.get("channels"))))
    if not chosen.planes:
        raise RuntimeError(
            f"{node.full_name()}: no channels are selected, or none are available, to be written"
        )
    if number(node.knobs["autocrop"]):
        chosen = _cropped(chosen)
    path = files.path_at(node, frame)
    _make_folder(node, path)
    kind, compression = _KINDS[str(node.get("datatype"))], _COMPRESSIONS[str(node.get("compression"))]
    write_exr(path, chosen, kind, compression, header)


def _make_folder(node: NodeModel, path: Path) -> None:
    if path.parent.is_dir():
        return
    if not number(node.knobs["create_directories"]):
        raise RuntimeError(f"{node.full_name()}: {path.parent}: No such file or directory")
    path.parent.mkdir(parents=True)


def _header(node: NodeModel, picture: Picture) -> dict[str, Attribute]:
    mode = str(node.get("metadata"))
    header: dict[str, Attribute] = {}
    if mode != "no metadata":
        header["nuke/version"] = Attribute(node.session.version, "string")
    for key, item in picture.metadata.items():
        name = key.removeprefix("exr/")
        is_exr = name != key
        if _is_written(mode, key, name, is_exr=is_exr):
            bare = name if is_exr or number(node.knobs["noprefix"]) else f"nuke/{name}"
            header[bare] = item
    return header


def _is_written(mode: str, key: str, name: str, *, is_exr: bool) -> bool:
    if is_exr and name in _STANDARD:
        return mode != "no metadata"
    return {
        "no metadata": False,
        "default metadata": False,
        "default metadata and exr/*": is_exr,
        "all metadata except input/*": not key.startswith("input/"),
        "all metadata": True,
    }[mode]


def _cropped(picture: Picture) -> Picture:
    stacked = np.any([plane != 0 for plane in picture.planes.values()], axis=0)
    rows, columns = np.flatnonzero(stacked.any(1)), np.flatnonzero(stacked.any(0))
    if not len(rows):
        return picture
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    planes = {name: plane[top:bottom, left:right] for name, plane in picture.planes.items()}
    x, y = picture.data[:2]
    data = (x + int(left), y + int(top), int(right - left), int(bottom - top))
    return Picture(planes, data, picture.format, picture.metadata)


def render_all(session: Any, names: list[str] | None, first: int, last: int, step: int) -> None:
    """What `-x` does: every enabled Write of the script, or those named. Raises RuntimeError."""
    writes = [node for node in session.root.walk() if node.cls == "Write"]
    if names is None:
        chosen = [node for node in writes if not number(node.knobs["disable"])]
    else:
        found = {node.full_name(): node for node in writes}
        chosen = [found[name] for name in names if name in found]
        if len(chosen) != len(names):
            raise RuntimeError(f"no Write is named {', '.join(set(names) - set(found))}")
    if not chosen:
        raise RuntimeError("the script has no Write to be executed")
    for node in chosen:
        execute(node, first, last, step)
