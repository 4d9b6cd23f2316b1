"""The engine `vace` with the library's real pipeline at a tiny size: what it is told, what comes back, and when."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from pai_studio.core.engines.registry import Models  # noqa: E402
from pai_studio.core.engines.vace import Sampler, VaceEngine, settle  # noqa: E402
from pai_studio.core.media.color import ColorConfig  # noqa: E402
from pai_studio.core.media.frame import Box  # noqa: E402
from pai_studio.core.model.manifest import read  # noqa: E402
from pai_studio.core.report import silent  # noqa: E402
from pai_studio.core.shot.errors import BadInput, Cancelled, OutOfResources  # noqa: E402
from pai_studio.core.shot.frames import FrameRange  # noqa: E402
from tests.core.engines.conftest import Filmed  # noqa: E402
from tests.core.engines.tiny_vace import NAME, tiny_vace  # noqa: E402

STEPS = 2
CONFIG = ColorConfig.open()


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    tiny_vace(folder, window_latents=4)
    return Models(folder, "cpu")


KNOWN = {}


class CutOut(Filmed):
    """A shot of 15 frames, which the tiny model makes in three clips, of 5, 13 and 9 frames with what is kept.

    Its subject is cut out already: what a screen adds is tried where controls are made.
    """

    config = CONFIG

    def __init__(self):
        super().__init__((1001, 1011), last=1015)

    def frame(self, number):
        if number not in KNOWN:
            frame = super().frame(number)
            matte = np.zeros(frame.rgb.shape[:2], np.float32)
            cv2.ellipse(matte, (150 + number % 7, 120), (34, 70), 0, 0, 360, 1.0, -1, cv2.LINE_AA)
            KNOWN[number] = replace(frame, alpha=matte, keyed=True)
        return KNOWN[number]


@pytest.fixture
def shot():
    return CutOut


class Heard:
    """A report that keeps what it hears; `stop_at` samples heard it asks the work to stop."""

    def __init__(self, stop_at=None):
        self.all, self.stop_at = [], stop_at

    @property
    def steps(self):
        return [p for p in self.all if p.preview]

    def __call__(self, progress):
        self.all.append(progress)
        if self.stop_at is not None and len(self.steps) == self.stop_at:
            raise Cancelled("asked to stop")


def engine_of(source, models, **more):
    choice = source.shot.engine.model_copy(update={"name": "vace", "model": NAME, "steps": STEPS} | more)
    return VaceEngine(choice, models)


def made(source, models, state, numbers=None, report=silent, **more):
    """Every frame that was asked for, by its number."""
    engine = engine_of(source, models, **more)
    engine.prepare(source, report, state)
    numbers = list(source.frames) if numbers is None else numbers
    try:
        return {g.number: g for g in engine.generate(source.stream(numbers), report)}
    finally:
        engine.close()


def same(one, other):
    return all(
        np.array_equal(getattr(one.model, name), getattr(other.model, name))
        for name in ("composite", "conditioning")
    )


@pytest.fixture(scope="module")
def reference(models, tmp_path_factory):
    """The whole shot made without a break, and what was heard of it."""
    heard = Heard()
    return made(CutOut(), models, tmp_path_factory.mktemp("state"), report=heard), heard


def test_every_frame_comes_once_with_a_picture_at_the_models_size(reference, shot):
    frames, _ = reference
    source = shot()
    assert list(frames) == list(source.frames)
    for number, generated in frames.items():
        model = generated.model
        assert (model.frame.width, model.frame.height) == (64, 32)
        assert model.composite.shape == model.conditioning.shape == (32, 64, 3)
        assert np.isfinite(model.composite).all()
        assert model.composite.std() > 0
        assert generated.background is None
        assert generated.matte.shape == source.frame(number).rgb.shape[:2]
    pictures = {g.model.composite.tobytes() for g in frames.values()}
    assert len(pictures) == len(frames)


def test_every_step_is_told_with_a_picture_of_what_is_being_made(reference):
    _, heard = reference
    assert [(p.phase, p.done, p.total) for p in heard.steps] == [("sample", k, 6) for k in range(1, 7)]
    assert [p.message for p in heard.steps] == [f"window {k} of 3" for k in (1, 1, 2, 2, 3, 3)]
    for progress in heard.steps:
        picture = cv2.imdecode(np.frombuffer(progress.preview, np.uint8), cv2.IMREAD_COLOR)
        assert picture.shape == (240, 480, 3)
        assert picture.std() > 1


def test_a_cancel_takes_one_step(shot, models, tmp_path):
    heard = Heard(stop_at=1)
    with pytest.raises(Cancelled):
        made(shot(), models, tmp_path, report=heard)
    assert len(heard.steps) == 1
    assert heard.all[-1] is heard.steps[0], "nothing was done after it"


def test_a_stopped_shot_goes_on_at_the_first_unfinished_window_and_is_the_same(
    reference, shot, models, tmp_path
):
    with pytest.raises(Cancelled):
        made(shot(), models, tmp_path, report=Heard(stop_at=STEPS + 1))
    heard = Heard()
    frames = made(shot(), models, tmp_path, report=heard)
    assert [p.done for p in heard.steps] == [3, 4, 5, 6]
    assert all(same(frames[number], whole) for number, whole in reference[0].items())


def test_a_finished_shot_is_read_back_without_the_model(reference, shot, models, tmp_path):
    made(shot(), models, tmp_path, [1015])
    heard = Heard()
    engine = engine_of(shot(), models)
    engine.prepare(shot(), silent, tmp_path)
    again = {g.number: g for g in engine.generate(shot().stream([1002, 1012]), heard)}
    assert not heard.steps
    assert engine._sampler is None
    assert all(same(again[number], reference[0][number]) for number in again)


def test_some_frames_alone_are_the_same_and_cost_no_later_window(reference, shot, models, tmp_path):
    heard = Heard()
    frames = made(shot(), models, tmp_path, [1002, 1003], heard)
    assert [p.done for p in heard.steps] == [1, 2]
    assert all(same(frames[number], reference[0][number]) for number in (1002, 1003))


def test_seed_and_steps_change_the_picture_and_nothing_of_an_earlier_one_is_used(
    reference, shot, models, tmp_path
):
    for more in ({"seed": 8}, {"steps": 3}):
        heard = Heard()
        frames = made(shot(), models, tmp_path, [1004], heard, **more)
        assert len(heard.steps) == more.get("steps", STEPS)
        assert not np.array_equal(frames[1004].model.composite, reference[0][1004].model.composite)
        assert np.array_equal(frames[1004].model.conditioning, reference[0][1004].model.conditioning)


def test_another_model_is_another_version_and_makes_another_picture(reference, shot, models, tmp_path):
    other = Models(tmp_path / "models", "cpu")
    tiny_vace(other.folder, seed=3)
    assert engine_of(shot(), other).version != engine_of(shot(), models).version
    made(shot(), models, tmp_path / "state", [1001])
    frames = made(shot(), other, tmp_path / "state", [1001])
    assert not np.array_equal(frames[1001].model.composite, reference[0][1001].model.composite)


def test_a_preview_is_smaller_and_takes_fewer_steps(shot, models, tmp_path):
    heard = Heard()
    frames = made(shot(), models, tmp_path, [1001], heard, quality="preview", steps=6)
    assert frames[1001].model.frame.width == 32
    assert [(p.done, p.total) for p in heard.steps] == [(1, 6), (2, 6)]


def test_what_the_transformer_is_told(shot, models, tmp_path):
    """References first and wholly kept; then the clip: grey where the mask is white, the subject where it is black."""
    source = shot()
    engine = engine_of(source, models)
    engine.prepare(source, silent, tmp_path)
    list(engine.generate(source.stream([1001]), silent))
    sampler, told = engine._sampler, []
    hook = sampler.pipe.transformer.register_forward_pre_hook(
        lambda _, __, given: told.append(given), with_kwargs=True
    )
    control = engine._shot.control(engine._shot.clips[0], np.zeros((0, 32, 64, 3), np.float32), silent, None)
    references = engine._shot.references(engine._shot.clips[0])
    sampler.make(control, references, noise=(7, 0), steps=1, on_step=lambda *_: None)
    hook.remove()
    assert len(told) == 2, "with the prompt, and with what is not wanted"
    given = told[0]["control_hidden_states"]
    assert len(references) == 2
    assert given.shape == (1, 96, 2 + 2, 4, 8)
    still, clip = given[0, :, :2], given[0, :, 2:]
    assert not still[32:].any()
    assert not still[16:32].any()
    # The library tells a latent's mask by one frame, of five frames in two latents by 1 and 3: neither is an anchor.
    for latent, frame in enumerate((1, 3)):
        cells = control.mask[frame].reshape(4, 8, 8, 8).transpose(1, 3, 0, 2).reshape(64, 4, 8)
        assert np.array_equal(clip[32:, latent].numpy(), cells)
    codec = sampler.codec
    grey = codec.encoder().push(torch.zeros(1, 3, 5, 32, 64))
    assert torch.allclose(clip[16:32], grey[0], atol=1e-4), "nothing is shown where it is to make"
    kept = np.where(control.mask[..., None] == 1, 0.5, control.video)
    seen = codec.encoder().push(torch.from_numpy(2 * kept - 1).permute(3, 0, 1, 2)[None].float())
    assert torch.allclose(clip[:16], seen[0], atol=1e-4)
    assert (control.mask[0] == 0).all(), "the first frame is an anchor"


def test_a_window_goes_on_from_the_frames_of_the_one_before(shot, models, tmp_path, monkeypatch):
    """The same clip after another beginning is another one: its first five frames are the end of the clip before."""
    source = shot()
    first = made(source, models, tmp_path / "a", [1006])
    store = tmp_path / "b"
    made(source, models, store, [1001])
    path = store / "vace" / "window-0000.safetensors"
    from safetensors.numpy import load_file, save_file

    planes = load_file(path)
    planes["composite"][-5:] = 1 - planes["composite"][-5:]
    save_file(planes, path)
    second = made(source, models, store, [1006])
    assert not np.array_equal(first[1006].model.composite, second[1006].model.composite)


def test_with_its_blocks_offloaded_the_model_makes_the_same(shot, models, tmp_path):
    source = shot()
    engine = engine_of(source, models)
    engine.prepare(source, silent, tmp_path)
    seen = engine._shot
    control = seen.control(seen.clips[0], np.zeros((0, 32, 64, 3), np.float32), silent, None)
    folder = models.folder / NAME
    pictures = []
    for offload in (False, True):
        sampler = Sampler(folder, read(folder), torch.device("cpu"), "a street", seen.at)
        settle(sampler.pipe, torch.device("cpu"), offload=offload)
        pictures.append(
            sampler.make(
                control, seen.references(seen.clips[0]), noise=(1, 0), steps=1, on_step=lambda *_: None
            )[0]
        )
    assert np.array_equal(*pictures)


def test_an_anamorphic_plate_with_overscan_keeps_its_canvas_and_is_seen_unsqueezed(shot, models, tmp_path):
    source = shot()
    plain = source.frame

    def wide(number):
        frame = plain(number)
        rgb, alpha = (
            cv2.copyMakeBorder(plane, 4, 4, 10, 6, cv2.BORDER_REPLICATE) for plane in (frame.rgb, frame.alpha)
        )
        return replace(frame, rgb=rgb, alpha=alpha, canvas=Box(-10, -4, 336, 188), pixel_aspect=2.0)

    source.frame = wide
    (generated,) = made(source, models, tmp_path, [1002]).values()
    assert generated.matte.shape == (188, 336)
    frame = generated.model.frame
    assert (frame.width, frame.height) == (64, 16)
    assert frame.matrix[0, 0] == pytest.approx(2 * frame.matrix[1, 1])


def test_notes_tell_the_model_the_size_and_the_windows(shot, models, tmp_path):
    source = shot()
    engine = engine_of(source, models)
    heard = Heard()
    engine.prepare(source, heard, tmp_path)
    assert "untrained" in heard.all[0].message
    notes = engine.notes()
    assert notes["size"] == "64x32"
    assert notes["windows"] == ["1001-1005", "1006-1013", "1014-1015"]
    assert notes["model"]["digest"] == read(models.folder / NAME).digest
    assert notes["model"]["trained_for"] == "none"
    assert notes["screen"] is None


def test_a_model_that_is_not_installed_is_named_with_what_to_do(shot, models, tmp_path):
    with pytest.raises(BadInput, match="pull"):
        engine_of(shot(), Models(tmp_path, "cpu"))
    folder = tmp_path / "models"
    tiny_vace(folder)
    (folder / NAME / "transformer" / "config.json").unlink()
    with pytest.raises(BadInput, match="install"):
        made(shot(), Models(folder, "cpu"), tmp_path / "state", [1001])


def test_memory_that_runs_out_is_told_with_the_size_that_fits(shot, models, tmp_path):
    """The real allocator refuses what the transformer asks for far too much of."""
    source = shot()
    engine = engine_of(source, models)
    engine.prepare(source, silent, tmp_path)
    list(engine.generate(source.stream([1001]), silent))

    def greedy(*_):
        torch.empty(1 << 55, dtype=torch.uint8)

    engine._sampler.pipe.transformer.register_forward_pre_hook(greedy)
    with pytest.raises(OutOfResources, match=r"64x32.*preview.*32x16"):
        list(engine.generate(source.stream([1006]), silent))


def test_a_single_frame_is_made_from_the_nearer_of_two_stills(shot, models, tmp_path):
    """The library's pipeline takes no more stills than a clip has latents."""

    class One(CutOut):
        def __init__(self):
            super().__init__()
            self.frames = FrameRange(1010, 1010)

    (generated,) = made(One(), models, tmp_path).values()
    assert generated.number == 1010
    assert np.isfinite(generated.model.composite).all()


def test_large_pictures_go_through_the_codec_in_tiles_and_look_nearly_the_same(shot, tmp_path, monkeypatch):
    from pai_studio.core.engines import vace

    large = Models(tmp_path / "models", "cpu")
    tiny_vace(large.folder, window_latents=2, history_latents=0, area_px=128 * 72)
    seen = []
    for name in ("whole", "tiled"):
        (frame,) = made(shot(), large, tmp_path / name, [1001], steps=1).values()
        seen.append(frame.model.conditioning)
        monkeypatch.setattr(vace, "WHOLE_PX", 32 * 32)
        monkeypatch.setattr(vace, "TILE_PX", 64)
    whole, tiled = seen
    assert whole.shape == (64, 128, 3)
    assert not np.array_equal(tiled, whole)
    assert np.abs(tiled - whole).mean() < 0.1 * whole.mean()
