"""open a timeline (OTIO, EDL, FCP XML, FCPXML, AAF), and write one shot document a shot."""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pai_studio.core.shot.frames import parse_rate
from pai_studio.ui.cli.console import Console

if TYPE_CHECKING:
    from pai_studio.core.shot.timeline.documents import Written

_MOST_HANDLES = 10_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`shots TIMELINE --out DIR`."""
    parser.add_argument(
        "timeline", type=Path, help="an .otio, .otioz, .otiod, .edl, .xml, .fcpxml or .aaf file"
    )
    parser.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="for NAME.shot.json and shots.json"
    )
    parser.add_argument(
        "--colorspace", default="", metavar="NAME", help="what the plates are in (default: scene_linear)"
    )
    parser.add_argument(
        "--handles",
        type=_handles,
        default=0,
        metavar="N",
        help="frames beyond each cut (default: as transitions ask)",
    )
    parser.add_argument("--rate", type=_rate, metavar="RATE", help="of an EDL, which says none (default: 24)")
    parser.add_argument("--force", action="store_true", help="replace documents that are there already")


def run(asked: argparse.Namespace, console: Console) -> int:
    """Read, write, and tell what could not be kept."""
    from pai_studio.core.shot.timeline import documents, read

    cut = read(asked.timeline, rate=asked.rate)
    written = documents.write(
        cut,
        asked.timeline,
        asked.out,
        colorspace=asked.colorspace,
        handles=asked.handles,
        force=asked.force,
    )
    document = {**written.manifest, "written": list(written.made), "kept": list(written.kept)}
    console.result(document, "\n".join(_text(written, asked.out)))
    return 0


def _handles(text: str) -> int:
    if not text.isdecimal() or int(text) > _MOST_HANDLES:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of frames up to {_MOST_HANDLES}")
    return int(text)


def _rate(text: str) -> Fraction:
    try:
        return parse_rate(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _text(written: Written, out: Path) -> list[str]:
    manifest = written.manifest
    shots: list[dict[str, Any]] = manifest["shots"]
    rows = [f"{'SHOT':<32}{'TRACK':>5}  {'RECORD':<17}{'SOURCE':<17}{'RATE':<12}MEDIA"]
    for shot in shots:
        record, source = (f"{first}-{last}" for first, last in (shot["record"], shot["source"]))
        media = "offline" if shot["offline"] else "there"
        rows.append(
            f"{shot['name']:<32}{shot['track']:>5}  {record:<17}{source:<17}{shot['rate']:<12}{media}"
        )
        rows += [f"    {_sign(note)} {note['what']}" for note in shot["notes"]]
    if manifest["notes"]:
        rows += ["", f"{manifest['timeline']}:"]
        rows += [
            f"    {_sign(note)} {': '.join(part for part in (note['where'], note['what']) if part)}"
            for note in manifest["notes"]
        ]
    rows += ["", f"{len(written.made)} written, {len(written.kept)} kept as they were, in {out}"]
    if written.kept:
        rows.append("--force replaces those that were kept")
    return rows


def _sign(note: dict[str, str]) -> str:
    """Tells at a glance what is not supported."""
    return "!" if note["kind"] == "unsupported" else "-"
