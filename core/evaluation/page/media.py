"""A clip's pictures in the page: inside it as data URIs, or as files beside it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import cv2

from pai_studio.core.evaluation.illustrate import CONTACT, REVIEW
from pai_studio.core.media.video import MovieReader

_TYPES = {CONTACT: "image/jpeg", REVIEW: "video/mp4"}


@dataclass(frozen=True)
class Media:
    """A picture or movie: what goes into `src`, and its size in pixels, so that the page does not jump."""

    src: str
    width: int
    height: int


@dataclass(frozen=True)
class Gallery:
    """The pictures under `out/clips/CLIP/`. With `link` the page names them, relative to `out`, else it holds them."""

    out: Path
    link: bool = False

    def contact(self, clip: str) -> Media | None:
        """The contact sheet; None where there is none."""
        path = self._path(clip, CONTACT)
        if path is None:
            return None
        picture = cv2.imread(str(path))
        return None if picture is None else Media(self._src(path), picture.shape[1], picture.shape[0])

    def review(self, clip: str) -> Media | None:
        """The review movie; None where there is none. Raises UnreadableImage where it is damaged."""
        path = self._path(clip, REVIEW)
        if path is None:
            return None
        with MovieReader(path) as movie:
            return Media(self._src(path), *movie.size)

    def _path(self, clip: str, name: str) -> Path | None:
        if clip in {"", ".", ".."} or "/" in clip or "\\" in clip or "\0" in clip:
            return None
        path = self.out / "clips" / clip / name
        return path if path.is_file() else None

    def _src(self, path: Path) -> str:
        if self.link:
            return quote(path.relative_to(self.out).as_posix())
        return f"data:{_TYPES[path.name]};base64,{base64.b64encode(path.read_bytes()).decode()}"
