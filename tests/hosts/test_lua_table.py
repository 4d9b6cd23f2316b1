"""The reader of Fusion's files: on real files, with a real Lua as second opinion, and on files that are none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from lupa import luajit21

from tests.hosts.lua_table import LuaError, Table, read_table
from tests.hosts.real_lua import evaluated, flat

FOOTAGE = "scripts_fusion_resolve"


def files(footage: Callable[[str], Path]) -> list[Path]:
    folder = footage(FOOTAGE)
    return sorted([*folder.rglob("*.setting"), *folder.rglob("*.comp")])


def test_every_real_file_is_read_as_lua_reads_it(footage: Callable[[str], Path]):
    found = files(footage)
    assert len(found) == 18
    for path in found:
        text = path.read_text(encoding="utf-8")
        assert flat(read_table(text)) == evaluated(text), path.name


def test_the_classes_in_the_real_files(footage: Callable[[str], Path]):
    counts: Counter[str] = Counter()
    for path in files(footage):
        counts.update(table.cls for table in read_table(path.read_text(encoding="utf-8")).walk())
    wanted = {"Composition": 1, "Loader": 4, "Clip": 3, "MacroOperator": 5, "GroupOperator": 13}
    assert {name: counts[name] for name in wanted} == wanted
    assert (counts["Input"], counts["InstanceInput"]) == (2501, 118)


def test_a_loader_of_a_real_comp(footage: Callable[[str], Path]):
    text = (footage(FOOTAGE) / "anima/Slate.comp").read_text(encoding="utf-8")
    comp = read_table(text)
    assert (comp.cls, comp["Version"]) == ("Composition", "Fusion Studio 16.2.4 build 9")
    loader = comp.table("Tools").table("Loader1_1")
    clip = loader.table("Clips").table(1)
    assert (clip.cls, clip["FormatID"], clip["StartFrame"], clip["LengthSetManually"]) == (
        "Clip",
        "PNGFormat",
        6,
        True,
    )
    assert loader.table("Inputs").table("Gamut.SLogVersion").table("Value")[1] == "SLog2"
    assert loader.table("ViewInfo").table("Pos").items == {1: 4455, 2: 82.5}


WHOLE = r"""{
	Tools = ordered() {
		A = Fuse.Thing { "one"; 2, -0.5e1, [7] = 'it\'s', ["a.b"] = "tab\t\065\
new", x = 0x1F },
	},
	Text = [==[
 a ]] b
]==],
	Yes = true, No = false,
}
"""


def test_all_that_a_table_can_hold():
    table = read_table(WHOLE)
    assert flat(table) == evaluated(WHOLE)
    thing = table.table("Tools").table("A")
    assert (thing.cls, thing.line, table.table("Tools").is_ordered) == ("Fuse.Thing", 3, True)
    assert thing.items == {1: "one", 2: 2, 3: -5.0, 7: "it's", "a.b": "tab\tA\nnew", "x": 31}
    assert (table["Text"], table["Yes"], table["No"]) == (" a ]] b\n", True, False)


LUA_TAKES_BUT_WE_DO_NOT = {
    "{ a = 1 + 2 }": "is not understood",
    '{ a = "b" .. "c" }': "'..' is not understood|is not understood",
    "{ a = os.time() }": "a call of os.time",
    "{ a = ordered(1) {} }": "a call of ordered",
    "{ a = f }": "'f' makes no table",
    "{ a = function() end }": "'function' is no value",
    "{ a = nil }": "'nil' is no value",
    "{ a = 1, a = 2 }": "the key 'a' stands twice",
    "{ 5, [1] = 6 }": "the key 1 stands twice",
    "{ [b] = 1 }": "'b' as a key",
    "{ } -- done": "a comment",
    "{ a = (1) }": r"'\(' where a value",
    '{ a = "\\200" }': "is a byte",
    "5": "a file holds one table",
    "A { 1 }.b": "is not understood",
    'A "text"': "'A' makes no table",
}


@pytest.mark.parametrize("text", LUA_TAKES_BUT_WE_DO_NOT)
def test_what_is_lua_and_no_table_is_refused(text: str):
    assert luajit21.LuaRuntime().eval("function(t) return loadstring('return ' .. t) ~= nil end")(text)
    with pytest.raises(LuaError, match=LUA_TAKES_BUT_WE_DO_NOT[text]):
        read_table(text)


NO_LUA = {
    '{\n a = "\\q" }': (2, "is no escape"),
    "{\n a = 1\n b = 2\n}": (3, "'b' after a value"),
    "{\n\n a = {": (3, "is not closed"),
    "{ 1 } }": (1, "stands behind the table"),
    "{\n a = 'open\n}": (2, "is not understood"),
    "{ a = [[ never }": (1, "as a key|where a value|is not understood"),
    "{ a = 1.2.3 }": (1, "is not understood"),
    "{ a = 12ab }": (1, "is not understood"),
    "{ a.b = 1 }": (1, "'a.b' as a key"),
    "{ end = 1 }": (1, "'end' as a key"),
    "{ , }": (1, "where a value is wanted"),
    "{ a = }": (1, "where a value is wanted"),
    "{ [1] 2 }": (1, "where '=' is wanted"),
    "{ a = Loader { } { } }": (1, "after a value"),
}


@pytest.mark.parametrize("text", NO_LUA)
def test_what_is_no_lua_is_refused_by_line(text: str):
    line, what = NO_LUA[text]
    with pytest.raises(luajit21.LuaError):
        evaluated(text)
    with pytest.raises(LuaError, match=what) as told:
        read_table(text)
    assert told.value.line == line


def test_nothing_is_no_table():
    with pytest.raises(LuaError, match="where a value is wanted"):
        read_table("")


def test_a_real_file_that_is_cut_or_spoilt_is_refused(footage: Callable[[str], Path]):
    text = (footage(FOOTAGE) / "anima/AnimaLightWrap.setting").read_text(encoding="utf-8")
    for cut in range(1, len(text) - 1, 97):
        with pytest.raises(LuaError):
            read_table(text[:cut])
    for sign in '{}="':
        with pytest.raises(LuaError):
            read_table(text.replace(sign, "", 1))


def test_a_table_says_what_it_lacks():
    table = read_table("{ a = A { 1 } }")
    with pytest.raises(KeyError, match="A of line 1 has no 'b'"):
        table.table("a")["b"]
    with pytest.raises(KeyError, match="1 of line 1 is no table"):
        table.table("a").table(1)
    assert isinstance(table["a"], Table)
