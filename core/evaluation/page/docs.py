"""`docs/benchmark.md`: the figures of several sets, the paper's beside them, and how to make them again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pai_studio.core.evaluation.illustrate import CONTACT
from pai_studio.core.evaluation.page import markdown, paper, prose, words
from pai_studio.core.evaluation.page.reading import Reading
from pai_studio.core.media.files import whole_file, write_file

_OPENING = (
    "# The benchmark\n\nHow good an engine is, with truth, on anybody's machine. `pai-studio evaluate` makes every "
    "figure and picture here, and wrote this page."
)
_PAPER = (
    "The paper's Cine-Restore, background reconstruction, with a single reference / with several. Edge, Fusion and "
    "Illum are scores of 1 to 10 by a vision language model."
)


def write_docs(reports: Sequence[tuple[Mapping[str, Any], Path]], path: Path, pictures_dir: Path) -> None:
    """Write the page for some `report.json`, each with the folder that it was written to: a section a report.

    Of each the contact sheet of its median clip (by the last engine's first metric), where there is one, is copied into
    `pictures_dir` and shown. Raises OutOfResources where the disk is full.
    """
    readings = [Reading(report) for report, _ in reports]
    parts = [_OPENING, f"{prose.TABLE} {prose.MARKDOWN_BEST}"]
    taken: dict[str, int] = {}
    for reading, (_, folder) in zip(readings, reports, strict=True):
        name = words.slug(reading.name)
        taken[name] = taken.get(name, 0) + 1  # two sizes or seeds of one set are two pictures
        kept = pictures_dir / f"benchmark-{name}{f'--{taken[name]}' if taken[name] > 1 else ''}.jpg"
        parts += _set(reading, _picture(reading, path, kept, folder))
    known = {metric.key: metric for reading in readings for metric in reading.metrics}
    parts += ["## What the metrics are", markdown.definitions(list(known.values()))]
    parts += ["## The paper's numbers", f"**{paper.NOT_COMPARABLE}**", _PAPER, markdown.the_paper()]
    caveats = dict.fromkeys(item for reading in readings for item in prose.caveats(reading))
    parts += [
        "## What to keep in mind",
        "\n".join(f"- {item}" for item in caveats if item != paper.NOT_COMPARABLE),
    ]
    write_file(path, ("\n\n".join(part for part in parts if part) + "\n").encode())


def _set(reading: Reading, picture: str) -> list[str]:
    parts = [f"## {markdown.escaped(reading.name)}", markdown.escaped(prose.facts(reading))]
    parts += [markdown.escaped(prose.about(reading)), markdown.results(reading), picture]
    if reading.failures:
        parts += [f"### Failures\n\n{prose.FAILURES}", markdown.failures(reading)]
    if reading.pairs:
        parts += ["### Engine against engine", prose.DIFFERENCES, markdown.pairs(reading)]
    if reading.judges is not None:
        parts += [f"### {prose.JUDGES}", prose.JUDGES_ARE, markdown.judges(reading)]
    if reading.groups:
        tables = (markdown.group(reading, kind, found) for kind, found in reading.groups.items())
        parts += ["### By kind of clip", *tables]
    made_by = markdown.escaped(prose.versions(reading))
    return [*parts, "### How to reproduce", prose.REPRODUCE, markdown.code(reading.command), made_by]


def _picture(reading: Reading, path: Path, kept: Path, folder: Path) -> str:
    """The contact sheet of the median clip, copied from a report's folder to `kept`; empty where there is none."""
    if not reading.clips:
        return ""
    clip = _median(reading)
    found = folder / "clips" / clip / CONTACT
    if not found.is_file():
        return ""
    with whole_file(kept) as temp:
        shutil.copyfile(found, temp)
    shown = Path(os.path.relpath(kept, path.parent)).as_posix()
    name = markdown.escaped(clip)
    ranked = f"the clip in the middle by the {reading.metrics[0].label} of {reading.engines[-1]}"
    return f"![Contact sheet of {name}]({shown})\n\n*{name}: {markdown.escaped(ranked)}.*"


def _median(reading: Reading) -> str:
    """The clip in the middle by the first metric of the engine that the report is about."""
    engine, key = reading.engines[-1], reading.metrics[0].key
    ranked = sorted((clip["engines"].get(engine, {}).get(key) or 0.0, clip["clip"]) for clip in reading.clips)
    return str(ranked[len(ranked) // 2][1])
