"""The place at 3840x2160: what it takes of memory beside its result, and that strips leave no seams."""

from __future__ import annotations

import dataclasses
import tracemalloc

import cv2
import numpy as np
import pytest

from pai_studio.core.finish.place import Place
from pai_studio.core.media.frame import Box, Still
from pai_studio.core.media.geometry import ModelFrame
from tests.core.finish.test_place import a_place, a_subject, generated, photographed, seen

WIDE, HIGH = 3840, 2176
_MB = 2**20


@pytest.mark.long
def test_a_4k_frame_takes_a_hundred_megabytes_beside_its_result():
    place = a_place()
    matte, shade = a_subject()
    still = photographed(place)
    large = np.asarray(cv2.resize(still.rgb, (WIDE, HIGH), interpolation=cv2.INTER_CUBIC), np.float32)
    one = seen(generated(place, matte, shade), matte)[1001]
    frame = ModelFrame.fitting(Box(0, 0, WIDE, HIGH), 1.0, (240, 136), 8)
    near = {1001: dataclasses.replace(one, frame=frame)}
    over = Place([Still(large, 1040, np.eye(3))])
    over.behind(1001, near)  # the still is brought to the plate's density once, and kept
    tracemalloc.start()
    got = over.behind(1001, near)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    result = got.background.nbytes + got.confidence.nbytes + got.shadow.nbytes
    print(f"\n{peak / _MB:.0f} MB, of which the result is {result / _MB:.0f}")
    assert peak < result + 100 * _MB
    rows = np.abs(np.diff(np.log(np.maximum(got.background, 1e-3)), axis=0)).mean(axis=(1, 2))
    assert rows.max() < 3 * np.median(rows)
