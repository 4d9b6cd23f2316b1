"""The shots that the panel, or `pai-studio shots`, has made of a timeline: `shots.json` and the documents beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any

from ..host import Fault, Record, Result, State

if TYPE_CHECKING:
    from .target import Sidecar

MANIFEST = "shots.json"
_SCHEMA = "pai-studio/shots/1"


@dataclass(frozen=True)
class PanelShot:
    """A shot and where in the timeline it was cut from."""

    name: str
    clip: str
    track: int
    start: int
    """The timeline's frame that it begins at."""

    duration: int
    first: int
    """The frame of its media that it begins with, as its document counts."""

    document: Path


def read(manifest: Path, timeline: str) -> list[PanelShot]:
    """The shots of the timeline that was exported as the file `timeline`; none where it tells of another.

    Raises Fault.
    """
    said = _object(manifest)
    if said.get("schema") != _SCHEMA:
        what = f"is no {_SCHEMA} ({said.get('schema')!r})"
        raise Fault(what, where=str(manifest), hint="open the timeline in this version's panel")
    if PureWindowsPath(str(said.get("source", ""))).name != timeline:
        return []
    try:
        return [_shot(one, manifest.parent) for one in said["shots"]]
    except (KeyError, TypeError, ValueError) as error:
        what = f"is damaged ({type(error).__name__}: {error})"
        raise Fault(what, where=str(manifest), hint="open the timeline in the panel again") from None


def _shot(said: Record, folder: Path) -> PanelShot:
    first, last = (int(number) for number in said["record"])
    return PanelShot(
        name=str(said["name"]),
        clip=str(said["clip"]),
        track=int(said["track"]),
        start=first,
        duration=last - first + 1,
        first=int(said["source"][0]),
        document=folder / str(said["document"]),
    )


def newest(shot: PanelShot, sidecar: Sidecar) -> Result | None:
    """The newest version on disk that has every frame of the cut; None where there is none yet. Raises Fault."""
    said = _object(shot.document)
    try:
        delivery, name = said.get("delivery") or {}, str(said["name"])
        files = str(delivery.get("files") or f"{name}/v001/{name}_v001.####.exr")
        space = str(delivery.get("colorspace") or said["plate"]["colorspace"])
        passes = tuple(str(one) for one in delivery.get("passes") or ())
        engine = str((said.get("engine") or {}).get("name", "auto"))
    except (AttributeError, KeyError, TypeError) as error:
        what = f"is no shot document ({type(error).__name__}: {error})"
        raise Fault(what, where=str(shot.document), hint="open it in the panel") from None
    found = sidecar.ask("versions", files=str(shot.document.parent / files))["versions"]
    last = shot.first + shot.duration - 1
    whole = [
        one for one in found if not one["missing"] and one["first"] <= shot.first and last <= one["last"]
    ]
    if not whole:
        return None
    best = max(whole, key=lambda one: int(one["version"]))
    return Result(
        files=str(best["files"]),
        version=int(best["version"]),
        first=int(best["first"]),
        last=int(best["last"]),
        space=space,
        passes=passes,
        engine=engine,
        document=str(shot.document),
        # The panel's settings are not the window's: nothing here can be compared with them.
        state=State("", ""),
    )


def _object(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Fault(
            f"cannot be read ({error})", where=str(path), hint="open the timeline in the panel"
        ) from None
    if not isinstance(said, dict):
        raise Fault("holds no JSON object", where=str(path), hint="open the timeline in the panel again")
    return said
