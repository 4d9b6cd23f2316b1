"""PAIStudio, Fusion's macro: the result and its layers from one multilayer EXR, and the picture put together again.

`foreground * gain + background * shadow * (1 - matte) + wrap`, each step a tool that can be opened, with a mix for the
new light, the shadow and the light wrap. It is a group: grades go inside, below the Loader of their layer.

`python -m pai_studio.host_plugins.resolve.fusion.macro` writes PAIStudio.setting beside this file.
Standard library, Python 3.9: the Comp script writes one beside each result, with the result's own files.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...host import Fault, Result
from ...paths import Sequenced
from .lua import ORDERED, Made, Value, identifier, written

FILE = Path(__file__).parent / "PAIStudio.setting"
NAME = "PAIStudio"

LAYERS = {
    "result": ("R", "G", "B", "A"),
    "foreground": ("foreground.R", "foreground.G", "foreground.B", "matte.A"),
    "gain": ("gain.R", "gain.G", "gain.B", "A"),
    "background": ("background.R", "background.G", "background.B", "A"),
    "shadow": ("shadow.A", "shadow.A", "shadow.A", "A"),
    "wrap": ("wrap.R", "wrap.G", "wrap.B", "A"),
}
"""Loaders, each with the channels of the file that stand at its red, green, blue and alpha."""

PASSES = frozenset(name.partition(".")[0] for names in LAYERS.values() for name in names if "." in name)
"""Of a delivery, what the macro cannot do without."""

MIXES = {"relight": "Relight", "shade": "Shadow", "picture": "Light wrap"}
"""Tools whose first number is a mix, with its label; 1 is as delivered, 0 is without."""

_MULTIPLIED = "{c}1*(1-n1)+{c}1*{c}2*n1"
_TOGETHER = "{c}1+{c}2*(1-a1)+{c}3*n1"
_CHANNELS = ("Red", "Green", "Blue", "Alpha")
_COLUMN, _ROW = 165, 99


@dataclass(frozen=True)
class Clip:
    """A sequence on disk: the path of its first frame, and its first and last frame."""

    path: str
    first: int
    last: int


EXAMPLE = Clip("Comp:/pai_studio/SHOT/v001/SHOT_v001.1001.exr", 1001, 1100)
"""Stands in the macro until a file is chosen; `Comp:` is the folder of the composition."""


def setting(clip: Clip = EXAMPLE) -> str:
    """The macro with its Loaders at a sequence, as text that Fusion pastes or opens. Raises ValueError."""
    return written(
        {
            "Tools": Made(ORDERED, {NAME: _group(clip)}),
            "ActiveTool": NAME,
        }
    )


def write_filled(result: Result) -> Path | None:
    """Write the macro with a result's files beside them; None where a pass that it needs was not delivered.

    Dragged into the node editor it is as if the artist had chosen file and layers: some versions of Resolve leave
    out of a delivery what a script has set and connected. Raises Fault.
    """
    if not set(result.passes) >= PASSES:
        return None
    first = Path(Sequenced.of(result.files).path(result.first))
    path = first.with_name(f"{NAME}_v{result.version:03d}.setting")
    try:
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.write(setting(Clip(first.as_posix(), result.first, result.last)))
    except (OSError, ValueError) as error:
        what = f"the macro with its files cannot be written ({error})"
        raise Fault(what, where=str(path), hint="add PAIStudio from Macros and choose its files") from None
    return path


def _group(clip: Clip) -> Made:
    loaders = {name: _loader(name, row, clip) for row, name in enumerate(LAYERS)}
    tools = {
        **loaders,
        "relight": _custom("relight", ("foreground", "gain"), _MULTIPLIED, "a1", at=(1, 1)),
        "shade": _custom("shade", ("background", "shadow"), _MULTIPLIED, "1", at=(1, 3)),
        "picture": _custom("picture", ("relight", "shade", "wrap"), _TOGETHER, "1", at=(2, 2)),
    }
    return Made(
        "GroupOperator",
        {
            "CtrlWZoom": False,
            "NameSet": True,
            "Inputs": Made(ORDERED, {**_mixes(), **_files()}),
            "Outputs": {
                "MainOutput1": Made("InstanceOutput", {"SourceOp": "picture", "Source": "Output"}),
                "MainOutput2": Made("InstanceOutput", {"SourceOp": "result", "Source": "Output"}),
            },
            "ViewInfo": Made("GroupInfo", {"Pos": [0, 0]}),
            "Tools": Made(ORDERED, tools),
        },
    )


def _mixes() -> dict[str, Value]:
    return {
        f"Mix{number}": Made(
            "InstanceInput",
            {
                "SourceOp": tool,
                "Source": "NumberIn1",
                "Name": label,
                "Page": "Controls",
                "MinScale": 0,
                "MaxScale": 1,
                "Default": 1,
            },
        )
        for number, (tool, label) in enumerate(MIXES.items(), start=1)
    }


def _files() -> dict[str, Value]:
    return {
        f"File{number}": Made(
            "InstanceInput",
            {"SourceOp": layer, "Source": "Clip", "Name": f"File: {layer}", "Page": "Files"},
        )
        for number, layer in enumerate(LAYERS, start=1)
    }


def _loader(layer: str, row: int, clip: Clip) -> Made:
    chosen = {
        f"Clip1.OpenEXRFormat.{part}Name": Made("Input", {"Value": identifier(channel)})
        for part, channel in zip(_CHANNELS, LAYERS[layer])
    }
    return Made(
        "Loader",
        {
            "Clips": [_clip(clip)],
            "NameSet": True,
            "Inputs": {
                "GlobalIn": Made("Input", {"Value": clip.first}),
                "GlobalOut": Made("Input", {"Value": clip.last}),
                # The foreground comes multiplied by its matte already.
                "PostMultiplyByAlpha": Made("Input", {"Value": 0}),
                **chosen,
            },
            "ViewInfo": _at(0, row),
        },
    )


def _clip(clip: Clip) -> Made:
    return Made(
        "Clip",
        {
            "ID": "Clip1",
            "Filename": clip.path,
            "FormatID": "OpenEXRFormat",
            "StartFrame": clip.first,
            "Length": clip.last - clip.first + 1,
            "LengthSetManually": True,
            "TrimIn": 0,
            "TrimOut": clip.last - clip.first,
            "ExtendFirst": 0,
            "ExtendLast": 0,
            "Loop": 0,
            "AspectMode": 0,
            "Depth": 0,
            "TimeCode": 0,
            "GlobalStart": clip.first,
            "GlobalEnd": clip.last,
        },
    )


def _custom(name: str, feeds: tuple[str, ...], formula: str, alpha: str, at: tuple[int, int]) -> Made:
    """A tool that reckons a formula, in which {c} stands for the letter of each channel."""
    fed = {
        f"Image{number}": Made("Input", {"SourceOp": feed, "Source": "Output"})
        for number, feed in enumerate(feeds, start=1)
    }
    formulas = {
        f"{part}Expression": Made("Input", {"Value": formula.format(c=part[0].lower())})
        for part in _CHANNELS[:3]
    }
    return Made(
        "Custom",
        {
            "NameSet": True,
            "Inputs": {
                "NumberIn1": Made("Input", {"Value": 1}),
                "NameforNumber1": Made("Input", {"Value": MIXES[name]}),
                **formulas,
                "AlphaExpression": Made("Input", {"Value": alpha}),
                **fed,
            },
            "ViewInfo": _at(*at),
        },
    )


def _at(column: int, row: int) -> Made:
    return Made("OperatorInfo", {"Pos": [_COLUMN * column, _ROW * row]})


def main() -> None:
    """Write the macro beside this file."""
    with FILE.open("w", encoding="utf-8", newline="\n") as file:
        file.write(setting())


if __name__ == "__main__":
    main()
