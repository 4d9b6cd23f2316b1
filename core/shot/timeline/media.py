"""What a clip's media reference names: a path as this machine's tools take it, a pattern, and the frames it has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pai_studio.core.shot.frames import FramePattern, FrameRange
from pai_studio.core.shot.timeline.times import exact, rate_of

_STILLS = (".exr", ".dpx", ".cin", ".tif", ".tiff", ".png", ".jpg", ".jpeg", ".hdr")
_ALWAYS_SEQUENCES = (".exr", ".dpx", ".cin")
_BRACKETS = re.compile(r"\[(-?\d+)-(-?\d+)\](?=\.\w+$)")
_NUMBER = re.compile(r"(?<=[._-])(\d{3,})(?=\.\w+$)")


@dataclass(frozen=True)
class Media:
    """`first` is the file number (or timecode frame) of the media's first frame, which lies at `start`."""

    path: str = ""
    rate: Fraction | None = None
    start: Fraction | None = None
    """The media's first time, in frames of its rate; None where the timeline does not tell."""

    frames: int | None = None
    first: int | None = None
    """Differs from `start` where the files are numbered otherwise than the timecode counts."""

    wrong: tuple[str, ...] = ()
    is_still: bool = False

    @property
    def shift(self) -> Fraction:
        """What a frame's number is beyond its time."""
        return Fraction(0) if self.first is None or self.start is None else self.first - self.start

    @property
    def range(self) -> FrameRange | None:
        """The media's frames, by their numbers."""
        if self.start is None or not self.frames:
            return None
        first = round(self.start + self.shift)
        return FrameRange(first, first + self.frames - 1)


def media_of(reference: Any, folder: Path) -> Media:
    """Read a reference that has media; relative paths are relative to `folder`, the timeline's."""
    kind = reference.schema_name()
    available = reference.available_range
    rate = start = frames = None
    if available is not None and available.duration.value > 0:
        rate = rate_of(available.start_time.rate)
        start = exact(available.start_time.value)
        frames = max(round(exact(available.duration.value) * rate / rate_of(available.duration.rate)), 1)
    if kind == "ImageSequenceReference":
        return _sequence(reference, folder, rate, start, frames)
    if kind != "ExternalReference":
        return Media(rate=rate, start=start, frames=frames, wrong=(f"a {kind} is no file",))
    path, wrong = local(str(reference.target_url or ""), folder)
    return _numbered(Media(path, rate, start, frames, wrong=wrong))


def named_media(path: str, folder: Path) -> Media:
    """Media of which only the path is known."""
    found, wrong = local(path, folder)
    return _numbered(Media(found, wrong=wrong))


def local(url: str, folder: Path) -> tuple[str, tuple[str, ...]]:
    """A path from a `file:` address or a plain path, and what is wrong with it."""
    if any(ord(sign) < 32 for sign in url):
        return "", ("its path holds control characters",)
    if re.match(r"[A-Za-z]:[\\/]|\\\\|//", url):
        return url, ()
    parts = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):", url)
    if parts and parts[1].lower() != "file":
        return url, (f"its media is a {parts[1]} address, no file",)
    if parts:
        url = _decoded(url)
    if not url:
        return "", ()
    is_whole = url.startswith("/") or re.match(r"[A-Za-z]:", url)
    return (url if is_whole else str(folder / url)), ()


def _decoded(url: str) -> str:
    split = urlsplit(url.replace("#", "%23").replace("?", "%3F"))
    path = unquote(split.path)
    if any(ord(sign) < 32 for sign in path):
        return ""
    if re.match(r"/[A-Za-z]:", path):
        path = path[1:]
    elif split.netloc and split.netloc.lower() != "localhost":
        path = f"//{split.netloc}{path}"
    return path


def _sequence(
    reference: Any, folder: Path, rate: Fraction | None, start: Fraction | None, frames: int | None
) -> Media:
    base, wrong = local(str(reference.target_url_base or ""), folder)
    hashes = "#" * max(int(reference.frame_zero_padding), 1)
    name = f"{reference.name_prefix}{hashes}{reference.name_suffix}"
    joined = f"{base}{'' if not base or base.endswith(('/', chr(92))) else '/'}{name}"
    if int(reference.frame_step) != 1:
        say = f"its sequence has one file for every {int(reference.frame_step)} frames; rendering needs each"
        wrong = (*wrong, say)
    rate = rate or (rate_of(reference.rate) if reference.rate > 1 else None)
    return Media(joined, rate, start, frames, int(reference.start_frame), wrong)


def _numbered(media: Media) -> Media:
    """`name.[1001-1049].exr`, and one frame's file that stands for its sequence, as patterns."""
    path = media.path
    brackets = _BRACKETS.search(path)
    if brackets:
        first, last = int(brackets[1]), int(brackets[2])
        pattern = path[: brackets.start()] + "#" * len(brackets[1]) + path[brackets.end() :]
        start = media.start if media.start is not None else Fraction(first)
        return Media(pattern, media.rate, start, last - first + 1, first, media.wrong)
    suffix = Path(path).suffix.lower()
    number = _NUMBER.search(path)
    is_sequence = suffix in _STILLS and (
        (media.frames or 0) > 1 or (media.frames is None and suffix in _ALWAYS_SEQUENCES)
    )
    if number and is_sequence:
        pattern = path[: number.start()] + "#" * len(number[1]) + path[number.end() :]
        if media.start is None:
            say = "the files' numbers are not told: the source timecode's frames are taken for them"
            return Media(pattern, media.rate, wrong=(*media.wrong, say))
        return Media(pattern, media.rate, media.start, media.frames, int(number[1]), media.wrong)
    if path and FramePattern(path).has_padding and suffix not in _STILLS:
        say = "its file's name holds a frame pattern (#, @ or %d), which a shot would look for: rename it"
        return Media(path, media.rate, media.start, media.frames, wrong=(*media.wrong, say))
    if suffix in _STILLS and path and not FramePattern(path).has_padding:
        return Media(
            path, media.rate, media.start, media.frames, wrong=(*media.wrong, "its media is one still")
        )
    return media
