"""The shot document: everything an artist asks for, as versioned JSON (`*.shot.json`).

The models below are the schema. Relative paths are relative to the document's folder. Errors name the file,
the key and the remedy; an unknown key names the nearest known one.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    model_serializer,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import FrameRange, parse_rate
from pai_studio.core.shot.shapes import MAX_SHAPES, Shape

SCHEMA = "pai-studio/shot/1"
_SCHEMA_STEM = "pai-studio/shot/"
RESERVED = ("camera", "stmap", "view")
PassName = Literal[
    "beauty", "background", "foreground", "matte", "gain", "shadow", "wrap", "rebuilt", "confidence"
]
PASSES: tuple[PassName, ...] = get_args(PassName)


def _read_rate(value: Any) -> Fraction:
    try:
        return value if isinstance(value, Fraction) else parse_rate(value)
    except ValueError as error:
        raise PydanticCustomError("rate", "{say}", {"say": str(error)}) from None


def _read_frames(value: Any) -> FrameRange:
    if isinstance(value, FrameRange):
        return value
    is_list = isinstance(value, list | tuple) and len(value) in (2, 3)
    if not is_list or not all(isinstance(n, int) and not isinstance(n, bool) for n in value):
        raise PydanticCustomError("frames", "must be [first, last] or [first, last, step]")
    try:
        return FrameRange(*value)
    except ValueError as error:
        raise PydanticCustomError("frames", "{say}", {"say": str(error)}) from None


def _write_frames(frames: FrameRange) -> list[int]:
    return [frames.first, frames.last] + ([frames.step] if frames.step > 1 else [])


def _read_fit(value: Any) -> Any:
    rows = value
    if isinstance(value, list) and len(value) == 9:
        rows = [value[0:3], value[3:6], value[6:9]]
    is_matrix = isinstance(rows, list | tuple) and len(rows) == 3 and all(len(row) == 3 for row in rows)
    if value in ("fill", "fit") or is_matrix:
        return value if isinstance(value, str) else tuple(tuple(float(n) for n in row) for row in rows)
    raise PydanticCustomError("fit", 'must be "fill", "fit" or a 3x3 placement of the still over the plate')


Rate = Annotated[
    Fraction,
    BeforeValidator(_read_rate, json_schema_input_type=str | int | float),
    PlainSerializer(str, return_type=str),
]
Frames = Annotated[
    FrameRange,
    BeforeValidator(_read_frames, json_schema_input_type=list[int]),
    PlainSerializer(_write_frames, return_type=list[int]),
]
Matrix = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
Fit = Annotated[Literal["fill", "fit"] | Matrix, BeforeValidator(_read_fit)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, allow_inf_nan=False)


class Plate(_Part):
    """The foreground: an image sequence or a movie."""

    files: str = Field(min_length=1, description="pattern (####, @@@@, %04d) or a movie")
    colorspace: str = Field(min_length=1)
    layer: str = Field("rgba", description="the layer that holds the picture; rgba is the unnamed one")
    alpha: Literal["none", "straight", "premultiplied"] = "none"
    screen: Literal["auto", "green", "blue", "none"] = "auto"
    exposure: float = Field(0.0, ge=-20, le=20, description="stops that the model sees the plate brighter")
    start: int | None = Field(
        None, description="the frame number of a movie's first picture; the range's first if absent"
    )


class Matte(_Part):
    """A matte from files; without files there is none."""

    files: str = ""
    channel: str = "A"
    invert: bool = False


class DrawnMatte(Matte):
    """A matte from files, from shapes drawn over the plate, or from both: the larger of the two counts."""

    shapes: list[Shape] = Field([], max_length=MAX_SHAPES, description="not inverted, whatever `invert` says")


class Mattes(_Part):
    """Mattes that the artist gives."""

    alpha: Matte = Matte()
    garbage: DrawnMatte = DrawnMatte()
    core: DrawnMatte = DrawnMatte()


class Reference(_Part):
    """A background still, anchored at the frame whose camera it was taken with."""

    file: str = Field(min_length=1)
    frame: int
    colorspace: str = Field("", description="empty: the file's own, where it says one")
    fit: Fit = "fill"


class Prompt(_Part):
    """The structured prompt's eight keys, in the order in which they are serialised."""

    foreground_content: str = ""
    background_content: str = ""
    foreground_motion: str = ""
    background_motion: str = ""
    camera_motion_analysis: str = ""
    camera_angle: str = ""
    focal_length: str = ""
    caption: str = ""


class EngineChoice(_Part):
    """Which engine fills the shot, and how."""

    name: str = Field("auto", min_length=1)
    seed: int = Field(7, ge=0, le=2**31 - 1)
    steps: int = Field(30, ge=1, le=1000)
    model: str = Field("", description="name of an installed model; empty: the engine's own choice")
    quality: Literal["preview", "final"] = "final"
    guide: bool = Field(True, description="tell a model that can be guided what the draft makes of the shot")

    @model_serializer(mode="wrap")
    def _without_the_usual_guide(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A guide is only written where there is to be none: servers from before do not know the key."""
        told: dict[str, Any] = dump(self)
        return {key: value for key, value in told.items() if key != "guide" or not value}


class Finish(_Part):
    """Finishing controls; changing them needs no new generation."""

    despill: Share = 1.0
    gain_mix: Share = 1.0
    wrap: Share = 0.5
    shadow: Share = 1.0
    grain: Share = 1.0


class Ocio(_Part):
    """The colour config; empty means $OCIO, else the built-in one."""

    config: str = ""
    digest: str = ""
    context: dict[str, str] = {}


MAX_FRAMES = 1_000_000
"""Eleven hours; a slip of the finger must not fill the memory with names of files."""


class Delivery(_Part):
    """What comes back, where and how."""

    files: str = Field("", description="empty: NAME/v001/NAME_v001.####.exr")
    colorspace: str = Field("", description="empty: the plate's")
    passes: list[PassName] = Field(default_factory=lambda: list(PASSES), min_length=1)
    layout: Literal["multilayer", "files"] = "multilayer"
    compression: Literal["none", "rle", "zips", "zip", "piz", "pxr24", "dwaa", "dwab"] = "zip"
    type: Literal["half", "float"] = "half"


_UNFINISHED = "unfinished"
"""The validation context of a document that somebody still works on."""


class Shot(_Part):
    """One shot: plate, mattes, references, prompt, engine, finish, delivery."""

    schema_: Literal["pai-studio/shot/1"] = Field(alias="schema")
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=128)
    rate: Rate
    frames: Frames
    handles: int = Field(0, ge=0, le=10_000)
    plate: Plate
    mattes: Mattes = Mattes()
    references: list[Reference] = Field(json_schema_extra={"minItems": 1})
    prompt: Prompt = Prompt()
    engine: EngineChoice = EngineChoice()
    finish: Finish = Finish()
    ocio: Ocio = Ocio()
    delivery: Delivery = Delivery()

    @model_validator(mode="after")
    def _can_be_delivered(self) -> Shot:
        if self.all_frames.last - self.all_frames.first >= MAX_FRAMES * self.all_frames.step:
            say = f"frames: {self.all_frames} are more than the {MAX_FRAMES} that a shot may have"
            raise PydanticCustomError("length", "{say}", {"say": say})
        if not self.delivery_files.lower().endswith(".exr"):
            say = f"delivery.files: {self.delivery_files} does not end in .exr, which is what is written"
            raise PydanticCustomError("suffix", "{say}", {"say": say})
        return self

    @model_validator(mode="after")
    def _has_references_in_the_shot(self, info: ValidationInfo) -> Shot:
        if info.context == _UNFINISHED:
            return self
        if not self.references:
            raise PydanticCustomError("still", "references: there is none")
        span = self.all_frames
        for index, reference in enumerate(self.references):
            if not span.first <= reference.frame <= span.last:
                say = f"references[{index}].frame: {reference.frame} lies outside the shot's {span}"
                raise PydanticCustomError(
                    "anchor", "{say}", {"say": say}
                )  # the key is in the words: no `loc` here
        return self

    @property
    def all_frames(self) -> FrameRange:
        """The frames with their handles: all that is read and delivered."""
        return self.frames.widened(self.handles)

    def chosen(self, frames: FrameRange | None) -> list[int]:
        """The frames to render: all, or a sub-range of them. Raises BadInput where that leaves the shot."""
        whole = self.all_frames
        if frames is None:
            return list(whole)
        # Ends first: a range of any length is refused without being walked through.
        if frames.first in whole and frames.last <= whole.last and all(n in whole for n in frames):
            return list(frames)
        raise BadInput(
            f"frames {frames} do not all lie in the shot's {whole}", hint="name frames of the shot"
        )

    @property
    def delivery_files(self) -> str:
        """The delivery's pattern, with the default filled in."""
        return self.delivery.files or f"{self.name}/v001/{self.name}_v001.####.exr"

    @property
    def delivery_colorspace(self) -> str:
        """The space of the delivered beauty."""
        return self.delivery.colorspace or self.plate.colorspace

    def to_json(self) -> str:
        """The document's text, with every default written out."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"

    def with_paths_from(self, folder: Path) -> Shot:
        """The same shot with every input path made absolute against `folder`. Delivery stays as written."""

        def absolute(path: str) -> str:
            return str(folder / path) if path else path

        plate = self.plate.model_copy(update={"files": absolute(self.plate.files)})
        mattes = Mattes(
            **{
                name: getattr(self.mattes, name).model_copy(
                    update={"files": absolute(getattr(self.mattes, name).files)}
                )
                for name in Mattes.model_fields
            }
        )
        references = [r.model_copy(update={"file": absolute(r.file)}) for r in self.references]
        is_file = self.ocio.config and not self.ocio.config.startswith("ocio://")
        ocio = self.ocio.model_copy(update={"config": absolute(self.ocio.config)} if is_file else {})
        return self.model_copy(
            update={"plate": plate, "mattes": mattes, "references": references, "ocio": ocio}
        )


def load(path: Path, *, unfinished: bool = False) -> Shot:
    """Read a shot document, with its input paths made absolute against its folder.

    `unfinished` takes one that somebody still works on, as `parse` does. Raises BadInput naming the file, the key and
    the remedy.
    """
    return load_known(path, unfinished=unfinished)[0]


def load_known(path: Path, *, unfinished: bool = False) -> tuple[Shot, str]:
    """The same, and the SHA-256 of the very bytes that it was read from."""
    try:
        content = path.read_bytes()
        text = content.decode("utf-8")
    except FileNotFoundError:
        raise BadInput("there is no such shot document", where=str(path), hint="check the path") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot be read ({error})", where=str(path)) from None
    shot = parse(text, where=str(path), unfinished=unfinished).with_paths_from(path.resolve().parent)
    return shot, hashlib.sha256(content).hexdigest()


def parse(text: str, *, where: str = "shot", unfinished: bool = False) -> Shot:
    """Validate a shot document's text; `where` names it in errors.

    An `unfinished` one may have no reference yet, or one that is anchored outside its frames.
    """
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        say = f"is no JSON (line {error.lineno}, column {error.colno}: {error.msg})"
        raise BadInput(say, where=where, hint="mend that place") from None
    if not isinstance(data, dict):
        raise BadInput("holds no JSON object", where=where, hint=f'start it with {{"schema": "{SCHEMA}", ...')
    _check_schema(data.get("schema"), where)
    try:
        return Shot.model_validate(data, context=_UNFINISHED if unfinished else None)
    except ValidationError as error:
        raise _readable(error, where) from None


def _check_schema(schema: Any, where: str) -> None:
    if schema == SCHEMA:
        return
    if schema is None:
        raise BadInput("schema: is missing", where=where, hint=f'add "schema": "{SCHEMA}"')
    if isinstance(schema, str) and schema.startswith(_SCHEMA_STEM):
        version = schema.removeprefix(_SCHEMA_STEM)
        if version.isdigit() and int(version) > 1:
            hint = "update PAI-Studio, or save the shot for the older version"
            raise BadInput(
                f"schema: {schema} is newer than {SCHEMA}, the newest known here", where=where, hint=hint
            )
    raise BadInput(f"schema: {schema!r} is not known", where=where, hint=f"this version reads {SCHEMA}")


def _key_text(location: tuple[int | str, ...]) -> str:
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        elif not part.startswith(("literal", "tuple", "function", "nullable")):
            text += f".{part}" if text else part
    return text


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    """The keys that may stand where an unknown one stood."""
    model: Any = Shot
    for part in location[:-1]:
        if isinstance(part, str):
            annotation = model.model_fields[part].annotation
            inner = [a for a in get_args(annotation) if isinstance(a, type) and issubclass(a, BaseModel)]
            model = inner[0] if inner else annotation
    return [f.alias or name for name, f in model.model_fields.items()]


def _readable(error: ValidationError, where: str) -> BadInput:
    """The first fault as one line; how many more there are is said too."""
    # A misspelt key is told before the key that it left missing.
    faults = sorted(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
    fault = faults[0]
    key = _key_text(fault["loc"])
    say, hint = _fault_text(fault)
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return BadInput((f"{key}: {say}" if key else say) + more, where=where, hint=hint)


_REMEDIES = {
    "anchor": "anchor it inside the range",
    "still": "give one background still, anchored at a frame",
    "length": "cut it into shots",
    "suffix": "name it as NAME.####.exr",
}


def _fault_text(fault: ErrorDetails) -> tuple[str, str]:
    if fault["type"] == "extra_forbidden":
        key = str(fault["loc"][-1])
        if key in RESERVED and len(fault["loc"]) == 1:
            return "is reserved for a later version", "remove it"
        known = _known_keys(fault["loc"])
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
        return (
            "is not a known key",
            f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}",
        )
    if fault["type"] == "missing":
        return "is missing", "every shot needs it"
    if hint := fault.get("ctx", {}).get("hint"):
        return str(fault["msg"]), str(hint)
    if fault["type"] in _REMEDIES:
        return str(fault["msg"]), _REMEDIES[fault["type"]]
    if fault["type"] == "string_pattern_mismatch":
        return f"{fault['input']!r} cannot name a shot", "use letters, digits, dot, dash and underscore"
    given = json.dumps(fault["input"], default=str)[:60]
    say = str(fault["msg"]).replace("Input should be", "must be").replace("List should have", "must have")
    near = []
    if fault["type"] == "literal_error" and isinstance(fault["input"], str):
        choices = re.findall(r"'([^']+)'", str(fault.get("ctx", {}).get("expected", "")))
        near = difflib.get_close_matches(fault["input"], choices, n=1, cutoff=0.5)
    return f"{say} (it is {given})", f"did you mean {near[0]!r}?" if near else ""
