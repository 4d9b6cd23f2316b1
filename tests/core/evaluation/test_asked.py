"""How contestants are asked for: with a model, with options, and several in one text."""

from __future__ import annotations

import pytest

from pai_studio.core.evaluation.asked import Asked, file_stem, listed
from pai_studio.core.evaluation.contestants import contestant
from pai_studio.core.shot.document import EngineChoice
from pai_studio.core.shot.errors import BadInput


def test_options_go_over_what_the_clip_asks_for():
    asked = Asked.parse("pai@mine:steps=1,quality=preview")

    assert (asked.engine, asked.model) == ("pai", "mine")
    found = asked.of(EngineChoice(name="pai", seed=5, steps=30))
    assert (found.steps, found.quality, found.seed) == (1, "preview", 5)


def test_every_field_of_the_engine_but_its_name_and_model_can_be_asked_for():
    choice = EngineChoice()
    for key in set(EngineChoice.model_fields) - {"name", "model"}:
        value = getattr(choice, key)
        found = Asked.parse(f"draft:{key}={value}").of(EngineChoice(steps=9, seed=1))
        assert getattr(found, key) == value


def test_commas_part_contestants_and_options_alike():
    told = listed("draft, pai@mine:steps=1,seed=2 ,pai@mine,naive-static,")

    assert told == ("draft", "pai@mine:steps=1,seed=2", "pai@mine", "naive-static")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("draft:stepps=1", "'stepps' is no option.*"),
        ("draft:model=other", "'model' is no option"),
        ("draft:steps", "'steps' gives no option its value"),
        ("draft:steps=", "gives no option its value"),
        ("draft:steps=1,steps=2", "gives no option its value"),
        ("draft:steps=none", "steps=none"),
        ("draft:steps=0", "steps=0"),
        ("naive-static:steps=1", "naive-static takes no options"),
        ("magic:steps=1", "not a known engine"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(name, said):
    with pytest.raises(BadInput, match=said) as refused:
        contestant(name)
    assert "--engines" in refused.value.where


def test_a_contestant_with_options_asks_its_engine_for_them():
    asked = contestant("draft:quality=preview,seed=3")._choice(
        EngineChoice(name="vace", model="other", seed=9)
    )

    assert (asked.name, asked.model, asked.quality, asked.seed) == ("draft", "", "preview", 3)


def test_a_name_becomes_part_of_a_file_name_on_every_system():
    assert not set(file_stem("pai@mine:steps=1,seed=2")) & set('<>:"/\\|?*')
