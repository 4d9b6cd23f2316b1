"""Writes a clip's files in the layout of `docs/benchmark-sets.md`, for the sets that are made here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

from pai_studio.core.evaluation.naive import Matrix
from pai_studio.core.evaluation.sets.layout import TRUTH, shot_path
from pai_studio.core.media.exr import write_exr
from pai_studio.core.media.files import write_file
from pai_studio.core.media.frame import Array, Box, Image
from pai_studio.core.shot.document import SCHEMA, EngineChoice, Finish, Plate, Reference, Shot
from pai_studio.core.shot.frames import FramePattern, FrameRange

COLORSPACE = "ACEScg"


@dataclass(frozen=True)
class ClipWriter:
    """A clip's folder, which has its name; every picture is scene-linear ACEScg, (H, W, 3) or (H, W)."""

    folder: Path
    frames: FrameRange
    anchors: tuple[int, ...]

    def plate(self, number: int, picture: Array) -> None:
        """One frame of the plate."""
        self._save(self.folder / "plate" / f"{self.folder.name}.####.exr", number, picture)

    def reference(self, number: int, picture: Array) -> None:
        """The still of an anchor."""
        self._save(self.folder / "refs" / "ref.####.exr", number, picture)

    def truth(self, number: int, **passes: Array) -> None:
        """One frame of the truth: its passes by their names, data in one channel."""
        for name, picture in passes.items():
            self._save(self.folder / TRUTH / f"{name}.####.exr", number, picture)

    def cameras(self, homographies: Mapping[int, Matrix]) -> None:
        """The truth's camera: per frame the 3x3 from the first frame's pixels to its own, of the far plane."""
        listed = [{"frame": n, "background_homography": h.tolist()} for n, h in homographies.items()]
        text = json.dumps({"cameras": listed}, indent=1) + "\n"
        write_file(self.folder / TRUTH / "cameras.json", text.encode())

    def document(self, screen: Literal["green", "blue"], seed: int, rate: Fraction) -> None:
        """The shot document. No grain is put on: no engine could guess the truth's, and the stills have none."""
        name = self.folder.name
        stills = [
            Reference(file=f"refs/ref.{anchor:04d}.exr", frame=anchor, colorspace=COLORSPACE)
            for anchor in self.anchors
        ]
        shot = Shot(
            schema=SCHEMA,
            name=name,
            rate=rate,
            frames=self.frames,
            plate=Plate(files=f"plate/{name}.####.exr", colorspace=COLORSPACE, screen=screen),
            references=stills,
            engine=EngineChoice(seed=seed),
            finish=Finish(grain=0.0),
        )
        write_file(shot_path(self.folder), shot.to_json().encode())

    @staticmethod
    def _save(pattern: Path, number: int, picture: Array) -> None:
        planes = picture if picture.ndim == 3 else picture[..., None]
        height, width, count = planes.shape
        box, channels = Box(0, 0, width, height), ("R", "G", "B") if count == 3 else ("Y",)
        image = Image(planes, channels, COLORSPACE, box, box, file_types=("half",) * count)
        facts = {"oiio:ColorSpace": COLORSPACE, "FrameNumber": number}
        write_exr(FramePattern(str(pattern)).path(number), image, compression="zips", metadata=facts)
