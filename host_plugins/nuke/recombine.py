"""PAIRecombine: the nodes that build the picture from its layers again, with room for grades between them.

`foreground * gain + background * shadow * (1 - matte) + wrap`, in the nodes that a compositor would take: a multiply
for each of gain and shadow, an over whose alpha is the matte, a plus. Nuke's multiply gives A where A and B are both
negative; gain and shadow, which stand at A, never are.
"""

from __future__ import annotations

from .graph import Placed, Reckoned
from .knobs import CHANNELS, DOUBLE, TAB, Knob, Value, words

MIXES = {
    "gain_mix": ("relight", "How much of the new light falls on the subject."),
    "shadow_mix": ("shadow", "How much of the subject's shadow falls on the background."),
    "wrap_mix": ("light wrap", "How much of the background's light wraps around the subject."),
}

# Columns and rows of the graph; a Dot is 12 pixels wide, other nodes 80.
_STEP = 260
_LIGHT, _SUBJECT, _PLACE, _SHADOW, _WRAP = (_STEP * column for column in (-2, -1, 0, 1, 2))
_SPLIT, _SHUFFLE, _ALPHA, _GRADE, _PRODUCT, _OVER, _PLUS, _END = 80, 190, 250, 330, 430, 530, 630, 720

HELP = (
    "Builds the picture from its layers again, so that each can be graded by itself. "
    "Feed it with PAIStudio or with a Read of its pictures.\n\n"
    "Open the group and put grades below the Dots that are named for it. With no grade and all mixes at 1 "
    "the output is the picture as delivered.\n\n"
    "It needs the layers background, foreground, matte, gain, shadow and wrap."
)


def recombine() -> Placed:
    """The group, with one input that carries the layers."""
    rows = (
        Knob(TAB, "recombine_tab", "PAI Recombine"),
        words("formula", "foreground x gain  +  background x shadow x (1 - matte)  +  wrap"),
        *(
            Knob(DOUBLE, name, label, f"{said}\n1 is as delivered, 0 is without.", 1.0, span=(0.0, 1.0))
            for name, (label, said) in MIXES.items()
        ),
        words("where", "Grades go inside: open the group and put them below its Dots."),
    )
    return Placed(
        "Group",
        "PAIRecombine1",
        {"help": HELP, "tile_color": "0x2f6f73ff", "note_font_color": "0xffffffff", "selected": True},
        feeds=(None,),
        rows=rows,
        inside=(*_notes(), *_split(), *_subject(), *_place(), *_wrap(), *_join()),
    )


def _at(x: int, y: int) -> dict[str, Value | Reckoned]:
    return {"xpos": x, "ypos": y}


def _dot(name: str, x: int, y: int, feed: str, label: str = "") -> Placed:
    said: dict[str, Value | Reckoned] = {"label": label} if label else {}
    return Placed("Dot", name, {**said, **_at(x + 34, y + 4)}, (feed,))


def _split() -> tuple[Placed, ...]:
    """The stream, led to the top of every column."""
    return (
        Placed("Input", "layers", _at(_PLACE, 0)),
        _dot("to_place", _PLACE, _SPLIT, "layers"),
        _dot("to_subject", _SUBJECT, _SPLIT, "to_place"),
        _dot("to_light", _LIGHT, _SPLIT, "to_subject"),
        _dot("to_shadow", _SHADOW, _SPLIT, "to_place"),
        _dot("to_wrap", _WRAP, _SPLIT, "to_shadow"),
    )


def _layer(layer: str, x: int, feed: str, alpha: str) -> Placed:
    """A layer as the picture of its column; a single plane stands in red, green and blue."""
    knobs: dict[str, Value | Reckoned] = {"in": layer}
    if len(CHANNELS[layer]) == 1:
        knobs.update(red="alpha", green="alpha", blue="alpha")
    return Placed("Shuffle", layer, {**knobs, "alpha": alpha, **_at(x, _SHUFFLE)}, (feed,))


def _merge(operation: str, x: int, y: int, mix: str = "") -> dict[str, Value | Reckoned]:
    """Knobs of a Merge, which is fed by B, which goes on below, and A."""
    mixed: dict[str, Value | Reckoned] = {"mix": Reckoned(f"parent.{mix}")} if mix else {}
    return {"operation": operation, **mixed, **_at(x, y)}


def _subject() -> tuple[Placed, ...]:
    return (
        _layer("gain", _LIGHT, "to_light", "white"),
        _dot("grade_gain", _LIGHT, _GRADE, "gain", "grade light"),
        _dot("gain_corner", _LIGHT, _PRODUCT, "grade_gain"),
        _layer("foreground", _SUBJECT, "to_subject", "black"),
        Placed(
            "Copy",
            "matte_as_alpha",
            {"from0": "matte.alpha", "to0": "rgba.alpha", **_at(_SUBJECT, _ALPHA)},
            ("foreground", "foreground"),
        ),
        _dot("grade_foreground", _SUBJECT, _GRADE, "matte_as_alpha", "grade subject"),
        Placed(
            "Merge2",
            "relight",
            _merge("multiply", _SUBJECT, _PRODUCT, "gain_mix"),
            ("grade_foreground", "gain_corner"),
        ),
        _dot("subject_corner", _SUBJECT, _OVER, "relight"),
    )


def _place() -> tuple[Placed, ...]:
    return (
        _layer("shadow", _SHADOW, "to_shadow", "white"),
        _dot("grade_shadow", _SHADOW, _GRADE, "shadow", "grade shadow"),
        _dot("shadow_corner", _SHADOW, _PRODUCT, "grade_shadow"),
        _layer("background", _PLACE, "to_place", "white"),
        _dot("grade_background", _PLACE, _GRADE, "background", "grade background"),
        Placed(
            "Merge2",
            "shade",
            _merge("multiply", _PLACE, _PRODUCT, "shadow_mix"),
            ("grade_background", "shadow_corner"),
        ),
    )


def _wrap() -> tuple[Placed, ...]:
    return (
        _layer("wrap", _WRAP, "to_wrap", "black"),
        _dot("grade_wrap", _WRAP, _GRADE, "wrap", "grade wrap"),
        _dot("wrap_corner", _WRAP, _PLUS, "grade_wrap"),
    )


def _join() -> tuple[Placed, ...]:
    return (
        Placed("Merge2", "subject_over", _merge("over", _PLACE, _OVER), ("shade", "subject_corner")),
        Placed(
            "Merge2",
            "add_wrap",
            _merge("plus", _PLACE, _PLUS, "wrap_mix"),
            ("subject_over", "wrap_corner"),
        ),
        Placed("Output", "Output1", _at(_PLACE, _END), ("add_wrap",)),
    )


def _notes() -> tuple[Placed, ...]:
    # (name, label, colour, left, width)
    areas = (
        ("subject_area", "Subject", "0x4a5a3cff", _LIGHT, 2),
        ("place_area", "Background", "0x3c4f5aff", _PLACE, 2),
        ("wrap_area", "Light wrap", "0x5a4c3cff", _WRAP, 1),
    )
    backdrops = [
        Placed(
            "BackdropNode",
            name,
            {
                "tile_color": colour,
                "label": label,
                "note_font_size": 18,
                **_at(x - 90, _SHUFFLE - 70),
                "bdwidth": _STEP * columns - 20,
                "bdheight": _PRODUCT - _SHUFFLE + 120,
            },
        )
        for name, label, colour, x, columns in areas
    ]
    note = Placed(
        "StickyNote",
        "premultiplied",
        {
            "label": "The subject is premultiplied:\nUnpremult before a grade that adds\nor bends, Premult after it.",
            "note_font_size": 14,
            **_at(_LIGHT - 90, _OVER),
        },
    )
    return (*backdrops, note)
