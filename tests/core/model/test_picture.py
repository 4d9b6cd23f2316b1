"""The picture of a layout shows what the layout says, and the one in the documents is of today's code."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from pai_studio.core.model import picture
from pai_studio.core.model.clock import Clock
from pai_studio.core.model.layout import Window

KEPT = Path(__file__).resolve().parents[3] / "docs/images/layout.svg"


def test_every_segment_and_anchor_is_drawn():
    svg = ET.fromstring(picture.draw([Window(3, 4, history=1)], [0, 25], Clock(4)))
    said = [node.text for node in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert said.count("0") == said.count("3") == 2
    assert "frame 25 at 3.625" in said
    assert "frame 0 at \N{MINUS SIGN}3" in said
    assert "\N{MINUS SIGN}1" in said


def test_the_documents_picture_is_what_the_code_draws(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["picture", str(tmp_path / "layout.svg")])
    picture.main()
    assert (tmp_path / "layout.svg").read_text() == KEPT.read_text()
