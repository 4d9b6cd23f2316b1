"""Engines by the name that a shot document gives them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pai_studio.core.config import Settings
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import BadInput

if TYPE_CHECKING:
    from pai_studio.core.engines.base import Engine

AUTO = "auto"
NAMES = ("draft", "plate")


@dataclass(frozen=True)
class Models:
    """Where models lie, and what they compute on: the settings `models_dir` and `device`."""

    folder: Path = field(default_factory=lambda: Path(Settings().models_dir))
    device: str = "auto"


def make_engine(shot: Shot, models: Models) -> Engine:  # noqa: ARG001
    """The engine that `shot.engine.name` names; `auto` takes the best that runs here, and its notes say so.

    Raises BadInput naming the engines that there are.
    """
    # Each engine is loaded by who runs it: a server that only lists the names needs none of their libraries.
    name = shot.engine.name
    if name in (AUTO, "draft"):
        from pai_studio.core.engines.draft import DraftEngine  # noqa: PLC0415

        return DraftEngine(shot.engine, chosen="auto: no other engine is installed" if name == AUTO else "")
    if name == "plate":
        from pai_studio.core.engines.plate import PlateEngine  # noqa: PLC0415

        return PlateEngine()
    raise BadInput(
        f"{name!r} is not a known engine",
        where="engine.name",
        hint=f"known here: {', '.join((AUTO, *NAMES))}",
    )
