"""How a shot is cut for VACE, at what size it is seen, and what is kept of it on disk."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("safetensors")

from pai_studio.core.engines._vace_clips import clips, model_frame, steps_for
from pai_studio.core.engines._vace_store import ClipStore
from pai_studio.core.media.frame import Box
from pai_studio.core.model.catalogue import known
from pai_studio.core.shot.errors import UnreadableImage

SMALL = known("wan2.1-vace-1.3b").manifest


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


def test_a_plate_is_seen_unsqueezed_in_the_area_that_the_model_was_made_for():
    at = model_frame(Box(0, 0, 1920, 1080), 1.0, SMALL, "final")
    assert (at.width, at.height) == (832, 464)
    squeezed = model_frame(Box(0, 0, 1440, 1200), 2.0, SMALL, "final")
    assert squeezed.width / squeezed.height == pytest.approx(2.4, abs=0.1)
    assert 0.85 * SMALL.area_px < squeezed.width * squeezed.height <= SMALL.area_px
    assert squeezed.width % 16 == squeezed.height % 16 == 0


def test_a_preview_has_a_fourth_of_the_area_and_a_third_of_the_steps():
    display = Box(0, 0, 1920, 1080)
    final, preview = (model_frame(display, 1.0, SMALL, quality) for quality in ("final", "preview"))
    assert preview.width * preview.height == pytest.approx(final.width * final.height / 4, rel=0.08)
    assert [steps_for(30, "final"), steps_for(30, "preview"), steps_for(1, "preview")] == [30, 10, 1]


def test_finished_clips_come_back_as_halves_and_a_part_of_one_alone(tmp_path):
    rng = np.random.default_rng(1)
    made, seen = rng.random((2, 5, 4, 6, 3), np.float32)
    ClipStore(tmp_path, {"seed": 7}).write(1, made, seen)
    again = ClipStore(tmp_path, {"seed": 7})
    assert [again.has(k) for k in range(3)] == [False, True, False]
    part = again.read(1, "composite", slice(2, 4))
    assert part.dtype == np.float32
    assert np.array_equal(part, made[2:4].astype(np.float16))
    assert np.array_equal(again.read(1, "conditioning", slice(0, 5)), seen.astype(np.float16))


def test_clips_that_were_made_with_something_else_are_removed(tmp_path):
    plane = np.zeros((1, 2, 2, 3), np.float32)
    ClipStore(tmp_path, {"model": "a"}).write(0, plane, plane)
    assert ClipStore(tmp_path, {"model": "a"}).has(0)
    assert not ClipStore(tmp_path, {"model": "b"}).has(0)
    assert not ClipStore(tmp_path, {"model": "a"}).has(0)


def test_a_damaged_clip_is_named_and_never_taken_for_a_picture(tmp_path):
    store = ClipStore(tmp_path, {})
    plane = np.zeros((1, 2, 2, 3), np.float32)
    store.write(0, plane, plane)
    store.path(0).write_bytes(store.path(0).read_bytes()[:-4])
    with pytest.raises(UnreadableImage, match="remove that file"):
        store.read(0, "composite", slice(0, 1))
