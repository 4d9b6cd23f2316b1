"""The strict fake of Nuke: real pictures through its nodes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import OpenImageIO as oiio
import pytest

from tests.conftest import write_picture
from tests.hosts.fake_shot import RGBA, script, write_overscan
from tests.hosts.fakes.errors import FakeGap
from tests.hosts.fakes.nuke_fake import FakeNuke


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    return write_overscan(tmp_path)


@pytest.fixture
def fake(plate: Path) -> Iterator[FakeNuke]:
    with FakeNuke().installed() as session:
        session.read(script(plate), plate / "shot.nk")
        yield session


def written(folder: Path, frame: int = 1001) -> Any:
    return OpenEXR.File(str(folder / f"out/p.{frame}.exr"), separate_channels=True)


def pixels(folder: Path, frame: int = 1001) -> np.ndarray:
    return oiio.ImageBuf(str(folder / f"out/p.{frame}.exr")).get_pixels(oiio.FLOAT)


def run(fake: FakeNuke, *frames: int) -> None:
    fake.module.execute("Write1", *(frames or (1001, 1001)))


class TestWriting:
    def test_pictures_pass_unchanged_with_their_windows(self, fake: FakeNuke, plate: Path) -> None:
        fake.module.execute(fake.module.toNode("Write1"))
        header = written(plate).header()
        assert [tuple(map(int, corner)) for corner in header["dataWindow"]] == [(-1, -1), (4, 2)]
        assert [tuple(map(int, corner)) for corner in header["displayWindow"]] == [(0, 0), (3, 1)]
        assert header["pixelAspectRatio"] == 2.0
        assert header["compression"] == OpenEXR.ZIPS_COMPRESSION
        assert sorted(written(plate).channels()) == sorted(RGBA)
        assert pixels(plate, 1002)[0, 0].tolist() == [2, 7.5, 2, 2]
        assert fake.rendered == [("Write1", 1001), ("Write1", 1002)]

    def test_what_is_written_is_chosen(self, fake: FakeNuke, plate: Path) -> None:
        fake.set("Write1", "channels", "alpha")
        fake.set("Write1", "datatype", "32 bit float")
        fake.set("Write1", "compression", "PIZ Wavelet (32 scanlines)")
        run(fake)
        channels = written(plate).channels()
        assert list(channels) == ["A"]
        assert channels["A"].pixels.dtype == np.float32
        assert written(plate).header()["compression"] == OpenEXR.PIZ_COMPRESSION
        fake.set("Write1", "channels", "all")
        run(fake)
        assert sorted(written(plate).channels()) == ["A", "B", "G", "R", "depth.Z"]
        fake.set("Write1", "channels", "depth")
        run(fake)
        assert list(written(plate).channels()) == ["depth.Z"]

    def test_channels_that_the_input_has_not_fail(self, fake: FakeNuke, plate: Path) -> None:
        write_picture(plate / "plate.1001.exr", np.zeros((2, 4, 3), np.float32))
        fake.set("Write1", "channels", "alpha")
        with pytest.raises(RuntimeError, match="no channels"):
            run(fake)

    @pytest.mark.parametrize(
        ("mode", "noprefix", "keys"),
        [
            ("no metadata", False, set()),
            ("default metadata", False, set()),
            ("default metadata and exr/*", False, {"owner", "pai/job"}),
            ("all metadata except input/*", True, {"owner", "pai/job"}),
            ("all metadata", True, {"owner", "pai/job", "input/frame"}),
            ("all metadata", False, {"owner", "pai/job", "nuke/input/frame"}),
        ],
    )
    def test_metadata_follow_the_mode(
        self, fake: FakeNuke, plate: Path, mode: str, noprefix: bool, keys: set[str]
    ) -> None:
        fake.set("Write1", "metadata", mode)
        fake.set("Write1", "noprefix", noprefix)
        run(fake)
        header = written(plate).header()
        looked_at = {"owner", "pai/job", "input/frame", "nuke/input/frame", "nuke/pai/job", "nuke/owner"}
        assert looked_at & set(header) == keys

    def test_autocrop_drops_what_is_black(self, fake: FakeNuke, plate: Path) -> None:
        spot = np.zeros((4, 8, 4), np.float32)
        spot[1, 5] = 1
        write_picture(plate / "plate.1001.exr", spot, channels=RGBA)
        fake.set("Write1", "autocrop", True)
        run(fake)
        assert [tuple(map(int, corner)) for corner in written(plate).header()["dataWindow"]] == [
            (5, 1),
            (5, 1),
        ]

    def test_a_folder_is_made_only_when_asked(self, fake: FakeNuke, plate: Path) -> None:
        fake.set("Write1", "create_directories", False)
        with pytest.raises(RuntimeError, match="No such file"):
            run(fake)
        assert not (plate / "out").exists()

    def test_a_disabled_write_cannot_be_executed_and_passes_its_input(self, fake: FakeNuke) -> None:
        fake.set("Write1", "disable", True)
        with pytest.raises(RuntimeError, match="disabled"):
            run(fake)
        assert fake.module.toNode("Write1").format().width() == 4

    def test_a_disabled_group_does_not_stop_its_writes(self, fake: FakeNuke, plate: Path) -> None:
        nuke = fake.module
        group = nuke.createNode("Group", "", False)
        with group:
            entry = nuke.nodes.Input()
            inner = nuke.nodes.Write(
                inputs=[entry], file=f"{plate}/out/p.%04d.exr", create_directories=True, raw=True
            )
        group.setInput(0, nuke.toNode("Read1"))
        group["disable"].setValue(True)
        nuke.execute(inner, 1001, 1001)
        assert pixels(plate)[0, 0, 1] == 7.5

    def test_proxies_are_refused(self, fake: FakeNuke) -> None:
        fake.set("root", "proxy", True)
        with pytest.raises(FakeGap, match="proxies"):
            run(fake)
        fake.refused.clear()

    def test_a_cancel_stops_between_frames(self, fake: FakeNuke, plate: Path) -> None:
        fake.cancel_at = 1002
        with pytest.raises(RuntimeError, match=r"^Cancelled"):
            run(fake, 1001, 1002)
        assert sorted(path.name for path in (plate / "out").iterdir()) == ["p.1001.exr"]

    def test_renders_are_heard_frame_by_frame(self, fake: FakeNuke) -> None:
        heard: list[str] = []
        for name in ("BeforeRender", "BeforeFrameRender", "AfterFrameRender", "AfterRender"):
            getattr(fake.module, f"add{name}")(heard.append, name)
        run(fake)
        assert heard == ["BeforeRender", "BeforeFrameRender", "AfterFrameRender", "AfterRender"]

    @pytest.mark.parametrize(("knob", "value"), [("file_type", "png"), ("use_limit", True)])
    def test_what_the_fake_does_not_write_it_refuses(self, fake: FakeNuke, knob: str, value: Any) -> None:
        fake.set("Write1", knob, value)
        with pytest.raises(FakeGap):
            run(fake)
        fake.refused.clear()


class TestReading:
    def test_a_missing_frame_fails_only_within_the_range(self, fake: FakeNuke, plate: Path) -> None:
        (plate / "plate.1002.exr").unlink()
        with pytest.raises(RuntimeError, match=r"Read1.*1002.*No such file"):
            run(fake, 1001, 1002)
        fake.set("Read1", "before", "black")
        run(fake, 1000, 1000)
        assert not pixels(plate, 1000).any()
        fake.set("Read1", "before", "hold")
        run(fake, 1000, 1000)
        assert pixels(plate, 1000)[0, 0, 0] == 1

    def test_a_missing_frame_may_be_black(self, fake: FakeNuke, plate: Path) -> None:
        (plate / "plate.1002.exr").unlink()
        fake.set("Read1", "on_error", "black")
        assert not fake.module.toNode("Read1").hasError()
        fake.set("Read1", "on_error", "error")
        fake.frame = 1002
        assert fake.module.toNode("Read1").hasError()

    def test_a_read_without_a_file_fails(self, fake: FakeNuke) -> None:
        fake.set("Read1", "file", "")
        with pytest.raises(RuntimeError, match="no file"):
            run(fake)

    def test_colours_are_never_converted_in_silence(self, fake: FakeNuke, plate: Path) -> None:
        fake.set("Read1", "raw", False)
        fake.set("Read1", "colorspace", "Linear Rec.709 (sRGB)")
        with pytest.raises(FakeGap, match="colours"):
            run(fake)
        fake.refused.clear()
        fake.set("Read1", "colorspace", "ACEScg")
        run(fake)
        assert pixels(plate)[0, 0].tolist() == [1, 7.5, 1, 1]

    def test_what_is_read_is_told(self, fake: FakeNuke, plate: Path) -> None:
        read = fake.module.toNode("Read1")
        assert (read.firstFrame(), read.lastFrame(), read.width(), read.height()) == (1001, 1002, 4, 2)
        assert fake.module.toNode("Write1").pixelAspect() == 2.0
        box = read.bbox() if fake.module.frame(1001) else None
        assert (box.x(), box.y(), box.w(), box.h()) == (-1, -1, 6, 4)
        assert read.metadata("exr/owner", 1001) == "somebody"
        assert read.metadata()["input/filename"] == str(plate / "plate.1001.exr")
        assert "depth.Z" in read.channels()

    def test_layers_and_parts_come_in_by_name(self, fake: FakeNuke, plate: Path) -> None:
        flat = np.ones((2, 4), np.float32)
        layers = {"background.R": flat * 3, "background.G": flat, "matte.A": flat * 5}
        parts = [
            OpenEXR.Part({}, dict.fromkeys("RGB", flat), "rgb"),
            OpenEXR.Part({}, layers, "layers"),
        ]
        OpenEXR.File(parts).write(str(plate / "plate.1001.exr"))
        fake.module.frame(1001)
        read = fake.module.toNode("Read1")
        assert {"background.red", "background.green", "matte.alpha", "rgba.red"} <= set(read.channels())
        fake.set("Write1", "channels", "background matte")
        run(fake)
        made = written(plate).channels()
        assert sorted(made) == ["background.G", "background.R", "matte.A"]
        assert made["matte.A"].pixels[0, 0] == 5

    def test_filters_apply_to_what_is_read_and_written(self, fake: FakeNuke, plate: Path) -> None:
        fake.set("Read1", "file", "P:/show/plate.%04d.exr")
        fake.set("Write1", "file", "P:/show/out/p.%04d.exr")
        fake.module.addFilenameFilter(lambda name: name.replace("P:/show", str(plate)))
        run(fake)
        assert pixels(plate)[0, 0, 1] == 7.5


class TestNodes:
    def test_a_group_takes_its_inputs_by_number_and_disabled_passes_the_first(
        self, fake: FakeNuke, plate: Path
    ) -> None:
        nuke = fake.module
        group = nuke.createNode("Group", "", False)
        with group:
            inputs = [nuke.nodes.Input(number=index) for index in (1, 0)]
            nuke.nodes.Output(inputs=[inputs[0]])
        dark = nuke.nodes.Expression(inputs=[nuke.toNode("Read1")], expr0="r*0", expr1="g - 7", expr3="!a")
        group.setInput(0, nuke.toNode("Read1"))
        group.setInput(1, dark)
        nuke.toNode("Write1").setInput(0, group)
        run(fake)
        assert pixels(plate)[0, 0].tolist() == [0, 0.5, 1, 0]
        group["disable"].setValue(True)
        run(fake)
        assert pixels(plate)[0, 0].tolist() == [1, 7.5, 1, 1]

    @pytest.mark.parametrize(("operation", "green"), [("multiply", 56.25), ("plus", 15.0)])
    def test_merges(self, fake: FakeNuke, plate: Path, operation: str, green: float) -> None:
        nuke = fake.module
        read = nuke.toNode("Read1")
        merged = nuke.nodes.Merge2(inputs=[read, read], operation=operation)
        switch = nuke.nodes.Switch(inputs=[read, merged], which=1)
        nuke.toNode("Write1").setInput(0, nuke.nodes.Dot(inputs=[switch]))
        run(fake)
        assert pixels(plate)[0, 0, 1] == green

    def test_a_node_without_a_picture_is_refused(self, fake: FakeNuke) -> None:
        nuke = fake.module
        nuke.toNode("Write1").setInput(0, nuke.nodes.Grade(inputs=[nuke.toNode("Read1")]))
        with pytest.raises(FakeGap, match="Grade"):
            run(fake)
        fake.refused.clear()
