"""The image trunk: basic residual blocks (He et al. 2016) behind a deep stem (He et al. 2019).

Weights are named as timm's ResNet and open_clip's image tower name theirs. Written here because importing either
library takes longer than judging a whole film.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import nn
from torch.nn import functional as F

CHANNELS, DEPTHS, STEM = (40, 96, 160, 224), (1, 2, 2, 1), 20
"""About a fortieth of a ResNet-50's cost at 256 × 144."""


_DRAWN: ContextVar[bool] = ContextVar("drawn", default=False)


@contextmanager
def drawn() -> Iterator[None]:
    """Within, what is looked at are reference pictures, not frames of a take (in this thread alone)."""
    token = _DRAWN.set(True)
    try:
        yield
    finally:
        _DRAWN.reset(token)


class Norm(nn.BatchNorm2d):
    """Batch normalisation with statistics for frames and others for reference pictures (Chang et al. 2019): a fit sees
    batches of either kind, and what both have in common on average is true of neither."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.register_buffer("drawn_mean", torch.zeros(channels))
        self.register_buffer("drawn_var", torch.ones(channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean, var = (self.drawn_mean, self.drawn_var) if _DRAWN.get() else (self.running_mean, self.running_var)
        return F.batch_norm(x, mean, var, self.weight, self.bias, self.training, self.momentum or 0.0, self.eps)


class Block(nn.Module):
    """Two 3 × 3 convolutions and a shortcut; ``stride`` shrinks both axes."""

    def __init__(self, inside: int, out: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inside, out, 3, stride, 1, bias=False), Norm(out)
        self.conv2, self.bn2 = nn.Conv2d(out, out, 3, 1, 1, bias=False), Norm(out)
        self.downsample = (
            nn.Sequential(nn.Conv2d(inside, out, 1, stride, bias=False), Norm(out))
            if stride > 1 or inside != out
            else None
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class Trunk(nn.Module):
    """Images ``(n, 3, h, w)`` -> the four stages' maps, at strides 4, 8, 16 and 32."""

    def __init__(self) -> None:
        super().__init__()
        first = CHANNELS[0]
        self.conv1 = nn.Sequential(
            nn.Conv2d(3, STEM, 3, 2, 1, bias=False), Norm(STEM), nn.ReLU(),
            nn.Conv2d(STEM, STEM, 3, 1, 1, bias=False), Norm(STEM), nn.ReLU(),
            nn.Conv2d(STEM, first, 3, 1, 1, bias=False),
        )  # fmt: skip
        self.bn1 = Norm(first)
        inside = first
        for n, (channels, depth) in enumerate(zip(CHANNELS, DEPTHS, strict=True)):
            strides = [1 if n == 0 else 2] + [1] * (depth - 1)
            blocks = [Block(inside if k == 0 else channels, channels, s) for k, s in enumerate(strides)]
            setattr(self, f"layer{n + 1}", nn.Sequential(*blocks))
            inside = channels

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(images))), 3, 2, 1)
        stages = []
        for n in range(len(CHANNELS)):
            x = getattr(self, f"layer{n + 1}")(x)
            stages.append(x)
        return stages


class ImageTower(nn.Module):
    """The trunk and the projection of its mean to ``width`` numbers."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.trunk = Trunk()
        self.head = nn.Sequential(OrderedDict(proj=nn.Linear(CHANNELS[-1], width, bias=False)))
