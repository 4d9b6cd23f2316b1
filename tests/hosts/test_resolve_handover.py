"""A timeline that went to the panel: what is made there comes back onto its own clips."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from pai_studio.core.shot.timeline import documents
from pai_studio.core.shot.timeline import read as read_timeline
from pai_studio.host_plugins.host import Fault
from pai_studio.host_plugins.resolve import handover, panel_shots, place, plate
from pai_studio.host_plugins.resolve.app import App
from pai_studio.host_plugins.resolve.target import Wishes
from pai_studio.ui.sidecar.requests import REQUESTS
from tests.hosts.resolve_placing import above
from tests.hosts.resolve_scene import HOUR, ResolveScene, at_home

SPACE = "ACES2065-1"


class Sidecar:
    """The sidecar's own requests, without its process; the panel is not opened."""

    def __init__(self) -> None:
        self.opened: list[str] = []

    def ask(self, do: str, **keys: Any) -> dict[str, Any]:
        if do == "panel":
            self.opened.append(keys["document"])
            return {}
        return REQUESTS[do]({"do": do, **keys})


@contextlib.contextmanager
def connected() -> Iterator[Sidecar]:
    yield Sidecar()


class Handed(ResolveScene):
    """A scene whose timeline was opened in the panel, which wrote a document for each of its shots."""

    def __init__(self, folder: Path, start_tc: str = "") -> None:
        super().__init__(folder, "aces")
        if start_tc:
            self.media.start_tc = self.media.linked_tc = start_tc
        self.out = folder / "out put"
        sidecar = Sidecar()
        said = handover.open_panel(App.of(self.fake.globals()), self.out, sidecar)
        self.otio = Path(sidecar.opened[0])
        assert said.endswith(str(self.otio))
        self.cut = read_timeline(self.otio)
        self.shots = self.out / f"{self.otio.stem}_shots"
        documents.write(self.cut, self.otio, self.shots, colorspace=SPACE, handles=2)

    def deliver(self, version: int = 1, first: int = HOUR, last: int = HOUR + 7) -> None:
        """As the panel's render does."""
        name = self.cut.shots[0].name
        pattern = self.media.pattern
        target = self.shots / name / f"v{version:03d}" / f"{name}_v{version:03d}.%04d.exr"
        target.parent.mkdir(parents=True, exist_ok=True)
        for frame in range(first, last + 1):
            shutil.copy(pattern.replace("######", f"{frame:06d}"), str(target) % frame)

    def bring(self, where: str = place.TAKE) -> str:
        wishes = Wishes(folder=str(self.out), place=where)
        return handover.bring(App.of(self.fake.globals()), wishes, connected)


@pytest.fixture
def handed(tmp_path: Path) -> Iterator[Handed]:
    made = Handed(tmp_path)
    yield made
    made.fake.check()


def test_the_panel_reads_the_cut_that_resolve_exports(handed: Handed) -> None:
    (shot,) = handed.cut.shots
    assert (handed.cut.rate, handed.cut.start) == (Fraction(24000, 1001), HOUR)
    assert (shot.record.first, len(shot.record)) == (handed.item.start, 4)
    assert (shot.source.first, shot.source.last, shot.before, shot.after) == (HOUR + 2, HOUR + 5, 2, 6)
    assert shot.is_sequence
    assert not json.loads((handed.shots / "shots.json").read_text())["shots"][0]["offline"]


def test_a_finished_shot_comes_back_as_a_take_once(handed: Handed) -> None:
    assert handed.bring() == "0 finished shots were placed"
    handed.deliver()
    assert handed.bring() == "1 finished shots were placed"
    assert (handed.item.take, handed.item.first, handed.item.last) == (2, HOUR + 2, HOUR + 5)
    assert handed.record()["result"]["space"] == SPACE
    assert handed.bring() == "0 finished shots were placed"
    assert len(handed.item.takes) == 2


def test_what_the_command_line_made_comes_back_as_well(handed: Handed) -> None:
    handed.deliver()
    for entry in [*handed.shots.iterdir()]:
        entry.rename(handed.out / entry.name)
    assert handed.bring() == "1 finished shots were placed"


def test_a_finished_shot_comes_back_on_a_track_above_once(handed: Handed) -> None:
    handed.deliver()
    assert handed.bring(place.TRACK).startswith("1 finished")
    assert handed.bring(place.TRACK) == "0 finished shots were placed"
    (made,) = above(handed)
    assert (made.start, made.duration) == (handed.item.start, handed.item.duration)


def test_the_window_s_button_asks_the_real_sidecar(handed: Handed, monkeypatch: pytest.MonkeyPatch) -> None:
    at_home(monkeypatch)
    handed.deliver()
    handed.wish(folder=str(handed.out), place=place.TAKE)
    assert handed.run(("bring", "Clicked"), ("close", "Clicked")) == 0
    assert "1 finished shots were placed" in handed.said()
    assert handed.item.take == 2


def test_the_newest_whole_version_is_taken(handed: Handed) -> None:
    handed.deliver(1)
    handed.deliver(2)
    handed.deliver(3, HOUR, HOUR + 3)  # still under way: it lacks the cut's end
    assert handed.bring().startswith("1 finished")
    assert handed.record()["result"]["version"] == 2
    handed.deliver(3)
    assert handed.bring().startswith("1 finished")
    assert (handed.record()["result"]["version"], handed.item.take) == (3, 3)


@pytest.mark.parametrize("change", ["moved", "trimmed", "renamed"])
def test_a_clip_that_was_changed_since_is_named_and_left_alone(handed: Handed, change: str) -> None:
    handed.deliver()
    if change == "moved":
        handed.item.start += 5
    elif change == "trimmed":
        handed.item.last -= 1
        handed.item.duration -= 1
    else:
        handed.item.name = "another"
    said = handed.bring()
    assert said.startswith("0 finished")
    assert f"{handed.cut.shots[0].name}: its clip was changed in the timeline since" in said
    assert handed.item.take <= 1


def test_a_clip_that_slipped_to_other_frames_is_named(handed: Handed) -> None:
    handed.deliver()
    handed.item.first += 1
    handed.item.last += 1
    said = handed.bring()
    assert said.startswith("0 finished")
    assert f"its clip begins with frame {HOUR + 3} by its timecode, and the shot with {HOUR + 2}" in said


@pytest.mark.parametrize("where", [place.TAKE, place.TRACK])
def test_a_sequence_that_is_numbered_otherwise_than_its_timecode_comes_back_at_its_frames(
    tmp_path: Path, where: str
) -> None:
    one = Handed(tmp_path, start_tc="10:00:00:00")
    first = 10 * HOUR
    one.deliver()
    assert one.bring(where) == "1 finished shots were placed"
    placed = one.item if where == place.TAKE else above(one)[0]
    assert (placed.first, placed.last) == (HOUR + 2, HOUR + 5)
    kept = one.record()
    assert (kept["result"]["frames"], kept["shift"]) == ([HOUR, HOUR + 7], first - HOUR)
    assert one.bring(where) == "0 finished shots were placed"
    if where == place.TAKE:
        one.item.take, one.item.media = 1, one.media
        assert one.bring() == "1 finished shots were placed"
        assert (one.item.take, one.item.first) == (3, HOUR + 2)
        item: Any = one.fake.face("TimelineItem", one.item)
        app = App.of(one.fake.globals())
        assert plate.of(item, app.timeline(), app.version).span.first == first + 2
    one.item.first, one.item.last = one.item.first + 1, one.item.last + 1  # slipped
    one.deliver(2)
    assert "by its timecode, and the shot with" in one.bring(where)
    one.fake.check()


def test_a_clip_that_was_retimed_since_is_refused_by_name(handed: Handed) -> None:
    handed.deliver()
    handed.item.last -= 2
    handed.item.speed = 50.0
    said = handed.bring()
    assert said.startswith("0 finished")
    assert "speed" in said


def test_shots_of_another_timeline_are_not_looked_at(handed: Handed) -> None:
    handed.deliver()
    handed.timeline.name = "other"
    assert handed.bring() == "0 finished shots were placed"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "cannot be read"),
        ("[]", "holds no JSON object"),
        ('{"schema": "pai-studio/shots/9"}', "is no pai-studio/shots/1"),
        ('{"schema": "pai-studio/shots/1", "source": "NAME", "shots": [{}]}', "is damaged"),
    ],
)
def test_a_damaged_list_is_told_in_one_line(handed: Handed, text: str, why: str) -> None:
    (handed.shots / "shots.json").write_text(text.replace("NAME", handed.otio.name))
    first, *rest = handed.bring().splitlines()
    assert first == "0 finished shots were placed"
    assert len(rest) == 1
    assert why in rest[0]


def test_a_damaged_document_stops_only_its_own_shot(handed: Handed) -> None:
    (shot,) = panel_shots.read(handed.shots / "shots.json", handed.otio.name)
    shot.document.write_text('{"name": 3}')
    with pytest.raises(Fault, match="is no shot document"):
        panel_shots.newest(shot, Sidecar())
    assert "is no shot document" in handed.bring()
