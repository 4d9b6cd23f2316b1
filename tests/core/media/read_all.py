"""Reads every file named on stdin as a shot would, one line of outcome each; run in a child process with limits."""

from __future__ import annotations

import resource
import signal
import sys
from pathlib import Path

MEMORY_BYTES = 3 << 30
SECONDS = 20


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    from pai_studio.core.media.color import ColorConfig
    from pai_studio.core.media.exr import read_channels, read_image
    from pai_studio.core.media.still import read_still
    from pai_studio.core.shot.errors import BadInput

    config = ColorConfig.open()
    for line in sys.stdin:
        path = Path(line.strip())
        signal.alarm(SECONDS)
        readers = [lambda p: read_still(p, "ACEScg", config)]
        if path.suffix not in (".png", ".jpg", ".tif"):
            readers += [read_image, read_channels]
        said = []
        for read in readers:
            try:
                read(path)
                said.append("picture")
            except BadInput as error:
                said.append(
                    "refused" if str(path) in str(error) and "\n" not in str(error) else f"BAD LINE {error}"
                )
        signal.alarm(0)
        sys.stdout.write(f"end {path} {' '.join(said)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
