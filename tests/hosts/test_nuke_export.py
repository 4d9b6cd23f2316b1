"""Exports: exactly the frames asked, raw, and nothing left behind in the script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
import pytest

from pai_studio.host_plugins.host import Fault
from tests.hosts.nuke_scene import Scene, scene, write_plate, write_still


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Scene]:
    folder = tmp_path / "Größe 010"
    write_plate(folder)
    write_still(folder)
    with scene(folder) as one:
        yield one


def export(made: Scene, source: str = "plate", first: int = 1001, last: int = 1003) -> Path:
    folder = made.folder / "exports/SH010_v001"
    files = (folder / f"{source}.####.exr").as_posix()
    made.plug("target").NukeTarget(made.node).export(source, files, first, last)
    return folder


def read(path: Path) -> tuple[Any, np.ndarray]:
    file = oiio.ImageInput.open(str(path))
    return file.spec(), file.read_image("float")


def is_clean(made: Scene) -> bool:
    """Whether the script is as if nothing had been exported."""
    writes = [inner for inner in made.node.nodes() if inner.Class() == "Write"]
    off = all(inner["disable"].value() and not inner["file"].value() for inner in writes)
    return off and made.fake.undo_off == 0 and not made.nuke.modified()


@pytest.mark.parametrize(("first", "last"), [(1001, 1003), (1002, 1002)])
def test_exactly_the_range_is_written(made: Scene, first: int, last: int) -> None:
    made.nuke.modified(False)
    folder = export(made, first=first, last=last)
    assert sorted(p.name for p in folder.iterdir()) == [f"plate.{n}.exr" for n in range(first, last + 1)]
    assert is_clean(made)


def test_negative_frames_are_numbered_as_everybody_does(made: Scene) -> None:
    write_plate(made.folder, -1, 1)
    made.plate["first"].setValue(-1)
    folder = export(made, first=-1, last=1)
    assert sorted(p.name for p in folder.iterdir()) == ["plate.-001.exr", "plate.0000.exr", "plate.0001.exr"]


def test_a_half_plate_comes_out_bit_by_bit(made: Scene) -> None:
    folder = export(made)
    given, there = read(made.folder / "plate.1002.exr")
    spec, sent = read(folder / "plate.1002.exr")
    assert np.array_equal(there, sent)
    assert sent.max() > 10
    assert spec.channelnames == given.channelnames
    assert str(spec.format) == "half"


def test_float_is_written_where_the_artist_wants_it(made: Scene) -> None:
    made.node["export_type"].setValue("float")
    spec, _ = read(export(made) / "plate.1001.exr")
    assert str(spec.format) == "float"
    made.node["export_type"].setValue("half")
    spec, _ = read(export(made, first=1003) / "plate.1003.exr")
    assert str(spec.format) == "half"


def test_a_still_is_rgb_in_float(made: Scene) -> None:
    spec, _ = read(export(made, "ref1", 1001, 1001) / "ref1.1001.exr")
    assert tuple(spec.channelnames) == ("R", "G", "B")
    assert str(spec.format) == "float"


def test_a_matte_is_its_alpha(made: Scene) -> None:
    made.node.setInput(1, made.plate)
    spec, _ = read(export(made, "alpha") / "alpha.1001.exr")
    assert tuple(spec.channelnames) == ("A",)


def test_a_cancel_is_a_cancel(made: Scene) -> None:
    made.nuke.modified(False)
    made.fake.cancel_at = 1002
    with pytest.raises(Fault) as caught:
        export(made)
    assert caught.value.code == "CANCELLED"
    assert is_clean(made)


def test_what_nuke_says_of_a_failure_reaches_the_artist(made: Scene) -> None:
    made.nuke.modified(False)
    (made.folder / "plate.1002.exr").unlink()
    with pytest.raises(
        Fault, match=r"^PAIStudio1: Nuke could not export plate \(.*plate\.1002.*\); look at"
    ) as caught:
        export(made)
    assert caught.value.hint == "look at what is connected to 'plate'"
    assert is_clean(made)


def test_proxies_are_off_while_it_writes(made: Scene) -> None:
    seen = []
    root = made.nuke.root()
    root["proxy"].setValue(True)
    made.nuke.addBeforeFrameRender(lambda: seen.append(root["proxy"].value()))
    export(made)
    assert seen == [False] * 3
    assert root["proxy"].value()
