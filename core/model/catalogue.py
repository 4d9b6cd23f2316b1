"""The models that are known to be of use here, and where they are to be had.

No revision is pinned: what `main` was when a model was pulled is recorded in its manifest, and a pull that is taken up
again goes on with the same commit.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pai_studio.core.model.manifest import Manifest
from pai_studio.core.shot.errors import BadInput

_BYTES = {"text_encoder": 2}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One model on a hub."""

    manifest: Manifest
    """What is known of it before it is pulled: all but `files`, and a `source` without a commit."""

    licence_url: str
    about: str
    """One line for a person who chooses."""

    parameters: Mapping[str, float] = field(default_factory=dict)
    """Millions of parameters of each part, counted from the architecture."""

    revision: str = "main"

    @property
    def name(self) -> str:
        """Its name here."""
        return self.manifest.name

    @property
    def repository(self) -> str:
        """OWNER/NAME on the hub."""
        return self.manifest.source

    @property
    def most_bytes(self) -> int:
        """What its weights take at most: the text encoder in 16 bits, the rest in 32, as its makers store them or
        larger. The hub tells how much it really is.
        """
        return round(sum(count * _BYTES.get(part, 4) for part, count in self.parameters.items()) * 1e6)


_WAN: dict[str, Any] = {
    "licence": "Apache-2.0",
    "attribution": "Wan Team, Alibaba Group",
    "prediction": "velocity",
    "codec": "wan",
    "references_most": 3,
    "grid_px": 16,
}
_VACE = _WAN | {
    "engine": "vace",
    "trained_for": "video-editing",
    "solver": "unipc",
    "steps": 30,
    "guidance": (1.0, 5.0),
    "window_latents": 21,
    "history_latents": 2,
}
_UMT5_XXL, _WAN21_VAE, _WAN22_VAE = 5681.0, 127.0, 705.0

KNOWN = (
    Entry(
        manifest=Manifest(
            name="wan2.1-vace-1.3b",
            preset="wan2.1-vace-1.3b",
            source="Wan-AI/Wan2.1-VACE-1.3B-diffusers",
            shift=3.0,
            area_px=832 * 480,
            **_VACE,
        ),
        licence_url="https://www.apache.org/licenses/LICENSE-2.0",
        about="general video editor, 480p; made for editing of many kinds, not for this task",
        parameters={"transformer": 2154.0, "text_encoder": _UMT5_XXL, "vae": _WAN21_VAE},
    ),
    Entry(
        manifest=Manifest(
            name="wan2.1-vace-14b",
            preset="wan2.1-vace-14b",
            source="Wan-AI/Wan2.1-VACE-14B-diffusers",
            shift=5.0,
            area_px=1280 * 720,
            **_VACE,
        ),
        licence_url="https://www.apache.org/licenses/LICENSE-2.0",
        about="general video editor, 720p; made for editing of many kinds, not for this task",
        parameters={"transformer": 17338.0, "text_encoder": _UMT5_XXL, "vae": _WAN21_VAE},
    ),
    Entry(
        manifest=Manifest(
            name="wan2.2-ti2v-5b",
            engine="none",
            preset="wan2.2-ti2v-5b",
            source="Wan-AI/Wan2.2-TI2V-5B-Diffusers",
            shift=5.0,
            steps=50,
            guidance=(1.0, 5.0),
            window_latents=31,
            area_px=1280 * 704,
            **_WAN | {"grid_px": 32},
        ),
        licence_url="https://www.apache.org/licenses/LICENSE-2.0",
        about="text and image to video, 720p; where `models convert` begins a model for this task",
        parameters={"transformer": 5000.0, "text_encoder": _UMT5_XXL, "vae": _WAN22_VAE},
    ),
)


def known(name: str) -> Entry:
    """The entry of that name. Raises BadInput naming the nearest, or all."""
    found = {entry.name: entry for entry in KNOWN}
    if name in found:
        return found[name]
    near = difflib.get_close_matches(name, found, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(found)}"
    raise BadInput(f"{name!r} is no model that can be pulled", hint=hint)
