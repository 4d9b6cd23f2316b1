"""Finishing of a shot's frames, each with the frames around it: a model's pictures become layers, layers a delivery."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from pai_studio.core.comp.lift import lift
from pai_studio.core.finish.layers import finished_matte, half, layers, untouched
from pai_studio.core.finish.look import ShotLook
from pai_studio.core.finish.model_layers import restored, with_layers
from pai_studio.core.finish.place import Place
from pai_studio.core.finish.seen import Far, Seen, see
from pai_studio.core.finish.steady import CLOSE, REACH
from pai_studio.core.media.frame import Array, Box, Generated, Layers, PlateFrame, Still
from pai_studio.core.shot.document import Finish


class Finisher:
    """Finishes frames of one shot, each for itself; `see` and `finish` may be called from several threads.

    What `see` kept of `close` frames on each side is given to `finish`, and of `reach` frames what is kept for those
    farther away; at a shot's ends as many in all. A frame depends on its own and these alone, so that a sub-range
    equals the whole shot. Engines that give layers themselves need none.
    """

    def __init__(
        self,
        stills: Sequence[Still],
        display: Box,
        controls: Finish,
        seed: int,
        *,
        gives_layers: bool,
        plates: Callable[[], Iterable[PlateFrame]] = tuple,
    ) -> None:
        """`stills` are the shot's, `display` its plate's display window; `gives_layers` is the engine's.

        `plates` gives some frames of the whole shot, the same whatever is rendered of it: they tell its look.
        """
        self._place, self._display = Place(stills), display
        self._look = ShotLook(plates)
        self._controls, self._seed = controls, seed
        self.close, self.reach = (0, 0) if gives_layers else (CLOSE, REACH)

    def see(self, plate: PlateFrame, made: Generated) -> Seen | None:
        """What the frames beside this one, and itself, look at; None where no model made it."""
        if made.model is None:
            return None
        return see(plate, made, made.model, finished_matte(plate, made), self._controls.despill)

    def finish(
        self,
        plate: PlateFrame,
        made: Generated,
        near: Mapping[int, Seen],
        locked: Mapping[str, Array] | None = None,
        far: Mapping[int, Far] | None = None,
    ) -> Layers:
        """Every pass of a frame over the plate's canvas, and the beauty from them.

        `near` holds what was seen of the frames that are `close`, this one's too, and `far` what is kept of the others
        within `reach`; they are empty where no model made them.
        `locked` has background (H, W, 3), shadow and confidence (H, W) of an earlier version where those stay; grain
        and shadow are in it as they were asked for then.
        An engine that made no background leaves the plate as it is: its beauty is the plate's pixels, unrounded.
        """
        matte = finished_matte(plate, made)
        if made.background is None and made.model is None:
            return untouched(plate, made, matte)
        foreground = lift(plate, matte, made.screen, self._controls.despill)
        controls = self._controls
        if locked:
            made = replace(
                made,
                background=locked["background"],
                shadow=locked["shadow"],
                confidence=locked["confidence"],
            )
            controls = controls.model_copy(update={"grain": 0.0, "shadow": 1.0})
        if (model := made.model) is not None:
            made = with_layers(plate, made, near, far or {}, place=self._place, look=self._look)
            made, foreground, matte = restored(plate, made, model, foreground, matte)
        grain = self._look.told().grain if controls.grain else None
        found = layers(
            plate, made, half(foreground), half(matte), controls=controls, grain=grain, seed=self._seed
        )
        return found if made.model is None else replace(found, shift_px=near[made.number].light.shift_px)
