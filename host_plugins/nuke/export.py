"""Writing an input as EXR through the node's own inner Writes.

They are raw: the files hold the working space's values unchanged. Each is off but while it writes, so that "Render all"
in Nuke never starts one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import nuke

from ..host import Fault, cancelled
from ..paths import Sequenced
from .graph import export_of
from .node import inner
from .session import unrecorded


def write(node: nuke.Node, source: str, files: str, first: int, last: int) -> None:
    """Write input `source`, frames `first` to `last`, to the pattern `files`. Runs on the main thread.

    Raises Fault with Nuke's own message; `cancelled()` when the user stopped it.
    """
    writer = inner(node, export_of(source))
    with unrecorded(), _full_size(), _enabled(writer, node, files):
        try:
            nuke.execute(writer, first, last, 1, nuke.views()[:1])
        except RuntimeError as error:
            if "cancel" in str(error).lower():
                raise cancelled() from None
            raise Fault(
                f"Nuke could not export {source} ({error})",
                where=node.name(),
                hint=f"look at what is connected to '{source}'",
            ) from None


@contextmanager
def _enabled(writer: nuke.Node, node: nuke.Node, files: str) -> Iterator[None]:
    half = node["export_type"].value() == "half"
    if writer.name() == export_of("plate"):
        writer["datatype"].setValue("16 bit half" if half else "32 bit float")
    writer["file"].setValue(Sequenced.of(files).printf)
    writer["disable"].setValue(False)
    try:
        yield
    finally:
        writer["disable"].setValue(True)
        writer["file"].setValue("")


@contextmanager
def _full_size() -> Iterator[None]:
    """Proxies off: what is written is what is delivered over."""
    proxy = nuke.root()["proxy"]
    was = bool(proxy.value())
    if was:
        proxy.setValue(False)
    try:
        yield
    finally:
        if was:
            proxy.setValue(True)
