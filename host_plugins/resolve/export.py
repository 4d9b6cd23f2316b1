"""A clip alone, ungraded, as EXR: a temporary timeline, one render job, and all put back as it was.

Our temporary timelines are found by their names (`mark`), so that those of a run that was killed are removed.
What has to be put back lies in the project's memory before anything is touched.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

from ..host import Fault, Record, cancelled, frames_text
from ..paths import Sequenced
from . import deliver, mark, settings, ungraded
from .clips import Source, timecode_of
from .colour import Plan

if TYPE_CHECKING:
    from .api import Folder, MediaPoolItem, Project, Timeline
    from .app import App
    from .memory import ProjectMemory

_SHOWN = ("timeline", "timecode", "page", "folder")
_START_POLLS = 40
"""How often a job that has not begun is asked about before it counts as failed."""

Step = Callable[[float, str], bool]
"""Shows a share and a text; says whether somebody asked to stop."""


def write(
    app: App,
    memory: ProjectMemory,
    media: MediaPoolItem,
    source: Source,
    *,
    plan: Plan,
    files: str,
    span: tuple[int, int],
    step: Step,
    tell: Callable[[str], None],
) -> None:
    """Render frames of a clip, in the shot's numbers, to a pattern. Raises Fault; `cancelled()` when it was stopped."""
    project = app.project()
    if project.IsRenderingInProgress():
        raise Fault("Resolve is rendering", where="Deliver", hint="wait until it is done")
    folder = Path(files).parent / f".{Path(files).name.split('.')[0]}-{uuid.uuid4().hex[:8]}"
    with _restored(app, memory, tell):
        _temporary(app, media, source, plan, span)
        folder.mkdir()
        try:
            _render(app, source, folder, span, step)
            take(folder, files, span)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def recover(app: App, memory: ProjectMemory) -> bool:
    """Put back what a run that was killed has left; whether there was anything."""
    before, project = memory.read().get("before"), app.project()
    if project.IsRenderingInProgress():  # another run of ours may be at it
        return False
    left = {str(one.GetUniqueId()) for one in _left(project)}
    if before is None and not left:
        return False
    shown = project.GetCurrentTimeline()
    if shown is not None and str(shown.GetUniqueId()) not in left:
        # The user has gone on since, and stays where they are.
        before = {key: value for key, value in (before or {}).items() if key not in _SHOWN}
    try:
        _put_back(app, before or {})
    finally:
        if app.is_there():  # what cannot be put back is told once, and does not stop every later run
            memory.write(before=None)
    return True


# The timeline


def _temporary(app: App, media: MediaPoolItem, source: Source, plan: Plan, span: tuple[int, int]) -> None:
    """A new timeline, open, that holds the clip alone. Raises Fault."""
    pool, project = app.pool(), app.project()
    # A smart bin takes no timeline; the bin that was open is opened again in the end.
    pool.SetCurrentFolder(pool.GetRootFolder())
    timeline = pool.CreateEmptyTimeline(mark.made())
    if timeline is None or not project.SetCurrentTimeline(timeline):
        raise Fault("Resolve makes no timeline for the export", hint="leave the Media page and try again")
    wanted = {
        "useCustomSettings": "1",
        "timelineFrameRate": f"{source.fps:g}",
        "timelineResolutionWidth": str(source.width),
        "timelineResolutionHeight": str(source.height),
        "timelineOutputResMatchTimelineRes": "1",
        **plan.settings,
    }
    settings.on_timeline(timeline, wanted)
    optional = {"timelineInterlaceProcessing": "0", **plan.optional}
    settings.on_timeline(timeline, settings.where_there(timeline, optional))
    # The number of the files' first frame is set for the job as well; where one of the two is not kept the other is.
    timeline.SetSetting("timelineDropFrameTimecode", "1" if source.drop else "0")
    timeline.SetStartTimecode(timecode_of(span[0], source.fps, drop=source.drop))
    first, end = source.number(span[0]), source.number(span[1]) + 1
    infos: Any = [{"mediaPoolItem": media, "startFrame": first, "endFrame": end, "mediaType": 1}]
    pool.AppendToTimeline(infos)
    items = timeline.GetItemListInTrack("video", 1) or []
    if len(items) != 1 or int(items[0].GetDuration(False)) != end - first:
        shown = int(items[0].GetDuration(False)) if items else 0
        what = f"Resolve put {shown} of {end - first} frames into the timeline for the export"
        raise Fault(what, where=str(media.GetName()), hint="look whether its media is online")
    if first - int(items[0].GetSourceStartFrame()) not in (0, 1):
        what = f"the timeline for the export shows frame {items[0].GetSourceStartFrame()} of it instead of {first}"
        raise Fault(
            what, where=str(media.GetName()), hint="look at its in and out points and its start timecode"
        )
    ungraded.make(items[0])


# The render


def _render(app: App, source: Source, folder: Path, span: tuple[int, int], step: Step) -> None:
    project = app.project()
    extension, codec = deliver.codec_of(project)
    if not project.SetCurrentRenderFormatAndCodec(extension, codec):
        raise Fault(f"Resolve does not take EXR as {codec}", where="Deliver", hint="choose it there once")
    if not project.SetCurrentRenderMode(1):
        raise Fault("Resolve does not render as a single clip", where="Deliver", hint="choose it there once")
    asked: Any = {
        "SelectAllFrames": True,
        "TargetDir": folder.as_posix(),
        "CustomName": "pai_",
        "ExportVideo": True,
        "ExportAudio": False,
        "FormatWidth": source.width,
        "FormatHeight": source.height,
        "ClipStartFrame": span[0],
    }
    if not project.SetRenderSettings(asked):
        raise Fault("Resolve does not take the settings of the export", where="Deliver")
    job = project.AddRenderJob()
    if not job:
        what = f"Resolve takes no render job for {folder.parent.as_posix()}"
        hint = "add that drive to Preferences > Media Storage, or choose a folder on one that is there"
        raise Fault(what, where="Deliver", hint=hint)
    if not project.StartRendering([job], False):
        raise Fault("Resolve does not start the export", where="Deliver", hint="look at its render queue")
    _wait(app, job, step)


def _wait(app: App, job: str, step: Step) -> None:
    """Until a job has ended. Its status is in the language of the interface; its percentage is not."""
    project, polls = app.project(), 0
    while project.IsRenderingInProgress() or (polls < _START_POLLS and _is_to_begin(project, job)):
        polls += 1
        status: Any = project.GetRenderJobStatus(job) or {}
        if step(float(status.get("CompletionPercentage", 0)) / 100, "exporting from Resolve"):
            project.StopRendering()
            raise cancelled()
        app.bmd.wait(0.05)
    status = project.GetRenderJobStatus(job) or {}
    if status.get("Error") or int(status.get("CompletionPercentage", 0)) < 100:
        why = str(status.get("Error") or status.get("JobStatus") or "it did not say why")
        raise Fault(f"Resolve's render failed ({why})", where="Deliver", hint="look at the clip's media")


def _is_to_begin(project: Project, job: str) -> bool:
    """A job that was started may not be under way yet; one that has failed tells why."""
    status: Any = project.GetRenderJobStatus(job) or {}
    return not status.get("Error") and float(status.get("CompletionPercentage", 0)) == 0


def take(folder: Path, files: str, span: tuple[int, int]) -> None:
    """Give the files that were rendered their names. Raises Fault unless they are exactly the frames asked for."""
    found = sorted((int(number[1]), path) for path in folder.iterdir() if (number := _numbered(path)))
    count, numbers = span[1] - span[0] + 1, [number for number, _ in found]
    start = numbers[0] if numbers else span[0]
    missing = sorted(set(range(start, start + count)) - set(numbers))
    if len(found) != count or missing:
        lacks = [frame - start + span[0] for frame in missing]
        what = (
            f"Resolve's render lacks frames {frames_text(lacks)}"
            if lacks
            else "Resolve rendered too many frames"
        )
        raise Fault(what, where=files, hint="render again", code="MISSING_FRAMES")
    target = Sequenced.of(files)
    for frame, (_, path) in enumerate(found, span[0]):
        path.replace(target.path(frame))


def _numbered(path: Path) -> Any:
    return re.fullmatch(r"pai_\D*(\d+)\.exr", path.name, re.IGNORECASE)


# As it was


@contextmanager
def _restored(app: App, memory: ProjectMemory, tell: Callable[[str], None]) -> Iterator[None]:
    before = _as_it_is(app)
    memory.write(before=before)
    if not deliver.keep(app.project(), before) and not memory.read().get("told_of_deliver"):
        tell(deliver.NOT_KEPT)
        memory.write(told_of_deliver=True)
    try:
        yield
    except BaseException:
        with contextlib.suppress(Fault):  # the fault that led here is the one to tell
            _end(app, memory)
        raise
    _end(app, memory)


def _end(app: App, memory: ProjectMemory) -> None:
    if app.is_there():  # else the next run does it
        _put_back(app, memory.read().get("before") or {})
        memory.write(before=None)


def _as_it_is(app: App) -> Record:
    project, timeline, folder = app.project(), app.timeline(), app.pool().GetCurrentFolder()
    return {
        "timeline": str(timeline.GetUniqueId()),
        "timecode": str(timeline.GetCurrentTimecode() or ""),
        "page": app.page(),
        # A smart bin is none of the pool's folders, and cannot be opened by a script.
        "folder": str(folder.GetUniqueId()) if folder is not None else "",
        **deliver.as_it_is(project),
    }


def _left(project: Project) -> Iterator[Timeline]:
    for index in range(1, int(project.GetTimelineCount()) + 1):
        timeline = project.GetTimelineByIndex(index)
        if mark.is_left(str(timeline.GetName())):
            yield timeline


def _put_back(app: App, before: Record) -> None:
    """Raises Fault naming what could not be put back."""
    project, pool, wrong = app.project(), app.pool(), []
    jobs: Any = project.GetRenderJobList() or []
    ours_queued = [job["JobId"] for job in jobs if mark.is_left(str(job.get("TimelineName", "")))]
    if [job for job in ours_queued if not project.DeleteRenderJob(job)]:
        wrong.append("our render job")
    own = timeline_by_id(project, str(before.get("timeline", "")))
    if own is not None and not project.SetCurrentTimeline(own):
        wrong.append("the timeline that was open")
    ours = list(_left(project))
    if ours and not pool.DeleteTimelines(ours):
        wrong.append(f"our timeline {ours[0].GetName()}, which can be deleted")
    folder = folder_by_id(pool.GetRootFolder(), str(before.get("folder", "")))
    if folder is not None and not pool.SetCurrentFolder(folder):
        wrong.append("the bin that was open")
    wrong += deliver.put_back(project, before)
    app.open_page(str(before.get("page", "")))
    timecode = str(before.get("timecode", ""))  # the Media and Fusion pages tell none
    if own is not None and timecode and own.GetCurrentTimecode() != timecode:
        wrong += [] if own.SetCurrentTimecode(timecode) else ["the playhead"]
    if wrong:
        raise Fault(f"could not be put back: {', '.join(wrong)}", where="Resolve")


def timeline_by_id(project: Project, wanted: str) -> Timeline | None:
    """A timeline of the project, or None."""
    for index in range(1, int(project.GetTimelineCount()) + 1):
        timeline = project.GetTimelineByIndex(index)
        if str(timeline.GetUniqueId()) == wanted:
            return timeline
    return None


def folder_by_id(folder: Folder, wanted: str) -> Folder | None:
    """A bin of the pool at or below this one, or None."""
    if str(folder.GetUniqueId()) == wanted:
        return folder
    for below in folder.GetSubFolderList() or []:
        found = folder_by_id(below, wanted)
        if found is not None:
            return found
    return None
