"""A clip's way in Resolve that is closed or killed half-way: the next run puts back what is left, and goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hosts.fakes_resolve.traps import Traps
from tests.hosts.resolve_scene import HOUR, ResolveScene
from tests.hosts.resolve_snapshot import TAKE_PLACED, changed, everything


@pytest.mark.long
def test_resolve_killed_in_an_export_is_put_right_by_the_next_run(
    resolve_scene: Callable[..., ResolveScene],
) -> None:
    one = resolve_scene(traps=Traps(frames_per_poll=1))
    steps, before = one.fake.screen, everything(one)
    one.fake.hooks["Project.StartRendering"] = [
        lambda: steps.at_step.update({steps.steps + 2: one.fake.quit})
    ]
    assert one.render() == 1
    assert len(one.fake.project.timelines) == 3
    one.fake = one.fake.reopened()
    one.fake.page = "media"
    assert one.render() == 0, one.said()
    # The version that was being exported is not always given up in time.
    assert {name.replace("v002", "v001") for name in changed(before, everything(one))} == TAKE_PLACED
    assert "what an earlier run had left was put away" in one.said()
    assert one.all_settings() == {**one.settings, "page": "edit"}


def test_resolve_killed_while_the_server_renders_goes_on_with_that_job(
    resolve_scene: Callable[..., ResolveScene],
) -> None:
    one = resolve_scene("aces")

    def close_when_under_way() -> None:
        one.fake.screen.at_step[one.fake.screen.steps + 1] = (
            one.fake.quit if "job" in one.record() else close_when_under_way
        )

    one.fake.hooks["Project.StartRendering"] = [close_when_under_way]
    assert one.render() == 1
    job = one.record()["job"]
    assert Path(job["document"]).is_file()
    one.fake = one.fake.reopened()
    assert one.render() == 0, one.said()
    assert "Project.AddRenderJob" not in one.fake.calls
    assert one.record()["result"]["version"] == job["version"] == 1
    assert one.item.take == 2


@pytest.mark.long
@pytest.mark.parametrize(
    ("call", "left"),
    [
        ("MediaPool.AddSubFolder", set()),  # before anything of the result is in the project
        ("MediaPool.ImportMedia", {"settings: bin"}),
        ("TimelineItem.AddTake", set()),
    ],
)
def test_resolve_closed_when_a_finished_result_is_to_be_placed_places_it_in_the_next_run(
    resolve_scene: Callable[..., ResolveScene],
    capsys: pytest.CaptureFixture[str],
    *,
    call: str,
    left: set[str],
) -> None:
    one = resolve_scene("aces")
    before = everything(one)
    one.fake.hooks[call] = [one.fake.quit]
    assert one.render() == 1
    assert "Resolve was closed" in capsys.readouterr().out
    assert one.item.takes == []
    made = one.record()["job"]
    assert list((one.folder / "out put").rglob("*_v001.*.exr"))
    one.fake = one.fake.reopened()
    assert one.render() == 0, one.said()
    assert "Project.AddRenderJob" not in one.fake.calls
    assert one.record()["result"]["version"] == made["version"] == 1
    assert "job" not in one.record()
    assert (one.item.take, one.item.first, len(one.fake.project.root.bins[0].clips)) == (2, HOUR + 2, 1)
    assert changed(before, everything(one)) == TAKE_PLACED | left
