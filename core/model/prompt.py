"""The prompt's way into the model: eight keys become one text, and the text becomes embeddings.

The text is one line of short labelled sentences, which reads as the captions do that text encoders were trained on:

    Foreground content: a woman in a red coat. Camera motion analysis: slow pan to the left. Caption: ...

Line breaks would not tell the keys apart: Wan's pipeline turns every run of white space into one space, and its
tokenizer does so too.

Legend of shapes: B texts, L text tokens, D channels of the text encoder.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from torch import Tensor
from transformers import AutoTokenizer, ByT5Tokenizer, UMT5Config, UMT5EncoderModel
from transformers.utils import logging

from pai_studio.core.model.device import ran_out
from pai_studio.core.shot.document import Prompt
from pai_studio.core.shot.errors import BadInput

logging.disable_progress_bar()  # a job tells of its progress in one way

LENGTH = 512
"""The most text tokens, and the number that Wan pads to."""

_MODEL, _TOKENIZER = "text_encoder", "tokenizer"
_AGAIN = "install the model again"
_UNREADABLE = (
    OSError, ValueError, TypeError, LookupError, AttributeError, ImportError, RuntimeError,
    SafetensorError, StrictDataclassError,
)  # fmt: skip
"""What the libraries raise for folders that are not what they should be."""

_ENDS = (".", "!", "?", "…", "。", "！", "？")


def serialise(prompt: Prompt) -> str:
    """The prompt as one text: its keys in their order, each with a label and a full stop, empty ones left out.

    White space is cleaned as `TextEncoder` does it; a prompt without a word gives "".
    """
    parts = ((key, _clean(getattr(prompt, key))) for key in Prompt.model_fields)
    return " ".join(f"{_label(key)}: {text}{_stop(text)}" for key, text in parts if text)


def _label(key: str) -> str:
    return key.replace("_", " ").capitalize()


def _stop(text: str) -> str:
    return "" if text.endswith(_ENDS) else "."


def _clean(text: str) -> str:
    """Every run of white space is one space, with none at the ends, as in Wan's pipeline."""
    return " ".join(text.split())


class TextEncoder:
    """A tokenizer and the encoder half of UMT5, with the padding as Wan was trained with.

    `length` is how many tokens every text is padded or cut to.
    """

    def __init__(self, tokenizer: Any, model: UMT5EncoderModel, length: int = LENGTH) -> None:
        self.tokenizer = tokenizer
        self.model = model.eval()
        self.length = length

    @classmethod
    def small(cls, seed: int, *, dim: int = 128, length: int = LENGTH) -> TextEncoder:
        """An encoder of bytes with random weights from a seed: nothing to download, at most 2M parameters to dim 256.

        The caller's random numbers are left as they were.
        """
        tokenizer = ByT5Tokenizer(model_max_length=length)
        config = UMT5Config(
            vocab_size=len(tokenizer),
            d_model=dim,
            d_kv=32,
            num_heads=max(1, dim // 32),
            d_ff=3 * dim // 2,
            num_layers=3,
            dropout_rate=0.0,
        )
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            model = UMT5EncoderModel(config)
        return cls(tokenizer, model, length)

    @classmethod
    def load(cls, folder: Path, dtype: torch.dtype = torch.float32) -> TextEncoder:
        """Read what `save` or the library wrote into a model's folder; nothing is fetched, and no pickle is opened.

        A tokenizer may ask for fewer tokens than Wan's 512. Raises BadInput for files that are missing or damaged.
        """
        if not (folder / _MODEL / "config.json").is_file():
            # The library would go on with a configuration of its own.
            raise BadInput("there is no text encoder", where=str(folder / _MODEL), hint=_AGAIN)
        try:
            tokenizer = AutoTokenizer.from_pretrained(
                folder / _TOKENIZER, local_files_only=True, trust_remote_code=False
            )
            model, told = UMT5EncoderModel.from_pretrained(
                folder / _MODEL,
                dtype=dtype,
                local_files_only=True,
                use_safetensors=True,
                output_loading_info=True,
                attn_implementation="sdpa",  # a configuration may name one that is fetched, code and all
            )
            length = int(min(LENGTH, tokenizer.model_max_length))
        except _UNREADABLE as error:
            if ran_out(error):
                raise
            say = f"the text encoder cannot be read: {_clean(str(error))[:300]}"
            raise BadInput(say, where=str(folder), hint=_AGAIN) from error
        lacking = sorted(told["missing_keys"])
        if lacking:
            say = f"the text encoder lacks weights: {', '.join(lacking)}"
            raise BadInput(say, where=str(folder / _MODEL), hint=_AGAIN)
        # What else a file may hold, such as a decoder, is no fault; layers that nobody computes are.
        beyond = sorted(name for name in told["unexpected_keys"] if name.startswith("encoder.block."))
        if beyond or length < 1:
            say = f"has no place for {beyond[0]}" if beyond else f"reads {length} tokens"
            raise BadInput(f"the text encoder {say}", where=str(folder), hint=_AGAIN)
        return cls(tokenizer, model, length)

    def save(self, folder: Path) -> None:
        """Write the folders `text_encoder` (safetensors) and `tokenizer` into a model's folder."""
        self.model.save_pretrained(folder / _MODEL)
        self.tokenizer.save_pretrained(folder / _TOKENIZER)

    @property
    def dim(self) -> int:
        """The channels of an embedding."""
        return int(self.model.config.d_model)

    @property
    def null(self) -> Tensor:
        """The embeddings (1, L, D) of no prompt."""
        return self.encode([""])

    def cut(self, text: str) -> bool:
        """Whether a text has more tokens than are read, so that its end is left out."""
        return len(self.tokenizer(_clean(text), verbose=False).input_ids) > self.length

    @torch.no_grad()
    def encode(self, texts: Sequence[str]) -> Tensor:
        """Embeddings (B, L, D) of texts, of the model's type on its device; those of padding are zero."""
        return self.embed(*self.tokens(texts))

    def tokens(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """The token ids (B, L) and which of them are no padding (B, L), on the model's device."""
        made = self.tokenizer(
            [_clean(text) for text in texts],
            padding="max_length",
            max_length=self.length,
            truncation=True,
            return_attention_mask=True,
            return_tensors="pt",
        )
        return made.input_ids.to(self.model.device), made.attention_mask.to(self.model.device)

    def embed(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Embeddings (B, L, D) of tokens, through which a training's gradients go; those of padding are zero."""
        states: Tensor = self.model(ids, mask).last_hidden_state
        return states.masked_fill(mask[..., None] == 0, 0.0)
