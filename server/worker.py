"""The child process that renders: `python -m pai_studio.server.worker --render MODULE:FUNCTION`.

It speaks JSON lines with its server: orders on stdin, answers on what was stdout. It ends when stdin does.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import importlib
import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

BEAT_S = 1.0
_NO_MEMORY = ("out of memory", "not enough memory", "can't allocate memory")
"""What libraries say that have no exception of their own for it."""

_PR_SET_PDEATHSIG = 1
Say = Callable[..., None]


def _die_with_parent(parent: int) -> None:
    """Have the kernel end us with our server, and end us rather than the server when memory runs out."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    with contextlib.suppress(OSError):  # some containers forbid it; the server then shares our risk
        Path("/proc/self/oom_score_adj").write_text("600")


def _take_stdout() -> Say:
    """Keep fd 1 for ourselves, give everybody else's prints to stderr; returns a locked writer of lines."""
    pipe = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    lock = threading.Lock()

    def say(kind: str, **values: Any) -> None:
        with lock:
            pipe.write(json.dumps({"say": kind, **values}) + "\n")

    return say


class _Orders:
    """What the server has asked for, read in a thread so that it is heard while rendering."""

    def __init__(self) -> None:
        self.jobs: queue.Queue[dict[str, Any]] = queue.Queue()
        self.stop = threading.Event()
        """Set when the job at hand is to be left, whether it is cancelled or only put off."""
        threading.Thread(target=self._read, daemon=True, name="orders").start()

    def _read(self) -> None:
        for line in sys.stdin:
            order = json.loads(line)
            if order["do"] == "render":
                self.stop.clear()
                self.jobs.put(json.loads(Path(order["order"]).read_text(encoding="utf-8")))
            else:
                self.stop.set()
        os._exit(0)  # the server is gone: nobody waits for what we do


def _beat(say: Say) -> None:
    tick = threading.Event()
    while not tick.wait(BEAT_S):
        say("beat")


def _render(
    entry: Callable[..., Any], request_type: Any, order: dict[str, Any], orders: _Orders, say: Say
) -> None:
    from pai_studio.core.engines.registry import Models  # noqa: PLC0415 - after stdout is ours
    from pai_studio.core.media.limits import Limits  # noqa: PLC0415
    from pai_studio.core.report import Progress  # noqa: PLC0415
    from pai_studio.core.shot.document import parse  # noqa: PLC0415
    from pai_studio.core.shot.errors import Cancelled  # noqa: PLC0415
    from pai_studio.core.shot.frames import FrameRange  # noqa: PLC0415
    from pai_studio.server.preview import to_text  # noqa: PLC0415

    out, folder = Path(order["out"]), Path(order["input"])

    def report(progress: Progress) -> None:
        if orders.stop.is_set():
            raise Cancelled("the render was cancelled")
        say("progress", **{**vars(progress), "preview": to_text(progress.preview)})

    def on_file(path: Path, frame: int | None) -> None:
        say("file", path=path.relative_to(out).as_posix(), frame=frame)

    shot = parse(order["shot"]).with_paths_from(folder)
    request = request_type(
        shot=shot,
        out=out,
        frames=FrameRange(*order["frames"]) if order["frames"] else None,
        mode=order["mode"],
        resume=True,
        lock=folder / order["lock"] if order["lock"] else None,
        generations=Path(order["generations"]),
        limits=Limits(**order["limits"]),
        models=Models(Path(order["models"]["folder"]), order["models"]["device"]),
        digests={str(folder / path): digest for path, digest in order["digests"].items()},
    )
    result = entry(request, report, on_file)
    say("done", result={"qc": result.qc, "provenance": result.provenance})


def _guarded(
    entry: Callable[..., Any], request_type: Any, order: dict[str, Any], orders: _Orders, say: Say
) -> None:
    """Render one job and say how it ended; nothing but a broken pipe gets out."""
    from pai_studio.core.log import logger  # noqa: PLC0415
    from pai_studio.core.shot.errors import Cancelled, EngineFailed, OutOfResources, PaiError  # noqa: PLC0415

    try:
        _render(entry, request_type, order, orders, say)
    except Cancelled:
        say("stopped")
    except PaiError as error:
        say("failed", error=error.to_json())
    except OSError as error:
        logger(__name__).exception("job %s", order["job"])
        kind = OutOfResources if error.errno in (28, 122) else EngineFailed  # ENOSPC, EDQUOT
        what = "the server's disk is full" if kind is OutOfResources else f"the engine failed ({error})"
        say("failed", error=kind(what).to_json())
    except Exception as error:  # noqa: BLE001 - an engine's fault must end its job, not the worker
        logger(__name__).exception("job %s", order["job"])
        if isinstance(error, MemoryError) or any(words in str(error).lower() for words in _NO_MEMORY):
            hint = "render at a smaller size, or with fewer references"
            say("failed", error=OutOfResources("the engine ran out of memory", hint=hint).to_json())
            return
        what = f"the engine failed ({type(error).__name__}: {error})"
        say("failed", error=EngineFailed(what, hint="the server's log has the details").to_json())


def main() -> None:
    """Load the engine once, then render what is asked for."""
    parser = argparse.ArgumentParser(prog="pai_studio.server.worker")
    parser.add_argument("--render", required=True)
    parser.add_argument("--parent", type=int, required=True)
    arguments = parser.parse_args()
    _die_with_parent(arguments.parent)
    say = _take_stdout()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C on the server's terminal is the server's to handle
    threading.Thread(target=_beat, args=(say,), daemon=True, name="heartbeat").start()
    orders = _Orders()
    from pai_studio.core import log  # noqa: PLC0415

    log.set_up()
    module_name, _, function = arguments.render.partition(":")
    module = importlib.import_module(module_name)
    say("ready")
    while True:
        order = orders.jobs.get()
        _guarded(getattr(module, function), module.RenderRequest, order, orders, say)


if __name__ == "__main__":
    main()
