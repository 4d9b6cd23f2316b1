"""A project of the stand-in for Resolve: real frames, a clip of them, and a timeline that shows some, graded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.conftest import write_picture
from tests.hosts.fakes_resolve import pictures
from tests.hosts.fakes_resolve.model import Item, Media
from tests.hosts.fakes_resolve.resolve_fake import FakeResolve

HOUR = 86400


def clip(folder: Path, first: int = HOUR, count: int = 12, value: float = 4.0) -> str:
    """A sequence whose pixels are `value`, and the frame's place in it in the blue channel; its pattern."""
    for index in range(count):
        pixels = np.full((4, 8, 3), value, np.float32)
        pixels[..., 2] = index
        write_picture(folder / f"plate.{first + index:06d}.exr", pixels)
    return str(folder / "plate.######.exr")


class Scene:
    """A project with one clip of 12 frames, of which a timeline shows the frames 2 to 7 from its start on."""

    def __init__(self, folder: Path, mode: str = "unmanaged", **options: Any) -> None:
        self.fake = FakeResolve(mode, **options)
        self.folder = folder
        self.media: Media = self.fake.add_media(clip(folder / "plates"), HOUR, HOUR + 11)
        self.timeline = self.fake.add_timeline()
        self.item: Item = self.fake.add_item(self.media, HOUR + 2, HOUR + 7, grade=0.5)
        names = self.fake.globals()
        self.resolve, self.fusion, self.bmd = names["resolve"], names["fusion"], names["bmd"]
        self.project = self.resolve.GetProjectManager().GetCurrentProject()
        self.pool = self.project.GetMediaPool()

    def render(self, **settings: Any) -> dict[str, Any]:
        """Render the timeline that is open; the status at the end."""
        assert self.project.SetCurrentRenderFormatAndCodec("exr", "RGBHalfZIP")
        where = {"TargetDir": str(self.folder / "out"), "CustomName": "a."}
        assert self.project.SetRenderSettings({**where, **settings})
        job = self.project.AddRenderJob()
        assert self.project.StartRendering([job], False)
        while self.project.IsRenderingInProgress():
            pass
        found: dict[str, Any] = self.project.GetRenderJobStatus(job)
        return found

    def written(self) -> list[str]:
        """Names of the files rendered."""
        return sorted(file.name for file in (self.folder / "out").glob("*"))

    def pixel(self, name: str) -> np.ndarray:
        """The first pixel of a file rendered."""
        return pictures.read(self.folder / "out" / name)[0, 0]

    def alone(self) -> Any:
        """The clip alone in a timeline of its own, as an ungraded export has it."""
        made = self.pool.CreateEmptyTimeline("alone")
        assert made.SetStartTimecode("01:00:00:02")
        info = {
            "mediaPoolItem": self.current().GetMediaPoolItem(),
            "startFrame": HOUR + 2,
            "endFrame": HOUR + 8,
        }
        assert self.pool.AppendToTimeline([info])
        return made

    def current(self) -> Any:
        """The item under the playhead of the first timeline."""
        return self.project.GetTimelineByIndex(1).GetItemListInTrack("video", 1)[0]
