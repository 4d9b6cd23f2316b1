"""Judges that need more than this program brings: learned weights, or a model behind an endpoint.

None is loaded unless it is named, and nothing of what it needs is imported before. Their numbers stand beside the
metrics' and never take their place.
"""

from __future__ import annotations

import difflib
import hashlib
import inspect
from collections.abc import Callable, Mapping
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
    about: str
    """What its values are and which way is better, in one line for a report."""

    notice: str
    """What a person has to be told before it starts, such as that frames leave the machine; empty if nothing."""

    def version(self) -> str:
        """What its values change with besides its options: packages, weights, a model. Asked once, before all else.

        Raises BadInput or Unreachable where it could not judge anything.
        """

    def add(self, frame: Judged) -> None:
        """Take in one frame; frames come in ascending order."""

    def values(self) -> dict[str, float | None]:
        """One value for each key; None where no frame could be judged."""


def load(name: str, facts: Facts, **options: Any) -> Judge:
    """The judge of that name for one clip; `options` are its own.

    Raises BadInput where there is none of that name, or its package, weights or endpoint are missing.
    """
    return _kind(name)(facts, **options)


def options_of(name: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """A judge's options from texts, each of the kind of its default. Raises BadInput for one that it has not."""
    known = dict([*inspect.signature(_kind(name)).parameters.items()][1:])
    found = {}
    for key, text in texts.items():
        if key not in known:
            hint = f"it has {', '.join(known)}" if known else "it has none"
            raise BadInput(f"the judge {name} has no option {key!r}", hint=hint)
        kind = type(known[key].default)
        try:
            found[key] = kind(text)
        except ValueError:
            hint = f"such as {known[key].default}"
            raise BadInput(f"{text!r} is not a number", where=f"{name} {key}", hint=hint) from None
    return found


def weights_digest(network: Any) -> str:
    """The first digits of SHA-256 over a torch network's weights, wherever they came from."""
    total = hashlib.sha256()
    for name, weights in network.state_dict().items():
        total.update(name.encode() + weights.float().numpy().tobytes())
    return total.hexdigest()[:16]


def _kind(name: str) -> Callable[..., Judge]:
    if name not in JUDGES:
        near = difflib.get_close_matches(name, JUDGES, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(JUDGES)}"
        raise BadInput(f"there is no judge {name!r}", hint=hint)
    module, made_by = JUDGES[name].split(":")
    kind: Callable[..., Judge] = getattr(import_module(module), made_by)
    return kind
