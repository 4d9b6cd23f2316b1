"""The report of a benchmark: `index.html`, one page that needs nothing but itself, and `report.md`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from pai_studio.core.evaluation.page import markdown, sections
from pai_studio.core.evaluation.page.html import Markup, el, joined
from pai_studio.core.evaluation.page.media import Gallery
from pai_studio.core.evaluation.page.reading import Reading
from pai_studio.core.media.files import write_file

_OWN = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:"
_LINKED = _OWN.replace("data:", "data: file: 'self'")


def write_report(report: Mapping[str, Any], out: Path, *, link_media: bool = False) -> None:
    """Write `out/index.html` and `out/report.md` of a `report.json`.

    The pictures and movies under `out/clips/CLIP/` go into the page, which then asks for nothing else at all; with
    `link_media` it names them as files beside it, for sets too large for one page. The same report and pictures give
    the same bytes. Raises KeyError where the report lacks a key that every report has, OutOfResources where the disk is
    full.
    """
    reading = Reading(report)
    write_file(out / "index.html", page(reading, Gallery(out, link_media)).encode())
    write_file(out / "report.md", markdown.report(reading, Gallery(out, link=True)).encode())


def page(reading: Reading, gallery: Gallery) -> str:
    """The whole page."""
    told = sections.all_of(reading, gallery)
    links = el("ul", *(el("li", el("a", s.title, href=f"#{s.name}")) for s in told))
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", http_equiv="Content-Security-Policy", content=_LINKED if gallery.link else _OWN),
        el("meta", name="color-scheme", content="light dark"),
        el("title", f"{reading.name}: benchmark"),
        el("link", rel="icon", href="data:,"),
        el("style", Markup((files(__package__) / "style.css").read_text(encoding="utf-8"))),
    )
    body = el(
        "body",
        el("a", "Skip to the results", href="#results", cls="skip"),
        el("header", *sections.opening(reading), el("nav", links, aria_label="Contents")),
        el("main", *(s.markup for s in told)),
    )
    return joined(Markup("<!doctype html>\n"), el("html", head, body, lang="en"), "\n")
