"""What a render's summary of quality says, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pai_studio.core.shot.frames import ranges_text

_LOOK_AT = (
    ("low_confidence", "background mostly guessed"),
    ("flicker", "light jumps"),
    ("clipped", "values beyond half float"),
    ("replaced", "NaN or Inf replaced"),
    ("rebuilt", "parts of the subject made anew, which the matte lacks"),
    ("misregistered", "the model's picture lies beside the plate's, so the light on the subject is coarse"),
    ("overscan", "overscan keeps the plate's foreground"),
)


def findings(qc: Mapping[str, Any]) -> list[str]:
    """One line for each thing that is worth a look, with its frames, and the notes."""
    seen = [f"look at: {say} in {ranges_text(qc[name])}" for name, say in _LOOK_AT if qc.get(name)]
    return seen + [f"note: {note}" for note in qc.get("notes", [])]
