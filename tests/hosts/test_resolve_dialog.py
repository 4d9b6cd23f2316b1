"""The fields of Resolve's window, and what becomes of them in the shot document."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pai_studio.host_plugins.host import Fault
from pai_studio.host_plugins.nuke import knobs, panel
from pai_studio.host_plugins.resolve import dialog, finishing, handover, mattes, memory, menu
from pai_studio.host_plugins.resolve.app import App
from pai_studio.host_plugins.resolve.target import ClipTarget, Wishes, engine_of
from tests.conftest import write_picture
from tests.hosts.fakes_resolve import pictures
from tests.hosts.resolve_scene import HOUR, ResolveScene


@pytest.fixture
def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("PAI_STATE_DIR", str(tmp_path / "state"))
    made = ResolveScene(tmp_path, "aces")
    made.wish()
    yield made
    made.fake.check()


def clicked(name: str) -> tuple[str, str]:
    return name, "Clicked"


def asks(one: ResolveScene, *names: str) -> Callable[[], None]:
    """Looks at which of these elements are in the window."""

    def look() -> None:
        (window,) = one.fake.screen.open()
        assert [name for name in names if window.find(name) is None] == []

    return look


def asks_not(one: ResolveScene, *names: str) -> Callable[[], None]:
    def look() -> None:
        (window,) = one.fake.screen.open()
        assert [name for name in names if window.find(name) is not None] == []

    return look


def wishes(one: ResolveScene) -> dict[str, Any]:
    found: dict[str, Any] = menu.ProjectMemory(one.fake.project.id).read()["wishes"]
    return found


def test_seed_steps_and_model_are_behind_advanced_and_are_remembered(one: ResolveScene) -> None:
    screen = one.fake.screen

    def fill() -> None:
        screen.widget("seed").props["Value"] = 11
        screen.widget("steps").props["Value"] = 20
        screen.type("model", " pai-14b ")

    hidden = ("seed", "steps", "model", "alpha_files", "garbage_files")
    close, more = clicked(dialog.CLOSE), clicked(dialog.ADVANCED)
    assert (
        one.run(asks_not(one, *hidden), more, asks(one, *hidden), fill, more, asks_not(one, *hidden), close)
        == 0
    )
    found = wishes(one)
    assert [found[name] for name in ("seed", "steps", "model", "advanced")] == [11, 20, "pai-14b", False]
    assert one.run(more, lambda: screen.widget("seed").props.update(Value=12), close) == 0
    assert [wishes(one)[name] for name in ("seed", "model", "advanced")] == [12, "pai-14b", True]


def test_the_fields_mean_what_the_knobs_of_nuke_s_node_mean() -> None:
    rows, start = {row.name: row for row in panel.ROWS}, Wishes()
    assert rows["engine"].choices == dialog.ENGINES
    assert rows["quality"].choices == dialog.QUALITIES
    assert rows["screen"].choices == dialog.SCREENS
    assert (start.engine, start.quality, start.screen) == (
        *(rows[name].choices[0] for name in ("engine", "quality", "screen")),
    )
    assert (start.seed, start.steps) == (rows["seed"].value, rows["steps"].value)
    assert start.model == (rows["model"].value or "")
    assert tuple(mattes.NAMES) == knobs.MATTES
    assert finishing.LAYERS == knobs.LAYERS
    shares = {name: getattr(start, name) / 100 for name in knobs.FINISHES}
    assert shares == {name: rows[name].value for name in knobs.FINISHES}


@pytest.mark.parametrize(
    ("engine", "names"),
    [
        ("draft", {"name", "seed", "quality"}),
        ("plate", {"name", "seed"}),
        ("auto", {"name", "model", "seed", "steps", "quality"}),
    ],
)
def test_an_engine_is_given_what_it_looks_at(engine: str, names: set[str]) -> None:
    assert engine_of(Wishes(engine=engine, model="pai-14b")).keys() == names


def write_mattes(folder: Path, first: int, last: int) -> str:
    """A matte in channel `matte.A` whose value is its place in the row; its pattern."""
    for frame in range(first, last + 1):
        pixels = np.full((72, 128, 1), (frame - first) / 10, np.float32)
        write_picture(folder / f"roto.{frame:04d}.exr", pixels, channels=("matte.A",))
    return str(folder / "roto.####.exr")


def target_of(one: ResolveScene, **wishes: Any) -> ClipTarget:
    item: Any = one.fake.face("TimelineItem", one.item)
    return ClipTarget(
        App.of(one.fake.globals()),
        item,
        replace(Wishes(folder="out", handles=1), **wishes),
        sidecar=handover._NoSidecar(),
        step=lambda *_: False,
        tell=lambda _: None,
    )


def give(one: ResolveScene, files: str) -> None:
    """Type an alpha matte into the window."""
    screen = one.fake.screen

    def fill() -> None:
        screen.type("alpha_files", files)
        screen.type("alpha_channel", "matte.A")
        screen.widget("alpha_invert").props["Checked"] = True

    assert one.run(clicked(dialog.ADVANCED), fill, clicked(dialog.CLOSE)) == 0


@pytest.mark.parametrize("first", [HOUR + 1, 1])
def test_a_matte_of_the_clip_goes_into_the_shot(one: ResolveScene, tmp_path: Path, first: int) -> None:
    """By the numbers of the shot, or by those of the clip's own files."""
    if first == 1:
        one.media.first, one.media.last = 0, 11
    one.item.first, one.item.last = one.media.first + 2, one.media.first + 5
    give(one, write_mattes(tmp_path / "roto", first, first + 5))
    target = target_of(one)
    asked = target.asked()
    assert asked.mattes == ("alpha",)
    assert asked.document["mattes"] == {"alpha": {"channel": "matte.A", "invert": True}}
    files = tmp_path / "alpha.####.exr"
    target.export("alpha", str(files), HOUR + 1, HOUR + 6)
    assert pictures.read(tmp_path / f"alpha.{HOUR + 4}.exr").flat[0] == pytest.approx(0.3, abs=1e-3)
    before = target.state().generation
    write_picture(
        tmp_path / f"roto/roto.{first:04d}.exr", np.zeros((8, 8, 1), np.float32), channels=("matte.A",)
    )
    assert target.state().generation != before


def test_a_matte_belongs_to_its_clip(one: ResolveScene, tmp_path: Path) -> None:
    files = write_mattes(tmp_path / "roto", HOUR, HOUR + 7)
    give(one, files)
    other = one.fake.add_item(one.media, HOUR + 8, HOUR + 10, at=10)
    one.timeline.selected = [one.item, other]
    assert one.run(asks(one, "seed"), asks_not(one, "alpha_files"), clicked(dialog.CLOSE)) == 0
    assert one.record()["mattes"]["alpha"]["files"] == files
    assert one.record(other) == {}
    one.timeline.selected = []
    assert one.run(lambda: one.fake.screen.type("alpha_files", ""), clicked(dialog.CLOSE)) == 0
    assert one.record() == {}


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (
            "roto.####.exr",
            f"lacks frames {HOUR + 1}-{HOUR + 2}; number it as the shot is, {HOUR + 1}-{HOUR + 6}",
        ),
        ("roto.mov", "is no EXR sequence; name one as matte"),
        ("roto.exr", "holds no frame number; name it as matte"),
    ],
)
def test_a_matte_that_cannot_be_used_is_named(
    one: ResolveScene, tmp_path: Path, files: str, says: str
) -> None:
    write_mattes(tmp_path, HOUR + 3, HOUR + 8)
    item: Any = one.fake.face("TimelineItem", one.item)
    said = {"files": str(tmp_path / files), "channel": "A", "invert": False}
    memory.write_record(item, {"mattes": {"alpha": said}})
    with pytest.raises(Fault, match=f"Alpha matte: .*{says}"):
        target_of(one).asked()


@pytest.mark.long
def test_a_matte_reaches_the_server_and_another_one_needs_a_render(
    resolve_scene: Callable[..., ResolveScene], tmp_path: Path
) -> None:
    scene = resolve_scene("aces", wishes={"handles": 0})
    give(scene, write_mattes(tmp_path / "roto", HOUR + 2, HOUR + 5))
    assert scene.render() == 0, scene.said()
    document = Path(scene.record()["result"]["document"])
    said = json.loads(document.read_text(encoding="utf-8"))
    assert said["mattes"] == {"alpha": {"files": "alpha.####.exr", "channel": "matte.A", "invert": True}}
    assert len(list(document.parent.glob("alpha.*.exr"))) == 4
    write_mattes(tmp_path / "roto", HOUR + 2, HOUR + 5)
    assert scene.run(("refinish", "Clicked")) == 1
    assert "the inputs changed since v001; use Render" in scene.said()
