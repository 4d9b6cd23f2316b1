"""The host's start-up file: our marked lines in it, and how they are taken out again without a trace.

Works on bytes, since the file is the user's: its encoding, its line ends and a missing last one stay as they are.
Standard library, Python 3.9.
"""

from __future__ import annotations

import shutil
from pathlib import Path

FILE = "init.py"
PACKAGE = "pai_studio_host"
_BEGIN = b"# >>> pai-studio: written by `pai-studio install`, taken away by `pai-studio uninstall` >>>"
_BEGIN_OWN = b"# >>> pai-studio: this file was made by `pai-studio install`; lines of your own are kept >>>"
_END = b"# <<< pai-studio <<<"


def line_for(dest: Path) -> str:
    """The one line that makes Nuke load the plugin from `dest`; plain ASCII whatever the path."""
    root = dest.as_posix()
    plugin = f"{root}/{PACKAGE}/nuke"
    return f"import sys, nuke; sys.path.append({root!a}); nuke.pluginAddPath({plugin!a}, addToSysPath=False)"


def loads(content: bytes) -> bool:
    """Whether a start-up file adds our folder to the host's plugin path."""
    lines = (line.strip() for line in content.splitlines())
    return any(
        b"pluginAddPath" in line and PACKAGE.encode() in line and not line.startswith(b"#") for line in lines
    )


def made(dest: Path) -> bytes:
    """A start-up file that is ours alone."""
    return b"\n".join([_BEGIN_OWN, line_for(dest).encode("ascii"), _END, b""])


def has_block(content: bytes) -> bool:
    """Whether our marked lines are in it."""
    return _span(content) is not None


def with_block(content: bytes, dest: Path) -> bytes:
    """The file with our marked lines at its end, or brought up to date where they are."""
    line = line_for(dest).encode("ascii")
    end = b"\r\n" if b"\r\n" in content else b"\n"
    span = _span(content)
    if span:
        begin = content[span[0] : span[1]].splitlines()[0]
        return content[: span[0]] + end.join([begin, line, _END]) + content[span[1] :]
    block = end.join([_BEGIN, line, _END])
    if content and not content.endswith((b"\n", b"\r")):
        return content + end + block  # the end that was missing is missing again
    return content + block + end


def without_block(content: bytes) -> bytes | None:
    """The file as it was before our lines came; None where nothing is left of a file that we made."""
    span = _span(content)
    if not span:
        return content
    first, after = span
    own = content[first:].startswith(_BEGIN_OWN)
    head, tail = content[:first], content[after:]
    if tail:
        tail = tail[2:] if tail.startswith(b"\r\n") else tail[1:]
    else:  # the block stood at the end of a file without a last line end: the one before it is ours
        head = head[:-2] if head.endswith(b"\r\n") else head[:-1]
    left = head + tail
    return None if own and not left.strip() else left


def write(path: Path, content: bytes) -> None:
    """Replace the file in one step, with the mode that it had; a link is followed. Raises OSError."""
    real = path.resolve()
    beside = real.with_name(f".{real.name}.pai-studio")
    try:
        beside.write_bytes(content)
        if real.exists():
            shutil.copymode(real, beside)
        beside.replace(real)
    finally:
        beside.unlink(missing_ok=True)


def _span(content: bytes) -> tuple[int, int] | None:
    """Where our block begins and ends (the last line's end not in it)."""
    starts = [at for at in (content.find(_BEGIN), content.find(_BEGIN_OWN)) if at >= 0]
    if not starts:
        return None
    first = min(starts)
    last = content.find(_END, first)
    return (first, last + len(_END)) if last >= 0 else None
