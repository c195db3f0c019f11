"""Convolutional parts. No normalisation layers: at batch 1 on a CPU they cost as much as a convolution, and blocks
whose last layer starts at zero train without (Zhang et al. 2019, Fixup)."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def convolution(inside: int, outside: int, size: int = 3, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inside, outside, size, stride, size // 2, groups=groups)


class Residual(nn.Module):
    """Two 3×3 convolutions beside the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = convolution(width, width), convolution(width, width)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.silu(self.first(F.silu(x))))


class InvertedResidual(nn.Module):
    """MobileNet's block (Sandler et al. 2018): widen, filter each channel by itself, narrow."""

    def __init__(self, width: int, widen: int = 3) -> None:
        super().__init__()
        inner = width * widen
        self.widen, self.narrow = convolution(width, inner, 1), convolution(inner, width, 1)
        self.filter = convolution(inner, inner, groups=inner)
        nn.init.zeros_(self.narrow.weight)
        nn.init.zeros_(self.narrow.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        return x + self.narrow(F.silu(self.filter(F.silu(self.widen(x)))))


class FilmResidual(nn.Module):
    """A residual block whose middle is scaled and shifted by a condition (FiLM, Perez et al. 2018)."""

    def __init__(self, width: int, condition: int) -> None:
        super().__init__()
        self.first, self.second = convolution(width, width), convolution(width, width)
        self.film = nn.Linear(condition, 2 * width)
        for layer in (self.second, self.film):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        scale, shift = self.film(condition)[..., None, None].chunk(2, 1)
        return x + self.second(F.silu(self.first(F.silu(x)) * (1 + scale) + shift))


def down(widths: tuple[int, ...], blocks: int, block: type[nn.Module], inside: int) -> nn.Sequential:
    """Pixels to features: halved by unshuffling, then once more for every width after the first."""
    layers: list[nn.Module] = [nn.PixelUnshuffle(2), convolution(4 * inside, widths[0]), block(widths[0])]
    for before, after in pairwise(widths):
        layers += [convolution(before, after, 3, 2), *(block(after) for _ in range(blocks))]
    return nn.Sequential(*layers)


def up(widths: tuple[int, ...], blocks: int, block: type[nn.Module], outside: int) -> nn.Sequential:
    """The way back: each step doubles by shuffling, so that most work is done where the picture is small."""
    layers: list[nn.Module] = [block(widths[-1]) for _ in range(blocks)]
    for k in range(len(widths) - 1, 0, -1):
        layers += [convolution(widths[k], 4 * widths[k - 1]), nn.PixelShuffle(2)]
        layers += [block(widths[k - 1]) for _ in range(blocks if k > 1 else 1)]
    layers += [nn.SiLU(), convolution(widths[0], 4 * outside), nn.PixelShuffle(2)]
    return nn.Sequential(*layers)


def picture_losses(made: Tensor, true: Tensor, moving: Tensor | None, weight: float) -> dict[str, Tensor]:
    """Absolute and squared error of pixels [B, 3, H, W], where things move (bool [B, H, W]) ``weight`` more."""
    error = (made - true).float()
    importance = torch.ones_like(error[:, :1])
    if moving is not None:
        importance = importance + weight * moving[:, None]
    scale = importance.mean()
    return {
        "absolute": (error.abs() * importance).mean() / scale,
        "squared": (error.square() * importance).mean() / scale,
        "psnr": 10 * torch.log10(4 / error.detach().square().mean()),
    }
