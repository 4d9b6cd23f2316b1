from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pai_studio.core.engines.registry import Models, make_engine
from pai_studio.core.report import silent
from pai_studio.core.shot.errors import BadInput


@pytest.mark.parametrize(("name", "made"), [("draft", "draft"), ("plate", "plate"), ("auto", "draft")])
def test_engines_are_made_by_name(filmed, name, made):
    assert make_engine(filmed((1001,), engine=name).shot, Models()).name == made


def test_auto_says_what_it_took(filmed):
    source = filmed((1001,), engine="auto")
    engine = make_engine(source.shot, Models())
    engine.prepare(source, silent, Path())
    assert "auto" in engine.notes()["chosen"]


def test_an_unknown_engine_is_told_the_known_ones(filmed):
    with pytest.raises(BadInput, match="auto, draft, plate"):
        make_engine(filmed((1001,), engine="nuke").shot, Models())


def test_the_plate_engine_returns_the_plate(filmed):
    source = filmed((1001,), engine="plate")
    engine = make_engine(source.shot, Models())
    engine.prepare(source, silent, Path())
    (result,) = engine.generate(source.stream([1002]), silent)
    assert result.number == 1002
    assert result.background is None
    assert np.array_equal(result.matte, np.ones((180, 320), np.float32))
    assert not engine.fills_background
    engine.close()
