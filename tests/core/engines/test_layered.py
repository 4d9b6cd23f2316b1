"""A model and the draft on one shot: each gives its layers, and finishing makes the rest of the model's picture."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from pai_studio.core.engines.layered import Layered  # noqa: E402
from pai_studio.core.engines.registry import Models, make_engine  # noqa: E402
from pai_studio.core.media.color import ColorConfig  # noqa: E402
from pai_studio.core.report import silent  # noqa: E402
from pai_studio.core.shot.document import Finish  # noqa: E402
from tests.core.engines.tiny_pai import NAME, tiny_pai  # noqa: E402
from tests.core.finish.alone import finish  # noqa: E402


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    tiny_pai(folder)
    return Models(folder, "cpu")


@pytest.fixture
def source(filmed):
    made = filmed((1001, 1004), engine="pai", last=1004)
    made.config = ColorConfig.open()
    return made


def engine_of(source, models, name):
    model = NAME if name == "pai" else ""
    choice = source.shot.engine.model_copy(update={"name": name, "model": model})
    return make_engine(source.shot.model_copy(update={"engine": choice}), models)


def made_by(engine, source, state):
    engine.prepare(source, silent, state)
    return list(engine.generate((source.frame(number) for number in source.frames), silent))


def layered(source, models, *layers):
    return Layered(engine_of(source, models, "pai"), engine_of(source, models, "draft"), layers)


@pytest.mark.parametrize("layer", ["background", "gain"])
def test_each_gives_its_layer_and_the_model_its_picture(source, models, tmp_path, layer):
    engine = layered(source, models, layer)
    made = made_by(engine, source, tmp_path / "both")
    drafted = made_by(engine_of(source, models, "draft"), source, tmp_path / "draft")
    alone = made_by(engine_of(source, models, "pai"), source, tmp_path / "pai")
    assert not engine.gives_layers
    assert engine.notes()["draft"]["layers"] == [layer]
    for one, own, model in zip(made, drafted, alone, strict=True):
        assert np.array_equal(one.model.composite, model.model.composite)
        assert np.array_equal(one.matte, model.matte)
        assert np.array_equal(getattr(one, layer), getattr(own, layer))
        assert getattr(one, "gain" if layer == "background" else "background") is None


def test_what_finishing_delivers_has_both(source, models, tmp_path):
    frame = source.frame(1002)
    both = made_by(layered(source, models, "background"), source, tmp_path / "both")[1]
    drafted = made_by(engine_of(source, models, "draft"), source, tmp_path / "draft")[1]
    alone = made_by(engine_of(source, models, "pai"), source, tmp_path / "pai")[1]
    found, own, model = (finish(frame, one, Finish(), 7) for one in (both, drafted, alone))
    assert np.array_equal(found.background, own.background)
    assert np.array_equal(found.gain, model.gain)
    assert not np.array_equal(found.gain, own.gain)


def test_who_gives_what_is_part_of_the_version(source, models):
    versions = {layered(source, models, *layers).version for layers in [("gain",), ("background",)]} | {
        engine_of(source, models, "pai").version
    }
    assert len(versions) == 3
