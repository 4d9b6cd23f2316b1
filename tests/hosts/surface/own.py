"""What the Nuke plugin itself brings: its files, and the knobs that its node adds, as rows for the walk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pai_studio.host_plugins.nuke import knobs as codes
from pai_studio.host_plugins.nuke.panel import ROWS
from tests.hosts.surface.table import load
from tests.hosts.surface.walk import world_of
from tests.hosts.surface.world import World

PACKAGE = Path(codes.__file__).resolve().parents[1]
NUKE = PACKAGE / "nuke"
FILLED_LATER = ("version",)
"""Menus whose entries the plugin makes while it runs."""


def files() -> list[Path]:
    """Every Python file of the package."""
    return sorted(PACKAGE.rglob("*.py"))


@cache
def world() -> World:
    """The table, our package but for other hosts' folders, and the knobs of our own node."""
    ours = [file for file in files() if file.relative_to(PACKAGE).parts[0] != "resolve"]
    return world_of(load(), ours, dict(knob_rows()))


def knob_rows() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The knobs that our node adds, as the table would have them."""
    user_knobs = load().user_knobs
    for knob in ROWS:
        row: dict[str, Any] = {"type": user_knobs[str(knob.kind)]["type"]}
        if knob.choices and knob.name not in FILLED_LATER:
            row["values"] = list(knob.choices)
        yield knob.name, row


def code_of_knobs() -> Iterator[tuple[str, str]]:
    """The Python that our node's knobs hold, by knob name."""
    yield "knobChanged", codes.KNOB_CHANGED
    yield from ((knob.name, knob.text) for knob in ROWS if knob.kind == codes.BUTTON)
