"""docs/nuke.md tells what is so: its messages are the plugin's own, its knobs and files are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pai_studio.host_plugins.nuke.knobs import BUTTON, TAB
from pai_studio.host_plugins.nuke.panel import ROWS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/nuke.md").read_text(encoding="utf-8")
TROUBLE = PAGE.split("## When something is wrong")[1].split("## ")[0]
MESSAGES = [row.split("|")[1].strip() for row in TROUBLE.splitlines() if row.startswith("| ")][1:]


def sources() -> str:
    """All our text that a message may come from, with strings that go over several lines put together."""
    rooms = ("host_plugins", "ui/sidecar", "core")
    text = "\n".join(p.read_text(encoding="utf-8") for room in rooms for p in (ROOT / room).rglob("*.py"))
    return re.sub(r'"\s*\n\s*f?"', "", text)


SOURCES = sources()


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_is_one_that_is_really_said(message: str) -> None:
    for part in (part.strip(" ,") for part in message.split("...")):
        assert part in SOURCES


def test_there_are_messages() -> None:
    assert len(MESSAGES) > 15


def test_every_picture_and_page_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / target).is_file(), target


def test_every_tab_and_the_buttons_that_matter_are_told_of() -> None:
    labels = [
        row.label for row in ROWS if row.kind == BUTTON and row.name in ("render", "refinish", "cancel")
    ]
    assert labels == ["Render", "Re-finish", "Cancel"]
    tabs = [row.label for row in ROWS if row.kind == TAB]
    for word in (*labels, *tabs):
        assert word in PAGE
