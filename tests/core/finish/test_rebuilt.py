"""Parts of the subject that the given matte lacks, told from the place by the stills of it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pai_studio.core.finish.place import Place
from pai_studio.core.finish.rebuilt import missing
from tests.core.finish.test_place import FRAME, H, W, a_place, a_subject, generated, photographed, seen


def an_arm() -> np.ndarray:
    """A matte (H, W) of an arm beside the body of `a_subject`."""
    arm = np.zeros((H, W), np.float32)
    cv2.line(arm, (262, 120), (330, 80), 1.0, 26)
    return cv2.GaussianBlur(arm, (0, 0), 1.0)


def found(place, given, composite, stills) -> np.ndarray:
    here = seen(composite, given)[1001]
    return missing(here, Place(stills)._laid(here))


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
