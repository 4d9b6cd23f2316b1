"""A script and a plate for the tests of the strict fake."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.conftest import write_picture
from tests.hosts.fakes.nuke_fake import FakeNuke

RGBA = ("R", "G", "B", "A")

GROUP = """version 15.1 v3
Root {
 inputs 0
 first_frame 1001
 last_frame 1010
}
Dot {
 inputs 0
 name Dot1
}
Group {
 name Group1
 knobChanged "nuke.tprint(nuke.thisNode().name() + '.' + nuke.thisKnob().name())"
 label "\\[value engine] \\[value this.count]\n\\[value root.last_frame]"
 addUserKnob {20 tab l Tab}
 addUserKnob {4 engine l engine M {auto draft "two words"}}
 addUserKnob {3 count l count}
 count 3
 addUserKnob {2 out l out}
 out "\\[file dirname \\[value root.name]]/\\[value engine]_\\[value count].%04d.exr"
 addUserKnob {22 go l Go T "nuke.tprint(nuke.thisNode().name(), nuke.thisKnob().name(), len(nuke.allNodes()))"}
}
 Input {
  inputs 0
  name in
 }
 Dot {
  name middle
 }
 Output {
  name Output1
 }
end_group
"""


def write_overscan(folder: Path) -> Path:
    """Two frames with overscan, an odd pixel shape, a layer and metadata."""
    for frame in (1001, 1002):
        pixels = np.full((4, 6, 5), frame - 1000, np.float32)
        pixels[..., 1] = 7.5
        write_picture(
            folder / f"plate.{frame}.exr",
            pixels,
            channels=(*RGBA, "depth.Z"),
            data=(-1, -1),
            display=(0, 0, 4, 2),
            facts={"PixelAspectRatio": 2.0, "Copyright": "somebody", "pai/job": "j1"},
        )
    return folder


def script(folder: Path, read: str = "raw true", write: str = "") -> str:
    """A Read of that plate into a Write, with more knobs for either."""
    return f"""version 15.1 v3
Root {{
 inputs 0
 first_frame 1001
 last_frame 1002
 format "8 4 0 0 8 4 1 small"
 colorManagement OCIO
 workingSpaceLUT ACEScg
}}
Read {{
 inputs 0
 file "{folder}/plate.####.exr"
 first 1001
 last 1002
 name Read1
 {read}
}}
Write {{
 file "{folder}/out/p.%04d.exr"
 file_type exr
 channels rgba
 raw true
 create_directories true
 metadata "all metadata"
 name Write1
 {write}
}}
"""


def refused(fake: FakeNuke, kind: type[Exception]) -> None:
    """What was refused counts as expected from now on."""
    assert fake.refused
    assert all(isinstance(error, kind) for error in fake.refused)
    fake.refused.clear()
