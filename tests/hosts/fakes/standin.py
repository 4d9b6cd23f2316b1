"""A stand-in for the executable `nuke`: `-t script.py args`, `-F range -X writes -x file.nk`, `-x file.nk`.

It starts as Nuke does (init.py of the folders in NUKE_PATH and of `~/.nuke`), loads a real script, renders real files,
and ends with 1 where a render fails. A word on the command line that it does not know ends it with 2.
`wrapper(folder)` puts an executable `nuke` there, for a test's PATH.
"""

from __future__ import annotations

import os
import re
import sys
import traceback
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
_RANGE = re.compile(r"(\d+)(?:-(\d+)(?:x(\d+))?)?")


class UsageError(Exception):
    """A command line that Nuke, or the stand-in, does not know."""


@dataclass
class Asked:
    """What the command line says."""

    mode: str
    file: str
    words: list[str] = field(default_factory=list)
    """Of `-t`: the script's own arguments."""

    frames: tuple[int, int, int] | None = None
    writes: list[str] | None = None


def parse(args: list[str]) -> Asked:
    """Read the command line. Raises UsageError."""
    frames, writes, mode = None, None, ""
    rest = list(args)
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option in ("-t", "-x"):
            mode = {"-t": "terminal", "-x": "execute"}[option]
            break
        if option not in ("-F", "-X") or not rest:
            raise UsageError(f"the option {option} is not known, or lacks its word")
        if option == "-F":
            frames = frame_range(rest.pop(0))
        else:
            writes = rest.pop(0).split(",")
    if not mode or not rest:
        raise UsageError("give -t script.py, or -x script.nk")
    file, words = rest[0], rest[1:]
    if mode == "execute" and words:
        raise UsageError(f"nothing may follow the script: {words}")
    if mode == "terminal" and (frames or writes):
        raise UsageError("-F and -X belong to -x")
    if words and _RANGE.fullmatch(words[-1]):
        # Nuke takes the frames to be rendered from the end of the line, even from a Python script's own words.
        words.pop()
    return Asked(mode, file, words, frames, writes)


def frame_range(text: str) -> tuple[int, int, int]:
    """First, last and step of `1001`, `1001-1010` or `1001-1010x2`. Raises UsageError."""
    match = _RANGE.fullmatch(text)
    if not match:
        raise UsageError(f"{text!r} is no frame range")
    first = int(match[1])
    return first, int(match[2] or first), int(match[3] or 1)


def folders() -> list[Path]:
    """Where Nuke looks for init.py at its start."""
    named = [Path(word) for word in os.environ.get("NUKE_PATH", "").split(os.pathsep) if word]
    return [*named, Path.home() / ".nuke"]


def main(args: list[str]) -> int:
    """Be Nuke; gives its exit code."""
    try:
        asked = parse(args)
    except UsageError as error:
        sys.stderr.write(f"nuke: {error}\n")
        return 2
    from tests.hosts.fakes.nuke_fake import FakeNuke

    nuke = FakeNuke(asked.mode, args=["nuke", *args])
    sys.modules["nuke"] = nuke.module
    try:
        nuke.start(folders())
        run = _terminal if asked.mode == "terminal" else _execute
        try:
            run(nuke, asked)
        finally:
            nuke.check()
    except Exception:  # noqa: BLE001 - whatever ends Nuke is told and counts as a failure
        traceback.print_exc()
        return 1
    return 0


def _terminal(nuke: object, asked: Asked) -> None:
    sys.argv = [asked.file, *asked.words]
    code = compile(Path(asked.file).read_text(encoding="utf-8"), asked.file, "exec")
    exec(code, {**nuke.namespace(), "__file__": asked.file})  # type: ignore[attr-defined]


def _execute(nuke: object, asked: Asked) -> None:
    from tests.hosts.fakes.execution import render_all
    from tests.hosts.fakes.nuke_fake import FakeNuke

    assert isinstance(nuke, FakeNuke)
    nuke.open(Path(asked.file))
    knobs = nuke.root.knobs
    frames = asked.frames or (int(knobs["first_frame"].value), int(knobs["last_frame"].value), 1)
    render_all(nuke, asked.writes, *frames)
    for name, frame in nuke.rendered:
        print(f"Frame {frame} of {name} written")


def wrapper(folder: Path) -> Path:
    """Put an executable named `nuke` into a folder; gives its path."""
    path = folder / "nuke"
    path.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).resolve()}" "$@"\n', encoding="utf-8"
    )
    path.chmod(0o755)
    return path


if __name__ == "__main__":
    # The folder of this file is none that a Nuke would look for modules in.
    sys.path[0] = str(REPOSITORY)
    sys.exit(main(sys.argv[1:]))
