"""take a host's plugin away: our own unchanged files and no others."""

from __future__ import annotations

import argparse

from pai_studio.host_plugins import install
from pai_studio.host_plugins.host import Fault
from pai_studio.ui.cli import hosts
from pai_studio.ui.cli.console import Console
from pai_studio.ui.cli.install import add_place

_INIT = {"removed": "its init.py is gone too", "restored": "our lines are out of init.py", "unchanged": ""}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`uninstall HOST [--dest DIR]`."""
    add_place(parser)


def run(asked: argparse.Namespace, console: Console) -> int:
    """Remove, and name what was left."""
    dest = (asked.dest or install.default_dest(asked.host)).expanduser().absolute()
    try:
        gone = install.uninstall(asked.host, dest)
    except Fault as fault:
        if not install.folder_in(dest).exists():
            hosts.forget(asked.host, dest)  # somebody removed it by hand
        raise hosts.error_of(fault) from None
    hosts.forget(asked.host, dest)
    document = {
        "host": asked.host,
        "dest": str(dest),
        "removed": gone.removed,
        "left": list(gone.left),
        "init": gone.init,
    }
    lines = [f"removed {gone.removed} files from {gone.folder}", _INIT[gone.init]]
    lines += [f"left, since it is not ours or was changed: {name}" for name in gone.left]
    console.result(document, "\n".join(line for line in lines if line))
    return 0
