"""The walk: nothing of the plugin takes a name of Resolve or Fusion that the tables lack, and nothing slips past."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hosts.surface import resolve_walk
from tests.hosts.surface.resolve_walk import walk, walk_text, world


def findings(text: str, *, script: bool = False) -> list[str]:
    around = world().beside(ast.parse(text))
    return [str(finding) for finding in walk_text(text, "tried.py", around, script=script)]  # type: ignore[arg-type]


def test_the_plugin_uses_nothing_that_the_tables_lack() -> None:
    assert [str(finding) for finding in walk(resolve_walk.files(), world())] == []


START = (
    "from typing import Any, cast\n\nfrom .api import LaterTimeline, Project, Timeline, Tool, UIManager, Window\n\n\n"
    "def act(project: Project, line: Timeline, tool: Tool, ui: UIManager, window: Window, thing: Any) -> None:\n    "
)
OFFENDING = {
    "an unknown call": ("project.GetSettting('x')", "Project has no GetSettting in the table"),
    "a call of another class": ("project.GetTrackCount('video')", "Project has no GetTrackCount"),
    "of what a call gives": ("project.GetMediaPool().GetRoot()", "MediaPool has no GetRoot"),
    "of what a list holds": (
        "[one.GetNam() for one in line.GetItemListInTrack('video', 1)]",
        "has no GetNam",
    ),
    "too few arguments": ("line.GetItemListInTrack('video')", "missing a required argument"),
    "too many": ("project.GetName(1)", "too many positional arguments"),
    "words": ("project.GetSetting(settingName='colorScienceMode')", "positional only"),
    "an unknown setting": (
        "project.GetSetting('colourScience')",
        "'colourScience' is not among settings project",
    ),
    "one that a timeline has not": ("line.SetSetting('colorSpaceInput', 'x')", "not among settings timeline"),
    "an unknown value": ("project.SetSetting('colorScienceMode', 'aces')", "'aces' is none of davinciYRGB"),
    "an unknown render key": (
        "project.SetRenderSettings({'TargetDir': 'a', 'Name': 'b'})",
        "'Name' is not among",
    ),
    "one in a dict before": (
        "keys = {'TargetDir': 'a'}\n    keys['Nam'] = 'b'\n    project.SetRenderSettings(keys)",
        "'Nam'",
    ),
    "one in a dict within": (
        "keys = {'Nam': 'a'}\n    project.SetRenderSettings({**keys, 'TargetDir': 'b'})",
        "'Nam'",
    ),
    "an unknown key of a clip": (
        "project.GetMediaPool().AppendToTimeline([{'clip': 1}])",
        "'clip' is not among",
    ),
    "an unknown colour": ("line.AddMarker(1, 'Magenta', 'a', 'b', 1, 'c')", "'Magenta' is not among words"),
    "an unknown track": ("line.GetTrackCount('picture')", "'picture' is not among words track"),
    "an unknown property": (
        "line.GetMediaPoolItem().GetClipProperty('Path')",
        "'Path' is not among settings clip",
    ),
    "what a later version brought": ("line.GetSelectedClips()", "only since 21.1"),
    "hasattr": ("hasattr(project, 'GetName')", "hasattr says nothing"),
    "getattr with a wrong name": ("getattr(project, 'GetNam')()", "Project has no GetNam"),
    "getattr with a computed name": ("getattr(project, str(thing))", "getattr with a computed name"),
    "what nothing tells the kind of": ("thing.GetTrackCount('video')", "the walk cannot tell"),
    "an unknown input": ("tool['Clpi']", "no tool of the table has an input 'Clpi'"),
    "an unknown input that is set": ("tool['Clpi'] = 'a'", "no tool of the table has an input 'Clpi'"),
    "an unknown input by name": ("tool.SetInput('Clpi', 'a')", "'Clpi' is not among tools"),
    "an unknown tag": ("tool.SetAttrs({'TOOLB_Passed': True})", "'TOOLB_Passed' is not among attrs"),
    "an unknown tool": ("tool.Comp().AddTool('Lodaer', 1, 1)", "no tool 'Lodaer' in the table"),
    "an unknown property of an element": ("ui.Label({'Txt': 'a'})", "'Txt' is not among elements Label"),
    "an unknown element": ("ui.ProgressBar({'ID': 'a'})", "UIManager has no ProgressBar"),
    "an unknown event": ("window.On['ok'].Click = print", "Handlers has no Click"),
    "an attribute that is not set": ("window.On = thing", "nothing that is set"),
    "what is not subscripted": ("project['a']", "Project is not subscripted"),
    "a module of the host's": ("import DaVinciResolveScript", "the host's objects are handed to us"),
    "its stubs": ("from fusionscript import Project as P", "those of api.py"),
    "eval": ("eval('project.GetNam()')", "eval(...): the walk cannot see"),
    "a computed import": (
        "import importlib\n    importlib.import_module(thing)",
        "import_module with a computed name",
    ),
    "a name that Python has not": ("import os\n    os.pth.join('a')", "Python's library has no such name"),
}


@pytest.mark.parametrize(("call", "says"), OFFENDING.values(), ids=OFFENDING)
def test_an_offending_call_is_found_with_file_line_and_name(call: str, says: str) -> None:
    found = findings(START + call + "\n")
    assert len(found) == 1, found
    assert found[0].startswith(f"tried.py:{(START + call).count(chr(10)) + 1}: ")
    assert says in found[0]


@pytest.mark.parametrize(
    "call",
    [
        "project.SetSetting('colorAcesODT', 'No Output Transform')",
        "project.SetRenderSettings({'TargetDir': 'a', 'CustomName': 'b', 'MarkIn': 1})",
        "cast(LaterTimeline, line).GetSelectedClips()[0].GetMediaPoolItem().GetClipProperty('File Path').strip()",
        "line.Export('a.otio', project.GetMediaPool().GetUniqueId(), 1)",
        "window.On['ok'].Clicked = lambda event: None",
        "window.Find('text')\n    label: Window = window.Find('pai')\n    label.WindowTitle = 'a'",
        "tool['Clip'] = 'a'\n    tool['GlobalIn'][0]",
        "tool.Comp().AddTool('Loader', -32768, -32768).SetAttrs({'TOOLS_Name': 'a'})",
        "ui.VGroup([ui.Label({'ID': 'text', 'Text': 'a'}), ui.Button({'ID': 'ok', 'Text': 'OK'})])",
        "{'a': 1}.get('a')",
        "[item.GetName() for item in line.GetItemListInTrack('video', 1) if item.GetClipEnabled()]",
    ],
)
def test_what_the_tables_have_is_let_through(call: str) -> None:
    assert findings(START + call + "\n") == []


def test_a_script_of_the_menu_has_the_names_that_stand_ready() -> None:
    assert findings("print(resolve.GetProjectManager().GetCurrentProject().GetName())\n", script=True) == []
    found = findings("resolve.GetProjectManagr()\n", script=True)
    assert len(found) == 1
    assert "Resolve has no GetProjectManagr" in found[0]


HANDS_OVER = "import importlib\nimportlib.import_module('pai_studio_host.resolve.menu').main(globals())\n"


def test_a_script_of_the_menu_may_hand_its_names_to_our_package_and_to_nothing_else() -> None:
    assert findings(HANDS_OVER, script=True) == []
    assert "globals(...)" in findings(HANDS_OVER)[0]
    for other in (HANDS_OVER.replace("pai_studio_host.", "other."), HANDS_OVER.replace(".main(", ".exec(")):
        assert "globals(...)" in findings(other, script=True)[0]
    assert "globals(...)" in findings("globals()['resolve'].GetNam()\n", script=True)[0]


def test_it_follows_what_an_object_of_ours_keeps() -> None:
    text = (
        "from .api import Project\n\n\nclass Keeper:\n    def __init__(self, project: Project) -> None:\n"
        "        self._project = project\n\n    def go(self) -> None:\n        self._project.GetNam()\n"
    )
    found = findings(text)
    assert len(found) == 1
    assert "Project has no GetNam" in found[0]


@pytest.mark.long
def test_mypy_holds_the_plugins_annotations_to_the_stubs(tmp_path: Path) -> None:
    """The house's mypy run covers the plugin; here is what it would say of wrong calls, and that it is not silent."""
    tried = tmp_path / "tried.py"
    tried.write_text(
        "from pai_studio.host_plugins.resolve.api import Project, Timeline, TimelineItem\n\n\n"
        "def act(project: Project, line: Timeline, item: TimelineItem) -> int:\n"
        "    project.GetSetting('colorScienceMode')\n"
        "    project.GetSettin('colorScienceMode')\n"
        "    line.GetItemListInTrack('picture', 1)\n"
        "    line.GetSelectedClips()\n"
        "    return item.GetName()\n",
        encoding="utf-8",
    )
    words = ["--strict", "--follow-imports=silent", f"--cache-dir={tmp_path / 'cache'}", str(tried)]
    done = subprocess.run([sys.executable, "-m", "mypy", *words], capture_output=True, text=True, check=False)
    said = [line for line in done.stdout.splitlines() if ": error: " in line]
    assert [line.split(":")[1] for line in said] == ["6", "7", "8", "9"], done.stdout + done.stderr
