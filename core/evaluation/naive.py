"""What a hasty artist would do, to measure engines against: the first still behind the subject, held or moved.

Both use one cut-out, made from the plate alone (`cutout`), and no relighting, wrap or shadow.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
import numpy.typing as npt

from pai_studio.core.media.frame import Array, Still
from pai_studio.core.shot.errors import BadInput

Matrix = npt.NDArray[np.float64]


def naive_static(foreground: Array, matte: Array, still: Still) -> Array:
    """The premultiplied foreground over the still as it lies at its anchor, for every frame alike."""
    return _over(foreground, matte, placed(still, matte.shape))


def naive_moved(foreground: Array, matte: Array, still: Still, motion: Matrix) -> Array:
    """The same with the still moved by `motion`, the 3x3 from its anchor frame's pixels to this frame's."""
    return _over(foreground, matte, placed(still, matte.shape, motion))


def motion_between(homographies: Mapping[int, Matrix], anchor: int, frame: int) -> Matrix:
    """From the anchor's pixels to a frame's, given each frame's homography from one common frame.

    Raises BadInput where one of the two has none, such as an anchor in the handles.
    """
    absent = [number for number in (anchor, frame) if number not in homographies]
    if absent:
        hint = "write it for the stills' anchors too"
        raise BadInput(f"the camera of frame {absent[0]} is not known", where="cameras.json", hint=hint)
    return np.asarray(homographies[frame] @ np.linalg.inv(homographies[anchor]))


def placed(still: Still, shape: tuple[int, ...], motion: Matrix | None = None) -> Array:
    """The still over a picture of `shape` (H, W, ...), moved by `motion`; it is mirrored at its edges."""
    matrix = still.placement if motion is None else motion @ still.placement
    if still.rgb.shape[:2] == shape[:2] and np.allclose(matrix, np.eye(3), atol=1e-9):
        return still.rgb
    size = (shape[1], shape[0])
    flags, border = cv2.INTER_LINEAR, cv2.BORDER_REFLECT_101
    return np.asarray(
        cv2.warpPerspective(still.rgb, matrix, size, flags=flags, borderMode=border), np.float32
    )


def _over(foreground: Array, matte: Array, background: Array) -> Array:
    return np.asarray(foreground + background * (1 - matte[..., None]), np.float32)
