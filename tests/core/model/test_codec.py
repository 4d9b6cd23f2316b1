"""Codecs as streams: in pieces as at once, and at once as the library; tiles; states; what is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
diffusers = pytest.importorskip("diffusers")

from safetensors.torch import load_file, save_file  # noqa: E402

from pai_studio.core.model import codec_wan  # noqa: E402
from pai_studio.core.model.clock import Clock  # noqa: E402
from pai_studio.core.model.codec import PixelCodec, linear_preview, shrunk  # noqa: E402
from pai_studio.core.model.codec_wan import WanCodec  # noqa: E402
from pai_studio.core.shot.errors import BadInput, NotFound  # noqa: E402

CHANNELS = 4
FORMS = {
    "Wan2.2": {"is_residual": True, "patch_size": 2, "in_channels": 12, "out_channels": 12,
               "scale_factor_spatial": 16, "decoder_base_dim": 12},
    "Wan2.1": {},
}  # fmt: skip
TILE_LATENTS = 8
BATCH, LATENTS, HEIGHT, WIDTH = 2, 4, 2, 12
FRAMES = 1 + 4 * (LATENTS - 1)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def noise(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def tiny(form, tile=None):
    """A codec of random weights; `tile` in latent pixels."""
    torch.manual_seed(0)
    vae = diffusers.AutoencoderKLWan(
        base_dim=8, z_dim=CHANNELS, dim_mult=[1, 1, 1, 1], num_res_blocks=1,
        latents_mean=[0.1, -0.2, 0.3, 0.0], latents_std=[0.5, 0.25, 2.0, 1.0], **FORMS[form],
    )  # fmt: skip
    spatial = vae.config.scale_factor_spatial
    return WanCodec(vae, tile_px=tile and tile * spatial)


CODECS = {(form, tile): tiny(form, tile) for form in FORMS for tile in (None, TILE_LATENTS)}


@pytest.fixture(params=FORMS)
def form(request):
    return request.param


@pytest.fixture(params=[None, TILE_LATENTS], ids=["untiled", "tiled"])
def codec(request, form):
    return CODECS[form, request.param]


def pictures(codec, frames=FRAMES, batch=BATCH, height=HEIGHT, width=WIDTH):
    """Smooth random pictures in -1..1."""
    small = noise(1, batch * frames, 3, height * 2, width * 2)
    large = torch.nn.functional.interpolate(small, scale_factor=codec.spatial // 2, mode="bilinear")
    return large.unflatten(0, (batch, frames)).transpose(1, 2).clamp(-1, 1)


def latents(count=LATENTS):
    return noise(2, BATCH, CHANNELS, count, HEIGHT, WIDTH)


def in_pieces(stream, given, sizes):
    return torch.cat([stream.push(piece) for piece in given.split(sizes, dim=2)], dim=2)


def near(one, other, most=1e-5):
    assert one.shape == other.shape
    assert (one - other).abs().max() <= most


partitions = st.lists(st.integers(1, 2), min_size=1, max_size=3)


@settings(max_examples=4, deadline=None)
@given(partitions, st.sampled_from(sorted(CODECS, key=str)))
def test_a_stream_in_pieces_gives_what_the_whole_gives(parts, which):
    codec = CODECS[which]
    count = sum(parts)
    frames = pictures(codec, frames=1 + 4 * (count - 1), batch=1)
    sizes = [1 + 4 * (parts[0] - 1), *(4 * part for part in parts[1:])]
    near(in_pieces(codec.encoder(), frames, sizes), codec.encoder().push(frames))
    told = latents(count)
    near(in_pieces(codec.decoder(), told, parts), codec.decoder().push(told))


def test_the_whole_is_what_the_library_gives(form):
    codec = CODECS[form, None]
    vae, frames = codec.vae, pictures(codec)
    mean, deviation = codec.statistics()
    assert (codec.clock, codec.channels) == (Clock(4), CHANNELS)
    with torch.no_grad():
        theirs = (vae.encode(frames).latent_dist.mode() - mean) / deviation
        ours = codec.encoder().push(frames)
        assert ours.shape == (BATCH, CHANNELS, LATENTS, HEIGHT, WIDTH)
        near(ours, theirs)
        told = latents()
        near(codec.decoder().push(told), vae.decode(told * deviation + mean).sample)


def test_tiles_make_the_whole_picture_but_for_what_they_cannot_see(form):
    """Of random weights and of noise, where nothing is smooth; `test_codec_trained` tells what it is in truth."""
    tiled, whole = CODECS[form, TILE_LATENTS], CODECS[form, None]
    told = whole.encoder().push(pictures(whole))
    for one, other in [
        (tiled.encoder().push(pictures(whole)), told),
        (tiled.decoder().push(told), whole.decoder().push(told)),
    ]:
        assert one.shape == other.shape
        assert 0 < (one - other).square().mean() < 0.1 * other.var()


def test_a_picture_of_one_tile_is_the_same_tiled_or_not(form):
    tiled, whole = CODECS[form, TILE_LATENTS], CODECS[form, None]
    frames = pictures(whole, width=TILE_LATENTS)
    assert torch.equal(tiled.encoder().push(frames), whole.encoder().push(frames))


def test_a_stream_goes_on_from_a_file_as_if_it_had_never_stopped(codec, tmp_path):
    """Stopped after every piece, so that a stream that was itself gone on with is stopped and goes on too."""
    frames, told = pictures(codec), latents()
    for make, pieces in [
        (codec.encoder, frames.split([1, 4, 8], dim=2)),
        (codec.decoder, told.split([1, 1, 2], dim=2)),
    ]:
        unbroken, resumed = make(), make()
        for piece in pieces:
            assert torch.equal(resumed.push(piece), unbroken.push(piece))
            save_file(resumed.state(), tmp_path / "state.safetensors")
            resumed = make()
            resumed.restore(load_file(tmp_path / "state.safetensors"))


def test_a_state_is_not_changed_by_what_the_stream_does_next(codec):
    stream = codec.decoder()
    stream.push(latents(2))
    state = stream.state()
    before = {name: kept.clone() for name, kept in state.items()}
    stream.push(latents(2))
    assert all(torch.equal(kept, before[name]) for name, kept in state.items())
    assert any(not torch.equal(kept, before[name]) for name, kept in stream.state().items())


def test_memory_does_not_grow_with_the_shot(codec):
    stream = codec.encoder()
    stream.push(pictures(codec))
    held = sum(kept.numel() for kept in stream.state().values())
    stream.push(pictures(codec, frames=8))
    assert sum(kept.numel() for kept in stream.state().values()) == held


def test_a_fresh_stream_has_nothing_to_carry_and_can_be_begun_again(codec):
    stream = codec.encoder()
    assert stream.state() == {}
    frames = pictures(codec, frames=1)
    first = stream.push(frames)
    stream.restore({})
    assert torch.equal(stream.push(frames), first)


def test_a_still_is_a_first_frame_of_its_own(codec):
    stills = pictures(codec, frames=3)
    found = codec.still(stills)
    assert found.shape == (BATCH, CHANNELS, 3, HEIGHT, WIDTH)
    for index in range(3):
        near(found[:, :, [index]], codec.encoder().push(stills[:, :, [index]]))


def test_pushes_that_do_not_fit_are_refused_and_change_nothing(codec):
    frames, grid = pictures(codec), codec.spatial
    stream, fresh = codec.encoder(), codec.encoder()
    for wrong in (
        frames[:, :, :4],
        frames[:, :, :0],
        frames[..., : grid + 1],
        frames[:, :2],
        frames[:, :, 0],
    ):
        with pytest.raises(ValueError, match=r"frames|grid|expected"):
            stream.push(wrong)
    stream.push(frames[:, :, :1])
    fresh.push(frames[:, :, :1])
    for wrong in (frames[:, :, :1], frames[:, :, :5], frames[:, :, :4, :, :-grid], frames[:1, :, :4]):
        with pytest.raises(ValueError, match=r"frames|the stream is of"):
            stream.push(wrong)
    assert torch.equal(stream.push(frames[:, :, 1:5]), fresh.push(frames[:, :, 1:5]))
    decoder = codec.decoder()
    decoder.push(latents(1))
    for wrong in (latents()[:, :, :0], latents()[:, :3], latents()[..., :-1]):
        with pytest.raises(ValueError, match=r"expected|the stream is of"):
            decoder.push(wrong)
    with pytest.raises(ValueError, match="grid"):
        codec.still(frames[..., 1:])


def test_states_of_others_are_refused(form):
    tiled, whole = CODECS[form, TILE_LATENTS], CODECS[form, None]
    stream = tiled.decoder()
    stream.push(latents(1))
    with pytest.raises(ValueError, match="other tiles"):
        whole.decoder().restore(stream.state())
    with pytest.raises(ValueError, match="another codec or of other tiles"):
        whole.decoder().restore({"size": torch.ones(3)})
    with pytest.raises(ValueError, match="another network"):
        tiled.encoder().restore({**stream.state(), "0.999": torch.zeros(1)})
    with pytest.raises(ValueError, match="another codec"):
        PixelCodec().encoder().restore(stream.state())


def test_tiles_off_the_grid_and_latents_without_statistics_are_refused():
    vae = CODECS["Wan2.2", None].vae
    for wrong in (64, 136):
        with pytest.raises(ValueError, match="a tile is a multiple of 16"):
            WanCodec(vae, tile_px=wrong)
    with pytest.raises(ValueError, match="deviation"):
        WanCodec(diffusers.AutoencoderKLWan(base_dim=8, z_dim=4, dim_mult=[1, 1, 1, 1], num_res_blocks=1))


def test_a_codec_is_saved_and_loaded(form, tmp_path):
    codec = CODECS[form, None]
    codec.save(tmp_path / "vae")
    again = WanCodec.load(tmp_path / "vae")
    frames = pictures(codec, frames=1)
    assert torch.equal(again.encoder().push(frames), codec.encoder().push(frames))
    assert [path.suffix for path in (tmp_path / "vae").iterdir() if path.suffix != ".json"] == [
        ".safetensors"
    ]
    with pytest.raises(NotFound, match="no autoencoder"):
        WanCodec.load(tmp_path)


def test_half_the_bits_give_about_the_same(form, tmp_path):
    codec = CODECS[form, None]
    codec.save(tmp_path)
    half = WanCodec.load(tmp_path, dtype=torch.bfloat16)
    frames = pictures(codec, frames=5, batch=1)
    one, other = half.encoder().push(frames), codec.encoder().push(frames)
    assert one.dtype == torch.float32
    near(one, other, 0.05 * float(other.abs().max()))


def test_pixels_are_their_own_latents():
    codec, shot = PixelCodec(), noise(3, 2, 3, 5, 6, 9)
    assert (codec.clock, codec.channels, codec.spatial) == (Clock(1), 3, 1)
    assert torch.equal(in_pieces(codec.encoder(), shot, [2, 3]), shot)
    assert torch.equal(codec.still(shot), shot)
    assert torch.equal(codec.decoder().push(shot), shot.clamp(-1, 1))
    assert codec.encoder().state() == {}
    codec.decoder().restore({})
    shown = codec.preview_map(shot, shot)
    assert torch.equal(shown(shot), shot.clamp(-1, 1))
    with pytest.raises(ValueError, match="expected"):
        codec.encoder().push(shot[:, :2])


def test_a_preview_finds_the_map_that_made_the_latents():
    colours = noise(4, 1, 3, 3, 5, 7).clamp(-1, 1)
    mixing = noise(5, 8, 3)
    told = torch.einsum("cr,brmhw->bcmhw", mixing, colours) + 0.3
    shown = linear_preview(told, colours)
    near(shown(told), colours, 2e-3)
    other = noise(6, 1, 3, 1, 2, 2).clamp(-0.9, 0.9)
    near(shown(torch.einsum("cr,brmhw->bcmhw", mixing, other) + 0.3), other, 2e-3)
    with pytest.raises(ValueError, match="latents for"):
        linear_preview(told, colours[:, :, :2])


def test_a_preview_of_an_even_plate_is_its_colour_whatever_comes():
    told, plate = torch.ones(1, 6, 2, 3, 3), torch.full((1, 3, 2, 3, 3), 0.25)
    shown = linear_preview(told, plate)
    near(shown(noise(7, 1, 6, 2, 3, 3)), plate)


def test_frames_shrink_to_what_each_latent_holds():
    frames = torch.arange(9.0).view(1, 1, 9, 1, 1).expand(1, 3, 9, 4, 8)
    small = shrunk(frames, Clock(4), 4)
    assert small.shape == (1, 3, 3, 1, 2)
    assert small[0, 0, :, 0, 0].tolist() == [0.0, 2.5, 6.5]


def test_a_codec_fits_its_preview_to_the_frames_of_its_latents(codec):
    frames = pictures(codec)
    told = codec.encoder().push(frames)
    small = shrunk(frames, codec.clock, codec.spatial)
    missed = codec.preview_map(told, frames)(told) - small
    assert 0 < missed.square().mean() < small.var()
    with pytest.raises(ValueError, match="latents for"):
        codec.preview_map(told, frames[:, :, :9])


VAE = "diffusion_pytorch_model.safetensors"


def without_a_weight(folder):
    stored = load_file(folder / VAE)
    stored.pop("decoder.conv_in.bias")
    save_file(stored, folder / VAE, {"format": "pt"})


def misshapen(folder):
    stored = load_file(folder / VAE)
    stored["decoder.conv_in.bias"] = torch.zeros(3)
    save_file(stored, folder / VAE, {"format": "pt"})


def torn(folder):
    (folder / VAE).write_bytes((folder / VAE).read_bytes()[:-10])


def gone(folder):
    (folder / VAE).unlink()


def told(**values):
    def change(folder):
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | values))

    return change


SPOILT = {
    "without a weight": (without_a_weight, r"lacks weights: decoder\.conv_in\.bias"),
    "misshapen": (misshapen, "cannot be read: .*expected shape"),
    "torn": (torn, "cannot be read"),
    "gone": (gone, "cannot be read"),
    "one mean": (told(latents_mean=[0.0]), "need a mean and a deviation each"),
    "words": (told(latents_std=["a"] * CHANNELS), "cannot be read"),
    "no blocks": (told(dim_mult="x"), "cannot be read"),
}


@pytest.mark.parametrize(("spoil", "says"), SPOILT.values(), ids=SPOILT)
def test_an_autoencoder_that_is_not_whole_says_so_in_one_line(tmp_path, spoil, says):
    tiny("Wan2.1").save(tmp_path)
    spoil(tmp_path)
    with pytest.raises(BadInput, match=says) as caught:
        WanCodec.load(tmp_path)
    assert caught.value.where == str(tmp_path)
    assert "\n" not in str(caught.value)


def test_memory_that_runs_out_is_no_fault_of_the_autoencoders(tmp_path, monkeypatch):
    tiny("Wan2.1").save(tmp_path)

    def full(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(codec_wan.AutoencoderKLWan, "from_pretrained", full)
    with pytest.raises(torch.OutOfMemoryError):
        WanCodec.load(tmp_path)


def test_stills_take_no_more_memory_than_one_of_them(form):
    codec = tiny(form)
    pictures = noise(9, 1, 3, 4, 2 * codec.spatial, 3 * codec.spatial).clamp(-1, 1)
    at_once = []
    codec.vae.encoder.register_forward_pre_hook(lambda _, given: at_once.append(given[0].shape[0]))
    latents = codec.still(pictures)
    assert at_once == [1] * 4
    assert latents.shape == (1, CHANNELS, 4, 2, 3)
    for index in range(4):
        assert torch.equal(latents[:, :, [index]], codec.encoder().push(pictures[:, :, [index]]))
