"""Sampling against problems whose answer is known, and against the library's own pipeline."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
diffusers = pytest.importorskip("diffusers")

from pai_studio.core.model.sampler import Sampling, sample, start_noise  # noqa: E402

SHAPE = (2, 3, 2, 4, 5)
SOLVERS = ("unipc", "euler")


def asked(solver="unipc", steps=8, shift=1.0, prediction="velocity", guidance=None):
    return Sampling(solver=solver, steps=steps, shift=shift, prediction=prediction, guidance=guidance)


def spread(sigma):
    return sigma.view(-1, 1, 1, 1, 1)


class Gaussian:
    """Data of one mean and deviation: what is best to predict is known, and so is where the flow takes any noise.

    The marginal at sigma has the variance `((1 - sigma) s)^2 + sigma^2`, so that noise `eps` ends at `mean + s eps`.
    """

    def __init__(self, prediction="velocity", mean=0.4, deviation=0.3):
        self.prediction, self.mean, self.deviation = prediction, mean, deviation
        self.calls = []

    def __call__(self, x, timestep, branch):
        self.calls.append((branch, timestep))
        sigma = spread(timestep) / 1000
        shrink = (1 - sigma) * self.deviation**2 / (((1 - sigma) * self.deviation) ** 2 + sigma**2)
        clean = self.mean + shrink * (x - (1 - sigma) * self.mean)
        return clean if self.prediction == "sample" else (x - clean) / sigma

    def end(self, noise):
        return self.mean + self.deviation * noise


def error(solver, steps, shift=1.0):
    noise = start_noise(SHAPE, 1, 0)
    model = Gaussian()
    return float((sample(model, noise, asked(solver, steps, shift)) - model.end(noise)).abs().max())


def test_many_steps_take_every_noise_to_where_the_exact_flow_takes_it():
    assert error("unipc", 80) < 2e-3
    assert error("euler", 1000) < 3e-3


@pytest.mark.parametrize("shift", [1.0, 3.0])
def test_the_error_shrinks_with_the_order_of_the_solver(shift):
    euler = [error("euler", steps, shift) for steps in (10, 20, 40)]
    unipc = [error("unipc", steps, shift) for steps in (10, 20, 40)]
    assert euler[0] / euler[2] > 3, "first order: four times the steps, about a quarter of the error"
    assert unipc[0] / unipc[2] > 12, "second order: about a sixteenth"
    assert all(fine < coarse for fine, coarse in zip(unipc, euler, strict=True))
    assert unipc[2] < euler[2] / 5


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("shift", [0.5, 1.0, 5.0])
@pytest.mark.parametrize("steps", [1, 2, 3, 8])
def test_data_of_a_single_point_is_found_in_any_number_of_steps(solver, shift, steps):
    point = start_noise(SHAPE, 9, 9)
    for prediction in ("velocity", "sample"):

        def denoise(x, timestep, branch, prediction=prediction):
            return point if prediction == "sample" else 1000 * (x - point) / spread(timestep)

        found = sample(denoise, start_noise(SHAPE, 1, 0), asked(solver, steps, shift, prediction))
        assert torch.allclose(found, point, atol=1e-5)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("shift", [1.0, 5.0])
def test_one_step_gives_the_mean_of_what_is_possible(solver, shift):
    found = sample(Gaussian("sample"), start_noise(SHAPE, 1, 0), asked(solver, 1, shift, "sample"))
    assert torch.allclose(found, torch.full(SHAPE, 0.4), atol=1e-5)


@pytest.mark.parametrize("shift", [1.0, 5.0])
def test_two_steps_end_in_what_the_model_says_at_the_second(shift):
    noise, model = start_noise(SHAPE, 1, 0), Gaussian("sample")
    middle = (0.5 + 1e-3 / 2) * shift / (1 + (shift - 1) * (0.5 + 1e-3 / 2))
    told = model((1 - middle) * model.mean + middle * noise, torch.full((2,), 1000 * middle), "all")
    for solver in SOLVERS:
        assert torch.allclose(sample(model, noise, asked(solver, 2, shift, "sample")), told, atol=1e-5)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("guidance", [None, (2.0, 4.0)])
def test_a_model_of_velocities_and_one_of_clean_samples_agree(solver, guidance):
    noise = start_noise(SHAPE, 1, 0)
    velocity, clean = (
        sample(Gaussian(kind), noise, asked(solver, 6, 3.0, kind, guidance))
        for kind in ("velocity", "sample")
    )
    assert torch.allclose(velocity, clean, atol=2e-5)


def test_the_solvers_walk_the_sigmas_of_wans_own_scheduler():
    wans = diffusers.UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=5.0
    )
    wans.set_timesteps(30)
    for solver in SOLVERS:
        model = Gaussian()
        sample(model, start_noise(SHAPE, 1, 0), asked(solver, 30, 5.0))
        times = torch.stack([timestep for _, timestep in model.calls])
        assert times.shape == (30, 2)
        assert times.dtype == torch.float32
        assert torch.allclose(times, 1000 * wans.sigmas[:-1, None], atol=2e-3)


@pytest.fixture(scope="module")
def transformer():
    made = diffusers.WanTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=4,
        out_channels=4,
        text_dim=8,
        freq_dim=16,
        ffn_dim=32,
        num_layers=2,
    )
    numbers = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(0.3 * torch.randn(parameter.shape, generator=numbers))
    return made.eval()


def test_the_loop_is_that_of_wans_pipeline(transformer):
    vae = diffusers.AutoencoderKLWan(base_dim=2, z_dim=4, dim_mult=[1, 1, 1, 1], num_res_blocks=1)
    wans = diffusers.UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
    )
    pipeline = diffusers.WanPipeline(
        tokenizer=None, text_encoder=None, vae=vae, scheduler=wans, transformer=transformer
    )
    pipeline.set_progress_bar_config(disable=True)
    noise = start_noise((1, 4, 2, 8, 8), 1, 0)
    text, null = start_noise((1, 6, 8), 2, 0), torch.zeros(1, 6, 8)
    theirs = pipeline(
        height=64,
        width=64,
        num_frames=5,
        num_inference_steps=7,
        guidance_scale=2.5,
        latents=noise.clone(),
        prompt_embeds=text,
        negative_prompt_embeds=null,
        output_type="latent",
    ).frames

    def denoise(x, timestep, branch):
        # Wan's scheduler tells its model whole timesteps; ours are exact.
        return transformer(x, timestep.long(), text if branch == "all" else null, return_dict=False)[0]

    ours = sample(denoise, noise, asked("unipc", 7, 3.0, guidance=(1.0, 2.5)))
    assert (ours - noise).abs().mean() > 0.1
    assert torch.allclose(ours, theirs, atol=1e-4)


LEVELS = {"plain": 1.0, "references": 3.0, "all": 10.0}


def leveled(calls, prediction="sample"):
    def denoise(x, timestep, branch):
        calls.append(branch)
        clean = torch.full_like(x, LEVELS[branch])
        return clean if prediction == "sample" else 1000 * (x - clean) / spread(timestep)

    return denoise


@pytest.mark.parametrize("prediction", ["sample", "velocity"])
@pytest.mark.parametrize(
    ("guidance", "level", "branches"),
    [
        (None, 10.0, ["all"]),
        ((1.0, 1.0), 10.0, ["all"]),
        ((2.0, 4.0), 1 + 2 * 2 + 4 * 7, ["plain", "references", "all"]),
        ((2.0, 1.0), 1 + 2 * 2 + 7, ["plain", "references", "all"]),
        ((1.0, 4.0), 3 + 4 * 7, ["references", "all"]),
        ((3.0, 3.0), 1 + 3 * 9, ["plain", "all"]),
        ((2.0, 0.0), 1 + 2 * 2, ["plain", "references"]),
        ((1.0, 0.0), 3.0, ["references"]),
        ((0.0, 0.0), 1.0, ["plain"]),
    ],
)
def test_guidance_goes_from_plain_over_references_to_all_and_computes_no_branch_in_vain(
    prediction, guidance, level, branches
):
    calls = []
    sampling = asked("euler", 2, 1.0, prediction, guidance)
    found = sample(leveled(calls, prediction), start_noise(SHAPE, 1, 0), sampling)
    assert torch.allclose(found, torch.full(SHAPE, float(level)), atol=1e-3)
    assert calls == branches * 2


@pytest.mark.parametrize("guidance", [(2.0, 4.0), (2.0, 1.0), (0.5, 3.0)])
@pytest.mark.parametrize(
    ("references", "prompt"), [(True, True), (False, True), (True, False), (False, False)]
)
def test_what_a_shot_lacks_costs_no_branch_and_changes_no_result(guidance, references, prompt):
    seen = {"plain": 1.0}
    seen["references"] = 3.0 if references else seen["plain"]
    seen["all"] = 10.0 if prompt else seen["references"]
    calls = []

    def denoise(x, timestep, branch):
        calls.append(branch)
        return torch.full_like(x, seen[branch])

    full = asked("unipc", 1, prediction="sample", guidance=guidance)
    noise = start_noise(SHAPE, 1, 0)
    expected = sample(denoise, noise, full)
    calls.clear()
    found = sample(denoise, noise, full.given(references=references, prompt=prompt))
    assert torch.allclose(found, expected, atol=1e-4)
    assert len(calls) <= len(set(seen.values()))


def test_a_single_pass_stays_one_whatever_the_shot_has():
    assert asked().given(references=False, prompt=False) == asked()


def test_noise_comes_of_seed_and_window_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    noise = start_noise((4, 64, 64), 7, 0)
    assert torch.equal(torch.rand(3), expected), "the caller's random numbers are left alone"
    assert torch.equal(noise, start_noise((4, 64, 64), 7, 0))
    others = [
        start_noise((4, 64, 64), *which) for which in ((8, 0), (7, 1), (0, 7), (7, "keyframes"), (70, ""))
    ]
    for other in others:
        assert abs(torch.corrcoef(torch.stack([noise.flatten(), other.flatten()]))[0, 1]) < 0.03
    assert noise.dtype == torch.float32
    assert abs(noise.mean()) < 0.03
    assert abs(noise.std() - 1) < 0.03


def test_noise_stays_what_it_was_in_earlier_versions():
    assert start_noise((4,), 7, 0).tolist() == pytest.approx(
        [-0.96188, 0.59291, -0.59825, -1.57303], abs=1e-4
    )


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_same_asking_gives_the_same_latents_and_leaves_the_noise_as_it_was(solver):
    noise = start_noise(SHAPE, 1, 0)
    torch.manual_seed(5)
    first = sample(Gaussian(), noise, asked(solver))
    torch.manual_seed(6)
    assert torch.equal(first, sample(Gaussian(), noise, asked(solver)))
    assert torch.equal(noise, start_noise(SHAPE, 1, 0))


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("prediction", ["velocity", "sample"])
def test_every_step_tells_what_the_result_looks_like_and_the_last_is_the_result(solver, prediction):
    noise, model, told = start_noise(SHAPE, 1, 0), Gaussian(prediction), []
    found = sample(model, noise, asked(solver, 6, 1.0, prediction), told.append)
    assert [(step.index, step.total) for step in told] == [(index, 6) for index in range(6)]
    assert torch.allclose(told[0].estimate, torch.full(SHAPE, model.mean), atol=1e-4)
    assert torch.allclose(told[-1].estimate, found, atol=1e-6)
    away = [float((step.estimate - found).abs().mean()) for step in told]
    assert away == sorted(away, reverse=True)


def test_a_preview_shows_what_guidance_does():
    told = []
    sample(leveled([]), start_noise(SHAPE, 1, 0), asked("unipc", 2, 1.0, "sample", (2.0, 4.0)), told.append)
    assert all(torch.allclose(step.estimate, torch.full(SHAPE, 33.0)) for step in told)


class Enough(Exception):
    pass


@pytest.mark.parametrize("solver", SOLVERS)
def test_cancelling_ends_within_the_step(solver):
    model = Gaussian()

    def stop(step):
        if step.index == 2:
            raise Enough

    with pytest.raises(Enough):
        sample(model, start_noise(SHAPE, 1, 0), asked(solver, 50), stop)
    assert len(model.calls) == 3


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_loop_is_in_32_bits_whatever_the_model_computes_in(solver):
    noise, exact, seen = start_noise(SHAPE, 1, 0).to(torch.bfloat16), Gaussian(), []

    def rough(x, timestep, branch):
        seen.append(x)
        return exact(x, timestep, branch).to(torch.bfloat16)

    found = sample(rough, noise, asked(solver, 10))
    assert all(x.dtype == torch.float32 for x in (*seen, found))
    assert not any(torch.equal(x, x.to(torch.bfloat16).float()) for x in (*seen[1:], found))
    assert torch.allclose(found, sample(exact, noise, asked(solver, 10)), atol=1e-2)


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_callers_autocast_does_not_reach_the_solver(solver):
    noise = start_noise(SHAPE, 1, 0)
    plain = sample(Gaussian(), noise, asked(solver))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(sample(Gaussian(), noise, asked(solver)), plain)


def test_sampling_keeps_no_graph():
    weight = torch.ones((), requires_grad=True)

    def denoise(x, timestep, branch):
        return weight * x

    found = sample(denoise, start_noise(SHAPE, 1, 0), asked(steps=2))
    assert not found.requires_grad


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"solver": "heun"}, "no solver 'heun'"),
        ({"prediction": "epsilon"}, "no prediction 'epsilon'"),
        ({"steps": 0}, "at least one step"),
        ({"shift": 0.0}, "a shift is a number above zero"),
        ({"shift": float("nan")}, "a shift is a number above zero"),
        ({"guidance": (2.0, -1.0)}, "guidance is two numbers"),
        ({"guidance": (float("inf"), 1.0)}, "guidance is two numbers"),
        ({"guidance": (2.0,)}, "guidance is two numbers"),
    ],
)
def test_what_cannot_be_sampled_is_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        asked(**wrong)
