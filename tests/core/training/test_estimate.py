"""What a run is said to take, against the recipe's own draws and against the parts that it is made of."""

from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from pai_studio.core.model.clock import Clock  # noqa: E402
from pai_studio.core.model.layout import lay_out  # noqa: E402
from pai_studio.core.plan.cost import Architecture  # noqa: E402
from pai_studio.core.plan.training_cost import training_flops  # noqa: E402
from pai_studio.core.training.estimate import Hardware, Run, draws, estimate  # noqa: E402
from pai_studio.core.training.objective import Recipe, draw_plan  # noqa: E402

SMALL = Architecture(
    layers=2,
    heads=4,
    head_channels=24,
    ffn=192,
    text_channels=32,
    time_channels=32,
    in_channels=48,
    out_channels=48,
    matte_channels=1,
    patch_px=4,
)
RECIPE = Recipe(count=5, longest=40, history=3, most_references=4, half_share=0.4)
GRID = (4, 6)
RUN = Run(
    architecture=SMALL,
    parameters=SMALL.parameters,
    trained=SMALL.parameters,
    adapter=None,
    recipe=RECIPE,
    grid=GRID,
    steps=100,
    batch=2,
    rounds=3,
)


@pytest.mark.parametrize("grid", [GRID, (3, 6)], ids=["even", "odd"])
def test_the_mean_sample_is_that_of_what_the_recipe_draws(grid):
    told = list(draws(RECIPE, grid))
    assert sum(share for share, _ in told) == pytest.approx(1)
    generator, clock = torch.Generator().manual_seed(1), Clock(4)
    found = []
    for _ in range(600):
        plan = draw_plan(RECIPE, clock, grid, generator)
        half = plan.half_foreground
        found.append(lay_out(plan.window, grid, plan.anchors, clock, half_foreground=half).tokens)
    mean = sum(share * tokens.total for share, tokens in told)
    assert mean == pytest.approx(sum(found) / len(found), rel=0.02)
    assert max(tokens.total for _, tokens in told) == max(found)
    assert {tokens.total for _, tokens in told} == set(found)


def test_steps_samples_and_hours_follow_from_one_another():
    hardware = Hardware(gpus=8, peak_flops=1e12, utilisation=0.5)
    found = estimate(RUN, hardware)
    assert found.samples_a_step == 48
    mean = sum(share * training_flops(SMALL, tokens) for share, tokens in draws(RECIPE, GRID))
    assert found.flops_a_step == pytest.approx(48 * mean)
    assert found.seconds_a_step == pytest.approx(6 * mean / 0.5e12)
    assert found.gpu_hours * 3600 == pytest.approx(100 * found.flops_a_step / 0.5e12)
    assert found.hours == pytest.approx(found.gpu_hours / 8)


def test_memory_is_that_of_the_largest_sample_and_shared_out_only_where_asked():
    hardware = Hardware(gpus=8)
    shared, whole = estimate(RUN, hardware), estimate(replace(RUN, sharded=False), hardware)
    assert whole.memory.moments == pytest.approx(8 * shared.memory.moments, rel=0.001)
    alone = estimate(replace(RUN, recipe=replace(RECIPE, most_references=1)), hardware)
    assert alone.memory.kept < shared.memory.kept
    tight = replace(hardware, memory_bytes=shared.memory_bytes)
    assert shared.fits
    assert not estimate(RUN, tight).fits


def test_disk_holds_two_checkpoints_and_the_finished_model():
    found = estimate(RUN, Hardware())
    assert found.checkpoint_bytes == 16 * SMALL.parameters
    assert found.disk_bytes == 34 * SMALL.parameters
