"""Engines by the name that a shot document gives them."""

from __future__ import annotations

from pai_studio.core.engines.base import Engine
from pai_studio.core.engines.draft import DraftEngine
from pai_studio.core.engines.plate import PlateEngine
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import BadInput

AUTO = "auto"
NAMES = ("draft", "plate")


def make_engine(shot: Shot) -> Engine:
    """The engine that `shot.engine.name` names; `auto` takes the best that runs here, and its notes say so.

    Raises BadInput naming the engines that there are.
    """
    name = shot.engine.name
    if name == AUTO:
        return DraftEngine(shot.engine, chosen="auto: no other engine is installed")
    if name == DraftEngine.name:
        return DraftEngine(shot.engine)
    if name == PlateEngine.name:
        return PlateEngine()
    raise BadInput(
        f"{name!r} is not a known engine",
        where="engine.name",
        hint=f"known here: {', '.join((AUTO, *NAMES))}",
    )
