"""Judges that need more than this program brings: learned weights, or a model behind an endpoint.

None is loaded unless it is named, and nothing of what it needs is imported before. Their numbers stand beside the
metrics' and never take their place.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol

from pai_studio.core.evaluation.judged import Facts, Judged
from pai_studio.core.shot.errors import BadInput

JUDGES = {
    "lpips": "pai_studio.core.evaluation.plugins.lpips:LpipsJudge",
    "dino": "pai_studio.core.evaluation.plugins.dino:DinoJudge",
    "vlm": "pai_studio.core.evaluation.plugins.vlm:VlmJudge",
}
"""Where each judge is, by its name."""


class Judge(Protocol):
    """Takes the frames of one clip and gives its own values, by `keys`."""

    name: str
    keys: tuple[str, ...]
    notice: str
    """What a person has to be told before it starts, such as that frames leave the machine; empty if nothing."""

    def add(self, frame: Judged) -> None:
        """Take in one frame; frames come in ascending order."""

    def values(self) -> dict[str, float | None]:
        """One value for each key; None where no frame could be judged."""


def load(name: str, facts: Facts, **options: Any) -> Judge:
    """The judge of that name for one clip; `options` are its own.

    Raises BadInput where there is none of that name, or its package, weights or endpoint are missing.
    """
    if name not in JUDGES:
        near = difflib.get_close_matches(name, JUDGES, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(JUDGES)}"
        raise BadInput(f"there is no judge {name!r}", hint=hint)
    module, made_by = JUDGES[name].split(":")
    make: Callable[..., Judge] = getattr(import_module(module), made_by)
    return make(facts, **options)
