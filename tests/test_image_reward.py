"""ImageReward's published checkpoint loads into transformers' BLIP and scores as its description says.

The checkpoint here has the original's key names and shapes and random weights; the forward pass it is compared with is
written below from the description alone, in float64.
"""

from __future__ import annotations

import math
import pickle
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from studio.errors import BadInput
from studio.rewards import image_reward

PROMPT = "A keeper lights the lamp, and the sea is calm."
WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "keeper", "lights", "the", "lamp", ",", "and", "sea", "is",
         "calm", ".", "##s", "light")  # fmt: skip
State = dict[str, torch.Tensor]


class Size(NamedTuple):
    """Widths, depths and sizes of a checkpoint; heads are 64 wide."""

    vision: int
    vision_depth: int
    text: int
    text_depth: int
    words: int = 30524
    side: int = 224
    head: tuple[int, ...] = (1024, 128, 64, 16, 1)


FULL = Size(1024, 24, 768, 12)
SMALL = Size(128, 3, 192, 2, words=40, side=64, head=(96, 32, 16, 8, 1))


def shapes(size: Size) -> dict[str, tuple[int, ...]]:
    """Every key of the original's state dict with its shape."""
    v, t, d = size.vision, size.text, {}
    eye, reader = "blip.visual_encoder.", "blip.text_encoder."
    d[f"{eye}cls_token"], d[f"{eye}pos_embed"] = (1, 1, v), (1, (size.side // 16) ** 2 + 1, v)
    d[f"{eye}patch_embed.proj.weight"], d[f"{eye}patch_embed.proj.bias"] = (v, 3, 16, 16), (v,)
    for n in range(size.vision_depth):
        block = f"{eye}blocks.{n}."
        for name, out, inside in (
            ("attn.qkv", 3 * v, v),
            ("attn.proj", v, v),
            ("mlp.fc1", 4 * v, v),
            ("mlp.fc2", v, 4 * v),
        ):
            d[f"{block}{name}.weight"], d[f"{block}{name}.bias"] = (out, inside), (out,)
        for name in ("norm1", "norm2"):
            d[f"{block}{name}.weight"] = d[f"{block}{name}.bias"] = (v,)
    d[f"{eye}norm.weight"] = d[f"{eye}norm.bias"] = (v,)
    d[f"{reader}embeddings.position_ids"] = (1, 512)
    d[f"{reader}embeddings.word_embeddings.weight"] = (size.words, t)
    d[f"{reader}embeddings.position_embeddings.weight"] = (512, t)
    d[f"{reader}embeddings.LayerNorm.weight"] = d[f"{reader}embeddings.LayerNorm.bias"] = (t,)
    for n in range(size.text_depth):
        layer = f"{reader}encoder.layer.{n}."
        for attention, width in (("attention", t), ("crossattention", v)):
            for name, inside in (("self.query", t), ("self.key", width), ("self.value", width), ("output.dense", t)):
                d[f"{layer}{attention}.{name}.weight"], d[f"{layer}{attention}.{name}.bias"] = (t, inside), (t,)
            d[f"{layer}{attention}.output.LayerNorm.weight"] = d[f"{layer}{attention}.output.LayerNorm.bias"] = (t,)
        d[f"{layer}intermediate.dense.weight"], d[f"{layer}intermediate.dense.bias"] = (4 * t, t), (4 * t,)
        d[f"{layer}output.dense.weight"], d[f"{layer}output.dense.bias"] = (t, 4 * t), (t,)
        d[f"{layer}output.LayerNorm.weight"] = d[f"{layer}output.LayerNorm.bias"] = (t,)
    for name, inside in (("vision_proj", v), ("text_proj", t)):
        d[f"blip.{name}.weight"], d[f"blip.{name}.bias"] = (256, inside), (256,)
    inside = t
    for n, out in zip((0, 2, 4, 6, 7), size.head, strict=True):
        d[f"mlp.layers.{n}.weight"], d[f"mlp.layers.{n}.bias"] = (out, inside), (out,)
        inside = out
    return d


def checkpoint(size: Size) -> State:
    """Random weights, lively enough that every part of the network shows in the score."""
    torch.manual_seed(0)
    state: State = {}
    for name, shape in shapes(size).items():
        if name.endswith("position_ids"):
            state[name] = torch.arange(512)[None]
        elif "norm" in name.lower() and name.endswith("weight"):
            state[name] = 1 + 0.1 * torch.randn(shape)
        elif len(shape) == 1:
            state[name] = 0.05 * torch.randn(shape)
        else:
            inside = math.prod(shape[1:]) if "embed" not in name and "token" not in name else 4
            state[name] = torch.randn(shape) / math.sqrt(inside)
    return state


def folder(path: Path, state: State) -> Path:
    torch.save(state, path / "ImageReward.pt")
    (path / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    return path


def frame(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (12, 20, 3)).astype(np.uint8).repeat(10, 0).repeat(10, 1)


def term(where: Path) -> image_reward.Term:
    return image_reward.Term({"model": str(where)}, {"model": where})


def described(state: State, size: Size, picture: np.ndarray, words: list[int]) -> float:
    """The score in float64, written from the description: BLIP's ViT and BERT, then ImageReward's head."""
    s = {name: value.double() for name, value in state.items()}

    def linear(x: torch.Tensor, name: str) -> torch.Tensor:
        return x @ s[f"{name}.weight"].T + s[f"{name}.bias"]

    def norm(x: torch.Tensor, name: str, eps: float) -> torch.Tensor:
        centred = x - x.mean(-1, keepdim=True)
        return (
            centred / (centred.square().mean(-1, keepdim=True) + eps).sqrt() * s[f"{name}.weight"] + s[f"{name}.bias"]
        )

    def attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, seen: torch.Tensor | None = None) -> torch.Tensor:
        out = []
        for n in range(0, q.shape[-1], 64):
            scores = q[:, n : n + 64] @ k[:, n : n + 64].T / 8
            if seen is not None:
                scores = scores.masked_fill(~seen[None], -math.inf)
            out.append(scores.softmax(-1) @ v[:, n : n + 64])
        return torch.cat(out, -1)

    def gelu(x: torch.Tensor) -> torch.Tensor:
        return x * 0.5 * (1 + torch.erf(x / math.sqrt(2)))

    tall, wide = picture.shape[:2]
    small = Image.fromarray(picture).resize((int(size.side * wide / tall), size.side), Image.Resampling.BICUBIC)
    left = round((small.width - size.side) / 2)
    pixels = torch.from_numpy(np.asarray(small)[:, left : left + size.side].copy()).double().permute(2, 0, 1) / 255
    mean, std = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
    pixels = (pixels - torch.tensor(mean).double()[:, None, None]) / torch.tensor(std).double()[:, None, None]

    eye = "blip.visual_encoder."
    patches = F.unfold(pixels[None], 16, stride=16)[0].T @ s[f"{eye}patch_embed.proj.weight"].flatten(1).T
    x = torch.cat([s[f"{eye}cls_token"][0], patches + s[f"{eye}patch_embed.proj.bias"]]) + s[f"{eye}pos_embed"][0]
    for n in range(size.vision_depth):
        block = f"{eye}blocks.{n}."
        q, k, v = linear(norm(x, f"{block}norm1", 1e-6), f"{block}attn.qkv").chunk(3, -1)
        x = x + linear(attend(q, k, v), f"{block}attn.proj")
        x = x + linear(gelu(linear(norm(x, f"{block}norm2", 1e-6), f"{block}mlp.fc1")), f"{block}mlp.fc2")
    image = norm(x, f"{eye}norm", 1e-6)

    reader = "blip.text_encoder."
    ids = torch.tensor(words + [0] * (35 - len(words)))
    seen = torch.arange(35) < len(words)
    x = s[f"{reader}embeddings.word_embeddings.weight"][ids] + s[f"{reader}embeddings.position_embeddings.weight"][:35]
    x = norm(x, f"{reader}embeddings.LayerNorm", 1e-12)
    for n in range(size.text_depth):
        layer = f"{reader}encoder.layer.{n}."
        for name, source, mask in (("attention", None, seen), ("crossattention", image, None)):
            told = x if source is None else source
            q, k, v = (
                linear(y, f"{layer}{name}.self.{part}") for y, part in ((x, "query"), (told, "key"), (told, "value"))
            )
            x = norm(
                x + linear(attend(q, k, v, mask), f"{layer}{name}.output.dense"),
                f"{layer}{name}.output.LayerNorm",
                1e-12,
            )
        inner = linear(gelu(linear(x, f"{layer}intermediate.dense")), f"{layer}output.dense")
        x = norm(x + inner, f"{layer}output.LayerNorm", 1e-12)
    y = x[0]
    for n in (0, 2, 4, 6, 7):
        y = linear(y, f"mlp.layers.{n}")
    return float((y[0] - 0.16717362830052426) / 1.0333394966054072)


IDS = [2, 5, 6, 7, 8, 9, 10, 11, 8, 12, 13, 14, 15, 3]
"""[CLS] a keeper lights the lamp , and the sea is calm . [SEP]"""


def agrees(where: Path, size: Size, count: int) -> float:
    """The largest difference between production and description over ``count`` frames."""
    state = checkpoint(size)
    scorer = term(folder(where, state)).load()
    frames = np.stack([frame(n) for n in range(count)])
    mine, theirs = scorer.scores(PROMPT, frames), [described(state, size, f, IDS) for f in frames]
    assert len({round(score, 3) for score in theirs}) == count, "the frames must show in the score"
    return max(abs(a - b) for a, b in zip(mine, theirs, strict=True))


def test_a_checkpoint_with_the_originals_keys_scores_as_described(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    assert agrees(tmp_path, SMALL, 3) < 1e-5


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_at_full_size_too(tmp_path: Path) -> None:
    assert sum(math.prod(shape) for shape in shapes(FULL).values()) > 4.4e8
    difference = agrees(tmp_path, FULL, 2)
    print(f"largest difference at full size: {difference:.2e}")
    assert difference < 1e-5


def test_the_published_sizes_are_a_large_vit_and_a_base_bert() -> None:
    from studio.rewards._blip import _built, renamed

    with torch.device("meta"):
        state = renamed({name: torch.empty(shape) for name, shape in shapes(FULL).items()})
        net = _built(state)
    assert set(net.state_dict()) == set(state)
    assert {k: v.shape for k, v in net.state_dict().items()} == {k: v.shape for k, v in state.items()}
    vision, text = net["vision"].config, net["text"].config
    assert (vision.image_size, vision.num_attention_heads, vision.layer_norm_eps) == (224, 16, 1e-6)
    assert (text.vocab_size, text.num_attention_heads, text.layer_norm_eps, text.is_decoder) == (30524, 12, 1e-12, True)


def test_a_pickle_is_converted_once_and_scores_alike_after(tmp_path: Path) -> None:
    mine = term(folder(tmp_path, checkpoint(SMALL)))
    before, memo = mine.fingerprint(tmp_path / "memo.json"), tmp_path / "memo.json"
    first = mine.load().scores(PROMPT, frame(0)[None])
    kept = tmp_path / "ImageReward.converted.safetensors"
    written = kept.stat().st_mtime_ns
    assert mine.load().scores(PROMPT, frame(0)[None]) == first and kept.stat().st_mtime_ns == written
    assert mine.fingerprint(memo) == before
    (tmp_path / "ImageReward.pt").unlink()
    assert term(tmp_path).load().scores(PROMPT, frame(0)[None]) == first


def test_another_pickle_is_not_mistaken_for_its_predecessors_conversion(tmp_path: Path) -> None:
    first = term(folder(tmp_path, checkpoint(SMALL))).load().scores(PROMPT, frame(0)[None])
    other = {name: value * 2 if name == "mlp.layers.7.weight" else value for name, value in checkpoint(SMALL).items()}
    assert term(folder(tmp_path, other)).load().scores(PROMPT, frame(0)[None]) != first


@pytest.mark.parametrize("change", ["missing", "unexpected"])
def test_a_key_too_few_or_too_many_is_named(tmp_path: Path, change: str) -> None:
    state = checkpoint(SMALL)
    if change == "missing":
        del state["blip.text_encoder.encoder.layer.1.crossattention.self.key.bias"]
    else:
        state["blip.something.weight"] = torch.zeros(2)
    with pytest.raises(BadInput, match=r"crossattention\.self\.key\.bias" if change == "missing" else "something"):
        term(folder(tmp_path, state)).load()


def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path) -> None:
    folder(tmp_path, {})
    (tmp_path / "ImageReward.pt").write_bytes(pickle.dumps(print))
    with pytest.raises(BadInput, match=r"ImageReward\.pt"):
        term(tmp_path).load()


def test_a_missing_vocabulary_says_what_to_put_where(tmp_path: Path) -> None:
    (folder(tmp_path, checkpoint(SMALL)) / "vocab.txt").unlink()
    with pytest.raises(BadInput, match=r"vocab\.txt at .*vocab\.txt"):
        term(tmp_path).check()


def test_a_folder_without_a_checkpoint_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"hf download .* ImageReward\.pt"):
        term(tmp_path).check()
