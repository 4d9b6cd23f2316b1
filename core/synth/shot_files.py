"""What a filmed shot consists of on disk, relative to its folder, and the writing of single files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from pai_studio.core.media.exr import write_exr
from pai_studio.core.media.frame import Array, Box, Image
from pai_studio.core.shot.frames import FramePattern, FrameRange
from pai_studio.core.synth.camera import plane_homography
from pai_studio.core.synth.filming import Filmed, Scene

COLORSPACE = "ACEScg"
TRUTH_PASSES = ("composite", "background", "matte", "foreground", "gain", "shadow")
"""What every shot's truth has; one with a fault has `rebuilt` as well."""
_DATA = ("matte", "gain", "shadow")
REFERENCE = FramePattern("refs/ref.####.exr")
GIVEN = FramePattern("mattes/alpha.####.exr")


def plate_pattern(name: str) -> FramePattern:
    """Where the plate's frames lie."""
    return FramePattern(f"plate/{name}.####.exr")


def make_folders(folder: Path, fault: str | None) -> None:
    """The folders that `save_frame` writes into."""
    for part in ("plate", "refs", "truth", *(("mattes",) if fault else ())):
        (folder / part).mkdir(parents=True, exist_ok=True)


def save_frame(folder: Path, name: str, number: int, filmed: Filmed, *, anchored: bool) -> None:
    """Write a frame's plate, truth, and faulty matte; where `anchored`, its background as a reference too."""
    save(folder / plate_pattern(name).path(number), filmed.plate, number)
    for layer in TRUTH_PASSES:
        space = "" if layer in _DATA else COLORSPACE
        save(_truth(folder, layer, number), getattr(filmed, layer), number, space=space)
    if filmed.rebuilt is not None:
        save(_truth(folder, "rebuilt", number), filmed.rebuilt, number, space="")
    if filmed.given is not None:
        save(folder / GIVEN.path(number), filmed.given, number, plane="A", space="")
    if anchored:
        save(folder / REFERENCE.path(number), filmed.background, number)


def save(path: Path, pixels: Array, number: int, plane: str = "Y", space: str = COLORSPACE) -> None:
    """Write a picture (H, W, 3) or a `plane` (H, W) as a half EXR of frame `number`; `space` is empty for data."""
    planes = pixels if pixels.ndim == 3 else pixels[..., None]
    height, width, count = planes.shape
    box = Box(0, 0, width, height)
    channels = ("R", "G", "B") if count == 3 else (plane,)
    image = Image(planes, channels, space, box, box, file_types=("half",) * count)
    facts = {"oiio:ColorSpace": space} if space else {}
    write_exr(path, image, compression="piz", metadata={**facts, "FrameNumber": number})


def save_cameras(folder: Path, scene: Scene, frames: FrameRange) -> None:
    """`truth/cameras.json`: every frame's camera, and the homographies that take the first frame's pixels to it."""
    first = scene.camera(0)
    toward = np.array([0, -1.0, 0])
    wall = scene.stage.wall.origin
    cameras = []
    for index, number in enumerate(frames):
        camera = scene.camera(index)
        cameras.append({
            "frame": number,
            "intrinsics": camera.intrinsics.tolist(),
            "rotation": camera.rotation.tolist(),
            "position_m": camera.position.tolist(),
            "background_homography": plane_homography(first, camera, scene.place.far, toward).tolist(),
            "screen_homography": plane_homography(first, camera, wall, toward).tolist(),
        })  # fmt: skip
    truth = {
        "convention": "pixel ~ intrinsics @ rotation @ (world - position_m); pixel centres at whole numbers, y down",
        "homographies": "from the first frame's pixels to this one's: of the place's far end, of the screen's wall",
        "markers_m": scene.stage.markers.tolist(),
        "stand_m": scene.place.stand.tolist(),
        "cameras": cameras,
    }
    (folder / "truth" / "cameras.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")


def _truth(folder: Path, layer: str, number: int) -> Path:
    return FramePattern(str(folder / "truth" / f"{layer}.####.exr")).path(number)
