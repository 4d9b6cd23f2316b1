"""What Nuke's start does for us: path mapping in every mode, menus in a GUI.

`init.py` and `menu.py` call these inside a guard: whatever goes wrong is one printed line, and Nuke starts.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any, Callable

import nuke

from ..paths import PathMap


def init() -> None:
    """Map the paths of scripts made on another system, where rules are given. Runs in `-t` and `-x` too."""
    rules = PathMap.from_environment()
    if rules:
        nuke.addFilenameFilter(rules)


def menu() -> None:
    """Our entries in the menus, and the watch that keeps each node's status true. Loads nothing else yet."""
    top = nuke.menu("Nuke").addMenu("PAI-Studio")
    for place in (nuke.menu("Nodes").addMenu("PAI-Studio"), top):
        place.addCommand("PAI-Studio", lambda: _actions().create())
        place.addCommand("Recombine passes", lambda: _actions().create_recombination())
    top.addCommand("Write farm job...", lambda: _actions().write_farm_job())
    top.addCommand("Send self-test...", lambda: _actions().send_selftest())
    top.addCommand("About", lambda: _actions().about())
    nuke.addUpdateUI(_refresh_status, nodeClass="Group")


def _actions() -> Any:
    """What the entries do; loaded when one is used."""
    return importlib.import_module(".actions", __package__)


def _refresh_status() -> None:
    _actions().refresh_status()


def guarded(step: Callable[[], None]) -> None:
    """Run a step of Nuke's start. What it raises becomes one line: a plugin never keeps Nuke from starting."""
    try:
        step()
    except Exception as error:  # noqa: BLE001 - Nuke's start goes on, whatever it is
        sys.stderr.write(f"PAI-Studio is not available: {type(error).__name__}: {error}\n")
