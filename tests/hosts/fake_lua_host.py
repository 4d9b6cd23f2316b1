"""A small strict stand-in of what Resolve gives a Lua script: its globals, and the UI manager's elements.

Every element, property and event is looked up in `surface/fusion.json`; what has no row there raises. As in Resolve,
any name of an object gives a callable; one that has no row is written down in `strange`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.hosts.real_lua import runtime

_TABLE = json.loads((Path(__file__).parent / "surface/fusion.json").read_text(encoding="utf-8"))
_RESOLVE = json.loads((Path(__file__).parent / "surface/resolve.json").read_text(encoding="utf-8"))

_SETUP = """
local ask, run, said = ...
local real_open, real_getenv = io.open, os.getenv

local function object(name, known)
    return setmetatable({}, {__index = function(_, key)
        if known[key] ~= nil then return known[key] end
        ask("strange", name .. "." .. tostring(key))
        return function() return nil end
    end})
end

print = function(...) ask("print", table.concat({...}, "\\t")) end
os = {execute = run, getenv = function(name) return ask("getenv", name) end}
io = {open = function(path, mode)
    local there = ask("open", path, mode)
    if there then return real_open(there, mode) end
    return nil, path .. ": refused"
end}
package.config = said.separator .. "\\n"

local own = said.product and object("resolve", {
    GetProductName = function() return said.product end,
    GetVersionString = function() return said.version end,
})
if said.given == "resolve" then resolve = own end
if said.given == "Resolve" then Resolve = function() return own end end

local function element(kind)
    return function(_, properties)
        local children = {}
        for key, value in pairs(properties) do
            if type(key) == "number" then
                children[#children + 1] = value
            else
                ask("property", kind, key, type(value) == "table" and "" or value)
            end
        end
        return {kind = kind, id = properties.ID, properties = properties, children = children}
    end
end

local ui = setmetatable({}, {__index = function(_, kind) ask("element", kind) return element(kind) end})
fusion = setmetatable({}, {__index = function(_, key)
    if key ~= "UIManager" then ask("strange", "fusion." .. tostring(key)) return function() end end
    ask("window", said.product or "")
    return ui
end})

local handlers, leaving = {}, false
local function ids(made, found)
    if made.id then found[made.id] = made.kind end
    for _, child in ipairs(made.children) do ids(child, found) end
    return found
end

bmd = object("bmd", {
    scriptapp = function(name) return name == "Resolve" and said.given == "scriptapp" and own or nil end,
    openfileexternal = function(verb, path) ask("opened", verb, path) end,
    UIDispatcher = function() return {
        AddWindow = function(_, properties, child)
            for key, value in pairs(properties) do
                ask("property", "Window", key, type(value) == "table" and "" or value)
            end
            local known = ids(child, {[properties.ID] = "Window"})
            return {
                Show = function() ask("shown") end,
                Hide = function() ask("hidden") end,
                On = setmetatable({}, {__index = function(_, id)
                    if not known[id] then error("no element " .. tostring(id)) end
                    return setmetatable({}, {__newindex = function(_, event, handler)
                        ask("event", known[id], event)
                        handlers[id .. "." .. event] = handler
                    end})
                end}),
            }
        end,
        RunLoop = function()
            leaving = false
            local pressed = said.press
            if not handlers[pressed] then error("nothing waits for " .. pressed) end
            handlers[pressed]({})
            if not leaving then error("the loop goes on for ever") end
        end,
        ExitLoop = function() leaving = true end,
    } end,
})
setmetatable(_G, {__index = function(_, name)
    if name ~= "resolve" and name ~= "Resolve" then ask("strange", "the global " .. name) end
end})
"""


@dataclass
class LuaHost:
    """One run of a script; `product` None is a host without `resolve`."""

    product: str | None
    version: str = ""
    given: str = "resolve"
    """How a script gets at Resolve: `resolve`, `Resolve` or `scriptapp`."""

    press: str = "Done.Clicked"
    """What the user does in a window."""

    environment: dict[str, str] = field(default_factory=dict)
    separator: str = "/"
    execute: Callable[[str], Any] = len
    """What `os.execute` gives; any number but 0 is a failure."""

    refused: tuple[str, ...] = ()
    """Paths that cannot be opened."""

    exists: tuple[str, ...] = ()
    """Paths that can be opened though no such file is there: of another system."""

    printed: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    windows: list[dict[str, Any]] = field(default_factory=list)
    opened: list[tuple[str, str]] = field(default_factory=list)
    executed: list[str] = field(default_factory=list)

    def run(self, text: str) -> None:
        """Run a script. Raises lupa's LuaError where it does."""
        lua = runtime()
        said = lua.table_from(
            {
                "product": self.product,
                "version": self.version,
                "given": self.given,
                "press": self.press,
                "separator": self.separator,
            }
        )
        setup = lua.eval("function(code, ...) return assert(loadstring(code, 'stand-in'))(...) end")
        setup(_SETUP, self._ask, self._execute, said)
        lua.eval("function(code) return assert(loadstring(code, 'PAI-Studio.lua'))() end")(text)

    def _execute(self, command: str) -> Any:
        self.executed.append(command)
        return self.execute(command)

    def _ask(self, what: str, *words: Any) -> Any:
        return getattr(self, f"_on_{what}")(*words)

    def _on_print(self, text: str) -> None:
        self.printed.append(text)

    def _on_strange(self, name: str) -> None:
        self.strange.append(name)

    def _on_getenv(self, name: str) -> str | None:
        return self.environment.get(name)

    def _on_open(self, path: str, mode: str) -> str | None:
        if path in self.refused:
            return None
        return "/dev/null" if path in self.exists and "r" in mode else path

    def _on_opened(self, verb: str, path: str) -> None:
        self.opened.append((verb, path))

    def _on_window(self, product: str) -> None:
        self.windows.append({"product": product})

    def _on_shown(self) -> None:
        self.windows[-1]["shown"] = True

    def _on_hidden(self) -> None:
        self.windows[-1]["hidden"] = True

    def _on_element(self, kind: str) -> None:
        assert kind in _TABLE["elements"], kind

    def _on_property(self, kind: str, name: str, value: Any) -> None:
        rows = {**_TABLE["elements"]["*"], **_TABLE["elements"][kind], **_TABLE["classes"].get(kind, {})}
        assert name in rows, f"{kind}.{name}"
        self.windows[-1][f"{kind}.{name}"] = value

    def _on_event(self, kind: str, event: str) -> None:
        assert event in _TABLE["events"][kind], f"{kind}.{event}"


def _has_rows(table: dict[str, Any], **names: tuple[str, ...]) -> bool:
    return all(set(wanted) <= set(table["classes"][cls]) for cls, wanted in names.items())


assert _has_rows(_RESOLVE, Resolve=("GetProductName", "GetVersionString"))
assert {"resolve", "Resolve"} <= set(_RESOLVE["module"])
assert _has_rows(
    _TABLE,
    bmd=("UIDispatcher", "openfileexternal", "scriptapp"),
    Fusion=("UIManager",),
    UIDispatcher=("AddWindow", "RunLoop", "ExitLoop"),
    Window=("On",),
    Element=("Show", "Hide"),
)
