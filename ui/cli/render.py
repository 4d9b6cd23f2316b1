"""render a shot document through the server and place the result on disk.

Existing versions are never overwritten: --new-version makes the next one, --resume goes on with one.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pai_studio.core.shot import document, naming
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import FrameRange
from pai_studio.core.shot.locked import locked_version
from pai_studio.ui.checks import check_inputs
from pai_studio.ui.cli.connection import add_server_arguments, connected
from pai_studio.ui.cli.console import Console
from pai_studio.ui.cli.following import Follower, PreviewFile
from pai_studio.ui.findings import findings

if TYPE_CHECKING:
    from pai_studio.server.api.types import Rendered


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`render SHOT.json [--out DIR] ...`."""
    parser.add_argument("shot", type=Path, metavar="SHOT.json", help="the shot document")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder for the delivery (default: the document's)"
    )
    parser.add_argument("--engine", metavar="NAME", help="use this engine instead of the document's")
    parser.add_argument(
        "--frames",
        type=frame_range,
        metavar="A-B",
        help="only these frames of the shot, or one (--frames=-5--1 below zero)",
    )
    parser.add_argument(
        "--refinish",
        action="store_true",
        help="finish again with the document's finish keys; nothing is generated",
    )
    parser.add_argument(
        "--lock",
        type=locked,
        metavar="background:v003",
        help="keep that version's background, with its shadow, behind the new subject",
    )
    version = parser.add_mutually_exclusive_group()
    version.add_argument("--new-version", action="store_true", help="deliver as the next free version")
    version.add_argument("--resume", action="store_true", help="go on with a version that is partly there")
    parser.add_argument(
        "--shared", action="store_true", help="send paths inside the server's roots, not pictures"
    )
    parser.add_argument(
        "--preview",
        type=Path,
        metavar="FILE",
        help="keep the newest preview (a small JPEG) in this file while a model samples",
    )
    add_server_arguments(parser)


def frame_range(text: str) -> FrameRange:
    """Read `1001-1049` or `1001-1049x2`."""
    try:
        return FrameRange.parse(text)
    except BadInput as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def locked(text: str) -> str:
    """Let `background:v003` through."""
    try:
        locked_version(text)
    except BadInput as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def run(asked: argparse.Namespace, console: Console) -> int:
    """Check, submit, follow, place."""
    shot = document.load(asked.shot)
    if asked.engine:
        shot = shot.model_copy(update={"engine": shot.engine.model_copy(update={"name": asked.engine})})
    base, shot = naming.based(shot, (asked.out or asked.shot.parent).resolve())
    shot.chosen(asked.frames)
    if not (asked.new_version or asked.resume):
        naming.refuse_taken(base, shot.delivery_files)
    preview = PreviewFile(asked.preview, console) if asked.preview else None
    if not asked.shared:
        for note in check_inputs(shot):
            console.line(f"note: {note}")
    with connected(asked) as client:
        rendered = client.render(
            shot,
            out=base,
            frames=asked.frames,
            mode="refinish" if asked.refinish else "render",
            resume=asked.resume,
            new_version=asked.new_version,
            shared=asked.shared,
            lock=asked.lock or "",
            on_event=Follower(console, preview),
        )
    if preview is not None and not preview.count:
        console.line("no preview came: this engine shows none, or nothing had to be made")
    if not asked.frames and not asked.shared:
        draw_contact(naming.delivered_as(shot, rendered.delivery), base, rendered)
    console.result(_document(rendered, base), _text(rendered, base))
    return 0


def draw_contact(shot: document.Shot, base: Path, rendered: Rendered) -> None:
    """Draw the contact sheet beside the frames, from the passes that were really written."""
    from pai_studio.core.evaluation.sheet import write_contact_sheet
    from pai_studio.core.media.color import ColorConfig

    path = Path(naming.sidecar(str(base / shot.delivery_files), "contact.png"))
    passes = rendered.provenance["delivery"]["passes"]
    written = shot.model_copy(update={"delivery": shot.delivery.model_copy(update={"passes": passes})})
    engine = rendered.provenance["engine"]["name"]
    write_contact_sheet(path, written, base, ColorConfig.open(shot.ocio), engine=engine)


def _document(rendered: Rendered, base: Path) -> dict[str, Any]:
    return {
        "job": rendered.job.name,
        "engine": rendered.provenance.get("engine", {}).get("name"),
        "delivery": str(base / rendered.delivery),
        "files": [str(path) for path in rendered.files],
        "kept": [str(path) for path in rendered.kept],
        "kept_differ": rendered.kept_differ,
        "qc": {key: value for key, value in rendered.qc.items() if key != "records"},
        "timings_s": rendered.provenance.get("timings_s", {}),
    }


def _text(rendered: Rendered, base: Path) -> str:
    qc = rendered.qc
    lines = [f"{qc.get('frames', 0)} frames: {base / rendered.delivery}"]
    if rendered.kept:
        lines.append(f"{len(rendered.kept)} files kept from the version before")
    if rendered.kept and rendered.kept_differ:
        lines.append(f"look at: the kept frames were made with another {', '.join(rendered.kept_differ)}")
    lines += findings(qc)
    return "\n".join(lines)
