"""A shot held in memory, of which everything is known: a flat place and a marked screen before one moving camera."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest

from pai_studio.core.media.frame import Box, PlateFrame, Still
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.frames import FrameRange

SIZE = (320, 180)


def _place() -> np.ndarray:
    rng = np.random.default_rng(4)
    big = np.full((480, 720, 3), 0.15, np.float32)
    for _ in range(260):
        x, y, w, h = rng.integers([0, 0, 6, 6], [720, 480, 60, 60])
        cv2.rectangle(big, (int(x), int(y)), (int(x + w), int(y + h)), rng.uniform(0.02, 0.9, 3).tolist(), -1)
    cv2.circle(big, (360, 200), 9, (30.0, 24.0, 12.0), -1)
    return cv2.GaussianBlur(big, (0, 0), 1.0)


PLACE = _place()


@dataclass
class Filmed:
    """A source for an engine; `motion(frame)` takes points at the first frame to that frame."""

    anchors: tuple[int, ...]
    markers: bool = True
    last: int = 1013
    quality: str = "final"
    engine: str = "draft"
    looks: tuple[float, ...] = ()
    tremor_px: float = 2.0
    pan_px: tuple[float, float] = (36, -8)
    other_place: int | None = None
    still_px: tuple[int, int] = SIZE
    asked: list[int] = field(default_factory=list)

    def __post_init__(self):
        rng = np.random.default_rng(8)
        count = self.last - 1000
        tremor = cv2.GaussianBlur(rng.standard_normal((count, 2)), (1, 3), 0.8) * self.tremor_px
        self._path = (
            np.linspace(0, 1, count)[:, None] * self.pan_px * (self.tremor_px > 0) + tremor - tremor[0]
        )
        self.shot = Shot.model_validate(
            {
                "schema": "pai-studio/shot/1", "name": "made", "rate": 24, "frames": [1001, self.last],
                "plate": {"files": "plate.####.exr", "colorspace": "ACEScg"},
                "references": [{"file": "ref.exr", "frame": a} for a in self.anchors],
                "engine": {"name": self.engine, "quality": self.quality},
            }
        )  # fmt: skip
        self.frames: FrameRange = self.shot.all_frames
        self.stills = [self._still(k, a) for k, a in enumerate(self.anchors)]

    def motion(self, frame):
        x, y = self._path[frame - 1001]
        return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])

    def truth(self, frame):
        placed = self.motion(frame) @ np.array([[1, 0, -200], [0, 1, -150], [0, 0, 1.0]])
        return cv2.warpPerspective(PLACE, placed, SIZE, flags=cv2.INTER_CUBIC)

    def _still(self, k, anchor):
        rgb = (
            self.truth(anchor)
            if k != self.other_place
            else np.ascontiguousarray(PLACE[-180:, -320:][::-1, ::-1])
        )
        placement = np.eye(3)
        if self.still_px != SIZE:
            rgb = cv2.resize(rgb, self.still_px, interpolation=cv2.INTER_CUBIC)
            scale = SIZE[0] / self.still_px[0]
            placement = np.array([[scale, 0, (scale - 1) / 2], [0, scale, (scale - 1) / 2], [0, 0, 1]])
        look = self.looks[k] if self.looks else 1.0
        return Still((rgb * np.float32(look)).astype(np.float32), anchor, placement, f"ref{k}")

    def frame(self, number):
        self.asked.append(number)
        w, h = SIZE
        screen = np.full((480, 720, 3), (0.1, 0.4, 0.09), np.float32)
        if self.markers:
            for x in range(20, 720, 48):
                for y in range(16, 480, 40):
                    cv2.drawMarker(screen, (x + (y * 7) % 17, y), (0.06, 0.25, 0.055), cv2.MARKER_CROSS, 9, 2)
        placed = self.motion(number) @ np.array([[1, 0, -200], [0, 1, -150], [0, 0, 1.0]])
        rgb = cv2.warpPerspective(screen, placed, SIZE)
        matte = np.zeros((h, w), np.float32)
        cv2.ellipse(matte, (150 + number % 7, 120), (34, 70), 0, 0, 360, 1.0, -1, cv2.LINE_AA)
        matte = cv2.GaussianBlur(matte, (0, 0), 1.0)
        rgb = rgb * (1 - matte[..., None]) + np.float32([0.4, 0.22, 0.15]) * matte[..., None]
        rgb = rgb + np.random.default_rng(number).normal(0, 0.004, rgb.shape)
        return PlateFrame(number, rgb.astype(np.float32), Box(0, 0, w, h), Box(0, 0, w, h))

    def stream(self, numbers):
        return (self.frame(n) for n in numbers)


@pytest.fixture
def filmed():
    return Filmed
