"""check this machine: settings, colour, disk, server; says how to mend each fault."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pai_studio
from pai_studio.core.config import Loaded, config_path, load
from pai_studio.core.shot.errors import PaiError
from pai_studio.ui.cli.console import Console

_LOW_DISK_GB = 20


@dataclass(frozen=True)
class Check:
    """One row: what was looked at, whether it is well, what was found, and what to do if not."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`doctor` takes nothing of its own."""
    del parser


def run(asked: argparse.Namespace, console: Console) -> int:
    """Print every check; 0 when all are well, else 1."""
    del asked
    checks = list(all_checks())
    text = "\n".join(_row(check) for check in checks)
    console.result({"checks": [asdict(check) for check in checks]}, text)
    return 0 if all(check.ok for check in checks) else 1


def _row(check: Check) -> str:
    mark = "ok  " if check.ok else "FAIL"
    remedy = f"\n              -> {check.remedy}" if not check.ok and check.remedy else ""
    return f"{mark}  {check.name:<10}  {check.detail}{remedy}"


def all_checks() -> Iterator[Check]:
    """Every check, in the order in which a person would want to mend them."""
    yield Check("version", True, f"pai-studio {pai_studio.__version__}, Python {platform.python_version()}")
    try:
        loaded = load()
    except PaiError as error:
        yield Check("settings", False, str(error), "mend the settings file or the variable")
        return
    yield _settings(loaded)
    for name, look in _looks(loaded):
        try:
            yield look()
        except PaiError as error:
            yield Check(name, False, error.what, error.hint or str(error))


def _looks(loaded: Loaded) -> list[tuple[str, Callable[[], Check]]]:
    return [
        ("colour", _colour),
        ("images", _images),
        ("device", _device),
        ("disk", lambda: _disk("disk", _local_folder(), "PAI_STATE_DIR")),
        ("disk serve", lambda: _disk("disk serve", Path(loaded.settings.data_dir), "PAI_DATA_DIR")),
        ("engines", _engines),
        ("weights", lambda: Check("weights", True, "none needed: draft has no weights")),
        ("port", lambda: _port(loaded.settings.listen)),
        ("server", lambda: _server(loaded)),
        ("hosts", lambda: Check("hosts", True, "no host plugins in this version")),
    ]


def _local_folder() -> Path:
    from pai_studio.server.local import state_dir

    return state_dir()


def _port(listen: str) -> Check:
    """Whether `serve` could listen: the port is free, or answered by a server already."""
    from pai_studio.server.api.wire import split_address

    host, port = split_address(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            say = f"{listen} cannot be listened on ({error.strerror}); well, if a server runs there already"
            return Check("port", False, say, "stop what uses it, or choose another: PAI_LISTEN=127.0.0.1:0")
    return Check("port", True, f"{listen} is free for `pai-studio serve`")


def _settings(loaded: Loaded) -> Check:
    changed = [f"{name} ({origin})" for name, origin in loaded.origins.items() if origin != "default"]
    where = config_path()
    there = str(where) if where.is_file() else f"{where} (not there; defaults)"
    return Check("settings", True, f"{there}; set: {', '.join(changed) or 'nothing'}")


def _colour() -> Check:
    from pai_studio.core.media.color import ColorConfig

    config = ColorConfig.open()
    origin = "$OCIO" if os.environ.get("OCIO") else "built in"
    return Check("colour", True, f"{config.name} ({origin}), working space {config.working}")


def _images() -> Check:
    from importlib.metadata import version

    names = ("OpenImageIO", "opencolorio", "opencv-python-headless", "av")
    return Check("images", True, ", ".join(f"{name} {version(name)}" for name in names))


def _device() -> Check:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Check(
        "device", True, f"{cores} cores, {platform.system()} {platform.machine()}; draft needs no GPU"
    )


def _disk(name: str, folder: Path, variable: str) -> Check:
    there = next(p for p in (folder, *folder.parents) if p.exists())
    free_gb = shutil.disk_usage(there).free / 1e9
    remedy = f"free space there, or move it: {variable}=... (1080p layers take about 0.1 GB a frame)"
    return Check(name, free_gb >= _LOW_DISK_GB, f"{free_gb:.0f} GB free for {folder}", remedy)


def _engines() -> Check:
    from pai_studio.core.engines.registry import NAMES

    return Check("engines", True, f"{', '.join(NAMES)}; auto takes draft")


def _server(loaded: Loaded) -> Check:
    from pai_studio.server.api.client import connect
    from pai_studio.server.local import running

    settings = loaded.settings
    if not settings.server:
        found = running()
        detail = (
            f"local server at {found.address}"
            if found
            else "no local server now; one starts when it is needed"
        )
        return Check("server", True, detail)
    with connect(settings.server) as client:
        info = client.info()
    return Check(
        "server", True, f"{settings.server}: version {info.version}, engines {', '.join(info.engines)}"
    )
