from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pai_studio.core.delivery.generations import GenerationStore, digest, quantised
from pai_studio.core.media.frame import Box, Generated, ModelPicture, Screen
from pai_studio.core.media.geometry import ModelFrame
from pai_studio.core.shot import document
from pai_studio.core.shot.errors import BadInput, UnreadableImage
from pai_studio.core.shot.inputs import inputs_by_key
from pai_studio.core.shot.shapes import Shape, with_point_moved

BOX = Box(-3, 2, 9, 5)


def made(number: int = 1001, *, screen: Screen | None = None, full: bool = True) -> Generated:
    rng = np.random.default_rng(abs(number))

    def plane(*tail: int) -> np.ndarray:
        return rng.uniform(0, 30, (*BOX.shape, *tail)).astype(np.float32)

    if not full:
        return Generated(number, plane(), None)
    return Generated(number, plane(), plane(3), plane(3), plane(), plane(), plane(), screen)


def same(a: Generated, b: Generated) -> None:
    for name in ("matte", "background", "gain", "shadow", "rebuilt", "confidence"):
        left, right = getattr(a, name), getattr(b, name)
        assert (left is None) == (right is None), name
        assert left is None or np.array_equal(left, right), name
    assert (a.screen is None) == (b.screen is None)
    if a.screen is not None and b.screen is not None:
        assert np.array_equal(a.screen.color, b.screen.color)
        assert a.screen.channel == b.screen.channel


@pytest.mark.parametrize(
    "one",
    [
        made(full=False),
        made(-4),
        made(screen=Screen(np.array([0.1, 0.7, 0.2], np.float32), 1)),
        made(screen=Screen(np.full((*BOX.shape, 3), 0.3, np.float32), 2)),
    ],
)
def test_what_is_stored_comes_back_bit_by_bit(tmp_path: Path, one: Generated) -> None:
    store = GenerationStore(tmp_path, "key")
    stored = quantised(one)
    assert not store.has(one.number)
    store.write(stored, BOX)
    assert store.has(one.number)
    same(store.read(one.number), stored)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-(2.0**100), 2.0**100, width=32), min_size=45, max_size=45))
def test_rounding_to_the_stored_form_is_done_once(values: list[float]) -> None:
    plane = np.array(values, np.float32).reshape(BOX.shape)
    once = quantised(Generated(1, plane, None))
    assert np.isfinite(once.matte).all()
    same(quantised(once), once)


def test_nan_and_inf_come_back_from_disk_as_they_were_finished_from(tmp_path: Path) -> None:
    plane = np.ones(BOX.shape, np.float32)
    plane[0, :3] = np.nan, np.inf, -np.inf
    stored = quantised(Generated(1001, plane, None))
    store = GenerationStore(tmp_path, "key")
    store.write(stored, BOX)
    assert stored.matte[0, :3].tolist() == [0, 65504, -65504]
    same(store.read(1001), stored)


def test_a_generation_keeps_the_date_of_its_beginning(tmp_path: Path) -> None:
    begun = GenerationStore(tmp_path, "key").made_at()
    assert len(begun) == len("2026:01:01 00:00:00")
    (tmp_path / "key/made_at").write_text("2001:02:03 04:05:06")
    assert GenerationStore(tmp_path, "key").made_at() == "2001:02:03 04:05:06"


def test_a_frame_that_was_never_stored_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no generation is stored for frame 7"):
        GenerationStore(tmp_path, "key").read(7)


def test_a_damaged_frame_says_what_to_do(tmp_path: Path, picture: Callable[..., Path]) -> None:
    store = GenerationStore(tmp_path, "key")
    store.write(quantised(made(7)), BOX)
    whole = store.path(7).read_bytes()
    store.path(7).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableImage, match=r"gen\.0007\.exr.*remove that file and render the shot again"):
        store.read(7)
    picture(store.path(7), np.zeros((4, 4, 3), np.float32))
    with pytest.raises(UnreadableImage, match="no stored generation; remove that file"):
        store.read(7)


def test_the_digest_follows_what_decides_the_pictures(shot_file, tmp_path: Path) -> None:
    base = document.parse(
        shot_file(
            tmp_path / "a.shot.json",
            plate={"files": "p.####.exr", "colorspace": "ACEScg"},
            references=[{"file": "r.exr", "frame": 1001}],
        ).read_text()
    )
    plate = {f"{folder}p.{n:04d}.exr": f"{n}" for folder in ("", "elsewhere/") for n in range(999, 1006)}
    files = {**plate, "r.exr": "22", "s.exr": "44", "m.exr": "55"}

    def key(
        shot: document.Shot = base, version: str = "1", config: str = "c", ref: str = "22", context: str = ""
    ) -> str:
        inputs = files | {"r.exr": ref}
        made_by = {"engine": "draft", "engine_version": version, "config": config}
        return digest(shot, inputs, **made_by, context={"SHOT": context})

    def changed(**keys: object) -> document.Shot:
        return base.model_copy(update=keys)

    assert key() == key(
        changed(finish=document.Finish(despill=0.1), delivery=document.Delivery(type="float"))
    )
    moved = changed(plate=base.plate.model_copy(update={"files": "elsewhere/p.####.exr"}))
    assert key() == key(moved)
    assert key() == key(changed(engine=document.EngineChoice(name="draft")))
    one, other = base.references[0], document.Reference(file="s.exr", frame=1001)
    different = {
        key(),
        key(version="2"),
        key(config="d"),
        key(ref="33"),
        key(changed(engine=document.EngineChoice(seed=8))),
        key(changed(references=[base.references[0].model_copy(update={"fit": "fit"})])),
        key(changed(handles=2)),
        key(context="SH020"),
        key(changed(mattes=document.Mattes(garbage=document.DrawnMatte(files="m.exr")))),
        key(changed(references=[one, one, other])),
        key(changed(references=[one, other, other])),
    }
    assert len(different) == 11


def test_the_digest_follows_what_is_drawn_and_not_how_it_is_called(shot_file, tmp_path: Path) -> None:
    plate = {"files": "p.####.exr", "colorspace": "ACEScg"}
    references = [{"file": "r.exr", "frame": 1001}]
    base = document.parse(shot_file(tmp_path / "a.shot.json", plate=plate, references=references).read_text())
    inputs = {str(path): "0" for paths in inputs_by_key(base).values() for path in paths}

    def key(matte: str, *shapes: Shape) -> str:
        mattes = document.Mattes(**{matte: document.DrawnMatte(shapes=list(shapes))})
        made_by = {"engine": "draft", "engine_version": "1", "config": "c", "context": {}}
        return digest(base.model_copy(update={"mattes": mattes}), inputs, **made_by)

    rig = Shape(name="rig", keys={1001: ((0, 0), (8, 0), (8, 4))})
    moved = with_point_moved(rig, 1001, 0, (1, 0))
    softer = rig.model_copy(update={"feather_px": 2.0})
    keys = [key("garbage", *shapes) for shapes in ((), (rig,), (moved,), (softer,), (rig, moved))]
    assert len({*keys, key("core", rig)}) == 6
    assert key("garbage", rig.model_copy(update={"name": "stand"})) == key("garbage", rig)


def pictured(number: int) -> Generated:
    """A generation that a model made: a matte, and its own pictures of another size."""
    frame = ModelFrame.fitting(Box(-2, 3, 61, 40), 1.3, (64, 48), 16)
    rng = np.random.default_rng(abs(number))
    composite, conditioning = rng.uniform(-1, 20, (2, frame.height, frame.width, 3)).astype(np.float32)
    composite[0, 0] = np.nan
    picture = ModelPicture(composite, conditioning, frame, white=16 / 2**0.3)
    return Generated(number, made(number).matte, None, model=picture)


@pytest.mark.parametrize("number", [1001, -4])
def test_a_models_picture_comes_back_bit_by_bit_with_its_place(tmp_path: Path, number: int) -> None:
    store = GenerationStore(tmp_path, "key")
    stored = quantised(pictured(number))
    store.write(stored, BOX)
    assert store.has(number)
    back = store.read(number)
    same(back, stored)
    for name in ("composite", "conditioning"):
        assert np.array_equal(getattr(back.model, name), getattr(stored.model, name))
        assert np.isfinite(getattr(stored.model, name)).all()
    ours, theirs = stored.model.frame, back.model.frame
    assert np.array_equal(ours.matrix, theirs.matrix)
    assert (ours.display, ours.inner) == (theirs.display, theirs.inner)
    assert (ours.width, ours.height) == (theirs.width, theirs.height)
    assert back.model.white == stored.model.white
    probe = stored.model.composite
    assert np.array_equal(ours.to_plate(probe), theirs.to_plate(probe))


def test_a_generation_whose_models_picture_is_gone_is_not_stored(tmp_path: Path) -> None:
    store = GenerationStore(tmp_path, "key")
    store.write(quantised(pictured(7)), BOX)
    store.model_path(7).unlink()
    assert not store.has(7)
    with pytest.raises(BadInput, match="no generation is stored for frame 7; render the shot once"):
        store.read(7)
    store.write(quantised(pictured(7)), BOX)
    assert store.has(7)


def test_a_models_picture_alone_is_no_generation(tmp_path: Path) -> None:
    """A run that was killed between the two files."""
    store = GenerationStore(tmp_path, "key")
    store.write(quantised(pictured(7)), BOX)
    store.path(7).unlink()
    assert not store.has(7)


def test_a_damaged_picture_of_a_model_says_what_to_do(tmp_path: Path, picture: Callable[..., Path]) -> None:
    store = GenerationStore(tmp_path, "key")
    store.write(quantised(pictured(7)), BOX)
    whole = store.model_path(7).read_bytes()
    remedy = "remove that file and render the shot again"
    for torn in (whole[: len(whole) // 2], whole[:40], b""):
        store.model_path(7).write_bytes(torn)
        with pytest.raises(UnreadableImage, match=rf"model\.0007\.exr.*{remedy}"):
            store.read(7)
    picture(store.model_path(7), np.zeros((4, 4, 3), np.float32))
    with pytest.raises(UnreadableImage, match=f"is no stored picture of a model; {remedy}"):
        store.read(7)


def test_a_generation_without_a_sound_header_says_what_to_do(tmp_path: Path) -> None:
    store = GenerationStore(tmp_path, "key")
    store.write(quantised(made(7)), BOX)
    store.path(7).write_bytes(b"not an EXR")
    for look in (store.has, store.read):
        with pytest.raises(
            UnreadableImage, match=r"gen\.0007\.exr.*remove that file and render the shot again"
        ):
            look(7)
