"""What lies beside a delivery's frames: documents under the delivery's own name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pai_studio.core.media.exr import write_file
from pai_studio.core.shot.naming import sidecar


def write_beside(pattern: str, documents: Mapping[str, str | Mapping[str, Any]]) -> list[Path]:
    """Write documents by their suffixes, each whole or not at all: texts as they are, others as JSON."""
    paths = []
    for suffix, document in documents.items():
        text = document if isinstance(document, str) else json.dumps(document, indent=2) + "\n"
        paths.append(Path(sidecar(pattern, suffix)))
        write_file(paths[-1], text.encode())
    return paths
