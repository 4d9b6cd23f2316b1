"""Learning, stopping and going on."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from pai_studio.core.model.layout import Window  # noqa: E402
from pai_studio.core.model.transformer import PaiTransformer3DModel  # noqa: E402
from pai_studio.core.shot.errors import BadInput, OutOfResources, PaiError  # noqa: E402
from pai_studio.core.training.data.films import Films  # noqa: E402
from pai_studio.core.training.objective import Plan, Recipe, losses, noised  # noqa: E402
from pai_studio.core.training.trainer import Trainer, Training, ask, rate_at  # noqa: E402

RECIPE = Recipe(count=2, longest=6, history=1, most_references=2)
TRAINING = Training(steps=6, batch=2, warm_up=2, checkpoint_every=2)


@pytest.fixture(scope="module")
def films():
    return Films(0, patch=(16, 16))


def model(attention="cached", width=12, seed=0):
    torch.manual_seed(seed)
    return PaiTransformer3DModel(
        patch_size=(1, 16, 16),
        num_attention_heads=2,
        attention_head_dim=width,
        in_channels=3,
        out_channels=3,
        text_dim=8,
        freq_dim=16,
        ffn_dim=48,
        num_layers=2,
        attention=attention,
    )


class Killed(Exception):
    pass


def killed_after(steps):
    def on_step(progress):
        if progress.done == steps:
            raise Killed

    return on_step


@pytest.mark.parametrize(("optimizer", "killed_at"), [("adamw", 3), ("adamw", 4), ("muon", 3)])
def test_a_run_that_was_killed_goes_on_as_if_it_had_not_been(films, tmp_path, optimizer, killed_at):
    training = dataclasses.replace(TRAINING, optimizer=optimizer)
    whole = Trainer(model(), films, RECIPE, training)
    whole.run()

    with pytest.raises(Killed):
        Trainer(model(), films, RECIPE, training, tmp_path).run(killed_after(killed_at))
    again = Trainer(model(seed=1), films, RECIPE, training, tmp_path)
    assert again.done == killed_at // 2 * 2
    again.run()

    assert again.losses == whole.losses
    assert len(set(whole.losses)) == TRAINING.steps
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, again.model.state_dict()[name]), name
    assert all(torch.equal(value, again.average[name]) for name, value in whole.average.items())


def test_muon_turns_the_blocks_matrices_alone_and_steps_in_all_directions_alike(films):
    """What orthogonal steps are: no singular value of one stands out, as a few of AdamW's do."""
    spreads = {}
    for optimizer in ("adamw", "muon"):
        training = dataclasses.replace(TRAINING, optimizer=optimizer, steps=3, decay=0.0)
        run = Trainer(model(), films, RECIPE, training)
        before = {name: value.clone() for name, value in run.model.state_dict().items()}
        run.run()
        after = run.model.state_dict()
        steps = {
            name: after[name] - before[name] for name in ("blocks.1.ffn.net.2.weight", "proj_out.weight")
        }
        spreads[optimizer] = {name: _spread(step) for name, step in steps.items()}
    matrix, outside = "blocks.1.ffn.net.2.weight", "proj_out.weight"
    assert spreads["muon"][matrix] < 4 < spreads["adamw"][matrix]
    assert spreads["muon"][outside] > 4


def _spread(step):
    values = torch.linalg.svdvals(step.flatten(1))
    return float(values[0] / values[len(values) // 2])


@pytest.mark.parametrize("spoilt", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_ends_the_run_with_its_last_checkpoint_whole(
    films, tmp_path, monkeypatch, spoilt
):
    whole = Trainer(model(), films, RECIPE, TRAINING)
    whole.run()
    trainer = Trainer(model(), films, RECIPE, TRAINING, tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(
            "pai_studio.core.training.trainer.losses",
            lambda *a: losses(*a) * (spoilt if trainer.done == 4 else 1),
        )
        with pytest.raises(PaiError, match=r"step 5 lost (nan|inf).*step-00000004 is kept"):
            trainer.run()
    assert all(value.isfinite().all() for value in trainer.model.state_dict().values())
    again = Trainer(model(seed=1), films, RECIPE, TRAINING, tmp_path)
    assert again.done == 4
    again.run()
    assert again.losses == whole.losses


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of its own, with room for a few checkpoints."""
    if os.geteuid() != 0 or sys.platform != "linux":
        pytest.skip("mounting a small disk needs root")
    disk = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(tmp_path)]
    if subprocess.run(disk, check=False).returncode:
        pytest.skip("mounting a small disk is not allowed here")
    yield tmp_path
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)  # weights that were read are still mapped


def test_a_full_disk_is_told_and_the_last_checkpoint_stays(films, small_disk):
    def fill_up(step):
        """After the first checkpoint somebody else takes what is left."""
        if step.done == 2:
            with contextlib.suppress(OSError):
                (small_disk / "full").write_bytes(bytes(8_000_000))

    with pytest.raises(OutOfResources, match="make space, or name another folder"):
        Trainer(model(), films, RECIPE, TRAINING, small_disk).run(fill_up)
    assert sorted(path.name for path in small_disk.iterdir()) == ["full", "step-00000002"]
    (small_disk / "full").unlink()
    again = Trainer(model(seed=1), films, RECIPE, TRAINING, small_disk)
    assert again.done == 2
    again.run()


def test_what_a_killed_run_was_writing_is_swept(films, tmp_path):
    (tmp_path / ".pai-0123456789ab-step-00000002").mkdir()
    Trainer(model(), films, RECIPE, TRAINING, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_finished_run_is_not_run_again(films, tmp_path):
    Trainer(model(), films, RECIPE, TRAINING, tmp_path).run()
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000006"]
    again = Trainer(model(seed=1), films, RECIPE, TRAINING, tmp_path)
    again.run(lambda _: pytest.fail("it trained on"))
    assert len(again.losses) == 6


def test_a_folder_with_a_run_of_other_settings_is_refused(films, tmp_path):
    Trainer(model(), films, RECIPE, TRAINING, tmp_path).run()
    with pytest.raises(BadInput, match="other settings"):
        Trainer(model(), films, RECIPE, dataclasses.replace(TRAINING, rate=0.5), tmp_path)
    with pytest.raises(BadInput, match="other settings"):
        Trainer(model(), films, dataclasses.replace(RECIPE, cloning="none"), TRAINING, tmp_path)


def test_another_seed_is_another_run(films):
    one, other = (
        Trainer(model(), films, RECIPE, dataclasses.replace(TRAINING, seed=seed)) for seed in (0, 1)
    )
    one.run()
    other.run()
    assert one.losses != other.losses


def test_the_rate_rises_straight_and_falls_as_a_cosine():
    training = Training(steps=110, warm_up=10, least_rate=0.1)
    found = [rate_at(training, step) for step in range(110)]
    assert found[0] == pytest.approx(0.1)
    assert found[9] == pytest.approx(1.0)
    assert found[60] == pytest.approx(0.55, abs=0.01)
    assert found[-1] == pytest.approx(0.1, abs=0.01)
    assert found[10:] == sorted(found[10:], reverse=True)


def test_the_average_is_lent_and_given_back(films):
    trainer = Trainer(model(), films, RECIPE, TRAINING)
    trainer.run()
    own = {name: value.clone() for name, value in trainer.model.state_dict().items()}
    with trainer.averaged() as lent:
        assert all(torch.equal(value, trainer.average[name]) for name, value in lent.named_parameters())
        assert not all(torch.equal(value, own[name]) for name, value in lent.named_parameters())
    assert all(torch.equal(value, own[name]) for name, value in trainer.model.state_dict().items())


@pytest.mark.parametrize("attention", ["bidirectional", "cached"])
def test_one_picture_is_soon_known_by_heart(films, attention):
    """Under pure noise and with the same conditions every time, the loss falls to a tenth."""
    recipe = dataclasses.replace(RECIPE, at_one=1.0)
    plan = Plan(films.grid, Window(0, 2), (1,))
    made = model(attention, width=24)
    optimizer = torch.optim.AdamW(made.parameters(), lr=3e-3)
    told = noised(recipe, plan, films, 2, torch.Generator().manual_seed(0))
    losses = []
    for _ in range(60):
        error = (ask(made, told.asked, films.null_text) - told.sample.clean).square().mean()
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        losses.append(error.item())
    assert losses[-1] < 0.1 * losses[0]
