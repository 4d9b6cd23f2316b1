"""What every place begins with: its hour, and where in it the subject stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pai_studio.core.synth.camera import Matrix
from pai_studio.core.synth.places.moods import MOODS, Mood, draw_mood


@dataclass(frozen=True)
class Site:
    """A kind of place at an hour; the camera is near x = y = 0 and looks along y."""

    kind: str
    hour: str
    """The mood's name, a key of `MOODS`."""

    side: int
    """1 where the subject stands to the right of the middle, -1 to the left."""

    stand: Matrix
    """Where that is on the floor, (3,), in metres."""

    @property
    def mood(self) -> Mood:
        """The hour's colours."""
        return MOODS[self.hour]


def draw_site(
    rng: np.random.Generator,
    kind: str,
    allowed: tuple[str, ...],
    mood_name: str | None,
    *,
    aside_m: tuple[float, float] = (0.5, 1.0),
    ahead_m: tuple[float, float] = (5.8, 6.5),
) -> Site:
    """A site with the mood `mood_name` or one of `allowed` by chance. Raises KeyError for a mood not allowed there."""
    hour = draw_mood(rng, allowed, mood_name)
    side = int(rng.choice([-1, 1]))
    return Site(kind, hour, side, np.array([side * rng.uniform(*aside_m), rng.uniform(*ahead_m), 0.0]))
