"""Quantisers: finite scalar quantisation (Mentzer et al. 2023), and a codebook kept by moving averages
(van den Oord et al. 2017, appendix A.1), whose unused codes are put where the data is."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class FSQ(nn.Module):
    """Each channel rounded to one of its ``levels`` (3 or more: with 2 the published bounds lie off the middle);
    (8, 8, 8) has 512 codes. No codebook to learn or to lose."""

    def __init__(self, levels: tuple[int, ...]) -> None:
        super().__init__()
        self.size, self.channels = math.prod(levels), len(levels)
        count = torch.tensor(levels, dtype=torch.float32).view(-1, 1, 1)
        basis = torch.tensor([math.prod(levels[:k]) for k in range(len(levels))]).view(-1, 1, 1)
        self.register_buffer("count", count, persistent=False)
        self.register_buffer("basis", basis, persistent=False)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """[B, C, h, w] to (quantised in [-1, 1], codes int64 [B, h, w], loss 0); the gradient passes straight on."""
        count: Tensor = self.count  # type: ignore[assignment]
        half = (count - 1) * 1.001 / 2
        offset = (count % 2 == 0) * 0.5
        bounded = torch.tanh(z.float() + torch.atanh(offset / half)) * half - offset
        rounded = bounded + (bounded.round() - bounded).detach()
        middle = torch.div(count, 2, rounding_mode="floor")
        codes = ((rounded.detach() + middle).long() * self.basis).sum(1)
        return rounded / middle, codes, z.new_zeros(())

    def codes(self, vectors: Tensor) -> Tensor:
        """Quantised [B, C, h, w], up to rounding, to int64 [B, h, w]."""
        middle = torch.div(self.count, 2, rounding_mode="floor")  # type: ignore[arg-type]
        return (((vectors * middle).round() + middle).long() * self.basis).sum(1)

    def vectors(self, codes: Tensor) -> Tensor:
        """int64 [B, h, w] to quantised [B, C, h, w]."""
        count: Tensor = self.count  # type: ignore[assignment]
        middle = torch.div(count, 2, rounding_mode="floor")
        digits = torch.div(codes[:, None], self.basis, rounding_mode="floor") % count.long()
        return (digits - middle) / middle


class Codebook(nn.Module):
    """The nearest of ``size`` learned vectors."""

    def __init__(self, size: int, channels: int, keep: float = 0.98) -> None:
        super().__init__()
        self.size, self.channels, self.keep = size, channels, keep
        vectors = torch.randn(size, channels)
        self.register_buffer("book", vectors)
        self.register_buffer("uses", torch.ones(size))
        self.register_buffer("sums", vectors.clone())

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """[B, C, h, w] to (quantised, codes int64 [B, h, w], commitment loss); in training the codebook follows."""
        z = z.float()
        flat = z.movedim(1, -1).reshape(-1, self.channels)
        codes = torch.cdist(flat.detach(), self.book).argmin(1)
        if self.training:
            self._follow(flat.detach(), codes)
        quantised = self.book[codes].view(z.shape[0], *z.shape[2:], -1).movedim(-1, 1)  # type: ignore[index]
        commitment = 0.25 * (z - quantised.detach()).square().mean()
        return z + (quantised - z).detach(), codes.view(z.shape[0], *z.shape[2:]), commitment

    def _follow(self, flat: Tensor, codes: Tensor) -> None:
        chosen = torch.nn.functional.one_hot(codes, self.size).to(flat.dtype)
        self.uses.mul_(self.keep).add_(chosen.sum(0), alpha=1 - self.keep)
        self.sums.mul_(self.keep).add_(chosen.T @ flat, alpha=1 - self.keep)
        unused = (self.uses < 0.03).nonzero().flatten()
        if len(unused):  # spread over the batch, so that the same weights follow from the same data
            spread = flat[torch.linspace(0, len(flat) - 1, len(unused)).long()]
            self.sums[unused], self.uses[unused] = spread, 1.0  # type: ignore[index,operator]
        self.book.copy_(self.sums / self.uses[:, None])  # type: ignore[index,operator]

    def codes(self, vectors: Tensor) -> Tensor:
        """Quantised [B, C, h, w], up to rounding, to int64 [B, h, w]."""
        flat = vectors.movedim(1, -1).reshape(-1, self.channels)
        return torch.cdist(flat, self.book).argmin(1).view(len(vectors), *vectors.shape[2:])

    def vectors(self, codes: Tensor) -> Tensor:
        """int64 [B, h, w] to quantised [B, C, h, w]."""
        return self.book[codes].movedim(-1, 1)  # type: ignore[index]
