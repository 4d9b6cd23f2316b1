"""How every command reaches its server."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pai_studio.server.api.client import Client


def add_server_arguments(parser: argparse.ArgumentParser) -> None:
    """`--server ADDR` and `--token-file FILE`."""
    parser.add_argument(
        "--server", metavar="HOST:PORT", help="the server (default: this user's own, started as needed)"
    )
    parser.add_argument("--token-file", metavar="FILE", help="file that holds the server's token")


def connected(asked: argparse.Namespace) -> Client:
    """A client for the server that was asked for; this user's own local server when none was."""
    from pai_studio.server.api.client import connect

    return connect(asked.server, token_file=asked.token_file)
