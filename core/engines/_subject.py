"""The subject of a shot, as every engine that fills a background sees it: its screen, its matte, its picture.

Pictures are (H, W, 3) in the working space and mattes (H, W) in 0..1, over a frame's canvas.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pai_studio.core.comp.filters import as_f32
from pai_studio.core.comp.key import ScreenEstimate, clean_screen, estimate_screen, key
from pai_studio.core.comp.lift import lift
from pai_studio.core.engines.base import ShotSource
from pai_studio.core.media.frame import Array, PlateFrame, Screen
from pai_studio.core.shot.errors import BadInput

_SCREEN_FRAMES = 5
_SAME_HUE = 0.12
_GREEN = 1


def sample_frames(source: ShotSource) -> list[PlateFrame]:
    """The few frames, spread over the whole shot, that tell what holds for all of it."""
    numbers = list(source.frames)
    spread = np.linspace(0, len(numbers) - 1, min(_SCREEN_FRAMES, len(numbers)))
    return [source.frame(n) for n in dict.fromkeys(numbers[round(k)] for k in spread)]


@dataclass(frozen=True)
class Subject:
    """What holds for the subject in all frames of a shot: `estimate` is the screen behind it, None without one."""

    estimate: ScreenEstimate | None

    @classmethod
    def find(cls, samples: list[PlateFrame], prefer: str) -> Subject:
        """Look for the screen in some frames of the shot; `prefer` is the document's `plate.screen`.

        Raises BadInput where there is neither a matte nor a screen to key.
        """
        unkeyed = [frame for frame in samples if not frame.keyed]
        found = (
            estimate_screen([frame.rgb for frame in unkeyed], prefer)
            if unkeyed and prefer != "none"
            else None
        )
        if found is None and any(frame.alpha is None for frame in samples):
            raise BadInput(
                "the plate has no matte and no green or blue screen was found in it",
                where="plate.screen",
                hint="give a matte in mattes.alpha, or name the screen as green or blue",
            )
        if found is not None and prefer == "auto" and not _fills(found, unkeyed):
            return cls(None)
        return cls(found)

    def matte(self, frame: PlateFrame) -> tuple[Array, Screen | None]:
        """The given matte, else the key; the screen behind the subject where there is one.

        Raises BadInput where the frame has no matte and the shot no screen.
        """
        garbage = _nothing_of(frame)
        if frame.alpha is None:
            if self.estimate is None:
                raise BadInput(
                    "this frame has no matte and the shot no screen", where=f"frame {frame.number}"
                )
            keyed = key(frame.rgb, self.estimate, garbage, frame.core)
            return keyed.matte, keyed.screen
        matte = frame.alpha if frame.core is None else np.maximum(frame.alpha, frame.core)
        kept = matte if garbage is None else matte * (1 - garbage)
        if frame.keyed or self.estimate is None:
            return kept, None
        taken = matte if garbage is None else np.maximum(matte, garbage)
        return kept, clean_screen(frame.rgb, self.estimate, taken)

    @staticmethod
    def on_key(frame: PlateFrame, matte: Array, screen: Screen | None, key_color: Array) -> Array:
        """The frame (H, W, 3) as a model is to see it: opaque, on a screen; `matte` and `screen` are `matte`'s.

        A plate on a green screen stays as photographed. Where it is garbage, or its file holds no pixels, it shows
        that screen as it is without anything before it. Any other plate (on blue, cut out by a matte, keyed) is
        lifted off and laid on `key_color` (3,), the screen that the model knows: nothing but the subject is left.
        """
        if screen is not None and screen.channel == _GREEN and not frame.premultiplied:
            gone = _nothing_of(frame)
            if gone is None:
                return frame.rgb
            gone = gone[..., None]
            return as_f32((1 - gone) * frame.rgb + gone * screen.color)
        return as_f32(lift(frame, matte, screen, 1.0) + (1 - matte)[..., None] * as_f32(key_color))

    def notes(self) -> dict[str, object] | None:
        """The screen for the provenance; None without one."""
        if self.estimate is None:
            return None
        return {
            "primary": ("green", "blue")[self.estimate.channel - 1],
            "color": [round(float(c), 4) for c in self.estimate.color],
            "noise": round(float(self.estimate.noise), 4),
        }


def _nothing_of(frame: PlateFrame) -> Array | None:
    """1 where the picture is to be thrown away: garbage, and where the file holds no pixels.

    It is black there: no screen, but no subject either.
    """
    if frame.inside is None:
        return frame.garbage
    none = as_f32(~frame.inside)
    return none if frame.garbage is None else np.maximum(frame.garbage, none)


def _fills(screen: ScreenEstimate, frames: list[PlateFrame]) -> bool:
    """Whether most of what given mattes leave has the screen's hue: a blue sky behind a cut-out is no screen."""
    seen = []
    for frame in frames:
        if frame.alpha is None:
            return True
        free = frame.alpha < 0.02
        if frame.garbage is not None:
            free &= frame.garbage < 0.02
        seen.append(frame.rgb[free if frame.inside is None else free & frame.inside][::7])
    if sum(map(len, seen)) == 0:
        return True
    outside = np.maximum(np.concatenate(seen), 1e-4)
    hue = outside / outside.sum(axis=1, keepdims=True) - screen.color / screen.color.sum()
    return bool((np.abs(hue).max(axis=1) < _SAME_HUE).mean() > 0.5)
