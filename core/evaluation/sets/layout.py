"""How a set and its clips lie on disk: the same for the house's own sets and for any user's folder.

`docs/benchmark-sets.md` describes it for people.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pai_studio.core.evaluation.truth import Truth
from pai_studio.core.media.files import write_file
from pai_studio.core.shot import document
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.inputs import input_files

SCHEMA = "pai-studio/set/1"
SET_FILE, CLIP_FILE, TRUTH = "set.json", "clip.json", "truth"
Kind = Literal["restore", "replace"]
Tags = Mapping[str, str | int | bool]
_WRITTEN_AT = re.compile(rb"capDate\0string\0\x13\0\0\0.{19}", re.DOTALL)
"""The attribute of an EXR's header that says when it was written."""

_HEADER_BYTES = 1 << 16
_CLIP_KEYS = ("tags", "seed", "truth_colorspace")


@dataclass(frozen=True)
class OpenClip:
    """A clip on disk that has been found fit to be judged. `shot` has absolute input paths."""

    name: str
    folder: Path
    shot: Shot
    truth: Truth | None
    tags: Tags = field(default_factory=dict)
    seed: int | None = None


def shot_path(folder: Path) -> Path:
    """The clip's shot document, which has the folder's name."""
    return folder / f"{folder.name}.shot.json"


def open_clip(folder: Path, kind: Kind) -> OpenClip:
    """Read a clip's documents and look at every file that it names, without decoding any.

    Raises BadInput or MissingFrames naming the file: no shot document, a frame that is not there, in a `restore` set
    no truth, or a truth with more or fewer frames than the shot.
    """
    shot = document.load(shot_path(folder))
    facts = _clip_facts(folder / CLIP_FILE)
    input_files(shot)
    truth = None
    if kind == "restore":
        truth = Truth(folder / TRUTH, str(facts.get("truth_colorspace", "")))
        truth.require(shot.frames)
    return OpenClip(folder.name, folder, shot, truth, dict(facts.get("tags", {})), facts.get("seed"))


def content_digest(clip: OpenClip) -> str:
    """SHA-256 over all that the clip's judgement follows from: the document, its inputs, the truth.

    Neither the place enters nor the moment at which an EXR was written, so a clip that is filmed again is the same one.
    """
    said = clip.shot.model_dump(mode="json", by_alias=True, exclude={"delivery"})
    said["engine"].pop("name")
    text = json.dumps(said, sort_keys=True).replace(str(clip.folder.resolve()), "")
    total = hashlib.sha256(text.encode())
    if clip.truth is not None and clip.truth.colorspace:
        total.update(b"\0" + clip.truth.colorspace.encode() + b"\0")
    paths = [*input_files(clip.shot), *(clip.truth.files() if clip.truth else [])]
    for path in paths:
        total.update(path.name.encode())
        with path.open("rb") as file:
            total.update(_WRITTEN_AT.sub(b"", file.read(_HEADER_BYTES)))
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


def write_set(folder: Path, name: str, kind: Kind) -> None:
    """Write `set.json`."""
    _write_json(folder / SET_FILE, {"schema": SCHEMA, "name": name, "type": kind})


def write_clip(folder: Path, tags: Tags, seed: int | None = None) -> None:
    """Write `clip.json`."""
    _write_json(folder / CLIP_FILE, {"tags": dict(tags)} | ({} if seed is None else {"seed": seed}))


def read_set(folder: Path) -> tuple[str, Kind]:
    """The name and type of a set. Raises BadInput where `set.json` is missing or says neither."""
    path = folder / SET_FILE
    said = _read_json(path, hint=f'write {{"schema": "{SCHEMA}", "name": "...", "type": "replace"}} there')
    if said.get("schema") != SCHEMA:
        hint = f"this version reads {SCHEMA}"
        raise BadInput(f"schema: {said.get('schema')!r} is not known", where=str(path), hint=hint)
    if said.get("type") not in ("restore", "replace"):
        hint = "restore where the clips have a truth, replace where they have none"
        raise BadInput(f"type: {said.get('type')!r} is none", where=str(path), hint=hint)
    return str(said.get("name") or folder.resolve().name), said["type"]


def _clip_facts(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    facts = _read_json(path)
    for key in facts:
        if key not in _CLIP_KEYS:
            raise BadInput(
                f"{key}: is not a known key", where=str(path), hint=f"known: {', '.join(_CLIP_KEYS)}"
            )
    tags = facts.get("tags", {})
    if not isinstance(tags, dict) or not all(isinstance(value, str | int | bool) for value in tags.values()):
        raise BadInput("tags: must be names with texts, whole numbers or true and false", where=str(path))
    if not isinstance(facts.get("seed"), int | None):
        raise BadInput("seed: is no whole number", where=str(path))
    return facts


def _read_json(path: Path, hint: str = "") -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput("there is no such file", where=str(path), hint=hint) from None
    except (OSError, ValueError) as error:
        raise BadInput(f"cannot be read ({error})", where=str(path), hint="mend that place") from None
    if not isinstance(found, dict):
        raise BadInput("holds no JSON object", where=str(path))
    return found


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    write_file(path, (json.dumps(content, indent=1) + "\n").encode())


def clip_folders(folder: Path) -> Iterable[Path]:
    """The folders in a set that are clips, by name; hidden ones are none."""
    return sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))
