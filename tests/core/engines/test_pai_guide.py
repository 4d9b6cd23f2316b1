"""A model that is told what the draft makes of the shot: through the engine's own eyes, and only where it may be."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from pai_studio.core.engines.draft import DraftEngine  # noqa: E402
from pai_studio.core.engines.pai_shot import PaiShot, codes_of  # noqa: E402
from pai_studio.core.engines.registry import Models, make_engine  # noqa: E402
from pai_studio.core.media.color import ColorConfig  # noqa: E402
from pai_studio.core.model.checkpoint import Bundle, load  # noqa: E402
from pai_studio.core.model.manifest import GUIDE_CHANNELS  # noqa: E402
from pai_studio.core.report import silent  # noqa: E402
from pai_studio.core.shot.errors import BadInput  # noqa: E402
from tests.core.engines.tiny_pai import NAME, tiny_pai  # noqa: E402

GUIDED = {"guide": True, "guide_channels": GUIDE_CHANNELS, "half_foreground": False, "head_features": 2}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    models = tmp_path_factory.mktemp("models")
    return tiny_pai(models, **GUIDED)


@pytest.fixture
def shot(filmed):
    def made(**choice):
        source = filmed((1001, 1007), engine="pai", last=1007)
        source.config = ColorConfig.open()
        asked = source.shot.engine.model_copy(update={"model": NAME, **choice})
        source.shot = source.shot.model_copy(update={"engine": asked})
        return source

    return made


def seen(source, folder):
    return PaiShot(source, source.shot.engine, load(folder).manifest, silent)


def test_the_guide_is_the_draft_in_the_models_frame(shot, folder, tmp_path):
    source = shot()
    made = seen(source, folder)
    (_, told), (_, later) = made.plate([0, 3])
    assert told.shape == (1 + GUIDE_CHANNELS, made.at.height, made.at.width)
    assert (told[-1] == 1).all()
    assert float(told[-2].min()) > 0.999  # an anchor's own still is borne out
    assert float(later[-2].mean()) < 1.0

    draft = DraftEngine(source.shot.engine)
    draft.prepare(source, silent, tmp_path)
    (whole,) = draft.generate(iter([source.frame(1004)]), silent)
    matte = made.at.to_model(whole.matte)
    place = made.view.to_codes(made.at.to_model(whole.background))[0]
    inner = np.s_[made.at.inner.y : made.at.inner.y + made.at.inner.height]
    apart = np.abs(codes_of(later[1:4]) - place)[inner]
    assert np.median(apart[matte[inner] < 0.01]) < 0.01
    assert np.median(apart[matte[inner] > 0.99]) > 0.03


def test_an_artist_may_do_without_the_guide(shot, folder):
    source = shot(guide=False)
    ((_, told),) = seen(source, folder).plate([0])
    assert told.shape[0] == 1 + GUIDE_CHANNELS
    assert not told[1:].any()


def test_the_guide_changes_what_is_made_and_is_told_of(shot, folder, tmp_path):
    def made(**choice):
        source = shot(**choice)
        engine = make_engine(source.shot, Models(folder.parent, "cpu"))
        engine.prepare(source, silent, tmp_path / engine.version)
        (one,) = engine.generate(iter([source.frame(1002)]), silent)
        return one.model.composite, engine

    guided, with_guide = made()
    alone, without = made(guide=False)
    assert not np.allclose(guided, alone)
    assert with_guide.version != without.version
    assert "draft" in with_guide.notes()["guide"]
    assert "guide" not in without.notes()


def test_a_preview_of_a_model_that_sees_the_plate_whole_only_takes_fewer_steps(shot, folder):
    source = shot(quality="preview", guide=False)
    made = seen(source, folder)
    assert not made.half
    whole = seen(shot(guide=False), folder)
    assert (made.at.width, made.at.height) == (whole.at.width, whole.at.height)


def test_a_manifest_that_promises_a_guide_needs_a_network_that_takes_one(folder):
    bundle = load(folder)
    plain = bundle.manifest.model_copy(update={"guide": False})
    with pytest.raises(BadInput, match="guide"):
        Bundle(plain, bundle.transformer, bundle.text, bundle.codec)
