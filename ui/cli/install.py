"""put the plugin for a host into its folder, or bring it up to date; `uninstall` takes it away."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pai_studio
from pai_studio.core.shot.errors import BadInput
from pai_studio.host_plugins import install
from pai_studio.host_plugins.host import Fault
from pai_studio.ui.cli import hosts
from pai_studio.ui.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`install HOST [--dest DIR] [--write-init]`."""
    add_place(parser)
    parser.add_argument(
        "--write-init",
        action="store_true",
        help="Nuke: add the line that loads the plugin to an init.py of yours (marked; uninstall takes it out)",
    )


def add_place(parser: argparse.ArgumentParser) -> None:
    """What `uninstall` takes too: the host and its folder."""
    parser.add_argument("host", choices=tuple(install.HOSTS), help="the application")
    parser.add_argument(
        "--dest",
        type=Path,
        metavar="DIR",
        help="the folder that it loads plugins from (default: the user's own, such as ~/.nuke)",
    )


def run(asked: argparse.Namespace, console: Console) -> int:
    """Install, and say what is left to do."""
    if asked.write_init and asked.host != "nuke":
        raise BadInput(f"--write-init is for Nuke; {asked.host.capitalize()} has no init.py")
    dest = (asked.dest or install.default_dest(asked.host)).expanduser().absolute()
    try:
        done = install.install(
            asked.host,
            dest,
            version=pai_studio.__version__,
            python=sys.executable,
            write_init=asked.write_init,
        )
    except Fault as fault:
        raise hosts.error_of(fault) from None
    hosts.remember(asked.host, dest)
    document: dict[str, object] = {
        "host": asked.host,
        "dest": str(dest),
        "folder": str(done.folder),
        "version": pai_studio.__version__,
        "python": sys.executable,
        "files": done.files,
        "kept": done.kept,
        "removed": list(done.removed),
        "entries": [str(dest / name) for name in done.entries],
    }
    if done.init:
        document["init"] = {"file": str(done.init), "loads": done.loads, "line": done.line}
    console.result(document, "\n".join(_lines(asked.host, done)))
    return 0


def _lines(host: str, done: install.Done) -> list[str]:
    lines = [
        f"PAI-Studio {pai_studio.__version__} for {host.capitalize()}: {done.files} files in {done.folder}"
    ]
    lines += [f"{done.folder.parent / name}" for name in done.entries]
    lines += [f"your changes to {name} are kept in {kept}" for name, kept in done.kept.items()]
    if not done.init:
        return [*lines, f"{host.capitalize()} lists it at its next start"]
    if done.loads:
        return [*lines, f"{done.init} loads it at {host.capitalize()}'s next start"]
    return [
        *lines,
        f"{done.init} is yours and does not load it yet. Add this line, or run again with --write-init:",
        f"    {done.line}",
    ]
