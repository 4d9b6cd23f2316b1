"""A timeline's file into OpenTimelineIO's objects; the only module that knows the library.

What the file holds is not trusted: its size, its depth, entities of XML and the contents of archives are bounded
before a parser sees it, and whatever a parser raises becomes one line.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

from pai_studio.core.shot.errors import BadInput, PaiError

MAX_BYTES = 256 * 2**20
_ADAPTERS = {".edl": "cmx_3600", ".xml": "fcp_xml", ".fcpxml": "fcpx_xml", ".aaf": "AAF"}
_BUNDLES = (".otioz", ".otiod")
SUFFIXES = (".otio", *_BUNDLES, *_ADAPTERS)
"""What can be opened."""

_CONTENT = "content.otio"
FRAME_CODE_MODE = re.compile(r"^FCM:\s*((?:NON-)?DROP FRAME)", re.MULTILINE | re.IGNORECASE)
_STRING_OR_INF = re.compile(r'"(?:[^"\\]|\\.)*"|\bInf\b')
_MAX_DEPTH = 200
"""OpenTimelineIO's own reader overflows its stack on a file that is nested deeply."""


def load(path: Path, rate: Fraction | None) -> tuple[Any, str]:
    """The object that a file holds (a timeline, mostly), and its text for what adapters leave out (empty for AAF).

    `rate` is an EDL's, which says none itself. Raises BadInput naming the file.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        hint = f"export it as one of {', '.join(SUFFIXES)}"
        raise BadInput("is no timeline that can be opened", where=str(path), hint=hint)
    try:
        if suffix == ".aaf":
            _require_small(path.stat().st_size, path)
            return _guarded(path, lambda: _adapters().read_from_file(str(path), **_reading("AAF"))), ""
        data = _content(path, suffix)
    except (OSError, zipfile.BadZipFile, KeyError) as error:
        raise BadInput(f"cannot be read ({error})", where=str(path), hint="check the path") from None
    text = _text(data, path)
    if suffix == ".edl":
        text = _with_drop_marks(text)
    if suffix in _ADAPTERS:
        return _from_text(text, path, suffix, rate), text
    return _from_json(text, path), text


def _content(path: Path, suffix: str) -> bytes:
    if suffix == ".otioz":
        with zipfile.ZipFile(path) as archive:
            _require_small(archive.getinfo(_CONTENT).file_size, path)
            with archive.open(_CONTENT) as member:
                return member.read(MAX_BYTES + 1)
    file = path / _CONTENT if suffix == ".otiod" else path
    _require_small(file.stat().st_size, path)
    return file.read_bytes()


def _require_small(size: int, path: Path) -> None:
    if size > MAX_BYTES:
        say = f"is {size // 2**20} MiB long, more than the {MAX_BYTES // 2**20} that a timeline may have"
        raise BadInput(say, where=str(path), hint="export a part of it")


def _text(data: bytes, path: Path) -> str:
    """UTF-8 or UTF-16; an EDL may be older than both."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", *(["latin-1"] if path.suffix.lower() == ".edl" else [])]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput("is no text", where=str(path), hint="export it again")


def _with_drop_marks(text: str) -> str:
    """An EDL that says of itself that it is in drop-frame, with the `;` that many leave out."""
    modes = {mode.upper() for mode in FRAME_CODE_MODE.findall(text)}
    return re.sub(r"(\d\d:\d\d:\d\d):(\d\d)", r"\1;\2", text) if modes == {"DROP FRAME"} else text


def _from_text(text: str, path: Path, suffix: str, rate: Fraction | None) -> Any:
    if suffix != ".edl":
        if "<!ENTITY" in text.upper():
            raise BadInput("defines XML entities, which no editor writes", where=str(path))
        # The text is decoded: what its first line says of an encoding is so no longer.
        text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text, count=1)
    else:
        # NTSC rates count as whole ones, except for drop-frame timecode, which is told by its rate.
        is_drop = bool(re.search(r"\d\d:\d\d:\d\d;\d\d", text))
        asked = rate or Fraction(30000, 1001) if is_drop else Fraction(round(rate or 24))
        options = {"rate": float(asked)}
        return _guarded(path, lambda: _adapters().read_from_string(text, **_reading("cmx_3600"), **options))
    return _guarded(path, lambda: _adapters().read_from_string(text, **_reading(_ADAPTERS[suffix])))


def _from_json(text: str, path: Path) -> Any:
    try:
        data = json.loads(_STRING_OR_INF.sub(_spelt, text), object_hook=_older, parse_constant=_no_number)
    except RecursionError:
        raise BadInput("is nested too deeply", where=str(path)) from None
    except ValueError as error:
        raise BadInput(f"is no OTIO file ({error})", where=str(path), hint="export it again") from None
    if not isinstance(data, dict) or "OTIO_SCHEMA" not in data:
        raise BadInput("is no OTIO file", where=str(path), hint="export it again")
    if _is_deeper(data, _MAX_DEPTH):
        raise BadInput("is nested too deeply", where=str(path))
    return _guarded(path, lambda: _adapters().read_from_string(json.dumps(data), **_reading("otio_json")))


def _older(found: dict[str, Any]) -> dict[str, Any]:
    """Markers of the newest schema as the library reads them; they differ in how a colour is written."""
    if found.get("OTIO_SCHEMA") == "Marker.3":
        found["OTIO_SCHEMA"] = "Marker.2"
        if not isinstance(found.get("color"), str):
            found["color"] = "RED"
    return found


def _spelt(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith('"') else "Infinity"


def _no_number(_name: str) -> None:
    """Infinities may stand among an editor's own data; a time without a value is refused later."""


def _is_deeper(data: Any, most: int) -> bool:
    level = [data]
    for _ in range(most):
        below: list[Any] = []
        for one in level:
            below += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        level = [one for one in below if isinstance(one, dict | list)]
        if not level:
            return False
    return True


def wrapped(items: list[Any], name: str) -> Any:
    """A timeline of loose items, one after the other; tracks stay tracks."""
    from opentimelineio import schema

    timeline = schema.Timeline(name)
    tracks = [one for one in items if one.schema_name() == "Track"]
    if tracks:
        timeline.tracks.extend([one.deepcopy() for one in tracks])
        return timeline
    track = schema.Track("clips", kind="Video")
    track.extend([one.deepcopy() for one in items if one.schema_name() in ("Clip", "Stack")])
    timeline.tracks.append(track)
    return timeline


def _adapters() -> Any:
    import opentimelineio

    return opentimelineio.adapters


def _reading(adapter: str) -> dict[str, Any]:
    """Read through this adapter alone, whatever linkers of media a site has set up."""
    from opentimelineio import media_linker

    return {
        "adapter_name": adapter,
        "media_linker_name": media_linker.MediaLinkingPolicy.DoNotLinkMedia,
    }


def _guarded(path: Path, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except PaiError:
        raise
    except Exception as error:  # noqa: BLE001 - adapters raise whatever their parsers do
        # A parser that trips over its own code says nothing that helps.
        is_said = str(error) and not isinstance(error, AttributeError | TypeError | LookupError)
        why = " ".join(str(error).split())[:200] if is_said else "what it holds is not in the format's order"
        is_rate = path.suffix.lower() == ".edl" and "rate" in why.lower()
        hint = "an EDL says no frame rate: give it (--rate)" if is_rate else "export it again, or as OTIO"
        raise BadInput(f"cannot be read as a timeline ({why})", where=str(path), hint=hint) from None
