"""The layers of a version put together live, with finishing values that it was not made with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from pai_studio.core.finish.layers import beauty
from pai_studio.core.media.frame import Array
from pai_studio.core.shot.document import Finish
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import FrameRange
from pai_studio.ui.panel.pictures.shown import PictureSource, Proxy

_FULL = 1 - 1e-3


@dataclass(frozen=True)
class Mix:
    """The composite of picture.md from delivered passes, after their finishing has been turned from `made` to `now`.

    Gain, shadow and wrap can be turned; despill and grain are in the pixels and stay as they were made, as does what
    was made with 0 of something.
    """

    PARTS: ClassVar[tuple[str, ...]] = (
        "background",
        "foreground",
        "matte",
        "gain",
        "shadow",
        "wrap",
        "rebuilt",
    )

    parts: tuple[tuple[str, PictureSource], ...]
    working: str
    made: Finish
    now: Finish

    @property
    def key(self) -> str:
        """Of the version and the controls."""
        controls = "/".join(f"{getattr(self.now, name):g}" for name in ("gain_mix", "shadow", "wrap"))
        return f"mix({self.parts[0][1].key};{controls})"

    @property
    def frames(self) -> FrameRange | None:
        """The version's."""
        return self.parts[0][1].frames

    def read(self, frame: int, scale: int) -> Proxy:
        """The passes at this scale, and the beauty of them. Raises BadInput where a pass was not delivered."""
        read = _read(self.parts, frame, scale)
        like = read["foreground"]
        if any(one.pixels.shape != like.pixels.shape for one in read.values()):
            raise BadInput("the passes are of different sizes", hint="render the shot again")
        planes = {name: np.asarray(one.pixels[..., :3], np.float32) for name, one in read.items()}
        rebuilt = planes["rebuilt"][..., :1]
        rgb = beauty(
            foreground=planes["foreground"],
            gain=turned_gain(planes["gain"], rebuilt, self.made.gain_mix, self.now.gain_mix),
            background=planes["background"],
            shadow=turned_shadow(planes["shadow"][..., 0], self.made.shadow, self.now.shadow),
            matte=planes["matte"][..., 0],
            wrap=turned_wrap(planes["wrap"], self.made.wrap, self.now.wrap),
        )
        pixels = np.dstack([rgb, np.ones(rgb.shape[:2], np.float32)]).astype(np.float16)
        return Proxy(pixels, self.working, like.display, like.pixel_aspect, scale)


@lru_cache(maxsize=2)
def _read(parts: tuple[tuple[str, PictureSource], ...], frame: int, scale: int) -> dict[str, Proxy]:
    """The passes of one frame: while a control is dragged they stay what they are."""
    return {name: source.read(frame, scale) for name, source in parts}


def turned_gain(gain: Array, rebuilt: Array, made: float, now: float) -> Array:
    """A gain (H, W, 3) that was made at one mix, at another; 1 where the subject (H, W, 1) was rebuilt."""
    if made in (0.0, now):
        return gain
    # As delivered it is mixed + rebuilt * (1 - mixed): undone before the mix is turned.
    held = np.minimum(rebuilt, _FULL)
    mixed = np.maximum((gain - held) / (1 - held), 0) ** np.float32(now / made)
    return np.asarray(np.where(rebuilt >= _FULL, 1.0, mixed + rebuilt * (1 - mixed)), np.float32)


def turned_shadow(shadow: Array, made: float, now: float) -> Array:
    """A shadow (H, W) that was made at one strength, at another."""
    return shadow if made == 0 else np.asarray(1 - (1 - shadow) * np.float32(now / made), np.float32)


def turned_wrap(wrap: Array, made: float, now: float) -> Array:
    """A light wrap (H, W, 3) that was made at one strength, at another."""
    return wrap if made == 0 else np.asarray(wrap * np.float32(now / made), np.float32)
