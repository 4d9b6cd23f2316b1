"""A set that lies on disk: any user's folder in the layout of `docs/benchmark-sets.md`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pai_studio.core.evaluation.sets.base import BenchmarkSet
from pai_studio.core.evaluation.sets.layout import SET_FILE, clip_folders, read_set, shot_path
from pai_studio.core.report import Report
from pai_studio.core.shot import document
from pai_studio.core.shot.errors import BadInput, PaiError


@dataclass(frozen=True)
class FolderClip:
    """A clip where somebody has put it; it is never changed."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def at(self) -> Path:
        """The folder."""
        return self.folder

    @property
    def frames(self) -> int:
        """What the document says; 1 where that cannot be read, which the run will tell."""
        try:
            return len(document.load(shot_path(self.folder)).frames)
        except PaiError:
            return 1

    def recipe(self) -> str:
        """Nothing: the files themselves are looked at."""
        return ""

    def write(self, folder: Path, report: Report) -> None:
        """There is nothing to make, and asking for it is a fault of the house."""
        raise NotImplementedError(f"{self.folder} lies there already ({folder}, {report})")


def folder_set(folder: Path) -> BenchmarkSet:
    """The set in a folder. Raises BadInput where `set.json` is missing or faulty, or where there is no clip."""
    if not folder.is_dir():
        raise BadInput("there is no such folder", where=str(folder), hint="check --set")
    name, kind = read_set(folder)
    clips = [FolderClip(path) for path in clip_folders(folder)]
    if not clips:
        hint = f"a clip is a folder beside {SET_FILE}, see docs/benchmark-sets.md"
        raise BadInput("holds no clip", where=str(folder), hint=hint)
    return BenchmarkSet(name, kind, clips)
