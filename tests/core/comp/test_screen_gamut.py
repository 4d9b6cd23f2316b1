from __future__ import annotations

import numpy as np
import pytest

from pai_studio.core.comp.key import estimate_screen


@pytest.mark.parametrize(
    ("color", "channel"), [((0.05, 0.4, 0.06), 1), ((0.0, 1.0, 0.0), 1), ((0.02, 0.05, 0.5), 2)]
)
def test_a_screen_outside_rec709_is_found(color: tuple[float, float, float], channel: int) -> None:
    """A rendered or LED-lit screen in ACEScg has negative Rec.709 components."""
    rng = np.random.default_rng(3)
    plate = np.full((72, 128, 3), color, np.float32)
    plate[20:60, 30:60] = (0.5, 0.12, 0.1)
    found = estimate_screen([plate + rng.normal(0, 0.004, plate.shape).astype(np.float32)], "auto")
    assert found is not None
    assert found.channel == channel
