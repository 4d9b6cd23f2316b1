"""What Nuke's start does for us: path mapping in every mode, menus in a GUI.

`init.py` and `menu.py` call these inside a guard: whatever goes wrong is one printed line, and Nuke starts.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any, Callable

import nuke

PATH_MAP = "PAI_PATH_MAP"


def init() -> None:
    """Map the paths of scripts made on another system, where rules are given. Runs in `-t` and `-x` too."""
    file = os.environ.get(PATH_MAP, "")
    if file:
        mapping = importlib.import_module("..paths", __package__)
        nuke.addFilenameFilter(mapping.filename_filter(mapping.rules_of(file)))


def menu() -> None:
    """Our entries in the menus, and the watch that keeps each node's status true. Loads nothing else yet."""
    node_menu = nuke.menu("Nodes").addMenu("PAI-Studio")
    top = nuke.menu("Nuke").addMenu("PAI-Studio")
    for place in (node_menu, top):
        place.addCommand("PAI-Studio", _later("create"))
        place.addCommand("Recombine passes", _later("create_recombination"))
    top.addCommand("Write farm job...", _later("write_farm_job"))
    top.addCommand("Send self-test...", _later("send_selftest"))
    top.addCommand("About", _later("about"))
    nuke.addUpdateUI(_later("refresh_status"), nodeClass="Group")


def guarded(step: Callable[[], None]) -> None:
    """Run a step of Nuke's start. What it raises becomes one line: a plugin never keeps Nuke from starting."""
    try:
        step()
    except Exception as error:  # noqa: BLE001 - Nuke's start goes on, whatever it is
        sys.stderr.write(f"PAI-Studio is not available: {type(error).__name__}: {error}\n")


def _later(name: str) -> Callable[[], Any]:
    """A call of `actions.NAME` that loads it only when it is used."""

    def call() -> Any:
        return getattr(importlib.import_module(".actions", __package__), name)()

    return call
