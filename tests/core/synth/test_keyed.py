"""A keyed roll as a subject: exact under turning cameras, lit as the place says, refused where a card would show."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pai_studio.core.shot.errors import BadInput
from pai_studio.core.synth.camera import plane_homography
from pai_studio.core.synth.filming import Scene, SceneSpec
from pai_studio.core.synth.people.keyed import MOVES, Keyed
from pai_studio.core.synth.people.roll import ABOUT, open_roll
from pai_studio.core.synth.told import prompt_of
from tests.core.synth.rolled import put

SIZE = (160, 90)


@pytest.fixture(scope="module")
def roll(tmp_path_factory):
    return put(tmp_path_factory.mktemp("rolls") / "round")


def spec(roll, move="pan", **over):
    return replace(SceneSpec(SIZE, 5, 12.0, 11, "green", True, place="gallery", move=move, roll=roll), **over)


@pytest.mark.parametrize("move", MOVES)
def test_the_layers_are_the_composite_and_the_subject_leaves_the_picture_below(roll, move):
    scene = Scene(spec(roll, move))
    for index in (0, 2, 4):
        filmed = scene.filmed(index)
        left = filmed.background * (filmed.shadow * (1 - filmed.matte))[..., None]
        assert np.allclose(filmed.composite, filmed.foreground + left, atol=1e-6)
        assert 0.05 < filmed.matte.mean() < 0.8
        assert filmed.matte[-1].max() > 0.9
        assert filmed.matte[0].max() < 0.1 or move == "zoom"


def test_a_turning_camera_moves_it_as_it_would_move_a_real_subject(tmp_path):
    """One frame of a photograph: between two cameras in one place all the picture moves by their homography."""
    scene = Scene(spec(put(tmp_path / "still", frames=1), "pan"))
    first, last = scene.camera(0), scene.camera(4)
    ahead = first.rotation[2]
    matrix = plane_homography(first, last, first.position + 5 * ahead, ahead)
    expected = cv2.warpPerspective(scene.filmed(0).matte, matrix, SIZE, flags=cv2.INTER_LINEAR)
    whole = cv2.warpPerspective(np.ones(SIZE[::-1], np.float32), matrix, SIZE) > 0.999
    off = np.abs(expected - scene.filmed(4).matte)[whole]
    assert off.mean() < 0.005
    assert np.linalg.norm(matrix - np.eye(3)) > 5


def test_the_place_s_light_falls_on_it_and_the_camera_s_side_is_no_brighter_than_its_albedo_allows(roll):
    scene = Scene(spec(roll, "static"))
    subject = scene.subject
    assert isinstance(subject, Keyed)
    seen = subject.pictured(scene.camera(0), 0.0, 0.25)
    red = replace(subject.light, sky=np.float32([1, 0, 0]), glow=np.zeros(3, np.float32))
    under_red = Keyed(open_roll(roll), scene.move, (red, subject.stage), SIZE, scene.spec.seed)
    reddened = under_red.pictured(scene.camera(0), 0.0, 0.25)
    inside = seen.matte > 0.99
    assert np.allclose(reddened.stage[inside], seen.stage[inside])
    was, now = (each.place[inside].mean(axis=0) for each in (seen, reddened))
    assert now[0] / now[2] > 1.5 * was[0] / was[2]
    hue = seen.stage[inside].mean(axis=0)
    assert np.allclose(hue / hue[0], np.array([0.4, 0.3, 0.2]) / 0.4, rtol=0.1)


def test_a_figure_on_two_feet_stands_in_the_picture(tmp_path):
    scene = Scene(spec(put(tmp_path / "figure", feet=True), "static"))
    filmed = scene.filmed(0)
    assert not open_roll(str(tmp_path / "figure")).is_cut
    assert filmed.matte.max() > 0.9
    assert filmed.matte[-1].max() == 0


def test_it_goes_there_and_back_again_where_the_shot_is_longer_than_the_roll(roll):
    subject = Scene(spec(roll, "static", frames=25)).subject
    numbers = [
        next(
            n for n, f in enumerate(subject._frames) if any(np.array_equal(seen, g) for g in (f, f[:, ::-1]))
        )
        for seen in (subject._frame(step / 100) for step in range(101))
    ]
    assert set(numbers) == set(range(5))
    assert np.abs(np.diff(numbers)).max() == 1


@pytest.mark.parametrize("fault", ["missing", "holes", "occluder", "erode"])
def test_faults_spoil_its_matte_as_they_do_a_person_s(roll, fault):
    scene = Scene(spec(roll, "static", fault=fault))
    filmed = [scene.filmed(index) for index in range(5)]
    assert max(float(np.abs(each.given - each.matte).sum()) for each in filmed) > 20
    assert max(float(each.rebuilt.sum()) for each in filmed) > 20


def test_the_prompt_says_who_it_is(roll):
    told = prompt_of(Scene(spec(roll, "static")))
    assert (told.foreground_content, told.foreground_motion) == ("a round head", "nods")
    assert told.caption.startswith("a round head nods; a gallery")


def test_a_move_that_would_show_that_it_is_flat_is_refused(roll):
    with pytest.raises(ValueError, match=r"a dolly would show"):
        Scene(spec(roll, "dolly"))


def test_what_cannot_be_a_subject_is_told_in_one_line(tmp_path):
    with pytest.raises(BadInput, match="is no keyed subject"):
        open_roll(str(tmp_path))
    with pytest.raises(BadInput, match="is cut off at a side"):
        open_roll(put(tmp_path / "aside", side=30))
    with pytest.raises(BadInput, match="no matte is whole"):
        open_roll(put(tmp_path / "away", side=200))
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / ABOUT).write_text('{"about": "a", "motion": "b", "rate": 24}', encoding="utf-8")
    with pytest.raises(BadInput, match="holds no frames"):
        open_roll(str(empty))
