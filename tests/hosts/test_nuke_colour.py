"""The working space: taken from the script in Nuke's own order, and never assumed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pai_studio.host_plugins.host import Colour, Fault
from tests.hosts.nuke_scene import Scene, scene


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.delenv("OCIO", raising=False)
    with scene(tmp_path) as one:
        yield one


def read(made: Scene) -> Any:
    return made.plug("colour").read(made.node)


def test_a_custom_config_comes_before_the_stock_one(made: Scene) -> None:
    root = made.nuke.root()
    root["OCIOConfigPath"].setValue("/nuke/stock/config.ocio")
    assert read(made) == Colour("ACEScg", (made.folder / "show/aces/config.ocio").as_posix())
    root["OCIO_config"].setValue("fn-nuke_cg-config-v1")
    assert read(made) == Colour("ACEScg", "/nuke/stock/config.ocio")


def test_the_variable_comes_before_both(made: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCIO", "/studio/config.ocio")
    assert read(made) == Colour("ACEScg", "")


def test_the_node_may_name_another_space(made: Scene) -> None:
    made.node["working_space"].setValue(" ACES2065-1 ")
    assert read(made).space == "ACES2065-1"


def test_nukes_own_colours_name_no_space(made: Scene) -> None:
    made.nuke.root()["colorManagement"].setValue("Nuke")
    with pytest.raises(
        Fault, match="name no working space; set Project Settings, Color, color management to OCIO"
    ):
        read(made)
    made.node["working_space"].setValue("Linear Rec.709 (sRGB)")
    assert read(made) == Colour("Linear Rec.709 (sRGB)", "")


def test_a_project_without_a_working_space_is_refused(made: Scene) -> None:
    made.fake.spaces = ["", "ACEScg"]
    made.nuke.root()["workingSpaceLUT"].setValue("")
    with pytest.raises(Fault, match="the project names no working space") as caught:
        read(made)
    assert caught.value.code == "UNKNOWN_COLORSPACE"


def test_a_space_with_aliases_is_taken_by_its_name(made: Scene) -> None:
    made.fake.spaces = ["scene_linear\tScene linear (ACEScg)", "ACEScg"]
    made.nuke.root()["workingSpaceLUT"].setValue("scene_linear")
    assert read(made).space == "scene_linear"


def test_a_config_without_a_path_is_refused(made: Scene) -> None:
    made.nuke.root()["customOCIOConfigPath"].setValue("")
    with pytest.raises(Fault, match=r"the project's OCIO config has no path \(customOCIOConfigPath\)"):
        read(made)


def test_a_config_that_is_not_there_is_told_where_the_artist_chose_it(made: Scene) -> None:
    target = made.plug("target").NukeTarget(made.node)
    with pytest.raises(
        Fault, match=r"PAIStudio1: the project's OCIO config is not there: .*Project Settings, Color"
    ):
        target.colour()
    assert target.state().generation
    config = made.folder / "show/aces/config.ocio"
    config.parent.mkdir(parents=True)
    config.touch()
    assert target.colour().config == config.as_posix()
    made.nuke.root()["customOCIOConfigPath"].setValue("ocio://default")
    assert target.colour().config == "ocio://default"
