"""Likeness of whole frames by DINOv2 features (Oquab et al., 2023), from weights that are already on this machine."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np

from pai_studio.core.evaluation.judged import Facts, Judged
from pai_studio.core.evaluation.measures.view import View
from pai_studio.core.evaluation.plugins import weights_digest
from pai_studio.core.shot.errors import BadInput

_MEAN = np.array([0.485, 0.456, 0.406], np.float32)  # ImageNet's, which DINOv2 was trained with
_SIGMA = np.array([0.229, 0.224, 0.225], np.float32)
_PATCH_PX, _WIDTH_PX = 14, 518


class DinoJudge:
    """Mean cosine of the class tokens of result and truth: 1 is alike.

    `weights` is a folder with a DINOv2 model in the form of transformers, such as a copy of facebook/dinov2-small.
    """

    name = "dino"
    keys = ("dino_similarity",)
    about = "likeness of whole frames to the truth by DINOv2 features: 1 is alike, higher is better"
    notice = ""

    def __init__(self, facts: Facts, weights: str = "") -> None:
        self._facts, self._network = facts, _network(weights)
        self._found: list[float] = []

    def version(self) -> str:
        """The packages' versions, and the weights' digest."""
        packages = ", ".join(f"{name} {version(name)}" for name in ("transformers", "torch"))
        return f"{packages}, weights {weights_digest(self._network)}"

    def add(self, frame: Judged) -> None:
        """Take in one frame; without a truth it is left out."""
        import torch  # noqa: PLC0415 - loaded only where it is asked for

        view = View(self._facts, frame)
        if view.wanted is None:
            return
        height = round(_WIDTH_PX * view.wanted.shape[0] / view.wanted.shape[1] / _PATCH_PX) * _PATCH_PX
        pair = np.stack([view.shown, view.wanted])
        seen = torch.from_numpy((pair - _MEAN) / _SIGMA).float().permute(0, 3, 1, 2)
        with torch.inference_mode():
            fitted = torch.nn.functional.interpolate(
                seen, (max(height, _PATCH_PX), _WIDTH_PX), mode="bilinear", antialias=True
            )
            tokens = self._network(fitted).last_hidden_state[:, 0]
            self._found.append(float(torch.nn.functional.cosine_similarity(tokens[:1], tokens[1:])))

    def values(self) -> dict[str, float | None]:
        """The mean over the frames."""
        return {"dino_similarity": float(np.mean(self._found)) if self._found else None}


@cache
def _network(weights: str) -> Any:
    try:
        import torch  # noqa: F401, PLC0415 - named in the error below if it is missing
        from transformers import AutoModel  # noqa: PLC0415 - loaded only where it is asked for
    except ImportError as error:
        hint = "pip install torch transformers"
        raise BadInput(f"the judge dino needs the package {error.name}", hint=hint) from None
    hint = "give it as weights: a folder with a copy of facebook/dinov2-small"
    if not weights:
        raise BadInput("the judge dino has no weights", hint=hint)
    try:
        return AutoModel.from_pretrained(weights, local_files_only=True).eval()
    except (OSError, ValueError) as error:
        first = str(error).splitlines()[0]
        raise BadInput(f"holds no weights for the judge dino ({first})", where=weights, hint=hint) from None
