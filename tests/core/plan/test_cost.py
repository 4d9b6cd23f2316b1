"""The cost model against the published estimate, and against the layout that it counts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pai_studio.core.model.clock import Clock
from pai_studio.core.model.layout import Kind, Window, lay_out
from pai_studio.core.plan.cost import (
    Architecture,
    Tokens,
    forward_flops,
    kv_bytes,
    memory_bytes,
    remember_flops,
    sampling_flops,
    seconds,
    step_flops,
)

WAN_5B = Architecture.of(
    {
        "patch_size": [1, 2, 2],
        "num_layers": 30,
        "num_attention_heads": 24,
        "attention_head_dim": 128,
        "ffn_dim": 14336,
        "text_dim": 4096,
        "freq_dim": 256,
        "in_channels": 48,
        "out_channels": 48,
        "matte_channels": 1,
        "head_width": 0,
    }
)
LATENTS = 21
GUIDED = ("plain", "references", "all")
GRIDS = {"832x480": (15, 26), "1280x704": (22, 40), "1920x1088": (34, 60)}


@pytest.mark.parametrize(
    ("size", "references", "tokens", "pflop"),
    [
        ("832x480", 1, 16.8e3, 0.253),
        ("832x480", 3, 17.6e3, 0.27),
        ("1280x704", 1, 37.8e3, 0.864),
        ("1280x704", 3, 39.6e3, 0.93),
        ("1920x1088", 1, 87.7e3, 3.615),
        ("1920x1088", 3, 91.8e3, 3.92),
    ],
)
def test_a_forward_costs_what_was_estimated_by_hand(size, references, tokens, pflop):
    found = Tokens.of(LATENTS, GRIDS[size], references=references)
    assert found.total == pytest.approx(tokens, rel=0.01)
    assert forward_flops(WAN_5B, found) / 1e15 == pytest.approx(pflop, rel=0.01)


@pytest.mark.parametrize(
    ("size", "joint", "cached"), [("832x480", 2.8, 1.10), ("1280x704", 3.2, 1.17), ("1920x1088", 3.7, 1.25)]
)
def test_conditions_cost_what_was_estimated_by_hand_and_little_where_they_are_kept(size, joint, cached):
    whole = Tokens.of(LATENTS, GRIDS[size], references=3)
    halved = replace(
        whole, foreground=whole.foreground // 4
    )  # 480 lines are an odd grid, which no layout halves
    plain = forward_flops(WAN_5B, whole.plain)
    assert forward_flops(WAN_5B, whole) / plain == pytest.approx(joint, rel=0.02)
    assert step_flops(WAN_5B, halved) / plain == pytest.approx(cached, rel=0.01)


WINDOWS = st.fixed_dictionaries(
    {
        "references": st.integers(0, 5),
        "history": st.integers(0, 3),
        "keyframes": st.integers(0, 3),
        "half_foreground": st.booleans(),
    }
)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 9), st.integers(1, 4), st.integers(1, 4), WINDOWS)
def test_tokens_are_those_of_the_layout(count, rows, columns, more):
    grid = (2 * rows, 2 * columns)
    layout = lay_out(
        Window(8, count, more["history"]),
        grid,
        range(more["references"]),
        Clock(1),
        half_foreground=more["half_foreground"],
        keyframes=range(more["keyframes"]),
    )
    tokens = Tokens.of(count, grid, **more)
    assert tokens.total == layout.tokens
    told = [segment.tokens for segment in layout.segments if segment.kind is not Kind.NOISY]
    assert list(tokens.conditions) == told


def test_a_plain_window_costs_the_same_in_either_mode():
    plain = Tokens(4000)
    assert step_flops(WAN_5B, plain) == forward_flops(WAN_5B, plain)


def test_sampling_adds_up_windows_steps_and_branches():
    first = Tokens.of(7, (4, 6), references=2)
    windows = [first, Tokens.of(6, (4, 6), references=2, history=2)]
    single = sum(forward_flops(WAN_5B, tokens) for tokens in windows)
    assert sampling_flops(WAN_5B, windows, 30, cached=False) == 30 * single
    branches = sum(
        2 * forward_flops(WAN_5B, tokens) + forward_flops(WAN_5B, tokens.unreferenced) for tokens in windows
    )
    assert sampling_flops(WAN_5B, windows, 30, cached=False, branches=GUIDED) == 30 * branches
    once = sum(remember_flops(WAN_5B, tokens) for tokens in windows)
    kept = [
        sampling_flops(WAN_5B, windows, steps, cached=True, branches=branches)
        for steps, branches in ((1, ("all",)), (2, ("all",)), (1, GUIDED))
    ]
    step = sum(step_flops(WAN_5B, tokens) for tokens in windows)
    unreferenced = sum(step_flops(WAN_5B, tokens.unreferenced) for tokens in windows)
    assert kept == [once + step, once + 2 * step, once + 2 * step + unreferenced]


def test_three_branches_of_other_conditions_would_need_three_caches_of_eight_gigabytes():
    tokens = Tokens.of(LATENTS, GRIDS["1280x704"], references=3)
    assert kv_bytes(WAN_5B, tokens) == 2 * 30 * (18480 + 3 * 880) * 3072 * 2
    assert kv_bytes(WAN_5B, tokens) / 1e9 == pytest.approx(8, rel=0.05)


def test_the_memory_holds_the_weights_and_what_is_kept():
    tokens = Tokens.of(LATENTS, GRIDS["1280x704"], references=3)
    joint = memory_bytes(WAN_5B, tokens, cached=False)
    assert joint > 2 * WAN_5B.parameters
    noise = memory_bytes(WAN_5B, tokens.plain, cached=True)
    assert memory_bytes(WAN_5B, tokens, cached=True) - noise > kv_bytes(WAN_5B, tokens)
    twice = memory_bytes(WAN_5B, tokens, cached=False, weight_bytes=4)
    assert twice - joint == 2 * WAN_5B.parameters


def test_time_is_operations_over_a_device_s_own_rate():
    assert seconds(3.6e15, 4e14) == pytest.approx(9)
    with pytest.raises(ValueError, match="no device"):
        seconds(1, 0)


def test_an_odd_grid_is_not_halved():
    with pytest.raises(ValueError, match="even grid"):
        Tokens.of(3, (15, 26), half_foreground=True)
