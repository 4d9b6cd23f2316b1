"""open the panel: shots, stills on a timeline, renders, versions."""

from __future__ import annotations

import argparse
from pathlib import Path

from pai_studio.core.shot.errors import NotFound
from pai_studio.ui.cli.connection import add_server_arguments
from pai_studio.ui.cli.console import Console


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
