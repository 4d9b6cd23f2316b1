"""What a plugin without a picture library has looked at and converted for it: exported frames, and stills.

- `inspect`: `files`, `first`, `last` -> `max`, `at_one_share`, `channels`, `size`, of R, G and B over all frames, one
  frame in memory at a time; `max` is of finite values
- `still`: `file`, `space`, `files`, `frame`, `into`, `config` -> `note`; writes a still of any format as EXR, in `into`
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pai_studio.core.shot.document import Ocio
from pai_studio.core.shot.errors import BadInput
from pai_studio.core.shot.frames import FramePattern
from pai_studio.ui.sidecar.requests import text

Asked = dict[str, Any]
_RGB = ("R", "G", "B")


def inspect(asked: Asked) -> dict[str, Any]:
    """Measure an exported sequence. Raises UnreadableImage, BadInput."""
    from pai_studio.core.media.exr import read_channels

    pattern, first, last = FramePattern(str(asked["files"])), int(asked["first"]), int(asked["last"])
    highest, at_one, count = -np.inf, 0, 0
    channels: list[str] = []
    sizes: set[tuple[int, int]] = set()
    for frame in range(first, last + 1):
        image = read_channels(pattern.path(frame))
        channels = list(image.channels)
        sizes.add((image.pixels.shape[1], image.pixels.shape[0]))
        rgb = image.pixels[..., [channels.index(name) for name in _RGB if name in channels]]
        highest = max(highest, float(rgb.max(initial=-np.inf, where=np.isfinite(rgb))))
        at_one += int(np.count_nonzero(rgb == 1.0))
        count += rgb.size
    if len(sizes) != 1:
        raise BadInput(f"its frames have {len(sizes)} different sizes", where=pattern.text)
    return {
        "max": highest,
        "at_one_share": at_one / max(count, 1),
        "channels": channels,
        "size": list(sizes.pop()),
    }


def still(asked: Asked) -> dict[str, Any]:
    """Convert a still to the plate's space. Raises UnreadableImage, BadInput, UnknownColorSpace."""
    from pai_studio.core.media.color import ColorConfig
    from pai_studio.core.media.exr import write_exr
    from pai_studio.core.media.frame import Box, Image
    from pai_studio.core.media.still import read_still

    config = ColorConfig.open(Ocio(config=str(asked.get("config", ""))))
    into = config.require(text(asked, "into"))
    rgb, _, note = read_still(text(asked, "file"), str(asked.get("space", "")), config)
    pixels = config.convert(rgb, config.working, into)
    box = Box(0, 0, pixels.shape[1], pixels.shape[0])
    path = FramePattern(text(asked, "files")).path(int(text(asked, "frame")))
    write_exr(
        path, Image(pixels, _RGB, into, box, box, file_types=("float",) * 3), color=config.attributes(into)
    )
    return {"note": note}


PICTURES: dict[str, Callable[[Asked], dict[str, Any]]] = {"inspect": inspect, "still": still}
