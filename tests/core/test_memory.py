"""A long shot needs no more memory than a short one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pai_studio.core.shot import document
from pai_studio.core.shot.frames import FramePattern, FrameRange
from pai_studio.core.synth.scene import write_shot

_FILMED = 24
_RENDER = """
import sys
from pathlib import Path
from pai_studio.core.render import RenderRequest, render
from pai_studio.core.shot import document
folder = Path(sys.argv[1])
shot = document.load(folder / "long.shot.json")
result = render(RenderRequest(shot=shot, out=folder / "out", generations=folder / "generations"))
# Not getrusage: that begins with the memory of the process that this one came from.
status = Path("/proc/self/status").read_text()
print(result.qc["frames"], status.partition("VmHWM:")[2].split()[0])
"""


def peak_kb(folder: Path, source: document.Shot, frames: int) -> int:
    """Render `frames` frames, made of the filmed ones to and fro, in a process of its own; its peak memory."""
    folder.mkdir()
    plate = FramePattern(str(folder / "plate.####.exr"))
    filmed = [FramePattern(source.plate.files).path(n) for n in source.frames]
    there_and_back = filmed + filmed[::-1]
    for index in range(frames):
        plate.path(1001 + index).symlink_to(there_and_back[index % len(there_and_back)])
    references = [r.model_copy(update={"frame": min(r.frame, 1000 + frames)}) for r in source.references]
    shot = source.model_copy(
        update={
            "frames": FrameRange(1001, 1000 + frames),
            "plate": source.plate.model_copy(update={"files": plate.text}),
            "references": references,
            "delivery": document.Delivery(compression="none", passes=["beauty", "matte"]),
        }
    )
    (folder / "long.shot.json").write_text(shot.to_json())
    done = subprocess.run([sys.executable, "-c", _RENDER, folder], capture_output=True, text=True, check=True)
    count, peak = map(int, done.stdout.split())
    assert count == frames
    return peak


@pytest.mark.long
@pytest.mark.parametrize("size", [(640, 360)])
def test_480_frames_peak_where_24_do(tmp_path: Path, size: tuple[int, int]) -> None:
    frames = FrameRange(1001, 1000 + _FILMED)
    path = write_shot(tmp_path / "input", size=size, frames=frames, place="street", move="gimbal")
    source = document.load(path)
    short, long = (peak_kb(tmp_path / str(n), source, n) for n in (_FILMED, 20 * _FILMED))
    print(
        f"peak memory: {_FILMED} frames {short / 1024:.0f} MiB, {20 * _FILMED} frames {long / 1024:.0f} MiB"
    )
    assert abs(long / short - 1) <= 0.1
