"""The render queue: jobs that get on while they are asked about, and write real EXR files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.hosts.fakes_resolve import colour, pictures
from tests.hosts.fakes_resolve.errors import FakeGap
from tests.hosts.fakes_resolve.fusion_model import CompModel
from tests.hosts.fakes_resolve.model import Item, Job, ProjectModel, TimelineModel
from tests.hosts.fakes_resolve.settings import Settings
from tests.hosts.fakes_resolve.timecode import timecode_of
from tests.hosts.fakes_resolve.traps import Traps

WORDS = {
    "zh": {
        "Ready": "就绪",
        "Rendering": "正在渲染",
        "Complete": "已完成",
        "Cancelled": "已取消",
        "Failed": "失败",
    }
}
"""A job's status in the language of the interface; that it is translated, and 已取消, are from public documents."""


class Queue:
    """The render queue of a session."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.running: list[Job] = []

    def add(self, project: ProjectModel) -> str:
        """A new job's id; empty where there is nothing to render or nowhere to put it."""
        timeline, render = project.timeline, project.render
        if (
            timeline is None
            or not any(timeline.items())
            or not render.get("TargetDir")
            or not render.get("CustomName")
        ):
            return ""
        job = Job(timeline, dict(render), project.format, project.codec, project.mode)
        job.total = len(self.frames(job))
        project.jobs.append(job)
        return job.id

    def frames(self, job: Job) -> range:
        """The frames of the timeline that a job renders; MarkOut is one of them."""
        if job.settings.get("SelectAllFrames", True):
            return range(job.timeline.start, job.timeline.end)
        first = max(int(job.settings.get("MarkIn", job.timeline.start)), job.timeline.start)
        return range(first, min(int(job.settings.get("MarkOut", job.timeline.end - 1)) + 1, job.timeline.end))

    def start(self, jobs: list[Job]) -> bool:
        """Whether they are under way now."""
        if self.running or not jobs or any(job.status != "Ready" for job in jobs):
            return False
        self.running = list(jobs)
        jobs[0].status = "Rendering"
        return True

    def stop(self) -> None:
        """End what is under way; what was written stays."""
        for job in self.running:
            job.status = "Cancelled"
        self.running = []

    def step(self) -> None:
        """Get on by a few frames."""
        for _ in range(self._session.traps.frames_per_poll):
            if not self.running:
                return
            job = self.running[0]
            frames = self.frames(job)
            if job.done == len(frames):
                self._end(job, "Complete")
            elif frames[job.done] == self._session.traps.render_fails_at:
                job.error = "The render failed."
                self._end(job, "Failed")
            else:
                self._write(job, frames[job.done], job.done)
                job.done += 1

    def _end(self, job: Job, status: str) -> None:
        job.status = status
        self.running.remove(job)
        if self.running:
            self.running[0].status = "Rendering"

    def status(self, job: Job) -> dict[str, Any]:
        """What GetRenderJobStatus tells."""
        word = WORDS.get(self._session.traps.language, {}).get(job.status, job.status)
        share = 100 if job.status == "Complete" else 100 * job.done // max(job.total, 1)
        told: dict[str, Any] = {"JobStatus": word, "CompletionPercentage": min(share, 100)}
        if job.status == "Rendering":
            told["CompletionPercentage"] = min(share, 99)
            told["EstimatedTimeRemainingInMs"] = 40 * (job.total - job.done)
        if job.status == "Complete":
            told["TimeTakenToRenderInMs"] = 40 * job.total
        if job.error:
            told["Error"] = job.error
        return told

    def _write(self, job: Job, frame: int, index: int) -> None:
        traps = self._session.traps
        if job.format != "exr" or job.mode != 1:
            raise FakeGap(f"the fake renders EXR as a single clip alone, not {job.format} in mode {job.mode}")
        settings = Settings(self._session, self._session.project, job.timeline).in_force()
        pixels = picture(job.timeline, frame, settings, traps)
        size = (settings["timelineResolutionWidth"], settings["timelineResolutionHeight"])
        width, height = (
            int(job.settings.get(key, own))
            for key, own in zip(("FormatWidth", "FormatHeight"), size, strict=True)
        )
        pixels = pictures.resized(pixels, width, height)
        if traps.clips_at_one:
            pixels = np.clip(pixels, 0, 1)
        if job.settings.get("ExportAlpha"):
            pixels = np.concatenate([pixels, np.ones_like(pixels[..., :1])], axis=-1)
        numbered = (
            frame
            if traps.clip_start_frame_ignored
            else int(job.settings.get("ClipStartFrame", frame - index)) + index
        )
        folder = Path(job.settings["TargetDir"])
        folder.mkdir(parents=True, exist_ok=True)
        if numbered not in traps.frames_left_out:
            stem = str(job.settings["CustomName"])
            stem += "_" if stem[-1].isdigit() else ""
            name = f"{stem}{numbered:0{traps.digits}d}.exr"
            timeline = job.timeline
            timecode = timecode_of(frame, timeline.rate, drop=timeline.drop)
            pictures.write_exr(folder / name, pixels, job.codec, timecode, timeline.rate)


def picture(timeline: TimelineModel, frame: int, settings: dict[str, Any], traps: Traps) -> np.ndarray:
    """What a frame of a timeline shows, through its colour management; black where nothing is."""
    size = (int(settings["timelineResolutionHeight"]), int(settings["timelineResolutionWidth"]))
    item = timeline.top(frame)
    if item is None or item.media is None:
        return np.zeros((*size, 3), np.float32)
    return pictures.resized(
        colour.rendered(source(item, frame, traps), item.media, item.gain, settings), size[1], size[0]
    )


def source(item: Item, frame: int, traps: Traps) -> np.ndarray:
    """What an item shows at a frame of the timeline before colour management, RGB: its file's pixels, or what its
    composition makes of them."""
    assert item.media is not None
    comp = rendered_comp(item, traps)
    out = next((tool for tool in comp.tools if tool.kind == "MediaOut"), None) if comp else None
    if comp and out and (comp.descends(out, "MediaIn") or not traps.comps_need_media_in):
        return comp.picture(out, frame - item.start)[..., :3]
    return pictures.read(item.media.file(item.source_at(frame)))[..., :3]


def rendered_comp(item: Item, traps: Traps) -> CompModel | None:
    """The composition that a render takes: of several, one that a script made, as it was before the script."""
    comps = list(item.comps.values())
    if not comps:
        return None
    if traps.live_comps_render:
        found: CompModel = comps[-1]
        return found
    made = next((comp for comp in comps if comp.imported is None), None)
    return CompModel.of_item(made.name, item) if made else comps[-1].imported
