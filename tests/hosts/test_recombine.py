"""PAIRecombine rebuilds the delivered beauty from its layers: the file that ships, pasted into the stand-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from pai_studio.core.render import RenderRequest, render
from pai_studio.core.shot import document
from pai_studio.host_plugins.nuke import knobs, recombine, write_nk
from tests.hosts.fakes.evaluation import RGBA, picture_of
from tests.hosts.fakes.nuke_fake import FakeNuke
from tests.hosts.nk_reader import read_nk

FILE = Path(write_nk.__file__).parent / "PAIRecombine.nk"
GROUP, FRAME = "PAIRecombine1", 1002
SCRIPT = """version 15.1 v3
Root {{
 inputs 0
 colorManagement OCIO
 workingSpaceLUT ACEScg
}}
Read {{
 inputs 0
 file "{file}"
 first 1001
 last 1002
 raw true
 name Read1
 selected true
}}
"""


@pytest.fixture(scope="module")
def delivered(
    tmp_path_factory: pytest.TempPathFactory, picture: Callable[..., Path], shot_file: Callable[..., Path]
) -> Path:
    """Frames that the draft engine made: a red block and its shadow on a green screen."""
    folder = tmp_path_factory.mktemp("shot")
    rng = np.random.default_rng(3)
    for frame in (1001, 1002):
        x, y = np.meshgrid(np.arange(128), np.arange(72))
        fall = 1 - 0.5 * np.exp(-(((x - 85) / 14) ** 2 + ((y - 56) / 7) ** 2))
        plate = (np.float32([0.05, 0.4, 0.06]) * fall[..., None]).astype(np.float32)
        plate[20:60, 30 + frame % 10 : 60 + frame % 10] = (0.5, 0.12, 0.1)
        noise = rng.normal(0, 0.004, plate.shape).astype(np.float32)
        picture(folder / f"plate/p.{frame}.exr", plate + noise)
    picture(folder / "ref.exr", rng.uniform(0.1, 2.0, (72, 128, 3)).astype(np.float32))
    path = shot_file(
        folder / "a.shot.json",
        frames=[1001, 1002],
        plate={"files": "plate/p.####.exr", "colorspace": "ACEScg"},
        references=[{"file": "ref.exr", "frame": 1001, "colorspace": "ACEScg"}],
        engine={"name": "draft"},
        delivery={"files": "out/v001/a_v001.####.exr"},
    )
    render(RenderRequest(shot=document.load(path), out=folder, generations=folder / "generations"))
    return folder / "out/v001/a_v001.####.exr"


class Comp:
    """A script with a Read of the delivery, and the group pasted below it."""

    def __init__(self, fake: FakeNuke, file: Path) -> None:
        self.fake = fake
        fake.read(SCRIPT.format(file=file), file.parent / "comp.nk")
        fake.module.nodePaste(str(FILE))

    def planes(self, node: str = GROUP) -> dict[str, np.ndarray]:
        """What a node shows."""
        found = self.fake.root.child(node)
        assert found
        return picture_of(found, FRAME).planes


@pytest.fixture
def comp(delivered: Path) -> Iterator[Comp]:
    with FakeNuke().installed() as fake:
        yield Comp(fake, delivered)


def within_one_half_ulp(a: np.ndarray, b: np.ndarray) -> bool:
    ulp = np.spacing(np.abs(b).astype(np.float16)).astype(np.float32)
    return bool(np.all(np.abs(a - b) <= ulp))


def test_the_group_gives_the_delivered_beauty_back(comp: Comp):
    made, given = comp.planes(), comp.planes("Read1")
    for name in RGBA:
        assert made[name].dtype == np.float32
        assert within_one_half_ulp(made[name], given[name]), name
    for layer in knobs.LAYERS:
        for channel in knobs.CHANNELS[layer]:
            assert np.array_equal(made[channel], given[channel]), f"{channel} goes through untouched"


def test_the_layers_of_the_shot_are_worth_the_test(comp: Comp):
    given = comp.planes("Read1")
    assert {name.partition(".")[0] for name in given} == {"rgba", *knobs.CHANNELS}
    assert np.abs(given["gain.red"] - 1).max() > 0.05
    assert np.ptp(given["matte.alpha"]) > 0.9
    assert np.ptp(given["shadow.alpha"]) > 0.001
    assert given["wrap.green"].max() > 0.01


@pytest.mark.parametrize("mix", recombine.MIXES)
def test_a_mix_at_nought_leaves_its_part_out(comp: Comp, mix: str):
    given, plain = comp.planes("Read1"), comp.planes()
    comp.fake.set(GROUP, mix, 0.0)
    made = comp.planes()
    gain = 1 if mix == "gain_mix" else None
    for part in ("red", "green", "blue"):
        shade = 1 if mix == "shadow_mix" else given["shadow.alpha"]
        light = gain or given[f"gain.{part}"]
        wrap = 0 if mix == "wrap_mix" else given[f"wrap.{part}"]
        behind = given[f"background.{part}"] * shade * (1 - given["matte.alpha"])
        wanted = given[f"foreground.{part}"] * light + behind + wrap
        assert np.allclose(made[f"rgba.{part}"], wanted, rtol=1e-6, atol=1e-7)
    assert np.abs(made["rgba.green"] - plain["rgba.green"]).max() > 0.002


def test_a_node_put_below_a_dot_grades_its_own_part_only(comp: Comp):
    """As an artist does it: a Merge that doubles the background, between `grade_background` and what it feeds."""
    given, plain = comp.planes("Read1"), comp.planes()
    nuke, group = comp.fake.module, comp.fake.module.toNode(GROUP)
    with group:
        grade = nuke.createNode("Merge2")
        grade["operation"].setValue("plus")
        dot = nuke.toNode("grade_background")
        for index in (0, 1):
            assert grade.setInput(index, dot)
        assert nuke.toNode("shade").setInput(0, grade)
    made = comp.planes()
    covered = given["matte.alpha"] == 1
    assert covered.any()
    assert np.array_equal(made["rgba.red"][covered], plain["rgba.red"][covered])
    more = given["background.red"] * given["shadow.alpha"] * (1 - given["matte.alpha"])
    assert np.allclose(made["rgba.red"] - plain["rgba.red"], more, atol=1e-5)
    assert more.max() > 0.1


def test_every_part_has_a_dot_that_says_where_to_grade():
    children = read_nk(FILE.read_text(encoding="utf-8")).nodes[0].children
    labels = {
        node.name: node.knobs["label"] for node in children if node.cls == "Dot" and "label" in node.knobs
    }
    assert set(labels) == {
        f"grade_{layer}" for layer in ("gain", "foreground", "shadow", "background", "wrap")
    }
    assert all(label.startswith("grade ") for label in labels.values())
