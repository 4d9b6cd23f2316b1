"""The self-test: what it writes, what it must not write, and what a dump says of the surface table."""

from __future__ import annotations

import copy
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pai_studio.host_plugins import selftest
from pai_studio.host_plugins.host import Fault
from pai_studio.host_plugins.nuke.graph import NO_FILE
from pai_studio.host_plugins.selftest import SelfTest, SkippedError, redact
from tests.hosts.fakes import standin
from tests.hosts.fakes.errors import FakeGap, FakeGuiError, FakeThreadError
from tests.hosts.fakes.nuke_fake import FakeNuke
from tests.hosts.surface import own
from tests.hosts.surface.compare import compare, main, report
from tests.hosts.surface.table import load
from tests.hosts.surface.verdict import CONFIRMED, CONTRADICTED, UNTOLD, Verdict

SMALL = "64 36 0 0 64 36 1 small"
SURVEY = "pai_studio.host_plugins.nuke.survey"


def surveyed(out: Path, mode: str = "gui", *, nodes: tuple[str, ...] = ()) -> tuple[dict[str, Any], FakeNuke]:
    """The dump of a fake Nuke. What the fake lacks is no finding here: telling what is not there is its work."""
    with FakeNuke(mode).installed() as fake:
        fake.module.root()["format"].setValue(SMALL)
        fake.module.root().setModified(False)
        for cls in nodes:
            fake.module.createNode(cls, "", False)
        said = importlib.import_module(SURVEY).run(str(out))
        if mode == "gui":
            fake.pump(lambda: bool(fake.dialogs.messages))
            said = fake.dialogs.messages.pop()
        assert str(out) in said
        fake.refused[:] = [error for error in fake.refused if not isinstance(error, FakeGap)]
        if mode == "terminal":
            # No document says what these do without windows, so the fake refuses them; the survey finds out.
            assert {type(error) for error in fake.refused} == {FakeGuiError, FakeThreadError}
            fake.refused.clear()
    return json.loads(out.read_text(encoding="utf-8")), fake


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return surveyed(tmp_path_factory.mktemp("survey") / "dump.json")[0]


def test_one_failure_does_not_stop_the_rest() -> None:
    def skipped() -> None:
        raise SkippedError("not here")

    test = SelfTest("none")
    test.gather("broken", lambda: 1 / 0)
    test.gather("whole", lambda: {"a": (1, 2)})
    test.check("fails", lambda: (1, 2).index(3))
    test.check("skips", skipped)
    test.check("passes", lambda: 42)
    assert test.data["whole"] == {"a": (1, 2)}
    assert test.data["checks"] == {
        "broken": {"ok": False, "what": "ZeroDivisionError: division by zero"},
        "fails": {"ok": False, "what": "ValueError: tuple.index(x): x not in tuple"},
        "skips": {"ok": None, "what": "not here"},
        "passes": {"ok": True, "told": 42},
    }
    assert test.tally() == "1 checks passed, 2 failed, 1 were skipped"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("/home/jane/shows/x/comp_v003.nk", "<folder>/comp_v003.nk"),
        ("C:\\Users\\Jane Doe\\a.exr", "<folder>/a.exr"),
        ("C:/Program Files/Nuke15.1v3/Nuke15.1.exe", "<folder>/Nuke15.1.exe"),
        ("\\\\server01\\share\\show\\a.exr", "<folder>/a.exr"),
        ("cannot read '/mnt/show/a.exr': no such file", "cannot read '<folder>/a.exr': no such file"),
        ("made by jane on ws042.studio.local", "made by <user> on <machine>"),
        ("Jane's; janet stays", "<user>'s; janet stays"),
        ("ocio://studio-config-v2.1.0/aces", "ocio://studio-config-v2.1.0/aces"),
        ("and/or, 16 bit half, Utility - sRGB", "and/or, 16 bit half, Utility - sRGB"),
    ],
)
def test_no_person_machine_or_folder_is_written(
    monkeypatch: pytest.MonkeyPatch, text: str, written: str
) -> None:
    monkeypatch.setattr(selftest.getpass, "getuser", lambda: "jane")
    monkeypatch.setattr(selftest.platform, "node", lambda: "ws042.studio.local")
    assert redact({"said": [text, 7, None]}) == {"said": [written, 7, None]}


def test_names_of_the_host_are_kept_whoever_the_user_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selftest.getpass, "getuser", lambda: "root")
    assert redact({"root": {"Root": {"name": "x"}}}) == {"root": {"Root": {"name": "x"}}}


def test_it_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    test = SelfTest("none")
    test.data["odd"] = {1: {"b"}, "path": Path("a.exr")}
    test.write(tmp_path / "out.json")
    assert json.loads((tmp_path / "out.json").read_text())["odd"] == {"1": ["b"], "path": "a.exr"}
    assert [file.name for file in tmp_path.iterdir()] == ["out.json"]
    with pytest.raises(Fault) as raised:
        test.write(tmp_path / "none" / "out.json")
    assert "none/out.json" in str(raised.value)


def test_it_tells_whether_nuke_says_that_it_executes_while_it_does_not(dump: dict[str, Any]) -> None:
    assert dump["checks"]["executing_at_idle"] == {"ok": True, "told": False}


def test_it_tells_what_a_nuke_has(dump: dict[str, Any]) -> None:
    assert dump["nuke"]["version"] == "15.1v3"
    assert dump["names"]["createNode"]["is"] == "callable"
    assert set(dump["used"]) <= {*load().module, *load().classes}
    assert "32 bit float" in dump["nodes"]["Write"]["datatype"]["values"]
    assert dump["root"]["Root"]["colorManagement"] == {
        "class": "Enumeration_Knob",
        "values": ["Nuke", "OCIO"],
    }
    assert {name for name, _ in own.knob_rows()} <= set(dump["checks"]["paste_our_node"]["told"]["knobs"])


def test_its_checks_do_what_they_say(dump: dict[str, Any]) -> None:
    outcomes = {name: check["ok"] for name, check in dump["checks"].items()}
    # This is no installed plugin, so it has no record; everything else goes well.
    assert {name for name, ok in outcomes.items() if not ok} == {"plugin"}
    assert dump["checks"]["worker_reaches_main_thread"]["told"] == "ran in MainThread"
    assert NO_FILE in dump["checks"]["unpinned_node_fails"]["told"]
    assert dump["checks"]["filename_filter"]["told"] == " pai-selftest-to a.exr"
    half, whole = (dump["checks"][f"export_{kind}"]["told"] for kind in ("half", "float"))
    assert set(half["channels"].values()) == {"half"}
    assert set(whole["channels"].values()) == {"float"}
    assert half["compression"] == "zips"


def test_in_a_gui_with_work_in_it_nothing_is_made(tmp_path: Path) -> None:
    found, fake = surveyed(tmp_path / "dump.json", nodes=("Constant", "Dot"))
    assert found["checks"]["nodes"] == {
        "ok": None,
        "what": "the script is not empty; run it in a terminal: nuke -t selftest.py",
    }
    assert not {"paste_our_node", "export_half"} & set(found["checks"])
    assert [node.cls for node in fake.root.children] == ["Constant", "Dot"]
    assert found["root"]["Root"]["fps"] == {"class": "Double_Knob"}


def test_an_empty_script_is_empty_again(tmp_path: Path) -> None:
    _, fake = surveyed(tmp_path / "dump.json", "terminal")
    assert fake.root.children == []
    assert fake.module.root().modified() is False


def test_in_a_terminal_a_script_is_run_by_its_file(tmp_path: Path) -> None:
    package = tmp_path / "dest" / "pai_studio_host"
    for file in (*own.files(), *own.NUKE.glob("*.nk")):
        place = package / file.relative_to(own.PACKAGE)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.read_bytes())
    (tmp_path / "init.py").write_text(f"import nuke\nnuke.root()['format'].setValue({SMALL!r})\n")
    out = tmp_path / "out.json"
    environ = {**os.environ, "NUKE_PATH": str(tmp_path), "HOME": str(tmp_path / "home")}
    words = [sys.executable, standin.__file__, "-t", str(package / "nuke/selftest.py"), str(out)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environ)
    assert f"{out}\n" in done.stdout, done.stderr
    assert json.loads(out.read_text(encoding="utf-8"))["checks"]["export_half"]["ok"]


def verdicts(dump: dict[str, Any]) -> dict[str, Verdict]:
    return {verdict.row: verdict for verdict in compare(dump)}


def test_a_dump_confirms_rows(dump: dict[str, Any]) -> None:
    found = verdicts(dump)
    assert {found[f"module.{name}"].outcome for name in dump["used"] if f"module.{name}" in found} == {
        CONFIRMED
    }
    for row in (
        "nodes.Write.datatype",
        "nodes.Root.colorManagement",
        "nodes.*.xpos",
        "user_knobs.43",
        "env.keys.nc",
    ):
        assert found[row].outcome == CONFIRMED, found[row]
    for row in ("script.addUserKnob", "user_flags.+INVISIBLE", "env.versions.16", "nodes.Grade.white"):
        assert found[row].outcome == UNTOLD, found[row]


CONTRARY = {
    "a name that is not there": (("names", "createNode"), None, "module.createNode", "no such name"),
    "a value that is a call": (("names", "GUI", "is"), "callable", "module.GUI", "it is there a callable"),
    "a method that is not there": (("classes", "Node"), ["name"], "classes.Node.setInput", "no setInput"),
    "a knob that is not there": (
        ("nodes", "Write", "noprefix"),
        None,
        "nodes.Write.noprefix",
        "no knob noprefix",
    ),
    "another class of knob": (
        ("nodes", "Write", "file", "class"),
        "Int_Knob",
        "nodes.Write.file",
        "it is there a Int_Knob, not a File_Knob",
    ),
    "an entry under another name": (
        ("nodes", "Write", "datatype", "values"),
        ["16 bit half", "32 bit"],
        "nodes.Write.datatype",
        "no ['32 bit float'] among",
    ),
    "a user knob of another class": (
        ("checks", "paste_our_node", "told", "knobs", "caption"),
        "Int_Knob",
        "user_knobs.43",
        "'caption': 'Int_Knob'",
    ),
    "a key that is not there": (("nuke", "env", "nc"), None, "env.keys.nc", "nuke.env has no nc"),
    "another Python": (("machine", "python"), "3.12.1", "env.versions.15", "its Python is 3.12"),
}


@pytest.mark.parametrize(("place", "value", "row", "why"), CONTRARY.values(), ids=CONTRARY)
def test_a_dump_contradicts_a_row(
    dump: dict[str, Any], place: tuple[str, ...], value: Any, row: str, why: str
) -> None:
    changed = copy.deepcopy(dump)
    *way, last = place
    at = changed
    for step in way:
        at = at[step]
    if value is None:
        del at[last]
    else:
        at[last] = value
    verdict = verdicts(changed)[row]
    assert verdict.outcome == CONTRADICTED
    assert why in verdict.why


def test_entries_may_carry_further_names(dump: dict[str, Any]) -> None:
    changed = copy.deepcopy(dump)
    values = changed["nodes"]["Write"]["datatype"]["values"]
    changed["nodes"]["Write"]["datatype"]["values"] = [f"{value}\t{value}\tmore" for value in values]
    assert verdicts(changed)["nodes.Write.datatype"].outcome == CONFIRMED


def test_the_report_names_what_is_contradicted_and_how_the_checks_went(
    dump: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = copy.deepcopy(dump)
    del changed["names"]["createNode"]
    file = tmp_path / "dump.json"
    file.write_text(json.dumps(changed), encoding="utf-8")
    assert main([str(file)]) == 1
    said = capsys.readouterr().out
    assert "  module.createNode: that Nuke has no such name\n" in said
    assert "  export_half: ok\n" in said
    assert main([]) == 2


def test_a_dump_without_contradictions_ends_with_0(dump: dict[str, Any], tmp_path: Path) -> None:
    told = {row for row, verdict in verdicts(dump).items() if verdict.outcome != CONTRADICTED}
    kept = [verdict for verdict in compare(dump) if verdict.row in told]
    assert "contradicted: 0 rows" in list(report(dump, kept))


def test_another_file_is_refused() -> None:
    with pytest.raises(ValueError, match="no dump of our self-test"):
        compare({"selftest": 2, "host": "nuke"})
