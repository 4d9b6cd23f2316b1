"""Resolve itself, its project manager and its projects, as a plugin sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.hosts.fakes_resolve import pictures
from tests.hosts.fakes_resolve.errors import UnknownName
from tests.hosts.fakes_resolve.guard import Face
from tests.hosts.fakes_resolve.rendering import picture
from tests.hosts.fakes_resolve.settings import Settings
from tests.hosts.fakes_resolve.timelines import Timeline

FORMATS = {"EXR": "exr", "DPX": "dpx", "MP4": "mp4", "QuickTime": "mov", "TIFF": "tif"}
STILLS = ("jpg", "jpeg", "png", "tif", "tiff", "bmp", "dpx")
CHECKS: dict[str, Any] = {
    "bool": bool,
    "int": int,
    "float": (int, float),
    "str": str,
    "Any": object,
}


class Resolve(Face):
    """The application."""

    _kind = "Resolve"

    EXPORT_OTIO = property(lambda self: self._session.constant("EXPORT_OTIO"))
    EXPORT_NONE = property(lambda self: self._session.constant("EXPORT_NONE"))

    def GetProjectManager(self) -> Any:
        return self._session.face("ProjectManager", self._session)

    def GetMediaStorage(self) -> Any:
        return self._session.face("MediaStorage", self._session)

    def GetCurrentProject(self) -> Any:
        return self._session.face("Project", self._session.project)

    def GetCurrentTimeline(self) -> Any:
        timeline = self._session.project.timeline
        return self._session.face("Timeline", timeline) if timeline else None

    def Fusion(self) -> Any:
        return self._session.fusion

    def OpenPage(self, pageName: str) -> bool:
        if pageName not in self._session.surface.words("page"):
            return False
        self._session.page = pageName
        return True

    def GetCurrentPage(self) -> str | None:
        found: str | None = self._session.page
        return found

    def GetProductName(self) -> str:
        return "DaVinci Resolve Studio" if self._session.is_studio else "DaVinci Resolve"

    def IsStudio(self) -> bool:
        return bool(self._session.is_studio)

    def GetVersion(self) -> list[Any]:
        major, minor, *_ = (int(part) for part in f"{self._session.version}.0".split("."))
        return [major, minor, 0, 7, ""]

    def GetVersionString(self) -> str:
        return f"{self._session.version}.0.7"


class ProjectManager(Face):
    """The project manager."""

    _kind = "ProjectManager"

    def GetCurrentProject(self) -> Any:
        return self._session.face("Project", self._session.project)

    def SaveProject(self) -> bool:
        self._session.saved += 1
        return True


class Project(Face):
    """The project."""

    _kind = "Project"

    def GetName(self) -> str:
        return str(self._model.name)

    def GetUniqueId(self) -> str:
        return str(self._model.id)

    def GetMediaPool(self) -> Any:
        return self._session.face("MediaPool", self._model)

    def GetGallery(self) -> Any:
        return self._session.face("Gallery", self._model)

    def GetTimelineCount(self) -> int:
        return len(self._model.timelines)

    def GetTimelineByIndex(self, idx: int) -> Any:
        there = self._model.timelines
        return self._session.face("Timeline", there[idx - 1]) if 1 <= idx <= len(there) else None

    def GetCurrentTimeline(self) -> Any:
        return self._session.face("Timeline", self._model.timeline) if self._model.timeline else None

    def SetCurrentTimeline(self, timeline: Any) -> bool:
        if not isinstance(timeline, Timeline) or timeline._model not in self._model.timelines:
            return False
        self._model.timeline = timeline._model
        return True

    def _settings(self) -> Settings:
        return Settings(self._session, self._model)

    def GetSetting(self, settingName: Any = None) -> Any:
        return self._settings().get(settingName)

    def SetSetting(self, settingName: str, settingValue: Any) -> bool:
        return self._settings().set(settingName, settingValue)

    def GetSettings(self) -> dict[str, Any]:
        return self._settings().all()

    def SetSettings(self, settings: dict[str, Any]) -> bool:
        return self._settings().update(settings)

    # The render queue
    def GetRenderFormats(self) -> dict[str, str]:
        return dict(FORMATS)

    def GetRenderCodecs(self, renderFormat: str) -> dict[str, str]:
        if renderFormat not in (*FORMATS, *FORMATS.values()):
            return {}
        if renderFormat not in ("EXR", "exr"):
            return {"H.264": "H264"}
        have = self._session.traps.codecs
        found = self._session.surface.descriptions("exr_codec")
        return {told: codec for told, codec in found.items() if have is None or codec in have}

    def GetCurrentRenderFormatAndCodec(self) -> dict[str, str]:
        return {"format": self._model.format, "codec": self._model.codec}

    def SetCurrentRenderFormatAndCodec(self, format: str, codec: str) -> bool:  # noqa: A002 - the host's name
        """Takes an extension and a codec's id, never what the menus call them."""
        if format not in FORMATS.values() or codec not in self.GetRenderCodecs(format).values():
            return False
        self._model.format, self._model.codec = format, codec
        return True

    def GetCurrentRenderMode(self) -> int:
        return int(self._model.mode)

    def SetCurrentRenderMode(self, renderMode: int) -> bool:
        if renderMode not in (0, 1):
            return False
        self._model.mode = renderMode
        return True

    def SetRenderSettings(self, settings: dict[str, Any]) -> bool:
        """Shows the Deliver page, as Resolve does."""
        rows = self._session.surface.settings("render")
        unknown = set(settings) - set(rows)
        if unknown:
            self._session.refuse(UnknownName(f"render settings {sorted(unknown)} are not in the table"))
            return False
        for key, value in settings.items():
            fits = isinstance(value, CHECKS[rows[key]["type"]])
            if not fits or value not in rows[key].get("values", (value,)):
                return False
        self._session.page = "deliver"
        kept = {k: v for k, v in settings.items() if k not in self._session.traps.render_settings_not_kept}
        self._model.render.update(kept)
        return True

    def GetRenderPresetList(self) -> list[str]:
        return list(self._model.presets)

    def SaveAsNewRenderPreset(self, presetName: str) -> bool:
        if self._session.traps.presets_refused or presetName in self._model.presets:
            return False
        model = self._model
        kept = {
            "render": dict(model.render),
            "format": model.format,
            "codec": model.codec,
            "mode": model.mode,
        }
        model.presets[presetName] = kept
        return True

    def LoadRenderPreset(self, presetName: str) -> bool:
        """Sets all of the Deliver page."""
        if presetName not in self._model.presets:
            return False
        for key, value in self._model.presets[presetName].items():
            setattr(self._model, key, dict(value) if isinstance(value, dict) else value)
        return True

    def DeleteRenderPreset(self, presetName: str) -> bool:
        return self._model.presets.pop(presetName, None) is not None

    def AddRenderJob(self) -> str:
        return str(self._session.queue.add(self._model))

    def _job(self, job: Any) -> Any:
        return next((one for one in self._model.jobs if one.id == job), None)

    def DeleteRenderJob(self, jobId: str) -> bool:
        job = self._job(jobId)
        if job is None or job in self._session.queue.running:
            return False
        self._model.jobs.remove(job)
        return True

    def DeleteAllRenderJobs(self) -> bool:
        """Takes the user's jobs too."""
        self._model.jobs.clear()
        return True

    def GetRenderJobList(self) -> list[dict[str, Any]]:
        return [
            {
                "JobId": job.id,
                "RenderJobName": f"Job {index}",
                "TimelineName": job.timeline.name,
                "TargetDir": job.settings.get("TargetDir", ""),
                "OutputFilename": job.settings.get("CustomName", ""),
            }
            for index, job in enumerate(self._model.jobs, 1)
        ]

    def StartRendering(self, jobIds: Any = None, isInteractiveMode: bool = False) -> bool:
        if not isinstance(jobIds, list):
            jobIds = [job.id for job in self._model.jobs] if jobIds in (None, False, True) else [jobIds]
        jobs = [self._job(one) for one in jobIds]
        return all(jobs) and bool(self._session.queue.start(jobs))

    def StopRendering(self) -> None:
        self._session.queue.stop()

    def IsRenderingInProgress(self) -> bool:
        self._session.queue.step()
        return bool(self._session.queue.running)

    def GetRenderJobStatus(self, jobId: str) -> dict[str, Any]:
        job = self._job(jobId)
        if job is None:
            return {}
        self._session.queue.step()
        told: dict[str, Any] = self._session.queue.status(job)
        return told

    def ExportCurrentFrameAsStill(self, filePath: str) -> bool:
        """What the viewer shows, eight bits a channel; no EXR."""
        timeline, path = self._model.timeline, Path(filePath)
        if (
            timeline is None
            or path.suffix.lower().removeprefix(".") not in STILLS
            or not path.parent.is_dir()
        ):
            return False
        frame = timeline.start if timeline.playhead is None else timeline.playhead
        settings = Settings(self._session, self._model, timeline).in_force()
        pictures.write_still(path, picture(timeline, frame, settings, self._session.traps))
        return True
