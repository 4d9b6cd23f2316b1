"""What a picture may claim before anything is allocated for it."""

from __future__ import annotations

from dataclasses import dataclass

from pai_studio.core.shot.errors import UnreadableImage


@dataclass(frozen=True)
class Limits:
    """Largest picture that is decoded; `max_bytes` counts the float32 pixels of what is read at once."""

    max_pixels: int = 268_435_456
    max_channels: int = 256
    max_bytes: int = 4 << 30
    max_side: int = 65_536

    def check(self, where: str, width: int, height: int, channels: int = 1) -> None:
        """Raise UnreadableImage, naming `where`, for a size that is none or is over a limit."""
        if width < 1 or height < 1 or channels < 1:
            raise UnreadableImage(
                f"claims {width}x{height} pixels, {channels} channels", where=where, hint=_DAMAGED
            )
        hint = "raise the limits if the file is sound"
        if channels > self.max_channels:
            say = f"claims {channels} channels, the limit is {self.max_channels}"
            raise UnreadableImage(say, where=where, hint=hint)
        too_large = max(width, height) > self.max_side or width * height > self.max_pixels
        if too_large or width * height * channels * 4 > self.max_bytes:
            limit = f"{self.max_side} a side, {self.max_pixels >> 20} Mpx, {self.max_bytes >> 20} MiB"
            say = f"claims {width}x{height} pixels in {channels} channels, the limits are {limit}"
            raise UnreadableImage(say, where=where, hint=hint)


LIMITS = Limits()
_DAMAGED = "the file is damaged; write it again"
