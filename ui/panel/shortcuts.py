"""Every action with its keys, in one table: the window's menus, the sheet on `?` and docs/panel.md come from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtGui import QKeySequence

Group = Literal["File", "Edit", "Play", "Stills", "View", "Render", "Window"]


@dataclass(frozen=True, slots=True)
class Shortcut:
    """`name` is what code calls the action by; `keys` are Qt's portable texts, the first one shown in menus."""

    name: str
    group: Group
    text: str
    keys: tuple[str, ...] = ()
    tip: str = ""

    @property
    def shown(self) -> str:
        """The keys as this system writes them."""
        return "  ".join(
            QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in self.keys
        )


ALL: tuple[Shortcut, ...] = (
    Shortcut(
        "open", "File", "Open…", ("Ctrl+O",), "A shot document, a movie, numbered pictures or a timeline"
    ),
    Shortcut(
        "open_folder",
        "File",
        "Open folder…",
        ("Ctrl+Shift+O",),
        "Its shot documents, or its ranges and movies",
    ),
    Shortcut(
        "save_as",
        "File",
        "Save shot as…",
        ("Ctrl+Shift+S",),
        "Each edit is saved by itself; this one moves it",
    ),
    Shortcut("close_shot", "File", "Close shot", ("Ctrl+W",)),
    Shortcut("quit", "File", "Quit", ("Ctrl+Q",), "Renders at the server go on"),
    Shortcut("undo", "Edit", "Undo", ("Ctrl+Z",)),
    Shortcut("redo", "Edit", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y")),
    Shortcut("play", "Play", "Play or stop", ("Space",)),
    Shortcut("forwards", "Play", "Play forwards; again is faster", ("L",)),
    Shortcut("backwards", "Play", "Play backwards; again is faster", ("J",)),
    Shortcut("stop", "Play", "Stop", ("K",)),
    Shortcut("next_frame", "Play", "One frame on", ("Right", ".")),
    Shortcut("previous_frame", "Play", "One frame back", ("Left", ",")),
    Shortcut("first_frame", "Play", "First frame", ("Home",)),
    Shortcut("last_frame", "Play", "Last frame", ("End",)),
    Shortcut("mark_in", "Play", "Mark in", ("I", "[")),
    Shortcut("mark_out", "Play", "Mark out", ("O", "]")),
    Shortcut("clear_marks", "Play", "Clear in and out", ("Alt+X",)),
    Shortcut("next_shot", "Play", "Next shot", ("Page Down",)),
    Shortcut("previous_shot", "Play", "Previous shot", ("Page Up",)),
    Shortcut("add_still", "Stills", "Put a still at the playhead…", ("M",)),
    Shortcut("remove_still", "Stills", "Remove the selected still", ("Delete",)),
    Shortcut("next_still", "Stills", "Go to the next still", ("Alt+Right",)),
    Shortcut("previous_still", "Stills", "Go to the previous still", ("Alt+Left",)),
    Shortcut("loop_stills", "Stills", "Loop between two stills", ("Ctrl+Right", "Ctrl+Left")),
    Shortcut("frame_still", "Stills", "Frame the selected still over the plate", ("T",)),
    Shortcut("garbage", "Stills", "Draw a garbage matte", ("G",)),
    Shortcut("toggle", "View", "Plate or result", ("A",)),
    Shortcut("wipe", "View", "Wipe plate and result", ("W",)),
    Shortcut("difference", "View", "Difference in luminance", ("D",)),
    Shortcut("fit", "View", "Fit the picture", ("F",)),
    Shortcut("one_to_one", "View", "One pixel for one", ("1",)),
    Shortcut("zoom_in", "View", "Zoom in", ("+", "=")),
    Shortcut("zoom_out", "View", "Zoom out", ("-",)),
    Shortcut("channel_rgb", "View", "Colour", ("C",)),
    Shortcut("channel_red", "View", "Red alone", ("R",)),
    Shortcut("channel_green", "View", "Green alone", ("Shift+G",)),
    Shortcut("channel_blue", "View", "Blue alone", ("B",)),
    Shortcut("channel_alpha", "View", "Alpha alone", ("Shift+A",)),
    Shortcut("channel_luminance", "View", "Luminance", ("Y",)),
    Shortcut("exposure_up", "View", "Show a third of a stop brighter", ("Shift+Up",)),
    Shortcut("exposure_down", "View", "Show a third of a stop darker", ("Shift+Down",)),
    Shortcut("reset_view", "View", "Exposure and gamma as they were", ("Shift+R",)),
    Shortcut("render", "Render", "Render this shot", ("Ctrl+Return",)),
    Shortcut(
        "refinish",
        "Render",
        "Re-finish this shot",
        ("Ctrl+Shift+Return",),
        "New finishing, no new generation",
    ),
    Shortcut("render_all", "Render", "Render every shot that is ready", ("Ctrl+Alt+Return",)),
    Shortcut("cancel", "Render", "Cancel this shot's render", ("Ctrl+.",)),
    Shortcut("full_screen", "Window", "Full screen", ("F11", "Ctrl+F")),
    Shortcut("shortcuts", "Window", "Shortcuts", ("?", "F1")),
)


def by_name(name: str) -> Shortcut:
    """One of them."""
    return next(one for one in ALL if one.name == name)


def table() -> str:
    """All of them as a Markdown table, for docs/panel.md."""
    rows = [
        f"| {one.group} | {one.text.rstrip('…')} | {' '.join(f'`{key}`' for key in one.keys)} |"
        for one in ALL
    ]
    return "\n".join(["| | what | keys |", "|---|---|---|", *rows])
