"""Writes a whole synthetic shot: the document, the plate, the references, and the truth to measure against."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np

from pai_studio.core.media.exr import write_exr
from pai_studio.core.media.frame import Array, Box, Image
from pai_studio.core.report import Progress, Report, silent
from pai_studio.core.shot.document import SCHEMA, Delivery, EngineChoice, Plate, Prompt, Reference, Shot
from pai_studio.core.shot.frames import FramePattern, FrameRange
from pai_studio.core.synth.camera import plane_homography
from pai_studio.core.synth.filming import Scene, SceneSpec

COLORSPACE = "ACEScg"
TRUTH_PASSES = ("composite", "background", "matte", "foreground", "gain", "shadow")
_REFERENCE = FramePattern("ref.####.exr")
_WORTH_A_POOL = 4_000_000  # pixels in the whole shot


@dataclass(frozen=True)
class _Task:
    """What a process needs to film frames into a folder."""

    spec: SceneSpec
    folder: Path
    frames: FrameRange
    anchors: tuple[int, ...]
    name: str


def write_shot(
    folder: Path,
    *,
    size: tuple[int, int] = (1280, 720),
    frames: FrameRange = FrameRange(1001, 1048),  # noqa: B008 - frozen
    seed: int = 4,
    screen: Literal["green", "blue"] = "green",
    markers: bool = True,
    references: int = 3,
    rate: Fraction = Fraction(24),
    mood: str | None = None,
    place: str | None = None,
    move: str | None = None,
    name: str = "demo",
    workers: int | None = None,
    report: Report = silent,
) -> Path:
    """Film a shot into `folder`; returns the path of its document, `NAME.shot.json`.

    Beside it lie `plate/NAME.####.exr`, `refs/ref.####.exr` at frames spread from the first to the last, and `truth/`:
    one EXR a pass of `TRUTH_PASSES` and frame (matte, gain and shadow are data), and `cameras.json`. Everything is
    scene-linear ACEScg and follows from the arguments alone. `workers` processes share the frames (by default two
    for a large shot on a machine that has them, else this one).
    """
    spec = SceneSpec(size, len(frames), float(rate), seed, screen, markers, mood, place, move)
    numbers = list(frames)
    anchors = tuple(numbers[i] for i in spread(len(numbers), references))
    task = _Task(spec, folder, frames, anchors, name)
    for part in ("plate", "refs", "truth"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for done, number in enumerate(_film(task, workers), start=1):
        report(Progress("film", done, len(numbers), number))
    document = _document(name, spec, frames, anchors, rate)
    path = folder / f"{name}.shot.json"
    path.write_text(document.to_json(), encoding="utf-8")
    return path


def spread(count: int, picks: int) -> list[int]:
    """Indices of `picks` anchors spread from the first to the last of `count` frames; one pick takes the first."""
    if picks < 1 or picks > count:
        raise ValueError(f"{picks} references do not fit {count} frames")
    return [round(i * (count - 1) / max(picks - 1, 1)) for i in range(picks)]


def _film(task: _Task, workers: int | None) -> Iterator[int]:
    pixels = task.spec.size[0] * task.spec.size[1] * task.spec.frames
    if workers is None:
        workers = 2 if pixels > _WORTH_A_POOL and (os.cpu_count() or 1) > 1 else 1
    numbers = list(task.frames)
    if workers == 1:
        scene = Scene(task.spec)
        _write_cameras(scene, task)
        for number in numbers:
            _write_frame(scene, task, number)
            yield number
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn, initializer=_start, initargs=(task,)) as pool:
        futures = [pool.submit(_film_one, number) for number in numbers]
        try:
            for number, future in zip(numbers, futures, strict=True):
                future.result()
                yield number
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


_here: dict[str, Any] = {}  # a worker process's own scene, made once


def _start(task: _Task) -> None:
    cv2.setNumThreads(1)
    _here.update(scene=Scene(task.spec), task=task)


def _film_one(number: int) -> None:
    scene, task = _here["scene"], _here["task"]
    if number == task.frames.first:
        _write_cameras(scene, task)
    _write_frame(scene, task, number)


def _write_frame(scene: Scene, task: _Task, number: int) -> None:
    index = list(task.frames).index(number)
    filmed = scene.filmed(index)
    plate = FramePattern(str(task.folder / "plate" / f"{task.name}.####.exr")).path(number)
    _save(plate, filmed.plate, number)
    for name in TRUTH_PASSES:
        _save(_truth_path(task.folder, name, number), getattr(filmed, name), number)
    if number in task.anchors:
        _save(task.folder / "refs" / _REFERENCE.path(number), filmed.background, number)


def _truth_path(folder: Path, name: str, number: int) -> Path:
    return FramePattern(str(folder / "truth" / f"{name}.####.exr")).path(number)


def _save(path: Path, pixels: Array, number: int) -> None:
    planes = pixels if pixels.ndim == 3 else pixels[..., None]
    height, width, count = planes.shape
    box = Box(0, 0, width, height)
    image = Image(
        planes, ("R", "G", "B") if count == 3 else ("Y",), COLORSPACE, box, box, file_types=("half",) * count
    )
    write_exr(path, image, compression="piz", metadata={"oiio:ColorSpace": COLORSPACE, "FrameNumber": number})


def _write_cameras(scene: Scene, task: _Task) -> None:
    """Every frame's camera, and the homographies that take the first frame's pixels to it."""
    first = scene.camera(0)
    toward = np.array([0, -1.0, 0])
    wall = scene.stage.wall.origin
    cameras = []
    for index, number in enumerate(task.frames):
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
        "homographies": "from the first frame's pixels to this one's: of the street's far end, of the screen's wall",
        "markers_m": scene.stage.markers.tolist(),
        "stand_m": scene.place.stand.tolist(),
        "cameras": cameras,
    }
    (task.folder / "truth" / "cameras.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")


def _document(
    name: str, spec: SceneSpec, frames: FrameRange, anchors: tuple[int, ...], rate: Fraction
) -> Shot:
    prompt = Prompt(
        foreground_content="a person in a belted coat and a scarf",
        background_content="an old-town street after rain, lit windows, lanterns and strings of bulbs",
        foreground_motion="walks slowly toward the camera and raises a hand",
        background_motion="still",
        camera_motion_analysis="a hand-held dolly with a slow pan",
        camera_angle="eye level",
        focal_length="wide normal",
        caption="a person walks through an old-town street in the evening",
    )
    stills = [
        Reference(file=f"refs/{_REFERENCE.path(frame)}", frame=frame, colorspace=COLORSPACE)
        for frame in anchors
    ]
    return Shot(
        schema=SCHEMA,
        name=name,
        rate=rate,
        frames=frames,
        plate=Plate(files=f"plate/{name}.####.exr", colorspace=COLORSPACE, screen=spec.screen),
        references=stills,
        prompt=prompt,
        engine=EngineChoice(seed=spec.seed),
        delivery=Delivery(files="beauty.####.exr", layout="files"),
    )
