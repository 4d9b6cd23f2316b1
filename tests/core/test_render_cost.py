"""What a model's frame costs on its way through the spine: time over its operations called bare, memory at 4K."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from pai_studio.core.delivery.generations import GenerationStore
from pai_studio.core.delivery.writer import Writer
from pai_studio.core.finish.finisher import Finisher
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.source import FileSource
from pai_studio.core.render import render
from tests.core.relighting import request, write_relighting

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]
_MOST_MIB = 6000


def bare(folder: Path) -> None:
    """Read everything once, then finish and write frame after frame, with nothing around these operations."""
    shot = request(folder, "bare").shot
    config = ColorConfig.open()
    source = FileSource(shot, config)
    (stored,) = (folder / "generations").iterdir()
    store = GenerationStore(stored.parent, stored.name)
    finisher = Finisher(source.stills, source.display, shot.finish, 7, gives_layers=False)
    writer = Writer(shot, folder / "bare", config)
    pairs = list(source.stream_pairs(shot.all_frames))
    made = {plate.number: store.read(plate.number) for plate, _ in pairs}
    seen = {plate.number: finisher.see(plate, made[plate.number]) for plate, _ in pairs}
    for plate, image in pairs:
        near = {n: one for n, one in seen.items() if one and abs(n - plate.number) <= finisher.reach}
        layers = finisher.finish(plate, made[plate.number], near)
        writer.write(writer.picture(layers, image), layers, image, {})
    source.close()


def test_the_spine_costs_no_more_than_half_as_much_again_as_its_operations(tmp_path: Path) -> None:
    """1080p with all passes, in the processor's time: a clock would count what else the machine does."""
    write_relighting(tmp_path, (1920, 1080), 5)
    start = time.process_time()
    bare(tmp_path)
    between = time.process_time()
    render(request(tmp_path, "again"))
    operations, spine = between - start, time.process_time() - between
    print(f"\n5 frames of 1080p: {spine:.1f} s, bare {operations:.1f} s, {spine / operations:.2f}")
    assert spine <= 1.5 * operations


def peak_mib(folder: Path, frames: int) -> float:
    """Finish the first frames of a shot in a process of its own; its peak memory."""
    run = [sys.executable, "-m", "tests.core.relighting", folder, str(frames)]
    done = subprocess.run(run, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    count, peak = map(int, done.stdout.split())
    assert count == frames
    return peak / 1024


def test_a_4k_shot_takes_bounded_memory_however_long_it_is(tmp_path: Path) -> None:
    write_relighting(tmp_path, (3840, 2160), 16)
    short, long = peak_mib(tmp_path, 8), peak_mib(tmp_path, 16)
    print(f"\npeak memory at 4K: 8 frames {short:.0f} MiB, 16 frames {long:.0f} MiB")
    assert long <= 1.1 * short
    assert max(short, long) <= _MOST_MIB


def test_a_4k_shot_whose_windows_are_full_takes_bounded_memory(tmp_path: Path) -> None:
    """The first frame looks at 41, of which all are kept whole."""
    write_relighting(tmp_path, (3840, 2160), 45)
    peak = peak_mib(tmp_path, 8)
    print(f"\npeak memory at 4K: 8 of 45 frames {peak:.0f} MiB")
    assert peak <= _MOST_MIB
