"""Markers, as timelines, their items and the pool's clips have them."""

from __future__ import annotations

from typing import Any

from tests.hosts.fakes_resolve.guard import Face
from tests.hosts.fakes_resolve.model import Marker
from tests.hosts.fakes_resolve.table import number


class Marked(Face):
    """Something with markers; `_length` is how many frames it has."""

    def _length(self) -> int:
        raise NotImplementedError

    def _is_locked(self) -> bool:
        """Whether the track that it lies on is locked; then none of its markers changes."""
        return False

    def _markers(self) -> dict[int, Marker]:
        found: dict[int, Marker] = self._model.markers
        return found

    def _told(self, frame: int, marker: Marker) -> dict[str, Any]:
        plain = int if number(self._session.version) >= (21, 1) else float
        return {
            "color": marker.color,
            "duration": plain(marker.duration),
            "note": marker.note,
            "name": marker.name,
            "customData": marker.custom,
        }

    def AddMarker(
        self, frameId: float, color: str, name: str, note: str, duration: float, customData: str = ""
    ) -> bool:
        frame = int(frameId)
        fits = color in self._session.surface.words("marker_color") and 0 <= frame < self._length()
        texts = all(isinstance(text, str) for text in (name, note, customData))
        if self._is_locked() or not fits or not texts or frame in self._markers() or duration < 1:
            return False
        self._markers()[frame] = Marker(color, name, note, int(duration), customData)
        return True

    def GetMarkers(self) -> dict[float, dict[str, Any]]:
        plain = int if number(self._session.version) >= (21, 1) else float
        return {plain(frame): self._told(frame, one) for frame, one in sorted(self._markers().items())}

    def GetMarkerByCustomData(self, customData: str) -> dict[str, Any]:
        frame = self._found(customData)
        return {} if frame is None else self._told(frame, self._markers()[frame])

    def _found(self, custom: str) -> int | None:
        return next((frame for frame, one in sorted(self._markers().items()) if one.custom == custom), None)

    def UpdateMarkerCustomData(self, frameId: float, customData: str) -> bool:
        marker = self._markers().get(int(frameId))
        if self._is_locked() or marker is None or not isinstance(customData, str):
            return False
        marker.custom = customData
        return True

    def GetMarkerCustomData(self, frameId: float) -> str:
        marker = self._markers().get(int(frameId))
        return marker.custom if marker else ""

    def DeleteMarkersByColor(self, color: str) -> bool:
        gone = [frame for frame, one in self._markers().items() if color in ("All", one.color)]
        for frame in gone:
            del self._markers()[frame]
        return bool(gone)

    def DeleteMarkerAtFrame(self, frameNum: float) -> bool:
        return self._markers().pop(int(frameNum), None) is not None

    def DeleteMarkerByCustomData(self, customData: str) -> bool:
        frame = self._found(customData)
        return frame is not None and self._markers().pop(frame, None) is not None
