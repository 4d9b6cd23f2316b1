"""Ways into and out of a clip's render in Resolve: the window's other buttons, no windows, the menu's scripts."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pai_studio
from pai_studio.host_plugins.install import install
from pai_studio.host_plugins.resolve import menu
from tests.hosts.resolve_scene import HOUR, ResolveScene


@pytest.mark.long
def test_a_resolve_without_windows_renders_by_what_is_remembered(
    resolve_scene: Callable[..., ResolveScene], capsys: pytest.CaptureFixture[str]
) -> None:
    one = resolve_scene("aces")
    one.fake.has_windows = False
    one.fake.screen.plan = []
    assert menu.main(one.fake.globals()) == 0
    assert one.item.take == 2
    assert "PAI-Studio: 100%  v001 is placed" in capsys.readouterr().out
    one.timeline.playhead = HOUR + 100
    assert menu.main(one.fake.globals()) == 1
    assert "PAI-Studio: there is no clip under the playhead" in capsys.readouterr().out


@pytest.mark.long
def test_a_finished_shot_is_brought_onto_a_clip_that_does_not_show_it(
    resolve_scene: Callable[..., ResolveScene],
) -> None:
    one = resolve_scene("aces")
    assert one.render() == 0
    one.item.take, one.item.media, one.item.first, one.item.last = 1, one.media, HOUR + 2, HOUR + 5
    assert one.run(("bring", "Clicked"), ("close", "Clicked")) == 0
    assert "1 finished shots were placed" in one.said()
    assert (one.item.take, one.item.first) == (3, HOUR + 2)


def test_the_window_adds_references_hands_over_and_writes_its_selftest(
    resolve_scene: Callable[..., ResolveScene], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = resolve_scene()
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):  # so that no window of the panel opens
        monkeypatch.delenv(name, raising=False)
    one.item.markers.clear()
    one.timeline.playhead = HOUR + 3
    still = one.fake.add_media(one.folder / "back.exr", 0, 0, kind="Still")
    one.fake.selected_media = [still]
    pressed = [(name, "Clicked") for name in ("reference", "still", "panel", "selftest", "close")]
    one.timeline.playhead = HOUR + 3
    acts: list[Any] = [pressed[0], lambda: setattr(one.timeline, "playhead", HOUR + 1), *pressed[1:]]
    acts[1:3] = [lambda: (setattr(one.timeline, "playhead", HOUR + 1), one.fake.screen.press("still"))]
    assert one.run(*acts) == 0
    assert sorted(one.item.markers) == [1, 3]
    said = one.said()
    assert "back.exr is a reference at the playhead" in said
    assert "nothing above white, eight bits" in said
    assert "the panel does not open" in said
    assert (one.folder / "out put/Edit.otio").is_file()
    assert (tmp_path / "pai-studio-selftest-resolve.json").is_file()


@pytest.mark.parametrize(
    ("host", "script", "says"),
    [("resolve", "Utility", "A001_C003"), ("resolve", "Comp", "no composition is open")],
)
def test_the_scripts_of_the_menu_find_their_package(
    resolve_scene: Callable[..., ResolveScene],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    host: str,
    script: str,
    says: str,
) -> None:
    one = resolve_scene()
    dest = tmp_path / "Künstlerin A/Fusion"
    install(host, dest, version=pai_studio.__version__, python=sys.executable)
    monkeypatch.setattr(sys, "path", list(sys.path))
    one.fake.screen.plan = [("close" if script == "Utility" else "ok", "Clicked")]
    file = dest / f"Scripts/{script}/PAI-Studio.py"
    try:
        exec(compile(file.read_text(encoding="utf-8"), "<script>", "exec"), one.fake.globals())
        assert sys.path[0] == dest.as_posix()
        assert says in one.said()
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "pai_studio_host"]:
            del sys.modules[name]
