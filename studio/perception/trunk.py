"""The image trunk: basic residual blocks (He et al. 2016) behind a deep stem (He et al. 2019).

Weights are named as timm's ResNet and open_clip's image tower name theirs. Written here because importing either
library takes longer than judging a whole film.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional as F

CHANNELS, DEPTHS, STEM = (40, 96, 160, 224), (1, 2, 2, 1), 20
"""About a fortieth of a ResNet-50's cost at 256 × 144."""


class Block(nn.Module):
    """Two 3 × 3 convolutions and a shortcut; ``stride`` shrinks both axes."""

    def __init__(self, inside: int, out: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inside, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out)
        self.conv2, self.bn2 = nn.Conv2d(out, out, 3, 1, 1, bias=False), nn.BatchNorm2d(out)
        self.downsample = (
            nn.Sequential(nn.Conv2d(inside, out, 1, stride, bias=False), nn.BatchNorm2d(out))
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
            nn.Conv2d(3, STEM, 3, 2, 1, bias=False), nn.BatchNorm2d(STEM), nn.ReLU(),
            nn.Conv2d(STEM, STEM, 3, 1, 1, bias=False), nn.BatchNorm2d(STEM), nn.ReLU(),
            nn.Conv2d(STEM, first, 3, 1, 1, bias=False),
        )  # fmt: skip
        self.bn1 = nn.BatchNorm2d(first)
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
