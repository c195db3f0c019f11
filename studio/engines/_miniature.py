"""Random-weight miniatures of the parts that video models share, for tests: real classes, few layers, saved to disk.

`python -m studio.engines wan FOLDER` writes an engine's miniatures; options then name the folders."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from studio.engines._loading import quiet

WORDS = (
    "a the of in on at and with fox snow forest night day runs walks boat sea woman man old young red blue storm calm "
    "wide medium close shot light low high golden blurry deformed text"
)


@contextmanager
def seeded(seed: int = 0) -> Iterator[None]:
    """Random weights that are the same on every run, leaving torch's own random state as it was."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def t5_tokenizer() -> Any:
    """A T5 tokenizer of a hundred pieces: the words above, single letters, and the special ones."""
    from transformers import T5TokenizerFast

    letters = [chr(n) for n in range(33, 127)]
    pieces = ["<pad>", "</s>", "<unk>", *(f"▁{word}" for word in WORDS.split()), "▁", *letters]
    return T5TokenizerFast(
        vocab=[(piece, -float(n)) for n, piece in enumerate(dict.fromkeys(pieces))], extra_ids=0, model_max_length=512
    )


def _t5_config(kind: Any, vocabulary: int, width: int) -> Any:
    return kind(
        vocab_size=vocabulary, d_model=width, d_kv=8, d_ff=2 * width, num_layers=1, num_heads=2,
        feed_forward_proj="gated-gelu", decoder_start_token_id=0,
    )  # fmt: skip


def umt5(width: int = 16) -> Any:
    """UMT5EncoderModel (Wan)."""
    from transformers import UMT5Config, UMT5EncoderModel

    return UMT5EncoderModel(_t5_config(UMT5Config, len(t5_tokenizer()), width))


def t5(width: int = 16) -> Any:
    """T5EncoderModel (LTX, Mochi, Latte, CogVideoX)."""
    from transformers import T5Config, T5EncoderModel

    return T5EncoderModel(_t5_config(T5Config, len(t5_tokenizer()), width))


def clip_vision(width: int = 16, size: int = 32) -> Any:
    """CLIPVisionModel (Wan's I2V)."""
    from transformers import CLIPVisionConfig, CLIPVisionModel

    return CLIPVisionModel(
        CLIPVisionConfig(
            hidden_size=width, intermediate_size=2 * width, num_hidden_layers=2, num_attention_heads=2,
            image_size=size, patch_size=16, projection_dim=width,
        )
    )  # fmt: skip


def clip_images(size: int = 32) -> Any:
    """CLIPImageProcessor for ``clip_vision``."""
    from transformers import CLIPImageProcessor

    return CLIPImageProcessor(crop_size=size, size=size)


def save(pipe: Any, folder: Path) -> Path:
    """``save_pretrained`` as safetensors; returns ``folder``."""
    quiet()
    pipe.save_pretrained(str(folder), safe_serialization=True)
    return folder
