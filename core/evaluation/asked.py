"""How a contestant is asked for: `ENGINE` or `ENGINE@MODEL`, and either with options, as in `pai@mine:steps=1,seed=2`.

An option is a field of the document's `engine`; it goes over what the clip asks for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from pai_studio.core.shot.document import EngineChoice
from pai_studio.core.shot.errors import BadInput

OPTIONS = tuple(name for name in EngineChoice.model_fields if name not in ("name", "model"))
"""What can be asked of an engine, by name."""

_BETWEEN = re.compile(r",(?!\s*\w+\s*=)")
"""Commas between contestants, and not between the options of one."""


@dataclass(frozen=True)
class Asked:
    """A contestant's name in its parts."""

    engine: str
    model: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, name: str) -> Asked:
        """A name's parts. Raises BadInput for an option without a value, one that there is not, or one twice."""
        who, _, rest = name.partition(":")
        engine, _, model = who.partition("@")
        options: dict[str, str] = {}
        for part in rest.split(",") if rest else []:
            key, sign, value = (text.strip() for text in part.partition("="))
            if not sign or not value or key in options:
                hint = "write ENGINE@MODEL:OPTION=VALUE,OPTION=VALUE, each once"
                raise BadInput(f"{part!r} gives no option its value", where=f"--engines {name}", hint=hint)
            if key not in OPTIONS:
                hint = f"known: {', '.join(OPTIONS)}"
                raise BadInput(f"{key!r} is no option of an engine", where=f"--engines {name}", hint=hint)
            options[key] = value
        return cls(engine, model, options)

    def of(self, choice: EngineChoice) -> EngineChoice:
        """What a clip asks of its engine, with the options asked of this one. Raises BadInput for a value."""
        try:
            return EngineChoice.model_validate({**choice.model_dump(), **self.options})
        except ValidationError as error:
            fault = error.errors()[0]
            key = str(fault["loc"][0])
            raise BadInput(
                f"{key}={self.options[key]}: {fault['msg']}",
                where=f"--engines {self.engine}",
                hint=f"see engine.{key} in docs/shot.md",
            ) from None


def listed(text: str) -> tuple[str, ...]:
    """The contestants of `A,B:OPTION=VALUE,OPTION=VALUE,C`."""
    return tuple(name.strip() for name in _BETWEEN.split(text) if name.strip())


def file_stem(name: str) -> str:
    """A contestant's name as part of a file's, on every system: a colon is none there."""
    return name.replace(":", "+")
