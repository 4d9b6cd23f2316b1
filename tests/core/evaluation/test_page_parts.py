"""The page's parts: elements, numbers, and dots with whiskers at the right coordinates."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pai_studio.core.evaluation.metrics import METRICS
from pai_studio.core.evaluation.page import plot
from pai_studio.core.evaluation.page.html import Markup, el
from pai_studio.core.evaluation.page.reading import Difference, Figure
from pai_studio.core.evaluation.page.words import DASH, fewer, interval, natural, number, wins

BY_KEY = {metric.key: metric for metric in METRICS}


class _Page(HTMLParser):
    """The elements and texts of a piece of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@given(st.text(), st.text())
def test_an_element_holds_text_as_text(text, value):
    parsed = _Page(el("p", text, title=value))

    assert "".join(parsed.texts).replace("\r\n", "\n") == text.replace("\r\n", "\n")
    assert [name for name, _ in parsed.tags] == ["p"]


def test_markup_is_kept_and_attributes_can_be_left_out():
    assert el("td", Markup("<b>1</b>"), None, "<2>", cls="num", hidden=False, open=True, aria_label='"') == (
        '<td class="num" open aria-label="&quot;"><b>1</b>&lt;2&gt;</td>'
    )


def test_whiskers_stand_where_the_interval_ends():
    metric = BY_KEY["background_psnr_db"]
    strip = plot.strip(Difference(metric, Figure(3.0, 2.0, 4.5, 3), 3, None, [1.0, 3.0, 5.0]), "x")
    page = _Page(strip)

    scale = plot.Scale.over([0.0, 5.0])
    across = (plot.WIDTH - 16) / (scale.high - scale.low)
    assert scale.x(scale.low) == 8
    assert scale.x(scale.high) == plot.WIDTH - 8
    assert scale.x(2.0) == pytest.approx(8 + (2.0 - scale.low) * across, abs=0.01)
    path = next(a["d"] for a in page.of("path"))
    assert path == f"M{scale.x(2.0)} 9v8M{scale.x(2.0)} 13H{scale.x(4.5)}M{scale.x(4.5)} 9v8"
    dots = [(a["class"], float(a["cx"])) for a in page.of("circle")]
    assert dots == [
        ("clip", scale.x(1.0)),
        ("clip", scale.x(3.0)),
        ("clip", scale.x(5.0)),
        ("mean", scale.x(3.0)),
    ]
    assert next(float(a["x1"]) for a in page.of("line") if a.get("class") == "zero") == scale.x(0)


@pytest.mark.parametrize(
    ("key", "low", "high", "kind", "left"),
    [
        ("background_psnr_db", 1.0, 2.0, "better", False),
        ("background_psnr_db", -2.0, -1.0, "worse", False),
        ("spill", -2.0, -1.0, "better", True),
        ("spill", -1.0, 1.0, "unsure", True),
        ("camera_error", 1.0, 2.0, "worse", True),
    ],
)
def test_the_better_side_is_shaded_and_the_verdict_marked(key, low, high, kind, left):
    difference = Difference(BY_KEY[key], Figure((low + high) / 2, low, high, 2), 1, None, [low, high])
    page = _Page(plot.strip(difference, "x"))

    assert page.of("svg")[0]["class"] == f"strip {kind}"
    shade, zero = page.of("rect")[0], next(a for a in page.of("line") if a.get("class") == "zero")
    ends = float(shade["x"]), float(shade["x"]) + float(shade["width"])
    assert ends[1 if left else 0] == pytest.approx(float(zero["x1"]))
    assert ends[0 if left else 1] == (0 if left else plot.WIDTH)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5))
def test_a_scale_shows_every_value_and_has_ticks_with_zero(values):
    scale = plot.Scale.over(values)

    assert all(8 <= scale.x(v) <= plot.WIDTH - 8 for v in values)
    ticks = scale.ticks()
    assert 0.0 in ticks
    assert 2 <= len(ticks) <= 8


def test_numbers_are_written_for_people():
    assert number(-1.234, 2) == "−1.23"
    assert number(-0.001, 2) == "0.00"
    assert number(0.001, 2, signed=True) == "0.00"
    assert number(1.5, 1, signed=True) == "+1.5"
    assert number(None, 2) == DASH
    assert interval(Figure(1.0, 0.5, 1.5, 4), 1) == "0.5 to 1.5"
    assert interval(Figure(1.0, 1.0, 1.0, 1), 1) == ""


def test_a_difference_below_the_printed_digits_is_no_verdict():
    spill = BY_KEY["spill"]
    tiny = Difference(spill, Figure(3e-6, 2e-6, 4e-6, 3), 0, None, [2e-6, 3e-6, 4e-6])
    strip = _Page(plot.strip(tiny, "x"))

    assert tiny.verdict == 0
    assert strip.of("svg")[0]["class"] == "strip unsure"
    ends = [float(x) for x in re.findall(r"[MH]([\d.]+)", strip.of("path")[0]["d"])]
    assert max(ends) - min(ends) < 5  # and it is not blown up into one


def test_parts_are_ordered_by_number_and_odd_digits_are_words():
    assert sorted(["b", "10", "2", "²", "1.5"], key=natural) == ["1.5", "2", "10", "b", "²"]


def test_how_many_clips_is_said_only_where_some_are_missing():
    assert fewer(Figure(1.0, 0.0, 2.0, 7), 8) == "7 clips"
    assert fewer(Figure(1.0, 0.0, 2.0, 8), 8) == ""
    assert fewer(Figure(), 8) == ""


def test_wins_are_counted_where_something_could_be_won():
    assert (wins(6, 8), wins(0, 8), wins(0, 0), wins(None, 8)) == ("6 of 8", "0 of 8", DASH, DASH)
