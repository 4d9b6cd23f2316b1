from __future__ import annotations

from typing import Any

import pytest

from pai_studio.host_plugins.progress import Story, duration


@pytest.mark.parametrize(
    ("event", "share", "text"),
    [
        ({"state": "CHECKING"}, 0.0, "looking at the exported pictures"),
        (
            {"state": "CHECKING", "message": "plate: 2 gaps"},
            0.0,
            "looking at the exported pictures (plate: 2 gaps)",
        ),
        (
            {"state": "UPLOADING", "phase": "upload", "done": 3 << 20, "total": 12 << 20},
            0.25,
            "uploading, 3 of 12 MiB",
        ),
        ({"state": "QUEUED"}, 0.0, "waiting in the server's queue"),
        (
            {
                "state": "RUNNING",
                "phase": "sample",
                "done": 12,
                "total": 30,
                "eta_s": 130.0,
                "message": "window 1",
            },
            0.4,
            "sampling step 12 of 30, about 2 min left (window 1)",
        ),
        (
            {"state": "RUNNING", "phase": "frames", "done": 3, "total": 3, "frame": 1003},
            1.0,
            "finishing frame 3 of 3",
        ),
        ({"state": "RUNNING", "phase": "generate", "frame": -5}, 0.0, "generating, frame -5"),
        ({"state": "RUNNING", "phase": "dream", "done": 1, "total": 2}, 0.5, "dream 1 of 2"),
        ({"state": "WAITING", "message": "the server does not answer"}, 0.0, "the server does not answer"),
    ],
)
def test_an_event_is_a_share_and_a_line(event: dict[str, Any], share: float, text: str) -> None:
    assert Story().hear(event) == (share, text)


def test_what_a_phase_says_stays_until_the_next_one() -> None:
    story = Story()
    story.hear({"state": "RUNNING", "phase": "sample", "done": 1, "total": 2, "message": "window 1 of 3"})
    assert story.hear({"state": "RUNNING", "phase": "sample"}) == (0.5, "sampling step (window 1 of 3)")
    assert story.hear({"state": "RUNNING", "phase": "frames"}) == (0.0, "finishing frame")


def test_a_time_is_told_in_words() -> None:
    assert [duration(s) for s in (0.2, 40, 59.4, 90, 5300, 7500)] == [
        "1 s",
        "40 s",
        "59 s",
        "2 min",
        "88 min",
        "2 h 5 min",
    ]


def test_news_of_a_file_leaves_the_bar_where_it_is() -> None:
    """The server tells of each finished file without a phase; the bar would fall to nothing at every frame."""
    story = Story()
    told = story.hear({"state": "RUNNING", "phase": "frames", "done": 3, "total": 13, "frame": 1003})
    assert told == (3 / 13, "finishing frame 3 of 13")
    assert story.hear({"state": "RUNNING", "job": "jobs/1"}) == told
    assert story.hear({"state": "SUCCEEDED"}) != told
