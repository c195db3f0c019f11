"""ImageReward's network (Xu et al. 2023) in transformers' BLIP classes: its own package does not install any more.

A ViT sees the picture; a BERT with cross-attention in every layer reads the prompt beside it; five linear layers
without activations turn the text's first token into a score. Sizes are read off the checkpoint: ViT-L/16 at 224 and
BERT-base in the published one. Heads are 64 wide in both.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.errors import BadInput
from studio.networks import device, tensor
from studio.rewards._converted import State, tensors

if TYPE_CHECKING:
    from torch import nn

MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
"""Of CLIP's pictures."""
SHIFT, SCALE = 0.16717362830052426, 1.0333394966054072
"""Mean and deviation of the head's output over the training prompts; scores are given in these units."""
TOKENS = 35
HEAD = 64
LAYERS = (0, 2, 4, 6, 7)
"""Numbers of the linear layers in ``mlp.layers``; those between are dropout."""
UNUSED = re.compile(r"blip\.(vision_proj|text_proj)\.|blip\.text_encoder\.embeddings\.position_ids$")
"""What the checkpoint holds and scoring never used: projections of BLIP's pretraining, and a row of numbers."""
_NAMES = (
    (r"^blip\.visual_encoder\.cls_token$", "vision.embeddings.class_embedding"),
    (r"^blip\.visual_encoder\.pos_embed$", "vision.embeddings.position_embedding"),
    (r"^blip\.visual_encoder\.patch_embed\.proj\.", "vision.embeddings.patch_embedding."),
    (r"^blip\.visual_encoder\.norm\.", "vision.post_layernorm."),
    (r"^blip\.visual_encoder\.blocks\.(\d+)\.norm([12])\.", r"vision.encoder.layers.\1.layer_norm\2."),
    (r"^blip\.visual_encoder\.blocks\.(\d+)\.attn\.qkv\.", r"vision.encoder.layers.\1.self_attn.qkv."),
    (r"^blip\.visual_encoder\.blocks\.(\d+)\.attn\.proj\.", r"vision.encoder.layers.\1.self_attn.projection."),
    (r"^blip\.visual_encoder\.blocks\.(\d+)\.mlp\.", r"vision.encoder.layers.\1.mlp."),
    (r"^blip\.text_encoder\.", "text."),
    (r"^mlp\.layers\.", "head."),
)  # fmt: skip


def renamed(state: State) -> State:
    """The checkpoint's tensors under the names of transformers' classes."""
    found = {}
    for name, value in state.items():
        if UNUSED.search(name):
            continue
        for pattern, mine in _NAMES:
            new, changed = re.subn(pattern, mine, name)
            if changed:
                name = new
                break
        found[name] = value.float()
    return found


class ImageReward:
    """The network and its tokenizer."""

    def __init__(self, checkpoint: Path, vocabulary: Path) -> None:
        from transformers import BertTokenizer

        state = tensors(checkpoint, renamed)
        try:
            self.net = _built(state)
        except KeyError as error:
            raise BadInput(f"{checkpoint} is no checkpoint of ImageReward: it lacks {error.args[0]}") from None
        told = self.net.load_state_dict(state, strict=False)
        if told.missing_keys or told.unexpected_keys:
            faults = [f"lacks {k}" for k in told.missing_keys] + [f"has {k}" for k in told.unexpected_keys]
            raise BadInput(f"{checkpoint} is no checkpoint of ImageReward: it {faults[0]} ({len(faults)} in all)")
        self.net.eval().to(device())
        self.tokenizer = BertTokenizer(vocab=str(vocabulary), do_lower_case=True)
        self.side = int(self.net["vision"].config.image_size)  # type: ignore[index, union-attr]

    def scores(self, prompt: str, frames: np.ndarray) -> list[float]:
        """One score a frame, in deviations from the training prompts' mean."""
        import torch

        told = self.tokenizer([prompt], padding="max_length", truncation=True, max_length=TOKENS, return_tensors="pt")
        with torch.no_grad():
            return [float(self._score(told, frame)) for frame in frames]

    def _score(self, told: Any, frame: np.ndarray) -> Any:
        seen = self.net["vision"](squared(frame, self.side)).last_hidden_state  # type: ignore[index]
        read = self.net["text"](  # type: ignore[index]
            told["input_ids"].to(device()), attention_mask=told["attention_mask"].to(device()),
            encoder_hidden_states=seen,
        ).last_hidden_state  # fmt: skip
        return (self.net["head"](read[:, 0]).squeeze() - SHIFT) / SCALE  # type: ignore[index]


def squared(frame: np.ndarray, side: int) -> Any:
    """``(1, 3, side, side)``: the shorter edge resized to ``side`` (bicubic), the centre cut out, CLIP's colours."""
    from PIL import Image
    from torchvision.transforms.functional import InterpolationMode, center_crop, resize

    picture = resize(Image.fromarray(frame), [side], InterpolationMode.BICUBIC)
    return tensor(np.asarray(center_crop(picture, [side, side]))[None], MEAN, STD, device())


def _built(state: State) -> nn.ModuleDict:
    """Networks of the sizes that the tensors have, with weights yet to be loaded."""
    from torch import nn
    from transformers import BlipTextConfig, BlipTextModel, BlipVisionConfig, BlipVisionModel

    patches = state["vision.embeddings.patch_embedding.weight"]
    wide, patch = patches.shape[0], patches.shape[-1]
    words, places = (state[f"text.embeddings.{kind}_embeddings.weight"] for kind in ("word", "position"))
    vision = BlipVisionConfig(
        hidden_size=wide, intermediate_size=state["vision.encoder.layers.0.mlp.fc1.weight"].shape[0],
        num_hidden_layers=_depth(state, r"vision\.encoder\.layers\.(\d+)\."), num_attention_heads=wide // HEAD,
        image_size=patch * round((state["vision.embeddings.position_embedding"].shape[1] - 1) ** 0.5),
        patch_size=patch, layer_norm_eps=1e-6,
    )  # fmt: skip
    text = BlipTextConfig(
        vocab_size=words.shape[0], hidden_size=words.shape[1], encoder_hidden_size=wide,
        intermediate_size=state["text.encoder.layer.0.intermediate.dense.weight"].shape[0],
        num_hidden_layers=_depth(state, r"text\.encoder\.layer\.(\d+)\."), num_attention_heads=words.shape[1] // HEAD,
        max_position_embeddings=places.shape[0], layer_norm_eps=1e-12, is_decoder=True,
    )  # fmt: skip
    head = nn.ModuleDict()
    sizes = [state[f"head.{n}.weight"].shape for n in LAYERS]
    layers = nn.Sequential(*(nn.Identity() for _ in range(LAYERS[-1] + 1)))
    for n, (out, inside) in zip(LAYERS, sizes, strict=True):
        layers[n] = nn.Linear(inside, out)
    head["vision"], head["text"] = BlipVisionModel(vision), BlipTextModel(text, add_pooling_layer=False)
    head["head"] = layers
    return head


def _depth(state: State, pattern: str) -> int:
    return 1 + max((int(found.group(1)) for name in state if (found := re.match(pattern, name))), default=-1)
