"""The versions of a shot that are on disk: found away from the window, with what each was made of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QObject, Signal

from pai_studio.core.shot import exports, naming
from pai_studio.core.shot.document import (
    Delivery,
    EngineChoice,
    Finish,
    PassName,
    Prompt,
    Reference,
    Shot,
)
from pai_studio.core.shot.errors import PaiError
from pai_studio.core.shot.frames import FrameRange, ranges_text
from pai_studio.ui.findings import findings
from pai_studio.ui.panel.state.project import ProjectState
from pai_studio.ui.panel.state.shot import ShotState
from pai_studio.ui.panel.work import Work

_MADE_OF = ("frames", "handles", "rate", "plate", "mattes", "references", "prompt", "engine", "finish")
"""The keys that make a version another one: what of a document its provenance repeats. The name and the place of the
delivery are not among them."""


@dataclass(frozen=True)
class Version:
    """A version on disk. What it was made of is known where its provenance lies beside it."""

    number: int
    pattern: str
    frames: FrameRange
    missing: tuple[int, ...] = ()
    """Frames that are not there: between its first and its last, and, without a provenance, of the whole shot."""

    engine: str = ""
    made_at_s: float = 0.0
    space: str = ""
    delivery: Delivery = field(default_factory=Delivery)
    passes: tuple[PassName, ...] = ()
    findings: tuple[str, ...] = ()
    shot: dict[str, Any] = field(default_factory=dict)
    """The document that it was made from, its files by their short names; empty where there is no provenance."""

    @property
    def label(self) -> str:
        """`v003`."""
        return f"v{self.number:03d}"

    @property
    def is_whole(self) -> bool:
        """Whether its render has come to its end: one that was stopped leaves frames, and no provenance."""
        return bool(self.shot) or not self.missing

    @property
    def finish(self) -> Finish:
        """The finishing controls that it was made with."""
        return Finish.model_validate(self.shot.get("finish", {}))


class VersionsState(QObject):
    """The versions of the current shot. Lives in the window's thread."""

    changed = Signal()

    def __init__(self, work: Work, project: ProjectState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work, self._project = work, project
        self._found: dict[Path, tuple[Version, ...]] = {}
        self._asked: dict[Path, object] = {}
        project.current_changed.connect(self.refresh)

    def of(self, state: ShotState | None) -> tuple[Version, ...]:
        """The versions of a shot, the oldest first, as they were when it was looked last."""
        return self._found.get(state.path, ()) if state is not None else ()

    def refresh(self, state: ShotState | None = None) -> None:
        """Look again, at the current shot unless told."""
        state = state or self._project.current
        if state is None:
            self.changed.emit()
            return
        shot, path = state.shot, state.path
        asked = self._asked[path] = object()
        self._work.run(partial(found, shot, path.parent), partial(self._take, path, asked), self._shrug)

    def _take(self, path: Path, asked: object, versions: tuple[Version, ...]) -> None:
        if self._asked[path] is asked:  # several threads look: an older answer may come after a newer one
            self._found[path] = versions
            self.changed.emit()

    def _shrug(self, _error: PaiError) -> None:
        """A delivery that cannot be placed is told with the shot's problems."""


def found(shot: Shot, folder: Path) -> tuple[Version, ...]:
    """The versions of a shot whose document lies in `folder`, the oldest first. Looks at the disk. Raises BadInput."""
    base, placed = naming.based(shot, folder.absolute())
    pattern = str(base / placed.delivery_files)
    return (
        tuple(_looked_at(one, shot) for one in exports.versions(pattern))
        if naming.version_of(pattern)
        else ()
    )


def _looked_at(version: exports.Version, shot: Shot) -> Version:
    origin = _origin(version.files)
    quality = _read(naming.sidecar(version.files, "qc.json"))
    made = origin.get("shot", {})
    written = _delivery(origin)
    return Version(
        number=version.version,
        pattern=version.files,
        frames=FrameRange(version.first, version.last),
        missing=_missing(version, shot, is_told=bool(made)),
        engine=str(origin.get("engine", {}).get("name", "")),
        made_at_s=_time_of(Path(version.files).parent),
        space=written.colorspace or str(made.get("plate", {}).get("colorspace", "")) or shot.plate.colorspace,
        delivery=written,
        passes=tuple(written.passes) if origin else (),
        findings=tuple(findings(quality)),
        shot=made,
    )


def _missing(version: exports.Version, shot: Shot, *, is_told: bool) -> tuple[int, ...]:
    if is_told:  # of which frames it was made; the shot may have others by now
        return tuple(version.missing)
    beyond = {frame for frame in shot.all_frames if not version.first <= frame <= version.last}
    return tuple(sorted(beyond.union(version.missing)))


def _origin(files: str) -> dict[str, Any]:
    """A version's provenance; one that does not hold what it should is as good as none."""
    origin = _read(naming.sidecar(files, "provenance.json"))
    try:
        made = origin.get("shot", {})
        for key, model in (("prompt", Prompt), ("engine", EngineChoice), ("finish", Finish)):
            model.model_validate(made.get(key, {}))
        for one in made.get("references", []):
            Reference.model_validate(one)
        origin.get("engine", {}).get("name"), made.get("plate", {}).get("colorspace")
        _delivery(origin)
    except (ValidationError, AttributeError, TypeError):
        return {}
    return origin


def _delivery(origin: dict[str, Any]) -> Delivery:
    """How a version was written; all that is known of one without provenance is that it has a beauty."""
    told = origin.get("delivery", {})
    return Delivery.model_validate({**told, "passes": told.get("passes") or ("beauty",)})


def _time_of(folder: Path) -> float:
    """When a folder was last written; 0 where it has gone meanwhile."""
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0.0


def _read(path: str) -> dict[str, Any]:
    """A JSON file beside the frames; empty where there is none that can be read."""
    try:
        read = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def changes(shot: Shot, version: Version) -> list[str]:
    """The keys in which a document differs from what a version was made of; files are compared by their names.

    `engine` counts with what was asked for, not with what `auto` chose. Empty without a provenance: nothing is known.
    """
    if not version.shot:
        return []
    now = json.loads(shot.model_dump_json(by_alias=True))
    return [key for key in _MADE_OF if _plain(now.get(key)) != _plain(version.shot.get(key))]


def refinish_fault(shot: Shot, versions: Sequence[Version]) -> str:
    """Why finishing cannot run again without generating, as a line for a tooltip; empty where it can.

    A generation is there for what a version was made of; of a version without provenance it may be.
    """
    if not versions:
        return "Nothing is rendered yet: re-finish starts from a version"
    apart = [[key for key in _unlike(shot, one) if key != "finish"] for one in reversed(versions)]
    if not all(apart):
        return ""
    return f"Render first: {' and '.join(apart[0])} changed since {versions[-1].label}"


def _unlike(shot: Shot, version: Version) -> list[str]:
    """As `changes`; an engine that `auto` chose is no change."""
    asked = shot.engine.model_copy(update={"name": version.engine, "model": ""})
    then = version.shot.get("engine", {})
    made = {**version.shot, "engine": {**then, "name": version.engine, "model": ""}} if version.shot else {}
    is_same = shot.engine.name in ("auto", then.get("name"), version.engine)
    return changes(
        shot.model_copy(update={"engine": asked}) if is_same else shot, replace(version, shot=made)
    )


def restored(shot: Shot, version: Version) -> Shot:
    """The document with the prompt, the engine, the finishing and the references that a version was made with.

    A still comes back at its file where the document still has one of that name, else where the version says.
    """
    made = version.shot
    here = {Path(one.file).name: one.file for one in shot.references}
    stills = [Reference.model_validate(one) for one in made.get("references", [])]
    references = [one.model_copy(update={"file": here.get(Path(one.file).name, one.file)}) for one in stills]
    return shot.model_copy(
        update={
            "prompt": Prompt.model_validate(made.get("prompt", {})),
            "engine": EngineChoice.model_validate(made.get("engine", {})),
            "finish": version.finish,
            "references": references or shot.references,
        }
    )


def gaps_text(version: Version) -> str:
    """Which frames a version lacks, as a line; empty where it is whole."""
    return f"{ranges_text(list(version.missing))} missing" if version.missing else ""


def _plain(value: Any) -> Any:
    """A value with its paths cut to their names."""
    if isinstance(value, dict):
        return {
            key: (Path(one).name if key in ("file", "files") and isinstance(one, str) else _plain(one))
            for key, one in value.items()
        }
    return [_plain(one) for one in value] if isinstance(value, list) else value
