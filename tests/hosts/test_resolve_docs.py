"""docs/resolve.md tells what is so: its messages are the plugin's own, its paths, spaces and buttons are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pai_studio.host_plugins import entries, places
from pai_studio.host_plugins.resolve import dialog, memory, selftest
from pai_studio.host_plugins.resolve.fusion import selftest as of_fusion

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/resolve.md").read_text(encoding="utf-8")
TROUBLE = PAGE.split("## When something is wrong")[1].split("\n## ")[0]
MESSAGES = [row.split("|")[1].strip() for row in TROUBLE.splitlines() if row.startswith("| ")][1:]


def sources() -> str:
    """All text of the plugin that a message may come from, with strings that go over several lines put together."""
    rooms = ("host_plugins/resolve", "ui/sidecar")
    files = [ROOT / "host_plugins/flow.py", *(path for room in rooms for path in (ROOT / room).rglob("*.py"))]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    return re.sub(r'"\s*\n\s*f?"', "", text)


SOURCES = sources()


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_is_one_that_is_really_said(message: str) -> None:
    for part in (part.strip(" ,") for part in message.split("...")):
        assert part in SOURCES


def test_there_are_messages() -> None:
    assert len(MESSAGES) > 25


def test_every_picture_and_page_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", PAGE):
        assert (ROOT / "docs" / target).is_file(), target


@pytest.mark.parametrize(
    "name", [name for host in ("resolve", "fusion") for name in entries.ENTRIES[host].values()]
)
def test_every_file_of_the_hosts_own_folders_is_told_of(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize(
    "path", [path for host in ("resolve", "fusion") for path in places._PLACES[host].values()]
)
def test_every_systems_folder_is_told_of(path: str) -> None:
    assert path in PAGE.replace("\\", "/")


@pytest.mark.parametrize("button", [text for key, text in dialog.BUTTONS.items() if key != dialog.CLOSE])
def test_every_button_is_told_of(button: str) -> None:
    assert f"**{button}**" in PAGE or f"*{button}*" in PAGE


def test_the_colours_of_our_markers_and_the_selftests_name_are_told() -> None:
    for word in (memory.RECORD_COLOUR, memory.REFERENCE_COLOUR):
        assert word.lower() in PAGE
    assert f"`{selftest.FILE}`" in PAGE
    assert f"`{of_fusion.FILE}`" in PAGE
