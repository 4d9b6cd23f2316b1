"""The delivered ways of putting the passes together again, run over real deliveries."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from pai_studio.core.delivery.recombination import recombination
from pai_studio.core.media.color import ColorConfig
from pai_studio.core.media.exr import read_channels, read_image, write_exr
from pai_studio.core.render import RenderRequest, render
from pai_studio.core.shot import document
from tests.core.picturing import install
from tests.hosts.fakes.evaluation import picture_of
from tests.hosts.fakes.nuke_fake import FakeNuke
from tests.hosts.nk_reader import read_nk

NEEDED = ["background", "foreground", "matte", "gain", "shadow", "wrap"]


@pytest.fixture
def delivered(
    tmp_path: Path,
    picture: Callable[..., Path],
    shot_file: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Path]:
    """Two frames with overscan, delivered as asked: the folder of the delivery."""
    install(monkeypatch)

    def make(**delivery: object) -> Path:
        rng = np.random.default_rng(5)
        for frame in (-1, 0):
            rgba = rng.uniform(0.1, 0.8, (32, 48, 4)).astype(np.float32)
            rgba[..., 3] = 0
            rgba[8:24, 8:28, 3] = rng.uniform(0.2, 1, (16, 20))
            picture(
                tmp_path / f"plate/p.{frame:04d}.exr", rgba, channels=("R", "G", "B", "A"), data=(-3, 0),
                display=(0, 0, 40, 32),
            )  # fmt: skip
        picture(tmp_path / "ref.exr", np.full((32, 40, 3), 0.5, np.float32))
        path = shot_file(
            tmp_path / "a.shot.json",
            frames=[-1, 0],
            plate={
                "files": "plate/p.####.exr",
                "colorspace": "ACEScg",
                "alpha": "straight",
                "screen": "none",
            },
            references=[{"file": "ref.exr", "frame": 0, "colorspace": "ACEScg"}],
            delivery={"files": "an out/v001/it's a_v001.####.exr", **delivery},
        )
        render(RenderRequest(shot=document.load(path), out=tmp_path, generations=tmp_path / "generations"))
        return tmp_path / "an out/v001"

    return make


def within_one_half_ulp(a: np.ndarray, b: np.ndarray) -> bool:
    ulp = np.spacing(np.abs(b).astype(np.float16)).astype(np.float32)
    return bool(np.all(np.abs(a - b) <= ulp))


def oiiotool() -> str:
    found = shutil.which("oiiotool", path=str(Path(sys.executable).parent)) or shutil.which("oiiotool")
    return found or pytest.skip("no oiiotool on this machine")


@pytest.mark.parametrize("layout", ["multilayer", "files"])
@pytest.mark.parametrize("space", ["ACEScg", "ACES2065-1"])
def test_the_oiiotool_command_rebuilds_the_beauty(delivered, monkeypatch, layout: str, space: str) -> None:
    folder = delivered(layout=layout, colorspace=space)
    monkeypatch.setenv("PATH", f"{Path(oiiotool()).parent}:/usr/bin:/bin")
    monkeypatch.chdir("/")
    subprocess.run(["sh", str(folder / "it's a_v001.oiiotool.sh")], check=True)
    config = ColorConfig.open()
    for frame in ("-001", "0000"):
        made = read_channels(folder / f"it's a_v001_recombined.{frame}.exr")
        given = read_image(folder / f"it's a_v001.{frame}.exr")
        assert (made.data_window, made.display_window) == (given.data_window, given.display_window)
        assert made.channels == ("R", "G", "B")
        assert set(made.file_types) == {"half"}
        rebuilt = config.convert(made.pixels, "ACEScg", space)
        if space == "ACEScg":
            assert within_one_half_ulp(rebuilt, given.pixels[..., :3])
        # Another space is reached by a conversion of what is rounded to half already.
        assert np.allclose(rebuilt, given.pixels[..., :3], rtol=3 * 2.0**-11, atol=1e-4)


def test_some_frames_alone(delivered, monkeypatch) -> None:
    folder = delivered()
    monkeypatch.setenv("PATH", f"{Path(oiiotool()).parent}:/usr/bin:/bin")
    subprocess.run(["sh", str(folder / "it's a_v001.oiiotool.sh"), "0-0"], check=True)
    assert [path.name for path in folder.glob("*recombined*")] == ["it's a_v001_recombined.0000.exr"]


@pytest.fixture
def nuke() -> Iterator[FakeNuke]:
    with FakeNuke().installed() as fake:
        yield fake


@pytest.mark.parametrize("layout", ["multilayer", "files"])
def test_the_nuke_script_rebuilds_the_beauty(delivered, nuke: FakeNuke, layout: str) -> None:
    folder = delivered(layout=layout)
    text = (folder / "it's a_v001.nk").read_text()
    script = read_nk(text)
    reads = [node for node in script.nodes if node.cls == "Read"]
    assert len(reads) == (1 if layout == "multilayer" else len(NEEDED))
    assert {(node.knobs["first"], node.knobs["last"], node.knobs["raw"]) for node in reads} == {
        ("-1", "0", "true")
    }
    assert script.nodes[0].knobs["project_directory"] == "[python {nuke.script_directory()}]"
    assert script.nodes[-1].name == "beauty"
    if layout == "files":
        for path in folder.glob("*_matte.*.exr"):
            as_red(path)
        for path in folder.glob("*_shadow.*.exr"):
            as_red(path)
    # The stand-in knows no project directory.
    for node in reads:
        text = text.replace(f'"{node.knobs["file"]}"', f'"{folder}/{node.knobs["file"]}"')
    nuke.read(text, folder / "it's a_v001.nk")
    for number in (-1, 0):
        made = picture_of(nuke.root.child("beauty"), number).planes
        given = read_image(folder / f"it's a_v001.{number:04d}.exr").pixels
        for index, part in enumerate(("red", "green", "blue")):
            assert within_one_half_ulp(made[f"rgba.{part}"], given[..., index])
        assert (made["rgba.alpha"] == 1).all()


def as_red(path: Path) -> None:
    """A file of one luminance channel as Nuke shows it."""
    image = read_channels(path)
    assert image.channels == ("Y",)
    path.unlink()
    write_exr(path, type(image)(**{**vars(image), "channels": ("R",)}))


def test_nothing_is_promised_that_the_delivered_passes_cannot_keep(delivered) -> None:
    folder = delivered(passes=[name for name in document.PASSES if name != "wrap"])
    assert not list(folder.glob("*.nk"))
    assert not list(folder.glob("*.sh"))


def test_the_space_is_told(delivered, tmp_path: Path) -> None:
    folder = delivered(colorspace="ACES2065-1", passes=[*NEEDED, "beauty"])
    shot = document.load(tmp_path / "a.shot.json")
    texts = recombination(shot, [*NEEDED, "beauty"], "ACEScg")
    for suffix, text in texts.items():
        assert (folder / f"it's a_v001.{suffix}").read_text() == text
        assert "in ACEScg. The delivered beauty is the same picture in ACES2065-1." in text
