"""A configuration is read whole, or refused with one line that names the key."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from pai_studio.core.shot.errors import BadInput  # noqa: E402
from pai_studio.core.training.settings import read  # noqa: E402

EXAMPLES = Path(__file__).parents[3] / "examples" / "train"
LORA, FULL = (EXAMPLES / f"wan2.2-5b-{kind}.toml" for kind in ("lora", "full"))


def test_the_examples_are_one_recipe_in_two_stages():
    low, full = read(LORA), read(FULL)
    assert (low.adapter.rank, full.adapter) == (128, None)
    assert (low.grid, full.grid) == ((15, 26), (22, 40))
    assert (low.recipe.shift, full.recipe.shift) == (3.0, 5.0)
    least = full.training.rate * full.training.least_rate
    assert (full.training.rate, least) == (1e-5, pytest.approx(5e-6))
    for told in (low, full):
        assert told.training.gradient_checkpointing
        assert (told.parallel.gpus, told.parallel.shard) == (8, "fsdp2")
        assert told.recipe.count == told.preset.manifest["window_latents"]
        assert told.recipe.history == told.preset.manifest["history_latents"]
        assert told.recipe.most_references == told.preset.manifest["references_most"]


@pytest.mark.parametrize(
    ("overrides", "say"),
    [
        ({"modell": {}}, r"modell: is not a known key; did you mean 'model'"),
        ({"recipe": {"shifft": 1}}, r"recipe\.shifft: is not a known key; did you mean 'shift'"),
        ({"recipe": {"shift": "three"}}, r"recipe\.shift: must be a valid number"),
        ({"adapter": {"rank": 0}}, r"adapter\.rank: must be 1 or more"),
        ({"recipe": {"spill": 1.0}}, r"recipe\.spill: wan2\.2-5b learns from latents, which have no colours"),
        ({"model": {"preset": "wan3"}}, r"model\.preset: 'wan3' is no preset; known: tiny, wan2\.2-5b"),
        ({"data": {"size": [832, 470]}}, r"data\.size: \[832, 470\] is no multiple of the 32 x 32 pixels"),
        ({"data": {"sources": []}}, r"data\.sources: names none"),
        ({"recipe": {"prediction": "sample"}}, r"recipe\.prediction: wan2\.2-5b predicts the velocity"),
        ({"training": {"warm_up": 6000}}, r"training\.warm_up: 6000 steps are all of 6000"),
        ({"training": {"optimizer": "muon"}}, r"training\.optimizer: muon steps by whole matrices"),
        ({"training": {"optimizer": "sgd"}}, r"training\.optimizer: must be 'adamw' or 'muon'"),
        ({"parallel": {"gpus": 1}}, r"parallel\.shard: one GPU has nobody to share with"),
        ({"parallel": {"shard": "ddp"}}, r"parallel\.shard: must be 'none' or 'fsdp2' \(it is 'ddp'\)"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(overrides, say):
    with pytest.raises(BadInput, match=say) as told:
        read(LORA, overrides)
    assert str(told.value).startswith(str(LORA))
    assert "\n" not in str(told.value)


def test_what_is_missing_is_named(tmp_path):
    path = tmp_path / "run.toml"
    text = LORA.read_text(encoding="utf-8")
    path.write_text(text.replace("steps = 6000", ""), encoding="utf-8")
    with pytest.raises(BadInput, match=r"training\.steps: is missing"):
        read(path)
    path.write_text(text.replace("[recipe]", "[recipes]"), encoding="utf-8")
    with pytest.raises(BadInput, match="recipes: is not a known key"):
        read(path)
    path.write_text('[model]\npreset = "tiny"\n', encoding="utf-8")
    with pytest.raises(BadInput, match=r"\[data\]: is missing"):
        read(path)
    path.write_text("[model", encoding="utf-8")
    with pytest.raises(BadInput, match="cannot be read"):
        read(path)
    with pytest.raises(BadInput, match="cannot be read"):
        read(tmp_path / "none.toml")
