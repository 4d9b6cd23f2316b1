"""What a result above its clip in Resolve is given of it, and what is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.fakes_resolve.items import TimelineItem
from tests.hosts.resolve_placing import above, bring, broken, lay, no, result_of
from tests.hosts.resolve_scene import ResolveScene


@pytest.fixture
def one(tmp_path: Path) -> Iterator[ResolveScene]:
    made = ResolveScene(tmp_path, "aces")
    yield made
    made.fake.check()


def test_a_result_above_lies_in_the_picture_and_is_mixed_as_its_clip(one: ResolveScene) -> None:
    given = {"ZoomX": 1.25, "Pan": -40.0, "FlipX": True, "CropTop": 12.0, "Opacity": 50.0, "CompositeMode": 4}
    one.item.properties.update(given)
    left = lay(one, result_of(one))
    (made,) = above(one)
    assert made.properties == given == one.item.properties
    assert "ZoomX, Pan, FlipX, CropTop, CompositeMode, Opacity went to the result" in left[0]
    assert "without keyframes" in left[0]
    assert "the clip below it shows through; disable the clip, or place the result as a take" in left[1]


def test_a_group_that_is_switched_off_is_so_for_the_result_too(one: ResolveScene) -> None:
    given = {"Opacity": 50.0, "CompositeEnabled": False, "TransformEnabled": False}
    one.item.properties.update(given)
    left = lay(one, result_of(one))
    (made,) = above(one)
    assert made.properties == given
    assert "shows through" not in "".join(left)


def test_an_older_resolve_is_asked_for_one_after_the_other(tmp_path: Path) -> None:
    one = ResolveScene(tmp_path, "aces", version="20.3")
    one.item.properties["ZoomX"] = 2.0
    assert "the clip's ZoomX went to the result" in bring(one)[0]
    assert [made.properties for made in above(one)] == [{"ZoomX": 2.0}]
    one.fake.check()


def test_a_grade_of_several_layers_is_told(one: ResolveScene) -> None:
    one.fake.project.settings["nodeStackLayers"] = "2"
    (left,) = lay(one, result_of(one))
    assert left.endswith("copy the others by hand")


def test_a_result_above_a_plain_clip_leaves_nothing_to_do(one: ResolveScene) -> None:
    assert lay(one, result_of(one)) == []


def test_a_composition_that_stays_behind_is_told(one: ResolveScene) -> None:
    one.fake.face("TimelineItem", one.item).AddFusionComp()
    (left,) = lay(one, result_of(one))
    assert left.startswith("the clip's Fusion composition is not copied to the result")


def test_what_resolve_does_not_give_to_the_result_is_told(
    one: ResolveScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TimelineItem, "SetProperties", lambda *_: True)
    one.item.properties["Tilt"] = 30.0
    (left,) = lay(one, result_of(one))
    assert "Resolve does not give it the clip's Tilt; paste the clip's attributes onto it" in left


@pytest.mark.parametrize("fails", [no, broken])
def test_a_grade_that_is_not_copied_is_told_and_the_result_is_kept_in_mind(
    one: ResolveScene, monkeypatch: pytest.MonkeyPatch, fails: Any
) -> None:
    monkeypatch.setattr(TimelineItem, "CopyGrades", fails)
    (told,) = bring(one)
    assert told.endswith("Resolve does not copy the clip's grade to it; copy it by hand")
    (made,) = above(one)
    assert made.media is not None
    assert one.record()["above"] == made.media.id
    assert one.record()["result"]["version"] == 1
