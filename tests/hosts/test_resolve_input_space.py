"""A result in Resolve has the space of the export for its input, and looks as the original under the same grade."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pai_studio.host_plugins.host import Result, State
from pai_studio.host_plugins.resolve import place
from pai_studio.host_plugins.resolve.app import App
from pai_studio.host_plugins.resolve.target import ClipTarget, Wishes
from pai_studio.ui.sidecar.pictures import PICTURES
from tests.hosts.fakes_resolve.rendering import picture
from tests.hosts.fakes_resolve.settings import Settings
from tests.hosts.resolve_scene import FILES, HOUR, ResolveScene, write_plate

CAMERA = {"Input Color Space": "Sony S-Gamut3.Cine", "Input Gamma": "S-Log3"}


class Pictures:
    """The sidecar's part that looks at pictures, without a process of its own."""

    def ask(self, do: str, **keys: Any) -> dict[str, Any]:
        """Raises UnreadableImage."""
        return PICTURES[do](keys)


def shown(one: ResolveScene) -> np.ndarray:
    """What the timeline shows of the clip's second frame, graded and as it is put out."""
    settings = Settings(one.fake, one.fake.project, one.timeline).in_force()
    return picture(one.timeline, HOUR + 1, settings, one.fake.traps)


@pytest.mark.parametrize("where", [place.TAKE, place.TRACK])
def test_the_grade_of_a_camera_s_clip_fits_the_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path / "state"))
    one = ResolveScene(tmp_path, "managed")
    write_plate(tmp_path / "plates", FILES["unmanaged"])
    one.media.properties.update(CAMERA)
    before = shown(one)
    item: Any = one.fake.face("TimelineItem", one.item)
    target = ClipTarget(
        App.of(one.fake.globals()),
        item,
        Wishes(folder="out", place=where),
        sidecar=Pictures(),
        step=lambda *_: False,
        tell=lambda _: None,
    )
    (tmp_path / "v001").mkdir()
    files = str(tmp_path / "v001/plate.######.exr")
    target.export("plate", files, HOUR, HOUR + 7)
    space = target.colour().space
    target.place(Result(files, 1, HOUR, HOUR + 7, space, (), "plate", "a.json", State("", "")))
    top = one.timeline.top(HOUR + 1)
    assert top is not None
    assert top.media is not None
    assert top.media.pattern == files
    assert shown(one) == pytest.approx(before, rel=5e-3, abs=2e-3)
    top.media.properties.update(CAMERA)
    assert np.abs(shown(one) - before).max() > 0.1
    one.fake.check()
