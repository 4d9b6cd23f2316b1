"""A look at every header of a shot's files before a byte is sent: what the command line and the hosts' sidecar do."""

from __future__ import annotations

from contextlib import closing

from pai_studio.core.config import load
from pai_studio.core.shot.document import Shot


def check_colour(shot: Shot) -> None:
    """Look for a shot's spaces in its colour config. Raises BadInput, UnknownColorSpace."""
    from pai_studio.core.media.color import ColorConfig

    config = ColorConfig.open(shot.ocio)
    config.require(shot.plate.colorspace)
    config.require(shot.delivery_colorspace)


def check_inputs(shot: Shot) -> list[str]:
    """What is worth knowing of a shot's files. Raises BadInput for what cannot be rendered."""
    from pai_studio.core.media.color import ColorConfig
    from pai_studio.core.media.limits import Limits
    from pai_studio.core.media.source import FileSource

    config = ColorConfig.open(shot.ocio)
    config.require(shot.delivery_colorspace)
    settings = load().settings
    limits = Limits(max_pixels=settings.max_pixels, max_channels=settings.max_channels)
    with closing(FileSource(shot, config, limits)) as source:
        return source.notes
