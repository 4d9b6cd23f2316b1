"""How a compositor puts the passes together again: a Nuke script and an oiiotool command beside each delivery.

Both rebuild the beauty in the working space, in which the passes are (ADR 005):
`foreground * gain + background * (shadow * (1 - matte)) + wrap`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection
from pathlib import Path

from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.frames import FramePattern
from pai_studio.core.shot.naming import pass_pattern, stem_of

NUKE, OIIOTOOL = "nk", "oiiotool.sh"
"""The suffixes of the two files."""

_COLORS = ("foreground", "gain", "background", "wrap")
_PLANES = ("shadow", "matte")
_OLDEST_NUKE = "14.0 v1"


def recombination(shot: Shot, passes: Collection[str], working: str) -> dict[str, str]:
    """The text of each file by its suffix; nothing where `passes`, those delivered, are too few for the formula.

    `working` names the space of the passes.
    """
    if not {*_COLORS, *_PLANES} <= set(passes):
        return {}
    is_apart = shot.delivery.layout == "files"
    files = {
        name: Path(pass_pattern(shot.delivery_files, name) if is_apart else shot.delivery_files).name
        for name in (*_COLORS, *_PLANES)
    }
    note = f"Rebuilds the beauty of {stem_of(shot.delivery_files)} from its passes, in {working}."
    if shot.delivery_colorspace != working:
        note += f" The delivered beauty is the same picture in {shot.delivery_colorspace}."
    return {NUKE: _nuke(shot, files, note), OIIOTOOL: _oiiotool(shot, files, note)}


def _nuke(shot: Shot, files: dict[str, str], note: str) -> str:
    """A script that opens by itself, and pastes into another whose project directory is the delivery's folder."""
    is_apart = len(set(files.values())) > 1
    nodes = [
        f"# {note}\nversion {_OLDEST_NUKE}",
        # Relative names are looked for beside the script.
        'Root {\n inputs 0\n project_directory "\\[python \\{nuke.script_directory()\\}]"\n'
        f" first_frame {shot.all_frames.first}\n last_frame {shot.all_frames.last}\n}}",
    ]
    if not is_apart:
        nodes += [
            f"add_layer {{{name} {' '.join(f'{name}.{part}' for part in _parts(name))}}}" for name in files
        ]
        nodes.append(_read(shot, files["matte"], "delivered"))
    for name, file in files.items():
        if is_apart:
            nodes.append(_read(shot, file, f"{name}_file"))
        nodes.append(_shuffle(name, is_apart=is_apart))
    nodes += [
        _joined("Merge2", "relit", "foreground", "gain", "operation multiply"),
        _joined("Copy", "cut_out", "relit", "matte", "from0 rgba.red\n to0 rgba.alpha"),
        _joined("Merge2", "shaded", "background", "shadow", "operation multiply"),
        _joined("Merge2", "composited", "shaded", "cut_out", "operation over"),
        _joined("Merge2", "beauty", "composited", "wrap", f"operation plus\n label {_word(note)}"),
    ]
    return "\n".join(nodes) + "\n"


def _parts(name: str) -> tuple[str, ...]:
    return ("alpha",) if name in _PLANES else ("red", "green", "blue")


def _read(shot: Shot, file: str, name: str) -> str:
    first, last = shot.all_frames.first, shot.all_frames.last
    return (
        f"Read {{\n inputs 0\n file {_word(file)}\n first {first}\n last {last}\n origfirst {first}\n"
        f" origlast {last}\n raw true\n name {name}\n}}\nset N{name} [stack 0]"
    )


def _shuffle(name: str, *, is_apart: bool) -> str:
    """A pass as the picture; a single plane stands in red, green and blue."""
    # A file of one luminance channel shows it as red.
    plane = "red" if is_apart else "alpha"
    picked = f" red {plane}\n green {plane}\n blue {plane}\n" if name in _PLANES else ""
    alpha = "black" if name in ("foreground", "wrap") else "white"
    layer = "rgba" if is_apart else name
    feed = f"{name}_file" if is_apart else "delivered"
    return f"push $N{feed}\nShuffle {{\n in {layer}\n{picked} alpha {alpha}\n name {name}\n}}\nset N{name} [stack 0]"


def _joined(kind: str, name: str, b: str, a: str, knobs: str) -> str:
    """A node with two inputs: B, which goes on below it, and A."""
    return f"push $N{a}\npush $N{b}\n{kind} {{\n inputs 2\n {knobs}\n name {name}\n}}\nset N{name} [stack 0]"


def _word(text: str) -> str:
    """A text as one word of a script."""
    if re.fullmatch(r"[A-Za-z0-9_.-][A-Za-z0-9_.#%@-]*", text):
        return text
    return '"' + re.sub(r'([\\"$\[\]{}])', r"\\\1", text) + '"'


def _oiiotool(shot: Shot, files: dict[str, str], note: str) -> str:
    """A shell script of one command, over all frames or over those that are given."""
    frames = str(shot.all_frames)
    is_apart = len(set(files.values())) > 1

    def taken(name: str) -> str:
        """A pass as three channels."""
        if name in _PLANES:
            plane = "Y" if is_apart else f"{name}.A"
            channels = f"R={plane},G={plane},B={plane}"
        else:
            channels = "R,G,B" if is_apart else ",".join(f"{c}={name}.{c}" for c in "RGB")
        return f"{quoted(files[name])} --ch {channels}"

    def quoted(pattern: str) -> str:
        # oiiotool takes each # for four digits.
        return shlex.quote(FramePattern(pattern).printf)

    script = shlex.quote(f"{stem_of(shot.delivery_files)}.{OIIOTOOL}")
    out = quoted(pass_pattern(shot.delivery_files, "recombined"))
    steps = (
        f"{taken('foreground')} {taken('gain')} --mul",
        f"{taken('background')} {taken('shadow')}",
        f"{taken('matte')} --mulc -1 --addc 1 --mul --mul --add",
        f"{taken('wrap')} --add",
        f"-d {shot.delivery.type} -o {out}",
    )
    return (
        f"#!/bin/sh\n# {note}\n# Some frames alone: sh {script} {frames}\n"
        f'cd "$(dirname "$0")" && exec oiiotool --evaloff --frames "${{1:-{frames}}}" \\\n  '
        + " \\\n  ".join(steps)
        + "\n"
    )
