"""What the paper reports of itself and others: PAI-Studio, ECCV 2026, arXiv 2606.01399, Cine-Restore, restoration.

MSE and LPIPS are better lower; SSIM and Motion higher; Edge, Fusion and Illum are scores of 1 to 10 that a vision
language model gave, better higher.
"""

from __future__ import annotations

SOURCE = "PAI-Studio, ECCV 2026, arXiv 2606.01399"
METRICS = ("MSE", "SSIM", "LPIPS", "Motion", "Edge", "Fusion", "Illum")
LOWER_IS_BETTER = ("MSE", "LPIPS")

NOT_COMPARABLE = (
    f"The numbers of the paper ({SOURCE}) are from another test set, which was never published, and from other "
    "metrics: they are not comparable with these digit by digit, and no ranking across the two is meant."
)

_SINGLE = """
VACE            .0270 .595 .393 .792 7.19 7.33 7.67
Kling O1        .0282 .646 .402 .706 8.44 7.88 7.62
Kling 3.0 Omni  .0288 .592 .414 .787 8.12 7.68 7.92
Runway Aleph    .0692 .413 .657 .323 5.54 4.38 5.88
Beeble SwitchX  .0320 .668 .415 .676 7.08 6.36 7.00
PAI-Studio      .0164 .717 .303 .872 9.17 8.46 9.11
"""
_SEVERAL = """
Kling O1        .0190 .682 .341 .721 9.04 8.20 7.44
Kling 3.0 Omni  .0210 .622 .370 .715 8.40 7.96 7.44
PAI-Studio      .0065 .789 .197 .894 9.62 9.33 9.61
"""


def _parsed(text: str) -> dict[str, tuple[str, ...]]:
    """By method, the numbers as they are printed there, in the order of `METRICS`."""
    lines = [line.split() for line in text.strip().splitlines()]
    return {" ".join(parts[: -len(METRICS)]): tuple(parts[-len(METRICS) :]) for parts in lines}


SINGLE = _parsed(_SINGLE)
"""With a single reference."""

SEVERAL = _parsed(_SEVERAL)
"""With several references, for the methods that take them."""
