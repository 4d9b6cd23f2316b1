"""The reader of Nuke scripts: proven on real saved ones, and strict about everything else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import nkparser
import pytest

from tests.hosts.nk_reader import NkError, Node, Script, read_nk
from tests.hosts.nk_values import Curve, Expression, animation
from tests.hosts.tcl import split_list

# Of each script: its nodes, groups, rows of user knobs, and connected inputs.
FACTS = {
    "deadline_cloud/cwd-path.nk": (4, 0, 0, 2),
    "deadline_cloud/frame.nk": (4, 0, 0, 2),
    "deadline_cloud/group-read.nk": (5, 1, 0, 2),
    "deadline_cloud/multi-load-save.nk": (10, 0, 0, 6),
    "deadline_cloud/noise-saver.nk": (5, 0, 0, 2),
    "deadline_cloud/ocio.nk": (4, 0, 0, 2),
    "jedypod/Keyer/Extract.nk": (5, 1, 21, 3),
    "jedypod/Keyer/FillMatte.nk": (14, 1, 14, 14),
    "jedypod/Keyer/HChKeyer.nk": (11, 1, 29, 12),
    "jedypod/Keyer/IBColor.nk": (9, 1, 12, 8),
    "jedypod/Keyer/IBDespill.nk": (17, 1, 18, 19),
    "jedypod/Keyer/IBDespillKeyer.nk": (60, 2, 40, 71),
    "jedypod/Keyer/IBKey.nk": (8, 1, 14, 8),
    "jedypod/Keyer/IBKeyer.nk": (29, 1, 26, 35),
    "jedypod/Keyer/qcExtraction.nk": (9, 1, 11, 8),
    "jedypod/Write/PrecompWrite.nk": (8, 1, 17, 6),
    "jedypod/Write/ReadWrite.nk": (1, 0, 7, 0),
    "jedypod/Write/Write.nk": (4, 1, 16, 2),
    "jedypod/Write/Writeffmpeg.nk": (4, 1, 9, 2),
    "jedypod/templates/SlicePlot_setup.nk": (26, 1, 16, 31),
    "jedypod/templates/flow_examples.nk": (440, 4, 44, 511),
    "jedypod/templates/transform_3d_around_location.nk": (5, 0, 0, 3),
    "nst/NST_AdvancedKeyingTemplate.nk": (722, 12, 318, 838),
    "nst/NST_STMap_Keying_Setup.nk": (14, 0, 0, 16),
    "nst/NST_SparkyExampleScene.nk": (117, 2, 84, 122),
    "nst/NST_UVEditor_demo_clean.nk": (321, 5, 172, 320),
    "nst/create_nan.nk": (2, 0, 0, 1),
    "nst/despill_green_list.nk": (7, 0, 10, 6),
    "nst/keying.nk": (2, 0, 11, 1),
    "nst/kill_inf.nk": (3, 0, 3, 2),
}
_NODE = re.compile(r"^ *([A-Z][\w.]*) \{\s*$", re.MULTILINE)


@pytest.fixture
def script(footage: Callable[[str], Path]) -> Callable[[str], Script]:
    """Read a real script by its path."""
    return lambda name: read_nk((footage("scripts_nuke") / name).read_text(encoding="utf-8"))


def names(node: Node) -> list[str | None]:
    return [above and above.name for above in node.inputs]


@pytest.mark.parametrize("name", FACTS)
def test_a_real_script_is_read_whole(script, footage, name: str):
    read = script(name)
    nodes = list(read.walk())
    knobs, inputs = (
        sum(len(n.user_knobs) for n in nodes),
        sum(1 for n in nodes for above in n.inputs if above),
    )
    assert (len(nodes), read.classes()["Group"], knobs, inputs) == FACTS[name]
    # Counted a second time, in another way: by lines that open a node.
    text = (footage("scripts_nuke") / name).read_text(encoding="utf-8")
    assert Counter(n.cls for n in nodes if not n.clone_of) == Counter(_NODE.findall(text))
    assert sum(1 for n in nodes if n.clone_of) == len(re.findall(r"^ *clone ", text, re.MULTILINE))
    assert knobs == text.count("addUserKnob {")


def test_every_script_of_the_set_is_looked_at(footage):
    folder = footage("scripts_nuke")
    assert {str(path.relative_to(folder)) for path in folder.rglob("*.nk")} == set(FACTS)


def test_the_top_of_the_stack_is_the_first_input(script):
    keyer = script("jedypod/Keyer/IBKeyer.nk").node("IBKeyer")
    assert names(keyer.child("sw_screen")) == ["pick_screen_color", "Inputc"]
    assert names(keyer.child("Merge1")) == ["Dot9", "ClampMin"]
    assert names(keyer.child("Copy18")) == ["Dot2", "Clamp1"]


def test_a_merge_stands_below_its_first_input(script):
    """Artists draw B, input 0, straight down: were the order of the stack read wrongly, it would be the other."""
    straight: Counter[tuple[bool, ...]] = Counter()
    for name in FACTS:
        for node in script(name).walk():
            if node.cls in ("Merge2", "Copy") and len(node.inputs) == 2 and all(node.inputs):
                straight[
                    tuple(abs(_centre(above) - _centre(node)) < 5 for above in node.inputs if above)
                ] += 1
    assert straight[True, False] > 3 * straight[False, True] > 0


def _centre(node: Node) -> int:
    return int(node.knobs["xpos"]) + (6 if node.cls == "Dot" else 40)


def test_masks_and_open_inputs(script):
    merge = script("nst/NST_UVEditor_demo_clean.nk")
    (many,) = [node for node in merge.walk() if len(node.inputs) == 25]
    assert (many.masks, names(many)[:5]) == (1, [None, None, None, "Transform1", "Transform2"])


def test_layers_versions_windows_and_comments(script):
    sparky = script("nst/NST_SparkyExampleScene.nk")
    assert sparky.layers["reflection"] == tuple(f"reflection.{c}" for c in ("red", "green", "blue", "alpha"))
    ocio = script("deadline_cloud/ocio.nk")
    assert ocio.version == "13.2v4"
    assert ocio.layout.startswith("<?xml")
    assert ocio.nodes[0].knobs["customOCIOConfigPath"].endswith("scene/config.ocio")
    assert ocio.nodes[0].knobs["defaultViewerLUT"] == "OCIO LUTs"


def test_user_knobs_are_read_with_all_they_say(script):
    ffmpeg = script("jedypod/Write/Writeffmpeg.nk").node("Writeffmpeg")
    rate, press = ffmpeg.user_knobs["framerate"], ffmpeg.user_knobs["set_framerange"]
    assert (rate.code, rate.range, ffmpeg.knobs["framerate"]) == (7, (23.0, 30.0), "24")
    assert (
        press.text.splitlines()[2] == """n['framerange'].setValue("{0}-{1}".format(fr.first(), fr.last()))"""
    )
    assert press.flags == {"-STARTLINE"}
    presets = ffmpeg.user_knobs["presets"].choices
    assert len(presets) == 37
    assert presets[2] == "Prores 422 HQ"
    assert split_list(presets[1])[0].text == "knobs"


def test_expressions_and_curves(script):
    bars = script("deadline_cloud/cwd-path.nk").node("ColorBars1")
    (curve,) = animation(bars.knobs["barintensity"])
    assert isinstance(curve, Curve)
    assert curve.points() == [(1, 0), (10, 1)]
    keyer = script("jedypod/Keyer/IBKeyer.nk").node("IBKeyer")
    assert animation(keyer.child("sw_screen").knobs["which"]) == [Expression("[exists parent.input1]")]
    assert animation("{0.18*2**ex} 1 {curve(frame) x1 2}") == [
        Expression("0.18*2**ex"),
        "1",
        Curve("x1 2", "frame"),
    ]


FLAT = [name for name in FACTS if name.startswith("deadline_cloud") and "group" not in name]
FLAT += ["jedypod/Write/ReadWrite.nk", "jedypod/templates/transform_3d_around_location.nk", "nst/keying.nk"]


@pytest.mark.parametrize("name", FLAT)
def test_a_second_reader_sees_the_same_nodes_in_flat_scripts(script, footage, name: str):
    """nkparser 0.3.0 takes neither groups nor snippets that begin with their version."""
    other = nkparser.Script.from_string((footage("scripts_nuke") / name).read_text(encoding="utf-8"))
    assert not other.has_errors
    ours = list(script(name).walk())
    assert [(n.cls, n.name) for n in ours] == [(n.class_name, n.name) for n in other.all_nodes()]
    for mine, theirs in zip(ours, other.all_nodes(), strict=True):
        # It takes a node without `inputs` for one that has none, and counts inputs from the bottom of the stack.
        if theirs.knob("inputs"):
            assert Counter(names(mine)) == Counter(above and above.name for above in theirs.inputs)
        bare = {k.name: k.value.raw for k in theirs.knobs if k.value.kind is nkparser.KnobValueKind.BARE}
        bare.pop("inputs", None)
        assert {key: mine.knobs[key] for key in bare} == bare


def test_clones_of_a_real_script(script):
    """Three Merges in a row, the second and third of them clones of the first."""
    clones = [node for node in script("nst/NST_AdvancedKeyingTemplate.nk").walk() if node.clone_of]
    first = clones[0].clone_of
    assert first
    assert [names(node) for node in (first, *clones)] == [
        ["Grade13", "Grade12"],
        ["Grade14", "Merge1"],
        ["Grade15", "Merge1"],
    ]
    assert clones[1].inputs[1] is clones[0]
    assert [node.knobs["operation"] for node in clones] == ["plus", "plus"]


SMALL = """version 14.0 v1
Blur {
 inputs 0
 size 10
 name Blur1
}
set N1 [stack 0]
set C1 [stack 0]
clone $C1 {
 xpos 20
}
Grade {
 name Grade1
}
push $N1
Merge2 {
 inputs 2
 name Merge1
}
"""


def test_a_clone_is_its_original_in_another_place():
    read = read_nk(SMALL)
    original, clone, grade, merge = read.nodes
    assert clone.clone_of is original
    assert clone.knobs == {"size": "10", "name": "Blur1", "xpos": "20"}
    assert names(clone) == ["Blur1"]
    assert merge.inputs == [original, grade]


def test_a_gizmo_is_one_node_with_its_insides():
    read = read_nk(
        "#! nuke -nx\r\nversion 14.0 v1\r\nGizmo {\r\n inputs 0\r\n}\r\n NoOp {\r\n}\r\nend_group\r\n"
    )
    (gizmo,) = read.nodes
    assert [(node.cls, node.inputs) for node in gizmo.children] == [("NoOp", [None])]


@pytest.mark.parametrize(
    ("change", "to", "says"),
    [
        ("size 10", "size", "line 2: the knob 'Blur1' has no value|has no value"),
        ("inputs 0", "inputs none", "line 3: inputs none is no count"),
        ("name Blur1\n}", "name Blur1\n}}", "characters follow the end of a braced word|closes nothing"),
        ("name Grade1\n}", "name Grade1\n", "a { is never closed"),
        ("push $N1", "push $N2", r"line 15: \$N2 was never set"),
        ("push $N1", "push 3", "line 15: 3 was never set"),
        ("[stack 0]", "[stack 1]", r"line 7: set N1 is not given \[stack 0\]"),
        ("inputs 2", "inputs 9", "line 16: Merge2 takes 9 inputs of a stack of 2"),
        ("push $N1", "pull $N1", "line 15: 'pull' is neither a command nor a node"),
        ("push $N1", "end_group", "ends no group"),
        ("push $N1", "push", "push has 0 words after it, not 1"),
        ("version 14.0 v1", "version fourteen", "version has 1 words"),
        ("version 14.0 v1", "version fourteen v1", "is no version"),
        ("Merge2 {\n inputs 2", "Group {", "line 16: Group has no end_group"),
        ("Grade {", '"Grade" {', "a quoted word stands where a command should be"),
        ("size 10", "9size 10", "'9size' cannot name a knob"),
        ("size 10", '"size', "a quoted word has no end"),
        ("size 10", 'size "a"b', "characters follow the end of a quoted word"),
        ("size 10", r"size \q", r"line 4: \\q is no escape"),
        ("size 10", "addUserKnob {7}", "no row of a user knob"),
        ("size 10", "addUserKnob {99 what}", "no row of a user knob"),
        ("size 10", "addUserKnob {7 what +SHINY}", "line 4: .SHINY is no flag"),
        ("size 10", "addUserKnob {7 what q 1}", "'q' in a user knob is not understood"),
        ("size 10", "addUserKnob {7 what l}", "'l' in a user knob is not understood"),
        ("size 10", "addUserKnob {7 what l a l b}", "'l' in a user knob is not understood"),
        ("$C1", "$cut_paste_input", "is no node"),
    ],
)
def test_what_is_not_understood_is_refused_by_line(change: str, to: str, says: str):
    assert change in SMALL
    with pytest.raises(NkError, match=says):
        read_nk(SMALL.replace(change, to, 1))


def test_a_curve_with_more_than_values_is_refused():
    (curve,) = animation("{curve L x1 0 S l x2 1}")
    assert isinstance(curve, Curve)
    with pytest.raises(NkError, match="'L'"):
        curve.points()
