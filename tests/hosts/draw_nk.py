"""Draws our Nuke nodes for the docs from the files that ship.

`python -m tests.hosts.draw_nk` writes docs/images/nuke-*.svg.
"""

from __future__ import annotations

from pathlib import Path

from tests.hosts.draw_graph import draw_graph
from tests.hosts.draw_panel import draw_panel
from tests.hosts.nk_reader import Node, read_nk

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "docs" / "images"
SAID = "Drawn from {name}, the file that ships. Not a screenshot of Nuke."


def drawings() -> dict[str, str]:
    """Every drawing as SVG, by the name of its file."""
    studio, recombine = _group("PAIStudio.nk"), _group("PAIRecombine.nk")
    return {
        "nuke-graph.svg": draw_graph(studio, SAID.format(name="PAIStudio.nk")),
        "nuke-panel.svg": draw_panel(studio, SAID.format(name="PAIStudio.nk")),
        "nuke-recombine.svg": draw_graph(recombine, SAID.format(name="PAIRecombine.nk")),
    }


def _group(name: str) -> Node:
    text = (ROOT / "host_plugins" / "nuke" / name).read_text(encoding="utf-8")
    return read_nk(text).nodes[0]


def main() -> None:
    """Write the drawings."""
    for name, drawing in drawings().items():
        (IMAGES / name).write_text(drawing, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
