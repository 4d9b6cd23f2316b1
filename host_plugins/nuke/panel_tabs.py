"""The panel of our node, row by row: the pages behind the first."""

from __future__ import annotations

from .knobs import (
    BOOL,
    BUTTON,
    DOUBLE,
    ENUM,
    FINISHES,
    INT,
    LAYERS,
    LINES,
    NEW_LINE,
    PROMPTS,
    SAME_LINE,
    STILLS,
    STRING,
    TAB,
    Knob,
    heading,
    words,
)


def references() -> list[Knob]:
    """The stills and the frames that they stand at."""
    rows = [
        Knob(TAB, "references_tab", "References"),
        words(
            "references_help",
            "Connect stills of the new background to ref1 to ref5; one is enough.\n"
            "Each stands at the frame of the shot whose camera it fits.",
        ),
    ]
    for name in STILLS:
        rows += [
            Knob(
                INT,
                f"{name}_frame",
                f"{name} at frame",
                f"The frame of the shot whose camera {name} fits. The still is read at this frame too.",
                1001,
            ),
            Knob(
                BUTTON,
                f"{name}_now",
                "Use current",
                "Take the frame that the viewer is at.",
                text=f'nuke.thisNode()["{name}_frame"].setValue(nuke.frame())',
                flags=(SAME_LINE,),
            ),
            Knob(
                ENUM,
                f"{name}_fit",
                "framing",
                "fill: the still covers the whole picture, its edges may be cut.\n"
                "fit: the whole still is in the picture.",
                choices=("fill", "fit"),
                flags=(SAME_LINE,),
            ),
        ]
    return rows


_PROMPT_WORDS = {
    "foreground_content": ("subject", "Who or what stands in front: people, clothes, props."),
    "background_content": ("background", "The new place: where it is, its light, its weather."),
    "foreground_motion": ("subject's motion", "What the subject does."),
    "background_motion": ("background's motion", "What moves behind: crowds, leaves, water."),
    "camera_motion_analysis": ("camera's motion", "How the camera moves: locked off, a slow push in."),
    "camera_angle": ("camera angle", "Eye level, low, from above."),
    "focal_length": ("focal length", "Such as 35mm."),
    "caption": ("caption", "The whole shot in a sentence or two."),
}


def prompt() -> list[Knob]:
    """What a model is told of the shot."""
    help_row = words(
        "prompt_help",
        "What a model is told of the shot, in English. All of it may stay empty.\n"
        "The draft engine does not read it.",
    )
    rows = [Knob(LINES, name, *_PROMPT_WORDS[name]) for name in PROMPTS]
    return [Knob(TAB, "prompt_tab", "Prompt"), help_row, *rows]


_FINISH_WORDS = {
    "despill": ("despill", "Takes the screen's colour out of the subject.", 1.0),
    "gain_mix": ("relight", "How much of the new place's light falls on the subject.", 1.0),
    "wrap": ("light wrap", "Light of the background around the subject's edges.", 0.5),
    "shadow": ("shadow", "Shadows of the subject on the background.", 1.0),
    "grain": ("grain", "Gives the background the plate's grain.", 1.0),
}


def finish() -> list[Knob]:
    """What can be changed without generating again."""
    help_row = words("finish_help", "After a change here Re-finish is enough. 0 is off, 1 is full.")
    rows = [
        Knob(DOUBLE, name, label, tooltip, value, span=(0.0, 1.0))
        for name, (label, tooltip, value) in ((name, _FINISH_WORDS[name]) for name in FINISHES)
    ]
    return [Knob(TAB, "finish_tab", "Finish"), help_row, *rows]


def plate() -> list[Knob]:
    """What the plate is, and its colour."""
    return [
        Knob(TAB, "plate_tab", "Plate"),
        heading("plate", "Plate"),
        Knob(
            ENUM,
            "plate_alpha",
            "plate's alpha",
            "What the alpha of the plate is.\n"
            "none: not used.\nstraight: a matte, the colour is not multiplied.\n"
            "premultiplied: the plate is keyed or rendered already.",
            choices=("none", "straight", "premultiplied"),
        ),
        Knob(
            ENUM,
            "screen",
            "screen",
            "Colour of the screen. auto finds it; none where there is no screen.",
            choices=("auto", "green", "blue", "none"),
        ),
        Knob(
            DOUBLE,
            "exposure",
            "exposure",
            "Stops by which the model sees the plate brighter. For a dark or bright plate;\n"
            "what is delivered keeps the plate's own level.",
            0.0,
            span=(-6.0, 6.0),
        ),
        Knob(
            BOOL,
            "alpha_invert",
            "invert alpha",
            "The picture at the alpha input is black where the subject is.",
            flags=(NEW_LINE,),
        ),
        Knob(
            BOOL,
            "garbage_invert",
            "invert garbage",
            "The picture at the garbage input is black where the plate is to be thrown away.",
            flags=(SAME_LINE,),
        ),
        heading("colour", "Colour"),
        Knob(
            STRING,
            "working_space",
            "working space",
            "Name of the colour space that the script works in, as its OCIO config has it.\n"
            "Empty: the one of the project settings. Pictures are exchanged in it, unchanged.",
        ),
        Knob(
            ENUM,
            "export_type",
            "export plate as",
            "half is enough for a plate; float keeps every bit of a render.",
            choices=("half", "float"),
        ),
    ]


_PASS_WORDS = {
    "background": "The clean background, without the subject.",
    "foreground": "The subject, despilled and premultiplied, not yet relit.",
    "matte": "The subject's matte.",
    "gain": "The new light on the subject: multiply the foreground by it.",
    "shadow": "The subject's shadow: multiply the background by it.",
    "wrap": "The light wrap: add it.",
    "rebuilt": "White where the subject was made anew.",
    "confidence": "White where the background is sure.",
}


def delivery() -> list[Knob]:
    """What comes back."""
    passes = [
        Knob(
            BOOL,
            f"pass_{name}",
            name,
            _PASS_WORDS[name],
            True,
            flags=(NEW_LINE if index % 4 == 0 else SAME_LINE,),
        )
        for index, name in enumerate(LAYERS)
    ]
    return [
        heading("delivery", "Layers"),
        *passes,
        Knob(
            ENUM,
            "delivery_type",
            "pictures as",
            "Type of beauty, background, foreground and wrap. The other layers are always float.",
            choices=("half", "float"),
        ),
        Knob(
            ENUM,
            "delivery_compression",
            "compression",
            "Compression of the EXR files. dwaa and dwab lose a little.",
            "zip",
            choices=("none", "rle", "zips", "zip", "piz", "pxr24", "dwaa", "dwab"),
            flags=(SAME_LINE,),
        ),
    ]
