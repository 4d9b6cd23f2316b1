"""What finishing one frame costs: time over its operations called bare, and memory at 4K."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]
_PEAK = """
import sys
from pathlib import Path
from tests.core.finish.measures import finisher_of
from tests.core.finish.simulated import generation
from tests.core.finish.simulated_film import UHD
from tests.core.finish.simulated_shots import film
from pai_studio.core.shot.document import Finish

def kb(key):
    return int(Path("/proc/self/status").read_text().partition(key)[2].split()[0])

made = generation(film(29, UHD), Path(sys.argv[1]))
number, plate = next(iter(made.plates.items()))
finisher = finisher_of(made, Finish())
before = kb("VmRSS:")
Path("/proc/self/clear_refs").write_text("5")
finisher.finish(plate, made.made[number], {number: finisher.see(plate, made.made[number])})
first = kb("VmHWM:")
Path("/proc/self/clear_refs").write_text("5")
finisher.finish(plate, made.made[number], {number: finisher.see(plate, made.made[number])})
print(before, first, kb("VmHWM:"))
"""
_MOST_MIB = 2600


def test_a_4k_frame_is_finished_in_bounded_memory(pytestconfig):
    """Beside plate, generation and still: the first frame, with which the stills are prepared, and a next one."""
    folder = pytestconfig.cache.mkdir("films")
    run = [sys.executable, "-c", _PEAK, folder]
    done = subprocess.run(run, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
    before, first, next_ = (int(kb) / 1024 for kb in done.stdout.split())
    print(
        f"\nMiB: {before:.0f} before, {first - before:.0f} more for the first frame, {next_ - before:.0f} for the next"
    )
    assert max(first, next_) - before <= _MOST_MIB
