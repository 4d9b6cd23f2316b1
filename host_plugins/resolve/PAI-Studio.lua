-- PAI-Studio Help: says what of PAI-Studio works in this edition of DaVinci Resolve, and starts its panel.
--
-- Lua is listed in every edition's menu, Python is not. `pai-studio install resolve` writes the place of
-- `pai_studio_host` into the next line of its copy. Lua 5.1 (LuaJIT); nothing in here may raise.
local PLACE = ""

local TITLE = "PAI-Studio"
local INSTALL = "In a terminal run: pai-studio install resolve"

-- JSON -----------------------------------------------------------------------------------------------------------

local read_value

local function utf8(code)
    if code < 0x80 then
        return string.char(code)
    elseif code < 0x800 then
        return string.char(0xC0 + math.floor(code / 0x40), 0x80 + code % 0x40)
    elseif code < 0x10000 then
        return string.char(
            0xE0 + math.floor(code / 0x1000), 0x80 + math.floor(code / 0x40) % 0x40, 0x80 + code % 0x40)
    end
    return string.char(
        0xF0 + math.floor(code / 0x40000), 0x80 + math.floor(code / 0x1000) % 0x40,
        0x80 + math.floor(code / 0x40) % 0x40, 0x80 + code % 0x40)
end

local ESCAPES = {b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ["/"] = "/", ["\\"] = "\\", ['"'] = '"'}

local function read_escape(text, at)
    local letter = text:sub(at, at)
    if letter ~= "u" then
        return ESCAPES[letter] or error("no escape at " .. at, 0), at + 1
    end
    local code = tonumber(text:match("^%x%x%x%x", at + 1) or error("no letter at " .. at, 0), 16)
    at = at + 5
    if code >= 0xD800 and code < 0xDC00 then
        local low = tonumber(text:match("^\\u([dD][c-fC-F]%x%x)", at) or error("half a letter at " .. at, 0), 16)
        code, at = 0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00), at + 6
    end
    return utf8(code), at
end

local function read_string(text, at)
    local parts = {}
    while true do
        local plain = text:match('^[^"\\%c]*', at)
        parts[#parts + 1], at = plain, at + #plain
        local sign = text:sub(at, at)
        if sign == '"' then
            return table.concat(parts), at + 1
        elseif sign ~= "\\" then
            error("an open text at " .. at, 0)
        end
        parts[#parts + 1], at = read_escape(text, at + 1)
    end
end

local function skip(text, at)
    return text:match("^[ \t\r\n]*()", at)
end

local function read_items(text, at, close, read_one)
    at = skip(text, at)
    if text:sub(at, at) == close then
        return at + 1
    end
    while true do
        at = skip(text, read_one(skip(text, at)))
        local sign = text:sub(at, at)
        if sign == close then
            return at + 1
        elseif sign ~= "," then
            error("no comma at " .. at, 0)
        end
        at = at + 1
    end
end

local function read_object(text, at)
    local object = {}
    return object, read_items(text, at, "}", function(from)
        if text:sub(from, from) ~= '"' then
            error("no key at " .. from, 0)
        end
        local key
        key, from = read_string(text, from + 1)
        from = skip(text, from)
        if text:sub(from, from) ~= ":" then
            error("no colon at " .. from, 0)
        end
        object[key], from = read_value(text, skip(text, from + 1))
        return from
    end)
end

local function read_array(text, at)
    local array = {}
    return array, read_items(text, at, "]", function(from)
        array[#array + 1], from = read_value(text, from)
        return from
    end)
end

local WORDS = {["true"] = true, ["false"] = false, null = ""}

function read_value(text, at)
    local sign = text:sub(at, at)
    if sign == '"' then
        return read_string(text, at + 1)
    elseif sign == "{" then
        return read_object(text, at + 1)
    elseif sign == "[" then
        return read_array(text, at + 1)
    end
    local word = text:match("^[%w.+-]+", at) or error("no value at " .. at, 0)
    if WORDS[word] ~= nil then
        return WORDS[word], at + #word
    end
    return tonumber(word) or error("no value at " .. at, 0), at + #word
end

-- What is installed ----------------------------------------------------------------------------------------------

local function exists(path)
    local file = io.open(path, "rb")
    if file then
        file:close()
    end
    return file ~= nil
end

--- What `installed.json` says; nothing, and why, where it cannot be used.
local function installed()
    local path = PLACE .. "/pai_studio_host/installed.json"
    local file = PLACE ~= "" and io.open(path, "rb")
    if not file then
        return nil, "PAI-Studio's files are not at " .. (PLACE == "" and "any place that this script knows" or PLACE)
    end
    local text = file:read("*a")
    file:close()
    local fine, said = pcall(function()
        local value, at = read_value(text, skip(text, 1))
        if skip(text, at) <= #text or type(value) ~= "table" then
            error("more than one object", 0)
        end
        return value
    end)
    if not fine or type(said.version) ~= "string" or type(said.python) ~= "string" then
        return nil, path .. " cannot be used" .. (fine and "" or " (" .. tostring(said) .. ")")
    end
    return said
end

-- Which Resolve this is ------------------------------------------------------------------------------------------

--- A text that the host gives; empty where it does not. Resolve makes up a method for any name, so only a text counts.
local function told(call)
    local fine, text = pcall(call)
    return fine and type(text) == "string" and text or ""
end

--- Where `resolve` may be had from: not every edition's menu hands it to Lua.
local SOURCES = {
    function() return resolve end,
    function() return Resolve() end,
    function() return bmd.scriptapp("Resolve") end,
}

local function host()
    local found = {product = "", version = ""}
    for _, source in ipairs(SOURCES) do
        if found.product == "" then
            found.product = told(function() return source():GetProductName() end)
            found.version = told(function() return source():GetVersionString() end)
        end
    end
    found.is_studio = found.product:find("Studio", 1, true) ~= nil
    local major, minor = found.version:match("^(%d+)%.(%d+)")
    found.number = tonumber(major or 0) * 100 + tonumber(minor or 0)
    return found
end

local function reason(this)
    if this.product == "" then
        return "This does not seem to be DaVinci Resolve: it does not tell its name."
    elseif this.version ~= "" and this.number < 1901 then
        return "PAI-Studio needs DaVinci Resolve 19.1 or newer, and this is " .. this.version .. "."
    elseif this.is_studio then
        return "Studio runs Python scripts. If PAI-Studio is not in this menu, Resolve has found no Python 3: install "
            .. "the 64-bit Python 3 of python.org, or name the folder of yours in PYTHON3HOME (macOS) or "
            .. "FUSION_PYTHON3_HOME (Windows), and start Resolve again."
    elseif this.number >= 2101 then
        return "From 21.1 on, Resolve runs Python scripts in the Studio edition alone. That is why PAI-Studio is not "
            .. "in this menu; no setting changes it."
    end
    return "This edition lists Python scripts once it finds a Python 3, but since 19.1 it shows no window of a "
        .. "script, and asks for Studio instead."
end

-- The panel ------------------------------------------------------------------------------------------------------

local IS_WINDOWS = package.config:sub(1, 1) == "\\"
-- What Resolve sets for itself must not reach another Python.
local CLEAR = "unset LD_LIBRARY_PATH LD_PRELOAD DYLD_LIBRARY_PATH QT_PLUGIN_PATH; "

--- A word for the system's shell; nothing where it cannot be one.
local function quoted(word)
    if word:find("[%c]") or (IS_WINDOWS and word:find('["%%!]')) then
        return nil
    end
    return IS_WINDOWS and '"' .. word .. '"' or "'" .. word:gsub("'", "'\\''") .. "'"
end

local function succeeds(command)
    -- cmd takes the first and the last quote off a command.
    local fine, status = pcall(os.execute, IS_WINDOWS and '"' .. command .. '"' or command)
    return fine and (status == 0 or status == true)
end

--- The command that starts the panel; nothing, and why, where there is none.
local function panel(said)
    local python = quoted(said.python)
    if not python then
        return nil, "The path of its Python cannot be given to a shell: " .. said.python
    elseif not exists(said.python) then
        return nil, "Its Python is gone: " .. said.python .. "\n" .. INSTALL
    end
    local quiet = IS_WINDOWS and " >NUL 2>&1" or " >/dev/null 2>&1"
    local start = " -I -m pai_studio.ui.cli.main panel"
    if not succeeds((IS_WINDOWS and "" or CLEAR) .. python .. start .. " --help" .. quiet) then
        return nil, "PAI-Studio " .. said.version .. " has no panel. Export the clip, and render it in a terminal: "
            .. "pai-studio render SHOT.json"
    end
    if not IS_WINDOWS then
        return "(" .. CLEAR .. "exec " .. python .. start .. " </dev/null" .. quiet .. " &)"
    end
    local silent = said.python:gsub("python%.exe$", "pythonw.exe")
    return 'start "" ' .. (exists(silent) and quoted(silent) or python) .. start
end

-- Telling --------------------------------------------------------------------------------------------------------

local function show_window(text, command)
    local ui = fusion.UIManager
    local dispatcher = bmd.UIDispatcher(ui)
    local window = dispatcher:AddWindow(
        {ID = "PAIStudioHelp", WindowTitle = TITLE, Geometry = {200, 200, 640, 320}},
        ui:VGroup{
            ui:TextEdit{ID = "Text", PlainText = text, ReadOnly = true},
            ui:HGroup{
                Weight = 0,
                ui:Button{ID = "Panel", Text = "Open panel", Enabled = command ~= nil},
                ui:Button{ID = "Done", Text = "Close"},
            },
        })
    local function close()
        dispatcher:ExitLoop()
    end
    window.On.Panel.Clicked = function()
        succeeds(command)
        close()
    end
    window.On.Done.Clicked = close
    window.On.PAIStudioHelp.Close = close
    window:Show()
    dispatcher:RunLoop()
    window:Hide()
end

--- Without Studio a window of a script asks to buy Studio; a text file does not.
local function show_file(text)
    local folder = os.getenv("TMPDIR") or os.getenv("TEMP") or "/tmp"
    local path = folder:gsub("[/\\]+$", "") .. "/pai-studio-help.txt"
    local file = io.open(path, "wb")
    if file then
        file:write(text, "\n")
        file:close()
        bmd.openfileexternal("Open", path)
    end
end

local function main()
    local this = host()
    local said, wrong = installed()
    local lines = {
        TITLE .. (said and " " .. said.version or "") .. " in " .. (this.product ~= "" and this.product or "?")
            .. " " .. this.version,
        reason(this),
    }
    local command
    if said then
        command, wrong = panel(said)
    else
        wrong = wrong .. "\n" .. INSTALL
    end
    lines[#lines + 1] = wrong or "PAI-Studio's panel works beside any edition; in a terminal: pai-studio panel"
    local text = table.concat(lines, "\n\n")
    print(text)
    if this.is_studio then
        pcall(show_window, text, command)
        return
    end
    if command and succeeds(command) then
        print("The panel is starting.")
    else
        pcall(show_file, text)
    end
end

local fine, problem = pcall(main)
if not fine then
    print(TITLE .. ": " .. tostring(problem))
end
