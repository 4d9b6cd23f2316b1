"""What is known of versions: the newest look at them wins, and what can be finished again is said."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.frames import FrameRange
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.shot import Status
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.state.versions import Version, refinish_fault
from tests.ui.panel.files import picture, plate
from tests.ui.panel.shots import a_shot, opened


class SlowFile:
    """A file that keeps one reader waiting: a named pipe, which is another file for who comes later."""

    def __init__(self, path: Path) -> None:
        self._path, self._way_in, self._end = path, path.with_name("the other name"), -1
        os.mkfifo(path)
        os.link(path, self._way_in)

    def is_waited_for(self) -> bool:
        """Whether somebody reads; who does waits until `answer`."""
        try:
            self._end = os.open(self._way_in, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return False
        return True

    def replace(self, content: str) -> None:
        """What a later reader finds."""
        self._path.unlink()
        self._path.write_text(content)

    def answer(self, content: str) -> None:
        """What the one that waits finds."""
        os.write(self._end, content.encode())
        os.close(self._end)


@pytest.fixture
def provenance(tmp_path: Path) -> Path:
    """Where that of the one version on disk lies."""
    folder = tmp_path / "SH010" / "v001"
    picture(folder / "SH010_v001.1001.exr", np.zeros((4, 8, 3), np.float32))
    return folder / "SH010_v001.provenance.json"


@pytest.fixture
def shot(tmp_path: Path) -> Shot:
    pattern = plate(tmp_path / "plate", frames=range(1001, 1002), size=(8, 4), colorInteropID="lin_ap1_scene")
    still = picture(tmp_path / "still.png", np.full((4, 8, 3), 0.5, np.float32))
    files = {"plate": {"files": str(pattern), "colorspace": "ACEScg"}}
    return a_shot(tmp_path, frames=[1001, 1001], references=[{"file": str(still), "frame": 1001}], **files)


def made_of(shot: Shot, engine: str = "draft") -> str:
    """What stands in the provenance of a version of that shot."""
    return json.dumps({"engine": {"name": engine}, "shot": json.loads(shot.model_dump_json(by_alias=True))})


def test_an_older_look_at_the_versions_does_not_replace_a_newer_one(
    qtbot: QtBot, studio: Studio, shot: Shot, provenance: Path, tmp_path: Path
) -> None:
    slow = SlowFile(provenance)
    seen: list[list[str]] = []
    studio.versions.changed.connect(lambda: seen.append([one.engine for one in studio.versions.of(state)]))
    state = opened(studio, shot, tmp_path)
    qtbot.waitUntil(slow.is_waited_for)
    slow.replace(made_of(shot, "newer"))
    studio.versions.refresh()
    qtbot.waitUntil(lambda: bool(seen))
    slow.answer(made_of(shot, "older"))
    qtbot.waitUntil(lambda: studio.work.is_idle)
    assert seen == [["newer"]]


def test_an_older_look_at_a_shot_does_not_replace_a_newer_one(
    qtbot: QtBot, studio: Studio, shot: Shot, provenance: Path, tmp_path: Path
) -> None:
    provenance.write_text(made_of(shot))
    state = opened(studio, shot, tmp_path)
    qtbot.waitUntil(lambda: state.status is Status.DONE)
    provenance.unlink()
    slow = SlowFile(provenance)
    studio.standing.look_again(state)
    qtbot.waitUntil(slow.is_waited_for)
    slow.replace(made_of(edits.change(shot, "finish", wrap=0.1)))
    studio.standing.look_again(state)
    qtbot.waitUntil(lambda: state.status is Status.STALE)
    slow.answer(made_of(shot))
    qtbot.waitUntil(lambda: studio.work.is_idle)
    assert state.status is Status.STALE


def version(shot: Shot, number: int = 1, engine: str = "draft") -> Version:
    """One that was made of that shot."""
    frames = FrameRange(1001, 1001)
    return Version(number, "", frames, engine=engine, shot=json.loads(made_of(shot))["shot"])


def test_refinishing_needs_a_version_that_was_generated_from_the_same(shot: Shot) -> None:
    other = edits.change(shot, "prompt", caption="another")
    assert "Nothing is rendered yet" in refinish_fault(shot, [])
    assert refinish_fault(shot, [version(shot)]) == ""
    assert refinish_fault(edits.change(shot, "finish", wrap=0.1), [version(shot)]) == ""
    assert refinish_fault(shot, [version(shot), version(other, 2)]) == ""  # its generation is kept, too
    assert (
        refinish_fault(other, [version(shot), version(shot, 2)]) == "Render first: prompt changed since v002"
    )
    assert refinish_fault(shot, [replace(version(shot), shot={})]) == ""  # nobody knows


def test_the_engine_that_auto_took_may_be_named_for_refinishing(shot: Shot) -> None:
    named = edits.change(shot, "engine", name="draft")
    assert shot.engine.name == "auto"
    assert refinish_fault(named, [version(shot)]) == ""
    assert refinish_fault(shot, [version(named)]) == ""
    other = edits.change(shot, "engine", name="plate")
    assert refinish_fault(other, [version(shot)]) == "Render first: engine changed since v001"
