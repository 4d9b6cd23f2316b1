"""LPIPS (Zhang et al., 2018) of the background, by the authors' package and their weights."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np

from pai_studio.core.evaluation.judged import Facts, Judged
from pai_studio.core.evaluation.measures.view import View
from pai_studio.core.evaluation.plugins import weights_digest
from pai_studio.core.shot.errors import BadInput


class LpipsJudge:
    """Mean LPIPS (AlexNet) of the frames against the truth, with the truth's subject in both: 0 is the same.

    Needs the packages torch and lpips; lpips fetches AlexNet's weights from torchvision when it is first used.
    """

    name = "lpips"
    keys = ("lpips",)
    about = "LPIPS (AlexNet) of the background against the truth: 0 is the same, lower is better"
    notice = ""

    def __init__(self, facts: Facts) -> None:
        self._facts, self._network = facts, _network()
        self._found: list[float] = []

    def version(self) -> str:
        """The packages' versions, and the weights' digest."""
        packages = ", ".join(f"{name} {version(name)}" for name in ("lpips", "torch"))
        return f"{packages}, weights {weights_digest(self._network)}"

    def add(self, frame: Judged) -> None:
        """Take in one frame; without a truth it is left out."""
        import torch  # noqa: PLC0415 - loaded only where it is asked for

        view = View(self._facts, frame)
        if view.wanted is None or not view.behind.any():
            return
        result = np.where(view.behind[..., None], view.shown, view.wanted)
        pair = [torch.from_numpy(2 * p.transpose(2, 0, 1)[None] - 1).float() for p in (result, view.wanted)]
        with torch.inference_mode():
            self._found.append(float(self._network(*pair)))

    def values(self) -> dict[str, float | None]:
        """The mean over the frames."""
        return {"lpips": float(np.mean(self._found)) if self._found else None}


@cache
def _network() -> Any:
    try:
        import lpips  # noqa: PLC0415 - loaded only where it is asked for
        import torch  # noqa: F401, PLC0415 - named in the error below if it is missing
    except ImportError as error:
        raise BadInput(
            f"the judge lpips needs the package {error.name}", hint="pip install torch lpips"
        ) from None
    try:
        return lpips.LPIPS(net="alex", verbose=False).eval()
    except OSError as error:
        hint = "run it once where torchvision can fetch AlexNet's weights, or put them into $TORCH_HOME"
        raise BadInput(f"the judge lpips has no weights ({error})", hint=hint) from None
