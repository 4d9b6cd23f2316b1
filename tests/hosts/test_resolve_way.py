"""A clip's whole way in Resolve: our script in the strict stand-in; the sidecar, the server and pictures are real."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pai_studio.server.app import Server
from tests.hosts.fakes_resolve import colour, pictures
from tests.hosts.nuke_scene import frames_in
from tests.hosts.resolve_scene import HOUR, ResolveScene, at_home


@pytest.fixture
def scene(
    shipped: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., ResolveScene]]:
    del shipped
    at_home(monkeypatch)
    made: list[ResolveScene] = []

    def make(mode: str = "managed", *, wishes: dict[str, Any] | None = None, **options: Any) -> ResolveScene:
        made.append(ResolveScene(tmp_path / "Größe 010", mode, **options))
        made[-1].wish(**(wishes or {}))
        return made[-1]

    yield make
    for one in made:
        one.fake.check()


def exported(one: ResolveScene, frame: int) -> np.ndarray:
    """A pixel of the bright square in the exported plate."""
    folder = Path(one.record()["result"]["document"]).parent
    return pictures.read(folder / f"plate.{frame}.exr")[3, 3]


SPACES = {
    "managed": "DaVinci Intermediate WideGamut",
    "aces": "ACES2065-1",
    "unmanaged": "S-Log3 S-Gamut3.Cine",
}


@pytest.mark.parametrize("mode", ["managed", "aces", "unmanaged"])
def test_a_clip_comes_back_as_a_take(scene: Callable[..., ResolveScene], mode: str) -> None:
    wishes = {"camera": "S-Log3 S-Gamut3.Cine"} if mode == "unmanaged" else {}
    one = scene(mode, wishes=wishes)
    original = one.item.media
    assert one.render() == 0, one.said()
    made = one.record()["result"]
    assert made["frames"] == [HOUR, HOUR + 7]
    assert frames_in(made["files"]) == list(range(HOUR, HOUR + 8))
    assert made["space"] == SPACES[mode]
    assert one.item.take == 2
    assert one.item.takes[0].media is original
    assert (one.item.first, one.item.last) == (HOUR + 2, HOUR + 5)
    assert one.item.media is not None
    assert one.item.media.file(HOUR + 2).is_file()
    assert one.item.grade == 0.5
    assert "job" not in one.record()
    assert one.all_settings() == one.settings
    plate = pictures.read(original.file(HOUR + 2))[3:4, 3:4]
    space = one.record()["result"]["space"]
    settings = one.fake.project.settings
    want = (
        plate if mode == "unmanaged" else colour.convert(plate, colour.input_space(original, settings), space)
    )
    assert exported(one, HOUR + 2) == pytest.approx(want[0, 0], rel=2e-3, abs=2e-3)
