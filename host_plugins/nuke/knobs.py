"""The names and kinds of the knobs that our node adds to a Group. `panel.py` has their words and defaults.

The other modules take names, keys and values from here; `write_nk.py` writes it all into `PAIStudio.nk`.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Union

Value = Union[str, int, float, bool]

STRING, FILE, INT, ENUM, BOOL, DOUBLE = 1, 2, 3, 4, 6, 7
TAB, BUTTON, TEXT, LINES = 20, 22, 26, 43
"""Types of user knobs by their number in a script; LINES is text of several lines."""

NEW_LINE, SAME_LINE = "+STARTLINE", "-STARTLINE"
INVISIBLE, READ_ONLY = "+INVISIBLE", "+DISABLED"

STILLS = ("ref1", "ref2", "ref3", "ref4", "ref5")
MATTES = ("alpha", "garbage")
INPUTS = ("plate", *MATTES, *STILLS)
"""The node's inputs in their order; they are the names of the sources to export too."""

PROMPTS = (
    "foreground_content",
    "background_content",
    "foreground_motion",
    "background_motion",
    "camera_motion_analysis",
    "camera_angle",
    "focal_length",
    "caption",
)
FINISHES = ("despill", "gain_mix", "wrap", "shadow", "grain")
"""Knobs whose change needs a Re-finish only; as PROMPTS, named as in the shot document."""

LAYERS = ("background", "foreground", "matte", "gain", "shadow", "wrap", "rebuilt", "confidence")
"""The passes beside the beauty, which is always delivered; each has a knob `pass_NAME`."""

CHANNELS = {
    name: (f"{name}.red", f"{name}.green", f"{name}.blue")
    if name in ("background", "foreground", "gain", "wrap")
    else (f"{name}.alpha",)
    for name in LAYERS
}
"""The channels of each layer as Nuke names those of our files: `gain.R` is gain.red, `matte.A` is matte.alpha."""

NO_VERSION = "none yet"
"""What `version` shows while nothing was rendered."""

NOTHING_RENDERED = "nothing rendered yet"
"""What `status` says then."""

OUTPUT = "[file dirname [value root.name]]/pai_studio/[value shot]/v001/[value shot]_v001.%04d.exr"


@dataclass(frozen=True)
class Knob:
    """One row of the panel. `value` is what a new node has; None leaves the default of the type."""

    kind: int
    name: str
    label: str = ""
    tooltip: str = ""
    value: Value | None = None
    choices: tuple[str, ...] = ()
    span: tuple[float, float] | None = None
    """Ends of the slider."""

    text: str = ""
    """A button's Python, or the words of a TEXT row."""

    flags: tuple[str, ...] = ()


def action(name: str) -> str:
    """Python for a button, which has `nuke` at hand there: hands the node to our actions, or says how to install."""
    return f"""try:
    from pai_studio_host.nuke import actions
except ImportError as error:
    nuke.message(
        "The PAI-Studio plugin is not loaded in this Nuke, so this button cannot work.\\n\\n"
        "In a terminal:  pai-studio install nuke\\n"
        "Then start Nuke again. The node and its pictures stay as they are.\\n\\n(%s)" % error)
else:
    actions.press(nuke.thisNode(), "{name}")
"""


KNOB_CHANGED = 'if nuke.thisKnob().name() == "version":\n' + textwrap.indent(action("version"), "    ")
"""The node's own `knobChanged`: a change of version by hand goes to the actions."""


def heading(name: str, label: str) -> Knob:
    """A line across the panel with a word on it."""
    return Knob(TEXT, f"heading_{name}", label)


def words(name: str, text: str) -> Knob:
    """A line of text; without a label it would else be put behind the row before."""
    return Knob(TEXT, name, text=text, flags=(NEW_LINE,))


def button(name: str, label: str, tooltip: str, *, first: bool = False) -> Knob:
    """A button of ours; `first` in its line."""
    flag = NEW_LINE if first else SAME_LINE
    return Knob(BUTTON, name, label, tooltip, text=action(name), flags=(flag,))
