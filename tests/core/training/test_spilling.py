"""The screen's colour at a subject's edge as a loss."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from pai_studio.core.training.spilling import spill  # noqa: E402

GREEN = torch.tensor([0.2, 0.6, 0.2])


def half():
    """A matte (1, 1, 2, 24, 40) whose edge runs down the middle."""
    matte = torch.zeros(1, 1, 2, 24, 40)
    matte[..., 20:] = 1.0
    return matte


def picture(colour):
    return (2 * colour - 1).view(1, 3, 1, 1, 1).expand(1, 3, 2, 24, 40).clone()


def test_the_truth_loses_nothing_and_a_picture_without_an_edge_nothing_either():
    assert spill(picture(GREEN), picture(GREEN), half()).tolist() == [0.0]
    assert spill(picture(GREEN / 2), picture(GREEN), torch.ones_like(half())).tolist() == [0.0]


def test_it_is_the_excess_in_linear_light_and_the_same_for_too_much_and_too_little():
    grey = torch.full((3,), 0.4)
    wanted = (0.6**2.2 - 0.2**2.2) / 2  # of green alone: blue has none
    for one, other in ((grey, GREEN), (GREEN, grey)):
        assert spill(picture(one), picture(other), half()).item() == pytest.approx(wanted, rel=1e-5)


def test_only_the_edge_counts():
    wrong = picture(GREEN)
    wrong[..., :10] = wrong[..., 30:] = 0.0
    assert spill(wrong, picture(GREEN), half()).item() == 0.0
    wrong[..., 18:22] = 0.0
    assert spill(wrong, picture(GREEN), half()).item() > 0.01


def test_the_mean_of_two_likely_pictures_loses_though_each_is_right_half_of_the_time():
    left, right = GREEN, GREEN[[1, 0, 2]]
    truths = torch.cat([picture(left), picture(right)])
    mean = picture((left + right) / 2).expand_as(truths)
    lost = spill(mean, truths, half().expand(2, -1, -1, -1, -1))
    assert lost[0] > lost[1] >= 0


def test_a_gradient_reaches_the_picture_from_black_on():
    black = (picture(torch.zeros(3))).requires_grad_()
    dim = picture(torch.tensor([0.0, 0.1, 0.0])).requires_grad_()
    (spill(dim, picture(GREEN), half()) + spill(black, picture(GREEN), half())).sum().backward()
    assert dim.grad[:, 1].abs().sum() > 0
    assert torch.isfinite(black.grad).all()
