"""Parts of the subject that the given matte lacks, told from the place by the stills of it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pai_studio.core.finish.finisher import Finisher
from pai_studio.core.finish.place import Place
from pai_studio.core.finish.rebuilt import missing
from pai_studio.core.media.frame import Generated, ModelPicture, PlateFrame, Screen
from pai_studio.core.shot.document import Finish
from tests.core.finish.test_place import FRAME, H, W, a_place, a_subject, generated, photographed, seen

GREEN = np.float32([0.05, 0.4, 0.06])


def an_arm() -> np.ndarray:
    """A matte (H, W) of an arm beside the body of `a_subject`."""
    arm = np.zeros((H, W), np.float32)
    cv2.line(arm, (262, 120), (330, 80), 1.0, 26)
    return cv2.GaussianBlur(arm, (0, 0), 1.0)


def found(place, given, composite, stills) -> np.ndarray:
    here = seen(composite, given)[1001]
    return missing(here, list(Place(stills)._by_itself(here).laid.values()))


@pytest.mark.parametrize("skin", [(3.0, 0.02, 0.02), (0.9, 0.7, 0.5)])
def test_an_arm_that_the_matte_lacks_is_found_and_its_shadow_is_not(skin) -> None:
    place, (body, shade), arm = a_place(), a_subject(), an_arm()
    whole = np.maximum(body, arm)
    composite = generated(place, whole, shade, np.float32(skin))
    got = found(place, body, composite, [photographed(place, light=1.3)])
    truth = np.clip(FRAME.to_model(np.maximum(whole - body, 0)), 0, 1)
    away = cv2.dilate(truth, np.ones((13, 13))) < 0.01
    assert (got * truth).sum() > 0.8 * truth.sum()
    assert (got * away).sum() < 0.05 * truth.sum()


@pytest.mark.parametrize("shaded", [False, True])
def test_a_whole_matte_lacks_nothing(shaded: bool) -> None:
    place, (body, shade) = a_place(), a_subject()
    composite = generated(place, body, shade if shaded else None)
    assert not found(place, body, composite, [photographed(place)]).any()


def test_where_no_still_shows_the_place_nothing_is_told() -> None:
    place, (body, _) = a_place(), a_subject()
    composite = generated(place, np.maximum(body, an_arm()))
    assert not found(place, body, composite, []).any()
    assert not found(place, body, composite, [photographed(a_place(seed=9))]).any()


def test_what_is_not_joined_to_the_subject_is_the_places_own() -> None:
    place, (body, _) = a_place(), a_subject()
    vase = np.zeros((H, W), np.float32)
    cv2.circle(vase, (90, 120), 26, 1.0, -1)
    composite = generated(place, np.maximum(body, vase))
    assert not found(place, body, composite, [photographed(place)]).any()


def test_the_same_picture_gives_the_same_part_again() -> None:
    """GrabCut's clusters begin at random places."""
    place, (body, _) = a_place(), a_subject()
    composite = generated(place, np.maximum(body, an_arm()))
    stills = [photographed(place)]
    first = found(place, body, composite, stills)
    cv2.setRNGSeed(7)
    assert np.array_equal(first, found(place, body, composite, stills))


def without_its_arm(light: np.ndarray) -> tuple[PlateFrame, Generated]:
    """A frame whose given matte lacks an arm, and what a model made of it under a light (3,)."""
    place, (body, _) = a_place(), a_subject()
    composite = generated(place, np.maximum(body, an_arm()), subject=light)
    rgb = np.float32(body[..., None] * np.float32(0.5) + (1 - body[..., None]) * GREEN)
    picture = ModelPicture(composite, FRAME.to_model(rgb), FRAME)
    plate = PlateFrame(1001, rgb, FRAME.display, FRAME.display, alpha=body)
    return plate, Generated(1001, body, None, screen=Screen(GREEN, 1), model=picture)


@pytest.mark.parametrize("despill", [0.0, 1.0])
def test_a_rebuilt_arm_is_delivered_as_the_model_drew_it(despill: float) -> None:
    place, body, arm = a_place(), a_subject()[0], an_arm()
    light = np.float32([0.9, 0.7, 0.5])
    plate, made = without_its_arm(light)
    box = plate.display
    controls = Finish(despill=despill, wrap=0.0, grain=0.0)
    finisher = Finisher([photographed(place, light=1.3)], box, controls, 0, gives_layers=False)
    near = finisher.see(plate, made)
    assert near is not None
    got = finisher.finish(plate, made, {1001: near})
    inside = (cv2.erode(arm, np.ones((9, 9))) == 1) & (cv2.dilate(body, np.ones((25, 25))) < 0.01)
    assert inside.sum() > 300
    assert got.rebuilt[inside].min() > 0.9
    assert got.matte[inside].min() > 0.9
    np.testing.assert_allclose(got.gain[inside], 1, atol=0.1)
    np.testing.assert_allclose(got.beauty[inside], np.broadcast_to(light, (inside.sum(), 3)), rtol=0.12)
    assert np.array_equal(got.matte[body == 1], body[body == 1])  # the artist's own stays
    behind = got.background[inside]
    np.testing.assert_allclose(np.log(behind / place[inside]).mean(), 0, atol=0.1)


def test_under_a_locked_background_the_same_arm_is_rebuilt_and_no_place_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plate, made = without_its_arm(np.float32([0.9, 0.7, 0.5]))

    def finisher() -> Finisher:
        return Finisher([photographed(a_place())], plate.display, Finish(), 0, gives_layers=False)

    near = finisher().see(plate, made)
    assert near is not None
    free = finisher().finish(plate, made, {1001: near}).passes()
    locked = {name: free[name] for name in ("background", "shadow", "confidence")}
    monkeypatch.delattr(Place, "behind")
    kept = finisher().finish(plate, made, {1001: near}, locked).passes()
    assert free["rebuilt"].max() > 0.9
    for name in free.keys() - {"beauty", "wrap"}:  # which then come of the background as it was delivered
        assert np.array_equal(kept[name], free[name]), name
