from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from pai_studio.core.engines import libraries
from pai_studio.core.engines.registry import MODEL_NAMES, NAMES, Models, available, make_engine
from pai_studio.core.report import silent
from pai_studio.core.shot.errors import BadInput


@pytest.mark.parametrize(("name", "made"), [("draft", "draft"), ("plate", "plate"), ("auto", "draft")])
def test_engines_are_made_by_name(filmed, name, made):
    assert make_engine(filmed((1001,), engine=name).shot, Models()).name == made


def test_auto_says_what_it_took(filmed):
    source = filmed((1001,), engine="auto")
    engine = make_engine(source.shot, Models())
    engine.prepare(source, silent, Path())
    assert engine.notes()["chosen"] == "auto: no other engine has been measured"


def test_an_unknown_engine_is_told_the_known_ones(filmed):
    with pytest.raises(BadInput, match="auto, draft, plate"):
        make_engine(filmed((1001,), engine="nuke").shot, Models())


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_without_its_libraries_an_engine_says_how_to_get_them(filmed, monkeypatch, name):
    monkeypatch.setitem(sys.modules, "diffusers", None)
    with pytest.raises(BadInput, match="diffusers") as told:
        make_engine(filmed((1001,), engine=name).shot, Models())
    assert "pip install 'pai-studio[model]'" in told.value.hint
    assert available() == NAMES


@pytest.mark.skipif(bool(libraries.missing()), reason="needs the extra model")
@pytest.mark.parametrize("name", MODEL_NAMES)
def test_without_a_model_an_engine_says_how_to_get_one(filmed, tmp_path, name):
    assert name in available()
    with pytest.raises(BadInput, match="no trained model") as told:
        make_engine(filmed((1001,), engine=name).shot, Models(tmp_path, "cpu"))
    assert "pai-studio models" in told.value.hint


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
