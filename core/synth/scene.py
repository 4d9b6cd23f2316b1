"""Writes a whole synthetic shot: the document, the plate, the references, and the truth to measure against."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Literal

import cv2

from pai_studio.core.media.exr import read_image
from pai_studio.core.report import Progress, Report, silent
from pai_studio.core.shot.document import (
    SCHEMA,
    Delivery,
    EngineChoice,
    Matte,
    Mattes,
    Plate,
    Prompt,
    Reference,
    Shot,
)
from pai_studio.core.shot.frames import FrameRange
from pai_studio.core.synth.capture.codec import recorded
from pai_studio.core.synth.capture.sensor import Capture, draw_capture
from pai_studio.core.synth.filming import Scene, SceneSpec
from pai_studio.core.synth.shot_files import (
    COLORSPACE,
    GIVEN,
    REFERENCE,
    TRUTH_PASSES,
    make_folders,
    plate_pattern,
    save,
    save_cameras,
    save_frame,
)
from pai_studio.core.synth.told import Tags, prompt_of, tags_of

__all__ = ["COLORSPACE", "TRUTH_PASSES", "spread", "write_shot"]

_WORTH_A_POOL = 4_000_000  # pixels in the whole shot


@dataclass(frozen=True)
class _Task:
    """What a process needs to film frames into a folder."""

    spec: SceneSpec
    folder: Path
    frames: FrameRange
    anchors: tuple[int, ...]
    name: str


@dataclass(frozen=True)
class _Told:
    """What is known of a shot only where its scene is: with its first frame."""

    prompt: Prompt
    tags: Tags


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
    fault: str | None = None,
    light: Literal["stage", "perturbed"] = "stage",
    capture: Capture | None = Capture(),  # noqa: B008 - frozen
    panorama: str | None = None,
    roll: str | None = None,
    camera_blur: bool = False,
    name: str = "demo",
    workers: int | None = None,
    report: Report = silent,
) -> Path:
    """Film a shot into `folder`; returns the path of its document, `NAME.shot.json`.

    Beside it lie `plate/NAME.####.exr`, `refs/ref.####.exr` at frames spread from the first to the last, `truth/` (one
    EXR a pass of `TRUTH_PASSES` and frame, matte, gain and shadow being data, and `cameras.json`), and `clip.json` with
    the tags of what was drawn. With a `fault` there are `mattes/alpha.####.exr`, which the document names, and the
    truth's `rebuilt`. What each option means stands at `SceneSpec`. All is scene-linear ACEScg and follows from the
    arguments alone. `workers` processes share the frames (by default two for a large shot on a machine that has them,
    else this one); a capture with a codec then records the whole plate as one stream, in order.
    """
    spec = SceneSpec(
        size,
        len(frames),
        float(rate),
        seed,
        screen,
        markers,
        mood,
        place,
        move,
        fault,
        light,
        capture,
        panorama,
        roll,
        camera_blur,
    )
    numbers = list(frames)
    anchors = tuple(numbers[i] for i in spread(len(numbers), references))
    task = _Task(spec, folder, frames, anchors, name)
    make_folders(folder, fault)
    told: _Told | None = None
    for done, (number, heard) in enumerate(_film(task, workers), start=1):
        told = told or heard
        report(Progress("film", done, len(numbers), number))
    assert told is not None
    _record(task, rate, report)
    clip = {"tags": told.tags, "seed": seed}
    (folder / "clip.json").write_text(json.dumps(clip, indent=1) + "\n", encoding="utf-8")
    path = folder / f"{name}.shot.json"
    path.write_text(_document(task, rate, told.prompt).to_json(), encoding="utf-8")
    return path


def spread(count: int, picks: int) -> list[int]:
    """Indices of `picks` anchors spread from the first to the last of `count` frames; one pick takes the first."""
    if picks < 1 or picks > count:
        raise ValueError(f"{picks} references do not fit {count} frames")
    return [round(i * (count - 1) / max(picks - 1, 1)) for i in range(picks)]


def _film(task: _Task, workers: int | None) -> Iterator[tuple[int, _Told | None]]:
    """Film every frame; with the first comes what its scene has to tell."""
    pixels = task.spec.size[0] * task.spec.size[1] * task.spec.frames
    if workers is None:
        workers = 2 if pixels > _WORTH_A_POOL and (os.cpu_count() or 1) > 1 else 1
    numbers = list(task.frames)
    if workers == 1:
        scene = Scene(task.spec)
        for number in numbers:
            yield number, _film_frame(scene, task, number)
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn, initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        futures = [pool.submit(_film_one, task, number) for number in numbers]
        try:
            for number, future in zip(numbers, futures, strict=True):
                yield number, future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@lru_cache(maxsize=1)
def _scene(spec: SceneSpec) -> Scene:
    """A worker process's own scene, made with its first frame: what fails there fails by its own name."""
    return Scene(spec)


def _film_one(task: _Task, number: int) -> _Told | None:
    return _film_frame(_scene(task.spec), task, number)


def _film_frame(scene: Scene, task: _Task, number: int) -> _Told | None:
    filmed = scene.filmed(list(task.frames).index(number))
    save_frame(task.folder, task.name, number, filmed, anchored=number in task.anchors)
    if number != task.frames.first:
        return None
    save_cameras(task.folder, scene, task.frames)
    return _Told(prompt_of(scene), tags_of(scene, len(task.anchors)))


def _record(task: _Task, rate: Fraction, report: Report) -> None:
    """Put the plate through the camera's codec, if it has one: here, since a stream goes from frame to frame."""
    camera = draw_capture(task.spec.seed) if task.spec.capture is None else task.spec.capture
    if camera.quality is None:
        return
    numbers = list(task.frames)
    pattern = plate_pattern(task.name)
    paths = [task.folder / pattern.path(number) for number in numbers]
    # What is read ahead of what is written is in memory by then: a frame is replaced only after the codec took it.
    plates = (read_image(path).pixels[..., :3] for path in paths)
    coded = zip(numbers, paths, recorded(plates, camera.quality, rate), strict=True)
    for done, (number, path, pixels) in enumerate(coded, start=1):
        save(path, pixels, number)
        report(Progress("record", done, len(numbers), number))


def _document(task: _Task, rate: Fraction, prompt: Prompt) -> Shot:
    stills = [
        Reference(file=REFERENCE.path(frame).as_posix(), frame=frame, colorspace=COLORSPACE)
        for frame in task.anchors
    ]
    given = Mattes(alpha=Matte(files=GIVEN.text)) if task.spec.fault else Mattes()
    return Shot(
        schema=SCHEMA,
        name=task.name,
        rate=rate,
        frames=task.frames,
        plate=Plate(files=plate_pattern(task.name).text, colorspace=COLORSPACE, screen=task.spec.screen),
        mattes=given,
        references=stills,
        prompt=prompt,
        engine=EngineChoice(seed=task.spec.seed),
        delivery=Delivery(files="beauty.####.exr", layout="files"),
    )
