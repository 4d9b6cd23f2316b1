"""Reports as the benchmark writes them, one of which every text is hostile, and how a page of them is read."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np

from pai_studio.core.evaluation import aggregate
from pai_studio.core.evaluation.contact import save_jpeg
from pai_studio.core.evaluation.metrics import METRICS
from pai_studio.core.media.video import MovieWriter

ENGINES = ("draft", "naive-static", "naive-moved")


BY_KEY = {metric.key: metric for metric in METRICS}


HOSTILE = '<script src="https://evil.example/x.js">alert(1)</script> "quoted" & | `tick` [a](b)'


def _report(clips: int = 4) -> dict[str, Any]:
    """A report as the benchmark writes it, of values that follow from a seed."""
    rng = np.random.default_rng(5)
    names = [f"clip-{n:03d}" for n in range(1, clips + 1)]
    values: list[dict[str, dict[str, Any]]] = []
    tags = []
    for n in range(clips):
        told: dict[str, dict[str, Any]] = {}
        for level, engine in enumerate(("naive-static", "naive-moved", "draft")):
            told[engine] = {
                m.key: 20.0 + level * (1 if m.better == "higher" else -1) + rng.normal() for m in METRICS
            }
            told[engine]["anchor_offset_frames"] = [0, None, 2 - level]
        values.append(told)
        tags.append({"references": n % 3 + 1, "markers": n % 2 == 0, "move": "pan", "place": "street"})
    return {
        "schema": "pai-studio/benchmark/1",
        "set": "small",
        "type": "restore",
        "clips": clips,
        "frames": 9 * clips,
        "size": [384, 216],
        "seed": 7,
        "command": "pai-studio evaluate --set small --out report",
        "engines": aggregate.engine_figures(values, ENGINES, 7),
        "failures": [],
        "pairs": [aggregate.pair(names, values, "draft", other, 7) for other in ENGINES[1:]],
        "groups": aggregate.groups(tags, values, ENGINES, 7),
        "baseline": aggregate.baseline(tags, names, values, ENGINES, 7),
        "per_clip": [
            {"clip": name, "tags": tag, "engines": value}
            for name, tag, value in zip(names, tags, values, strict=True)
        ],
        "versions": {"pai_studio": "1.2.3", "engines": dict.fromkeys(ENGINES, "4")},
    }


REPORT = _report()


def clip_media(out: Path, clip: str) -> None:
    folder = out / "clips" / clip
    folder.mkdir(parents=True)
    save_jpeg(folder / "contact.jpg", np.full((40, 60, 3), 0.5, np.float32), limit_bytes=10_000)
    with MovieWriter(folder / "review.mp4", Fraction(24), (64, 48)) as movie:
        for level in (40, 90, 140):
            movie.write(np.full((48, 64, 3), level, np.uint8))


class Page(HTMLParser):
    """The page's elements and texts, and whether every element is closed where it should be."""

    void = frozenset({"meta", "link", "img", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.texts)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def opened(out: Path) -> Page:
    return Page((out / "index.html").read_text(encoding="utf-8"))


def hostile() -> dict[str, Any]:
    """A report in which every text that can come from outside is hostile."""
    report = json.loads(
        json.dumps(REPORT).replace("clip-002", "PLACEHOLDER").replace("naive-static", "ENGINE")
    )
    text = (
        json.dumps(report)
        .replace("PLACEHOLDER", json.dumps(HOSTILE)[1:-1])
        .replace("ENGINE", json.dumps(HOSTILE)[1:-1])
    )
    report = json.loads(text)
    report |= {"set": HOSTILE, "command": HOSTILE, "about": HOSTILE}
    report["per_clip"][0]["tags"] = {"move": HOSTILE, HOSTILE: 3}
    report["groups"][HOSTILE] = {HOSTILE: report["groups"]["markers"]["with"]}
    report["failures"] = [
        {"clip": HOSTILE, "engine": HOSTILE, "what": HOSTILE, "where": HOSTILE, "hint": HOSTILE}
    ]
    judge = {"name": HOSTILE, "version": HOSTILE, "about": HOSTILE, "keys": [HOSTILE]}
    report["judges"] = {"asked": [judge], "engines": {}}
    report["versions"] = {"pai_studio": HOSTILE, "engines": {HOSTILE: HOSTILE}}
    report["changes"] = {
        "note": HOSTILE,
        "clips": {"came": [HOSTILE]},
        "engines": {"versions": {HOSTILE: [HOSTILE, HOSTILE]}},
        "moved": [
            {
                "engine": HOSTILE,
                "metric": "spill",
                "before": 1,
                "after": 2,
                "difference": 1,
                "verdict": HOSTILE,
            }
        ],
    }
    return report


def table_widths(text: str) -> list[list[int]]:
    """Of each table the numbers of cells in its rows."""
    tables: list[list[int]] = []
    inside = False
    for line in text.splitlines():
        if line.startswith("|"):
            if not inside:
                tables.append([])
            tables[-1].append(len(re.findall(r"(?<!\\)\|", line)) - 1)
        inside = line.startswith("|")
    return tables
