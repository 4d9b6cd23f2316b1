"""The nodes inside our groups, as data: what each is, what it is fed, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field

from .knobs import INPUTS, KNOB_CHANGED, MATTES, Knob, Value
from .panel import ROWS

RESULT = "result"
"""Name of the Read that holds the pinned version."""

NO_PICTURE = "no_picture"
"""Name of the Read that fails at every frame."""

NO_FILE = "PAI-Studio_has_no_picture_for_this_frame.exr"
"""A file that is never there. A Read without any file, or asked for a frame outside its range, might show black
instead of failing; one whose file is missing fails in the interface and on a farm alike."""


def export_of(source: str) -> str:
    """Name of the Write that exports one of INPUTS."""
    return f"export_{source}"


@dataclass(frozen=True)
class Reckoned:
    """An expression as the value of a number knob."""

    text: str


@dataclass(frozen=True)
class Placed:
    """One node of a script. `feeds` names the nodes at its inputs, None for an open one."""

    kind: str
    name: str
    knobs: dict[str, Value | Reckoned]
    feeds: tuple[str | None, ...] = ()
    rows: tuple[Knob, ...] = ()
    inside: tuple[Placed, ...] = field(default=())


_COLUMN, _TOP = 130, 0

HELP = (
    "Gives a shot a new background, relit and in layers.\n\n"
    "Connect the plate, and stills of the new place to ref1 and on. Optional: a matte of the subject to alpha, "
    "and to garbage what has to go, such as rigs and walls.\n"
    "Name the shot and press Render. The result comes in as a version, in the script's working space and at the "
    "plate's size; a later render makes another version.\n\n"
    "PAIRecombine, fed by this node, builds the picture from its layers again, so that each can be graded."
)


def studio() -> Placed:
    """Our node: a group of inputs, the Writes that export them, and the Read that shows the result."""
    inputs = [
        Placed("Input", name, {"xpos": _COLUMN * index, "ypos": _TOP, **({"number": index} if index else {})})
        for index, name in enumerate(INPUTS)
    ]
    writes = [_write(name, _COLUMN * index) for index, name in enumerate(INPUTS)]
    return Placed(
        "Group",
        "PAIStudio1",
        {
            "knobChanged": KNOB_CHANGED,
            "help": HELP,
            "tile_color": "0x2f6f73ff",
            "note_font_color": "0xffffffff",
            "label": "[value shot]  [value version]\n[value status]",
            # What is pasted is to be found as the selected node.
            "selected": True,
        },
        feeds=(None,),
        rows=ROWS,
        inside=(*_notes(), *inputs, *writes, *_result()),
    )


def _write(source: str, x: int) -> Placed:
    channels = "rgba" if source == "plate" else "alpha" if source in MATTES else "rgb"
    return Placed(
        "Write",
        export_of(source),
        {
            "channels": channels,
            "raw": True,
            "file_type": "exr",
            # The plate's follows the knob `export_type` when it is exported.
            "datatype": "32 bit float" if channels == "rgb" else "16 bit half",
            "compression": "Zip (1 scanline)",
            "metadata": "all metadata",
            "noprefix": True,
            "autocrop": False,
            "create_directories": True,
            "xpos": x,
            "ypos": _TOP + 110,
            "disable": True,
        },
        feeds=(source,),
    )


def _result() -> tuple[Placed, ...]:
    fails: dict[str, Value | Reckoned] = {
        "file_type": "exr",
        "file": NO_FILE,
        "before": "hold",
        "after": "hold",
        "on_error": "error",
        "raw": True,
    }
    result = {**fails, "xpos": 0, "ypos": _TOP + 260}
    no_picture = {**fails, "xpos": _COLUMN, "ypos": _TOP + 260}
    outside = Reckoned(f"frame < {RESULT}.first || frame > {RESULT}.last")
    return (
        Placed("Read", RESULT, result),
        Placed("Read", NO_PICTURE, no_picture),
        Placed(
            "Switch",
            "in_range",
            {"which": outside, "xpos": 0, "ypos": _TOP + 330},
            feeds=(RESULT, NO_PICTURE),
        ),
        Placed("Output", "Output1", {"xpos": 0, "ypos": _TOP + 390}, feeds=("in_range",)),
    )


def _notes() -> tuple[Placed, ...]:
    width = _COLUMN * len(INPUTS) + 40
    return (
        _backdrop("exports", "Exports: raw, in the working space. Render switches them on.", -70, width, 240),
        _backdrop("result_area", "Result: the pinned version.", 190, 700, 250),
        Placed(
            "StickyNote",
            "how_it_works",
            {
                "label": "Only the pinned version feeds the output.\n"
                "Without one, and outside its frames, this\n"
                "fails: nothing wrong slips through a render.\n"
                "Disable the node to see the plate.",
                "note_font_size": 14,
                "xpos": 300,
                "ypos": _TOP + 270,
            },
        ),
    )


def _backdrop(name: str, label: str, y: int, width: int, height: int) -> Placed:
    return Placed(
        "BackdropNode",
        name,
        {
            "tile_color": "0x3a4748ff",
            "label": label,
            "note_font_size": 20,
            "xpos": -50,
            "ypos": y,
            "bdwidth": width,
            "bdheight": height,
        },
    )
