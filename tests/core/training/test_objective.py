"""What a training step draws, and what it is told to learn."""

from __future__ import annotations

import dataclasses

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from pai_studio.core.model.clock import Clock  # noqa: E402
from pai_studio.core.model.layout import Kind, Window  # noqa: E402
from pai_studio.core.training import objective  # noqa: E402
from pai_studio.core.training.data.films import Films  # noqa: E402
from pai_studio.core.training.objective import Plan, Recipe  # noqa: E402
from pai_studio.core.training.spilling import spill  # noqa: E402

ONE, FOUR = Clock(1), Clock(4)
GRID = (2, 4)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def plans(recipe, clock=ONE, count=4000, grid=GRID):
    drawn = generator()
    return [objective.draw_plan(recipe, clock, grid, drawn) for _ in range(count)]


@pytest.fixture(scope="module")
def films():
    return Films(0, patch=(16, 16))


@pytest.mark.parametrize("kind", ["velocity", "sample"])
@pytest.mark.parametrize("seed", range(4))
def test_the_truth_loses_nothing_and_anything_else_does(films, kind, seed):
    recipe = Recipe(count=3, longest=12, prediction=kind, l1=0.1, foreground=3.0)
    told = objective.draw(recipe, films, 5, generator(seed))
    clean = told.sample.clean
    truth = told.noise - clean if kind == "velocity" else clean

    assert objective.loss(recipe, told, truth) == pytest.approx(0.0, abs=1e-8)
    assert objective.loss(recipe, told, truth + 0.1) > 0.009


def test_both_parametrisations_lose_the_same_where_the_weight_is_not_clipped(films):
    recipe = Recipe(count=3, longest=3, least_sigma=0.0, at_one=0.0)
    told = objective.draw(recipe, films, 5, generator(3))
    clean = told.sample.clean + 0.1 * torch.randn(told.noise.shape, generator=generator(4))
    velocity = (told.asked.noised - clean) / told.sigma.reshape(-1, 1, 1, 1, 1)

    by_sample = objective.loss(recipe, told, clean)
    by_velocity = objective.loss(dataclasses.replace(recipe, prediction="velocity"), told, velocity)
    assert float(by_sample) == pytest.approx(float(by_velocity), rel=1e-3)
    clipped = dataclasses.replace(recipe, least_sigma=1.0)
    assert float(objective.loss(clipped, told, clean)) == pytest.approx(0.01, rel=0.05)


def test_an_error_on_the_subject_weighs_more(films):
    recipe = Recipe(count=3, longest=3, l1=1.0, foreground=3.0)
    told = objective.draw(recipe, films, 5, generator(3))
    clean, matte = told.sample.clean, told.sample.matte
    within, beyond = (matte == 1).float(), (matte == 0).float()

    def lost(where):
        return float(objective.loss(recipe, told, clean + 0.01 * where)) / float(where.mean())

    assert lost(within) > 2 * lost(beyond)


def test_what_is_wrong_with_the_edges_colour_is_added_by_its_weight(films):
    recipe = Recipe(count=3, longest=3)
    told = objective.draw(recipe, films, 5, generator(3))
    grey = torch.zeros_like(told.sample.clean)
    without = objective.losses(recipe, told, grey)
    with_it = objective.losses(dataclasses.replace(recipe, spill=2.0), told, grey)
    off = spill(grey, told.sample.clean, told.sample.matte)
    assert off.max() > 0
    assert torch.allclose(with_it - without, 2 * off, atol=1e-5)


def test_only_the_noisy_tokens_are_asked_for_and_only_they_carry_full_noise(films):
    recipe = Recipe(count=4, longest=12, history_share=1.0, half_share=0.0, at_one=1.0)
    told = objective.draw(recipe, films, 6, generator(1))
    asked, sample = told.asked, told.sample

    assert told.noise.shape == asked.noised.shape == sample.clean.shape
    assert torch.equal(asked.noised, told.noise)
    assert asked.conditions.foreground is sample.foreground
    assert asked.conditions.references is sample.references
    (noisy,) = asked.layout.spans(Kind.NOISY)
    assert noisy.stop - noisy.start == 4 * films.grid[0] * films.grid[1]
    off = (asked.conditions.history - sample.history).flatten(1).std(1)
    assert 0 < off.max() < 0.11
    assert torch.all((asked.history_timestep >= 0) & (asked.history_timestep <= 100))
    assert torch.all(off.argsort() == asked.history_timestep.argsort())


def test_mixing_and_velocity_agree_on_the_way_from_clean_to_noise():
    clean, noise = torch.randn(2, 3, 4, generator=generator(0)), torch.randn(2, 3, 4, generator=generator(1))
    sigma = torch.tensor([0.25, 0.75])
    ahead = objective.mixed(clean, noise, sigma + 0.1) - objective.mixed(clean, noise, sigma)
    assert torch.allclose(ahead, 0.1 * (noise - clean), atol=1e-6)
    assert torch.equal(objective.mixed(clean, noise, torch.zeros(2)), clean)


@pytest.mark.parametrize("shift", [1.0, 3.0])
def test_noise_levels_lie_as_a_samplers_steps_do(shift):
    recipe = Recipe(count=3, longest=3, shift=shift, at_one=0.25)
    sigmas = objective.draw_sigmas(recipe, 40_000, generator())
    assert float((sigmas == 1).float().mean()) == pytest.approx(0.25, abs=0.01)
    rest = sigmas[sigmas < 1]
    # The shift's own inverse takes them back to even.
    even = (rest / (shift - (shift - 1) * rest)).sort().values
    assert float((even - torch.linspace(0, 1, len(even))).abs().max()) < 0.02


def test_plans_are_drawn_in_the_stated_shares():
    recipe = Recipe(count=5, longest=20)
    found = plans(recipe)
    history = [plan for plan in found if plan.window.history]
    assert len(history) / len(found) == pytest.approx(0.5, abs=0.03)
    assert {plan.window.first for plan in history} == set(range(2, 16))
    assert {plan.window.first for plan in found if not plan.window.history} == {0}
    assert sum(plan.half_foreground for plan in found) / len(found) == pytest.approx(0.3, abs=0.03)
    # Text and references are dropped each for itself one time in ten, and together one in twenty.
    fates = [(plan.null_text, not plan.anchors) for plan in found]
    for fate, share in {(True, False): 0.1, (False, True): 0.1, (True, True): 0.05}.items():
        assert fates.count(fate) / len(found) == pytest.approx(share, abs=0.015)
    counts = [len(plan.anchors) for plan in found if plan.anchors]
    assert set(counts) == {1, 2, 3, 4, 5}
    assert all(counts.count(k) / len(counts) == pytest.approx(0.2, abs=0.03) for k in range(1, 6))


def test_an_odd_grid_keeps_its_foreground_whole():
    assert not any(plan.half_foreground for plan in plans(Recipe(count=3, longest=3), grid=(3, 4), count=200))


@pytest.mark.parametrize(("clock", "last"), [(ONE, 4), (FOUR, 16)])
def test_references_stand_at_begin_middle_and_end_half_the_time(clock, last):
    recipe = Recipe(count=5, longest=5, most_references=1, history_share=0.0)
    anchors = [plan.anchors[0] for plan in plans(recipe, clock) if plan.anchors]
    fixed = sum(anchor in {0, last // 2, last} for anchor in anchors) / len(anchors)
    outside = sum(anchor < 0 or anchor > last for anchor in anchors) / len(anchors)
    # Half at the three, and of the other half .7 within the window, where three of the places are the same three.
    assert fixed == pytest.approx(0.5 + 0.35 * 3 / (last + 1), abs=0.03)
    assert outside == pytest.approx(0.15, abs=0.02)
    assert set(anchors) == set(range(-8, last + 9))


def test_no_reference_ever_stands_where_none_may():
    recipe = Recipe(count=7, longest=30, never=frozenset({3, 5, -2, 8}))
    for plan in plans(recipe):
        assert len(set(plan.anchors)) == len(plan.anchors)
        assert not {anchor - plan.window.first for anchor in plan.anchors} & recipe.never


def anchors_among(stills, count=3, **told):
    """What is drawn of stills at some frames, for a window of frames 29 to 40."""
    recipe = Recipe(count=3, longest=30, **told)
    drawn = generator()
    return [objective.draw_anchors(recipe, Window(8, 3), FOUR, count, drawn, stills) for _ in range(300)]


def test_of_some_stills_those_nearest_to_begin_middle_and_end_stand_for_them():
    stills = (0, 20, 30, 33, 36, 39, 60)
    found = anchors_among(stills, fixed_share=1.0)
    assert {tuple(sorted(each)) for each in found} == {(30, 33, 39)}
    assert {each for drawn in anchors_among(stills, fixed_share=1.0, count=1) for each in drawn} == {
        30,
        33,
        39,
    }


def test_a_share_of_some_stills_lies_outside_and_none_where_that_share_is_none():
    stills = (0, 24, 30, 33, 36, 39, 44, 60)
    inside = anchors_among(stills, outside_share=0.0, count=4)
    assert {tuple(sorted(each)) for each in inside} == {(30, 33, 36, 39)}
    first = [each[0] for each in anchors_among(stills, fixed_share=0.0, outside_share=0.3)]
    assert sum(each in {24, 44} for each in first) / len(first) == pytest.approx(0.3, abs=0.08)
    assert set(first) == {24, 30, 33, 36, 39, 44}


def test_a_window_far_from_all_stills_has_the_nearest_alone():
    assert set(anchors_among((0, 12, 90))) == {(12,)}
    assert set(anchors_among((24, 90), count=2)) == {(24,)}
    assert set(anchors_among((46, 47), outside_share=0.0, count=1)) == {(46,), (47,)}


def test_the_foreground_is_never_dropped(films):
    recipe = Recipe(
        count=3, longest=9, without_text=0.2, without_references=0.3, without_both=0.5, half_share=0.5
    )
    for seed in range(12):
        told = objective.draw(recipe, films, 2, generator(seed))
        assert told.asked.conditions.foreground[:, :3].std() > 0.1
        assert told.asked.layout.spans(Kind.FOREGROUND)


def test_null_text_is_what_the_source_calls_so(films):
    class Told(Films):
        def seen(self, *asked):
            sample = super().seen(*asked)
            return dataclasses.replace(sample, text=sample.text + 1)

    recipe, source = Recipe(count=3, longest=3), Told(0)
    plan = Plan(source.grid, Window(0, 3), (1,))
    told = objective.noised(recipe, plan, source, 2, generator())
    dropped = objective.noised(recipe, dataclasses.replace(plan, null_text=True), source, 2, generator())
    assert torch.equal(told.asked.text, torch.ones(2, 1, 8))
    assert torch.equal(dropped.asked.text, torch.zeros(2, 1, 8))


def test_one_seed_is_one_step_and_another_seed_another(films):
    recipe = Recipe(count=3, longest=9)
    one, same, other = (objective.draw(recipe, films, 2, generator(seed)) for seed in (7, 7, 8))
    assert torch.equal(one.asked.noised, same.asked.noised)
    assert one.asked.noised.shape != other.asked.noised.shape or not torch.equal(
        one.asked.noised, other.asked.noised
    )


def test_without_a_matte_its_channel_is_zero():
    latents = torch.ones(2, 3, 4, 5, 6)
    assert objective.with_matte(latents, None).shape == (2, 4, 4, 5, 6)
    assert objective.with_matte(latents, None)[:, 3].abs().max() == 0
