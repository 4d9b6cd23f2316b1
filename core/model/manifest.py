"""What a model says of itself: `manifest.json` in its folder, versioned JSON.

The class below is the schema. Times are counted in latents (`clock`), pictures in pixels of the model. Errors name the
file, the key and the remedy.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from pai_studio.core.shot.errors import BadInput

SCHEMA: Final = "pai-studio/model/1"
_NEWER = re.compile(r"pai-studio/model/([2-9]|[1-9][0-9]{1,5})")
FILE = "manifest.json"
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
_NAME_LENGTH = 128

GUIDE_CHANNELS: Final = 5
"""What a guided model is told of the draft: red, green and blue, how far the stills bear the place out, and 1 where
there is a guide at all."""

EngineName = Literal["pai", "vace", "none"]
"""Which engine runs a model. None runs the weights of others that are only there to be converted."""

TrainedFor = Literal["none", "background-replacement", "video-editing"]
"""What the weights have learnt: nothing of use yet (random, or another model's, converted), this very task, or to edit
video in general."""


def _inside(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path or ":" in parts[0]:
        raise PydanticCustomError("inside", "must lie inside the model's folder")
    return path


Relative = Annotated[str, AfterValidator(_inside)]
"""A file of the model, relative to its folder, with slashes."""


Weight = Annotated[float, Field(ge=0)]
"""How much a guidance branch weighs."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Weighed(_Part):
    """A file's content: its SHA-256 as 64 hexadecimal digits, and its size in bytes."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0)


class Manifest(_Part):
    """One model: where it is from, what it was trained for, and how it is to be sampled."""

    schema_: Literal["pai-studio/model/1"] = Field(SCHEMA, alias="schema")
    name: str = Field(pattern=_NAME, max_length=_NAME_LENGTH)
    engine: EngineName = Field(description="the engine that runs it")
    preset: str = Field(min_length=1, description="the architecture, as core/model/checkpoint.py names it")
    licence: str = Field(min_length=1, description="SPDX identifier of the weights' licence")
    attribution: str = Field("", description="whom to name, and whose work it is derived from")
    source: str = Field(
        "", description="where the weights are from: REPOSITORY@COMMIT, or how they were made"
    )
    trained_for: TrainedFor = "none"
    trained_on: str = Field("", description="the data that it has seen")

    prediction: Literal["velocity", "sample"] = Field(description="what the network tells: eps - x0, or x0")
    shift: float = Field(1.0, gt=0, description="shift of the noise schedule")
    solver: Literal["unipc", "euler"] = "unipc"
    steps: int = Field(30, ge=1, le=1000)
    guidance: tuple[Weight, Weight] | None = Field(
        None, description="weights of references and text; null: a single pass"
    )

    guide: bool = Field(False, description="whether it is told of the draft's picture of the shot")
    half_foreground: bool = Field(
        True, description="whether it has learnt to see the plate at half its size, as a preview does"
    )
    model_space: Literal["display-16"] = "display-16"
    codec: Literal["pixel", "wan"]
    window_latents: int = Field(ge=1, description="most latents in a window")
    history_latents: int = Field(0, ge=0, description="latents of the window before that a window sees")
    ahead_latents: int = Field(0, ge=0, description="latents made behind a window and thrown away")
    keyframe_step: int = Field(
        0, ge=0, description="frames between keyframes of a first pass; 0: no such pass"
    )
    references_most: int = Field(ge=1, description="most references in a window")
    reach: float | None = Field(
        None, ge=0, description="greatest distance of an anchor beyond a window, in latents; null: any"
    )
    area_px: int = Field(ge=1, description="width * height that it was made for")
    grid_px: int = Field(ge=1, description="width and height are multiples of it")
    files: dict[Relative, Weighed] = Field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 of all that stands here, and so of every file too: two models with one digest make the same."""
        told = self.model_dump(mode="json", by_alias=True)
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())

    def to_json(self) -> str:
        """The manifest's text, with every default written out."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"


def read(folder: Path) -> Manifest:
    """The manifest of a model's folder. Raises BadInput naming file, key and remedy."""
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        hint = "a model's folder holds one; `pai-studio models list` shows what is installed"
        raise BadInput("there is no such manifest", where=str(path), hint=hint) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot be read ({error})", where=str(path)) from None
    return parse(text, where=str(path))


def parse(text: str, *, where: str = FILE) -> Manifest:
    """Validate a manifest's text; `where` names it in errors. Raises BadInput."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        say = f"is no JSON (line {error.lineno}, column {error.colno}: {error.msg})"
        raise BadInput(say, where=where, hint="get the model anew") from None
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, lists within lists
        raise BadInput(f"cannot be read ({error})", where=where, hint="get the model anew") from None
    if not isinstance(data, dict):
        raise BadInput("holds no JSON object", where=where, hint="get the model anew")
    _check_schema(data.get("schema"), where)
    try:
        return Manifest.model_validate(data)
    except ValidationError as error:
        raise _readable(error, where) from None


def check_name(name: str) -> None:
    """Raise BadInput for what cannot name a model."""
    if not re.fullmatch(_NAME, name) or len(name) > _NAME_LENGTH:
        hint = "use letters, digits, dot, dash and underscore"
        raise BadInput(f"{name!r} cannot name a model", hint=hint)


def _check_schema(schema: Any, where: str) -> None:
    if schema == SCHEMA:
        return
    if isinstance(schema, str) and _NEWER.fullmatch(schema):
        say = f"schema: {schema} is newer than {SCHEMA}, the newest known here"
        raise BadInput(say, where=where, hint="update PAI-Studio")
    say = "schema: is missing" if schema is None else f"schema: {schema!r} is not known"
    raise BadInput(say, where=where, hint=f"this version reads {SCHEMA}")


def _readable(error: ValidationError, where: str) -> BadInput:
    """The first fault as one line."""
    fault = error.errors()[0]
    key = ".".join(str(part) for part in fault["loc"] if part != "[key]")
    if fault["type"] == "missing":
        return BadInput(f"{key}: is missing", where=where, hint="get the model anew")
    if fault["type"] == "extra_forbidden":
        known = ", ".join(field.alias or name for name, field in Manifest.model_fields.items())
        return BadInput(f"{key}: is not a known key", where=where, hint=f"known: {known}")
    say = str(fault["msg"]).replace("Input should be", "must be")
    given = json.dumps(fault["input"], default=str)[:60]
    return BadInput(f"{key}: {say} (it is {given})", where=where, hint="get the model anew")
