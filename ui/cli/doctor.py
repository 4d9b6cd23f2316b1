"""check this machine: settings, colour, device, weights, disk, server, plugins; says how to mend each fault."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pai_studio
from pai_studio.core.config import Loaded, config_path, load
from pai_studio.core.shot.errors import PaiError, from_json
from pai_studio.ui.cli import hosts, panel
from pai_studio.ui.cli.check import Check
from pai_studio.ui.cli.console import Console

_LOW_DISK_GB = 20
_GET_TORCH = "pip install 'pai-studio[model]'"
_PROBE_S = 120
_PROBE = """
import json, sys, torch
from pai_studio.core.model.device import dtype_for, pick
from pai_studio.core.shot.errors import PaiError
try:
    found = pick(sys.argv[1])
    told = {"device": str(found), "dtype": str(dtype_for(found)).removeprefix("torch.")}
    if found.type == "cuda":
        gpu = torch.cuda.get_device_properties(found)
        told |= {"name": gpu.name, "bytes": gpu.total_memory}
except PaiError as error:
    told = {"error": error.to_json()}
print(json.dumps(told))
"""
"""Runs in a process of its own: this one never loads torch."""


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
    try:
        yield from hosts.checks()
    except PaiError as error:
        yield Check("hosts", False, str(error), error.hint)


def _looks(loaded: Loaded) -> list[tuple[str, Callable[[], Check]]]:
    return [
        ("colour", _colour),
        ("images", _images),
        ("device", lambda: _device(loaded.settings.device)),
        ("disk", lambda: _disk("disk", _local_folder(), "PAI_STATE_DIR")),
        ("disk serve", lambda: _disk("disk serve", Path(loaded.settings.data_dir), "PAI_DATA_DIR")),
        ("engines", _engines),
        ("weights", lambda: _weights(Path(loaded.settings.models_dir))),
        ("port", lambda: _port(loaded.settings.listen)),
        ("server", lambda: _server(loaded)),
        ("panel", panel.check),
    ]


def _local_folder() -> Path:
    from pai_studio.core.config import state_dir

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
    names = ("OpenImageIO", "opencolorio", "opencv-python-headless", "av")
    return Check("images", True, ", ".join(f"{name} {version(name)}" for name in names))


def _device(wanted: str) -> Check:
    """What models would compute on. torch is asked where there may be a GPU, or the settings name a device."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    machine = f"{cores} cores, {platform.system()} {platform.machine()}"
    if find_spec("torch") is None:
        say = f"{machine}; no torch: draft needs none, models do"
        return Check("device", wanted == "auto", say, _GET_TORCH)
    torch = f"torch {version('torch')}"
    if wanted == "auto" and not shutil.which("nvidia-smi") and sys.platform != "darwin":
        return Check("device", True, f"{machine}; {torch}, no GPU: models compute on the processor")
    told = _probed(wanted)
    if "error" in told:
        return Check("device", False, f"{machine}; {torch}; {told['error']}", "set PAI_DEVICE=auto")
    gpu = f" ({told['name']}, {told['bytes'] / 1e9:.0f} GB)" if "name" in told else ""
    return Check("device", True, f"{machine}; {torch} computes on {told['device']}{gpu} in {told['dtype']}")


def _probed(wanted: str) -> dict[str, Any]:
    """What torch says of the device of that name; `error` where it cannot be used, in words."""
    command = [sys.executable, "-c", _PROBE, wanted]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PROBE_S, check=False)
    except subprocess.TimeoutExpired:
        return {"error": f"torch did not answer in {_PROBE_S} s"}
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["torch cannot be loaded"])[-1]}
    told: dict[str, Any] = json.loads(done.stdout)
    return {"error": str(from_json(told["error"]))} if "error" in told else told


def _weights(folder: Path) -> Check:
    """The installed models, and whether their files are there in the sizes that their manifests say."""
    from pai_studio.core.model.store import check, survey

    models, faults = survey(folder)
    faults += [fault for model in models for fault in check(model, contents=False)]
    if faults:
        return Check(
            "weights", False, str(faults[0]), faults[0].hint or "`pai-studio models check` tells all"
        )
    if not models:
        hint = "`pai-studio models list` shows what could be"
        return Check("weights", True, f"no models in {folder}: draft needs none; {hint}")
    names = ", ".join(f"{m.name} ({m.manifest.engine}, {_purpose(m.manifest.trained_for)})" for m in models)
    if find_spec("torch") is None:
        return Check("weights", False, f"{names} in {folder}, but no torch to run them", _GET_TORCH)
    return Check("weights", True, f"{names} in {folder}; `pai-studio models check` reads every file")


def _purpose(trained_for: str) -> str:
    return "untrained" if trained_for == "none" else f"for {trained_for}"


def _disk(name: str, folder: Path, variable: str) -> Check:
    there = next(p for p in (folder, *folder.parents) if p.exists())
    free_gb = shutil.disk_usage(there).free / 1e9
    remedy = f"free space there, or move it: {variable}=... (1080p layers take about 0.1 GB a frame)"
    return Check(name, free_gb >= _LOW_DISK_GB, f"{free_gb:.0f} GB free for {folder}", remedy)


def _engines() -> Check:
    from pai_studio.core.engines.registry import available

    says = "auto takes what leads the stored benchmark and runs here"
    return Check("engines", True, f"{', '.join(available())}; {says}")


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
