"""host the engines for other machines and people.

Anything but loopback needs TLS (tls_cert, tls_key) and a token.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pai_studio.core.config import load
from pai_studio.ui.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`serve [--config FILE] [--listen HOST:PORT] ...`."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings file to use instead of the user's")
    parser.add_argument("--listen", metavar="HOST:PORT", help="where to listen (default 127.0.0.1:7345)")
    parser.add_argument("--data-dir", metavar="DIR", help="where uploads, jobs and generations are kept")
    parser.add_argument("--token-file", metavar="FILE", help="file that holds the token clients must bring")
    parser.add_argument("--workers", type=int, metavar="N", help="worker processes (default 1)")


def run(asked: argparse.Namespace, console: Console) -> int:
    """Serve until SIGTERM or SIGINT."""
    from pai_studio.server.app import run as serve

    flags = {name: getattr(asked, name) for name in ("listen", "data_dir", "token_file", "workers")}
    settings = load(flags, file=asked.config).settings
    raise NotImplementedError
