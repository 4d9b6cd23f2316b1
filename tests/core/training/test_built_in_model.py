"""The model that comes with the package does what it was trained for, on takes of seeds that it was not trained on."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from pai_studio.core.model import checkpoint, store  # noqa: E402
from pai_studio.core.model.layout import Window  # noqa: E402
from pai_studio.core.training.data import shards, taken  # noqa: E402
from pai_studio.core.training.data.taken import TakeSource  # noqa: E402
from pai_studio.core.training.data.takes import Filming, film  # noqa: E402
from pai_studio.core.training.objective import Plan, Recipe, noised  # noqa: E402
from pai_studio.core.training.trainer import ask  # noqa: E402

MODEL = Path(store.__file__).with_name("built_in") / "tiny"
SEEDS = (5000, 5001, 5002)
FRAMES = 9
ONE_STEP = Recipe(count=FRAMES, longest=FRAMES, at_one=1.0, history_share=0.0)
FILMING = Filming(frames=FRAMES, fault_share=0.0, blur_share=0.0, perturbed_share=1.0, stills=1)


@pytest.fixture(scope="module")
def bundle():
    return checkpoint.load(MODEL)


@pytest.fixture(scope="module")
def source(bundle, tmp_path_factory):
    folder = tmp_path_factory.mktemp("takes")
    filmed = [film(seed, FILMING, bundle.manifest) for seed in SEEDS]
    shards.write_shard(folder / "takes-005000.safetensors", filmed)
    patch = bundle.transformer.config.patch_size[1:]
    return TakeSource(shards.takes_in(folder), tuple(patch), bundle.text)


def told(source, take, *, guided):
    picked = taken._Picked(take, 0 if guided else None, mirrored=False, relit=False)
    plan = Plan(source.grid_of(take), Window(0, FRAMES), take.anchors[0], pick=picked)
    return noised(ONE_STEP, plan, source, 1, torch.Generator().manual_seed(take.frames))


def subject_db(picture, sample):
    inside = (sample.matte > 0.9).expand_as(sample.clean)
    return -10 * math.log10(((picture - sample.clean)[inside] / 2).square().mean().item())


@torch.no_grad()
@pytest.mark.parametrize("guided", [True, False])
def test_it_puts_a_subject_into_its_places_light(bundle, source, guided):
    model, gained = bundle.transformer.float().eval(), []
    for take in source.takes:
        shown = told(source, take, guided=guided)
        made = ask(model, shown.asked, source.null_text).clamp(-1, 1)
        given = shown.sample.foreground
        before = subject_db(given[:, 4:7] if guided else given[:, :3], shown.sample)
        gained.append(subject_db(made, shown.sample) - before)
    assert sum(gained) / len(gained) > 0.3
