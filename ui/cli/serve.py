"""host the engines for other machines and people.

Anything but loopback needs TLS (tls_cert and tls_key in the settings) besides the token.
"""

from __future__ import annotations

import argparse
import secrets
from pathlib import Path

from pai_studio.core.config import Settings, load
from pai_studio.ui.cli.console import Console

_FLAGS = ("listen", "data_dir", "token_file", "workers", "models_dir", "device")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`serve [--config FILE] [--listen HOST:PORT] ...`."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="settings file to use instead of the user's"
    )
    parser.add_argument(
        "--listen", metavar="HOST:PORT", help="where to listen (default 127.0.0.1:7345; port 0: any)"
    )
    parser.add_argument("--data-dir", metavar="DIR", help="where uploads, jobs and generations are kept")
    parser.add_argument("--token-file", metavar="FILE", help="file that holds the token clients must bring")
    parser.add_argument("--workers", type=int, metavar="N", help="worker processes (default 1)")
    parser.add_argument("--models-dir", metavar="DIR", help="where models lie, each in a folder of its name")
    parser.add_argument(
        "--device", metavar="NAME", help="what models compute on: auto (default), cpu, cuda, cuda:N or mps"
    )


def run(asked: argparse.Namespace, console: Console) -> int:
    """Serve until SIGTERM or SIGINT."""
    from pai_studio.server.app import run as serve
    from pai_studio.server.settings import ServerSettings

    flags = {name: getattr(asked, name) for name in _FLAGS}
    settings = load(flags, file=asked.config).settings
    token_file = None if settings.token else _token_file(settings, console)
    return serve(
        ServerSettings(
            data_dir=Path(settings.data_dir),
            listen=settings.listen,
            token=settings.token,
            token_file=token_file,
            tls_cert=Path(settings.tls_cert) if settings.tls_cert else None,
            tls_key=Path(settings.tls_key) if settings.tls_key else None,
            roots=tuple(Path(root) for root in settings.roots),
            workers=max(settings.workers, 1),
            max_pixels=settings.max_pixels,
            max_channels=settings.max_channels,
            models_dir=Path(settings.models_dir),
            device=settings.device,
            stall_s=settings.stall_s,
        )
    )


def _token_file(settings: Settings, console: Console) -> Path:
    """The file with the server's token; one is made, readable by this user alone, when none was named."""
    if settings.token_file:
        return Path(settings.token_file)
    path = Path(settings.data_dir) / "token"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(32) + "\n", encoding="ascii")
    console.line(f"clients need the token in {path} (PAI_TOKEN_FILE or --token-file)")
    return path
