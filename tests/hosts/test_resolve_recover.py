"""What a killed export has left is put away without taking the user from where they are."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pai_studio.host_plugins.host import Fault, Result, State
from pai_studio.host_plugins.resolve import export, handover, mark, measure, memory
from pai_studio.host_plugins.resolve.app import App
from pai_studio.host_plugins.resolve.target import ClipTarget, Wishes
from tests.hosts.fakes_resolve import pictures
from tests.hosts.fakes_resolve.media import MediaPool
from tests.hosts.fakes_resolve.model import ProjectModel
from tests.hosts.fakes_resolve.projects import Project
from tests.hosts.fakes_resolve.settings import DEFAULTS, Settings
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
    app.pool().CreateEmptyTimeline(mark.made())
    return app, kept


def test_a_user_who_has_gone_on_stays_where_they_are(one: ResolveScene) -> None:
    app, kept = killed(one)
    other = one.fake.add_timeline("Later")
    one.fake.page = "color"
    assert export.recover(app, kept)
    assert [made.name for made in one.fake.project.timelines] == ["Selects", "Edit", "Later"]
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
    assert len(one.fake.project.timelines) == 3


def test_a_page_that_tells_no_timecode_is_no_fault(
    one: ResolveScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Timeline, "GetCurrentTimecode", lambda _: None)
    app, kept = killed(one)
    assert export.recover(app, kept)
    assert one.all_settings() == one.settings


def dead_process() -> int:
    """The number of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-S", "-c", ""])
    ended.wait()
    return ended.pid


def test_only_what_this_machines_ended_runs_have_left_is_taken_away(one: ResolveScene) -> None:
    app, kept = killed(one)
    own = mark.made()
    machine, process = own.split(" ")[2:4]
    colleague, ended = own.replace(machine, "colleague-7"), own.replace(process, str(dead_process()))
    alive = own.replace(process, str(os.getppid()))
    for name in (colleague, ended, alive):
        assert app.pool().CreateEmptyTimeline(name)
    assert export.recover(app, kept)
    left = [made.name for made in one.fake.project.timelines]
    assert left == ["Selects", "Edit", colleague, alive]


class Looked:
    """A sidecar that has seen what was asked for, and knows of which frames."""

    def __init__(self) -> None:
        self.frames: list[tuple[int, int]] = []

    def ask(self, do: str, **keys: Any) -> dict[str, Any]:
        assert do == "inspect"
        self.frames.append((keys["first"], keys["last"]))
        return {"max": 6.5, "at_one_share": 0.0, "channels": ["R", "G", "B"], "size": [128, 72]}


def target_of(one: ResolveScene, app: App, place: str = "track", *, sidecar: Any = None) -> ClipTarget:
    """The scene's clip, to be exported or placed."""
    item: Any = one.fake.face("TimelineItem", one.item)
    wishes, asked = Wishes(folder="out", place=place), sidecar or handover._NoSidecar()
    return ClipTarget(app, item, wishes, sidecar=asked, step=lambda *_: False, tell=lambda _: None)


def export_of(one: ResolveScene) -> list[Path]:
    """Export the scene's clip with two frames of handles; the frames."""
    target = target_of(one, App.of(one.fake.globals()), sidecar=Looked())
    target.export("plate", str(one.folder / "plate.######.exr"), HOUR, HOUR + 7)
    return sorted(one.folder.glob("plate.*.exr"))


def test_an_export_leaves_what_is_the_users_as_it_was(one: ResolveScene) -> None:
    assert len(export_of(one)) == 8
    assert one.all_settings() == one.settings


@pytest.mark.parametrize(
    "at", ["Project.SetRenderSettings", "Project.AddRenderJob", "Project.StartRendering"]
)
def test_a_resolve_that_was_killed_is_found_as_it_was(one: ResolveScene, at: str) -> None:
    one.fake.hooks[at] = [one.fake.quit]
    with pytest.raises((Fault, TypeError)):
        export_of(one)
    one.fake = one.fake.reopened()
    one.fake.page = "deliver"
    assert len(one.fake.project.timelines) == 3
    assert export.recover(App.of(one.fake.globals()), memory.ProjectMemory(one.fake.project.id))
    assert one.all_settings() == one.settings


def test_a_smart_bin_is_left_for_the_export(one: ResolveScene) -> None:
    """No script can open it again; what is made while it is open has no place."""
    one.fake.project.smart_bin = True
    assert len(export_of(one)) == 8
    assert one.all_settings() == one.settings


def test_a_clip_with_drop_frames_is_exported_with_its_own_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    one = ResolveScene(tmp_path, "aces", rate=29.97)
    one.media.start_tc = one.media.linked_tc = "00:59:59;28"
    starts: list[str] = []
    one.fake.hooks["Project.AddRenderJob"] = [lambda: starts.append(str(one.fake.project.timeline.start_tc))]  # type: ignore[union-attr]
    target, first = target_of(one, App.of(one.fake.globals()), sidecar=Looked()), 107892
    assert target.asked().document["frames"] == [first, first + 3]
    target.export("plate", str(tmp_path / "plate.######.exr"), first, first + 3)
    assert starts == ["01:00:00;00"]
    for index in range(4):
        made = pictures.read(tmp_path / f"plate.{first + index}.exr")
        assert made == pytest.approx(pictures.read(one.media.file(HOUR + 2 + index)), rel=2e-3, abs=2e-3)
    one.fake.check()


@pytest.mark.parametrize("key", ["colorSpaceOutputGamutLimit", "colorSpaceOutputGamutMapping", "outputDRT"])
def test_nothing_is_done_to_the_output_of_a_managed_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    one = ResolveScene(tmp_path, "managed")
    own = {"colorSpaceOutputGamutLimit": "Rec.709", "outputDRT": "DaVinci"}.get(key, "Saturation Mapping")
    one.fake.project.settings[key] = own
    seen: list[str] = []
    one.fake.hooks["Project.AddRenderJob"] = [lambda: seen.append(in_force(one)[key])]
    export_of(one)
    assert seen == ["None"]
    one.fake.traps.settings_not_kept = {key}
    with pytest.raises(Fault, match=f"does not keep the timeline setting {key} = None"):
        export_of(one)
    assert one.fake.project.settings[key] == own
    one.fake.check()


def in_force(one: ResolveScene) -> dict[str, Any]:
    """The settings of the timeline that is open."""
    return Settings(one.fake, one.fake.project, one.fake.project.timeline).in_force()


def test_frames_are_measured_a_few_at_a_time_and_it_can_be_cancelled() -> None:
    sidecar, shown = Looked(), set()

    def step(share: float, _text: str) -> bool:
        shown.add(round(share, 2))
        return share > 0.5

    seen = measure.measured(sidecar.ask, "a.####.exr", (1, 12), lambda *_: False)
    assert (seen["max"], sidecar.frames) == (6.5, [(1, 8), (9, 12)])
    with pytest.raises(Fault) as raised:
        measure.measured(sidecar.ask, "a.####.exr", (1, 24), step)
    assert raised.value.code == "CANCELLED"
    assert shown == {0.0, 0.33, 0.67}


def test_what_was_measured_of_parts_is_put_together() -> None:
    def ask(_do: str, *, files: str, first: int, last: int) -> dict[str, Any]:
        size = [8, 4] if files != "other" or first == 1 else [4, 2]
        return {"max": float(last), "at_one_share": float(first == 9), "channels": ["R"], "size": size}

    seen = measure.measured(ask, "a", (1, 10), lambda *_: False)
    assert seen == {"max": 10.0, "at_one_share": 0.2, "channels": ["R"], "size": [8, 4]}
    with pytest.raises(Fault, match="2 different sizes"):
        measure.measured(ask, "other", (1, 10), lambda *_: False)


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
