"""A whole shot in windows: what each is told, that nothing depends on when it was made, that memory of it is kept."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from diffusers import AutoencoderKLWan  # noqa: E402

from pai_studio.core.model.codec import PixelCodec  # noqa: E402
from pai_studio.core.model.codec_wan import WanCodec  # noqa: E402
from pai_studio.core.model.keeping import Kept  # noqa: E402
from pai_studio.core.model.rollout import Manner, Rollout, Told  # noqa: E402
from pai_studio.core.model.sampler import Sampling  # noqa: E402
from pai_studio.core.model.transformer import PaiTransformer3DModel  # noqa: E402
from pai_studio.core.plan.windows import passes  # noqa: E402
from pai_studio.core.shot.errors import Cancelled, EngineFailed, PaiError  # noqa: E402
from tests.core.model import tiny  # noqa: E402

FRAMES, HEIGHT, WIDTH = 11, 16, 24
PIXELS = {
    "patch_size": (1, 4, 4),
    "num_attention_heads": 2,
    "attention_head_dim": 24,
    "in_channels": 3,
    "out_channels": 3,
    "text_dim": 16,
    "freq_dim": 32,
    "ffn_dim": 64,
    "num_layers": 2,
}


@pytest.fixture(scope="module")
def models():
    def made(attention):
        torch.manual_seed(0)
        model = PaiTransformer3DModel(**PIXELS, attention=attention).eval()
        torch.nn.init.normal_(model.type_embedding, std=0.2)
        return model

    return {attention: made(attention) for attention in ("bidirectional", "cached")}


@pytest.fixture
def shot():
    text, null = tiny.noise(2, 1, 7, 16), tiny.noise(3, 1, 7, 16)
    return Told(tiny.noise(1, 1, 3, 3, HEIGHT, WIDTH).clamp(-1, 1), (0, 5, 10), text, null, True)


class Plate:
    """Frames of noise, and which of them were asked for."""

    def __init__(self):
        self.read = []

    def __call__(self, numbers):
        self.read += numbers
        for number in numbers:
            drawn = tiny.noise(100 + number, 4, HEIGHT, WIDTH)
            yield drawn[:3].clamp(-1, 1), (drawn[3:] > 0).float()


def manner(**more):
    sampling = Sampling(solver="euler", steps=2, shift=1.0, prediction="sample", guidance=(2.0, 3.0))
    return Manner(**{"sampling": sampling, "seed": 7, "references_most": 2, **more})


def rollout(models, shot, folder, *, attention="cached", codec=None, step=0, mark=None, ahead=0, **more):
    kept = Kept(folder, mark or {"seed": 7})
    plan = passes(FRAMES, 4 + ahead, 2, step, ahead)
    return Rollout(
        models[attention],
        codec or PixelCodec(),
        shot=shot,
        manner=manner(**more),
        passes=plan,
        frame_count=FRAMES,
        kept=kept,
    )


def wan():
    torch.manual_seed(0)
    vae = AutoencoderKLWan(base_dim=8, z_dim=4, dim_mult=[1, 1, 1, 1], num_res_blocks=1,
                           latents_mean=[0.0] * 4, latents_std=[1.0] * 4)  # fmt: skip
    return WanCodec(vae)


def hear(moment):
    """Nobody listens."""


def everything(made):
    return torch.stack([torch.stack(made.composite(frame)) for frame in range(FRAMES)])


@pytest.mark.parametrize("attention", ["bidirectional", "cached"])
@pytest.mark.parametrize("step", [0, 4])
def test_a_shot_that_was_stopped_goes_on_as_if_it_had_not_been(models, shot, tmp_path, attention, step):
    whole = rollout(models, shot, tmp_path / "whole", attention=attention, step=step)
    moments = []
    whole.make(2, Plate(), moments.append)
    assert [moment.done for moment in moments] == list(range(1, whole.steps + 1))
    assert moments[0].shown.shape == (3, HEIGHT, WIDTH)

    def stop(moment):
        if moment.done == whole.steps - 1:  # within the last window
            raise Cancelled("stop")

    stopped = rollout(models, shot, tmp_path / "stopped", attention=attention, step=step)
    with pytest.raises(Cancelled):
        stopped.make(2, Plate(), stop)
    assert stopped.finished == 2

    plate, again = Plate(), []
    resumed = rollout(models, shot, tmp_path / "stopped", attention=attention, step=step)
    resumed.make(2, plate, again.append)
    assert [moment.done for moment in again] == [whole.steps - 1, whole.steps]
    assert plate.read == [8, 9, 10]
    assert torch.equal(everything(resumed), everything(whole))
    assert everything(whole)[:, 0].std() > 0.05


def test_every_window_has_its_frames_once_and_the_plate_comes_back(models, shot, tmp_path):
    made, plate = rollout(models, shot, tmp_path), Plate()
    made.make(2, plate, hear)
    assert plate.read == list(range(FRAMES))
    assert [made.window_of(frame) for frame in range(FRAMES)] == [0] * 4 + [1] * 4 + [2] * 3
    for frame, (plate_codes, _) in enumerate(Plate()(range(FRAMES))):
        assert torch.equal(made.composite(frame)[1], plate_codes.half().float())


@pytest.mark.parametrize("half", [False, True])
def test_a_window_looks_ahead_and_throws_that_away(models, shot, tmp_path, half):
    """Every frame is read once, also by a job that was stopped: what was encoded ahead waits with the streams."""
    more = {"ahead": 2, "half_foreground": half}
    made, plate = rollout(models, shot, tmp_path / "whole", **more), Plate()
    made.make(2, plate, hear)
    assert [len(span.sampled) for span in made.passes.whole] == [6, 6, 3]
    assert plate.read == list(range(FRAMES))
    rollout(models, shot, tmp_path / "parts", **more).make(0, Plate(), hear)
    resumed, plate = rollout(models, shot, tmp_path / "parts", **more), Plate()
    resumed.make(2, plate, hear)
    assert plate.read == list(range(6, FRAMES))
    assert torch.equal(everything(resumed), everything(made))
    without = rollout(models, shot, tmp_path / "without", half_foreground=half)
    without.make(0, Plate(), hear)
    assert not torch.equal(without.composite(3)[0], made.composite(3)[0])


def test_keyframes_are_made_first_and_told_to_every_window(models, shot, tmp_path):
    made, plate = rollout(models, shot, tmp_path / "with", step=4), Plate()
    made.make(0, plate, hear)
    assert plate.read == [0, 4, 8, 10, *range(4)]
    without = rollout(models, shot, tmp_path / "without")
    without.make(0, Plate(), hear)
    assert not torch.equal(made.composite(3)[0], without.composite(3)[0])


def test_a_window_is_told_of_the_one_before_it(models, shot, tmp_path):
    one, other = (rollout(models, shot, tmp_path / name) for name in "ab")
    one.make(1, Plate(), hear)
    other.make(0, Plate(), hear)
    (latents,) = other.kept.read("window-0000", "latents")
    other.kept.put("window-0000", {"latents": -latents})
    other.make(1, Plate(), hear)
    assert not torch.equal(one.composite(5)[0], other.composite(5)[0])


def test_the_seed_the_stills_and_the_prompt_decide(models, shot, tmp_path):
    def first(name, told=shot, **more):
        made = rollout(models, told, tmp_path / name, **more)
        made.make(0, Plate(), hear)
        return made.composite(2)[0]

    base = first("base")
    assert torch.equal(first("again"), base)
    assert not torch.equal(first("seed", seed=8), base)
    moved = Told(shot.stills, (0, 3, 10), shot.text, shot.null, True)
    assert not torch.equal(first("moved", moved), base)
    silent = Told(shot.stills, shot.anchors, shot.null, shot.null, False)
    assert not torch.equal(first("silent", silent), base)
    bare = Told(shot.stills[:, :, :0], (), shot.text, shot.null, True)
    assert not torch.equal(first("bare", bare), base)
    assert not torch.equal(first("half", half_foreground=True), base)


def test_another_mark_begins_anew(models, shot, tmp_path):
    rollout(models, shot, tmp_path).make(1, Plate(), hear)
    assert rollout(models, shot, tmp_path).finished == 2
    assert rollout(models, shot, tmp_path, mark={"seed": 7, "model": "another"}).finished == 0


def test_a_codec_of_several_frames_a_latent_streams_through_the_windows(shot, tmp_path):
    model = {"cached": tiny.trained(attention="cached")}
    stills = tiny.noise(1, 1, 3, 3, 64, 96).clamp(-1, 1)
    told = Told(stills, (0, 5, 10), shot.text, shot.null, True)

    def made(folder, frames=11):
        kept = Kept(folder, {})
        plan = passes(4, 3, 1, ahead=1)  # 11 frames are four latents: 0, 1-4, 5-8 and 9-10, held twice
        return Rollout(
            model["cached"], wan(), shot=told, manner=manner(), passes=plan, frame_count=frames, kept=kept
        )

    def plate(numbers):
        for number in numbers:
            yield tiny.noise(100 + number, 3, 64, 96).clamp(-1, 1), torch.ones(1, 64, 96)

    whole, resumed = made(tmp_path / "whole"), made(tmp_path / "resumed")
    whole.make(1, plate, hear)
    made(tmp_path / "resumed").make(0, plate, hear)
    moments = []
    resumed.make(1, plate, moments.append)
    assert [moment.done for moment in moments] == [3, 4]
    assert moments[0].shown.shape == (3, 8, 12)
    assert torch.equal(everything(whole), everything(resumed))
    assert [whole.window_of(frame) for frame in (0, 4, 5, 10)] == [0, 0, 1, 1]
    (kept,) = whole.kept.read("window-0001", "composite")
    assert kept.shape == (6, 3, 64, 96)
    echo = (
        wan().decoder().push(wan().encoder().push(torch.stack([p for p, _ in plate([*range(9)])], 1)[None]))
    )
    assert torch.allclose(whole.composite(6)[1], echo[0, :, 6], atol=2e-3)


def test_a_damaged_window_is_named(models, shot, tmp_path):
    made = rollout(models, shot, tmp_path)
    made.make(0, Plate(), hear)
    (tmp_path / "window-0000.safetensors").write_bytes(b"torn")
    with pytest.raises(EngineFailed, match=r"window-0000.*render again"):
        made.composite(0)


def test_a_result_that_is_no_numbers_is_an_error_and_no_window(models, shot, tmp_path):
    torch.manual_seed(0)
    broken = PaiTransformer3DModel(**PIXELS, attention="cached").eval()
    broken.proj_out.bias.data[0] = float("nan")
    made = rollout({"cached": broken}, shot, tmp_path)
    with pytest.raises(PaiError, match="window 1 of 3: the model's result has values that are no numbers"):
        made.make(0, Plate(), hear)
    assert made.finished == 0


def test_sixteen_bits_make_nearly_the_same_shot(models, shot, tmp_path):
    """As on a device: weights from disk, some of them kept in 32 bits; the codec, the noise and the loop in 32."""
    folder = tmp_path / "model"
    for attention, model in models.items():
        model.save_pretrained(folder / attention)
        half = PaiTransformer3DModel.from_pretrained(folder / attention, torch_dtype=torch.bfloat16).eval()
        assert half.dtype == torch.bfloat16
        assert half.scale_shift_table.dtype == torch.float32
        made = []
        for name, each in (("whole", model), ("half", half)):
            one = rollout({attention: each}, shot, tmp_path / attention / name, attention=attention, step=4)
            one.make(2, Plate(), hear)
            made.append(everything(one)[:, 0])
        off = (made[0] - made[1]).abs().mean()
        assert 1e-5 < off < 0.02


@pytest.mark.parametrize("attention", ["bidirectional", "cached"])
def test_a_shot_of_one_frame_without_stills_or_a_prompt(models, shot, tmp_path, attention):
    bare = Told(shot.stills[:, :, :0], (), shot.null, shot.null, False)
    made = Rollout(
        models[attention],
        PixelCodec(),
        shot=bare,
        manner=manner(),
        passes=passes(1, 4, 2, 4),
        frame_count=1,
        kept=Kept(tmp_path, {}),
    )
    made.make(0, Plate(), hear)
    assert made.steps == made.done == 2
    assert made.composite(0)[0].shape == (3, HEIGHT, WIDTH)
    assert made.composite(0)[0].std() > 0.05
