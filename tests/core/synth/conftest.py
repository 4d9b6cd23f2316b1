"""One small shot, filmed once for all tests that only look at it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pai_studio.core.shot.frames import FrameRange
from pai_studio.core.synth.filming import Scene, SceneSpec
from pai_studio.core.synth.scene import write_shot

FRAMES = FrameRange(1001, 1006)


@pytest.fixture(scope="package")
def shot_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("synth")
    write_shot(folder, size=(160, 90), frames=FRAMES, seed=3, mood="golden", place="street", move="gimbal")
    return folder


@pytest.fixture(scope="package")
def scene() -> Scene:
    return Scene(SceneSpec((320, 180), 6, 24.0, 3, "green", True, "golden", "street", "gimbal"))
