"""Takes: what is filmed for a model to learn from, how it is kept, and what is drawn from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from pai_studio.core.media.modelspace import DISPLAY_16  # noqa: E402
from pai_studio.core.model.clock import Clock  # noqa: E402
from pai_studio.core.model.manifest import GUIDE_CHANNELS, Manifest  # noqa: E402
from pai_studio.core.model.presets import PRESETS  # noqa: E402
from pai_studio.core.model.prompt import TextEncoder  # noqa: E402
from pai_studio.core.model.transformer import PaiTransformer3DModel  # noqa: E402
from pai_studio.core.report import silent  # noqa: E402
from pai_studio.core.shot.errors import BadInput  # noqa: E402
from pai_studio.core.training.data import shards, taken  # noqa: E402
from pai_studio.core.training.data.sources import Needed, SynthData, TakesData  # noqa: E402
from pai_studio.core.training.data.taken import TakeSource  # noqa: E402
from pai_studio.core.training.data.takes import Filming, film, rolls_in  # noqa: E402
from pai_studio.core.training.objective import Recipe, draw  # noqa: E402
from pai_studio.core.training.trainer import Trainer, Training  # noqa: E402
from tests.core.synth.rolled import put  # noqa: E402

FRAMES = 4
FILMING = Filming(sizes=((72, 48),), frames=FRAMES, fault_share=0.0, blur_share=0.0)
FAULTY = Filming(sizes=((72, 48),), frames=FRAMES, fault_share=1.0, blur_share=0.0, stills=1)
MANIFEST = Manifest(
    **PRESETS["tiny"].manifest | {"area_px": 48 * 32},
    name="small",
    engine="pai",
    preset="tiny",
    licence="Apache-2.0",
)
RECIPE = Recipe(count=3, longest=FRAMES, history=1, history_share=0.5, most_references=3)


@pytest.fixture(scope="module")
def takes():
    return [film(4, FILMING, MANIFEST), film(5, FAULTY, MANIFEST)]


@pytest.fixture(scope="module")
def folder(takes, tmp_path_factory):
    made = tmp_path_factory.mktemp("takes")
    shards.write_shard(made / "takes-000004.safetensors", takes)
    return made


@pytest.fixture(scope="module")
def source(folder):
    return TakeSource(shards.takes_in(folder), (16, 16), TextEncoder.small(0, dim=32, length=32))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def samples(source, recipe, count=40):
    drawn = generator()
    plans = [source.plan(recipe, drawn) for _ in range(count)]
    return [(plan, source.draw(plan, 1, drawn)) for plan in plans]


def test_a_take_is_the_shot_as_the_model_sees_it(takes):
    for take in takes:
        assert all(getattr(take, name).flags.c_contiguous for name in shards.PLANES)
        height, width = take.truth.shape[2:]
        assert (width, height) == (48, 32)
        assert take.truth.shape == take.place.shape == take.plate.shape == (FRAMES, 3, height, width)
        assert take.matte.shape == take.told.shape == take.rebuilt.shape == (FRAMES, 1, height, width)
        bare = (take.matte < 0.001) & (np.abs(take.truth - take.place).max(axis=1, keepdims=True) < 0.002)
        assert bare.mean() > 0.3
        assert 0 < take.matte.mean() < 0.7
        for guided in take.guided:
            assert guided.guide.shape == (FRAMES, GUIDE_CHANNELS, height, width)
            assert set(guided.anchors) <= set(range(FRAMES))
    whole, faulty = takes
    assert not whole.rebuilt.any()
    assert float(np.abs(faulty.told - faulty.matte).max()) > 0.2
    still = whole.guided[0].anchors[0]
    free = (whole.matte[still] < 0.001)[0] & (whole.told[still] < 0.001)[0]
    assert free.mean() > 0.3
    assert np.median(np.abs(whole.guided[0].guide[still, :3] - whole.place[still])[:, free]) < 0.02


def test_nothing_is_learnt_from_the_benchmarks_seeds():
    with pytest.raises(ValueError, match="held out"):
        film(900_000, FILMING, MANIFEST)


def test_takes_come_back_from_their_shard(takes, folder):
    kept = shards.read_shard(folder / "takes-000004.safetensors")
    assert [take.seed for take in kept] == [4, 5]
    assert kept[1].anchors == tuple(guided.anchors for guided in takes[1].guided)
    assert kept[1].prompt == takes[1].prompt
    (truth, guide) = shards.read_planes(kept[1], ["truth", "guide0"], [3, 1])
    assert torch.equal(truth[:, 0], torch.from_numpy(takes[1].truth[3]).float())
    assert torch.equal(guide[:, 1], torch.from_numpy(takes[1].guided[0].guide[1]).float())


def test_a_keyed_subject_is_filmed_as_a_person_is(tmp_path):
    put(tmp_path / "rolls" / "round")
    rolls = rolls_in(tmp_path / "rolls")
    take = film(6, replace(FILMING, rolls=rolls, roll_share=1.0), MANIFEST)
    assert take.prompt.count("a round head") == 2
    assert take.matte.shape[0] == FRAMES
    assert 0.02 < take.matte.mean() < 0.9
    with pytest.raises(BadInput, match="holds no keyed subjects"):
        rolls_in(tmp_path)


def test_takes_of_several_shapes_are_learnt_side_by_side(takes, tmp_path):
    sizes = ((72, 48), (96, 32), (48, 64))
    wide = film(4, replace(FILMING, sizes=sizes[1:2]), MANIFEST)
    assert wide.prompt == takes[0].prompt
    few = replace(FILMING, sizes=sizes, frames=3, stills=1)
    dealt = {film(seed, few, MANIFEST).truth.shape for seed in range(4)}
    assert len(dealt) > 1
    shards.write_shard(tmp_path / "takes-000000.safetensors", [takes[0], wide])
    source = TakeSource(shards.takes_in(tmp_path), (16, 16), TextEncoder.small(0, dim=32, length=32))
    drawn, shapes = generator(), set()
    for _ in range(8):
        told = draw(RECIPE, source, 1, drawn)
        height, width = told.sample.clean.shape[3:]
        assert told.asked.layout.segments[0].shape[1:] == (height // 16, width // 16)
        shapes.add((width, height))
    assert shapes == {(48, 32), (48, 16)}


@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_a_head_learns_of_its_own_picture_where_the_guide_has_all_the_share(source, weight):
    recipe = replace(RECIPE, without_guide=0.0, own=weight)
    torch.manual_seed(0)
    model = PaiTransformer3DModel(
        patch_size=(1, 16, 16), num_attention_heads=1, attention_head_dim=12, in_channels=3, out_channels=3,
        text_dim=32, freq_dim=16, ffn_dim=24, num_layers=1, guide_channels=GUIDE_CHANNELS, attention="cached",
        head_width=4,
    )  # fmt: skip
    with torch.no_grad():
        model.head.layers[-1].bias[-3:] = -200.0
    before = model.proj_out.weight.clone()
    Trainer(model, source, recipe, Training(steps=1, batch=1, warm_up=0, decay=0.0)).run()
    assert torch.equal(model.proj_out.weight, before) == (weight == 0)


def test_shards_that_are_there_are_not_filmed_again(takes, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(shards, "EACH", 1)
    monkeypatch.setattr(shards, "film", lambda seed, *_: asked.append(seed) or replace(takes[0], seed=seed))
    (tmp_path / "takes-000006.safetensors").write_bytes(b"")
    shards.film_shards(tmp_path, [6, 7], FILMING, MANIFEST, silent)
    assert asked == [7]
    assert [take.seed for take in shards.read_shard(tmp_path / "takes-000007.safetensors")] == [7]


def test_a_damaged_shard_is_told_of_in_one_line(folder, takes, tmp_path):
    whole = (folder / "takes-000004.safetensors").read_bytes()
    path = tmp_path / "takes-000004.safetensors"
    for cut in (0, 5, 4000):
        path.write_bytes(whole[:cut])
        with pytest.raises(BadInput, match="cannot be read") as fault:
            shards.read_shard(path)
        assert str(path) in str(fault.value)
    spoilt = takes[0].truth.copy()
    spoilt[2, 0, 3, 3] = np.nan
    shards.write_shard(path, [replace(takes[0], truth=spoilt)])
    (kept,) = shards.read_shard(path)
    with pytest.raises(BadInput, match=r"seed 4\) has values that are no numbers"):
        shards.read_planes(kept, ["truth"], range(FRAMES))
    with pytest.raises(BadInput, match="holds no takes"):
        shards.takes_in(tmp_path / "none")


def needed():
    return Needed((16, 16), TextEncoder.small(0, dim=32, length=8), MANIFEST, Clock(1))


def test_some_takes_are_held_back_and_some_must_be_left(folder):
    held, learnt = (
        [take.seed for take in source.takes]
        for source in (
            TakesData(folder=str(folder), held_back_takes=1).held_back(needed()),
            TakesData(folder=str(folder), held_back_takes=1).open(needed()),
        )
    )
    assert (held, learnt) == ([5], [4])
    with pytest.raises(BadInput, match="no more than the 2 takes that are held back"):
        TakesData(folder=str(folder), held_back_takes=2).open(needed())


def test_a_take_is_filmed_when_it_is_first_drawn_and_then_kept(takes, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(shards, "film", lambda seed, *_: asked.append(seed) or replace(takes[0], seed=seed))
    data = SynthData(folder=str(tmp_path), takes=3, first=10, held_back_takes=1)
    source, held = data.open(needed()), data.held_back(needed())
    assert set(asked) == {10, 13}  # the first of each tells how large they are
    assert source.takes[0] == source.takes[0]
    assert (source.takes[1:][1].seed, held.takes[0].seed) == (12, 13)
    assert asked == [10, 13, 12]
    with pytest.raises(BadInput, match="not for training"):
        SynthData(folder=str(tmp_path), takes=10, first=899_995).open(needed())
    with pytest.raises(BadInput, match="holds no panoramas"):
        SynthData(folder=str(tmp_path), panoramas=str(tmp_path)).open(needed())


def test_a_guide_comes_with_the_stills_that_it_was_drafted_with(source):
    seen = samples(source, RECIPE)
    guided = [(plan, sample) for plan, sample in seen if sample.foreground[:, -1].any()]
    assert 5 < len(guided) < 35
    for plan, sample in guided:
        assert plan.anchors == plan.pick.take.anchors[plan.pick.guide]
        assert (sample.foreground[:, -1] == 1).all()
    for plan, sample in seen:
        assert all(0 <= frame < FRAMES for frame in plan.anchors)
        assert (sample.references is None) == (not plan.anchors)
        assert (sample.history is None) == (not plan.window.history)
        if plan.pick.guide is None:
            assert not sample.foreground[:, -GUIDE_CHANNELS:].any()


def test_the_same_draws_give_the_same_samples(source):
    one, two = (draw(RECIPE, source, 2, generator(9)) for _ in range(2))
    assert torch.equal(one.sample.clean, two.sample.clean)
    assert torch.equal(one.asked.noised, two.asked.noised)
    assert one.asked.layout.positions.tolist() == two.asked.layout.positions.tolist()


def test_references_history_and_truth_stand_in_one_light_at_their_frames(source):
    """Where there is no subject, a still at a frame of the window is that frame, whatever the light."""
    looked = 0
    for plan, sample in samples(source, RECIPE):
        window = plan.window
        frames = [window.first + index * window.step for index in range(window.count)]
        for k, anchor in enumerate(plan.anchors):
            if anchor in frames:
                index = frames.index(anchor)
                apart = (sample.references[0, :3, k] - sample.clean[0, :, index]).abs()
                free = (sample.matte[0, 0, index] == 0).expand_as(apart)
                assert float(apart[free].median()) < 0.01
                looked += 1
        if window.history:
            assert sample.history.shape[2] == window.history
    assert looked > 10


def test_light_adds_up_in_every_picture_of_the_place(source, monkeypatch):
    def under(gain):
        monkeypatch.setattr(taken, "_light", lambda _: torch.full((3,), gain))
        drawn = generator(2)
        return source.draw(source.plan(RECIPE, drawn), 1, drawn)

    def light(sample):
        return DISPLAY_16.decode((sample.clean[0] / 2 + 0.5).numpy())

    once, twice = under(1.0), under(2.0)
    dim = light(once) < 7.5  # below half of what the space holds
    assert np.allclose(light(twice)[dim], 2 * light(once)[dim], rtol=1e-3, atol=1e-4)
    assert torch.equal(once.foreground[:, :4], twice.foreground[:, :4])
