"""What VACE is shown: grey where it is to make, the subject and what exists already where it is to keep."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pai_studio.core.engines._subject import Subject, sample_frames
from pai_studio.core.engines._vace_control import GREY, Control, ControlMaker, levelled
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.frame import Box, Still
from pai_studio.core.media.geometry import ModelFrame
from pai_studio.core.media.modelspace import DISPLAY_16, ModelView

NONE = np.zeros((0, 1, 1, 3), np.float32)


@pytest.fixture(scope="module")
def view():
    return ModelView(ColorConfig.open(), DISPLAY_16)


def maker_of(source, view, *, limit=(160, 96), stills=None):
    samples = sample_frames(source)
    at = ModelFrame.fitting(samples[0].display, samples[0].pixel_aspect, limit, 16)
    return ControlMaker(Subject.find(samples, "auto"), view, at, source.stills if stills is None else stills)


def control_of(source, view, numbers, kept=NONE, count=None, **more):
    maker = maker_of(source, view, **more)
    return maker.make(source.stream(numbers), count or len(numbers), kept), maker


def truth_at(source, maker, number):
    codes, _ = maker.view.to_codes(maker.at.to_model(source.truth(number)))
    return codes


def test_the_subject_is_kept_and_all_behind_it_is_to_be_made_of_grey(filmed, view):
    source = filmed((1001,))
    control, _ = control_of(source, view, [1004])
    video, mask, matte = control.video[0], control.mask[0], control.mattes[0]
    assert set(np.unique(mask)) == {0.0, 1.0}
    assert (mask[matte < 0.5] == 1).all()
    assert (mask[matte > 0.95] == 0).all()
    assert (video[mask == 1] == GREY).all()
    skin, _ = view.to_codes(np.float32([[[0.4, 0.22, 0.15]]]))
    assert np.abs(np.median(video[mask == 0], axis=0) - skin[0, 0]).max() < 0.02
    kept = video[mask == 0]
    assert (kept[:, 1] < kept[:, 0] - 0.05).all(), "no green is left in what is kept"


def test_at_its_anchor_a_still_stands_behind_the_subject_and_all_is_kept(filmed, view):
    source = filmed((1004,))
    control, maker = control_of(source, view, [1003, 1004])
    assert control.mask[0].mean() > 0.5
    assert not control.mask[1].any()
    clear = control.mattes[1] < 0.01
    off = np.abs(control.video[1] - truth_at(source, maker, 1004))[clear]
    assert np.median(off) < 0.004
    assert np.percentile(off, 95) < 0.03


def test_where_a_still_does_not_reach_is_left_to_be_made(filmed, view):
    source = filmed((1004,))
    still = source.stills[0]
    half = replace(still, rgb=np.ascontiguousarray(still.rgb[:, :160]))
    control, _ = control_of(source, view, [1004], stills=[half])
    clear = control.mattes[0] < 0.01
    left, right = clear.copy(), clear.copy()
    left[:, 79:], right[:, :81] = False, False
    assert not control.mask[0][left].any()
    assert control.mask[0][right].all()
    assert (control.video[0][right] == GREY).all()


def test_two_stills_of_one_frame_complete_one_another(filmed, view):
    source = filmed((1004,))
    still = source.stills[0]
    right = np.array([[1, 0, 160], [0, 1, 0], [0, 0, 1.0]])
    halves = [
        Still(np.ascontiguousarray(still.rgb[:, :160]), 1004, np.eye(3)),
        Still(np.ascontiguousarray(still.rgb[:, 160:]), 1004, right),
    ]
    control, maker = control_of(source, view, [1004], stills=halves)
    assert not control.mask.any()
    clear = control.mattes[0] < 0.01
    assert np.median(np.abs(control.video[0] - truth_at(source, maker, 1004))[clear]) < 0.005


def test_frames_of_the_clip_before_are_kept_under_the_plates_own_subject(filmed, view):
    source = filmed((1004,))
    before = np.random.default_rng(2).random((2, 96, 160, 3), np.float32)
    control, _ = control_of(source, view, [1003, 1004, 1005], before)
    assert not control.mask[:2].any()
    assert control.mask[2].any()
    free, _ = control_of(source, view, [1003, 1005])
    solid = control.mattes[0] >= 0.9
    assert np.array_equal(control.video[0][~solid], before[0][~solid])
    assert np.array_equal(control.video[0][solid], free.video[0][solid])
    clear = control.mattes[1] < 0.01
    assert np.array_equal(control.video[1][clear], before[1][clear]), "not the still again"


def test_the_last_frame_is_held_where_a_clip_wants_more(filmed, view):
    control, _ = control_of(filmed((1001,)), view, [1012, 1013], count=5)
    for plane in (control.video, control.mask, control.mattes, control.alone):
        assert len(plane) == 5
        assert all(np.array_equal(plane[k], plane[1]) for k in (2, 3, 4))
        assert not np.array_equal(plane[0], plane[1])


def test_alone_is_the_subject_over_grey_in_frames_of_every_kind(filmed, view):
    source = filmed((1004,))
    before = np.zeros((1, 96, 160, 3), np.float32)
    control, _ = control_of(source, view, [1003, 1004, 1005], before)
    for frame in range(3):
        clear, solid = control.mattes[frame] < 0.002, control.mattes[frame] > 0.999
        assert np.abs(control.alone[frame][clear] - GREY).max() < 0.01
        assert np.allclose(control.alone[frame][solid], control.video[frame][solid], atol=1e-3)


def test_overscan_changes_nothing(filmed, view):
    source = filmed((1004,))
    plain, maker = control_of(source, view, [1004, 1005])

    def wide(frame):
        padded = cv2.copyMakeBorder(frame.rgb, 8, 8, 20, 12, cv2.BORDER_REFLECT)
        return replace(frame, rgb=padded, canvas=Box(-20, -8, 352, 196))

    overscanned = maker.make((wide(f) for f in source.stream([1004, 1005])), 2, NONE)
    assert np.array_equal(plain.video, overscanned.video)
    assert np.array_equal(plain.mask, overscanned.mask)


def test_a_squeezed_plate_is_shown_as_it_is_meant_to_be_seen(filmed, view):
    source = filmed((1001,))
    round_in_plate = replace(source.frame(1004), pixel_aspect=2.0)
    at = ModelFrame.fitting(round_in_plate.display, 2.0, (320, 96), 16)
    maker = ControlMaker(Subject.find([round_in_plate], "auto"), view, at, [])
    control = maker.make([round_in_plate], 1, NONE)
    rows, columns = np.nonzero(control.mattes[0] > 0.5)
    wide, high = np.ptp(columns) + 1, np.ptp(rows) + 1
    # The ellipse is 69 by 129 pixels of the plate, cut off below at its 180th row.
    assert wide / high == pytest.approx(2 * 69 / 130, rel=0.06)


def test_a_cut_out_plate_needs_no_screen(filmed, view):
    source = filmed((1001,))
    frame = source.frame(1004)
    matte = np.zeros(frame.rgb.shape[:2], np.float32)
    matte[40:150, 100:200] = 1
    garbage = np.zeros_like(matte)
    garbage[:, 150:] = 1
    straight = replace(frame, rgb=np.full_like(frame.rgb, 0.4), alpha=matte, keyed=True, garbage=garbage)
    premultiplied = replace(straight, rgb=straight.rgb * matte[..., None], premultiplied=True)
    for plate in (straight, premultiplied):
        at = ModelFrame.fitting(plate.display, 1.0, (160, 96), 16)
        control = ControlMaker(Subject(None), view, at, []).make([plate], 1, NONE)
        kept = control.mask[0] == 0
        assert kept[30:70, 55:72].all()
        assert not kept[:, 78:].any()
        code, _ = view.to_codes(np.full((1, 1, 3), 0.4, np.float32))
        assert np.abs(control.video[0][kept] - code).max() < 0.02


def test_references_are_whole_stills_in_eight_bits(filmed, view):
    source = filmed((1001, 1013), still_px=(640, 360))
    maker = maker_of(source, view)
    (picture,) = maker.references([1])
    assert picture.dtype == np.uint8
    assert picture.shape == (90, 160, 3)
    codes, _ = view.to_codes(cv2.resize(source.stills[1].rgb, (160, 90), interpolation=cv2.INTER_AREA))
    assert np.abs(picture / 255 - codes).max() <= 0.5 / 255 + 1e-6


def test_a_drift_of_colour_is_taken_back_from_the_background_alone():
    rng = np.random.default_rng(5)
    truth = rng.uniform(0.2, 0.8, (6, 20, 30, 3)).astype(np.float32)
    mattes = np.zeros((6, 20, 30), np.float32)
    mattes[:, 5:15, 10:20] = 1
    control = Control(truth, 1 - mattes, mattes, truth)
    drifted = truth + np.float32([0.02, -0.01, 0.0])
    held = levelled(drifted, truth[:2], control)
    assert np.allclose(held[mattes == 0], truth[mattes == 0], atol=1e-6)
    assert np.array_equal(held[mattes == 1], drifted[mattes == 1])
    far = levelled(truth + np.float32(0.15), truth[:2], control)
    assert np.allclose(far[mattes == 0], truth[mattes == 0] + 0.11, atol=1e-6), "no more than a drift"
    assert levelled(drifted, truth[:0], control) is drifted
