"""The panel of our node, row by row, in words that an artist understands without a manual: its first page."""

from __future__ import annotations

from . import panel_tabs as tabs
from .knobs import (
    ENUM,
    FILE,
    INT,
    INVISIBLE,
    NO_VERSION,
    NOTHING_RENDERED,
    OUTPUT,
    READ_ONLY,
    SAME_LINE,
    STRING,
    TAB,
    Knob,
    button,
    heading,
)


def _shot() -> list[Knob]:
    return [
        Knob(TAB, "pai_tab", "PAI-Studio"),
        Knob(STRING, "pai_studio", value="1", flags=(INVISIBLE,)),
        Knob(STRING, "pinned", flags=(INVISIBLE,)),
        Knob(STRING, "job", flags=(INVISIBLE,)),
        heading("shot", "Shot"),
        Knob(
            STRING,
            "shot",
            "shot",
            "Name of the shot, such as SEQ010_SH020. Folders and files are named after it.\n"
            "Letters, digits, dot, dash and underscore.",
        ),
        Knob(
            ENUM,
            "frame_source",
            "frames",
            "Which frames are rendered.\n"
            "input: the range of the plate.\nproject: the range of the script's settings.\n"
            "custom: first and last, beside this.",
            choices=("input", "project", "custom"),
        ),
        Knob(INT, "first", "first", "First frame, where frames is custom.", 1001, flags=(SAME_LINE,)),
        Knob(
            INT,
            "last",
            "last",
            "Last frame, where frames is custom. It is rendered too.",
            1100,
            flags=(SAME_LINE,),
        ),
        Knob(
            INT,
            "handles",
            "handles",
            "Frames more at each end. The plate must have them; they are delivered too.",
            0,
            flags=(SAME_LINE,),
        ),
    ]


def _engine() -> list[Knob]:
    return [
        heading("engine", "Background"),
        Knob(
            ENUM,
            "engine",
            "engine",
            "What makes the new background.\n"
            "auto: the best that this server can run.\n"
            "draft: from the stills alone, without a model; fast, to check the set-up.\n"
            "pai: relit by the pai model.\nvace: by the VACE model.\n"
            "plate: gives the plate back, to check files and colour.",
            choices=("auto", "draft", "pai", "vace", "plate"),
        ),
        Knob(
            ENUM,
            "quality",
            "quality",
            "final for delivery; preview is faster and smaller.",
            choices=("final", "preview"),
            flags=(SAME_LINE,),
        ),
        Knob(
            STRING,
            "model",
            "model",
            "Name of an installed model. Leave it empty for the engine's own.\n"
            "In a terminal, pai-studio models list names them.",
        ),
        Knob(INT, "seed", "seed", "Another number gives another take. The same number gives the same.", 7),
        Knob(
            INT,
            "steps",
            "steps",
            "Sampling steps of a model: more takes longer. The draft engine takes none.",
            30,
            flags=(SAME_LINE,),
        ),
    ]


def _render() -> list[Knob]:
    return [
        heading("render", "Render"),
        Knob(
            FILE,
            "output",
            "output",
            "Where the pictures go, as EXR. The number after v is raised for every render:\n"
            "a version that is there is never written over.",
            OUTPUT,
        ),
        button(
            "render",
            "Render",
            "Write out the inputs, make the background, and bring the result in as a new version.\n"
            "You can go on working meanwhile.",
            first=True,
        ),
        button(
            "refinish",
            "Re-finish",
            "Make a new version after a change on the Finish tab or of the delivery.\n"
            "Nothing is generated again, so this is quick.",
        ),
        button("cancel", "Cancel", "Stop the render of this node."),
        button("open_panel", "Open panel", "Open this shot in PAI-Studio's own window."),
        heading("version", "Version"),
        Knob(
            ENUM,
            "version",
            "version",
            "The version that this node shows. It changes only when you render or choose another:\n"
            "newer ones are offered and never swapped in.",
            choices=(NO_VERSION,),
        ),
        button("check_versions", "Check for versions", "Look on disk for versions of this shot."),
        Knob(
            STRING,
            "status",
            "status",
            "What the pictures are: how far the render is, or what has changed since.",
            NOTHING_RENDERED,
            flags=(READ_ONLY,),
        ),
    ]


ROWS: tuple[Knob, ...] = (
    *_shot(),
    *_engine(),
    *_render(),
    *tabs.references(),
    *tabs.prompt(),
    *tabs.finish(),
    *tabs.plate(),
    *tabs.delivery(),
)
"""All rows of the panel, in their order; a TAB begins a new page."""
