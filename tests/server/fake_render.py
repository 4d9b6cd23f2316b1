"""An engine for tests of the server: real files, real misbehaviour, asked for by the shot's caption (JSON).

`gate`: a folder; frame N waits until `gate/N` exists. `die`: {frame: how} with how one of kill, exit, hang, hold,
freeze, or a key of `_fault`; it happens once, or always with `always`. `deaf`: ignore SIGTERM and the wish to stop.
`show`: {frame: bytes}, a preview of that many bytes that ends with the frame's number. `qc`: what the summary says.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pai_studio.core.engines.registry import Models
from pai_studio.core.media.limits import LIMITS, Limits
from pai_studio.core.model.store import BUILT_IN
from pai_studio.core.report import Progress, Report
from pai_studio.core.shot.document import Shot
from pai_studio.core.shot.errors import EngineFailed, UnreadableImage
from pai_studio.core.shot.frames import FramePattern, FrameRange


@dataclass(frozen=True, kw_only=True)
class RenderRequest:
    shot: Shot
    out: Path
    generations: Path
    frames: FrameRange | None = None
    mode: str = "render"
    resume: bool = False
    lock: Path | None = None
    limits: Limits = LIMITS
    digests: Mapping[str, str] = field(default_factory=dict)
    models: Models = field(default_factory=Models)


@dataclass(frozen=True)
class RenderResult:
    files: list[Path]
    qc: dict[str, object]
    provenance: dict[str, object]


def picture(plate: bytes, frame: int) -> bytes:
    """What this engine makes of a plate's bytes."""
    return hashlib.sha256(plate).digest() * 300 + str(frame).encode()


def render(
    request: RenderRequest, report: Report, on_file: Callable[[Path, int | None], None]
) -> RenderResult:
    wishes = json.loads(request.shot.prompt.caption or "{}")
    os.write(1, b"nor this one\n")
    for path, digest in request.digests.items():
        assert hashlib.sha256(Path(path).read_bytes()).hexdigest() == digest
    numbers = list(request.frames or request.shot.all_frames)
    request.generations.mkdir(exist_ok=True)
    plate, out = (
        FramePattern(request.shot.plate.files),
        FramePattern(str(request.out / request.shot.delivery_files)),
    )
    if wishes.get("deaf"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        Path(wishes["deaf"]).write_text(f"{os.getpid()} {child.pid}")
    for done, number in enumerate(numbers):
        report(Progress("frames", done, len(numbers), number, preview=preview(wishes, number)))
        path = out.path(number)
        if not (request.resume and path.is_file()):
            _wait(wishes, number, report)
            _write(path, picture(plate.path(number).read_bytes(), number), wishes, number, request)
        on_file(path, number)
    report(Progress("frames", len(numbers), len(numbers)))
    summary = request.out / request.shot.delivery_files
    summary = summary.with_name("qc.json")
    summary.write_text(json.dumps({"frames": numbers, "mode": request.mode}))
    on_file(summary, None)
    return RenderResult(
        [],
        {"frames": len(numbers), **wishes.get("qc", {})},
        {
            "engine": {"name": "fake"},
            "delivery": {"passes": list(request.shot.delivery.passes)},
            "mode": request.mode,
            "max_pixels": request.limits.max_pixels,
            "locked": [FramePattern(str(request.lock)).path(n).read_text() for n in numbers if request.lock],
            "models": [str(request.models.folder), request.models.device],
            "environment": sorted(os.environ),
        },
    )


def preview(wishes: dict, number: int) -> bytes:
    """What this engine shows of a frame."""
    size = wishes.get("show", {}).get(str(number), 0)
    return str(number).encode().rjust(size, b".") if size else b""


def _wait(wishes: dict, number: int, report: Report) -> None:
    if "gate" not in wishes:
        return
    gate = Path(wishes["gate"])
    (gate / f"{number}.reached").touch()
    while not (gate / str(number)).exists():
        time.sleep(0.005)
        if not wishes.get("deaf"):
            report(Progress("frames", 0, 0, number))


def _write(path: Path, data: bytes, wishes: dict, number: int, request: RenderRequest) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temp = path.with_name(f".{path.name}.tmp")
    temp.write_bytes(data[:100])
    how = wishes.get("die", {}).get(str(number))
    marker = request.generations / f"died-{request.shot.name}-{number}"
    if how and (wishes.get("always") or not marker.exists()):
        marker.touch()
        _die(how, path, request)
    temp.write_bytes(data)
    temp.replace(path)
    with (request.generations / f"made-{request.shot.name}").open("a") as made:
        made.write(f"{number}\n")


def _die(how: str, path: Path, request: RenderRequest) -> None:
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif how == "exit":
        os._exit(3)
    elif how == "freeze":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif how in ("hang", "hold"):
        _stay(how)
    else:
        raise _fault(how, path, request)


def _fault(how: str, path: Path, request: RenderRequest) -> Exception:
    plate, models = path.parents[3] / "input/plate/S.1002.exr", request.models.folder
    return {
        "raise": RuntimeError(f"no kernel for {path}"),
        "oom": MemoryError(),
        "device": RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        "model": EngineFailed(f"no weights in {models}/small/a.safetensors", where=str(models)),
        "built-in": EngineFailed(f"no weights in {BUILT_IN}/tiny/a.safetensors", where=str(BUILT_IN)),
        "full": OSError(errno.ENOSPC, "No space left on device", str(path)),
        "damaged": UnreadableImage(
            "ends after 100 bytes", where=f"{plate} (frame 1002)", hint=f"compare {path}"
        ),
    }[how]


def _stay(how: str) -> None:
    while how == "hang":
        time.sleep(1)
    re.match(r"(a+)+b", "a" * 60)  # computes without end and never lets go of the interpreter
