"""The walk: nothing of the Nuke plugin takes a name of Nuke that the surface table lacks, and nothing slips past."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pai_studio.host_plugins import initfile
from tests.hosts.nk_reader import Node, read_nk
from tests.hosts.surface import own
from tests.hosts.surface.kinds import Host
from tests.hosts.surface.table import load
from tests.hosts.surface.walk import walk, walk_text

LOOKS_AROUND = frozenset({"survey.py"})
"""May hand the module to `dir` and `getmembers`: telling what this Nuke has is its work."""


NODES = ("node", "root", "write", "writer", "read")
"""What the plugin calls its nodes."""


def importing() -> list[Path]:
    """Every file that may touch Nuke: the plugin's folder, and whatever names the module elsewhere."""
    return [
        file for file in own.files() if own.NUKE in file.parents or "import nuke" in file.read_text("utf-8")
    ]


def findings(text: str) -> list[str]:
    world = own.world().beside(ast.parse(text))
    return [str(finding) for finding in walk_text(text, "tried.py", world)]


def test_the_plugin_uses_nothing_that_the_table_lacks() -> None:
    assert [str(finding) for finding in walk(importing(), own.world(), LOOKS_AROUND)] == []


@pytest.mark.parametrize(("knob", "code"), [pytest.param(*pair, id=pair[0]) for pair in own.code_of_knobs()])
def test_neither_does_the_code_in_its_knobs(knob: str, code: str) -> None:
    assert [str(finding) for finding in walk_text(code, knob, own.world(), nuke=Host())] == []


def places(tree: ast.Module) -> dict[str, int]:
    """Every name of the module and every constant knob of a node that a file uses, by its place in the tree."""
    found = {}
    for index, node in enumerate(ast.walk(tree)):
        name = getattr(getattr(node, "value", None), "id", "")
        if isinstance(node, ast.Attribute) and name == "nuke":
            found[f"nuke.{node.attr}"] = index
        elif isinstance(node, ast.Subscript) and name in NODES and isinstance(node.slice, ast.Constant):
            found[f"{name}[{node.slice.value!r}]"] = index
    return found


@pytest.mark.parametrize("file", [pytest.param(file, id=file.name) for file in importing()])
def test_no_misspelling_of_what_it_uses_slips_past(file: Path) -> None:
    """Each name of Nuke and each knob that the file uses, misspelt in its place, is found."""
    text = file.read_text(encoding="utf-8")
    for name, index in places(ast.parse(text)).items():
        tree = ast.parse(text)
        place = list(ast.walk(tree))[index]
        if isinstance(place, ast.Attribute):
            place.attr += "Q"
        else:
            place.slice = ast.Constant(f"{place.slice.value}Q")  # type: ignore[attr-defined]
        found = walk_text(ast.unparse(tree), file.name, own.world(), may_look=file.name in LOOKS_AROUND)
        assert found, f"{name} misspelt in {file.name}"


def test_there_is_something_to_misspell() -> None:
    used = {name for file in importing() for name in places(ast.parse(file.read_text(encoding="utf-8")))}
    assert {"nuke.execute", "nuke.root", "node['version']", "root['colorManagement']"} <= used
    assert len(used) > 50


def test_neither_does_the_line_that_loads_it() -> None:
    assert findings(initfile.line_for(Path("/home/artist/.nuke"))) == []


START = "import nuke\n\n\ndef act(node: nuke.Node, group: nuke.Group, thing):\n    "
OFFENDING = {
    "an unknown function": ("nuke.createNoed('Write')", "nuke.createNoed: not in the table"),
    "an unknown keyword": ("nuke.createNode('Write', panel=False)", "unexpected keyword argument 'panel'"),
    "a name where only a position is told": ("nuke.toNode(s='Read1')", "positional only"),
    "too few arguments": ("nuke.toNode()", "missing a required argument"),
    "too many arguments": ("nuke.toNode('a', 'b')", "too many positional arguments"),
    "a constant that is called": ("nuke.GUI()", "nuke.GUI is no call"),
    "an unknown node class": ("nuke.createNode('Wriet')", "no node class 'Wriet' in the table"),
    "an unknown class to look for": ("nuke.allNodes('Wriet')", "no node class 'Wriet'"),
    "an unknown class of a callback": ("nuke.addOnCreate(print, nodeClass='Grupo')", "no node class 'Grupo'"),
    "an unknown maker": ("nuke.nodes.Wriet()", "nuke.nodes.Wriet: no node class"),
    "an unknown knob of a maker": ("nuke.nodes.Write(fiel='x')", "no knob 'fiel' of Write"),
    "an unknown method of a node": ("node.setInputs(0, None)", "Node has no setInputs in the table"),
    "a group's method on a node": ("node.begin()", "Node has no begin in the table"),
    "a method with too few arguments": ("node.setInput(0)", "missing a required argument: 'node'"),
    "an unknown knob": ("node['fiel']", "no knob 'fiel' of any node in the table"),
    "an unknown knob by knob()": ("node.knob('fiel')", "no knob 'fiel'"),
    "an unknown knob among the knobs": ("'fiel' in node.knobs()", "no knob 'fiel'"),
    "an unknown knob of the knobs": ("node.knobs().get('fiel')", "no knob 'fiel'"),
    "another node's knob": (
        "nuke.createNode('Read')['create_directories']",
        "no knob 'create_directories' of Read",
    ),
    "a knob that root has not": ("nuke.root()['datatype']", "no knob 'datatype' of Root"),
    "a built name that no knob has": ("node[f'ref{thing}_fraem']", "no knob has such a name"),
    "a value that the enum has not": (
        "nuke.createNode('Write')['datatype'].setValue('8 bit')",
        "'8 bit' is none of the knob's values: 16 bit half, 32 bit float",
    ),
    "a method that the knob has not": ("node['file'].setRange(0, 1)", "has no setRange in the table"),
    "an unknown key of env": ("nuke.env['NukeVersion']", "nuke.env has no key 'NukeVersion'"),
    "an unknown class in an annotation": ("x: nuke.Knobb = None", "nuke.Knobb: no class of the table"),
    "an unknown class in isinstance": ("isinstance(node, nuke.Groupp)", "nuke.Groupp: not in the table"),
    "a submodule that is none": ("nuke.callbacks.addOnCreate(print)", "nuke.callbacks: not in the table"),
    "hasattr with a wrong name": ("hasattr(nuke, 'executeOnMain')", "nuke.executeOnMain: not in the table"),
    "getattr with a wrong name": ("getattr(node, 'setInputs')(0)", "Node has no setInputs"),
    "getattr with a wrong name and a default": (
        "getattr(nuke, 'progress', None)",
        "nuke.progress: not in the table",
    ),
    "getattr with a computed name": ("getattr(nuke, 'exe' + 'cute')", "getattr with a computed name"),
    "getattr with a computed name on anything": ("getattr(thing, str(node))", "getattr with a computed name"),
    "nuke under another name": ("other = nuke", "nuke under another name"),
    "nuke handed on": ("print(nuke)", "nuke itself is handed to print"),
    "nuke given back": ("return nuke", "nuke itself is handed on"),
    "nuke looked through": ("dir(nuke)", "nuke itself is handed to dir"),
    "nuke found by sys": ("import sys\n    sys.modules['nuke'].createNoed()", "sys.modules"),
    "nuke found by importlib": ("import importlib\n    importlib.import_module('nuke')", "by an import"),
    "a computed import": (
        "import importlib\n    importlib.import_module(thing)",
        "import_module with a computed name",
    ),
    "eval": ("eval('nuke.createNoed()')", "eval(...): the walk cannot see"),
    "a name that is taken later": (
        "import operator\n    operator.attrgetter('setInputs')(node)",
        "attrgetter: the walk cannot see",
    ),
    "all of nuke": ("node.__getattribute__('setInputs')", "Node has no __getattribute__ in the table"),
    "nuke's own dict": ("nuke.__dict__['createNoed']()", "nuke.__dict__: not in the table"),
    "something assigned to": ("nuke.executing = print", "nothing of the host is assigned to"),
    "setattr on a node": ("setattr(node, 'name', 'x')", "nothing of the host is assigned to"),
    "Python as text": (
        "nuke.menu('Nuke').addCommand('x', 'nuke.mesage(1)')",
        "in its code, line 1: nuke.mesage: not in the table",
    ),
    "what nothing tells the kind of": ("thing.setInput(0, node)", "thing.setInput: the walk cannot tell"),
    "a name that Python has not": (
        "import os\n    os.pth.join('a')",
        "os.pth: Python's library has no such name",
    ),
    "a method that a string has not": ("str(node).trim()", "Python's library has no such name"),
    "another of Nuke's modules": ("import nukescripts", "import nukescripts"),
}


@pytest.mark.parametrize(("call", "says"), OFFENDING.values(), ids=OFFENDING)
def test_an_offending_call_is_found_with_file_line_and_name(call: str, says: str) -> None:
    found = findings(START + call + "\n")
    assert len(found) == 1, found
    line = (START + call).count("\n") + 1
    assert found[0].startswith(f"tried.py:{line}: ")
    assert says in found[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "import nuke.executeInMainThread\n",
            "import nuke.executeInMainThread: the table knows the module nuke alone",
        ),
        ("from nuke.executeInMain import executeInMainThread\n", "not in the table"),
        ("from nuke import createNoed\n", "nuke.createNoed: not in the table"),
        ("import nuke as n\n\nn.createNoed()\n", "nuke.createNoed: not in the table"),
        ("from nuke import toNode as find\n\nfind()\n", "missing a required argument"),
        ("import nuke\n\n\ndef f() -> 'nuke.Knobb': ...\n", "nuke.Knobb: no class"),
        (
            "import nuke\n\n\nclass Box:\n    def __init__(self, node: nuke.Node) -> None:\n"
            "        self._node = node\n\n    def go(self) -> None:\n        self._node.setInputs(0)\n",
            "self._node.setInputs: Node has no setInputs",
        ),
        (
            "import nuke\n\n\ndef of(knob: nuke.Knob) -> None:\n    if not isinstance(knob, nuke.File_Knob):\n"
            "        return\n    knob.fromUserTxt('a')\n",
            "File_Knob has no fromUserTxt",
        ),
        ("import nuke\n\nfor node in nuke.allNodes():\n    node.nam()\n", "Node has no nam"),
        ("import nuke\n\nnames = [node.nam() for node in nuke.selectedNodes()]\n", "Node has no nam"),
        (
            "import nuke\n\nfor name, knob in nuke.thisNode().knobs().items():\n    knob.vale()\n",
            "Knob has no vale",
        ),
        ("import nuke\n\nwith nuke.Undo() as undo:\n    undo.stopp()\n", "Undo has no stopp"),
        (
            "import nuke\n\nKNOBS = ('file', 'fiel')\nfor name in KNOBS:\n    nuke.thisNode()[name]\n",
            "no knob 'fiel'",
        ),
        ("import nuke\n\nfor name in ('file', 'fiel'):\n    nuke.thisNode().knob(name)\n", "no knob 'fiel'"),
        ("import nuke\n\nknob = 'fiel' if nuke.GUI else 'file'\nnuke.thisNode()[knob]\n", "no knob 'fiel'"),
    ],
)
def test_it_follows_names_to_where_they_are_used(text: str, says: str) -> None:
    found = findings(text)
    assert len(found) == 1, found
    assert says in found[0]


@pytest.mark.parametrize(
    "call",
    [
        "nuke.execute(node, 1001, 1010, 1, nuke.views()[:1])",
        "nuke.createNode('Write', 'file a', inpanel=False)['datatype'].setValue('32 bit float')",
        "nuke.root()['colorManagement'].value()",
        "node['ref1_frame'].setValue(1001)",
        "node[f'ref{thing}_frame'].value()",
        "group.node('export_plate')['file'].setValue('a')",
        "hasattr(nuke, 'executeInMainThread')",
        "getattr(node, 'name')()",
        "nuke.Undo.disable()",
        "[above.name() for above in (node.input(0),) if above is not None]",
        "nuke.menu('Nuke').addMenu('PAI-Studio').addCommand('x', 'nuke.message(str(1))', index=2)",
    ],
)
def test_what_the_table_has_is_let_through(call: str) -> None:
    assert findings(START + call + "\n") == []


def test_a_constant_of_another_file_is_followed() -> None:
    world = own.world().beside(ast.parse("MISSPELT = 'fiel'\n"))
    text = "import nuke\n\nfrom .other import MISSPELT\n\nnuke.thisNode()[MISSPELT]\n"
    assert [str(f) for f in walk_text(text, "tried.py", world)] == [
        "tried.py:5: no knob 'fiel' of any node in the table, nor of our own node"
    ]


def script_nodes() -> list[tuple[str, Node]]:
    return [
        (file.name, node)
        for file in sorted(own.NUKE.glob("*.nk"))
        for node in read_nk(file.read_text(encoding="utf-8")).walk()
    ]


def test_every_node_and_knob_of_our_scripts_is_in_the_table() -> None:
    table, strange = load(), []
    assert {file for file, _ in script_nodes()} == {"PAIStudio.nk", "PAIRecombine.nk"}
    for file, node in script_nodes():
        where = f"{file}:{node.line}: {node.cls}"
        if node.cls not in table.nodes:
            strange.append(where)
            continue
        for name, value in node.knobs.items():
            row = table.knob(node.cls, name)
            if name not in node.user_knobs and row is None:
                strange.append(f"{where} {name}")
            elif row and name not in node.user_knobs and value not in row.get("values", (value,)):
                strange.append(f"{where} {name} {value}")
    assert strange == []


def test_every_kind_of_user_knob_and_flag_of_our_scripts_is_in_the_table() -> None:
    table = load()
    knobs = [knob for _, node in script_nodes() for knob in node.user_knobs.values()]
    assert {str(knob.code) for knob in knobs} <= set(table.user_knobs)
    assert {flag for knob in knobs for flag in knob.flags} <= set(table.user_flags)
