"""What a training leaves is run by the engine like any other model."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytest.importorskip("peft")
pytest.importorskip("tensorboard")

from pai_studio.core.engines.registry import Models, make_engine  # noqa: E402
from pai_studio.core.media.color import ColorConfig  # noqa: E402
from pai_studio.core.report import silent  # noqa: E402
from pai_studio.core.training.run import export  # noqa: E402
from tests.core.training.test_run import config, run  # noqa: E402


def test_a_model_that_was_trained_is_found_by_itself_and_makes_a_shot(filmed, tmp_path):
    run(config(tmp_path, sample_every="0"), tmp_path / "out")
    models = tmp_path / "models"
    export(tmp_path / "out", models / "mine", models, name="mine", dtype="float16")
    source = filmed((1001, 1013), engine="pai")
    source.config = ColorConfig.open()
    heard = []
    engine = make_engine(source.shot, Models(models, "cpu"))
    engine.prepare(source, heard.append, tmp_path / "state")
    made = list(engine.generate((source.frame(number) for number in source.frames), silent))
    assert [one.number for one in made] == list(source.frames)
    assert all(np.isfinite(one.model.composite).all() for one in made)
    assert engine.notes()["model"]["trained_for"] == "background-replacement"
    assert not any("untrained" in one.message for one in heard)
