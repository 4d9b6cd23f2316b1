"""The one protocol of every engine, and what it is given of the shot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.frame import Generated, PlateFrame, Still
from pai_studio.core.report import Report
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.frames import FrameRange


class ShotSource(Protocol):
    """The shot's pictures in the working space, decoded when asked for; nothing is kept."""

    shot: Shot
    config: ColorConfig
    frames: FrameRange
    """Every frame of the shot with its handles, also when only some of them are rendered."""

    stills: list[Still]

    def frame(self, number: int) -> PlateFrame:
        """One frame, decoded now."""
        ...

    def stream(self, numbers: Iterable[int]) -> Iterator[PlateFrame]:
        """Those frames in order, decoded ahead in the background."""
        ...


class Engine(Protocol):
    """Fills a shot: first a look at the whole of it, then frame by frame.

    An engine is deterministic: the same source, seed and version give the same pictures, whichever frames are
    asked for, so that a sub-range can be rendered again and a resumed shot has no seam.
    """

    name: str
    version: str
    """Enters the digest under which generations are stored: raise it when the pictures change."""

    fills_background: bool
    """False for an engine that returns the plate as it is: only a beauty is delivered then."""

    gives_layers: bool
    """False for a model, which gives pictures: finishing makes layers of them, and looks at the frames around."""

    def prepare(self, source: ShotSource, report: Report, state: Path) -> None:
        """Look at the whole shot once (camera, screen, light), keeping little of it.

        `state` is a folder of this generation's own: what is put there is there again when the shot is resumed.
        """
        ...

    def generate(self, frames: Iterator[PlateFrame], report: Report) -> Iterator[Generated]:
        """Make the frames that come in, in their order."""
        ...

    def notes(self) -> dict[str, object]:
        """What was found and decided (such as where the camera motion comes from), as plain data for provenance."""
        ...

    def close(self) -> None:
        """Free what is held; called once, also after an error."""
        ...
