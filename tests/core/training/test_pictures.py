"""Pictures of what was learned: strips of several shapes on one sheet."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from pai_studio.core.training.pictures import contact_sheet  # noqa: E402


def test_strips_of_several_shapes_stand_on_one_sheet():
    wide = torch.full((3, 2, 4, 8), 1.0)
    tall = torch.full((3, 3, 8, 4), 0.0)
    sheet = contact_sheet([("wide", wide), ("tall", tall)], "two shapes")
    alone = contact_sheet([("tall", tall)], "two shapes")
    assert sheet.shape[0] > alone.shape[0] > 0
    white, grey = (sheet == 1.0).all(-1).sum(), (sheet == 0.5).all(-1).sum()
    assert (white, grey) == (2 * 4 * 8 * 9, 3 * 8 * 4 * 9)
    assert np.isfinite(sheet).all()
