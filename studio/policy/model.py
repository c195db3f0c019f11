"""The director's mind: a small causal transformer over the state's words, with a value head beside the policy head.

115,000 weights. The value head reads the trunk but does not train it: with one take an update, its noise would
otherwise move the policy more than the reward does.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from studio.policy.grammar import ACTIONS
from studio.policy.state import CONTEXT, VOCABULARY

WIDTH, HEADS, LAYERS = 48, 4, 2


class Block(nn.Module):
    """Pre-norm attention and a two-layer perceptron."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_attention, self.norm_mlp = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:  # x: b t c, mask: b 1 t t (True: may look)
        b, t, c = x.shape
        q, k, v = self.qkv(self.norm_attention(x)).view(b, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        scores = (q @ k.transpose(-1, -2)) * (c // self.heads) ** -0.5
        seen = scores.masked_fill(~mask, -1e9).softmax(-1) @ v
        x = x + self.out(seen.transpose(1, 2).reshape(b, t, c))
        return x + self.down(F.gelu(self.up(self.norm_mlp(x))))


class PolicyModel(nn.Module):
    """Tokens in; at every position the logits of all actions and the value of what has been seen so far."""

    def __init__(self, width: int = WIDTH, heads: int = HEADS, layers: int = LAYERS) -> None:
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, width)
        self.positions = nn.Embedding(CONTEXT, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.policy = nn.Linear(width, len(ACTIONS))
        self.value = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))

    def trunk(self, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        """Tokens ``b t`` (mask: 1 where real) -> hidden states ``b t c``."""
        real = torch.ones_like(tokens) if mask is None else mask
        position = (real.cumsum(-1) - 1).clamp(min=0)
        causal = torch.ones(tokens.shape[1], tokens.shape[1], dtype=torch.bool, device=tokens.device).tril()
        look = causal & real.bool()[:, None, None, :]
        x = self.words(tokens) + self.positions(position)
        for block in self.blocks:
            x = block(x, look)
        return self.norm(x)

    def forward(self, tokens: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Tokens ``b t`` (mask: 1 where real) -> logits ``b t actions``, values ``b t``."""
        x = self.trunk(tokens, mask)
        return self.policy(x), self.value(x.detach()).squeeze(-1)


def newborn(seed: int) -> PolicyModel:
    """A policy with random thoughts that chooses uniformly and values everything at nothing."""
    generator = torch.Generator().manual_seed(seed)
    model = PolicyModel()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "norm" in name:
                weight.fill_(1.0 if name.endswith("weight") else 0.0)
            elif name.endswith("bias") or name.startswith(("policy.", "value.2")):
                weight.zero_()
            else:
                scale = 0.05 if name.startswith(("words", "positions")) else weight.shape[1] ** -0.5
                weight.copy_(torch.randn(weight.shape, generator=generator) * scale)
    return model
