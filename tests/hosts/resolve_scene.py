"""A project in the stand-in for Resolve, our menu script in it, and a user who presses buttons."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import pai_studio
from pai_studio.host_plugins import record
from pai_studio.host_plugins.record import Installed
from pai_studio.host_plugins.resolve import menu
from tests.conftest import write_picture
from tests.hosts.fakes_resolve import colour
from tests.hosts.fakes_resolve.model import Item, Job, Marker, Media
from tests.hosts.fakes_resolve.resolve_fake import FakeResolve
from tests.hosts.fakes_resolve.settings import Settings

HOUR = 86400
SIZE = (128, 72)
LINEAR = "Linear Rec.709 (sRGB)"
FILES = {"managed": "Gamma 2.4 Encoded Rec.709", "aces": "ACES2065-1", "unmanaged": "S-Log3 S-Gamut3.Cine"}
"""What the clips of each kind of project are in."""


def write_plate(folder: Path, space: str, first: int = HOUR, count: int = 12) -> str:
    """A red block before a green screen with a value above 1, in the space that the clip is in; its pattern."""
    width, height = SIZE
    rng = np.random.default_rng(3)
    for frame in range(first, first + count):
        at = 30 + 2 * (frame - first)
        pixels = np.full((height, width, 3), (0.05, 0.4, 0.06), np.float32)
        pixels[20:60, at : at + 30] = (0.5, 0.12, 0.1)
        pixels[2:6, 2:6] = (6.5, 3.25, 12.0)
        pixels += rng.normal(0, 0.004, pixels.shape).astype(np.float32)
        write_picture(folder / f"A001_C003.{frame:06d}.exr", colour.convert(pixels, LINEAR, space))
    return str(folder / "A001_C003.######.exr")


def write_still(folder: Path) -> Path:
    """A background, in ACEScg."""
    width, height = SIZE
    write_picture(folder / "back.exr", np.full((height, width, 3), 0.35, np.float32))
    return folder / "back.exr"


class ResolveScene:
    """A project with one clip of 12 frames from 01:00:00:00, of which the timeline shows the frames 2 to 5.

    The user has a render job in the queue, a preset, marks in and out, a sound under the clip and another timeline.
    """

    def __init__(self, folder: Path, mode: str, **options: Any) -> None:
        self.folder = folder
        self.fake = FakeResolve(mode, **{"rate": 23.976, **options})
        self.media = self.fake.add_media(write_plate(folder / "plates", FILES[mode]), HOUR, HOUR + 11)
        self.fake.add_timeline("Selects")
        self.timeline = self.fake.add_timeline(tracks=1)
        self.item = self.fake.add_item(self.media, HOUR + 2, HOUR + 5, grade=0.5)
        self.refer(self.item)
        self._of_the_user()
        self.fake.project.render = {"TargetDir": "/renders/final", "CustomName": "final", "FormatWidth": 3840}
        self.settings = self.all_settings()

    def refer(self, item: Item, offset: int = 1) -> None:
        """Give an item a background."""
        note = {"pai": 1, "reference": str(write_still(self.folder)), "space": "ACEScg"}
        item.markers[offset] = Marker("Fuchsia", "", "", 1, json.dumps(note))

    def _of_the_user(self) -> None:
        project, start = self.fake.project, self.timeline.start
        sound = Media("Ambience.wav", "", 0, 99, kind="Audio")
        project.root.clips.append(sound)
        self.timeline.of("audio")[0].items.append(Item(sound.name, sound, 0, 49, start, 50, kind="audio"))
        self.timeline.marks = {kind: {"in": start + 1, "out": start + 3} for kind in ("video", "audio")}
        render = {"TargetDir": "/renders/dailies", "CustomName": "dailies"}
        project.jobs.append(Job(self.timeline, render, "mov", "H264", 1))
        project.presets["Dailies"] = {"render": render, "format": "mov", "codec": "H264", "mode": 1}

    def all_settings(self) -> dict[str, Any]:
        """Everything that an export must leave as it is."""
        project = self.fake.project
        return {
            "project": dict(project.settings),
            "timelines": [one.name for one in project.timelines],
            "open": project.timeline.name if project.timeline else None,
            "own": Settings(self.fake, project, self.timeline).all(),
            "deliver": dict(project.render),
            "presets": {name: dict(preset) for name, preset in project.presets.items()},
            "format": (project.format, project.codec, project.mode),
            "bin": project.folder.name if project.folder else None,
            "page": self.fake.page,
            "playhead": self.timeline.playhead,
            "jobs": [(job.id, job.status, job.timeline.name, dict(job.settings)) for job in project.jobs],
            "marks": {one.name: dict(one.marks) for one in project.timelines},
            "sounds": [(item.name, item.start, item.duration) for item in self.timeline.items("audio")],
            "tracks": [(one.name, one.enabled, one.locked) for one in self.timeline.of("audio")],
        }

    def wish(self, **wishes: Any) -> None:
        """What the window was told last time."""
        known = {"folder": str(self.folder / "out put"), "engine": "draft", "handles": 2, **wishes}
        menu.ProjectMemory(self.fake.project.id).write(wishes=known)

    def run(self, *acts: Any) -> int:
        """Choose the script in the menu; the user then does these, and closes what is still open."""
        self.fake.screen.plan = [*acts, ("done", "Clicked")]
        return menu.main(self.fake.globals())

    def render(self, *acts: Any) -> int:
        """Press Render, and Close at the end."""
        return self.run(*acts, ("render", "Clicked"))

    def record(self, item: Item | None = None) -> dict[str, Any]:
        """What is kept with an item."""
        for marker in (item or self.item).markers.values():
            said = json.loads(marker.custom) if marker.custom.startswith("{") else {}
            if "record" in said:
                found: dict[str, Any] = said["record"]
                return found
        return {}

    def said(self) -> str:
        """Every text that was shown."""
        return "\n".join(self.fake.screen.texts)


def installed(_folder: Path | None = None, host: str = "") -> Installed:
    """The record of an installation: this Python."""
    del host
    return Installed(pai_studio.__version__, sys.executable)


def at_home(monkeypatch: Any) -> Callable[..., None]:
    """Have the plugin find this PAI-Studio."""
    monkeypatch.setattr(record, "read", lambda *_, **__: installed())
    return lambda: None
