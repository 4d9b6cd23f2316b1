"""How a shot is cut into the clips that VACE makes at once."""

from __future__ import annotations

from itertools import pairwise

import pytest

from pai_studio.core.engines._vace_clips import clips


@pytest.mark.parametrize("frames", [1, 2, 5, 48, 81, 82, 96, 143, 300, 1000])
@pytest.mark.parametrize(("most", "history"), [(21, 0), (21, 2), (21, 4), (5, 1), (4, 2), (2, 0)])
def test_every_frame_is_made_by_one_clip_and_no_clip_is_too_long(frames, most, history):
    cut = clips(frames, most, history)
    made = [frame for clip in cut for frame in clip.made]
    assert made == list(range(len(made)))
    assert frames <= len(made) < frames + 4
    for clip in cut:
        assert clip.count % 4 == 1
        assert clip.latents <= most
    for before, clip in pairwise(cut):
        assert before.first <= clip.first < before.stop == clip.made.start
        assert clip.kept == min(4 * history + 1, clip.made.start)
    assert cut[0].kept == 0


def test_eighty_one_frames_are_one_clip_and_the_next_one_is_cut_in_nearly_equal_parts():
    assert [(clip.first, clip.count) for clip in clips(81, 21, 2)] == [(0, 81)]
    parts = clips(300, 21, 2)
    assert max(len(clip.made) for clip in parts) - min(len(clip.made) for clip in parts) <= 4
