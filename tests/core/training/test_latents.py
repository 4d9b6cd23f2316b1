"""Shots as latents: encoded once as the rollout encodes them, and learnt from window by window."""

from __future__ import annotations

import dataclasses

import pytest

torch = pytest.importorskip("torch")
diffusers = pytest.importorskip("diffusers")

from safetensors.torch import save_file  # noqa: E402

from pai_studio.core.engines.pai_shot import PaiShot  # noqa: E402
from pai_studio.core.evaluation.sets.layout import open_clip  # noqa: E402
from pai_studio.core.media.color import ColorConfig  # noqa: E402
from pai_studio.core.media.source import FileSource  # noqa: E402
from pai_studio.core.model import checkpoint, manifest  # noqa: E402
from pai_studio.core.model.checkpoint import build  # noqa: E402
from pai_studio.core.model.codec_wan import WanCodec  # noqa: E402
from pai_studio.core.model.manifest import Weighed  # noqa: E402
from pai_studio.core.model.prompt import TextEncoder  # noqa: E402
from pai_studio.core.model.seen import PlateStream  # noqa: E402
from pai_studio.core.report import silent  # noqa: E402
from pai_studio.core.shot.document import EngineChoice  # noqa: E402
from pai_studio.core.shot.errors import BadInput  # noqa: E402
from pai_studio.core.shot.frames import FrameRange  # noqa: E402
from pai_studio.core.synth.scene import write_shot  # noqa: E402
from pai_studio.core.training import checkpoints, run  # noqa: E402
from pai_studio.core.training.data import encoding, latents  # noqa: E402
from pai_studio.core.training.data.latents import (  # noqa: E402
    LatentSource,
    coded_by,
    latents_in,
    read_latents,
    read_part,
)
from pai_studio.core.training.data.sources import LatentsData, Needed  # noqa: E402
from pai_studio.core.training.objective import Recipe, draw  # noqa: E402
from pai_studio.core.training.trainer import Trainer, Training  # noqa: E402
from pai_studio.ui.cli.main import main  # noqa: E402

SIZE, FRAMES, EVERY = (64, 32), 11, 5
SMALL = {
    "num_layers": 1, "num_attention_heads": 2, "attention_head_dim": 24, "ffn_dim": 32, "text_dim": 32,
    "freq_dim": 32, "in_channels": 4, "out_channels": 4,
}  # fmt: skip
RECIPE = Recipe(
    count=2, longest=4, history=1, most_references=2, outside_frames=4, prediction="velocity", at_one=0.0
)


def made_of(further, **over):
    """A model of the 5B's kind at a size for tests; `further` is the codec's. Without it, 8 pixels are a latent's."""
    torch.manual_seed(0)
    vae = diffusers.AutoencoderKLWan(
        base_dim=8, z_dim=4, dim_mult=[1, 1, 1, 1], num_res_blocks=1, latents_mean=[0.1, -0.2, 0.3, 0.0],
        latents_std=[0.5, 0.25, 2.0, 1.0], **further,
    )  # fmt: skip
    text = TextEncoder.small(0, dim=32, length=24)
    return build("wan2.2-5b", 0, text=text, codec=WanCodec(vae), **SMALL, **over)


@pytest.fixture(scope="module")
def bundle():
    return made_of({}, grid_px=16)


@pytest.fixture(scope="module")
def shots(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shots")
    for name, seed, fault in (("a", 3, None), ("b", 4, "erode")):
        write_shot(
            folder / name, size=(96, 48), frames=FrameRange(1, FRAMES), seed=seed, references=1, fault=fault,
            capture=None, name=name, workers=1,
        )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def folder(shots, bundle, tmp_path_factory):
    into = tmp_path_factory.mktemp("latents")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(encoding, "STILLS_EVERY", EVERY)
        encoding.encode_shots(shots, into, bundle, SIZE, silent)
    return into


@pytest.fixture(scope="module")
def source(folder, bundle):
    clock = bundle.codec.clock
    shots = latents_in(folder, clock.stride, coded_by(bundle.manifest))
    return LatentSource(shots, (2, 2), clock, bundle.text.encode([""]))


def drawn(source, count=60, recipe=RECIPE):
    generator = torch.Generator().manual_seed(1)
    plans = [source.plan(recipe, generator) for _ in range(count)]
    return [(plan, source.draw(plan, 2, generator)) for plan in plans]


def test_a_shot_is_encoded_as_the_rollout_encodes_it(folder, shots, bundle):
    kept = latents_in(folder, 4, coded_by(bundle.manifest))[1]
    assert (kept.latents, kept.frames, kept.stills) == (4, FRAMES, (0, 5, 10))
    assert kept.halved
    clip = open_clip(shots / "b", "restore")
    source = FileSource(clip.shot, ColorConfig.open(clip.shot.ocio))
    manifest = bundle.manifest.model_copy(update={"area_px": SIZE[0] * SIZE[1]})
    shot = PaiShot(source, EngineChoice(), manifest, silent)
    for half in (False, True):
        stream = PlateStream(bundle.codec, half=half)
        pairs = list(shot.plate([*range(FRAMES), FRAMES - 1, FRAMES - 1]))
        stream.push(*(torch.stack(each, dim=1)[None] for each in zip(*pairs, strict=True)))
        lead = "half_" if half else ""
        plate, matte = (read_part(kept, f"{lead}{name}") for name in ("plate", "matte"))
        assert torch.allclose(plate, stream.waiting.told[0], atol=5e-3)
        assert torch.allclose(matte, stream.waiting.matte[0], atol=1e-3)
    source.close()


def test_a_window_is_a_slice_of_the_shot_with_stills_that_were_encoded(source, folder):
    seen = drawn(source)
    assert {plan.half_foreground for plan, _ in seen} == {True, False}
    assert {plan.window.history for plan, _ in seen} == {0, 1}
    for plan, sample in seen:
        whole, first = read_part(plan.pick, "clean"), plan.window.first
        assert torch.equal(sample.clean[1], whole[:, first : first + 2])
        if plan.window.history:
            assert torch.equal(sample.history[0, :4], whole[:, first - 1 : first])
        assert set(plan.anchors) <= set(plan.pick.stills)
        if plan.anchors:
            at = [plan.pick.stills.index(frame) for frame in plan.anchors]
            assert torch.equal(sample.references[0, :4], read_part(plan.pick, "stills", at))
            assert not sample.references[:, 4:].any()
        side = 2 if plan.half_foreground else 1
        assert sample.foreground.shape[-2:] == tuple(length // side for length in sample.clean.shape[-2:])
        assert sample.text.shape == (2, 24, 32)


def test_the_five_billion_model_s_kind_trains_from_them(source, bundle):
    training = Training(steps=2, batch=2, warm_up=1, rate=1e-3)
    trainer = Trainer(bundle.transformer, source, RECIPE, training)
    trainer.run()
    assert len(trainer.losses) == 2
    told = draw(RECIPE, source, 2, torch.Generator().manual_seed(0))
    assert told.asked.layout.segments[0].shape[1:] == source.grid


def test_shots_that_are_there_are_not_encoded_again(shots, folder, bundle, monkeypatch):
    monkeypatch.setattr(encoding, "_encode", lambda *_: pytest.fail("it encoded again"))
    made = encoding.encode_shots(shots, folder, bundle, SIZE, silent)
    assert [path.name for path in made] == ["a.safetensors", "b.safetensors"]


def test_what_cannot_be_encoded_or_read_is_one_line(shots, folder, bundle, source, tmp_path):
    made = coded_by(bundle.manifest)
    with pytest.raises(BadInput, match="holds no shots"):
        encoding.encode_shots(tmp_path, tmp_path, bundle, SIZE, silent)
    with pytest.raises(BadInput, match=r"of 96x48 is not seen at data.size 64x64.*data.size = \[64, 32\]"):
        encoding.encode_shots(shots, tmp_path, bundle, (64, 64), silent)
    with pytest.raises(BadInput, match="holds no latents"):
        latents_in(tmp_path, 4, made)
    with pytest.raises(BadInput, match="4 frames a latent, the model's has 1"):
        latents_in(folder, 1, made)
    other = bundle.manifest.model_copy(
        update={"files": {"vae/a.safetensors": Weighed(sha256="0" * 64, size=1)}}
    )
    with pytest.raises(BadInput, match="by another codec or text encoder"):
        latents_in(folder, 4, coded_by(other))
    with pytest.raises(BadInput, match=r"a.safetensors: was encoded at 64x32, not at data.size 96x32"):
        encoding.encode_shots(shots, folder, bundle, (96, 32), silent)
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes((folder / "a.safetensors").read_bytes()[:900])
    with pytest.raises(BadInput, match=r"cut.safetensors: cannot be read .*--encode"):
        read_latents(cut, 4, made)
    untold = tmp_path / "untold.safetensors"
    save_file({"clean": torch.zeros(4, 1, 2, 2)}, untold, metadata={"schema": latents.SCHEMA, "shot": "{}"})
    with pytest.raises(BadInput, match=r"untold.safetensors: cannot be read .*--encode"):
        read_latents(untold, 4, made)
    with pytest.raises(BadInput, match="has 4 latents, a window 9"):
        source.plan(dataclasses.replace(RECIPE, count=9), torch.Generator())
    kept = latents_in(folder, 4, made)[0]
    spoilt = {name: read_part(kept, name) for name in ("clean", "text")}
    spoilt["clean"][0, 1] = float("nan")
    facts = {"frames": 11, "stills": [0], "stride": 4, "coded_by": made}
    latents.write_latents(tmp_path / "nan.safetensors", spoilt, **facts)
    with pytest.raises(BadInput, match="clean has values that are no numbers"):
        read_part(read_latents(tmp_path / "nan.safetensors", 4, made), "clean")


def test_some_shots_are_held_back(folder, bundle):
    data, needed = LatentsData(folder=str(folder), held_back_shots=1), Needed.by(bundle)
    assert [shot.path.stem for shot in data.open(needed).shots] == ["a"]
    assert [shot.path.stem for shot in data.held_back(needed).shots] == ["b"]
    with pytest.raises(BadInput, match="no more than the 2 shots"):
        LatentsData(folder=str(folder), held_back_shots=2).open(needed)


CONFIG = """
[model]
preset = "wan2.2-5b"
weights = "small"
dtype = "float32"

[model.transformer]
MADE_OF

[data]
size = [64, 32]
text_tokens = 24

[[data.sources]]
kind = "latents"
folder = "FOLDER"
held_back_shots = 1

[recipe]
count = 2
longest = 4
history = 1
most_references = 2
prediction = "velocity"

[training]
steps = 4
batch = 2
warm_up = 1
checkpoint_every = 2
sample_every = 4
"""


def test_shots_become_latents_a_run_and_a_model_by_the_commands(shots, tmp_path, monkeypatch, capsys):
    """What docs/training-5b.md tells to do, from clips to a model, stopped in between."""
    bundle = made_of({"is_residual": True, "patch_size": 2, "in_channels": 12, "out_channels": 12})
    checkpoint.save(bundle, tmp_path / "models" / "small")
    monkeypatch.setenv("PAI_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("PAI_DEVICE", "cpu")
    monkeypatch.setattr(encoding, "STILLS_EVERY", EVERY)
    settings = tmp_path / "run.toml"

    def pai(*told):
        done = main(["train", *map(str, told)])
        assert done == 0, capsys.readouterr().err

    keys = "\n".join(f"{key} = {value}" for key, value in SMALL.items())
    text = CONFIG.replace("FOLDER", str(tmp_path / "latents")).replace("MADE_OF", keys)
    settings.write_text(text, encoding="utf-8")
    pai(settings, "--encode", shots, "--out", tmp_path / "latents")
    pai(settings, "--out", tmp_path / "whole")
    stopped = iter([False, True])
    asked = run.Asked(tmp_path / "parts", tmp_path / "models", on_cpu=True)
    run.train(settings, asked, silent, asked_to_stop=lambda: next(stopped))
    pai(settings, "--out", tmp_path / "parts")
    one, other = (
        checkpoints.read(checkpoints.latest(tmp_path / each / "checkpoint")).state["losses"]
        for each in ("whole", "parts")
    )
    assert len(one) == 4
    assert one == other
    pai(tmp_path / "whole", "--export", tmp_path / "models" / "mine", "--dtype", "float32")
    made = checkpoint.load(tmp_path / "models" / "mine")
    assert made.manifest.trained_for == "background-replacement"
    assert coded_by(made.manifest) == coded_by(manifest.read(tmp_path / "models" / "small"))
