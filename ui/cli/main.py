"""`pai-studio`: finds the command, runs it, and turns every error into one line and an exit code.

Exit codes: 0 done, 1 failed, 2 usage or bad input, 3 cannot reach the server, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import pai_studio
from pai_studio.core import log
from pai_studio.core.config import load
from pai_studio.core.shot.errors import PaiError
from pai_studio.ui.cli import (
    demo,
    doctor,
    evaluate,
    install,
    jobs,
    models,
    panel,
    render,
    serve,
    shots,
    train,
    uninstall,
)
from pai_studio.ui.cli.console import Console

_COMMANDS = (demo, panel, render, serve, jobs, shots, evaluate, models, train, install, uninstall, doctor)
_INTERRUPTED = 130


def parser() -> argparse.ArgumentParser:
    """The parser with every command."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--debug", action="store_true", help="show the traceback of an error, and the debug log"
    )
    common.add_argument("--json", action="store_true", help="one JSON document on stdout, all else on stderr")
    top = argparse.ArgumentParser(
        prog="pai-studio",
        description="Replaces the background of a shot: relit, in layers, at plate resolution.",
    )
    top.add_argument("--version", action="version", version=f"pai-studio {pai_studio.__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in _COMMANDS:
        name = module.__name__.rpartition(".")[2]
        about = (module.__doc__ or "").strip().splitlines()[0]
        module.add_arguments(commands.add_parser(name, parents=[common], help=about, description=about))
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    asked = parser().parse_args(arguments)
    console = Console(as_json=asked.json)
    module = next(m for m in _COMMANDS if m.__name__.rpartition(".")[2] == asked.command)
    try:
        log.set_up("DEBUG" if asked.debug else _log_level(asked))
        return int(module.run(asked, console))
    except BrokenPipeError:
        # The reader of our output has left (`pai-studio jobs | head`): that is no failure of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except PaiError as error:
        if asked.debug:
            raise
        console.error(error)
        return error.exit_code
    except OSError as error:  # a disk, not a programming fault: say what and where in one line
        if asked.debug:
            raise
        where = str(error.filename or asked.command)
        console.error(PaiError(error.strerror or str(error), where=where))
        return PaiError.exit_code
    except KeyboardInterrupt:
        console.line("interrupted")
        return _INTERRUPTED


def _log_level(asked: argparse.Namespace) -> str:
    """The settings' level; `doctor` looks at the settings itself, and has to live with broken ones."""
    if asked.command == "doctor":
        return "INFO"
    return load(file=getattr(asked, "config", None)).settings.log_level


if __name__ == "__main__":
    sys.exit(main())
