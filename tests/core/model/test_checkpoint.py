"""Whole models: built, saved, read again, and refused where they are not what they say."""

from __future__ import annotations

import errno
import json
import stat
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
diffusers = pytest.importorskip("diffusers")
pytest.importorskip("transformers")

from safetensors import SafetensorError  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402

from pai_studio.core.model import manifest, store  # noqa: E402
from pai_studio.core.model.checkpoint import PRESETS, build, load, save, seal  # noqa: E402
from pai_studio.core.model.codec_wan import WanCodec  # noqa: E402
from pai_studio.core.shot.errors import AlreadyThere, BadInput, OutOfResources  # noqa: E402

SMALL = {"num_attention_heads": 2, "attention_head_dim": 24, "ffn_dim": 32, "num_layers": 2, "text_dim": 32}
WEIGHTS = "transformer/diffusion_pytorch_model.safetensors"


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small model that was saved."""
    save(build("tiny", 3, **SMALL), tmp_path / "model")
    return tmp_path / "model"


def same(first, second) -> bool:
    """Whether two models have the same weights, to the bit."""
    pairs = [(first.transformer, second.transformer), (first.text.model, second.text.model)]
    return all(
        one.state_dict().keys() == other.state_dict().keys()
        and all(torch.equal(value, other.state_dict()[name]) for name, value in one.state_dict().items())
        for one, other in pairs
    )


def test_a_seed_makes_the_same_model_and_leaves_the_callers_numbers_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    made = build("tiny", 3, **SMALL)
    assert torch.equal(torch.rand(3), expected)
    assert same(made, build("tiny", 3, **SMALL))
    assert not same(made, build("tiny", 4, **SMALL))
    assert made.manifest.trained_for == "none"


def test_the_tiny_preset_is_the_size_that_was_planned() -> None:
    made = build("tiny", 0)
    count = sum(weight.numel() for weight in made.transformer.parameters())
    assert 7.5e6 < count < 8e6
    assert sum(weight.numel() for weight in made.text.model.parameters()) < 2e6
    assert made.transformer.config.attention == "cached"
    assert made.transformer.head is not None


def test_overrides_go_where_they_belong() -> None:
    made = build("tiny", 0, **SMALL, steps=1, name="mine", trained_for="background-replacement")
    assert (made.manifest.steps, made.manifest.name) == (1, "mine")
    assert made.manifest.trained_for == "background-replacement"
    assert len(made.transformer.blocks) == 2


def test_a_preset_without_parts_of_its_own_asks_for_them() -> None:
    with pytest.raises(BadInput, match=r"wan2\.2-5b: has no text encoder and codec of its own"):
        build("wan2.2-5b", 0, **SMALL)
    with pytest.raises(BadInput, match=r"'huge' is no preset; known: tiny, wan2\.2-5b"):
        build("huge", 0)
    tiny = build("tiny", 0, **SMALL)
    made = build("wan2.2-5b", 0, **SMALL, in_channels=3, out_channels=3, text=tiny.text, codec=tiny.codec)
    assert made.manifest.prediction == "velocity"
    assert made.transformer.config.attention == "bidirectional"


def test_parts_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(BadInput, match=r"have \(3, 3, 32\) channels, the transformer needs \(5, 5, 32\)"):
        build("tiny", 0, **SMALL, in_channels=5, out_channels=5)
    with pytest.raises(BadInput, match=r"the transformer needs \(3, 5, 32\)"):
        build("tiny", 0, **SMALL, out_channels=5)
    with pytest.raises(BadInput, match=r"grid_px: 24 cuts through tokens of \[16, 16\] pixels"):
        build("tiny", 0, **SMALL, grid_px=24)


def test_a_saved_model_is_read_again_to_the_bit(folder: Path) -> None:
    made = build("tiny", 3, **SMALL)
    again = load(folder)
    assert same(made, again)
    assert torch.equal(again.text.encode(["a red coat"]), made.text.encode(["a red coat"]))
    assert again.manifest == manifest.read(folder)
    assert again.manifest.model_copy(update={"files": {}}) == made.manifest
    assert store.check(store.Installed(folder, again.manifest)) == []
    assert not again.transformer.training


def test_a_saved_model_does_not_say_where_its_parts_were_read_from(tmp_path: Path) -> None:
    vae = diffusers.AutoencoderKLWan(
        base_dim=8, z_dim=4, dim_mult=[1, 1], num_res_blocks=1, temperal_downsample=[False],
        latents_mean=[0.0] * 4, latents_std=[1.0] * 4,
    )  # fmt: skip
    text = build("tiny", 0, **SMALL).text
    channels = {"in_channels": 4, "out_channels": 4}
    save(build("wan2.2-5b", 0, **SMALL, **channels, text=text, codec=WanCodec(vae)), tmp_path / "first")
    save(load(tmp_path / "first"), tmp_path / "second")
    told = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "second").rglob("*.json")}
    assert told
    assert [name for name, text in told.items() if str(tmp_path) in text] == []
    assert same(load(tmp_path / "first"), load(tmp_path / "second"))


def test_weights_are_read_in_the_type_that_is_asked_for(folder: Path) -> None:
    again = load(folder, "cpu", torch.bfloat16)
    assert again.transformer.blocks[0].ffn.net[2].weight.dtype == torch.bfloat16
    assert again.text.model.dtype == torch.bfloat16


def test_who_may_read_the_manifest_may_read_the_weights(folder: Path) -> None:
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()}
    assert len(modes) == 1


def test_a_model_is_written_over_only_when_asked(folder: Path) -> None:
    other = build("tiny", 4, **SMALL)
    with pytest.raises(AlreadyThere):
        save(other, folder)
    assert same(load(folder), build("tiny", 3, **SMALL))
    save(other, folder, replace=True)
    assert same(load(folder), other)
    assert [path.name for path in folder.parent.iterdir()] == ["model"]
    (folder / manifest.FILE).unlink()
    with pytest.raises(AlreadyThere):
        save(other, folder, replace=True)


FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("fault", [FULL, SafetensorError(str(FULL))], ids=["system", "library"])
def test_a_full_disk_is_told_of_and_leaves_what_was_there(folder: Path, monkeypatch, fault) -> None:
    def raising(error: Exception):
        def raises(*arguments: object) -> None:
            raise error

        return raises

    monkeypatch.setattr("pai_studio.core.model.prompt.TextEncoder.save", raising(fault))
    # Where the library does not tell, it is tried whether there is room.
    monkeypatch.setattr("pai_studio.core.media.files.os.fsync", raising(FULL))
    for place, replace in ((folder, True), (folder.parent / "other", False)):
        with pytest.raises(OutOfResources) as caught:
            save(build("tiny", 4, **SMALL), place, replace=replace)
        assert place.name in str(caught.value)
    assert [path.name for path in folder.parent.iterdir()] == ["model"]
    monkeypatch.undo()
    assert same(load(folder), build("tiny", 3, **SMALL))


def test_a_model_that_cannot_take_its_place_leaves_the_one_that_has_it(folder: Path, monkeypatch) -> None:
    real = Path.rename

    def refused(path: Path, target: Path) -> Path:
        if target == folder and not path.name.endswith(".old"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path, target)

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(PermissionError):
        save(build("tiny", 4, **SMALL), folder, replace=True)
    monkeypatch.undo()
    assert [path.name for path in folder.parent.iterdir()] == ["model"]
    assert same(load(folder), build("tiny", 3, **SMALL))


def rewritten(folder: Path, change) -> None:
    """The folder with its transformer's weights changed, and a manifest that agrees."""
    weights = load_file(folder / WEIGHTS)
    change(weights)
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    seal(manifest.read(folder), folder)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda w: w.pop("blocks.1.ffn.net.2.bias"), "blocks.1.ffn.net.2.bias [48] is missing; these are"),
        (
            lambda w: w.update({"type_embedding": torch.zeros(5, 48)}),
            "model.safetensors: type_embedding is [5, 48], not [4, 48]",
        ),
        (
            lambda w: w.update({"blocks.2.x": torch.zeros(2)}),
            "model.safetensors: blocks.2.x [2] is not known",
        ),
    ],
)
def test_the_first_tensor_that_does_not_fit_is_named_with_its_shape(folder: Path, change, says: str) -> None:
    rewritten(folder, change)
    with pytest.raises(BadInput) as caught:
        load(folder)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"_class_name": "WanTransformer3DModel"},
            "is of a WanTransformer3DModel, not a PaiTransformer3DModel",
        ),
        ({"attention": "sparse"}, "is no configuration of a transformer (attention is one of"),
        ({"rings": 2}, "rings: is not known here; update PAI-Studio"),
        ({"num_layers": 3}, "blocks.2.scale_shift_table [1, 6, 48] is missing"),
        ({"patch_size": [1]}, "patch_embedding.weight is "),
        ({"attention_head_dim": 25}, "is no configuration of a transformer"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(folder: Path, change, says: str) -> None:
    path = folder / "transformer" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    seal(manifest.read(folder), folder)
    with pytest.raises(BadInput) as caught:
        load(folder)
    assert says in str(caught.value)


def test_a_configuration_of_nothing_but_brackets_is_refused(folder: Path) -> None:
    (folder / "transformer" / "config.json").write_text("[" * 100_000)
    seal(manifest.read(folder), folder)
    with pytest.raises(BadInput, match=r"transformer/config\.json: cannot be read"):
        load(folder)


def test_weights_that_changed_on_disk_are_not_read(folder: Path) -> None:
    path = folder / WEIGHTS
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(BadInput, match=rf"{path.name}: has the SHA-256"):
        load(folder)
    load(folder, verify=False)
    path.write_bytes(content[:-1])
    with pytest.raises(BadInput, match=rf"{path.name}: has {len(content) - 1} bytes"):
        load(folder, verify=False)


def test_a_model_of_another_engine_is_refused(folder: Path) -> None:
    seal(manifest.read(folder).model_copy(update={"engine": "vace"}), folder)
    with pytest.raises(BadInput, match="is a model for the engine 'vace'"):
        load(folder)


def test_pickled_weights_beside_a_model_are_refused(folder: Path) -> None:
    (folder / "transformer" / "diffusion_pytorch_model.bin").write_bytes(b"")
    with pytest.raises(BadInput, match=r"diffusion_pytorch_model\.bin: is no file of this model"):
        load(folder)
    with pytest.raises(BadInput, match=r"diffusion_pytorch_model\.bin: pickled weights"):
        seal(manifest.read(folder), folder)


def test_every_preset_says_all_that_a_manifest_needs() -> None:
    for preset in PRESETS.values():
        assert {"prediction", "shift", "codec", "window_latents", "area_px", "grid_px"} <= set(
            preset.manifest
        )
