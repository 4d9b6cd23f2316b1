"""The measuring code, on cases whose answers are known."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from pai_studio.core.training.data.films import AROUND_PX, SPEEDS_PX, Films  # noqa: E402
from pai_studio.core.training.experiments.measures import SeamMeter, anchor_offset, errors, psnr_db  # noqa: E402

ALL = torch.arange(len(SPEEDS_PX))
BORDERS = {8, 16, 24}


@pytest.fixture(scope="module")
def films():
    return Films(0)


@pytest.fixture(scope="module")
def where(films):
    return films.matte(ALL[:1], 1)[0, 0, 0] == 0


def shot(films, film=2, late=0.0, frames=32):
    which, start = torch.tensor([film]), torch.tensor([5.0])
    return films.composite(which, start, torch.arange(frames) - late)[0]


@pytest.mark.parametrize("film", range(len(SPEEDS_PX)))
@pytest.mark.parametrize("late", [-2, -1, 0, 1, 2])
def test_a_result_that_is_late_is_found_to_be_so_by_as_much(films, where, film, late):
    still = films.background(torch.tensor([film]), torch.tensor([5.0]), torch.tensor([3.0]))[0, :, 0]
    truth = shot(films, film, frames=8)
    assert anchor_offset(shot(films, film, late, frames=8), truth, still, 3, where) == late


def test_a_background_that_stands_still_has_no_offset(films, where):
    truth = shot(films, frames=1).expand(-1, 8, -1, -1)
    assert anchor_offset(truth, truth, truth[:, 3], 3, where) is None


def test_the_subject_does_not_count(films, where):
    truth = shot(films, frames=8)
    other = torch.where(where, truth, -truth)
    assert float(errors(other - truth, torch.zeros(3, *films.size), where).max()) == 0
    assert psnr_db(float(errors(truth + 0.2, truth[:, 0] + 0.2, where)[0])) == 120
    assert psnr_db(0.01) == pytest.approx(20)


def seams(films, where, frames, borders=BORDERS):
    meter = SeamMeter(where, SPEEDS_PX[2])
    for index, (made, true) in enumerate(zip(frames.unbind(1), shot(films).unbind(1), strict=True)):
        meter.add(made, true, seam=index in borders)
    return meter.found()


def test_even_noise_shows_no_seams(films, where):
    noise = 0.1 * torch.randn(3, 32, *films.size, generator=torch.Generator().manual_seed(0))
    found = seams(films, where, shot(films) + noise)
    assert (found.seams, found.frames) == (3, 32)
    assert found.change == pytest.approx(1, abs=0.05)
    assert found.unrest == pytest.approx(1, abs=0.05)


def test_windows_that_slip_against_one_another_show_their_seams(films, where):
    noise = 0.02 * torch.randn(3, 32, *films.size, generator=torch.Generator().manual_seed(0))
    parts = [shot(films, late=late)[:, k * 8 : k * 8 + 8] for k, late in enumerate((0, 0.5, 0, 0.5))]
    found = seams(films, where, torch.cat(parts, dim=1) + noise)
    assert found.unrest > 2


def test_windows_of_other_brightness_show_their_seams(films, where):
    noise = 0.02 * torch.randn(3, 32, *films.size, generator=torch.Generator().manual_seed(0))
    steps = torch.tensor([0.0, 0.3, 0.0, 0.3]).repeat_interleave(8)[:, None, None]
    found = seams(films, where, shot(films) + noise + steps)
    assert found.unrest > 2
    assert found.change > 1.1


def test_seams_alone_are_held_against_nothing(films, where):
    with pytest.raises(ValueError, match="not both"):
        seams(films, where, shot(films), borders=range(40))


def test_a_cylinder_closes_and_a_still_is_where_its_anchor_says(films):
    starts = torch.linspace(0, 50, len(ALL))
    frame = torch.tensor([6.0])
    around = films.background(ALL, starts + AROUND_PX, frame)
    assert torch.equal(around, films.background(ALL, starts, frame))
    begun = films.start(ALL, starts, 6)
    assert torch.equal(films.background(ALL, begun, frame), films.background(ALL, starts, frame * 0))


def test_the_plate_tells_the_speed_and_not_where_the_camera_began(films):
    """The marks move as the background does, and hang wherever they like."""
    frames = torch.arange(4.0)
    hung = torch.zeros(len(ALL))
    one, other = films.plate(ALL, hung, frames), films.plate(ALL, hung + 12, frames)
    assert torch.allclose(one, other, atol=1e-5)
    moved = films.plate(ALL, hung + torch.tensor(SPEEDS_PX), frames[:3])
    assert torch.allclose(one[:, :, 1:], moved, atol=1e-5)
