"""A keyed subject to film takes with, out of a shot document: its own key and despill, frame by frame.

    python examples/train/keyed.py presenter.shot.json rolls/presenter --about "a presenter in a suit" --motion "talks"

Writes premultiplied linear ACEScg with the matte as alpha, and `subject.json`. Look at the frames: a bad key teaches
bad keys. The camera must not have moved.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from pai_studio.core.comp.lift import lift
from pai_studio.core.engines._subject import Subject, sample_frames
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.exr import write_exr
from pai_studio.core.media.frame import Box, Image
from pai_studio.core.media.source import FileSource
from pai_studio.core.shot import document


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("shot", type=Path, help="a shot document whose plate is on a screen, or has a matte")
    parser.add_argument("out", type=Path, help="a folder, made where it is missing")
    parser.add_argument(
        "--about", required=True, help="who it is, for the prompt: `a presenter in a dark suit`"
    )
    parser.add_argument("--motion", required=True, help="what they do: `talks with the hands`")
    asked = parser.parse_args()
    shot = document.load(asked.shot)
    source = FileSource(shot, ColorConfig.open(shot.ocio))
    subject = Subject.find(sample_frames(source), shot.plate.screen)
    asked.out.mkdir(parents=True, exist_ok=True)
    for number in shot.frames:
        frame = source.frame(number)
        matte, screen = subject.matte(frame)
        shown = frame.display.slices_in(frame.canvas)
        pixels = np.dstack([lift(frame, matte, screen, 1.0), matte])[shown]
        box = Box(0, 0, frame.display.width, frame.display.height)
        image = Image(np.ascontiguousarray(pixels, np.float32), ("R", "G", "B", "A"), "ACEScg", box, box)
        write_exr(asked.out / f"subject.{number}.exr", image)
    told = {"about": asked.about, "motion": asked.motion, "rate": float(shot.rate)}
    (asked.out / "subject.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(f"{len(shot.frames)} frames in {asked.out}")


if __name__ == "__main__":
    main()
