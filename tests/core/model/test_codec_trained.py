"""What tiles and previews cost on real latents: a tiny autoencoder of Wan2.2's form, trained here on moving textures.

Random weights would flatter tiles, since they hardly look beyond a pixel's neighbours. The steps are counted and
seeded, so that the same weights come of it every time; about two minutes of one core.
"""

from __future__ import annotations

import math
import time
from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch")
diffusers = pytest.importorskip("diffusers")
cv2 = pytest.importorskip("cv2")

from diffusers.models.autoencoders.autoencoder_kl_wan import WanResidualBlock  # noqa: E402

from pai_studio.core.model.codec import shrunk  # noqa: E402
from pai_studio.core.model.codec_wan import WanCodec  # noqa: E402
from pai_studio.core.model.tiles import cut  # noqa: E402

pytestmark = pytest.mark.long

STILLS, CLIPS, CLIP_FRAMES = 400, 500, 5
"""Steps on single frames, which teach space at little cost, then on clips. Of so short ones the features that are
carried on drift later in a shot, so that what was learned is told by a shot's first frames."""
BATCH, SIDE, SPEED_PX = 8, 48, 1.0
FRAMES, HEIGHT, WIDTH = 13, 104, 160


def wallpaper(rng, side=320, leaves=200):
    """Dead leaves: shaded discs of many sizes over one another, (side, side, 3) in 0..1."""
    picture = np.full((side, side, 3), rng.uniform(0.1, 0.9, 3), np.float32)
    for radius in sorted(np.clip(10 * rng.uniform(0.02, 1, leaves) ** -0.6, 10, 80))[::-1]:
        x, y = rng.uniform(0, side, 2)
        color, slope = rng.uniform(0.05, 0.95, 3), rng.uniform(-0.3, 0.3, 2)
        box = [slice(max(int(at - radius) - 1, 0), min(int(at + radius) + 2, side)) for at in (y, x)]
        down, across = np.mgrid[box[0], box[1]]
        cover = np.clip(radius + 0.5 - np.hypot(across - x, down - y), 0, 1)[..., None]
        shade = 1 + (slope[0] * (across - x) + slope[1] * (down - y))[..., None] / radius
        picture[box[0], box[1]] += (np.clip(color * shade, 0, 1) - picture[box[0], box[1]]) * cover
    return picture


def pan(rng, paper, frames, height, width):
    """A window that glides over a wallpaper, (3, frames, height, width) in -1..1."""
    speed = rng.uniform(-SPEED_PX, SPEED_PX, 2)
    room = np.array([paper.shape[1] - width, paper.shape[0] - height]) - 1 - np.abs(speed) * frames
    start = rng.uniform(0, 1, 2) * room + np.maximum(-speed, 0) * frames + np.array([width, height]) / 2
    shown = [
        cv2.getRectSubPix(paper, (width, height), tuple(start + speed * frame)) for frame in range(frames)
    ]
    return torch.from_numpy(np.stack(shown)).permute(3, 0, 1, 2) * 2 - 1


def pans(rng, papers, batch, frames, *, height=SIDE, width=SIDE):
    """A batch of pans over wallpapers by chance, (batch, 3, frames, height, width)."""
    return torch.stack(
        [pan(rng, papers[rng.integers(len(papers))], frames, height, width) for _ in range(batch)]
    )


def psnr(one, other):
    """Of pictures in -1..1, in dB."""
    return -10 * math.log10(((one - other) / 2).square().mean())


def untrained():
    """Wan2.2's form with one halving less, 4x8x8, so begun that it learns at once.

    Residual blocks begin as nothing, and the first convolutions hand their channels through, so that the means which
    the form's shortcuts take arrive at the other end.
    """
    vae = diffusers.AutoencoderKLWan(
        base_dim=16, z_dim=16, dim_mult=[1, 2, 2], num_res_blocks=1, temperal_downsample=[True, True],
        is_residual=True, patch_size=2, in_channels=12, out_channels=12, scale_factor_spatial=8,
    )  # fmt: skip
    for block in vae.modules():
        if isinstance(block, WanResidualBlock):
            torch.nn.init.zeros_(block.conv2.weight)
            torch.nn.init.zeros_(block.conv2.bias)
    with torch.no_grad():
        for layer in (vae.encoder.conv_in, vae.decoder.conv_in):
            layer.weight.mul_(0.1)
            for channel in range(layer.out_channels):
                layer.weight[channel, channel % layer.in_channels, -1, 1, 1] = 1
    return vae


def train(vae, rng, papers):
    """By squared error, through latents that a little noise keeps smooth and a little weight keeps near 0."""
    steps = STILLS + CLIPS
    optimizer = torch.optim.AdamW(vae.parameters(), lr=2e-3, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (step + 1) / 10) * max(0.02, min(1, 2 - 2 * step / steps))
    )
    for step in range(steps):
        shot = pans(rng, papers, BATCH, 1) if step < STILLS else pans(rng, papers, BATCH // 4, CLIP_FRAMES)
        latents = vae.encode(shot).latent_dist.mean
        seen = vae.decode(latents + 0.05 * torch.randn_like(latents)).sample
        loss = (seen - shot).square().mean() + 1e-4 * latents.square().mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimizer.step()
        schedule.step()


@pytest.fixture(scope="module")
def vae():
    """The trained autoencoder, its latents' statistics in its configuration."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rng, began = np.random.default_rng(0), time.process_time()
    papers = [wallpaper(rng) for _ in range(24)]
    made = untrained()
    train(made, rng, papers)
    with torch.no_grad():
        told = made.encode(pans(rng, papers, 8, CLIP_FRAMES)).latent_dist.mean
    deviation, mean = torch.std_mean(told, dim=(0, 2, 3, 4))
    made.register_to_config(latents_mean=mean.tolist(), latents_std=deviation.tolist())
    print(f"\ntrained in {time.process_time() - began:.0f} s of one core")
    yield made
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def whole(vae):
    return WanCodec(vae)


@pytest.fixture(scope="module", params=[64, 96], ids="tiles of {} px".format)
def tiled(request, vae):
    return WanCodec(vae, tile_px=request.param)


@pytest.fixture(scope="module")
def shot():
    """A pan over a wallpaper that the training has not seen."""
    rng = np.random.default_rng(1)
    return pans(rng, [wallpaper(rng)], 1, FRAMES, height=HEIGHT, width=WIDTH)


@pytest.fixture(scope="module")
def latents(whole, shot):
    return whole.encoder().push(shot)


@pytest.fixture(scope="module")
def decoded(whole, latents):
    return whole.decoder().push(latents)


def test_it_has_learned_more_than_blocks_of_colour(whole, shot, decoded):
    clip, shown = shot[:, :, :CLIP_FRAMES], decoded[:, :, :CLIP_FRAMES]
    small = shrunk(clip, whole.clock, whole.spatial)
    blurred = torch.nn.functional.interpolate(small, size=clip.shape[2:], mode="trilinear")
    print(f"reconstruction {psnr(shown, clip):.2f} dB, blurred {psnr(blurred, clip):.2f} dB")
    assert psnr(shown, clip) > psnr(blurred, clip) + 1


def test_latents_are_about_normal(latents):
    deviation, mean = torch.std_mean(latents, dim=(0, 2, 3, 4))
    assert mean.abs().mean() < 0.5
    assert 0.5 < deviation.mean() < 1.5


def in_pieces_against_at_once(codec, shot):
    encoder, decoder = codec.encoder(), codec.decoder()
    told = codec.encoder().push(shot)
    pieces = torch.cat([encoder.push(piece) for piece in shot.split([5, 4, 4], dim=2)], dim=2)
    shown = torch.cat([decoder.push(piece) for piece in told.split([1, 2, 1], dim=2)], dim=2)
    far = [(pieces - told).abs().max().item(), (shown - codec.decoder().push(told)).abs().max().item()]
    print(f"pieces against the whole: latents {far[0]:.1e}, frames {far[1]:.1e} at most")
    return max(far)


def test_in_pieces_is_as_at_once(whole, shot):
    assert in_pieces_against_at_once(whole, shot) <= 1e-4


def test_in_pieces_and_tiles_is_as_at_once_in_tiles(tiled, shot):
    assert in_pieces_against_at_once(tiled, shot) <= 1e-4


def test_tiles_leave_no_seam(tiled, latents, decoded):
    shown = tiled.decoder().push(latents)
    off = (shown - decoded).abs().mean(dim=(0, 1, 2))
    shared = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool)
    for axis, length in enumerate((HEIGHT, WIDTH)):
        for one, after in pairwise(cut(length // tiled.spatial, tiled.tile).spans(tiled.spatial)):
            shared.index_fill_(axis, torch.arange(after.start, one.stop), True)
    seam = off[shared].mean() / off[~shared].mean()
    print(
        f"tiled decoding against untiled {psnr(shown, decoded):.2f} dB, at the seams {seam:.2f} of elsewhere"
    )
    assert psnr(shown, decoded) > 45
    assert seam < 2


def test_tiles_cost_nothing_of_the_picture(tiled, shot, latents, decoded):
    told = tiled.encoder().push(shot)
    off = ((told - latents).square().mean() / latents.var()).sqrt()
    shown = psnr(tiled.decoder().push(told), shot)
    print(
        f"latents in tiles are {off:.4f} deviations off; both ways {shown:.2f} dB, {psnr(decoded, shot):.2f} untiled"
    )
    assert off < 0.05
    assert shown > psnr(decoded, shot) - 0.2


def test_a_preview_learned_on_one_shot_shows_another(whole, shot, latents):
    rng = np.random.default_rng(2)
    other = pans(rng, [wallpaper(rng)], 1, FRAMES, height=HEIGHT, width=WIDTH)
    shown = whole.preview_map(latents, shot)(whole.encoder().push(other))
    truth = shrunk(other, whole.clock, whole.spatial)
    even = truth.mean(dim=(0, 2, 3, 4), keepdim=True).expand_as(truth)
    print(f"preview {psnr(shown, truth):.2f} dB, one colour {psnr(even, truth):.2f} dB")
    assert psnr(shown, truth) > psnr(even, truth) + 6
