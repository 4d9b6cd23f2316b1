"""The drawings in the docs are of the nodes as they are now, with nothing left out or cut off."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from tests.hosts.draw_nk import IMAGES, drawings
from tests.hosts.draw_panel import draw_panel, pages_of
from tests.hosts.nk_reader import Node, read_nk
from tests.hosts.svg import width_of
from tests.hosts.test_nuke_files import HERE

TEXT = "{http://www.w3.org/2000/svg}text"
NAMES = ("nuke-graph.svg", "nuke-panel.svg", "nuke-recombine.svg")


def group(name: str) -> Node:
    return read_nk((HERE / name).read_text(encoding="utf-8")).nodes[0]


def words_of(name: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(drawings()[name]).iter(TEXT)]


def test_there_are_these_drawings():
    assert tuple(drawings()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_drawing_is_of_the_file_as_it_is_and_says_so(name: str):
    """`python -m tests.hosts.draw_nk` draws anew."""
    assert (IMAGES / name).read_text(encoding="utf-8") == drawings()[name]
    assert words_of(name)[-1].endswith("Not a screenshot of Nuke.")


@pytest.mark.parametrize(
    ("name", "file"), [("nuke-graph.svg", "PAIStudio.nk"), ("nuke-recombine.svg", "PAIRecombine.nk")]
)
def test_every_node_is_drawn(name: str, file: str):
    words = words_of(name)
    for node in group(file).children:
        if node.cls == "Dot":
            assert node.knobs.get("label", words[0]) in words
        elif node.cls in ("BackdropNode", "StickyNote"):
            assert set(node.knobs["label"].split("\n")) <= set(words)
        else:
            assert node.name in words


def test_every_row_of_the_panel_is_drawn():
    node, words = group("PAIStudio.nk"), words_of("nuke-panel.svg")
    pages = pages_of(node)
    assert [page.title for page in pages] == ["PAI-Studio", "References", "Prompt", "Finish", "Plate"]
    seen = [knob for page in pages for line in page.lines for knob in line]
    assert sum(len(knob.label) > 0 for knob in seen) > 50
    for knob in seen:
        assert set((knob.label or knob.text).split("\n")) <= set(words)


def test_text_stays_on_the_paper():
    tree = ET.fromstring(drawings()["nuke-panel.svg"])
    width = float(tree.get("width", 0))
    shares = {"start": 0.0, "middle": 0.5, "end": 1.0}
    elements = list(tree.iter(TEXT))
    assert len(elements) > 100
    for element in elements:
        wide = width_of(element.text or "", float(element.get("font-size", 0)))
        left = float(element.get("x", 0)) - shares[element.get("text-anchor", "")] * wide
        assert left >= 0, element.text
        assert left + wide <= width, element.text


def test_a_line_that_is_too_long_is_told_and_not_cut():
    node = group("PAIStudio.nk")
    wide = node.user_knobs["ref1_now"]
    node.user_knobs["ref1_now"] = type(wide)(
        wide.code, wide.name, "Use the frame that is current " * 3, flags=wide.flags
    )
    with pytest.raises(ValueError, match="the line of ref1_frame is"):
        draw_panel(node, "")
