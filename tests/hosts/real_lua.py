"""LuaJIT, the Lua that Fusion and Resolve run, for what we ship in that language."""

from __future__ import annotations

from typing import Any

from lupa import luajit21

from tests.hosts.lua_table import Key, Value

_READ = """
local constructed = {}
local function constructor(name)
    return setmetatable({}, {
        __index = function(_, more) return constructor(name .. "." .. more) end,
        __call = function(_, items) constructed[items] = name return items end,
    })
end
local environment = setmetatable({}, {__index = function(_, name) return constructor(name) end})
function environment.ordered() return function(items) constructed[items] = "ordered()" return items end end
return function(text)
    local chunk = assert(loadstring("return " .. text, "file"))
    return setfenv(chunk, environment)(), function(items) return constructed[items] or "" end
end
"""

Plain = tuple[str, dict[Key, Any]]


def runtime() -> luajit21.LuaRuntime:
    """A fresh Lua that reaches nothing of Python's; texts are UTF-8."""
    return luajit21.LuaRuntime(unpack_returned_tuples=True, register_eval=False, register_builtins=False)


def evaluated(text: str) -> Plain:
    """A Fusion file as a real Lua sees it: (constructor, items), the tables in it likewise. Raises LuaError of lupa."""
    made, name_of = runtime().execute(_READ)(text.removesuffix("\0"))

    def plain(value: Any) -> Any:
        if luajit21.lua_type(value) != "table":
            return value
        return name_of(value), {key: plain(item) for key, item in value.items()}

    return plain(made)


def flat(value: Value) -> Any:
    """What our reader made, in the form of `evaluated`."""
    if not hasattr(value, "items"):
        return value
    name = "ordered()" if value.is_ordered else value.cls
    return name, {key: flat(item) for key, item in value.items.items()}
