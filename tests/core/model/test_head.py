"""The last word in pixel space: what it leaves alone at first, and what it makes of guide and plate."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from pai_studio.core.model.head import PixelHead  # noqa: E402

SHAPE = (2, 3, 4, 8, 12)


def given(features=2, guide=5, there=1.0):
    batch, channels, frames, height, width = SHAPE
    drawn = torch.Generator().manual_seed(3)
    found = torch.randn(batch, channels + features, frames, height, width, generator=drawn)
    foreground = torch.randn(batch, channels + 1 + guide, frames, height, width, generator=drawn)
    if guide:
        foreground[:, -1] = there
        foreground[:, -guide:] *= there
    return found, foreground, torch.randn(SHAPE, generator=drawn)


def taught(head):
    """Any weights but those that say nothing."""
    drawn = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for value in head.parameters():
            value.copy_(0.3 * torch.randn(value.shape, generator=drawn))
    return head


def sharing(head, said):
    """The head, with a share of its own picture that is the same everywhere: sigmoid(`said`)."""
    with torch.no_grad():
        head.layers[-1].weight[9:] = 0
        head.layers[-1].bias[9:] = said
    return head


def mended(head, *told):
    return head(*told)[0]


def test_untaught_it_gives_the_mean_of_guide_and_picture():
    head = PixelHead(3, 8, features=2, guide=5)
    found, foreground, noisy = given()
    assert torch.allclose(
        mended(head, found, foreground, noisy), (found[:, :3] + foreground[:, 4:7]) / 2, atol=1e-6
    )


def test_where_the_picture_has_no_share_the_guide_stands_as_it_is():
    head = sharing(taught(PixelHead(3, 8, features=2, guide=5)), -40.0)
    found, foreground, noisy = given()
    assert torch.equal(mended(head, found, foreground, noisy), foreground[:, 4:7])


def test_where_the_picture_has_all_it_is_what_it_were_without_the_guides_picture():
    head = sharing(PixelHead(3, 8, features=2, guide=5), 40.0)
    found, foreground, noisy = given()
    assert torch.equal(mended(head, found, foreground, noisy), mended(head, found, None, noisy))


def test_without_a_guide_the_picture_is_the_transformers_own():
    head = PixelHead(3, 8, features=2, guide=5)
    found, foreground, noisy = given(there=0.0)
    assert torch.equal(mended(head, found, foreground, noisy), found[:, :3])
    assert torch.equal(mended(head, found, None, noisy), found[:, :3])
    plain = PixelHead(3, 8)
    found, foreground, noisy = given(features=0, guide=0)
    assert torch.equal(mended(plain, found, foreground, noisy), found)


def test_a_guide_that_is_not_there_says_nothing_even_to_a_head_that_has_learnt():
    head = taught(PixelHead(3, 8, features=2, guide=5))
    found, foreground, noisy = given(there=0.0)
    without = mended(head, found, foreground, noisy)
    moved = foreground.clone()
    moved[:, :4] += 0.5
    assert torch.allclose(mended(head, found, foreground.clone(), noisy), without)
    assert not torch.allclose(mended(head, found, moved, noisy), without)
    with_guide = foreground.clone()
    with_guide[:, -1] = 1
    assert not torch.allclose(mended(head, found, with_guide, noisy), without)


def test_the_heads_own_picture_is_there_whatever_its_share_is():
    found, foreground, noisy = given()
    _, unseen = sharing(taught(PixelHead(3, 8, features=2, guide=5)), -40.0)(found, foreground, noisy)
    all_of_it, seen = sharing(taught(PixelHead(3, 8, features=2, guide=5)), 40.0)(found, foreground, noisy)
    assert torch.equal(unseen, seen)
    assert torch.equal(seen, all_of_it)


def test_detail_of_the_plate_passes_times_a_gain():
    head = PixelHead(3, 8)
    found, foreground, noisy = given(features=0, guide=0)
    with torch.no_grad():
        head.layers[-1].bias[3:] = 0.5  # the plate's gain, everywhere
    subject = (foreground[:, :3] / 2 + 0.5) * foreground[:, 3:4]
    assert torch.allclose(mended(head, found, foreground, noisy), found + 0.5 * subject, atol=1e-6)


def test_a_screen_has_no_way_into_the_place():
    head = taught(PixelHead(3, 8, features=2, guide=5))
    found, foreground, noisy = given()
    foreground[:, 3] = 0  # nothing but screen
    grain = foreground.clone()
    grain[:, :3] += 0.3
    assert torch.equal(mended(head, found, foreground, noisy), mended(head, found, grain, noisy))


def test_a_plate_of_half_the_size_is_enlarged():
    head = taught(PixelHead(3, 8))
    found, foreground, noisy = given(features=0, guide=0)
    half = foreground[..., ::2, ::2]
    whole = half.repeat_interleave(2, dim=-1).repeat_interleave(2, dim=-2)
    assert torch.equal(mended(head, found, half, noisy), mended(head, found, whole, noisy))


def test_what_the_blocks_say_in_16_bits_does_not_coarsen_the_guide():
    head = sharing(PixelHead(3, 8, features=2, guide=5), -40.0)
    found, foreground, noisy = given()
    silent = torch.zeros_like(found).bfloat16()
    assert torch.equal(mended(head, silent, foreground, noisy.bfloat16()), foreground[:, 4:7])
