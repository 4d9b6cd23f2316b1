"""The engine `pai` with its real classes at a tiny size and random weights: what it is told and how it goes on."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from pai_studio.core.delivery.generations import quantised  # noqa: E402
from pai_studio.core.engines.pai_shot import _KEY_GREEN  # noqa: E402
from pai_studio.core.engines.registry import Models, make_engine  # noqa: E402
from pai_studio.core.media.color import ColorConfig  # noqa: E402
from pai_studio.core.report import silent  # noqa: E402
from pai_studio.core.shot.document import Finish  # noqa: E402
from pai_studio.core.shot.errors import BadInput, Cancelled  # noqa: E402
from tests.core.engines.tiny_pai import NAME, tiny_pai  # noqa: E402
from tests.core.finish.alone import finish  # noqa: E402

STEPS, FRAMES = 2, 13


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    tiny_pai(folder)
    return Models(folder, "cpu")


@pytest.fixture
def shot(filmed):
    def made(**more):
        source = filmed((1001, 1007, 1013), engine="pai", **more)
        source.config = ColorConfig.open()
        choice = source.shot.engine.model_copy(update={"model": NAME})
        source.shot = source.shot.model_copy(update={"engine": choice})
        return source

    return made


def begun(source, models, state, report=silent):
    engine = make_engine(source.shot, models)
    engine.prepare(source, report, state)
    return engine


def generated(engine, source, numbers, report=silent):
    return list(engine.generate((source.frame(number) for number in numbers), report))


def test_every_frame_comes_with_what_the_model_made_of_it(shot, models, tmp_path):
    source, heard = shot(), []
    engine = begun(source, models, tmp_path, heard.append)
    made = generated(engine, source, source.frames, heard.append)
    assert [one.number for one in made] == list(source.frames)
    for one in made:
        picture = one.model
        assert one.background is None
        assert picture.composite.shape == picture.conditioning.shape
        assert picture.composite.shape[:2] == (picture.frame.height, picture.frame.width) == (48, 88)
        assert np.isfinite(picture.composite).all()
    steps = [one for one in heard if one.phase == "sample" and one.preview]
    # Keyframes 1001, 1005, 1009, 1013 in one window, then three windows.
    assert [one.done for one in steps] == list(range(1, 4 * STEPS + 1))
    assert {one.total for one in steps} == {4 * STEPS}
    assert [one.message for one in steps[::STEPS]] == [
        "keyframes 1 of 1", "window 1 of 3", "window 2 of 3", "window 3 of 3",
    ]  # fmt: skip
    shown = cv2.imdecode(np.frombuffer(steps[0].preview, np.uint8), cv2.IMREAD_COLOR)
    assert shown.shape[1] == 480
    assert any("untrained" in one.message for one in heard)
    assert engine.notes()["model"]["trained_for"] == "none"


def test_the_model_sees_the_plate_on_its_screen_and_the_stills_at_their_anchors(shot, models, tmp_path):
    source = shot()
    engine = begun(source, models, tmp_path)
    (one,) = generated(engine, source, [1004])
    # The pixel codec gives the plate back as it went in: the screen is green in it.
    plate = one.model.conditioning
    behind = plate[one.model.frame.inner.slices_in(one.model.frame.inner)][2:-2, 2:-2]
    assert (behind[..., 1] > 1.5 * behind[..., 0]).mean() > 0.4
    shown = engine._shot
    assert shown.anchors == (0.0, 6.0, 12.0)
    stills = shown.stills()
    for index, still in enumerate(source.stills):
        light = shown.light(stills[0, :, index])
        small = shown.at.to_model(np.minimum(still.rgb, 16))
        assert np.abs(light - small).mean() < 0.05 * small.mean()


def test_it_is_cancelled_within_a_step_and_goes_on_at_the_last_finished_window(shot, models, tmp_path):
    source = shot()
    whole = generated(begun(source, models, tmp_path / "whole"), source, source.frames)

    def stop(progress):
        if progress.phase == "sample" and progress.done == 3 * STEPS - 1:
            raise Cancelled("stop")

    engine = begun(source, models, tmp_path / "cut")
    with pytest.raises(Cancelled):
        generated(engine, source, source.frames, stop)
    source.asked.clear()
    heard = []
    engine = begun(source, models, tmp_path / "cut")
    again = generated(engine, source, source.frames, heard.append)
    assert [one.done for one in heard if one.preview] == list(range(2 * STEPS + 1, 4 * STEPS + 1))
    for one, other in zip(whole, again, strict=True):
        assert np.array_equal(one.model.composite, other.model.composite)


def test_a_sub_range_is_as_in_the_whole_shot(shot, models, tmp_path):
    source = shot()
    whole = generated(begun(source, models, tmp_path / "whole"), source, source.frames)
    part = generated(begun(source, models, tmp_path / "part"), source, [1007, 1008])
    assert np.array_equal(part[0].model.composite, whole[6].model.composite)


def test_a_preview_takes_fewer_steps_and_half_the_plate(shot, models, tmp_path):
    source, heard = shot(quality="preview"), []
    engine = begun(source, models, tmp_path)
    generated(engine, source, [1001], heard.append)
    assert engine._shot.at.width % 16 == engine._shot.at.height % 16 == 0
    assert [one.done for one in heard if one.preview] == [1, 2]  # keyframes and a window, one step each


def test_its_layers_recombine(shot, models, tmp_path):
    source = shot()
    (made,) = generated(begun(source, models, tmp_path), source, [1005])
    layers = finish(source.frame(1005), quantised(made), Finish(), 7)
    again = (
        layers.foreground * layers.gain
        + layers.background * (layers.shadow * (1 - layers.matte))[..., None]
        + layers.wrap
    )
    assert np.array_equal(layers.beauty, again.astype(np.float32))
    assert layers.background.std() > 0


def test_another_models_pictures_are_another_version(shot, models, tmp_path):
    one = make_engine(shot().shot, models)
    assert one.version.endswith(one._model.manifest.digest[:16])
    asked = shot().shot
    nameless = asked.model_copy(update={"engine": asked.engine.model_copy(update={"model": ""})})
    with pytest.raises(BadInput, match=r"no trained model .*'pai'"):
        make_engine(nameless, models)
    with pytest.raises(BadInput, match="no device"):
        make_engine(shot().shot, Models(models.folder, "cuda:77"))


def test_a_cut_out_stands_on_the_same_green_at_any_exposure(shot, models, tmp_path):
    source = shot()
    plate = source.shot.plate.model_copy(update={"exposure": 3.0})
    source.shot = source.shot.model_copy(update={"plate": plate})
    seen = begun(source, models, tmp_path)._shot
    codes, _ = seen.view.to_codes(seen._key[None, None])
    assert np.allclose(codes, seen.view.space.encode(np.array([[_KEY_GREEN]], np.float32)), atol=1e-3)


def test_light_that_the_model_cannot_hold_is_counted_once_and_on_the_subject_alone(shot, models, tmp_path):
    source = shot()
    engine = begun(source, models, tmp_path)
    generated(engine, source, source.frames)
    assert "subject_clipped_px" not in engine.notes()
    bright = engine._shot
    bright._count(np.array([[0.5, 0.5, 0.5], [40.0, 40.0, 40.0]], np.float32))
    assert engine.notes()["subject_clipped_px"] == {"below": 0, "above": 1}
