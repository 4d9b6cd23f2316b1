"""The prompt's text, and its embeddings against what Wan's own pipeline makes of the same text."""

from __future__ import annotations

import json
import socket

import pytest

torch = pytest.importorskip("torch")
diffusers = pytest.importorskip("diffusers")
transformers = pytest.importorskip("transformers")

from safetensors.torch import load_file, save_file  # noqa: E402

from pai_studio.core.model import prompt as prompt_module  # noqa: E402
from pai_studio.core.model.prompt import LENGTH, TextEncoder, serialise  # noqa: E402
from pai_studio.core.shot.document import Prompt  # noqa: E402
from pai_studio.core.shot.errors import BadInput  # noqa: E402

LONG = "a street in the rain at night " * 9
TEXTS = ["a woman in a red coat", "", "  two\n lines\tand naïve ümlauts ", LONG]
WEIGHTS = "text_encoder/model.safetensors"


@pytest.fixture(scope="module")
def encoder():
    return TextEncoder.small(3, dim=32, length=64)


def wan_pipeline(text):
    """The library's pipeline about our text encoder: what else it holds takes no part in embedding a prompt."""
    return diffusers.WanPipeline(
        tokenizer=text.tokenizer,
        text_encoder=text.model,
        vae=None,
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        transformer=None,
    )


def words():
    """A tokenizer of the kind that UMT5 has, of a handful of words, without a file."""
    pieces = ["<pad>", "</s>", "<unk>", "▁", "▁a", "▁street", "▁in", "▁the", "▁rain", "▁at", "▁night"]
    vocab = [(piece, -float(rank)) for rank, piece in enumerate(pieces)]
    return transformers.T5Tokenizer(vocab, extra_ids=0, model_max_length=24)


def test_eight_keys_become_labelled_sentences_in_their_order():
    keys = list(Prompt.model_fields)
    text = serialise(Prompt(**{key: f"about {rank}" for rank, key in enumerate(keys)}))
    assert text == (
        "Foreground content: about 0. Background content: about 1. Foreground motion: about 2. "
        "Background motion: about 3. Camera motion analysis: about 4. Camera angle: about 5. "
        "Focal length: about 6. Caption: about 7."
    )


def test_keys_without_a_word_are_left_out_and_a_sentence_keeps_its_own_end():
    text = serialise(Prompt(caption="Does she\n  stop?", camera_angle=" \t", focal_length="35 mm "))
    assert text == "Focal length: 35 mm. Caption: Does she stop?"
    assert serialise(Prompt()) == ""
    assert serialise(Prompt(caption="海边的日落。")) == "Caption: 海边的日落。"


@pytest.mark.parametrize("kind", ["bytes", "words"])
def test_embeddings_are_those_of_wans_pipeline(encoder, kind):
    text = encoder if kind == "bytes" else TextEncoder(words(), encoder.model, 24)
    with torch.no_grad():
        theirs = wan_pipeline(text)._get_t5_prompt_embeds(TEXTS, max_sequence_length=text.length)
    ours = text.encode(TEXTS)
    assert ours.shape == (4, text.length, 32)
    assert torch.equal(ours, theirs)


def test_padding_is_zero_and_nothing_else_is(encoder):
    embedded = encoder.encode(["abc", "é", ""])
    held = (embedded != 0).any(-1).sum(1)
    assert held.tolist() == [4, 3, 1], "bytes and the mark of the end"
    assert (embedded[0, 4:] == 0).all()


def test_a_text_means_the_same_beside_any_other(encoder):
    alone, beside = encoder.encode(["a coat"])[0], encoder.encode([LONG, "a coat"])[1]
    assert torch.allclose(alone, beside, atol=1e-5)
    assert not torch.allclose(alone, encoder.encode(["a boat"])[0], atol=1e-2)


def test_no_prompt_is_the_embedding_of_an_empty_text(encoder):
    assert torch.equal(encoder.null, encoder.encode([serialise(Prompt())]))
    assert encoder.null.shape == (1, 64, encoder.dim)
    assert encoder.null[0, 0].abs().sum() > 0


def test_a_text_is_cut_where_its_end_has_no_room(encoder):
    assert not encoder.cut("x" * 63)
    assert encoder.cut("x" * 64)
    assert torch.equal(encoder.encode(["x" * 64]), encoder.encode(["x" * 63 + "y"]))
    assert not torch.equal(encoder.encode(["x" * 63]), encoder.encode(["x" * 62 + "y"]))
    assert not encoder.cut("x" + " " * 90), "white space is cleaned before it is counted"


@pytest.mark.parametrize("dim", [128, 256])
def test_the_small_encoder_has_at_most_two_million_parameters(dim):
    made = TextEncoder.small(0, dim=dim)
    assert sum(parameter.numel() for parameter in made.model.parameters()) <= 2_000_000
    assert made.dim == dim
    assert made.length == LENGTH


def test_the_small_encoder_comes_of_its_seed_and_leaves_the_callers_numbers_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one, same, other = (TextEncoder.small(seed, dim=32, length=16).encode(["sun"]) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_neither_making_nor_loading_asks_the_network(tmp_path, monkeypatch):
    asked = []

    def refuse(*what, **_):
        asked.append(what)
        raise OSError("no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    made = TextEncoder.small(0, dim=32, length=48)
    made.save(tmp_path)
    loaded = TextEncoder.load(tmp_path)
    assert loaded.length == 48
    assert torch.equal(loaded.encode(TEXTS), made.encode(TEXTS))
    assert not asked


def test_a_saved_encoder_is_folders_of_safetensors(tmp_path, encoder):
    encoder.save(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"text_encoder", "tokenizer"}
    assert {path.suffix for path in tmp_path.rglob("*.*")} == {".json", ".safetensors"}


def test_a_tokenizer_of_words_is_loaded_as_well_and_one_that_sets_no_bound_gets_wans(tmp_path, encoder):
    unbounded = words()
    unbounded.model_max_length = int(1e30)
    TextEncoder(unbounded, encoder.model).save(tmp_path)
    loaded = TextEncoder.load(tmp_path)
    assert loaded.length == LENGTH
    ids, mask = loaded.tokens(["a street in the rain"])
    assert ids[0, : mask.sum()].tolist() == [4, 5, 6, 7, 8, 1]


def test_weights_under_wans_names_are_read_and_the_tied_ones_need_no_copy(tmp_path, encoder):
    encoder.save(tmp_path)
    stored = load_file(tmp_path / WEIGHTS)
    assert "shared.weight" in stored
    assert "encoder.embed_tokens.weight" not in stored
    loaded = TextEncoder.load(tmp_path)
    assert loaded.model.encoder.embed_tokens.weight is loaded.model.shared.weight
    assert torch.equal(loaded.model.shared.weight, encoder.model.shared.weight)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_embeddings_are_of_the_type_that_was_asked_for(tmp_path, encoder, dtype):
    encoder.save(tmp_path)
    embedded = TextEncoder.load(tmp_path, dtype).encode(["a coat"])
    assert embedded.dtype == dtype
    assert torch.allclose(embedded.float(), encoder.encode(["a coat"]), atol=0.1)


def test_a_file_without_all_weights_is_refused_and_not_filled_with_chance(tmp_path, encoder):
    encoder.save(tmp_path)
    stored = load_file(tmp_path / WEIGHTS)
    stored.pop("encoder.final_layer_norm.weight")
    save_file(stored, tmp_path / WEIGHTS, {"format": "pt"})
    with pytest.raises(BadInput, match=r"lacks weights: encoder\.final_layer_norm\.weight"):
        TextEncoder.load(tmp_path)


def damaged(folder):
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:1000])


def unsettled(folder):
    (folder / "text_encoder/config.json").write_text('{"model_type": "umt5", "d_model": ')


def pickled(folder):
    torch.save(load_file(folder / WEIGHTS), folder / "text_encoder/pytorch_model.bin")
    (folder / WEIGHTS).unlink()


def misshapen(folder):
    stored = load_file(folder / WEIGHTS)
    stored["encoder.final_layer_norm.weight"] = torch.ones(5)
    save_file(stored, folder / WEIGHTS, {"format": "pt"})


def tokenless(folder):
    for path in (folder / "tokenizer").iterdir():
        path.unlink()


def changed(part, **values):
    def change(folder):
        path = folder / part
        path.write_text(json.dumps(json.loads(path.read_text()) | values))

    return change


def nested(folder):
    (folder / "text_encoder/config.json").write_text("[" * 100_000)


CONFIG, TOKENS = "text_encoder/config.json", "tokenizer/tokenizer_config.json"
SPOILT = {
    "damaged": damaged,
    "unsettled": unsettled,
    "pickled": pickled,
    "misshapen": misshapen,
    "tokenless": tokenless,
    "nested": nested,
    "width": changed(CONFIG, d_model="wide"),
    "activation": changed(CONFIG, dense_act_fn="none"),
    "type": changed(CONFIG, dtype="real"),
    "quantised": changed(CONFIG, quantization_config=3),
    "length": changed(TOKENS, model_max_length="long"),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_what_cannot_be_read_says_so_in_one_line_with_the_folder(tmp_path, encoder, spoil):
    encoder.save(tmp_path)
    spoil(tmp_path)
    with pytest.raises(BadInput, match="the text encoder cannot be read") as caught:
        TextEncoder.load(tmp_path)
    assert caught.value.where == str(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_configuration_brings_no_code_from_elsewhere(tmp_path, encoder):
    encoder.save(tmp_path)
    changed(CONFIG, attn_implementation="kernels-community/flash-attn")(tmp_path)
    loaded = TextEncoder.load(tmp_path)
    assert loaded.model.config._attn_implementation == "sdpa"
    assert torch.equal(loaded.encode(["a coat"]), encoder.encode(["a coat"]))


def test_fewer_layers_than_there_are_weights_for_are_refused(tmp_path, encoder):
    encoder.save(tmp_path)
    changed(CONFIG, num_layers=2)(tmp_path)
    with pytest.raises(BadInput, match=r"has no place for encoder\.block\.2\."):
        TextEncoder.load(tmp_path)


def test_an_encoder_that_reads_nothing_is_refused(tmp_path, encoder):
    encoder.save(tmp_path)
    changed(TOKENS, model_max_length=0)(tmp_path)
    with pytest.raises(BadInput, match="reads 0 tokens"):
        TextEncoder.load(tmp_path)


def test_memory_that_runs_out_is_no_fault_of_the_files(tmp_path, encoder, monkeypatch):
    encoder.save(tmp_path)

    def full(*_, **__):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 11 GB")

    monkeypatch.setattr(prompt_module.UMT5EncoderModel, "from_pretrained", full)
    with pytest.raises(RuntimeError, match="allocate memory"):
        TextEncoder.load(tmp_path)


def test_a_folder_without_a_configuration_is_no_text_encoder(tmp_path, encoder):
    encoder.save(tmp_path)
    (tmp_path / "text_encoder/config.json").unlink()
    with pytest.raises(BadInput, match="there is no text encoder"):
        TextEncoder.load(tmp_path)


def test_gradients_reach_the_weights_through_embed_and_none_through_encode(encoder):
    assert not encoder.encode(["a"]).requires_grad
    encoder.embed(*encoder.tokens(["a"])).sum().backward()
    grad = encoder.model.shared.weight.grad
    encoder.model.zero_grad()
    assert grad.abs().sum() > 0
