"""Finishing a single frame, as a shot of one frame is finished."""

from __future__ import annotations

from pai_studio.core.finish.finisher import Finisher
from pai_studio.core.media.frame import Generated, Layers, PlateFrame
from pai_studio.core.shot.document import Finish


def finish(plate: PlateFrame, made: Generated, controls: Finish, seed: int) -> Layers:
    """The layers of a frame that has no neighbours, and no stills to look at."""
    given = made.model is None
    finisher = Finisher([], plate.display, controls, seed, gives_layers=given, plates=lambda: [plate])
    seen = finisher.see(plate, made)
    return finisher.finish(plate, made, {} if seen is None else {plate.number: seen})
