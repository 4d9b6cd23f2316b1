"""Engines by the name that a shot document gives them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pai_studio.core.config import Settings
from pai_studio.core.engines import libraries
from pai_studio.core.shot.document import EngineChoice, Shot
from pai_studio.core.shot.errors import BadInput

if TYPE_CHECKING:
    from pai_studio.core.engines.base import Engine

AUTO = "auto"
NAMES = ("draft", "plate")
"""Those that run everywhere."""

MODEL_NAMES = ("pai", "vace")
"""Those that run a model, with libraries of their own."""


@dataclass(frozen=True)
class Models:
    """Where models lie, and what they compute on: the settings `models_dir` and `device`."""

    folder: Path = field(default_factory=lambda: Path(Settings().models_dir))
    device: str = "auto"


def available() -> tuple[str, ...]:
    """The engines whose libraries are installed: what a server tells its clients.

    Whether a model is installed is not asked. One may be pulled while the server runs, and a shot that asks for the
    engine before is told how.
    """
    return NAMES if libraries.missing() else (*NAMES, *MODEL_NAMES)


def make_engine(shot: Shot, models: Models) -> Engine:
    """The engine that `shot.engine.name` names; `auto` takes the best that runs here, and its notes say so.

    Raises BadInput naming the engines that there are, the libraries that are missing, or the model.
    """
    if shot.engine.name != AUTO:
        return _made(shot.engine, models, "")
    from pai_studio.core.engines.standing import pick  # noqa: PLC0415 - who lists the names needs no table

    picked = pick(shot, models.folder)
    choice = shot.engine.model_copy(update={"name": picked.engine, "model": picked.model})
    made = _made(choice, models, picked.why)
    if not picked.from_draft:
        return made
    from pai_studio.core.engines.layered import Layered  # noqa: PLC0415

    draft = _made(shot.engine.model_copy(update={"name": "draft", "model": ""}), models, "")
    return Layered(made, draft, picked.from_draft)


def _made(choice: EngineChoice, models: Models, chosen: str) -> Engine:
    # Each engine is loaded by who runs it: a server that only lists the names needs none of their libraries.
    if choice.name == "draft":
        from pai_studio.core.engines.draft import DraftEngine  # noqa: PLC0415

        return DraftEngine(choice, chosen=chosen)
    if choice.name == "plate":
        from pai_studio.core.engines.plate import PlateEngine  # noqa: PLC0415

        return PlateEngine()
    if choice.name not in MODEL_NAMES:
        hint = f"known here: {', '.join((AUTO, *available()))}"
        raise BadInput(f"{choice.name!r} is not a known engine", where="engine.name", hint=hint)
    libraries.require(choice.name)
    if choice.name == "pai":
        from pai_studio.core.engines.pai import PaiEngine  # noqa: PLC0415

        return PaiEngine(choice, models, chosen=chosen)
    from pai_studio.core.engines.vace import VaceEngine  # noqa: PLC0415

    return VaceEngine(choice, models, chosen=chosen)
