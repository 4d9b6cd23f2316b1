"""PAIRecombine rebuilds the delivered beauty from the delivered layers: the file that ships, reckoned node by node."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from pai_studio.core.render import RenderRequest, render
from pai_studio.core.shot import document
from pai_studio.host_plugins.nuke import knobs, recombine, write_nk
from tests.hosts.nk_eval import RGBA, Planes, evaluate
from tests.hosts.nk_reader import Node, read_nk

_PARTS = {"R": "red", "G": "green", "B": "blue", "A": "alpha"}


def group() -> Node:
    text = (Path(write_nk.__file__).parent / "PAIRecombine.nk").read_text(encoding="utf-8")
    return read_nk(text).nodes[0]


def as_nuke_names(path: Path) -> Planes:
    """The planes of an EXR by Nuke's names: the unnamed layer is rgba, `gain.R` is gain.red."""
    file = oiio.ImageInput.open(str(path))
    assert file, oiio.geterror()
    pixels = file.read_image("float")
    named = [name.rpartition(".") for name in file.spec().channelnames]
    names = [f"{layer or 'rgba'}.{_PARTS[letter]}" for layer, _, letter in named]
    return {name: np.ascontiguousarray(pixels[..., index]) for index, name in enumerate(names)}


@pytest.fixture(scope="module")
def delivered(
    tmp_path_factory: pytest.TempPathFactory, picture: Callable[..., Path], shot_file: Callable[..., Path]
) -> Planes:
    """One frame that the draft engine made: a red block and its shadow on a green screen."""
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
    shot = document.load(path)
    render(RenderRequest(shot=shot, out=folder, generations=folder / "generations"))
    return as_nuke_names(folder / "out/v001/a_v001.1002.exr")


def within_one_half_ulp(a: np.ndarray, b: np.ndarray) -> bool:
    ulp = np.spacing(np.abs(b).astype(np.float16)).astype(np.float32)
    return bool(np.all(np.abs(a - b) <= ulp))


def test_the_graph_gives_the_delivered_beauty_back(delivered: Planes):
    made = evaluate(group(), [delivered])
    for name in RGBA:
        assert made[name].dtype == np.float32
        assert within_one_half_ulp(made[name], delivered[name]), name
    for layer in knobs.LAYERS:
        for channel in knobs.CHANNELS[layer]:
            assert np.array_equal(made[channel], delivered[channel]), f"{channel} goes through untouched"


def test_the_layers_of_the_shot_are_worth_the_test(delivered: Planes):
    assert {name.partition(".")[0] for name in delivered} == {"rgba", *knobs.CHANNELS}
    assert np.abs(delivered["gain.red"] - 1).max() > 0.05
    assert np.ptp(delivered["matte.alpha"]) > 0.9
    assert np.ptp(delivered["shadow.alpha"]) > 0.001
    assert delivered["wrap.green"].max() > 0.01


@pytest.mark.parametrize("mix", recombine.MIXES)
def test_a_mix_at_nought_leaves_its_part_out(delivered: Planes, mix: str):
    neutral = {"gain_mix": ("gain", 1), "shadow_mix": ("shadow", 1), "wrap_mix": ("wrap", 0)}
    node = group()
    node.knobs[mix] = "0"
    layer, value = neutral[mix]
    without = {name: np.full_like(delivered[name], value) for name in knobs.CHANNELS[layer]}
    made = evaluate(node, [delivered])
    wanted = evaluate(group(), [{**delivered, **without}])
    for name in RGBA:
        assert np.allclose(made[name], wanted[name], rtol=1e-6, atol=1e-7)
    plain = evaluate(group(), [delivered])
    assert np.abs(made["rgba.green"] - plain["rgba.green"]).max() > 0.002


def test_a_darker_background_leaves_what_the_subject_covers(delivered: Planes):
    node = group()
    darker = {**delivered, **{name: delivered[name] / 2 for name in knobs.CHANNELS["background"]}}
    made, plain = evaluate(node, [darker]), evaluate(node, [delivered])
    covered = delivered["matte.alpha"] == 1
    assert covered.any()
    assert np.array_equal(made["rgba.red"][covered], plain["rgba.red"][covered])
    assert not np.array_equal(made["rgba.red"], plain["rgba.red"])


def test_every_part_has_a_dot_that_says_where_to_grade():
    labels = {
        node.name: node.knobs["label"]
        for node in group().children
        if node.cls == "Dot" and "label" in node.knobs
    }
    assert set(labels) == {
        f"grade_{layer}" for layer in ("gain", "foreground", "shadow", "background", "wrap")
    }
    assert all(label.startswith("grade ") for label in labels.values())
