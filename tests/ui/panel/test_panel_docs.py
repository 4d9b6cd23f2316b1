"""docs/panel.md tells what is so: its messages are the panel's own, its pictures are there and small."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pai_studio.ui.panel.state.shot import Status
from tests.ui.panel import screenshots

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/panel.md").read_text(encoding="utf-8")
TROUBLE = PAGE.split("## When something is wrong")[1].split("## ")[0]
MESSAGES = [row.split("|")[1].strip() for row in TROUBLE.splitlines() if row.startswith("| ")][1:]
PICTURES = [ROOT / "docs/images" / f"panel-{name}.jpg" for name in screenshots.NAMES]


def sources() -> str:
    """All our text that a message may come from, with strings that go over several lines put together."""
    rooms = ("ui/panel", "ui/cli")
    text = "\n".join(p.read_text(encoding="utf-8") for room in rooms for p in (ROOT / room).rglob("*.py"))
    return re.sub(r'"\s*\n\s*f?"', "", text)


SOURCES = sources()


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_is_one_that_is_really_said(message: str) -> None:
    for part in (part.strip(" ,:") for part in message.split("...")):
        assert part in SOURCES


def test_there_are_messages() -> None:
    assert len(MESSAGES) > 15


def test_every_picture_and_page_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / target).is_file(), target


def test_every_picture_of_the_command_is_shown_and_small() -> None:
    for path in PICTURES:
        assert f"images/{path.name}" in PAGE
        assert path.stat().st_size < 150_000
    assert sum(path.stat().st_size for path in PICTURES) < 600_000


@pytest.mark.parametrize("status", Status)
def test_every_state_of_a_shot_is_told_of(status: Status) -> None:
    assert f"*{status}*" in PAGE
