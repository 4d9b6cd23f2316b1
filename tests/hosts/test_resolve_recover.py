"""What a killed export has left is put away without taking the user from where they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pai_studio.host_plugins.host import Fault, Result, State
from pai_studio.host_plugins.resolve import export, handover, memory
from pai_studio.host_plugins.resolve.app import App
from pai_studio.host_plugins.resolve.target import ClipTarget, Wishes
from tests.hosts.fakes_resolve.media import MediaPool
from tests.hosts.fakes_resolve.model import ProjectModel
from tests.hosts.fakes_resolve.projects import Project
from tests.hosts.fakes_resolve.settings import DEFAULTS
from tests.hosts.fakes_resolve.timelines import Timeline
from tests.hosts.resolve_scene import HOUR, ResolveScene


@pytest.fixture
def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ResolveScene]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = ResolveScene(tmp_path, "aces")
    yield made
    made.fake.check()


def killed(one: ResolveScene) -> tuple[App, memory.ProjectMemory]:
    """As an export that was killed leaves a project: its timeline open, and what was there remembered."""
    app, kept = App.of(one.fake.globals()), memory.ProjectMemory(one.fake.project.id)
    kept.write(before=export._as_it_is(app))
    app.pool().CreateEmptyTimeline(f"{export.NAME} 0123456789ab")
    return app, kept


def test_a_user_who_has_gone_on_stays_where_they_are(one: ResolveScene) -> None:
    app, kept = killed(one)
    other = one.fake.add_timeline("Later")
    one.fake.page = "color"
    assert export.recover(app, kept)
    assert [made.name for made in one.fake.project.timelines] == ["Edit", "Later"]
    assert (one.fake.project.timeline, one.fake.page) == (other, "color")


def test_what_cannot_be_put_back_is_told_once(one: ResolveScene, monkeypatch: pytest.MonkeyPatch) -> None:
    app, kept = killed(one)
    monkeypatch.setattr(Project, "SetCurrentRenderMode", lambda *_: False)
    with pytest.raises(Fault, match="individual or single clip"):
        export.recover(app, kept)
    assert not export.recover(app, kept)


def test_another_run_s_export_is_left_alone(one: ResolveScene, monkeypatch: pytest.MonkeyPatch) -> None:
    app, kept = killed(one)
    monkeypatch.setattr(Project, "IsRenderingInProgress", lambda _: True)
    assert not export.recover(app, kept)
    assert len(one.fake.project.timelines) == 2


def test_a_page_that_tells_no_timecode_is_no_fault(
    one: ResolveScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Timeline, "GetCurrentTimecode", lambda _: None)
    app, kept = killed(one)
    assert export.recover(app, kept)
    assert one.all_settings() == one.settings


def target_of(one: ResolveScene, app: App, place: str = "track") -> ClipTarget:
    """The scene's clip, to be placed."""
    item: Any = one.fake.face("TimelineItem", one.item)
    wishes = Wishes(folder="out", place=place)
    return ClipTarget(
        app, item, wishes, sidecar=handover._NoSidecar(), step=lambda *_: False, tell=lambda _: None
    )


def result_of(one: ResolveScene, space: str = "ACES2065-1") -> Result:
    files = one.media.pattern
    return Result(files, 1, HOUR, HOUR + 11, space, (), "draft", "shot.json", State("", ""))


def test_other_frames_in_the_timeline_of_an_export_are_refused(
    one: ResolveScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = MediaPool._placed

    def later(self: MediaPool, timeline: Any, info: dict[str, Any]) -> Any:
        made = placed(self, timeline, info)
        assert made is not None
        made.first += 1
        return made

    monkeypatch.setattr(MediaPool, "_placed", later)
    target = target_of(one, App.of(one.fake.globals()))
    with pytest.raises(Fault, match=f"shows frame {HOUR + 1} of it instead of {HOUR}"):
        target.export("plate", str(one.folder / "plate.######.exr"), HOUR, HOUR + 7)
    assert one.all_settings() == one.settings


def test_a_result_of_another_space_is_not_placed(one: ResolveScene) -> None:
    target = target_of(one, App.of(one.fake.globals()))
    with pytest.raises(Fault, match="v001 is in ACEScg, and the project is now in ACES2065-1"):
        target.place(result_of(one, "ACEScg"))
    assert len(one.timeline.of("video")) == 1


def test_nothing_is_placed_in_another_project(one: ResolveScene) -> None:
    target, was = target_of(one, App.of(one.fake.globals())), one.fake.project
    one.fake.project = ProjectModel("Other", {**DEFAULTS, "timelineFrameRate": 24.0})
    with pytest.raises(Fault, match="open Show and render again"):
        target.place(result_of(one))
    assert one.fake.project.root.bins == []
    one.fake.project = was


def test_what_lies_above_its_clip_is_brought_once(one: ResolveScene) -> None:
    app = App.of(one.fake.globals())
    target_of(one, app).place(result_of(one))
    wishes = Wishes(folder="out", place="track")
    assert handover.bring(app, wishes).startswith("0 finished shots")
    assert len(one.timeline.of("video")) == 2
