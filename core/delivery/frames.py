"""Finished frames on their way to disk: files, header facts, QC record and the picture for the review movie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pai_studio.core.delivery import finished, qc, review
from pai_studio.core.delivery.writer import Writer
from pai_studio.core.media.frame import Image, Layers, PlateFrame
from pai_studio.core.media.limits import Limits
from pai_studio.core.media.source import FileSource


@dataclass(frozen=True)
class Delivered:
    """What remains of a frame once it is on disk."""

    number: int
    files: list[Path]
    record: qc.FrameQc
    shown: review.Picture


@dataclass(frozen=True)
class FrameDelivery:
    """Puts one delivery's frames on disk, or reads back those that are there. Safe to call from several threads.

    `facts` are our own keys in each file's header, `made_at` is the date of files whose plate has none.
    """

    source: FileSource
    writer: Writer
    facts: Mapping[str, Any]
    made_at: str
    limits: Limits

    def put(self, layers: Layers, plate: PlateFrame, image: Image, facts: Mapping[str, Any]) -> Delivered:
        """Write a finished frame; `image` is its plate as it came, whose metadata and other channels go along.

        `facts` are the keys that this frame has beyond all others'.
        """
        config = self.source.config
        picture = self.writer.picture(layers, image)
        record = qc.measure(
            layers,
            picture.pixels[..., :3],
            repairs=self.source.repaired(plate.number),
            overscan=plate.canvas != plate.display,
            weights=np.asarray(config.luminance_weights, np.float32),
        )
        # A date where the plate has none, of the generation: a file follows from its inputs.
        own = {"DateTime": image.metadata.get("DateTime") or self.made_at}
        told = {**own, **self.facts, **facts, finished.QC: finished.record_text(record)}
        files = self.writer.write(picture, layers, image, told)
        inside = layers.beauty[plate.display.slices_in(plate.canvas)]
        return Delivered(plate.number, files, record, review.picture(inside, config, plate.pixel_aspect))

    def read_back(self, number: int) -> Delivered:
        """A frame that an earlier run finished: its record from the header, its picture for the movie."""
        files = self.writer.files_of(number)
        space, config = self.writer.shot.delivery_colorspace, self.source.config
        layer = "rgba" if self.writer.fills_background else self.source.layer
        record, shown, aspect = finished.read_back(files[-1], layer, space, self.limits)
        working = config.convert(shown, space, config.working)
        return Delivered(number, files, record, review.picture(working, config, aspect))
