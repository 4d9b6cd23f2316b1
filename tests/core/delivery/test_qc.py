from __future__ import annotations

from dataclasses import replace

import numpy as np

from pai_studio.core.delivery import qc
from pai_studio.core.media.frame import Box, Layers
from pai_studio.core.media.repairs import Repairs
from pai_studio.ui.findings import findings


def frame(number: int, luminance: float | None = 0.0, confidence: float = 1.0) -> qc.FrameQc:
    return qc.FrameQc(number, 0, confidence, 0.3, luminance, overscan=False)


def test_a_jump_of_light_is_named_and_a_ramp_is_not() -> None:
    ramp = [frame(n, luminance=n * 0.05) for n in range(1001, 1021)]
    assert qc.flicker_outliers(ramp) == []
    ramp[9] = frame(1010, luminance=1010 * 0.05 + 0.5)
    assert 1010 in qc.flicker_outliers(ramp)
    assert 1004 not in qc.flicker_outliers(ramp)
    steady = [frame(n) for n in range(1001, 1021)]
    steady[9] = frame(1010, luminance=None)  # a subject that fills the frame is no flicker
    assert qc.flicker_outliers(steady) == []


def test_the_summary_names_frames_to_look_at() -> None:
    frames = [frame(1001), frame(1002, confidence=0.1), frame(1003)]
    summary = qc.summary(frames)
    assert summary["low_confidence"] == [1002]
    assert summary["frames"] == 3
    assert [record["number"] for record in summary["records"]] == [1001, 1002, 1003]


def test_what_a_model_rebuilt_and_where_it_lay_is_told() -> None:
    frames = [
        frame(1001),
        replace(frame(1002), rebuilt=0.003, shift_px=0.5),
        replace(frame(1003), shift_px=2.01),
        replace(frame(1004), shift_px=2.0),
    ]
    summary = qc.summary(frames)
    assert (summary["rebuilt"], summary["misregistered"]) == ([1002], [1003])
    assert qc.registration(frames) == {"rebuilt": 0.00075, "shift_px": {"mean": 1.5, "max": 2.01}}
    assert qc.registration(frames[:1]) == {"rebuilt": 0.0, "shift_px": None}
    told = findings(summary)
    assert "look at: parts of the subject made anew, which the matte lacks in 1002" in told
    assert any(line.endswith("coarse in 1003") for line in told)


def test_what_is_measured_is_what_the_layers_hold() -> None:
    shape = (8, 10)
    rgb = np.full((*shape, 3), 0.5, np.float32)
    matte = np.zeros(shape, np.float32)
    matte[:, :5] = 1
    beauty = rgb.copy()
    beauty[0, 0] = 65504
    confidence = np.where(matte > 0, 0.0, 0.75).astype(np.float32)
    one = np.ones(shape, np.float32)
    layers = Layers(7, Box(0, 0, 10, 8), beauty, rgb, rgb, matte, rgb, one, rgb, matte, confidence)
    weights, repairs = np.array([0.25, 0.5, 0.25], np.float32), Repairs(nan=2, inf=1)
    record = qc.measure(layers, beauty, repairs=repairs, overscan=False, weights=weights)
    assert record.clipped == 1
    assert record.replaced == 3
    assert qc.summary([record])["replaced"] == [7]
    full = replace(layers, matte=np.ones(shape, np.float32), confidence=np.zeros(shape, np.float32))
    filled = qc.measure(full, beauty, repairs=repairs, overscan=False, weights=weights)
    assert (filled.confidence, filled.luminance) == (1.0, None)  # nothing is guessed where nothing is seen
    delivered = beauty.copy()
    delivered[1, :2] = [[-1e5, 0, 0], [np.nan, 0, 0]]
    assert qc.measure(layers, delivered, repairs=repairs, overscan=False, weights=weights).clipped == 3
    assert record.matte_coverage == 0.5
    assert record.confidence == 0.75  # what the subject hides does not count
    assert record.luminance == -1.0
    assert (record.rebuilt, record.shift_px) == (0.5, None)  # `rebuilt` is the matte here
    shifted = qc.measure(
        replace(layers, shift_px=1.234), beauty, repairs=repairs, overscan=False, weights=weights
    )
    assert shifted.shift_px == 1.23
