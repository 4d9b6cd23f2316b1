"""The report's Markdown and the documentation's: tables that parse, nothing from outside trusted."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from pai_studio.core.evaluation.page import markdown, paper, write_docs, write_report
from tests.core.evaluation.reported import REPORT, clip_media, hostile, table_widths


def test_nothing_from_outside_becomes_markdown(tmp_path):
    write_report(hostile(), tmp_path)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")

    outside_code = "\n".join(line for line in text.splitlines() if not line.startswith("    "))
    assert "<script" not in outside_code.replace("\\<script", "")
    assert "[a](b)" not in outside_code.replace("\\[a\\](b)", "")
    assert all(len(set(widths)) == 1 for widths in table_widths(text))


def test_markdown_tables_parse(written):
    text = (written / "report.md").read_text(encoding="utf-8")

    widths = table_widths(text)
    assert len(widths) >= 6
    assert all(len(rows) >= 3 and len(set(rows)) == 1 for rows in widths)
    draft = REPORT["engines"]["draft"]["background_psnr_db"]["mean"]
    assert f"{draft:.2f}" in text
    assert "![Contact sheet of clip-001](clips/clip-001/contact.jpg)" in text


@given(st.text())
def test_markdown_text_stays_on_its_line_and_in_its_cell(text):
    rows = markdown.table(["a", "b"], [[markdown.escaped(text), "1"]]).split("\n")

    assert len(rows) == 3
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", rows[2])) == 3


def test_the_papers_numbers_are_whole_and_marked(tmp_path):
    assert all(
        len(values) == len(paper.METRICS) for values in (*paper.SINGLE.values(), *paper.SEVERAL.values())
    )
    assert set(paper.SEVERAL) <= set(paper.SINGLE)
    assert (paper.SINGLE["PAI-Studio"][0], paper.SEVERAL["PAI-Studio"][0]) == (".0164", ".0065")
    assert len(paper.SINGLE) == 6


def test_the_documentation_has_a_section_a_set(tmp_path):
    out, page = tmp_path / "out", tmp_path / "docs/benchmark.md"
    for clip in REPORT["per_clip"]:
        clip_media(out, clip["clip"])
    other = REPORT | {"set": "other set"}
    write_docs([(REPORT, out), (other, tmp_path)], page, tmp_path / "docs/images")
    text = page.read_text(encoding="utf-8")

    assert "## small" in text
    assert "## other set" in text
    assert "arXiv 2606.01399" in text
    assert "not comparable" in text
    assert "| PAI-Studio | .0164 / .0065 |" in text
    assert text.count("    pai-studio evaluate --set small") == 2
    assert "(images/benchmark-small.jpg)" in text
    assert (tmp_path / "docs/images/benchmark-small.jpg").is_file()
    assert all(len(set(rows)) == 1 for rows in table_widths(text))
