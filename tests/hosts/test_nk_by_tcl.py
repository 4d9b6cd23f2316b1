"""A real Tcl interpreter as a second reader: scripts of Nuke are Tcl, and so are ours."""

from __future__ import annotations

import pytest
from hypothesis import given

from pai_studio.host_plugins.nuke import write_nk
from pai_studio.host_plugins.nuke.graph import Placed
from pai_studio.host_plugins.nuke.knobs import BUTTON, Knob
from tests.hosts.nk_reader import Script, read_nk
from tests.hosts.test_nk_reader import FACTS
from tests.hosts.test_nuke_files import HERE, TEXT

tkinter = pytest.importorskip("tkinter", reason="this Python comes without Tcl")

TCL = tkinter.Tcl()
Pairs = list[tuple[str, str]]
_COMMANDS = """
set nodes {}
set cut_paste_input 0
proc stack {index} { return 0 }
foreach name {version push end_group define_window_layout_xml add_layer clone} { proc $name args {} }
proc unknown {name body} { lappend ::nodes [list $name $body] }
"""


def by_tcl(text: str) -> list[tuple[str, Pairs]]:
    """Class and knobs of every node, clones left out, as Tcl reads them."""
    TCL.eval(_COMMANDS)
    TCL.eval(text)
    nodes = [TCL.splitlist(node) for node in TCL.splitlist(TCL.eval("set nodes"))]
    bodies = [(name, TCL.splitlist(body)) for name, body in nodes]
    return [(name, list(zip(body[::2], body[1::2], strict=True))) for name, body in bodies]


def by_us(script: Script) -> list[tuple[str, dict[str, str], list[str]]]:
    return [
        (node.cls, node.knobs, [knob.name for knob in node.user_knobs.values()])
        for node in script.walk()
        if not node.clone_of
    ]


def assert_same(text: str) -> None:
    ours, theirs = by_us(read_nk(text)), by_tcl(text)
    assert len(ours) == len(theirs) > 0
    for (cls, knobs, rows), (name, pairs) in zip(ours, theirs, strict=True):
        assert cls == name
        assert knobs == {key: value for key, value in pairs if key not in ("inputs", "addUserKnob")}
        added = [TCL.splitlist(value) for key, value in pairs if key == "addUserKnob"]
        assert rows == [row[1] for row in added]


@pytest.mark.parametrize("name", FACTS)
def test_tcl_reads_a_real_script_as_we_do(footage, name: str):
    assert_same((footage("scripts_nuke") / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", write_nk.FILES)
def test_tcl_reads_our_files_as_we_do(name: str):
    assert_same((HERE / name).read_text(encoding="utf-8"))


@given(TEXT, TEXT)
def test_tcl_finds_every_text_as_it_was_written(label: str, code: str):
    row = Knob(BUTTON, "press", label, code, text=code, choices=(code, label))
    text = write_nk.snippet(Placed("NoOp", "NoOp1", {"label": label, "help": code}, (None,), (row,)))
    ((_, pairs),) = by_tcl(text)
    assert pairs[:3] == [("name", "NoOp1"), ("label", label), ("help", code)]
    words = TCL.splitlist(pairs[3][1])
    said = dict(zip(words[2::2], words[3::2], strict=True))
    assert (said["l"], said.get("t", ""), said.get("T", "")) == (label, code, code)
    assert TCL.splitlist(said["M"]) == (code, label)
