"""A model of ours from Wan's weights, on a Wan of a few thousand parameters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
diffusers = pytest.importorskip("diffusers")
pytest.importorskip("transformers")

from safetensors.torch import load_file, save_file  # noqa: E402

from pai_studio.core.model import manifest, store  # noqa: E402
from pai_studio.core.model.catalogue import known  # noqa: E402
from pai_studio.core.model.checkpoint import load  # noqa: E402
from pai_studio.core.model.clock import Clock  # noqa: E402
from pai_studio.core.model.convert import convert  # noqa: E402
from pai_studio.core.model.layout import Window, lay_out  # noqa: E402
from pai_studio.core.model.prompt import TextEncoder  # noqa: E402
from pai_studio.core.report import Progress  # noqa: E402
from pai_studio.core.shot.errors import AlreadyThere, BadInput, Cancelled  # noqa: E402

CONFIG = {
    "patch_size": (1, 2, 2),
    "num_attention_heads": 2,
    "attention_head_dim": 24,
    "in_channels": 4,
    "out_channels": 4,
    "text_dim": 32,
    "freq_dim": 32,
    "ffn_dim": 64,
    "num_layers": 3,
}
VAE = {
    "base_dim": 8,
    "z_dim": 4,
    "dim_mult": [1, 1, 1, 1],
    "num_res_blocks": 1,
    "latents_mean": [0.1, -0.2, 0.3, 0.0],
    "latents_std": [0.5, 0.25, 2.0, 1.0],
    "is_residual": True,
    "in_channels": 12,
    "out_channels": 12,
    "patch_size": 2,
}
FIRST = "transformer/diffusion_pytorch_model-00001-of-00003.safetensors"


@pytest.fixture(scope="module")
def wan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A diffusers folder as Wan's are: a transformer in three shards, codec, text encoder, tokenizer."""
    folder = tmp_path_factory.mktemp("wan") / "Wan"
    torch.manual_seed(1)
    diffusers.WanTransformer3DModel(**CONFIG).save_pretrained(folder / "transformer", max_shard_size="150KB")
    diffusers.AutoencoderKLWan(**VAE).save_pretrained(folder / "vae")
    TextEncoder.small(0, dim=32, length=16).save(folder)
    (folder / "model_index.json").write_text("{}")
    (folder / "LICENSE.txt").write_text("Apache License")
    assert (folder / FIRST).is_file()
    return folder


@pytest.fixture
def source(wan: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    import shutil

    return Path(shutil.copytree(wan, tmp_path / "Wan"))


def test_the_converted_model_is_wans_and_tells_nothing_of_conditions_yet(wan: Path, tmp_path: Path) -> None:
    made = convert(wan, tmp_path / "mine", licence="Apache-2.0", shard_bytes=100_000)
    assert store.check(made) == []
    bundle = load(made.folder)
    theirs = diffusers.WanTransformer3DModel.from_pretrained(wan / "transformer")
    ours = bundle.transformer.state_dict()
    assert all(torch.equal(ours[name], value) for name, value in theirs.state_dict().items())
    embedding = ours["condition_embedding.weight"]
    assert torch.equal(embedding[:, :4], ours["patch_embedding.weight"])
    assert torch.equal(ours["condition_embedding.bias"], ours["patch_embedding.bias"])
    assert not embedding[:, 4:].any()
    assert not ours["type_embedding"].any()

    layout = lay_out(Window(0, 3), (4, 6), [], Clock(4))
    seen = [segment for segment in layout.segments if segment.kind.name == "NOISY"]
    noise, text = torch.randn(1, 4, 3, 8, 12), bundle.text.encode(["a street"])
    with torch.inference_mode():
        given = bundle.transformer(noise, torch.tensor([500.0]), text, type(layout)(tuple(seen)))
        expected = theirs.eval()(noise, torch.tensor([500.0]), text).sample
    assert torch.allclose(given, expected, atol=1e-5)


def test_the_manifest_says_where_it_is_from_and_that_it_has_learnt_nothing(wan: Path, tmp_path: Path) -> None:
    told = convert(wan, tmp_path / "mine", licence="Apache-2.0").manifest
    assert (told.name, told.engine, told.preset) == ("mine", "pai", "wan2.2-5b")
    assert (told.trained_for, told.licence, told.source) == ("none", "Apache-2.0", "converted from Wan")
    assert (told.prediction, told.shift, told.guidance) == ("velocity", 5.0, (2.0, 4.0))
    assert (told.codec, told.grid_px) == ("wan", 32)


def test_shards_are_small_and_named_as_the_library_names_them(wan: Path, tmp_path: Path) -> None:
    heard: list[Progress] = []
    made = convert(wan, tmp_path / "mine", licence="x", shard_bytes=100_000, report=heard.append)
    shards = sorted((made.folder / "transformer").glob("*.safetensors"))
    assert len(shards) > 3
    assert shards[0].name == f"diffusion_pytorch_model-00001-of-{len(shards):05d}.safetensors"
    assert all(sum(t.nbytes for t in load_file(shard).values()) <= 100_000 for shard in shards)
    index = json.loads(
        (made.folder / "transformer" / "diffusion_pytorch_model.safetensors.index.json").read_text()
    )
    assert {shard.name for shard in shards} == set(index["weight_map"].values())
    converted = [one for one in heard if one.phase == "convert"]
    assert [one.done for one in converted] == sorted(one.done for one in converted)
    assert converted[-1].done == converted[-1].total


def test_one_shard_holds_all_where_it_may_and_the_type_is_changed(wan: Path, tmp_path: Path) -> None:
    made = convert(wan, tmp_path / "mine", licence="x", dtype="bfloat16")
    (only,) = (made.folder / "transformer").glob("*.safetensors")
    assert only.name == "diffusion_pytorch_model.safetensors"
    assert {value.dtype for value in load_file(only).values()} == {torch.bfloat16}
    load(made.folder)


def test_a_type_that_there_is_not_is_refused(wan: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="'float12' is no type of numbers"):
        convert(wan, tmp_path / "mine", licence="x", dtype="float12")


def test_what_is_not_changed_is_linked(wan: Path, tmp_path: Path) -> None:
    made = convert(wan, tmp_path / "mine", licence="x")
    for name in ("vae/diffusion_pytorch_model.safetensors", "text_encoder/model.safetensors", "LICENSE.txt"):
        assert (made.folder / name).samefile(wan / name)


def test_a_pulled_folder_tells_its_licence_and_commit_itself(source: Path, tmp_path: Path) -> None:
    entry = known("wan2.2-ti2v-5b").manifest
    commit = "c0ffee" + "0" * 34
    pulled = entry.model_copy(update={"source": f"{entry.source}@{commit}", "files": store.weigh(source)})
    (source / manifest.FILE).write_text(pulled.to_json())
    told = convert(source, tmp_path / "mine").manifest
    assert told.licence == "Apache-2.0"
    assert told.attribution == "Wan Team, Alibaba Group"
    assert told.source == f"converted from Wan-AI/Wan2.2-TI2V-5B-Diffusers@{commit}"
    (source / FIRST).unlink()
    with pytest.raises(BadInput, match=r"00001-of-00003\.safetensors: is missing"):
        convert(source, tmp_path / "other")


def test_a_bare_folder_needs_its_licence_named(wan: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not tell the licence of its weights; name"):
        convert(wan, tmp_path / "mine")


def test_nothing_is_left_of_a_conversion_that_was_stopped(wan: Path, tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.done > 100_000:
            raise Cancelled("asked to stop")

    with pytest.raises(Cancelled):
        convert(wan, tmp_path / "models" / "mine", licence="x", shard_bytes=50_000, report=stop)
    assert list((tmp_path / "models").iterdir()) == []


def test_a_name_that_cannot_be_is_refused_first(wan: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="'my model' cannot name a model; use letters"):
        convert(wan, tmp_path / "my model", licence="x")


def test_nothing_is_written_over(wan: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(AlreadyThere):
        convert(wan, tmp_path / "mine", licence="x")


def changed(path: Path, change) -> None:
    weights = load_file(path)
    change(weights, next(iter(weights)))
    save_file(weights, path, metadata={"format": "pt"})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda w, first: w.pop(first), r"transformer: \S+ \[.*\] is missing; these are weights of another"),
        (lambda w, _: w.update({"head.x": torch.zeros(2, 3)}), r"head\.x \[2, 3\] is not known"),
        (
            lambda w, first: w.update({first: torch.zeros(7)}),
            r"00001-of-00003\.safetensors: \S+ is \[7\], not \[",
        ),
    ],
)
def test_the_first_tensor_that_is_not_wans_is_named_with_its_shape(
    source: Path, tmp_path: Path, change, says: str
) -> None:
    changed(source / FIRST, change)
    with pytest.raises(BadInput, match=says):
        convert(source, tmp_path / "mine", licence="x")
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("part", "change", "says"),
    [
        ("transformer", {"image_dim": 1280}, "image_dim: this transformer takes pictures by attention"),
        ("transformer", {"in_channels": 36}, "takes 36 in and 4 out, its codec has 4 channels"),
        ("transformer", {"_class_name": "WanVACETransformer3DModel"}, "is of a WanVACETransformer3DModel"),
        ("vae", {"_class_name": "AutoencoderKL"}, "is of a AutoencoderKL, not a AutoencoderKLWan"),
        ("transformer", {"patch_size": [2, 2, 2]}, "a token holds one latent frame"),
    ],
)
def test_another_kind_of_model_is_refused(source: Path, tmp_path: Path, part: str, change, says: str) -> None:
    path = source / part / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(BadInput) as caught:
        convert(source, tmp_path / "mine", licence="x")
    assert says in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("file", "says"), [("vae/model.bin", "pickled weights"), ("last.ckpt", "pickled weights")]
)
def test_pickled_weights_are_refused(source: Path, tmp_path: Path, file: str, says: str) -> None:
    (source / file).write_bytes(b"")
    with pytest.raises(BadInput, match=says):
        convert(source, tmp_path / "mine", licence="x")


def test_a_part_that_is_missing_is_named(source: Path, tmp_path: Path) -> None:
    import shutil

    shutil.rmtree(source / "tokenizer")
    with pytest.raises(BadInput, match="tokenizer: there is no such folder; give the folder that holds"):
        convert(source, tmp_path / "mine", licence="x")
