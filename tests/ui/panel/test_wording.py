from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.source import FileSource
from pai_studio.core.shot.errors import BadInput, PaiError
from pai_studio.ui.panel.faultbar import FaultBar
from pai_studio.ui.panel.queue import line_of
from pai_studio.ui.panel.state.job_store import Item
from pai_studio.ui.panel.state.studio import Studio
from pai_studio.ui.panel.state.wording import in_words
from tests.ui.panel.files import plate
from tests.ui.panel.shots import a_shot

NO_KEY = "the plate: has no rate; set plate.alpha to none"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            "references[1] /a b/lake.exr: cannot be read; check it",
            "Still 2 (lake.exr): cannot be read; check it",
        ),
        ("SH010: references[0].file /a/b.exr: is not there", "SH010: Still 1 (b.exr): is not there"),
        (r"references[1] C:\a\lake.exr: cannot be read", "Still 2 (lake.exr): cannot be read"),
        ("references[0].frame: 900 lies outside 1001-1049", "Still 1, anchor: 900 lies outside 1001-1049"),
        ("references[2]: lake.exr is taken to be 'ACEScg'", "Still 3: lake.exr is taken to be 'ACEScg'"),
        ("mattes.garbage.files /a/g.####.exr: is not there", "Garbage matte (g.####.exr): is not there"),
        ("mattes.alpha: has no channel A", "Alpha matte: has no channel A"),
        ("plate.files /a/p.####.exr: names one picture", "Plate (p.####.exr): names one picture"),
        ("plate.colorspace: 'x' is not known", "Plate, colour space: 'x' is not known"),
        ("engine.name: 'x' is not a known engine", "Engine: 'x' is not a known engine"),
        (NO_KEY, NO_KEY),
    ],
)
def test_keys_are_said_in_the_words_of_the_form(said: str, words: str) -> None:
    assert in_words(said) == words


def test_a_still_that_a_render_cannot_read_is_called_by_its_number_and_file(tmp_path: Path) -> None:
    """The very error that a render ends with."""
    pattern = plate(tmp_path / "plate", range(1001, 1003))
    (tmp_path / "lake.exr").write_bytes(b"this is no picture")
    shot = a_shot(
        tmp_path,
        frames=[1001, 1002],
        plate={"files": str(pattern), "colorspace": "ACEScg"},
        references=[{"file": str(tmp_path / "lake.exr"), "frame": 1001}],
    )
    with pytest.raises(PaiError) as raised:
        FileSource(shot, ColorConfig.open())
    assert str(raised.value).startswith("references[0] ")
    assert in_words(str(raised.value)).startswith("Still 1 (lake.exr): ")


def test_the_bar_and_the_queue_say_it_so_and_a_copy_has_the_path(qtbot: QtBot, studio: Studio) -> None:
    bar = FaultBar(studio)
    qtbot.addWidget(bar)
    raw = "references[1] /shots/lake.exr: cannot be read; check it"
    studio.faults.tell(BadInput("cannot be read", where="references[1] /shots/lake.exr", hint="check it"))
    (fault,) = studio.faults.all
    assert fault.line == "Still 2 (lake.exr): cannot be read; check it"
    assert "/shots/lake.exr" in fault.detail
    assert line_of(Item("SH010", "/a", "render", error=raw)) == f"failed: {fault.line}"
