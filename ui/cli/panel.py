"""open the panel: shots, stills on a timeline, renders, versions."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from pai_studio.core.shot.errors import NotFound
from pai_studio.ui.cli import qt_libraries
from pai_studio.ui.cli.check import Check
from pai_studio.ui.cli.connection import add_server_arguments
from pai_studio.ui.cli.console import Console

_PROBE = "import PySide6, PySide6.QtWidgets, PySide6.QtOpenGLWidgets; print(PySide6.__version__)"
_PROBE_S = 60
_WORN_OUT = "6.12.0"
"""Ends Python 3.11 with a fatal error after some thousand signals (docs/adr/018-the-panel.md)."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`panel [FILE ...]`."""
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="shot documents, folders of ranges or documents, movies, numbered pictures, timelines",
    )
    parser.add_argument("--apart", action="store_true", help="another window, beside the one that is open")
    add_server_arguments(parser)


def run(asked: argparse.Namespace, _console: Console) -> int:
    """Show the window until it is closed. Raises NotFound where there is no screen, or no Qt."""
    try:
        from pai_studio.ui.panel import app
    except ImportError as error:
        say = f"the panel's window cannot be loaded ({error})"
        raise NotFound(
            say, hint="install pai-studio with its dependencies; `pai-studio doctor` looks"
        ) from None
    files = [path.absolute() for path in asked.files]
    return app.run(files, server=asked.server, token_file=asked.token_file, is_apart=asked.apart)


def check() -> Check:
    """A row of `doctor`: whether the window can be opened. Where there is no screen nobody misses it."""
    done = subprocess.run(
        [sys.executable, "-c", _PROBE], capture_output=True, text=True, check=False, timeout=_PROBE_S
    )
    absent = qt_libraries.missing()
    has_screen = sys.platform != "linux" or any(os.environ.get(one) for one in ("DISPLAY", "WAYLAND_DISPLAY"))
    if absent:
        packages = " ".join(sorted(set(absent.values())))
        remedy = f"on Debian: apt-get install {packages}"
        return Check("panel", not has_screen, f"Qt needs {', '.join(absent)}", remedy)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        remedy = "install the library that it names; docs/panel.md lists what Debian needs"
        return Check("panel", not has_screen, f"Qt cannot be loaded ({why})", remedy)
    found = done.stdout.strip()
    if found == _WORN_OUT and sys.version_info < (3, 12):
        return Check(
            "panel",
            False,
            f"PySide6 {found} ends the panel after a while",
            "pip install 'PySide6-Essentials!=6.12.0'",
        )
    return Check("panel", True, f"PySide6 {found}" + ("" if has_screen else ", no screen here"))
